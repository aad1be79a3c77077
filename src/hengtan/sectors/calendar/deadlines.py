"""What is due when: rules that run from the end of a month, the days of a year, spans of working days. All are data with source and mark."""

from __future__ import annotations

from calendar import monthrange
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cache
from importlib.resources import files
from typing import Any

import yaml

from .working import after_working_days


@dataclass(frozen=True, slots=True)
class Rule:
    """The evidence of a month is due so many natural days after its end, for months within the validity (both days inclusive).

    parameters  what is asked for each month, as patterns of names: ``coal.*.amount``; empty: what the plan has measured by the month
    """

    id: str
    title: Mapping[str, str]
    days: int
    methods: tuple[str, ...]
    first: date
    last: date | None
    parameters: tuple[str, ...]
    source: str
    mark: str

    def holds(self, method: str, month: date) -> bool:
        """Whether it is the rule of the month for the guideline."""
        return method in self.methods and self.first <= month and (self.last is None or month <= self.last)


@dataclass(frozen=True, slots=True)
class Due:
    """When a month is due, and by which rule."""

    day: date
    rule: Rule


@dataclass(frozen=True, slots=True)
class Yearly:
    """One day of a year. emissions_of: the year whose emissions it is about, None where it looks ahead; sectors: empty for all."""

    id: str
    title: Mapping[str, str]
    day: date
    emissions_of: int | None
    sectors: tuple[str, ...]
    source: str
    mark: str


@dataclass(frozen=True, slots=True)
class Span:
    """So many working days from an event."""

    id: str
    title: Mapping[str, str]
    days: int
    source: str
    mark: str

    def ends(self, start: date) -> date:
        """The last day, when the event is of ``start``. Raises HengtanError ``calendar.year-unknown``."""
        return after_working_days(start, self.days)


@cache
def _data() -> Mapping[str, Any]:
    text = (files(__package__) / "deadlines.yaml").read_text("utf-8")
    found: dict[str, Any] = yaml.load(text, Loader=yaml.CSafeLoader)
    return found


def _said(body: Mapping[str, Any]) -> dict[str, Any]:
    kind, _, source = body["source"].partition(": ")
    return {"source": source, "mark": {"read": "R", "known": "K"}[kind]}


@cache
def rules() -> Sequence[Rule]:
    """Those that run from the end of a month."""
    found = []
    for each in _data()["monthly"]:
        first, _, last = str(each["valid"]).partition("/")
        found.append(Rule(
            each["id"], each["title"], each["days"], tuple(each["methods"]), date.fromisoformat(first),
            date.fromisoformat(last) if last else None, tuple(each.get("parameters", ())), **_said(each),
        ))  # fmt: skip
    return tuple(found)


def due(method: str, month: date) -> Due | None:
    """When the evidence of the month (its first day) is due by the guideline; None where no rule that we know asks for it."""
    for rule in rules():
        if rule.holds(method, month):
            end = date(month.year, month.month, monthrange(month.year, month.month)[1])
            return Due(end + timedelta(days=rule.days), rule)
    return None


@cache
def _days() -> Sequence[Yearly]:
    titles = _data()["titles"]
    found = [
        Yearly(each["id"], titles[each["id"]], each["day"], each.get("emissions_of"), tuple(each.get("sectors", ())), **_said(each))
        for each in _data()["days"]
    ]  # fmt: skip
    return tuple(sorted(found, key=lambda each: each.day))


def yearly(year: int) -> list[Yearly]:
    """The days of a calendar year, in their order; none where the year is not published."""
    return [each for each in _days() if each.day.year == year]


def published_years() -> list[int]:
    """Years of which any day is known."""
    return sorted({each.day.year for each in _days()})


@cache
def spans() -> Mapping[str, Span]:
    """Rules that count working days, by id."""
    return {
        each["id"]: Span(each["id"], each["title"], each["days"], **_said(each)) for each in _data()["working_days"]
    }
