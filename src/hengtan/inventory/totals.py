"""Exact sums of a run: by scope, category, facility, month and match class, from the groups and the plan."""

from __future__ import annotations

import calendar
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from decimal import Context, Decimal, localcontext
from typing import Any

import pyarrow as pa

from hengtan.engine import DECIMAL_MASS, fetch

from .keys import Shape
from .line import GASES, PLACES, Line

SUMS = ("scope1_kg", "scope2_location_kg", "scope2_market_kg", "scope3_kg")
TOP_FACILITIES = 1000
OTHER = "(other)"
EXACT = Context(prec=80)  # sums of DECIMAL(38,18) need 38 digits; nothing here is ever rounded

_COEFFICIENT = pa.decimal128(20, 12)


def sum_name(scope: int | None, basis: str) -> str:
    """Which of ``SUMS`` a line belongs to; "" outside the scopes."""
    if scope == 2:
        return f"scope2_{basis}_kg"
    return f"scope{scope}_kg" if scope else ""


def line_table(lines: Sequence[Line]) -> pa.Table:
    """The lines as a table: key_id, line (its number), basis, scope, category, coefficients, factor, match, method."""
    columns: dict[str, Any] = {
        "key_id": pa.array([line.key.number for line in lines], pa.int32()),
        "line": pa.array(range(len(lines)), pa.int32()),
        "sum_name": pa.array([sum_name(line.scope, line.basis) for line in lines], pa.string()),
        "scope": pa.array([line.scope for line in lines], pa.int32()),
    }
    for name in ("category", "basis", "factor_id", "match", "method", "policy"):
        columns[name] = pa.array([getattr(line, name) for line in lines], pa.string())
    for name in GASES:
        columns[name] = pa.array([line.coefficients[name] for line in lines], _COEFFICIENT)
    return pa.table(columns)


def masses(groups: Any, lines: Any, names: Sequence[str] = GASES) -> Any:
    """Groups with ``key_id`` and ``quantity`` times the coefficients of their lines, as DECIMAL(38,18)."""
    joined = groups.join(lines, "key_id")
    amount = joined.quantity.cast("decimal(38,6)")
    # Ibis types a product only where one type holds the other: the coefficient is widened, not changed.
    return joined.mutate(**{name: (amount * joined[name].cast("decimal(38,12)")).cast(DECIMAL_MASS) for name in names})


def with_key_id(groups: Any, keys: Any, shape: Shape) -> Any:
    """The groups with the number of their key instead of the columns that make it."""
    matched = groups.join(keys, list(shape.columns))
    return matched.drop(*(name for name in shape.columns if name != "facility"))


@dataclass(slots=True)
class Totals:
    """Sums in kg, exact. by_facility: largest first, ``(other)`` last."""

    sums: dict[str, Decimal] = field(default_factory=lambda: dict.fromkeys((*SUMS, "biogenic_co2_kg"), Decimal(0)))
    by_category: dict[str, Decimal] = field(default_factory=dict)
    by_facility: dict[str, dict[str, Decimal]] = field(default_factory=dict)
    by_month: dict[str, dict[str, Decimal]] = field(default_factory=dict)
    by_match: dict[str, dict[str, Any]] = field(default_factory=dict)
    by_line: list[dict[str, Any]] = field(default_factory=list)
    facilities: int = 0


def totals(con: Any, by_facility: Any, by_month: Any, lines: Sequence[Line]) -> Totals:
    """The sums of a run.

    by_facility   groups: key_id, facility, org_unit, rows, quantity
    by_month      groups: key_id, first, last, rows, quantity; first == last is the first day of the one month
    """
    result = Totals()
    table = con.create_table("lines", line_table(lines), overwrite=True)
    per_key = by_facility.group_by("key_id").aggregate(
        rows=by_facility.rows.sum(), quantity=by_facility.quantity.sum().cast("decimal(38,6)")
    )
    result.by_line = sorted(
        fetch(masses(per_key, table).drop("quantity", "policy")).to_pylist(), key=lambda row: row["line"]
    )
    with localcontext(EXACT):
        for row in result.by_line:
            row["rows"] = int(row["rows"])
            _add(result, row)
        _months(con, result, by_month, table, lines)
    _facilities(result, masses(by_facility, table, ("co2e_kg",)))
    return result


