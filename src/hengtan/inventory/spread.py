"""How a true value may lie around a stated one, and the 95 % interval of a sum from its first three moments.

A stated half-width U (percent, at 95 %) is read as the 2006 IPCC Guidelines do (volume 1, chapter 3): up to 30 % as a
normal distribution around the value, above as a lognormal one, because a quantity that cannot be negative does not lie
symmetrically around its value. Pedigree scores are lognormal by nature (``pedigree.py``).

>>> Spread.of_half_width(10).interval()
(0.9, 1.1)
>>> Spread.of_half_width(100).interval()
(0.5, 2.0)
"""

from __future__ import annotations

from dataclasses import dataclass
from math import exp, expm1, log, sqrt

Z = 1.959963984540054  # half of 95 % on each side of a normal distribution
LOGNORMAL_ABOVE = 30.0  # percent


@dataclass(frozen=True, slots=True)
class Spread:
    """A multiplier of the stated value, with median 1. sigma: its standard deviation, of its logarithm if lognormal."""

    lognormal: bool
    sigma: float

    @classmethod
    def of_half_width(cls, percent: float) -> Spread:
        """From a 95 % half-width in percent of the value. Raises ValueError below 0."""
        if not percent >= 0:
            raise ValueError(f"a half-width is 0 or more, not {percent}")
        if percent <= LOGNORMAL_ABOVE:
            return cls(False, percent / 100 / Z)
        return cls.of_gsd2(1 + percent / 100)

    @classmethod
    def of_gsd2(cls, gsd2: float) -> Spread:
        """From a squared geometric standard deviation: 95 % lie between value / gsd2 and value x gsd2."""
        return cls(True, log(gsd2) / Z)

    @property
    def mean(self) -> float:
        """Of the multiplier."""
        return exp(self.sigma**2 / 2) if self.lognormal else 1.0

    @property
    def variance(self) -> float:
        """Of the multiplier."""
        return expm1(self.sigma**2) * exp(self.sigma**2) if self.lognormal else self.sigma**2

    @property
    def third(self) -> float:
        """Third central moment of the multiplier."""
        if not self.lognormal:
            return 0.0
        w = exp(self.sigma**2)
        return w * sqrt(w) * expm1(self.sigma**2) ** 2 * (w + 2)

    def interval(self) -> tuple[float, float]:
        """The multipliers at 2.5 % and 97.5 %."""
        if self.lognormal:
            return round(exp(-Z * self.sigma), 15), round(exp(Z * self.sigma), 15)
        return round(1 - Z * self.sigma, 15), round(1 + Z * self.sigma, 15)


@dataclass(frozen=True, slots=True)
class Fit:
    """shift + scale x exp(sigma x n), n standard normal; sigma 0: shift + scale x n. Negative scale: skewed to the left."""

    shift: float
    scale: float
    sigma: float

    def at(self, n: float) -> float:
        """The value that belongs to ``n`` standard deviations of the normal variable."""
        return self.shift + self.scale * (exp(self.sigma * n) if self.sigma else n)

    def interval(self) -> tuple[float, float]:
        """2.5 % and 97.5 %."""
        one, other = self.at(-Z), self.at(Z)
        return min(one, other), max(one, other)


def fitted(mean: float, variance: float, third: float) -> Fit:
    """The shifted lognormal distribution with these moments; the normal one where there is hardly any skew.

    One lognormal number, shifted by any that are certain, comes back exactly; a sum of many independent numbers comes
    out normal, as it should.
    """
    if variance <= 0:
        return Fit(mean, 0.0, 0.0)
    skew = third / variance**1.5
    if abs(skew) < 1e-6:
        return Fit(mean, sqrt(variance), 0.0)
    # w = exp(sigma^2) solves skew = (w + 2) sqrt(w - 1)
    g2 = skew * skew
    b = (1 + g2 / 2 + sqrt(g2 + g2 * g2 / 4)) ** (1 / 3)
    excess = (b - 1) ** 2 / b  # w - 1, without cancellation
    w = 1 + excess
    scale = sqrt(variance / (w * excess))
    if skew < 0:
        scale = -scale
    return Fit(mean - scale * sqrt(w), scale, sqrt(log(w)))
