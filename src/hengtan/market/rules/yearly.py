"""Volume, turnover and prices of the national market by year, as published."""

from __future__ import annotations

import csv
from dataclasses import dataclass
from decimal import Decimal
from functools import cache
from importlib.resources import files


@dataclass(frozen=True, slots=True)
class MarketYear:
    """One year: ``year`` as written (``2026 to 08-19``), tonnes, CNY, CNY/t; None where not published; ``source`` with read: or known:, and in Chinese."""

    year: str
    trading_days: int
    volume_t: int | None
    turnover_cny: Decimal | None
    average_cny_t: Decimal | None
    listed_t: int
    listed_average_cny_t: Decimal
    low_cny_t: Decimal
    high_cny_t: Decimal
    year_end_cny_t: Decimal
    source: str
    source_zh: str


@cache
def market_years() -> tuple[MarketYear, ...]:
    """Every year of the table, oldest first."""
    text = (files(__package__) / "data" / "market_yearly.csv").read_text("utf-8")
    return tuple(_year(row) for row in csv.DictReader(text.splitlines()))


def _year(row: dict[str, str]) -> MarketYear:
    def number(name: str) -> Decimal | None:
        return Decimal(row[name]) if row[name] else None

    volume = row["volume_all_t"]
    return MarketYear(
        row["year"], int(row["trading_days"]), int(volume) if volume else None, number("turnover_all_cny"),
        number("avg_all_cny_t"), int(row["listed_volume_t"]), Decimal(row["listed_avg_cny_t"]), Decimal(row["close_min"]),
        Decimal(row["close_max"]), Decimal(row["year_end_close"]), row["confirmed"], row["confirmed_zh"],
    )  # fmt: skip
