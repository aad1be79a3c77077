"""The tables that an input of a plan is made of: what a workbook, a form and the schema call each thing.

>>> table("holdings").column("pledged_t").title["zh"]
'其中质押（吨）'
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any

import yaml


@dataclass(frozen=True, slots=True)
class Column:
    """One column.

    path     keys from the object of the row to the value; empty where the row is not one object
    kind     how a cell is read; choices: by code the title in both languages
    needs    ``always``, a kind of unit (``CEA``, ``CCER``) with which it must be given, or ``""``
    """

    name: str
    path: tuple[str, ...]
    kind: str
    needs: str
    title: Mapping[str, str]
    help: Mapping[str, str]
    choices: Mapping[str, Mapping[str, str]]

    def wanted(self, lang: str) -> str:
        """What may stand in a cell."""
        told = ", ".join(each[lang] for each in self.choices.values())
        return _kinds()[self.kind][lang].replace("{choices}", told)


@dataclass(frozen=True, slots=True)
class Table:
    """One table; ``general`` has one row."""

    name: str
    title: Mapping[str, str]
    about: Mapping[str, str]
    columns: tuple[Column, ...]

    def column(self, name: str) -> Column:
        """Raises KeyError."""
        for each in self.columns:
            if each.name == name:
                return each
        raise KeyError(name)


@cache
def tables() -> Mapping[str, Table]:
    """All, in the order in which a person fills them."""
    told = _data()
    return {each["name"]: _table(each, told["choices"]) for each in told["tables"]}


def table(name: str) -> Table:
    """Raises KeyError."""
    return tables()[name]


@cache
def _data() -> Mapping[str, Any]:
    text = (files(__package__) / "data" / "sheets.yaml").read_text("utf-8")
    found: dict[str, Any] = yaml.load(text, Loader=yaml.CSafeLoader)
    return found


def _kinds() -> Mapping[str, Mapping[str, str]]:
    found: Mapping[str, Mapping[str, str]] = _data()["kinds"]
    return found


def _table(told: Mapping[str, Any], choices: Mapping[str, Any]) -> Table:
    columns = tuple(
        Column(
            each["name"], tuple(each["path"].split("/")) if "path" in each else (), each["kind"],
            "always" if each.get("needs") is True else each.get("needs", ""), each["title"], each.get("help", {"en": "", "zh": ""}),
            choices[each["choices"]] if "choices" in each else {},
        )
        for each in told["columns"]
    )  # fmt: skip
    return Table(told["name"], told["title"], told["about"], columns)


def example() -> Mapping[str, list[dict[str, str]]]:
    """Rows that show how each table is filled; invented."""
    found: Mapping[str, list[dict[str, str]]] = _data()["example"]
    return found
