"""The balance value of a sector: the intensity at which all that is allocated equals all that was emitted.

With I the intensity of a line, E its emissions and X = (BP - I)/BP, alpha(X) is 0.15 X between -20 % and 20 % and +0.03 or -0.03 beyond.
BP solves sum(E x alpha) = 0. Each alpha is continuous and never falls as BP rises, so the sum crosses zero once, in a stretch between two
of the points where a line changes its group; in that stretch the equation is linear in 1/BP and is solved exactly. Nothing is iterated,
and there is nothing that could fail to converge: the groups that go in are the groups that come out, which ``solve`` asserts.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction


@dataclass(frozen=True, slots=True)
class IntensityRule:
    """alpha = slope x X within the band, ``most`` beyond it; continuous, so most = slope x band."""

    slope: Fraction
    band: Fraction
    most: Fraction

    def x(self, balance: Fraction, intensity: Fraction) -> Fraction:
        """(BP - I) / BP."""
        return (balance - intensity) / balance

    def alpha(self, x: Fraction) -> Fraction:
        """How much more than the emissions is given."""
        if x >= self.band:
            return self.most
        if x <= -self.band:
            return -self.most
        return self.slope * x


@dataclass(frozen=True, slots=True)
class Balance:
    """The value and what proves it.

    low, high   where they differ, every value between them balances: nothing lies inside the band
    inside, better, worse  lines by group; residual  sum(E x alpha) at the value, 0
    """

    value: Fraction
    low: Fraction
    high: Fraction
    inside: int
    better: int
    worse: int
    residual: Fraction

    @property
    def is_unique(self) -> bool:
        """Whether one value alone balances."""
        return self.low == self.high


def solve(lines: Sequence[tuple[Fraction, Fraction]], rule: IntensityRule) -> Balance | None:
    """The balance value of lines (emissions, intensity), both above 0; None without lines.

    O(n log n), exact.
    """
    known = [(emissions, intensity) for emissions, intensity in lines if emissions > 0]
    if not known:
        return None
    # u = 1/BP. A line enters the band at u = (1 - band)/I and leaves it at u = (1 + band)/I.
    turns = sorted(
        [((1 - rule.band) / intensity, 1, emissions, intensity) for emissions, intensity in known]
        + [((1 + rule.band) / intensity, -1, emissions, intensity) for emissions, intensity in known]
    )
    better, worse = sum((emissions for emissions, _ in known), Fraction(0)), Fraction(0)
    inside = weighted = Fraction(0)  # sum E and sum E x I of the lines in the band

    def surplus(u: Fraction) -> Fraction:
        return rule.slope * (inside - weighted * u) + rule.most * (better - worse)

    zero_from = None
    for u, turn, emissions, intensity in turns:
        here = surplus(u)
        if here < 0:
            break
        if here == 0 and zero_from is None:
            zero_from = u
        if turn > 0:
            better, inside, weighted = better - emissions, inside + emissions, weighted + emissions * intensity
        else:
            worse, inside, weighted = worse + emissions, inside - emissions, weighted - emissions * intensity
    root = (rule.slope * inside + rule.most * (better - worse)) / (rule.slope * weighted)
    low, high = 1 / root, 1 / (zero_from or root)
    value = (low + high) / 2
    return _proved(value, low, high, known, rule)


def _proved(
    value: Fraction, low: Fraction, high: Fraction, lines: Sequence[tuple[Fraction, Fraction]], rule: IntensityRule
) -> Balance:
    xs = [rule.x(value, intensity) for _, intensity in lines]
    residual = sum((emissions * rule.alpha(x) for (emissions, _), x in zip(lines, xs, strict=True)), Fraction(0))
    if residual:
        raise AssertionError(f"the balance value {value} leaves {residual}")
    better, worse = sum(x >= rule.band for x in xs), sum(x <= -rule.band for x in xs)
    return Balance(value, low, high, len(xs) - better - worse, better, worse, residual)
