"""The data quality control plan (数据质量控制计划): how each value of a statement comes about, said before it is measured.

>>> from hengtan.sectors import sector_methods
>>> method = sector_methods()["cn-aluminium-2024"]
>>> plan = read_plan({"method": method.id, "lines": [{"parameter": "aluminium", "obtained": "measured"}]})
>>> sorted({each.code for each in check(plan, method) if each.values.get("parameter") == "aluminium"})
['quality.field-missing', 'quality.instrument-missing']

``check`` says what a plan must still hold, ``against`` what a statement does differently, ``calibrations`` when instruments are due,
``plausible`` what is unlikely in a statement,
``wanted`` which values of a month need evidence, ``changes`` what differs between two versions.
"""

from .changes import Change, changes
from .check import Calibration, calibrations, check
from .compare import against
from .evidence import CODES as EVIDENCE_STATES
from .evidence import Month, Want, month_of, wanted
from .form import FIELDS, MANAGEMENT, REASONS, TITLES, Facility, Line, Plan, body, read_plan, suggested, title_of
from .plausible import plausible

__all__ = [
    "EVIDENCE_STATES",
    "FIELDS",
    "MANAGEMENT",
    "REASONS",
    "TITLES",
    "Calibration",
    "Change",
    "Facility",
    "Line",
    "Month",
    "Plan",
    "Want",
    "against",
    "body",
    "calibrations",
    "changes",
    "check",
    "month_of",
    "plausible",
    "read_plan",
    "suggested",
    "title_of",
    "wanted",
]
