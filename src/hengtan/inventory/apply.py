"""Apply the plan: every good row times the coefficients of its key, in DECIMAL, in the order of the input."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from threading import Event
from typing import Any

import ibis
import pyarrow as pa

from hengtan.engine import DECIMAL_MASS, AnyEngine, Found, Written, order_columns, parts_of, with_words, write_in_order

from .checks import Period, accepted
from .keys import Key, Shape, key_table, keyed
from .line import GASES, Line
from .organisation import Membership
from .staging import Staged

_COEFFICIENT = pa.decimal128(20, 12)
_LINES = pa.schema(
    [
        pa.field("line", pa.int32()),
        pa.field("scope", pa.int32()),
        pa.field("category", pa.string()),
        pa.field("basis", pa.string()),
        *(pa.field(name, _COEFFICIENT) for name in GASES),
        pa.field("factor_id", pa.string()),
        pa.field("match", pa.string()),
        pa.field("method", pa.string()),
    ]
)
_WORDS = ("category", "basis", "factor_id", "match", "method")
COLUMNS = ("activity_id", "facility", "org_unit", "start", "end", "scope", "category", "basis",
           *GASES, "factor_id", "match", "method")  # fmt: skip


@dataclass(frozen=True, slots=True)
class Good:
    """Which rows are posted: those that pass the checks, whose id is not repeated and whose key has lines.

    all_pass   the checks are known to reject nothing: they need not be asked again
    units      lines of the organisation file, for rows that name no unit of their own
    """

    staged: Staged
    period: Period
    shape: Shape
    repeated: Found | None
    all_pass: bool = False
    units: tuple[Membership, ...] = ()

    def rows(self, con: Any, number: int) -> Any:
        """The rows of one source that pass the checks, with their key columns."""
        table = self.staged.table(con, number, self.shape.inputs)
        if not self.all_pass:
            table = table.filter(accepted(table, self.period))
        if self.repeated is not None:
            table = table.anti_join(self.repeated.table, "activity_id")
        if self.units:
            table = _with_units(table, self.units)
        return keyed(table, self.shape)

    def union(self, con: Any) -> Any:
        """The good rows of all sources."""
        tables = [self.rows(con, number) for number in range(len(self.staged.paths))]
        return tables[0] if len(tables) == 1 else ibis.union(*tables, distinct=False)


def _with_units(table: Any, units: Sequence[Membership]) -> Any:
    """The rows with the unit of their facility on the first day, where they name none; the order stays.

    A facility is one row of what is joined, with its lines beside one another: a join by dates would lose the order.
    """
    by_facility: dict[str, list[Membership]] = {}
    for line in units:
        by_facility.setdefault(line.facility, []).append(line)
    found = list(by_facility.values())
    columns: dict[str, Any] = {"member": pa.array(list(by_facility), pa.string())}
    most = max(len(lines) for lines in found)
    for i in range(most):
        here = [lines[i] if i < len(lines) else None for lines in found]
        columns[f"member_unit_{i}"] = pa.array([line and line.org_unit for line in here], pa.string())
        columns[f"member_from_{i}"] = pa.array([line and (line.first or date.min) for line in here], pa.date32())
        columns[f"member_to_{i}"] = pa.array([line and (line.last or date.max) for line in here], pa.date32())
    known = ibis.memtable(pa.table(columns))
    joined = table.left_join(known, table.facility == known.member)
    lines = [
        (joined.start.between(joined[f"member_from_{i}"], joined[f"member_to_{i}"]), joined[f"member_unit_{i}"])
        for i in range(most)
    ]
    unit = ibis.cases((joined.org_unit != "", joined.org_unit), *lines, else_="")
    return joined.mutate(org_unit=unit).drop(*columns)


def plan_tables(lines: Sequence[Line], keys: Sequence[Key], shape: Shape) -> tuple[pa.Table, pa.Table]:
    """The keys that have lines, as they stand in the rows, with the numbers of their lines (location before market); the lines."""
    by_key: dict[int, list[int]] = {}
    for number, line in enumerate(lines):
        by_key.setdefault(line.key.number, []).append(number)
    numbered = {key.number: key for key in keys}
    keyed_ = key_table([numbered[number] for number in by_key], shape)
    table = pa.Table.from_pylist([{"line": number, **_cells(line)} for number, line in enumerate(lines)], _LINES)
    return keyed_.append_column("lines", pa.array(by_key.values(), pa.list_(pa.int32()))), table


def _cells(line: Line) -> Mapping[str, Any]:
    return {
        "scope": line.scope,
        "category": line.category,
        "basis": line.basis,
        **line.coefficients,
        "factor_id": line.factor_id,
        "match": line.match,
        "method": line.method,
    }


def emissions(rows: Any, keys: Any, lines: Any, shape: Shape, order: Sequence[str] = ()) -> Any:
    """The contract's columns, one row per good row and basis; ``keys`` and ``lines`` as made by :func:`plan_tables`.

    order   columns of the rows that are kept beside them
    """
    kept = (*order, "activity_id", "facility", "org_unit", "start", "end")
    matched = rows.join(keys, [rows[name] == keys[name] for name in shape.columns])
    # Only numbers are repeated with the row: what the line says is looked up by its number, which costs a third less.
    met = matched.select(*(rows[name] for name in (*kept, "quantity")), keys.lines)
    part = met.select(*kept, "quantity", line=met.lines.unnest()).join(lines, "line")
    # Ibis types the product decimal(20,12) and would cut it in silence: the cast must follow at once.
    masses = {name: (part.quantity * part[name]).cast(DECIMAL_MASS) for name in GASES}
    return part.mutate(**masses).select(*order, *COLUMNS)


def write_emissions(
    engine: AnyEngine, good: Good, lines: Sequence[Line], keys: Sequence[Key], target: Path, stop: Event | None = None
) -> Written:
    """Write ``emissions.parquet``; ``stop``: set when it is wanted no more."""
    keyed_, lined = plan_tables(lines, keys, good.shape)

    def prepare(con: Any) -> Any:
        known, said = con.create_table("plan_keys", keyed_), with_words(con, "plan_lines", lined, _WORDS)
        rows = [good.rows(con, number) for number in range(len(good.staged.paths))]

        def expression(part: Any) -> Any:
            source = rows[part.source]
            within = source.filter(source.position >= part.start, source.position < part.stop)
            return emissions(within, known, said, good.shape, order_columns(con))

        return expression

    return write_in_order(engine, parts_of(good.staged.rows), prepare, target, stop)
