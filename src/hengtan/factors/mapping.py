"""Which rows of which dataset an activity type means: the mapping files, read, and names compared with rows.

``name`` in a mapping file is the publisher's name of the row without its unit; ``*`` stands for any text, ``{code}`` for
a number that is also part of the type.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache

from .taxonomy import read_rows

FILES = ("mapping_cn.csv", "mapping_uk.csv", "mapping_us.csv", "mapping_world.csv", "mapping_cloud.csv")

# How publishers write the unit behind a name: "Butane (kWh (Net CV))", 2022 also "Butane > Net CV (kilowatt hour)".
_UNIT_WORDS = (
    "tonnes",
    "tonne",
    "litres",
    "litre",
    "kWh (Net CV)",
    "kWh (Gross CV)",
    "kWh",
    "kilowatt hour",
    "km",
    "kilometre",
    "miles",
    "mile",
    "kg",
    "kilogram",
    "tonne.km",
    "passenger.km",
    "Room per night",
    "GJ",
    "gigajoule",
    "cubic metres",
    "cubic metre",
    "million litres",
    "per FTE Working Hour",
)
_UNIT = re.compile(rf" \((?:{'|'.join(map(re.escape, _UNIT_WORDS))}|per [A-Za-z_.]+)\)$")
_BEHIND = re.compile(r" > (?:Net CV|Gross CV|kWh|2020)$")


@dataclass(frozen=True, slots=True)
class Entry:
    """One line of a mapping file."""

    activity_type: str
    dataset: str
    name: str
    note: str
    file: str


@cache
def entries() -> tuple[Entry, ...]:
    """All lines of all mapping files."""
    return tuple(
        Entry(row["activity_type"], row["dataset"], row["name"], row["note"], file)
        for file in FILES
        for row in read_rows(file)
    )


@cache
def by_dataset() -> Mapping[str, Sequence[Entry]]:
    """The lines of each dataset."""
    found: dict[str, list[Entry]] = defaultdict(list)
    for entry in entries():
        found[entry.dataset].append(entry)
    return found


@cache
def datasets_of(activity_type: str) -> tuple[str, ...]:
    """The datasets that hold a row for this type, in the order of the mapping files."""
    return tuple(dict.fromkeys(entry.dataset for entry in entries() if entry.activity_type == activity_type))


def stem(name: str) -> str:
    """The publisher's name without the unit.

    >>> stem("Fuels > Gaseous fuels > Butane (kWh (Net CV))")
    'Fuels > Gaseous fuels > Butane'
    """
    return _BEHIND.sub("", _UNIT.sub("", name))


class Matcher:
    """Tells for one dataset which activity types a row's name serves."""

    def __init__(self, dataset: str) -> None:
        self._plain: dict[str, list[str]] = defaultdict(list)
        self._patterns: list[tuple[re.Pattern[str], str]] = []
        for entry in by_dataset().get(dataset, ()):
            if "*" in entry.name or "{code}" in entry.name:
                pattern = re.escape(entry.name).replace(r"\*", ".*").replace(r"\{code\}", r"(?P<code>\d+)")
                self._patterns.append((re.compile(pattern), entry.activity_type))
            else:
                self._plain[entry.name].append(entry.activity_type)

    def types(self, name: str) -> Iterator[str]:
        """Ids of the activity types that this row may serve."""
        plain = stem(name)
        yield from self._plain.get(plain, ())
        for pattern, activity_type in self._patterns:
            match = pattern.fullmatch(plain)
            if match:
                yield activity_type.replace("{code}", match["code"]) if "{code}" in activity_type else activity_type
