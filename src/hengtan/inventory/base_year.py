"""Base year: whether a change of its inventory is large enough to restate it, and how a year stands against it.

GHG Protocol Corporate Standard, chapter 5 (and ISO 14064-1:2018, 6.4): a company states its significance threshold and recalculates the base year for
structural changes, methods, factors and errors whose effect, alone or together, exceeds it; organic growth is no reason.

>>> verdict(Decimal(1000), {"activity": Decimal(900), "factor": Decimal(-49), "boundary": Decimal(0)}, Decimal(5)).significant
False
>>> verdict(Decimal(1000), {"activity": Decimal(0), "factor": Decimal(-80), "boundary": Decimal(80)}, Decimal(5)).significant
True
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import ROUND_HALF_EVEN, Context, Decimal, localcontext

from .totals import EXACT

GROWTH = "activity"  # the effect that is no reason to restate, between different years
_RATIO = Context(prec=50)
_PLACES = Decimal("0.0001")


@dataclass(frozen=True, slots=True)
class Verdict:
    """What a change means for the base year.

    counted      the sum of the effects that count, in kg, with their sign; percent: of the base year's total, None where that is 0
    largest      the single effect that weighs most
    significant  the sum, or one of the effects, exceeds the threshold: two that cancel each other are no less a change
    """

    counted: Decimal
    percent: Decimal | None
    largest: str
    significant: bool


def verdict(
    base_kg: Decimal, effects: Mapping[str, Decimal], threshold_pct: Decimal, *, same_year: bool = False
) -> Verdict:
    """Whether effects (kg, by name) exceed the threshold; of the same year all of them count, else all but growth."""
    counting = {name: kg for name, kg in effects.items() if same_year or name != GROWTH}
    with localcontext(EXACT):
        counted = sum(counting.values(), Decimal(0))
        significant = any(exceeds(each, base_kg, threshold_pct) for each in (counted, *counting.values()))
    largest = max(counting, key=lambda name: (abs(counting[name]), name), default="")
    return Verdict(counted, percent(counted, base_kg), largest if counting.get(largest) else "", significant)


def exceeds(change_kg: Decimal, base_kg: Decimal, threshold_pct: Decimal) -> bool:
    """Whether a change is more than so many percent of the base; exact, nothing is divided. Of a base of 0 every change is."""
    with localcontext(EXACT):
        return abs(change_kg) * 100 > threshold_pct * abs(base_kg)


def percent(part: Decimal, whole: Decimal) -> Decimal | None:
    """``part`` of ``whole`` in percent, with four decimals, half-even; None of nothing."""
    if not whole:
        return None
    with localcontext(_RATIO):
        return (part * 100 / whole).quantize(_PLACES, ROUND_HALF_EVEN)


def intensity(kg: Decimal, denominator: Decimal) -> Decimal | None:
    """kg CO2e for one unit of the denominator, to twelve digits; None of nothing."""
    if not denominator:
        return None
    return Context(prec=12, rounding=ROUND_HALF_EVEN).divide(kg, denominator)
