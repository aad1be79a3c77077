"""Expected emissions of a year that is not verified yet: months so far, and a forecast with a band that can be checked by hand.

With last year's months: growth r = sum of the months so far / sum of the same months last year; each month to come is r times last year's.
The spread s is the standard deviation of the monthly ratios; the variance of what is to come is s² (Σ w² + (Σ w)²/n), w last year's tonnes of
the months to come, n months so far (a sum of errors that are independent, and the error of r). Without last year's months every w is 1 and the
ratios are the tonnes. Band: 10th and 90th percentile of a normal distribution, never below what is already emitted.
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from math import ceil, sqrt

from .given import Emissions

Z_90 = 1.2815515655446004  # 90th percentile of the standard normal distribution


@dataclass(frozen=True, slots=True)
class Due:
    """Tonnes due for a year: expected, and low and high (10th and 90th percentile, None where nothing says how sure it is)."""

    year: int
    expected_t: int
    low_t: int | None
    high_t: int | None
    method: str

    @property
    def verified(self) -> bool:
        """Whether the tonnes are verified."""
        return self.method == "verified"


def due(given: Emissions) -> Due:
    """What is due for a year, rounded up to whole tonnes.

    >>> due(Emissions(2026, months={f"2026-{m:02d}": Decimal(100) for m in range(1, 7)}))
    Due(year=2026, expected_t=1200, low_t=1200, high_t=1200, method='months')
    """
    if given.verified_t is not None:
        return Due(given.year, given.verified_t, given.verified_t, given.verified_t, "verified")
    if given.expected_t is not None:
        return Due(given.year, given.expected_t, given.low_t, given.high_t, "given")
    so_far = sum(given.months.values(), Decimal(0))
    n = len(given.months)
    names = [f"{given.year}-{month:02d}" for month in range(1, 13)]
    weight = {name: Decimal(1) for name in names}
    if given.last_year:
        weight = {name: given.last_year[f"{given.year - 1}-{name[5:]}"] for name in names}
    growth = so_far / sum(weight[name] for name in given.months)
    ahead = [weight[name] for name in names if name not in given.months]
    expected = ceil(so_far + growth * sum(ahead, Decimal(0)))
    method = "months-and-last-year" if given.last_year else "months"
    if not ahead:
        return Due(given.year, expected, expected, expected, method)
    if n < 2 or any(weight[name] == 0 for name in given.months):
        return Due(given.year, expected, None, None, method)
    ratios = [float(tonnes / weight[name]) for name, tonnes in given.months.items()]
    middle = sum(ratios) / n
    spread = sqrt(sum((ratio - middle) ** 2 for ratio in ratios) / (n - 1))
    to_come = [float(each) for each in ahead]
    half = Z_90 * spread * sqrt(sum(w * w for w in to_come) + sum(to_come) ** 2 / n)
    centre = float(so_far + growth * sum(ahead, Decimal(0)))
    return Due(given.year, expected, max(ceil(so_far), ceil(centre - half)), ceil(centre + half), method)
