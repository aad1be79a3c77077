"""The data: which source of a statement is which activity, and what each view counts."""

from __future__ import annotations

import csv
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase
from fractions import Fraction
from functools import cache
from importlib.resources import files
from typing import Any

import yaml


@dataclass(frozen=True, slots=True)
class Mapped:
    """One source in both worlds.

    statement      names in a statement: ``fuel.diesel``, ``source:electricity``, ``value:electricity_bought``
    amount, times  the parameter that says how much, or ``bought - exported``; times: a share that multiplies it
    activity_type  what it is in the inventory, "" where the inventory has nothing like it; types: others that are the same
    """

    key: str
    title: Mapping[str, str]
    statement: tuple[str, ...]
    amount: str
    times: str
    unit: str
    activity_type: str
    types: tuple[str, ...]
    scope: int
    category: str

    def holds(self, activity_type: str) -> bool:
        """Whether an activity of the inventory is this source."""
        return any(fnmatchcase(activity_type, each) for each in (self.activity_type, *self.types) if each)


@dataclass(frozen=True, slots=True)
class Rule:
    """Why something is in a view, or not. source: begins with ``read:`` or ``known:``."""

    text: Mapping[str, str]
    source: str

    @property
    def mark(self) -> str:
        """R read in the source, K known from it."""
        return "R" if self.source.startswith("read:") else "K"


@cache
def mapped() -> Mapping[str, Mapped]:
    """All sources by key."""
    text = (files(__package__) / "mapping.csv").read_text("utf-8")
    return {
        row["key"]: Mapped(
            row["key"], {"en": row["en"], "zh": row["zh"]}, tuple(row["statement"].split()), row["amount"], row["times"],
            row["unit"], row["activity_type"], tuple(row["types"].split()), int(row["scope"]), row["category"],
        )
        for row in csv.DictReader(text.splitlines())
    }  # fmt: skip


@cache
def by_name() -> Mapping[str, Mapped]:
    """By each name in a statement."""
    return {name: each for each in mapped().values() for name in each.statement}


@cache
def by_type(activity_type: str) -> tuple[str, ...]:
    """Keys of the sources that an activity type of the inventory may be; the one that names it exactly comes first."""
    found = [each for each in mapped().values() if each.holds(activity_type)]
    return tuple(each.key for each in sorted(found, key=lambda each: each.activity_type != activity_type))


@cache
def _boundaries() -> Mapping[str, Any]:
    text = (files(__package__) / "boundaries.yaml").read_text("utf-8")
    body: Mapping[str, Any] = yaml.load(text, Loader=yaml.CSafeLoader)
    return body


def _rule(body: Mapping[str, Any]) -> Rule:
    return Rule({"en": body["en"], "zh": body["zh"]}, body["source"])


def covered(method: str, year: int) -> tuple[frozenset[str], Rule] | None:
    """The sources of a guideline that the carbon market counts in a year; None where it does not cover the sector, or not yet."""
    body = _boundaries()["ets"].get(method)
    if body is None or year < body["from"]:
        return None
    return frozenset(body["sources"]), _rule(body)


def market_methods() -> frozenset[str]:
    """Guidelines of the carbon market; the others are of whole enterprises."""
    return frozenset(_boundaries()["ets"])


def market_electricity(method: str, year: int) -> tuple[Fraction, str] | None:
    """t CO2/MWh that the market fixed for electricity that units bought, where it counted it in that year."""
    body = _boundaries()["electricity"].get(method, {}).get(year)
    return None if body is None else (Fraction(body["factor"]), body["source"])


def why_out(
    view: str, key: str, category: str, year: int, methods: Sequence[str], *, in_enterprise: bool
) -> Rule | None:
    """The first rule that keeps a source out of a view; None where none does, and nothing is explained.

    category       scope and category, ``1.mobile``; methods: of the statements that make up the view
    in_enterprise  whether a statement of the whole enterprise counts it
    """
    for body in _boundaries()["out"]:
        fits = (
            view in body["views"]
            and body.get("from", 0) <= year
            and ("keys" not in body or key in body["keys"])
            and ("categories" not in body or any(fnmatchcase(category, each) for each in body["categories"]))
            and ("methods" not in body or bool(set(methods) & set(body["methods"])))
            and (body.get("statement") != "enterprise" or in_enterprise)
        )
        if fits:
            return _rule(body)
    return None


def uncovered() -> Rule:
    """Told where nothing that was stated is covered."""
    return _rule(_boundaries()["uncovered"])


def rules() -> list[tuple[str, Rule]]:
    """All of them with the view, for pages and for a test that reads their marks."""
    body = _boundaries()
    found = [(f"ets {method}", _rule(each)) for method, each in body["ets"].items()]
    return found + [(", ".join(each["views"]), _rule(each)) for each in body["out"]]
