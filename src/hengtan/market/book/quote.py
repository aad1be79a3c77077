"""Prices of a day, and what a period of them comes to."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import ROUND_HALF_EVEN, Decimal

CENT = Decimal("0.01")


@dataclass(frozen=True, slots=True)
class Quote:
    """One day of one symbol (``CEA``: the composite quotation of all vintages); prices in fen a unit, amounts in fen, volumes in units."""

    symbol: str
    day: date
    close: int
    open: int | None = None
    high: int | None = None
    low: int | None = None
    listed_t: int = 0
    listed_fen: int = 0
    block_t: int = 0
    block_fen: int = 0
    source: str = ""


@dataclass(frozen=True, slots=True)
class Averages:
    """What a period comes to. Averages and change are None where nothing was traded, or no earlier close is known.

    total_t, total_cny     listed and block together
    listed_avg, average    CNY a unit, rounded to fen (half even)
    change_pct             last close against the last close before the period
    """

    days: int
    listed_t: int
    block_t: int
    total_t: int
    listed_cny: Decimal
    block_cny: Decimal
    total_cny: Decimal
    listed_avg: Decimal | None
    average: Decimal | None
    lowest_close: Decimal | None
    highest_close: Decimal | None
    last_close: Decimal | None
    change_pct: Decimal | None


def averages(quotes: Iterable[Quote], first: date, last: date) -> Averages:
    """Sums and averages of the days from ``first`` to ``last``, both included; earlier quotes give the close before."""
    ordered = sorted(quotes, key=lambda each: each.day)
    within = [each for each in ordered if first <= each.day <= last]
    before = [each for each in ordered if each.day < first]
    listed, block = sum(each.listed_t for each in within), sum(each.block_t for each in within)
    listed_fen, block_fen = sum(each.listed_fen for each in within), sum(each.block_fen for each in within)
    closes = [each.close for each in within]
    change = None
    if closes and before:
        change = _rounded(Decimal(closes[-1] - before[-1].close) * 100 / before[-1].close)
    return Averages(
        len(within), listed, block, listed + block, _yuan(listed_fen), _yuan(block_fen), _yuan(listed_fen + block_fen),
        _each(listed_fen, listed), _each(listed_fen + block_fen, listed + block), _yuan(min(closes)) if closes else None,
        _yuan(max(closes)) if closes else None, _yuan(closes[-1]) if closes else None, change,
    )  # fmt: skip


def price_of(code: str, kind: str, quotes: Sequence[Quote], day: date) -> Quote | None:
    """The newest quote on or before a day: of the instrument itself, else of its kind (``CEA``, ``CCER``, ``GEC``); None without one."""
    for symbol in (code, {"green_power": "GEC"}.get(kind, kind.upper())):
        found = [each for each in quotes if each.symbol == symbol and each.day <= day]
        if found:
            return max(found, key=lambda each: each.day)
    return None


def _yuan(amount: int) -> Decimal:
    return Decimal(amount) / 100


def _each(amount: int, count: int) -> Decimal | None:
    return _rounded(Decimal(amount) / 100 / count) if count else None


def _rounded(value: Decimal) -> Decimal:
    return value.quantize(CENT, ROUND_HALF_EVEN)
