"""The Chinese carbon market in the browser: allowances by the plan of a year, each number with its steps.

``services`` is the door; arithmetic is in ``hengtan.market``.
"""
