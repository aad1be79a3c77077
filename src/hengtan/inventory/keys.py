"""The distinct keys of the activities: what decides, apart from the quantity, what a row becomes.

There are thousands of keys, however many rows; every key is resolved once, in exact arithmetic, by the plan.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import Any

import ibis
import pyarrow as pa

from hengtan.engine import fetch

from .staging import Staged

# Text columns that can decide; those that stand in no source are left out of the grouping.
KEY_TEXTS = ("activity_type", "unit", "region", "factor_id", "method", "scope", "category", "instrument")


@dataclass(frozen=True, slots=True)
class Shape:
    """Which columns make the key of this run.

    texts      of ``KEY_TEXTS``, those that some source has, and ``facility`` when the organisation decides
    dates      whether the exact start and end decide (dated shares, instruments with a validity)
    inputs     further columns that the methods named in the rows read
    spans      whether any row runs over a turn of the year; zeros: whether any quantity is 0
    """

    texts: tuple[str, ...]
    dates: bool
    inputs: tuple[str, ...] = ()
    spans: bool = True
    zeros: bool = True

    @property
    def columns(self) -> tuple[str, ...]:
        """Names of the key columns in grouped tables, in their order."""
        dated = ("key_start", "key_end") if self.dates else ()
        marks = (*(("spans",) if self.spans else ()), *(("zero",) if self.zeros else ()))
        return (*self.texts, *(f"tag_{name}" for name in self.inputs), "year", *marks, *dated)


@dataclass(frozen=True, slots=True)
class Key:
    """One distinct key. year: the one that holds most of the days; spans: over a turn of the year.

    zero       the quantity is 0 (then no unit is needed)
    inputs     column -> text, of the columns that methods read, where not empty
    rows       how many rows share the key, and ``quantity`` their exact sum
    """

    number: int
    activity_type: str = ""
    unit: str = ""
    region: str = ""
    factor_id: str = ""
    method: str = ""
    scope: str = ""
    category: str = ""
    instrument: str = ""
    facility: str = ""
    year: int = 0
    spans: bool = False
    zero: bool = False
    start: date | None = None
    end: date | None = None
    inputs: dict[str, str] = field(default_factory=dict)
    rows: int = 0
    quantity: Decimal = Decimal(0)


def shape_of(
    staged: Staged, *, by_facility: bool, by_date: bool, method_inputs: Sequence[str], spans: bool, zeros: bool
) -> Shape:
    """The key columns that this run needs."""
    present = staged.present
    texts = [name for name in KEY_TEXTS if name in present]
    if by_facility:
        texts.append("facility")
    inputs = [name for name in method_inputs if name in staged.tags] if "method" in present else []
    return Shape(tuple(texts), by_date, tuple(inputs), spans, zeros)


def keyed(table: Any, shape: Shape) -> Any:
    """The staged rows with the columns of their key."""
    first, last = table.start.year(), table.end.year()
    columns: dict[str, Any] = {"year": first}
    if shape.spans:
        in_first = ibis.ifelse(_leap(first), 366, 365) - table.start.day_of_year() + 1
        year = ibis.cases(
            (first == last, first),
            (last - first > 1, first + 1),  # the first whole year
            (in_first >= table.end.day_of_year(), first),
            else_=last,
        )
        columns = {"year": year.cast("int32"), "spans": first != last}
    if shape.zeros:
        columns["zero"] = table.quantity == 0
    if shape.dates:
        columns |= {"key_start": table.start, "key_end": table.end}
    return table.mutate(**columns)


def _leap(year: Any) -> Any:
    return ((year % 4 == 0) & (year % 100 != 0)) | (year % 400 == 0)


def grouped(table: Any, shape: Shape, *more: str) -> Any:
    """rows and quantity (DECIMAL(38,6)) of the keyed rows by key and ``more`` columns."""
    return table.group_by([*shape.columns, *more]).aggregate(
        rows=table.count(), quantity=table.quantity.sum().cast("decimal(38,6)")
    )


def by_months(rows: Any) -> Any:
    """The rows with ``first`` and ``last``: the first day of their month twice, or their own days where they have several."""
    start, end = rows.start, rows.end
    within = (start.year() == end.year()) & (start.month() == end.month())
    month = ibis.date(start.year(), start.month(), 1)
    return rows.mutate(first=ibis.ifelse(within, month, start), last=ibis.ifelse(within, month, end))


def distinct_keys(cube: Any, shape: Shape) -> list[Key]:
    """The keys of a grouped table, in a fixed order, numbered from 0."""
    grouping = list(shape.columns)
    sums = {"rows": cube.rows.sum(), "quantity": cube.quantity.sum().cast("decimal(38,6)")}
    table = fetch(cube.group_by(grouping).aggregate(**sums).order_by(grouping))
    keys = []
    for number, row in enumerate(table.to_pylist()):
        inputs = {name: row[f"tag_{name}"] for name in shape.inputs if row[f"tag_{name}"]}
        keys.append(
            Key(
                number,
                **{name: row[name] for name in shape.texts},
                year=int(row["year"]),
                spans=bool(row.get("spans")),
                zero=bool(row.get("zero")),
                start=row.get("key_start"),
                end=row.get("key_end"),
                inputs=inputs,
                rows=int(row["rows"]),
                quantity=row["quantity"],
            )
        )
    return keys


def key_table(keys: Sequence[Key], shape: Shape) -> pa.Table:
    """``key_id`` and the key columns, to join rows and groups with their keys."""
    columns: dict[str, Any] = {"key_id": pa.array([key.number for key in keys], pa.int32())}
    for name in shape.texts:
        columns[name] = pa.array([getattr(key, name) for key in keys], pa.string())
    for name in shape.inputs:
        columns[f"tag_{name}"] = pa.array([key.inputs.get(name, "") for key in keys], pa.string())
    columns["year"] = pa.array([key.year for key in keys], pa.int32())
    if shape.spans:
        columns["spans"] = pa.array([key.spans for key in keys], pa.bool_())
    if shape.zeros:
        columns["zero"] = pa.array([key.zero for key in keys], pa.bool_())
    if shape.dates:
        columns["key_start"] = pa.array([key.start for key in keys], pa.date32())
        columns["key_end"] = pa.array([key.end for key in keys], pa.date32())
    return pa.table(columns)
