"""Value at risk of an open position, from the closes of the market.

Historical simulation: every overlapping change of the logarithm of the close over the horizon is put on today's close; the loss that is not
passed in ``confidence`` of them (the order statistic of rank ceil(confidence x n)). Parametric: normal changes with the mean taken as 0 and the
standard deviation of the daily ones times the root of the horizon. Both are losses of a buyer: tonnes short times the rise of the price; a
surplus loses by a fall. Neither knows of a change of the rules, or of a day on which nobody sells.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal
from itertools import pairwise
from math import ceil, exp, log, sqrt
from statistics import NormalDist, pstdev

from .given import Quote

LEAST = 60  # changes; fewer say nothing about one in twenty


@dataclass(frozen=True, slots=True)
class Risk:
    """Losses in CNY that are passed with a probability of 1 - confidence within ``days`` trading days. short_t below 0: a surplus."""

    short_t: int
    close_cny_t: Decimal
    confidence: Decimal
    days: int
    changes: int
    historical_cny: Decimal
    parametric_cny: Decimal
    daily_volatility: float


def value_at_risk(quotes: Sequence[Quote], short_t: int, confidence: Decimal, days: int) -> Risk | None:
    """The value at risk of ``short_t`` tonnes that are still to be bought; None with fewer than 60 changes over the horizon, or a close of 0."""
    closes = [float(each.close_cny_t) for each in sorted(quotes, key=lambda each: each.day)]
    if min(closes, default=0.0) <= 0:
        return None
    changes = [log(closes[at + days] / closes[at]) for at in range(len(closes) - days)]
    if len(changes) < LEAST:
        return None
    sign = 1 if short_t >= 0 else -1
    last = max(quotes, key=lambda each: each.day).close_cny_t
    worth = abs(short_t) * float(last)
    losses = sorted(sign * (exp(change) - 1) * worth for change in changes)
    daily = pstdev(log(after / before) for before, after in pairwise(closes))
    z = NormalDist().inv_cdf(float(confidence)) * daily * sqrt(days)
    parametric = (exp(z) - 1) * worth if sign > 0 else (1 - exp(-z)) * worth
    historical = losses[ceil(confidence * len(losses)) - 1]  # in decimals: 0.55 x 100 is 55 and not a little more
    return Risk(
        short_t, last, confidence, days, len(changes), _fen(max(historical, 0.0)), _fen(max(parametric, 0.0)), daily
    )


def _fen(value: float) -> Decimal:
    return Decimal(repr(value)).quantize(Decimal("0.01"), ROUND_HALF_UP)
