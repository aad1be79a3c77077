"""Places: countries, their subdivisions, grid regions and cloud regions, and what each is part of."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache

from .taxonomy import folded, read_rows

WORLD = "GLO"


@dataclass(frozen=True, slots=True)
class Region:
    """A place as factors know it.

    code     ISO 3166-1 or -2, ``CN-GRID-EAST``, ``US-eGRID-CAMX``, ``EU27``, ``XK``, ``GCP-...``, ``GLO``
    kind     country, province, subdivision, grid, egrid, cloud, group, world
    parent   the next larger place, "" when there is none; the world is nobody's parent
    country  ISO 3166-1 code, "" for groups and the world
    """

    code: str
    kind: str
    parent: str
    country: str
    title: Mapping[str, str]


@cache
def _regions() -> Mapping[str, Region]:
    found = {
        row["code"]: Region(row["code"], row["kind"], row["parent"], row["country"], {"en": row["en"], "zh": row["zh"]})
        for row in read_rows("regions.csv")
    }
    for row in read_rows("subdivisions.csv"):
        country = row["country"]
        for part in row["codes"].split():
            code = f"{country}-{part}"
            found.setdefault(code, Region(code, "subdivision", country, country, {"en": code, "zh": code}))
    return found


@cache
def _names() -> Mapping[str, str]:
    """Code, name or alias, folded, to code."""
    names: dict[str, str] = {}
    for row in read_rows("regions.csv"):
        for name in (row["en"], row["zh"], *row["aliases"].split("|")):
            if name:
                names.setdefault(folded(name), row["code"])
    names.update({code.casefold(): code for code in _regions()})
    return names


@cache
def find_region(text: str) -> Region | None:
    """The place with this code, name or alias (``CN-GD`` and ``广东`` are CN-44); None when there is none."""
    text = text.strip()
    known = _regions()
    if text in known:
        return known[text]
    code = _names().get(text.casefold()) or _names().get(folded(text))
    return known[code] if code else None


@cache
def parents(code: str) -> tuple[str, ...]:
    """The places around this one, the nearest first: CN-44 -> CN-GRID-SOUTH, CN. Never the world."""
    known = _regions()
    chain: list[str] = []
    place = known.get(code)
    while place and place.parent:
        chain.append(place.parent)
        place = known[place.parent]
    return tuple(chain)


def near_regions(text: str, limit: int = 5) -> list[str]:
    """Codes whose code or name comes near the text."""
    from rapidfuzz import fuzz, process  # noqa: PLC0415  30 ms, for a mistake only

    names = _names()
    hits = process.extract(text.strip().casefold(), list(names), scorer=fuzz.WRatio, limit=limit * 2, score_cutoff=70)
    return list(dict.fromkeys(names[hit[0]] for hit in hits))[:limit]
