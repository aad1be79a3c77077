"""From units to entities: the sum, the cap on the gap, and the stages in which allowances are issued."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from fractions import Fraction
from math import floor

from .allotment import Allotment, EntityAllotment
from .plan import Plan


def entities(
    allotments: Iterable[Allotment], plan: Plan, bases: Mapping[str, Fraction] | None = None
) -> list[EntityAllotment]:
    """One for each entity, in the order in which they appear.

    bases   what the pre-allocation is a share of: last year's verified emissions or the allowances of the base year, by entity
    """
    units: dict[str, list[Allotment]] = {}
    for each in allotments:
        if each.covered:
            units.setdefault(each.entity, []).append(each)
    return [_entity(name, each, plan, (bases or {}).get(name)) for name, each in units.items()]


def _entity(name: str, units: list[Allotment], plan: Plan, base: Fraction | None) -> EntityAllotment:
    initial = sum(each.initial for each in units)
    final = by_units = sum(each.final for each in units)
    verified = sum(each.verified for each in units)
    if "gap_cap" in plan.rules:
        final = max(final, floor((1 - plan.rules["gap_cap"].numbers["share"]) * verified))
    before = None
    if base is not None and "pre_allocation" in plan.rules:
        before = floor(plan.rules["pre_allocation"].numbers["share"] * base)
    return EntityAllotment(
        name, initial, final - initial, final, verified, before, _borrowed(verified - final, verified, plan), by_units, base
    )  # fmt: skip


def _borrowed(gap: int, verified: int, plan: Plan) -> int | None:
    if "borrowing" not in plan.rules:
        return None
    rule = plan.rules["borrowing"].numbers
    return floor(rule["share"] * gap) if verified and Fraction(gap, verified) >= rule["from_gap"] else 0
