"""A statement as activities of the inventory, so that nobody types the same data twice: each names the cell it comes from."""

from __future__ import annotations

import calendar
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from fractions import Fraction
from typing import Any

from .difference import plain
from .rules import Mapped
from .side import ZERO
from .stated import Found, Taken, amount_names, amount_of, beside, found

ACTIVITY_COLUMNS = (
    "activity_id", "facility", "activity_type", "start", "end", "quantity", "unit", "factor_id", "method_of_statement", "statement",
    "statement_entity", "statement_process", "statement_unit", "statement_parameter",
)  # fmt: skip
FACTOR_COLUMNS = (
    "factor_id", "dataset", "dataset_version", "name", "name_zh", "category", "scope", "ghgp_category", "activity_unit", "region",
    "valid_from", "valid_to", "co2_kg", "ch4_kg", "n2o_kg", "ch4_kgco2e", "n2o_kgco2e", "co2e_kg", "gwp_set", "biogenic_co2_kg",
    "lcv_mj_per_unit", "uncertainty_pct", "source_title", "source_url", "source_table", "licence", "retrieved_from",
)  # fmt: skip
_CATEGORIES = {"stationary": "stationary_combustion", "process": "process"}


@dataclass(frozen=True, slots=True)
class Activity:
    """A row of the activity table. id: statement, unit, parameter, month; place: (entity, process, unit_name)."""

    id: str
    key: str
    activity_type: str
    start: date
    end: date
    quantity: str
    unit: str
    factor_id: str
    parameter: str
    place: tuple[str, str, str]


def handed(taken: Taken, year: int, *, own: bool) -> tuple[list[Activity], list[Mapping[str, str]]]:
    """What the inventory can take, and the titles of what it cannot (products that carbon stays in, balances of chemicals).

    own   rows are pinned to the factors that follow from the statement's own values (``own_factors``), as far as these are CO2 alone
    """
    activities: dict[str, Activity] = {}
    left: dict[str, Mapping[str, str]] = {}
    for each in found(taken):
        if each.mapped is None or not each.mapped.activity_type:
            left[each.key] = each.title
            continue
        factor_id = _factor_id(taken, each) if own and _is_own(each) else ""
        for one in _months(taken, each.mapped, each.place, each.values, year, factor_id):
            activities[one.id] = one
    for mapped, place, value in beside(taken):
        values = {value["parameter"]: {**value, "value": value["year"] or "0"}}
        for one in _months(taken, mapped, place, values, year, ""):
            activities.setdefault(one.id, one)
    return list(activities.values()), list(left.values())


def _months(
    taken: Taken,
    mapped: Mapped,
    place: tuple[str, str, str],
    values: Mapping[str, Mapping[str, Any]],
    year: int,
    factor_id: str,
) -> Iterator[Activity]:
    name = next((each for each in amount_names(mapped) if each in values), None)
    if name is None:
        return
    months = sorted({int(month) for each in amount_names(mapped) if each in values for month in values[each]["months"]})
    for month in months or [0]:
        quantity = amount_of(mapped, values, str(month) if month else "")
        if quantity is None or quantity < ZERO or (not quantity and not months):
            continue
        start = date(year, month or 1, 1)
        end = date(year, month or 12, calendar.monthrange(year, month or 12)[1])
        where = "/".join(part for part in (taken.ref, place[1], place[2], mapped.key) if part)
        yield Activity(
            f"{where}/{year}{f'-{month:02}' if month else ''}", mapped.key, mapped.activity_type, start, end, plain(quantity, 6),
            mapped.unit, factor_id, values[name]["parameter"], place,
        )  # fmt: skip


def _is_own(each: Found) -> bool:
    """CO2 of a source whose values are the company's: grids and heat networks are others'."""
    assert each.mapped is not None
    return set(each.side.gases) == {"CO2"} and bool(each.side.amount) and each.mapped.scope == 1 and each.side.co2 > 0


def _factor_id(taken: Taken, each: Found) -> str:
    where = "-".join(part for part in (*each.place[1:], each.key) if part)
    return f"{taken.ref}-{where}".replace("/", "-").replace(" ", "_")


def own_factors(taken: Taken, year: int) -> list[dict[str, str]]:
    """Rows of a factor file: kg CO2 per unit as the statement's values give them, one for each unit and source."""
    rows: dict[str, tuple[Found, Fraction, Fraction]] = {}
    for each in found(taken):
        if each.mapped is None or not each.mapped.activity_type or not _is_own(each):
            continue
        rows[_factor_id(taken, each)] = (each, each.side.co2, each.side.amount or ZERO)
    title = taken.record["method"]["title"]
    return [
        dict.fromkeys(FACTOR_COLUMNS, "") | {
            "factor_id": factor_id, "dataset": taken.ref, "dataset_version": str(year),
            "name": f"{each.title['en']}, own values", "name_zh": f"{each.title['zh']}（实测与核算指南取值）",
            "category": _CATEGORIES.get(each.mapped.category if each.mapped else "", "process"), "scope": "1",
            "activity_unit": each.mapped.unit if each.mapped else "", "region": "CN", "valid_from": f"{year}-01-01", "valid_to": f"{year}-12-31",
            "co2_kg": plain(co2 * 1000 / amount, 12), "source_title": f"{taken.ref} · {title['en']} / {title['zh']}",
            "source_table": " / ".join(part for part in each.place if part), "licence": "own data", "retrieved_from": "read: approved statement",
        }
        for factor_id, (each, co2, amount) in rows.items()
    ]  # fmt: skip
