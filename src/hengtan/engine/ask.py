"""Small questions to files that do not change: one DuckDB stays open in the process, since opening it takes longer than most answers."""

from __future__ import annotations

import atexit
import os
import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import duckdb
import ibis
import pyarrow.parquet as pq

from .duck import Engine

ROW = "file_row_number"  # a column that DuckDB adds to a Parquet file on request
_MEMORY_MB = 600
_lock = threading.Lock()
_held: dict[int, Any] = {}  # by process: what was opened before a fork is not touched after it


def _database() -> Any:
    with _lock:
        if os.getpid() not in _held:
            spill = tempfile.TemporaryDirectory(prefix="hengtan-spill-")
            atexit.register(spill.cleanup)
            _held[os.getpid()] = duckdb.connect(
                config={
                    "threads": Engine().threads, "memory_limit": f"{_MEMORY_MB}MB", "temp_directory": spill.name,
                }
            )  # fmt: skip
        return _held[os.getpid()]


@contextmanager
def asking() -> Iterator[Any]:
    """An Ibis connection to the one database of the process: for reading; what a session creates in it is temporary and its own."""
    con = ibis.duckdb.from_connection(_database().cursor())
    try:
        yield con
    finally:
        con.disconnect()


def rows_where(path: Path, column: str, value: str) -> list[dict[str, Any]] | None:
    """The rows of a Parquet file in which a text column has the value, each with its ``position`` (0 is the first).

    [] without the column; None where the file has a column of the name under which DuckDB numbers rows. Names may differ
    by case alone.
    """
    cursor = _database().cursor()
    try:
        with pq.ParquetFile(path) as file:
            names = file.schema_arrow.names
        if column not in names:
            return []
        if ROW in {name.casefold() for name in names}:
            return None
        quoted = column.replace('"', '""')
        text = f'SELECT *, {ROW} FROM read_parquet(?) WHERE CAST("{quoted}" AS VARCHAR) = ? ORDER BY {ROW}'
        table = cursor.sql(text, params=[str(path), value]).to_arrow_table()
        return [dict(zip([*names, "position"], row.values(), strict=True)) for row in table.to_pylist()]
    finally:
        cursor.close()
