"""Columns that calculation methods read, under the names that people give them: ``data/method_inputs.csv``.

>>> input_of("低位发热量（GJ/t）")
Named(name='ncv_gj_per_unit', unit='GJ/t', fits=True)
>>> input_of("Density (kg/m3)").fits            # a method reads kg/L: a thousand times as much
False

A unit in brackets must be the one that the method reads; another one is told and not converted. Without brackets the
column is taken to be in the unit of its name. They are looked for only in a table with a column ``method``.
"""

from __future__ import annotations

import csv
import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

from .numbers import FULL_WIDTH

_BRACKETS = re.compile(r"^(?P<name>[^()\[\]]+)[(\[](?P<unit>[^()\[\]]+)[)\]]\s*$")
_BLANKS = re.compile(r"[\s_\-*:.·•/]+")


@dataclass(frozen=True, slots=True)
class MethodInput:
    """One column with its names; units: how the unit of its values is written, ``gj/*`` for GJ per whatever the row counts in."""

    name: str
    title: Mapping[str, str]
    aliases: tuple[str, ...]
    units: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Named:
    """The input that a header names, the unit in its brackets, and whether the method reads that unit."""

    name: str
    unit: str = ""
    fits: bool = True


def input_of(header: str, stated: str = "") -> Named | None:
    """The method input that a header names; ``stated``: what the company's aliases file says that it is."""
    if stated in method_inputs():
        return Named(stated)
    text = header.translate(FULL_WIDTH).strip()
    whole = _folded(text)
    if whole in _names():
        return Named(_names()[whole])
    if (parts := _BRACKETS.match(text)) is None or (name := _names().get(_folded(parts["name"]))) is None:
        return None
    unit = parts["unit"].strip()
    return Named(name, unit, _reads(method_inputs()[name], unit))


def _reads(column: MethodInput, unit: str) -> bool:
    folded = unit.replace(" ", "").replace("·", "").replace("³", "3").casefold()
    return any(
        folded == known or (known.endswith("/*") and folded.startswith(known[:-1]) and len(folded) > len(known) - 1)
        for known in column.units
    )


def _folded(text: str) -> str:
    return _BLANKS.sub("", text).casefold()


@cache
def method_inputs() -> Mapping[str, MethodInput]:
    """Every input of the methods that we ship, by name."""
    text = files(__package__).joinpath("data/method_inputs.csv").read_text("utf-8")
    return {
        row["canonical"]: MethodInput(
            row["canonical"],
            {"en": row["en"], "zh": row["zh"]},
            tuple(filter(None, row["aliases"].split("|"))),
            tuple(filter(None, row["units"].split("|"))),
        )
        for row in csv.DictReader(text.splitlines())
    }


@cache
def _names() -> Mapping[str, str]:
    names: dict[str, str] = {}
    for column in method_inputs().values():
        for alias in (column.name, *column.title.values(), *column.aliases):
            if names.setdefault(_folded(alias), column.name) != column.name:
                raise ValueError(f"header {alias!r} stands for {names[_folded(alias)]} and for {column.name}")
    return names
