"""What a plan says of one year, of all its entities or of one, as the parts of a page show it. Numbers come from the record."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from decimal import Decimal
from typing import Any

from django.utils.translation import gettext as _

from hengtan.market.compliance.standing import Standing
from hengtan.market.rules import fine, fined, surrender_deadline

from . import money, picture, steps
from .steps import Part

Record = Mapping[str, Any]


def stands_of(made: Record, year: int, entity: str = "") -> list[Mapping[str, Any]]:
    """The positions of a year; ``entity``: of it alone, by name or id."""
    return [each for each in made["positions"] if each["year"] == year and entity in ("", each["name"], each["entity"])]


def lines_of(made: Record, year: int | None, entity: str = "") -> list[tuple[int, Mapping[str, Any]]]:
    """Lines with their numbers; ``year``: of its emissions, or done for it without one."""
    return [
        (number, each) for number, each in enumerate(made["lines"], 1)
        if entity in ("", each["name"], each["entity"]) and (year is None or steps.of_year(made, each, year))
    ]  # fmt: skip


def figures(made: Record, year: int, entity: str, today: date) -> dict[str, Any]:
    """The five figures at the top of a page, and the bars below them. Tonnes whole, money in CNY."""
    stands = stands_of(made, year, entity)
    due, gap, cap = (sum(each[name] for each in stands) for name in ("due_t", "gap_t", "cap_t"))
    have = sum(each["allowances_t"] + each["credits_t"] for each in stands)
    pledged, credits = (sum(each[name] for each in stands) for name in ("pledged_t", "credits_t"))
    fines = [each["fine"] for each in stands if each["fine"]]
    deadline = date.fromisoformat(stands[0]["deadline"])
    lines = [each for _number, each in lines_of(made, year, entity)]
    used = {
        bought: sum(each["t"] for each in lines if each["action"] == "offset" and (each["source"] in ("offer", "later")) == bought)
        for bought in (False, True)
    }  # fmt: skip
    alone = next((each for each in made["alternatives"] if each["id"] == "no-credits"), None)
    mine = sum((Decimal(each["cost_cny"]) for each in lines), Decimal(0))
    one_year = made["years"] == [year] and not entity
    return {
        "year": year, "due": due, "have": have, "pledged": pledged, "gap": gap, "cap": cap, "spare": sum(each["spare_t"] for each in stands),
        "verified": all(each["emissions"]["method"] == "verified" for each in stands), "share": Decimal(gap * 100) / max(due, 1),
        "cost": Decimal(made["cost_cny"]) if one_year and made["cost_cny"] else mine if lines else None,
        "whole": None if one_year or made["cost_cny"] is None else Decimal(made["cost_cny"]), "lines": bool(lines),
        "saved": Decimal(alone["more_cny"]) if alone and alone["more_cny"] and not entity else None, "whole_saved": not one_year,
        "above": Decimal(made["gap_cny"]) if made["gap_cny"] else None,
        "deadline": deadline, "left": (deadline - today).days, "expected": stands[0]["deadline_expected"],
        "fine_low": sum((Decimal(each["low_cny"]) for each in fines), Decimal(0)), "fine_high": sum((Decimal(each["high_cny"]) for each in fines), Decimal(0)),
        "fine_price": fines[0]["price_cny_t"] if fines else "", "fine_basis": fines[0]["basis"] if fines else "",
        "bars": picture.bars(due, _parts(made, stands, year, have, pledged, credits, gap)),
        "held": used[False], "bought": used[True], **picture.caps(cap, used[False], used[True]),
        "not_counted": _not_counted(made, {each["entity"] for each in stands}, year),
    }  # fmt: skip


def _parts(
    made: Record, stands: Sequence[Record], year: int, have: int, pledged: int, credits: int, gap: int
) -> list[tuple[str, int]]:
    of = {each["entity"] for each in stands}
    carried = sum(
        each["t"] for each in made["holdings"]
        if each["entity"] in of and each["kind"] == "CEA" and each["origin"] == "carried-over" and each["serves_from"] == year
    )  # fmt: skip
    own = have - credits - pledged
    carried = min(carried, own)
    return [("own", own - carried), ("carried", carried), ("pledged", pledged), ("credits", credits), ("gap", gap)]


def _not_counted(made: Record, of: set[str], year: int) -> list[dict[str, Any]]:
    """Credits that are held and do not serve the year, with the rule that says so."""
    return [
        {"t": each["t"], "id": each["id"], "why": each["why_not"]} for each in made["holdings"]
        if each["kind"] == "CCER" and each["entity"] in of and each["t"] and (each["serves_from"] is None or each["serves_from"] > year)
    ][:4]  # fmt: skip


def table(made: Record, year: int | None, entity: str, language: str, found: Sequence[Part] = ()) -> dict[str, Any]:
    """The steps: first what settles the year, then what it needs, each with reason, tonnes and money; the totals are those of the rows."""
    by: dict[int, list[Part]] = {}
    for each in found:
        by.setdefault(each.line, []).append(each)
    rows = lines_of(made, year, entity)
    unit, cells, total = money.column([Decimal(each["cost_cny"]) or None for _number, each in rows])
    shown = [
        {
            "number": number, "what": each["what"][language], "why": each["why"][language], "entity": each["name"], "year": each["year"], "t": each["t"],
            "cost": cell, "by": each["by"], "settles": each["action"] in ("surrender", "offset"), "parts": by.get(number, []),
        }
        for (number, each), cell in zip(rows, cells, strict=True)
    ]  # fmt: skip
    return {
        "rows": [*(each for each in shown if each["settles"]), *(each for each in shown if not each["settles"])],
        "others": any(not each["settles"] for each in shown), "unit": unit, "total": total,
        "total_t": sum(each["t"] for each in shown if each["settles"]),
    }  # fmt: skip


def otherwise(made: Record, language: str) -> list[tuple[str, Decimal | None]]:
    """(other assumption, what the plan then costs), None where there is no plan then."""
    return [
        (each["title"][language], None if each["cost_cny"] is None else Decimal(each["cost_cny"]))
        for each in made["alternatives"]
    ]


def ahead(made: Record, entity: str) -> list[dict[str, Any]]:
    """By year: gap with its band, and what a tonne less saves, from the least to the most over the entities."""
    found = []
    for year in made["years"]:
        stands = stands_of(made, year, entity)
        of = {each["entity"] for each in stands}
        values = [Decimal(each["cny_t"]) for each in made["worth"] if each["year"] == year and each["entity"] in of]
        low, high = (
            sum_of([each.get(name) if each["due_t"] else 0 for each in stands]) for name in ("gap_low_t", "gap_high_t")
        )
        found.append({
            "year": year, "gap": sum(each["gap_t"] for each in stands), "verified": all(each["emissions"]["method"] == "verified" for each in stands),
            "low": low, "high": high, "least": min(values, default=None), "most": max(values, default=None),
        })  # fmt: skip
    return found


def sum_of(values: Sequence[int | None]) -> int | None:
    """None where one of them is not known."""
    known = [each for each in values if each is not None]
    return sum(known) if known and len(known) == len(values) else None


def worth_told(made: Record, year: int, entity: str) -> str:
    """``97.40 − 5% × (97.40 − 93.54)`` where two prices of the plan explain what a tonne less saves; "" where they do not."""
    of = {each["entity"] for each in stands_of(made, year, entity)}
    values = {Decimal(each["cny_t"]) for each in made["worth"] if each["year"] == year and each["entity"] in of}
    prices = {
        kind: sorted({Decimal(each["price_cny_t"]) for _number, each in lines_of(made, year, entity) if each["kind"] == kind and each["price_cny_t"]})
        for kind in ("CEA", "CCER")
    }  # fmt: skip
    for allowance in prices["CEA"]:
        for credit in prices["CCER"]:
            if values == {(allowance - (allowance - credit) / 20).quantize(Decimal("0.01"))} and credit < allowance:
                return f"{allowance} − 5% × ({allowance} − {credit})"
    return ""


def days(
    calendar: Sequence[Mapping[str, Any]],
    today: date,
    language: str,
    entity: str = "",
    names: Mapping[str, str] | None = None,
) -> list[dict[str, Any]]:
    """What is due from today on, one row a day: what falls on the same day stands together."""
    found: dict[str, dict[str, Any]] = {}
    for each in calendar:
        if each["day"] < today.isoformat() or (
            entity and each["entity"] and entity not in (each["entity"], (names or {}).get(each["entity"], ""))
        ):
            continue
        day = date.fromisoformat(each["day"])
        row = found.setdefault(
            each["day"],
            {
                "day": day,
                "left": (day - today).days,
                "titles": [],
                "expected": False,
                "last": False,
                "this_year": day.year == today.year,
            },
        )
        title = each["title"][language]
        if each["id"] != "plan" and each["year"] is not None:
            title = _("%(title)s (%(year)s)") % {"title": title, "year": each["year"]}
        if title not in row["titles"]:
            row["titles"].insert(0 if each["id"] == "surrender" else len(row["titles"]), title)
        row["expected"] |= each["expected"]
        row["last"] |= each["id"] == "surrender"
    for row in found.values():
        row["more"] = max(len(row["titles"]) - 3, 0)
        row["titles"] = row["titles"][:3]
    return [found[day] for day in sorted(found)]


def entities(made: Record, year: int, now: Mapping[str, Mapping[str, Any]]) -> list[dict[str, Any]]:
    """One row an entity: due, usable, gap, and what it hands over and receives by the plan; ``now``: the book's word by name."""
    lines = [each for _number, each in lines_of(made, year)]
    return [
        {
            "name": each["name"], "due": each["due_t"], "verified": each["emissions"]["method"] == "verified",
            "have": each["allowances_t"] + each["credits_t"], "gap": each["gap_t"], "spare": each["spare_t"],
            "out": sum(line["t"] for line in lines if line["action"] == "hand-over" and line["entity"] == each["entity"]),
            "into": sum(line["t"] for line in lines if line["action"] == "hand-over" and line["to"] == each["entity"]),
            "now": now.get(each["name"]),
        }
        for each in stands_of(made, year)
    ]  # fmt: skip


