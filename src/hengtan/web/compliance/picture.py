"""What a plan's page draws: the position as bars, the yearly ranges of the price. Numbers come from the record."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any

WIDTH, TOP, BOTTOM = 360, 24, 166  # of the price chart


def bars(record: Mapping[str, Any], year: int) -> dict[str, Any]:
    """Shares of what is due, in per cent: what serves by kind, and the gap; and the cap of credits."""
    stands = [each for each in record["positions"] if each["year"] == year]
    due = sum(each["due_t"] for each in stands)
    names = {each["entity"] for each in stands}
    lots = [
        each
        for each in record["holdings"]
        if each["entity"] in names and each["serves_from"] is not None and each["serves_from"] <= year
    ]
    allowances = sum(each["allowances_t"] for each in stands)
    pledged = sum(each["pledged_t"] for each in stands)
    carried = min(
        sum(each["t"] for each in lots if each["origin"] == "carried-over" and each["kind"] == "CEA"),
        allowances - pledged,
    )
    credits, gap = sum(each["credits_t"] for each in stands), sum(each["gap_t"] for each in stands)
    parts = [
        ("own", allowances - pledged - carried),
        ("carried", carried),
        ("pledged", pledged),
        ("credits", credits),
        ("gap", gap),
    ]
    widest = max(due, sum(t for _name, t in parts), 1)
    left, found = Decimal(0), []
    for name, t in parts:
        width = Decimal(t * 100) / widest
        if t:
            found.append({"name": name, "t": t, "x": f"{left:.3f}", "width": f"{width:.3f}"})
        left += width
    lines = [each for each in record["lines"] if each["year"] == year]
    used = {
        source: sum(each["t"] for each in lines if each["action"] == "offset" and (each["source"] in ("offer", "later")) == (source == "bought"))
        for source in ("held", "bought")
    }  # fmt: skip
    cap = sum(each["cap_t"] for each in stands)
    return {
        "year": year, "due": due, "due_width": f"{Decimal(due * 100) / widest:.3f}", "parts": found, "gap": gap, "have": allowances + credits,
        "pledged": pledged, "credits": credits, "cap": cap, "held": used["held"], "bought": used["bought"],
        "held_width": f"{Decimal(used['held'] * 100) / max(cap, 1):.3f}", "bought_width": f"{Decimal(used['bought'] * 100) / max(cap, 1):.3f}",
        "gap_share": Decimal(gap * 100) / max(due, 1),
        "fine_low": sum((Decimal(each["fine"]["low_cny"]) for each in stands if each["fine"]), Decimal(0)),
        "fine_high": sum((Decimal(each["fine"]["high_cny"]) for each in stands if each["fine"]), Decimal(0)),
        "deadline": stands[0]["deadline"] if stands else "", "expected": bool(stands and stands[0]["deadline_expected"]),
    }  # fmt: skip


def prices(years: Sequence[Mapping[str, str]]) -> dict[str, Any]:
    """Yearly ranges as rectangles and year-end closes as lines, from 0 up."""
    most = max(Decimal(each["high_cny_t"]) for each in years) * Decimal("1.1")
    scale = Decimal(BOTTOM - TOP) / most
    step = Decimal(WIDTH - 40) / len(years)
    found = []
    for at, each in enumerate(years):
        low, high, end = (Decimal(each[name]) for name in ("low_cny_t", "high_cny_t", "year_end_cny_t"))
        middle = 40 + step * at + step / 2
        found.append(
            {
                "year": each["year"].partition(" ")[0], "until": each["year"].partition(" to ")[2], "low": low, "high": high, "end": end,
                "x": f"{middle - 9:.1f}", "middle": f"{middle:.1f}", "left": f"{middle - 13:.1f}", "y": f"{BOTTOM - high * scale:.1f}",
                "height": f"{(high - low) * scale:.1f}", "end_y": f"{BOTTOM - end * scale:.1f}", "text_y": f"{BOTTOM - high * scale - 5:.1f}",
            }
        )  # fmt: skip
    ticks = [(value, f"{BOTTOM - value * scale:.1f}") for value in (0, 40, 80, 120) if value <= most]
    return {"bars": found, "ticks": ticks, "width": WIDTH, "bottom": BOTTOM}
