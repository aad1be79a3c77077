"""What the pages of compliance draw: the position as bars, the cap of credits, the prices of the months."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from typing import Any

from django.utils.translation import gettext as _

from hengtan.market.book.quote import Quote


def bars(due: int, parts: Sequence[tuple[str, int]]) -> dict[str, Any]:
    """Shares of the wider of both bars, in per cent: what is due, and what is there by kind; wide parts carry their number."""
    widest = max(due, sum(t for _name, t in parts), 1)
    left, found = Decimal(0), []
    for name, t in parts:
        width = Decimal(t * 100) / widest
        if t:
            found.append(
                {
                    "name": name,
                    "t": t,
                    "x": f"{left:.3f}",
                    "width": f"{width:.3f}",
                    "middle": f"{left + width / 2:.3f}",
                    "wide": width > 28,
                }
            )
        left += width
    return {
        "due": due,
        "due_width": f"{Decimal(due * 100) / widest:.3f}",
        "due_middle": f"{Decimal(due * 50) / widest:.3f}",
        "parts": found,
    }


def caps(cap: int, held: int, bought: int) -> dict[str, str]:
    """Of the bar of the cap on credits."""
    return {
        "held_width": f"{Decimal(held * 100) / max(cap, 1):.3f}",
        "bought_width": f"{Decimal(bought * 100) / max(cap, 1):.3f}",
    }


def months(quotes: Sequence[Quote]) -> list[tuple[str, int, int, int]]:
    """(month, lowest, highest, last close in fen) of the composite of all vintages, the last six."""
    by: dict[str, list[Quote]] = {}
    for each in sorted((each for each in quotes if each.symbol == "CEA"), key=lambda each: each.day):
        by.setdefault(f"{each.day:%Y-%m}", []).append(each)
    return [
        (name, min(one.close for one in of), max(one.close for one in of), of[-1].close)
        for name, of in list(by.items())[-6:]
    ]


def months_chart(rows: Sequence[tuple[str, int, int, int]]) -> dict[str, Any]:
    """As the chart of the published years: a bar from the lowest to the highest close, a line and a number at the last."""
    return {
        "kind": "ranges", "unit": _("CNY/t"), "names": [_("lowest close"), _("highest close"), _("last close")],
        "rows": [
            {"name": name, "low": low / 100, "high": high / 100, "last": last / 100, "told": [f"{fen // 100}.{fen % 100:02}" for fen in (low, high, last)]}
            for name, low, high, last in rows
        ],
    }  # fmt: skip
