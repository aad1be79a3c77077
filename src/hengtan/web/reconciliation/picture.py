"""Three bars and what leads from one to the next, as shares of the widest, for a picture without a script."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from . import words

WIDTH = 100


@dataclass(frozen=True, slots=True)
class Bar:
    """left, width: of 100; tone: view, up, down, open."""

    title: str | Promise
    value: Decimal
    left: str
    width: str
    tone: str
    view: str = ""


def bridge(record: Mapping[str, Any]) -> list[Bar]:
    """Carbon market, its parts to the guideline, guideline, its parts to the inventory, inventory."""
    totals = {name: Decimal(value) for name, value in record["totals"].items()}
    ups: list[tuple[str | Promise, Decimal, Decimal, str, str]] = []
    at = totals["ets"]
    ups.append((words.VIEWS["ets"], Decimal(0), at, "view", "ets"))
    for step in record["steps"]:
        parts = [(words.kind(name), Decimal(value), "") for name, value in step["by_kind"].items()]
        parts.append((_("Not explained"), Decimal(step["remainder"]), "open"))
        for title, value, tone in parts:
            if abs(value) >= Decimal("0.005"):
                ups.append((title, at, at + value, tone or ("up" if value > 0 else "down"), ""))
                at += value
        at = totals[step["to"]]
        ups.append((words.VIEWS[step["to"]], Decimal(0), at, "view", step["to"]))
    low = min(Decimal(0), *(min(first, last) for _title, first, last, _tone, _view in ups))
    high = max(Decimal(0), *(max(first, last) for _title, first, last, _tone, _view in ups))
    span = (high - low) or Decimal(1)
    return [
        Bar(
            title, last - first if tone != "view" else last, f"{(min(first, last) - low) / span * WIDTH:.3f}",
            f"{max(abs(last - first) / span * WIDTH, Decimal('0.25')):.3f}", tone, view,
        )
        for title, first, last, tone, view in ups
    ]  # fmt: skip
