"""Averages of the market from daily quotes, weighted by volume."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from decimal import ROUND_HALF_UP, Decimal

from .given import Quote


@dataclass(frozen=True, slots=True)
class Average:
    """CNY/t from turnover over volume, 2 decimals, with the days it was made from; weighted False: a mean of closes, volumes were not given."""

    price_cny_t: Decimal
    days: int
    volume_t: int | None
    turnover_cny: Decimal | None
    weighted: bool
    first: date
    last: date


def average(quotes: Iterable[Quote], first: date, last: date) -> Average | None:
    """The average price from ``first`` to ``last``, both inclusive; None where no day was quoted.

    Turnover over volume, as the exchange does it. A day without turnover counts close times volume; where volumes are missing, the mean of the closes.

    >>> average([Quote(date(2022, 12, 30), Decimal("55.00"), 50889493, Decimal("2814004694.28"))], date(2022, 1, 1), date(2022, 12, 31)).price_cny_t
    Decimal('55.30')
    """
    inside = sorted((each for each in quotes if first <= each.day <= last), key=lambda each: each.day)
    if not inside:
        return None
    days, start, end = len(inside), inside[0].day, inside[-1].day
    if all(each.volume_t is not None for each in inside):
        volume = sum(each.volume_t or 0 for each in inside)
        turnover = sum(
            (
                (each.close_cny_t * (each.volume_t or 0)) if each.turnover_cny is None else each.turnover_cny
                for each in inside
            ),
            Decimal(0),
        )
        if volume:
            return Average(_fen(turnover / volume), days, volume, turnover, True, start, end)
    return Average(
        _fen(sum((each.close_cny_t for each in inside), Decimal(0)) / days), days, None, None, False, start, end
    )


def months(quotes: Iterable[Quote]) -> dict[str, Average]:
    """The average of each calendar month that was quoted, by ``2026-11``."""
    by: dict[str, list[Quote]] = {}
    for each in quotes:
        by.setdefault(f"{each.day:%Y-%m}", []).append(each)
    found = {name: average(inside, date.min, date.max) for name, inside in sorted(by.items())}
    return {name: each for name, each in found.items() if each is not None}


def _fen(value: Decimal) -> Decimal:
    return value.quantize(Decimal("0.01"), ROUND_HALF_UP)
