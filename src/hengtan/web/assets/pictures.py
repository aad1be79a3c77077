"""Charts of prices: the ranges of the years as published, and the user's own quotes by day."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.utils.translation import gettext as _

from hengtan.market.book.quote import Quote
from hengtan.market.rules import market_years
from hengtan.web.runs.words import lang

MOST_POINTS = 500


def years_chart() -> dict[str, Any]:
    """Bars from the lowest to the highest close of each year, a line and the number of the last one."""
    years = market_years()
    return {
        "kind": "ranges", "unit": _("CNY/t"),
        "rows": [
            {
                "name": each.year.replace(" to ", "\n至 " if lang() == "zh" else "\nto "), "low": float(each.low_cny_t), "high": float(each.high_cny_t), "last": float(each.year_end_cny_t),
                "told": [f"{price:.2f}" for price in (each.low_cny_t, each.high_cny_t, each.year_end_cny_t)],
            }
            for each in years
        ],
        "names": [_("lowest close"), _("highest close"), _("last close")],
    }  # fmt: skip


def unit_of(symbol: str) -> str:
    """Of a quoted price."""
    return _("CNY/MWh") if symbol.upper().startswith("GEC") else _("CNY/t")


def days_chart(quotes: Sequence[Quote], symbol: str) -> dict[str, Any]:
    """Closes by day, the newest that fit."""
    last = list(quotes)[-MOST_POINTS:]
    days = [each.day.isoformat() for each in last]
    return {
        "kind": "months", "unit": unit_of(symbol), "places": 2, "labels": days, "shown": days, "href": [], "toldUnit": "",
        "series": [
            {
                "name": symbol, "color": "s2", "values": [each.close / 100 for each in last],
                "told": [f"{each.close // 100:,}.{each.close % 100:02}" for each in last],
            }
        ],
    }  # fmt: skip
