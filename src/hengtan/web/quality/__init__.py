"""Data quality control plans and the evidence of each month: versions with a second person's approval, what a month still lacks, deadlines.

``services`` is the door to plans, ``evidence`` to files and filings, ``months`` reads how months stand. What a plan must hold and when
something is due is in ``hengtan.sectors.quality`` and ``hengtan.sectors.calendar``.
"""
