"""What the dashboard shows, summed from the cube: of the whole run, or of the facilities that a person may see."""

from __future__ import annotations

from collections.abc import Iterable
from decimal import Decimal, localcontext
from typing import Any

from hengtan.inventory.run import text
from hengtan.inventory.totals import EXACT, SUMS, sum_name

from .summing import Summed

TOP = 50  # facilities of the chart and its table; the page of facilities has all
COLUMNS = (*SUMS, "location_kg", "market_kg", "rows")  # of every table


def figures(source: Summed) -> dict[str, Any]:
    """Sums in kg as decimal text: totals, months, categories, facilities (the largest), matches, types.

    Facilities, matches and types have ``location_kg`` and ``market_kg``: the total with scope 2 on that basis.
    """
    with localcontext(EXACT):
        categories = _grouped(source, ("scope", "category"))
        facilities = _grouped(source, ("facility",))
        return {
            "totals": _totals(source),
            "months": _by_name(_grouped(source, ("month",))),
            "categories": sorted(_shown(categories), key=lambda row: (row["scope"], _number(row["category"]))),
            "facilities": [_text(row) for row in facilities[:TOP]],
            "facility_count": len(facilities),
            "units": _shown(_grouped(source, ("org_unit",)))[:TOP],
            "matches": _shown(_grouped(source, ("match",))),
            "types": _shown(_grouped(source, ("activity_type",)))[:TOP],
        }


def facilities(source: Summed) -> list[dict[str, Any]]:
    """Every facility with its sums, the largest first; Decimals in kg."""
    return parts(source, ("facility", "org_unit"))


def parts(source: Summed, names: tuple[str, ...]) -> list[dict[str, Any]]:
    """Sums by these columns, the largest first; Decimals in kg."""
    with localcontext(EXACT):
        return _grouped(source, names)


def _totals(source: Summed) -> dict[str, str]:
    found = dict.fromkeys(SUMS, Decimal(0))
    for _values, scope, basis, mass, _rows in source.by(()):
        found[sum_name(scope, basis)] += mass
    biogenic, rows = source.apart()
    return {**{name: text(kg) for name, kg in found.items()}, "biogenic_co2_kg": text(biogenic), "rows": str(rows)}


def _grouped(source: Summed, names: tuple[str, ...]) -> list[dict[str, Any]]:
    """One dictionary for each group: its names, ``SUMS``, both totals, rows; the largest total first."""
    groups: dict[tuple[Any, ...], dict[str, Any]] = {}
    for key, scope, basis, mass, rows in source.by(names):
        into = groups.get(key)
        if into is None:
            into = groups[key] = {**dict(zip(names, key, strict=True)), **dict.fromkeys(SUMS, Decimal(0)), "rows": 0}
        column = sum_name(scope, basis)
        into[column] += mass
        if column != "scope2_market_kg":
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
