"""What ``hengtan.calculate`` may be given: paths, or a table of any kind that has columns and rows."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from hengtan.problems import HengtanError, Problem, both

NAME = "table.parquet"
"""What a table in memory is called in problems and in run.json."""


def paths_of(given: Any) -> tuple[str, ...] | None:
    """The paths, if ``given`` is one or several of them; None if it is a table."""
    if isinstance(given, (str, Path)):
        return (str(given),)
    if isinstance(given, Sequence) and given and all(isinstance(one, (str, Path)) for one in given):
        return tuple(str(one) for one in given)
    return None


def arrow(given: Any) -> pa.Table:
    """A pandas or polars DataFrame, an Arrow table or stream, a list of dictionaries or a dictionary of columns.

    Raises HengtanError for anything else.
    """
    try:
        if isinstance(given, pa.Table):
            return given
        if isinstance(given, Mapping):
            return _columns(given)
        if isinstance(given, Sequence) and all(isinstance(row, Mapping) for row in given):
            names = dict.fromkeys(str(name) for row in given for name in row)
            return _columns({name: [row.get(name) for row in given] for name in names})
        if type(given).__module__.partition(".")[0] == "pandas":
            return _columns({str(name): given[name] for name in given.columns})
        if hasattr(given, "__arrow_c_stream__"):
            return pa.table(given)
    except (pa.ArrowException, TypeError, ValueError, AttributeError) as error:
        why = both("why", "library-says", detail=(str(error).splitlines() or [type(error).__name__])[0][:200])
        raise _not_a_table(given, why) from error
    raise _not_a_table(given, both("why", "no-columns"))


def _not_a_table(given: Any, why: Mapping[str, str]) -> HengtanError:
    return HengtanError(Problem("api.not-a-table", values={"type": type(given).__name__, **why}))


def _columns(columns: Mapping[str, Any]) -> pa.Table:
    return pa.table({str(name): _column(values) for name, values in columns.items()})


def _column(values: Any) -> pa.Array:
    """An Arrow array; where kinds are mixed, as in a spreadsheet's column, the texts that they show."""
    try:
        found = pa.array(values, from_pandas=True)
    except (pa.ArrowException, TypeError):
        found = pa.array([None if _nothing(value) else str(value) for value in values], pa.string())
    return found.cast(pa.string()) if pa.types.is_null(found.type) else found


def _nothing(value: Any) -> bool:
    return value is None or value != value  # noqa: PLR0124  NaN and NaT are not equal to themselves


def keep(table: pa.Table, path: Path) -> None:
    """Write the table as the Parquet file that is read like any other."""
    plain = [_plain(table.column(at)) for at in range(table.num_columns)]
    pq.write_table(pa.table(plain, names=[str(name) for name in table.column_names]), path)


def _plain(column: pa.ChunkedArray) -> pa.ChunkedArray:
    """Without metadata of other libraries; views as plain text, which every engine reads."""
    return column.cast(pa.string()) if "view" in str(column.type) else column


def day_text(given: date | str | None) -> str | None:
    """A day as the command line writes it."""
    return None if given is None else str(given)


def period_text(given: Any) -> str | None:
    """FROM/TO from text, a year, or a pair of days."""
    if given is None or isinstance(given, str):
        return given
    if isinstance(given, int):
        return str(given)
    first, last = given
    return f"{first or ''}/{last or ''}"
