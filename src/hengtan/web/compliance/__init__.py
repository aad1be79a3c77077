"""Compliance plans in the browser: what is given is kept, the plan is a job, a second person approves it, its days become a calendar.

``services`` is the door; arithmetic is in ``hengtan.market.compliance``.
"""
