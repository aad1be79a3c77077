"""Allocation of allowances in the Chinese national carbon market, one plan a file.

>>> from fractions import Fraction
>>> plan = plan_of("power", 2023)
>>> unit = Unit("Plant", "1", "I", row=2, rated_mw=Fraction(660), generation_mwh=Fraction(3000000), heat_gj=Fraction(2000000),
...             load_factor=Fraction(6, 10), verified_t=2800000)
>>> allot_unit(unit, plan, 2023, "benchmark").initial
2738952

A unit or line becomes an ``Allotment`` with its steps, entities are summed and capped; what a file got wrong is a list of problems.
Knows the equations of ``methods``; who reads files hands over values.
"""

from hengtan.units.decimal_text import fixed, shown

from .allotment import Allotment, EntityAllotment, Term
from .balance import Balance, IntensityRule, solve
from .entity import entities
from .file import Allocation, allocate
from .industry import Line
from .industry import allot as allot_line
from .plan import CLASSES, KINDS, Kind, Plan, plan_of, plans, read_plan
from .power import Unit
from .power import allot as allot_unit

__all__ = [
    "CLASSES",
    "KINDS",
    "Allocation",
    "Allotment",
    "Balance",
    "EntityAllotment",
    "IntensityRule",
    "Kind",
    "Line",
    "Plan",
    "Term",
    "Unit",
    "allocate",
    "allot_line",
    "allot_unit",
    "entities",
    "fixed",
    "plan_of",
    "plans",
    "read_plan",
    "shown",
    "solve",
]
