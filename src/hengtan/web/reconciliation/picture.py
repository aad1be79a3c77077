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


def bridge(record: Mapping[str, Any]) -> tuple[list[Bar], Decimal]:
    """Carbon market, its parts to the guideline, guideline, its parts to the inventory, inventory; and where the axis begins.

    Where what differs is small beside the totals the axis begins near them, and totals are lines, not bars.
    """
    totals = {name: Decimal(value) for name, value in record["totals"].items()}
    ways: list[tuple[str | Promise, Decimal, Decimal, str, str]] = []
    at = totals["ets"]
    ways.append((words.VIEWS["ets"], at, at, "view", "ets"))
    for step in record["steps"]:
        parts = [(words.kind(name), Decimal(value), "") for name, value in step["by_kind"].items()]
        parts.append((_("Not explained"), Decimal(step["remainder"]), "open"))
        for title, value, tone in parts:
            if abs(value) >= Decimal("0.005"):
                ways.append((title, at, at + value, tone or ("up" if value > 0 else "down"), ""))
                at += value
        at = totals[step["to"]]
        ways.append((words.VIEWS[step["to"]], at, at, "view", step["to"]))
    points = [each for _title, first, last, _tone, _view in ways for each in (first, last)]
    low, high = min(points), max(points)
    cut = low > 0 and 0 < high - low < high / 4
    start = low - (high - low) / 4 if cut else min(low, Decimal(0))
    span = (max(high, Decimal(0)) - start) * Decimal("1.02") or Decimal(1)
    bars = []
    for title, first, last, tone, view in ways:
        begins, ends = min(first, last), max(first, last)
        if tone == "view" and not cut:
            begins, ends = min(last, Decimal(0)), max(last, Decimal(0))
        width = max((ends - begins) / span * WIDTH, Decimal("0.4"))
        left = min((begins - start) / span * WIDTH, WIDTH - width)
        bars.append(Bar(title, last if tone == "view" else last - first, f"{left:.3f}", f"{width:.3f}", tone, view))
    return bars, start if cut else Decimal(0)
