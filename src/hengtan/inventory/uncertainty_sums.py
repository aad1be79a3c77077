"""Sums of uncertain parts: each is a quantity times kg CO2e per unit, by source of error; their moments and 95 % intervals.

Errors of a source are shared by all parts that have it; those of quantities are independent of each other and of the sources.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from decimal import ROUND_HALF_EVEN, Decimal, localcontext
from math import floor, log10

from .keys import Key
from .spread import Spread, fitted
from .stated import Amount
from .totals import EXACT

CERTAIN = ""
_DIGITS = 7  # of the width of an interval

Part = tuple[Mapping[str, float], float, Amount]


@dataclass(slots=True)
class Weight:
    """One key in one sum: kg CO2e per unit of its quantity by source of error, ``CERTAIN`` where none is stated."""

    key: Key
    amount: Amount
    per_unit: dict[str, float] = field(default_factory=dict)

    @property
    def mean(self) -> float:
        """Expected quantity, in the unit of the rows."""
        return float(self.key.quantity - self.amount.stated) + self.amount.mean


@dataclass(slots=True)
class Model:
    """Everything uncertain of a run: spreads by factor id, and the weights of each sum."""

    spreads: dict[str, Spread] = field(default_factory=dict)
    sums: dict[str, dict[int, Weight]] = field(default_factory=dict)

    def spread(self, source: str) -> Spread:
        """Of a source of error; none for ``CERTAIN``."""
        return self.spreads.get(source) or Spread(False, 0.0)


def moments(model: Model, name: str) -> tuple[float, float, float]:
    """Mean, variance and third central moment of a sum, in kg, kg2 and kg3.

    The sum is of M_f d_kf Y_k over factors f and keys k, all M_f and Y_k independent: the law of total cumulance,
    first for given M_f, then over them.
    """
    return combined([(one.per_unit, one.mean, one.amount) for one in model.sums[name].values()], model)


def combined(parts: Sequence[Part], model: Model) -> tuple[float, float, float]:
    """As ``moments``, of parts: kg per unit by source, expected quantity, what is stated of it."""
    by_source: dict[str, float] = {}
    for per_unit, quantity, _amount in parts:
        for source, kg in per_unit.items():
            by_source[source] = by_source.get(source, 0.0) + kg * quantity
    mean = variance = third = 0.0
    for source, kg in by_source.items():
        spread = model.spread(source)
        mean += kg * spread.mean
        variance += kg**2 * spread.variance
        third += kg**3 * spread.third
    for per_unit, _quantity, amount in parts:
        if not amount.variance:
            continue
        apart = [(kg, model.spread(source), by_source[source]) for source, kg in per_unit.items()]
        d1 = sum(kg * spread.mean for kg, spread, _ in apart)
        d2 = sum(kg**2 * spread.variance for kg, spread, _ in apart)
        d3 = sum(kg**3 * spread.third for kg, spread, _ in apart)
        shared = sum(
            whole
            * (
                kg**2 * (spread.third + 2 * spread.mean * spread.variance)
                + 2 * kg * (d1 - kg * spread.mean) * spread.variance
            )
            for kg, spread, whole in apart
        )
        variance += amount.variance * (d1**2 + d2)
        third += amount.third * (d3 + 3 * d1 * d2 + d1**3) + 3 * amount.variance * shared
    return mean, variance, third


def closed_form(model: Model, name: str) -> tuple[float, float]:
    """2.5 % and 97.5 % of a sum, in kg."""
    return fitted(*moments(model, name)).interval()


def rounded(low: float, high: float) -> dict[str, str]:
    """Bounds as decimal text, to seven digits of the width between them."""
    width = high - low
    step = Decimal(1).scaleb(floor(log10(width)) - _DIGITS + 1) if width > 0 else Decimal("0.000001")
    with localcontext(EXACT):
        return {
            "p2_5_kg": plain(Decimal(low).quantize(step, ROUND_HALF_EVEN)),
            "p97_5_kg": plain(Decimal(high).quantize(step, ROUND_HALF_EVEN)),
        }


def plain(value: Decimal) -> str:
    """Decimal text without exponent; trailing zeros beyond the point are cut."""
    text = f"{value:f}"
    return (text.rstrip("0").rstrip(".") or "0") if "." in text else text
