"""What the page of an input draws: fields with their words, their choices, their problems and where their values came from."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from hengtan.market.compliance.cells import shown, value_of
from hengtan.market.compliance.flat import WHOSE
from hengtan.market.compliance.sheets import Column, table, tables
from hengtan.market.rules import surrender_deadline

from .begin import said_of
from .forms import FROM, QUOTES, Draft, quotes_text

CEA = ("id", "t", "vintage", "origin", "pledged_t", "free_on", "release_cny")
CCER = ("id", "t", "registered", "inside_market", "methodology", "started", "made_from", "pledged_t", "free_on", "release_cny")  # fmt: skip
OFFER = {"CEA": ("id", "price", "delivered", "vintage", "most_t", "lot_t"), "CCER": ("id", "price", "delivered", "registered", "inside_market", "most_t", "lot_t")}  # fmt: skip
FACTS = ("on_time", "sold_t", "bought_t", "holding_t")
LIMITS = ("daily_cea", "daily_ccer", "end_cea", "end_ccer", "confidence", "risk_days")
HEAD = ("title", "as_of", "years", "buy_until", "plan_for", "transfers_allowed", "transfer_fee", "sample")
_PLAIN = ("text", "title", "years", "vintage", "window", "entity")


@dataclass(frozen=True, slots=True)
class Cell:
    """One field as a page draws it; options: (code, title) of a choice, with what was typed among them."""

    name: str
    column: Column
    label: str
    help: str
    value: str
    options: tuple[tuple[str, str], ...]
    errors: tuple[str, ...]
    said: str

    @property
    def id(self) -> str:
        """For the label."""
        return "id_" + self.name.replace(".", "-").replace("@", "")

    @property
    def widget(self) -> str:
        """``select``, ``date``, ``number`` or ``text``; a day that a calendar cannot show stays text."""
        if self.options:
            return "select"
        if self.column.kind == "day":
            return "date" if re.fullmatch(r"([12][0-9]{3}-[01][0-9]-[0-3][0-9])?", self.value) else "text"
        return "text" if self.column.kind in _PLAIN else "number"

    @property
    def needed(self) -> bool:
        """Whether it must be filled."""
        return bool(self.column.needs)


def cell(draft: Draft, name: str, at: int, column: str, lang: str) -> Cell:
    """One field."""
    of, row = table(name).column(column), draft.rows[name][at]
    value = grouped(of, row.get(column, ""))
    codes = ("yes", "no") if of.kind == "yes" else tuple(of.choices)
    options = tuple((code, shown(of, code, lang)) for code in codes)
    if options and value and value not in codes:
        options = ((value, value), *options)
    code = row.get(f"{FROM}.{column}", "")
    words = "" if of.needs in ("CEA", "CCER") else of.help[lang]  # the kind of a row is known here
    return Cell(
        f"{name}.{at}.{column}", of, of.title[lang], words, value, options, tuple(draft.wrong.get((name, at, column), ())),
        said_of(code).sentence() if code else "",
    )  # fmt: skip


def grouped(of: Column, text: str) -> str:
    """Whole digits of tonnes and money in threes, as they are read; whatever else was typed as it is."""
    if of.kind in ("tonnes", "money", "monthly") and re.fullmatch(r"[1-9][0-9]{3,12}(\.[0-9]{1,6})?", text):
        whole, point, rest = text.partition(".")
        return f"{int(whole):,}{point}{rest}"
    return text


def sections(draft: Draft, lang: str) -> dict[str, Any]:
    """All that the template needs."""
    return {
        "head": [cell(draft, "general", 0, name, lang) for name in HEAD],
        "limits": [cell(draft, "general", 0, name, lang) for name in LIMITS],
        "entities": [_entity(draft, at, lang) for at in range(len(draft.rows["entities"]))],
        "offers": [_line(draft, "offers", at, OFFER[_kind(row)], lang) for at, row in enumerate(draft.rows["offers"])],
        "scenarios": _scenarios(draft, lang),
        "sum": sum_of_probabilities(draft),
        "cash": [_line(draft, "cash", at, ("by", "most_cny", "entity"), lang) for at in range(len(draft.rows["cash"]))],
        "trading_days": [_line(draft, "trading_days", at, ("window", "days"), lang) for at in range(len(draft.rows["trading_days"]))],
        "quotes": {
            "name": QUOTES, "text": quotes_text(draft.rows["quotes"]), "count": len(draft.rows["quotes"]),
            "errors": sorted({text for (name, _row, _column), texts in draft.wrong.items() if name == "quotes" for text in texts})[:5],
            "said": _said(draft.rows["general"][0], "quotes"),
        },
        "years": draft.years(), "deadlines": [_deadline(year) for year in draft.years()],
        "words": {name: {"title": one.title[lang], "about": one.about[lang]} for name, one in tables().items()},
        "columns": {name: {each.name: each.title[lang] for each in one.columns} for name, one in tables().items()},
        "errors": {name: draft.wrong.get((name, None, ""), []) for name in tables()},
        "sum_errors": draft.wrong.get(("scenarios", None, "probability"), []),
        "wrong": _wrong(draft, lang), "froms": _froms(draft), "hidden": _hidden(draft),
    }  # fmt: skip


def _kind(row: Mapping[str, str]) -> str:
    return "CCER" if row.get("kind") == "CCER" else "CEA"


def _said(row: Mapping[str, str], column: str = "") -> str:
    code = row.get(f"{FROM}.{column}" if column else FROM, "")
    return said_of(code).sentence() if code else ""


def _line(draft: Draft, name: str, at: int, columns: Iterable[str], lang: str) -> dict[str, Any]:
    row = draft.rows[name][at]
    cells = [cell(draft, name, at, column, lang) for column in columns]
    return {
        "at": at, "number": str(at), "table": name, "cells": cells, "kind": row.get("kind", ""), "said": _said(row), "errors": draft.wrong.get((name, at, ""), []),
        "bad": any(each.errors for each in cells) or (name, at, "") in draft.wrong,
    }  # fmt: skip


def _mine(draft: Draft, name: str, at: int) -> list[int]:
    return [number for number, row in enumerate(draft.rows[name]) if row.get(WHOSE) == str(at)]


def _entity(draft: Draft, at: int, lang: str) -> dict[str, Any]:
    row = draft.rows["entities"][at]
    held = [
        _line(draft, "holdings", number, CCER if _kind(draft.rows["holdings"][number]) == "CCER" else CEA, lang)
        for number in _mine(draft, "holdings", at)
    ]
    coming = [_line(draft, "allocations", number, ("year", "t", "on"), lang) for number in _mine(draft, "allocations", at)]  # fmt: skip
    sales = [_line(draft, "sales", number, ("year", "most_t"), lang) for number in _mine(draft, "sales", at)]
    facts = [cell(draft, "entities", at, name, lang) for name in FACTS]
    bad = any(each["bad"] for each in (*held, *coming, *sales)) or any(each.errors for each in facts)
    totals = {
        kind: sum(_tonnes(draft.rows["holdings"][each["at"]].get("t", "")) for each in held if each["kind"] == kind)
        for kind in ("CEA", "CCER")
    }
    return {
        "at": at, "number": str(at), "name": row.get("name") or row.get("id") or "", "cells": {name: cell(draft, "entities", at, name, lang) for name in ("id", "name", "sector")},
        "emissions": [_emissions(draft, at, number, lang) for number in _mine(draft, "emissions", at)],
        "holdings": held, "allocations": coming, "sales": sales, "facts": facts, "totals": totals, "bad": bad, "open": bad or draft.touched == at,
        "facts_said": _said(row, "sold_t") or _said(row, "on_time") or _said(row), "errors": draft.wrong.get(("entities", at, ""), []),
    }  # fmt: skip


def _tonnes(text: str) -> int:
    try:
        return int(value_of(table("holdings").column("t"), text)) if text.strip() else 0
    except ValueError:
        return 0


def _emissions(draft: Draft, at: int, number: int, lang: str) -> dict[str, Any]:
    row = draft.rows["emissions"][number]
    year = row.get("year", "")
    months = [
        {
            "at": each, "which": draft.rows["months"][each].get("which", ""), "title": shown(table("months").column("which"), draft.rows["months"][each].get("which", ""), lang),
            "cells": [cell(draft, "months", each, f"m{month}", lang) for month in range(1, 13)], "errors": draft.wrong.get(("months", each, ""), []) + draft.wrong.get(("months", each, "which"), []),
        }
        for each in _mine(draft, "months", at) if draft.rows["months"][each].get("year") == year
    ]  # fmt: skip
    return {
        "at": number, "year": year, "planned": year in map(str, draft.years()), "said": _said(row), "months": months,
        "cells": [cell(draft, "emissions", number, name, lang) for name in ("verified_t", "expected_t", "low_t", "high_t")],
        "errors": draft.wrong.get(("emissions", number, ""), []) + draft.wrong.get(("emissions", number, "year"), []),
    }  # fmt: skip


def _scenarios(draft: Draft, lang: str) -> list[dict[str, Any]]:
    found = []
    for at in range(len(draft.rows["scenarios"])):
        one = _line(draft, "scenarios", at, ("name", "probability", "emissions_factor"), lang)
        one["prices"] = [
            _line(draft, "prices", number, ("cea", "ccer"), lang) | {"year": draft.rows["prices"][number].get("year", "")}
            for number in _mine(draft, "prices", at)
        ]  # fmt: skip
        found.append(one)
    return found


def sum_of_probabilities(draft: Draft) -> str:
    """What can be read of them, added up."""
    total, of = Decimal(0), table("scenarios").column("probability")
    for row in draft.rows["scenarios"]:
        if text := row.get("probability", "").strip():
            try:
                total += Decimal(value_of(of, text))
            except ValueError:
                continue
    text = f"{total:f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


def _deadline(year: int) -> dict[str, Any]:
    day, mark, expected = surrender_deadline(year)
    return {"year": year, "day": day, "mark": mark, "expected": expected}


def _wrong(draft: Draft, lang: str) -> list[dict[str, str]]:
    """Every problem with the way to its field."""
    found = []
    for (name, at, column), texts in draft.wrong.items():
        where = [table(name).title[lang]]
        if at is not None and name != "general":
            row = draft.rows[name][at] if at < len(draft.rows[name]) else {}
            owner = (
                draft.rows["entities"][int(row[WHOSE])] if name != "prices" and row.get(WHOSE, "").isdecimal() else row
            )
            told = owner.get("name") or owner.get("id") or ""
            where += [
                each for each in (told, row.get("id", "") if owner is not row else "", row.get("year", "")) if each
            ]
        if column:
            where.append(table(name).column(column).title[lang])
        here = f"id_{name}-{at}-{column}" if column and at is not None else f"cp-{name}"
        found += [{"where": " · ".join(where), "text": text, "here": here} for text in texts]
    return found


def _froms(draft: Draft) -> list[tuple[str, str]]:
    """Hidden fields that keep where rows came from."""
    return [
        (f"{name}.{at}.{key}", text)
        for name, rows in draft.rows.items() if name != "quotes"
        for at, row in enumerate(rows) for key, text in row.items() if key.startswith(FROM)
    ]  # fmt: skip


def _hidden(draft: Draft) -> list[tuple[str, str]]:
    """What a row says that no field of the page shows: its owner, its kind, its year, and cells of the other kind of unit."""
    found = []
    for name, rows in draft.rows.items():
        for at, row in enumerate(rows):
            visible: Iterable[str] = {
                "holdings": CCER if _kind(row) == "CCER" else CEA,
                "offers": OFFER[_kind(row)],
            }.get(name, ())
            for key, text in row.items():
                fixed = key in (WHOSE, "kind") or (
                    name in ("emissions", "months", "prices") and key in ("year", "which")
                )
                other = (
                    name in ("holdings", "offers")
                    and key not in visible
                    and not key.startswith("@")
                    and key != "entity"
                )
                if name != "quotes" and (fixed or (other and text)):
                    found.append((f"{name}.{at}.{key}", text))
    return found