def without_a_plan(total: Standing, year: int, today: date, close_cny_t: Decimal | None) -> dict[str, Any]:
    """The same figures from the book and the statements alone: nothing is known of cost, and the fine stands at the last close of one's own quotes."""
    deadline, _mark, expected = surrender_deadline(year)
    gap = total.gap_t
    exposed = fine(gap, close_cny_t) if gap and close_cny_t is not None and fined(deadline) else None
    own = total.allowances_t - total.carried_t - total.pledged_t
    parts = [
        ("used", total.surrendered_t + total.offset_t),
        ("own", own),
        ("carried", total.carried_t),
        ("pledged", total.pledged_t),
        ("credits", total.credits_t),
        ("gap", gap or 0),
    ]
    return {
        "year": year, "due": total.due_t, "have": total.usable_t, "pledged": total.pledged_t, "gap": gap, "cap": total.cap_t, "spare": total.spare_t, "verified": False,
        "share": None if gap is None else Decimal(gap * 100) / max(total.due_t or 0, 1), "cost": None, "whole": None, "lines": False, "saved": None,
        "above": None, "deadline": deadline, "left": (deadline - today).days, "expected": expected,
        "fine_low": exposed.low_cny if exposed else Decimal(0), "fine_high": exposed.high_cny if exposed else Decimal(0),
        "fine_price": close_cny_t if exposed else "", "fine_basis": "close" if exposed else "", "used": total.surrendered_t + total.offset_t,
        "bars": picture.bars(total.due_t or 0, parts), "held": total.credits_t, "bought": 0, **picture.caps(total.cap_t or 0, total.credits_t if total.cap_t else 0, 0), "not_counted": [],
    }  # fmt: skip


def since_the_plan(total: Standing, year: int, today: date) -> dict[str, Any]:
    """Of the figures those that change when a plan is carried out: what is at hand and what is missing; no fine where nothing is."""
    bare = without_a_plan(total, year, today, None)
    names = ("have", "pledged", "gap", "share", "spare", "bars", "used")
    nothing = {} if total.gap_t else {"fine_low": Decimal(0), "fine_high": Decimal(0)}
    return {name: bare[name] for name in names} | nothing
