"""Methods whose amount is more than the quantity: bought + decrease of stock, and the like, row by row.

Such rows are few and every one is different, so they are worked out one by one before the rows are grouped; the amount
then stands where the quantity stood, and the quantity as given is kept beside it for ``explain``.
"""

from __future__ import annotations

from collections.abc import Callable
from decimal import ROUND_HALF_EVEN, Decimal, InvalidOperation
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from hengtan.engine import fetch, read_parquet
from hengtan.methods import Method, MethodError
from hengtan.problems import Problem

_PLACES = Decimal("0.000001")
_LIMIT = Decimal(10) ** 12


def settle_amounts(
    con: Any, path: Path, target: Path, source: Any, method_of: Callable[[str], Method | None]
) -> tuple[Path, list[Problem]]:
    """``path`` itself, or ``target`` with the amounts of such methods as quantities, and the problems of their rows."""
    schema = pq.read_schema(path)
    if "method" not in schema.names:
        return path, []
    names = sorted(fetch(con.read_parquet(str(path)).select("method").distinct())["method"].drop_null().to_pylist())
    wanted = {name: method for name in names if name and (method := method_of(name.strip())) and method.amount_inputs}
    if not wanted:
        return path, []
    table = read_parquet(path)
    problems: list[Problem] = []
    quantities = [None if value is None else str(value) for value in table["quantity"].to_pylist()]
    given = list(quantities)
    unreadable = table["unreadable"].to_pylist() if "unreadable" in schema.names else [False] * table.num_rows
    ids, rows = _texts(table, "activity_id"), table["row"].to_pylist() if "row" in schema.names else None
    columns = {name: _texts(table, name) for method in wanted.values() for name in method.amount_inputs}
    for at, name in enumerate(table["method"].to_pylist()):
        method = wanted.get(name) if name else None
        quantity = _number(quantities[at])
        if method is None or quantity is None or unreadable[at] or quantity < 0:
            continue
        try:
            cells = method.read({column: columns[column][at] for column in method.amount_inputs})
            amount = method.amount({"quantity": quantity, **cells})
            quantities[at] = f"{amount.quantize(_PLACES, ROUND_HALF_EVEN):f}" if amount < _LIMIT else f"{amount:f}"
        except MethodError as error:
            unreadable[at] = True
            row = rows[at] if rows else at + 1
            problems += [_at(problem, source, row, ids[at]) for problem in error.problems]
    table = _put(table, "quantity", pa.array(quantities, pa.string()))
    table = _put(table, "quantity_before_method", pa.array(given, pa.string()))
    table = _put(table, "unreadable", pa.array([bool(value) for value in unreadable]))
    pq.write_table(table, target)
    return target, problems


def _number(text: str | None) -> Decimal | None:
    try:
        value = Decimal(text) if text else None
    except InvalidOperation:
        return None
    return value if value is not None and value.is_finite() else None


def _texts(table: pa.Table, name: str) -> list[str]:
    if name not in table.column_names:
        return [""] * table.num_rows
    return ["" if value is None else str(value) for value in table[name].to_pylist()]


def _put(table: pa.Table, name: str, values: pa.Array) -> pa.Table:
    at = table.schema.get_field_index(name)
    return table.append_column(name, values) if at < 0 else table.set_column(at, name, values)


def _at(problem: Problem, source: Any, row: int, activity_id: str) -> Problem:
    column = source.headers.get(problem.column, problem.column)
    return Problem(problem.code, source.file, source.sheet, row, column, activity_id, problem.values)
