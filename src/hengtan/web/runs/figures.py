"""What the dashboard shows, summed by the database from the cube: of the whole run, or of the facilities that a person may see."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from decimal import Decimal, localcontext
from typing import Any

from django.db.models import Q, QuerySet, Sum

from hengtan.inventory.cube_rows import whole
from hengtan.inventory.run import text
from hengtan.inventory.totals import EXACT, SUMS, sum_name

from .models import Cube

PARTS = {"sum_kg": Sum("kg"), "sum_nano": Sum("nano"), "sum_atto": Sum("atto")}
BIOGENIC = {"kg": Sum("biogenic_kg"), "nano": Sum("biogenic_nano"), "atto": Sum("biogenic_atto")}
TOP = 50  # facilities of the chart and its table; the page of facilities has all
COLUMNS = (*SUMS, "location_kg", "market_kg", "rows")  # of every table
INSIDE = Q(scope__in=(1, 2, 3))


def figures(cube: QuerySet[Cube]) -> dict[str, Any]:
    """Sums in kg as decimal text: totals, months, categories, facilities (the largest), matches, types.

    Facilities, matches and types have ``location_kg`` and ``market_kg``: the total with scope 2 on that basis.
    """
    with localcontext(EXACT):
        categories = _grouped(cube, ("scope", "category"))
        facilities = _grouped(cube, ("facility",))
        return {
            "totals": _totals(cube),
            "months": _by_name(_grouped(cube, ("month",))),
            "categories": sorted(_shown(categories), key=lambda row: (row["scope"], _number(row["category"]))),
            "facilities": [_text(row) for row in facilities[:TOP]],
            "facility_count": len(facilities),
            "units": _shown(_grouped(cube, ("org_unit",)))[:TOP],
            "matches": _shown(_grouped(cube, ("match",))),
            "types": _shown(_grouped(cube, ("activity_type",)))[:TOP],
        }


def facilities(cube: QuerySet[Cube]) -> list[dict[str, Any]]:
    """Every facility with its sums, the largest first; Decimals in kg."""
    with localcontext(EXACT):
        return _grouped(cube, ("facility", "org_unit"))


def _totals(cube: QuerySet[Cube]) -> dict[str, str]:
    found = dict.fromkeys(SUMS, Decimal(0))
    for name, mass, _rows in _masses(cube, ()):
        found[name[-1]] += mass
    told = cube.exclude(basis="market").aggregate(**BIOGENIC)
    rows = cube.exclude(basis="market").aggregate(rows=Sum("rows"))["rows"] or 0
    return {**{name: text(kg) for name, kg in found.items()}, "biogenic_co2_kg": text(whole(**told)), "rows": str(rows)}


def _masses(cube: QuerySet[Cube], names: tuple[str, ...]) -> Iterator[tuple[tuple[Any, ...], Decimal, int]]:
    """Sums by these columns and by scope and basis; the last of the names is the column of the sum."""
    by = dict.fromkeys((*names, "scope", "basis"))
    found = cube.filter(INSIDE).order_by().values(*by).annotate(**PARTS, sum_rows=Sum("rows"))
    for row in found:
        mass = whole(row["sum_kg"], row["sum_nano"], row["sum_atto"])
        yield (*(row[name] for name in names), sum_name(row["scope"], row["basis"])), mass, int(row["sum_rows"])


def _grouped(cube: QuerySet[Cube], names: tuple[str, ...]) -> list[dict[str, Any]]:
    """One dictionary for each group: its names, ``SUMS``, both totals, rows; the largest total first."""
    groups: dict[tuple[Any, ...], dict[str, Any]] = {}
    for key, mass, rows in _masses(cube, names):
        into = groups.setdefault(
            key[:-1], {**dict(zip(names, key, strict=False)), **dict.fromkeys(SUMS, Decimal(0)), "rows": 0}
        )
        into[key[-1]] += mass
        if key[-1] != "scope2_market_kg":
            into["rows"] += rows
    for each in groups.values():
        both = each["scope1_kg"] + each["scope3_kg"]
        each["location_kg"], each["market_kg"] = both + each["scope2_location_kg"], both + each["scope2_market_kg"]
    return sorted(groups.values(), key=lambda row: (-row["location_kg"], *(str(row[name]) for name in names)))


def _by_name(rows: Iterable[dict[str, Any]]) -> list[dict[str, Any]]:
    return [_text(row) for row in sorted(rows, key=lambda row: str(row["month"]))]


def _shown(rows: Iterable[dict[str, Any]]) -> list[dict[str, Any]]:
    return [_text(row) for row in rows]


def _text(row: dict[str, Any]) -> dict[str, Any]:
    return {name: text(value) if isinstance(value, Decimal) else value for name, value in row.items()}


def _number(category: str) -> tuple[int, str]:
    return (int(category), "") if category.isdigit() else (0, category)
