"""What several parts share: cells of masses, names of columns, fields of the organisation."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal

from hengtan.inventory.view import Row

from ..blocks import Cell, Column
from ..numbers import tonnes
from ..reading import MATCHES, SUMS, Reading

TONES = {"scope1_kg": "s1", "scope2_location_kg": "s2", "scope2_market_kg": "s2m", "scope3_kg": "s3"}
NAMES = {
    "scope1_kg": "scope.1",
    "scope2_location_kg": "scope.2.location",
    "scope2_market_kg": "scope.2.market",
    "scope3_kg": "scope.3",
}


def mass(reading: Reading, kg: Decimal | None, tone: str = "", refused: int = 0) -> Cell:
    """A mass in t, or the look of a gap that ``refused`` rejected rows left."""
    return Cell(reading.missing(refused), "gap") if kg is None else Cell(tonnes(kg), tone)


def value_label(kg: Decimal) -> str:
    """A chart label: whole tonnes, or two decimals when the value is small."""
    return tonnes(kg, 0) if abs(kg) >= 100_000 else tonnes(kg)


def supplied(reading: Reading, key: str) -> Cell:
    """What the organisation says of itself, or that it has to."""
    value = reading.org.get(key)
    if value:
        return Cell(str(value))
    who = reading.words("who.verifier" if key == "verification" else "who.organisation")
    return Cell(reading.words("supplied-by", who=who), "gap")


def fields(reading: Reading, keys: Sequence[str]) -> tuple[tuple[str, Cell], ...]:
    """The fields that a standard wants of the organisation."""
    return tuple((reading.words("org." + key), supplied(reading, key)) for key in keys)


def match_tone(name: str) -> str:
    """The dot of a match class; several classes joined by ``;`` show the worst."""
    classes = [part for part in name.split(";") if part in MATCHES]
    return f"match-{max(classes, key=MATCHES.index)}" if classes else ""


def factor_name(reading: Reading, row: Row) -> str:
    """The name in the language of the report where it has one; a sum of several factors says so."""
    name = (row.get("name_zh") if reading.words.lang == "zh" else "") or row.get("name")
    ids = str(row.get("factor_id")).split(";")
    return str(name or (reading.words("factor.several", count=len(ids)) if len(ids) > 1 else ids[0]))


def facility_name(reading: Reading, row: Row) -> str:
    """The name as filed; the two that stand for none have words of ours."""
    name = str(row.get("facility") or "")
    return reading.words("no-facility") if not name else reading.words("rest.row") if name == "(other)" else name


def sum_columns(reading: Reading) -> list[str]:
    """The scope sums that this run has."""
    return [name for name in SUMS if reading.collected(name[5])]


def sum_heads(reading: Reading, first: str, wide: float) -> tuple[Column, ...]:
    """Column heads of a table of scope sums."""
    heads = {
        "scope1_kg": "col.s1",
        "scope2_location_kg": "col.s2",
        "scope2_market_kg": "col.s2m",
        "scope3_kg": "col.s3",
    }
    return (
        Column(first, "text", wide),
        *(Column(reading.words(heads[n]), "num", 1.5) for n in sum_columns(reading)),
        Column(reading.words("col.sum"), "num", 1.6),
        Column(reading.words("col.share"), "num", 1.1),
    )
