"""The compliance plan (履约计划): the cheapest way to surrender that keeps the rules, and what it rests on.

>>> from datetime import date
>>> from decimal import Decimal
>>> entity = Entity("a", "Plant A", "power", "/entities/0", (Emissions(2025, verified_t=1000),), (Holding("own", "CEA", 940, "", 2025, "allocated"),))
>>> spot = Offer("spot", "CEA", Decimal("97.40"), date(2026, 11, 20), "/offers/0", vintage=2025)
>>> found = plan(Case(date(2026, 11, 20), (2025,), (entity,), (spot,), buy_until=date(2026, 12, 10)))
>>> found.status, found.cost_cny
('optimal', Decimal('5844.00'))

Knows the rules of ``hengtan.market.rules`` and nothing of the book: who holds what comes in as values.
"""

from .forecast import Due, due
from .given import Allocation, Case, Cash, Emissions, Entity, Holding, Offer, Quote, Scenario, Trades
from .lines import Line
from .plan import Alternative, Future, Plan, plan
from .position import Position
from .quotes import Average, average, months
from .read import case_of, case_of_text, read_case
from .risk import Risk, value_at_risk
from .schema import schema
from .written import record, write

__all__ = [
    "Allocation",
    "Alternative",
    "Average",
    "Case",
    "Cash",
    "Due",
    "Emissions",
    "Entity",
    "Future",
    "Holding",
    "Line",
    "Offer",
    "Plan",
    "Position",
    "Quote",
    "Risk",
    "Scenario",
    "Trades",
    "average",
    "case_of",
    "case_of_text",
    "due",
    "months",
    "plan",
    "read_case",
    "record",
    "schema",
    "value_at_risk",
    "write",
]