def _add(result: Totals, row: dict[str, Any]) -> None:
    if row["sum_name"]:
        result.sums[row["sum_name"]] += row["co2e_kg"]
    if row["basis"] == "market":
        return
    result.sums["biogenic_co2_kg"] += row["biogenic_co2_kg"] or 0
    if row["scope"]:
        name = f"{row['scope']}.{row['category']}" if row["category"] else str(row["scope"])
        result.by_category[name] = result.by_category.get(name, Decimal(0)) + row["co2e_kg"]
    match = result.by_match.setdefault(row["match"] or "none", {"rows": 0, "co2e_kg": Decimal(0)})
    match["rows"] += row["rows"]
    match["co2e_kg"] += row["co2e_kg"]


def _facilities(result: Totals, joined: Any) -> None:
    grouped = joined.filter(joined.sum_name != "").group_by("facility", "sum_name").aggregate(kg=joined.co2e_kg.sum())
    found: dict[str, dict[str, Decimal]] = {}
    for row in fetch(grouped).to_pylist():
        found.setdefault(row["facility"], dict.fromkeys(SUMS, Decimal(0)))[row["sum_name"]] = row["kg"]
    with localcontext(EXACT):
        ranked = sorted(found.items(), key=lambda item: (-_size(item[1]), item[0]))
        result.facilities = len(ranked)
        result.by_facility = dict(ranked[:TOP_FACILITIES])
        if len(ranked) > TOP_FACILITIES:
            rest = ranked[TOP_FACILITIES:]
            result.by_facility[OTHER] = {name: sum((sums[name] for _, sums in rest), Decimal(0)) for name in SUMS}


def _size(sums: dict[str, Decimal]) -> Decimal:
    return sums["scope1_kg"] + sums["scope2_location_kg"] + sums["scope3_kg"]


def _months(con: Any, result: Totals, by_month: Any, table: Any, lines: Sequence[Line]) -> None:
    found: dict[str, dict[str, Decimal]] = {}

    def put(month: str, name: str, kg: Decimal) -> None:
        sums = found.setdefault(month, dict.fromkeys(SUMS, Decimal(0)))
        sums[name] += kg

    single = masses(by_month.filter(by_month["first"] == by_month["last"]), table, ("co2e_kg",))
    single = single.filter(single.sum_name != "")
    grouped = single.group_by("first", "sum_name").aggregate(kg=single.co2e_kg.sum())
    for row in fetch(grouped).to_pylist():
        put(f"{row['first']:%Y-%m}", row["sum_name"], row["kg"])
    # Rows over several months: the plan splits the coefficient, so that the parts add up to the whole.
    several = fetch(by_month.filter(by_month["first"] != by_month["last"])).to_pylist()
    by_key: dict[int, list[tuple[str, int]]] = {}
    for line in lines:
        name, whole = sum_name(line.scope, line.basis), line.coefficients["co2e_kg"]
        if name and whole is not None:
            by_key.setdefault(line.key.number, []).append((name, int(whole.scaleb(PLACES))))
    split: dict[tuple[str, str], int] = {}  # whole numbers of 10^-18 kg: sums of integers are exact, and quick
    for group in several:
        amount = int(group["quantity"].scaleb(6))
        for name, whole_ in by_key.get(group["key_id"], ()):
            for month, part in _parts(whole_, group["first"], group["last"]):
                split[month, name] = split.get((month, name), 0) + amount * part
    for (month, name), units in split.items():
        put(month, name, Decimal(units).scaleb(-PLACES - 6))
    result.by_month = dict(sorted(found.items()))


def month_parts(whole: Decimal, start: date, end: date) -> Iterator[tuple[str, Decimal]]:
    """A coefficient shared over the months of [start, end] by days, half-even at 12 places; the last takes the rest."""
    for month, part in _parts(int(whole.scaleb(PLACES)), start, end):
        yield month, Decimal(part).scaleb(-PLACES)


def _parts(whole: int, start: date, end: date) -> Iterator[tuple[str, int]]:
    days = (end - start).days + 1
    left, day = whole, start
    while True:
        last = date(day.year, day.month, calendar.monthrange(day.year, day.month)[1])
        month = f"{day.year:04d}-{day.month:02d}"
        if last >= end:
            yield month, left
            return
        quotient, rest = divmod(whole * ((last - day).days + 1), days)
        part = quotient + (2 * rest > days or (2 * rest == days and quotient % 2 == 1))
        yield month, part
        left -= part
        day = last + timedelta(days=1)
