"""The result of an expression as an Arrow table."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq


def fetch(expression: Any) -> pa.Table:
    """Compute an Ibis expression where its tables live.

    Ibis' own ``to_pyarrow`` imports pandas, which takes longer than most questions. A sum of integers comes as a whole
    Decimal (DuckDB adds them in 128 bits).
    """
    backend = expression.get_backend()
    if on_cluster(backend):
        return backend.arrow(expression)
    backend._run_pre_execute_hooks(expression)  # what to_pyarrow does: tables in memory are registered
    return backend.con.sql(backend.compile(expression)).to_arrow_table()


def on_cluster(con: Any) -> bool:
    """Whether a connection is one to a cluster (``spark_session.Cluster``) and not to DuckDB."""
    return bool(con.name == "pyspark")


def write_parquet(expression: Any, path: Path) -> None:
    """Write the rows of an Ibis expression, in their order. Ibis' own ``to_parquet`` fails where a path holds a quote."""
    backend = expression.get_backend()
    if on_cluster(backend):  # what is written here is small: groups, not rows
        pq.write_table(backend.arrow(expression), path, compression="zstd")
        return
    backend._run_pre_execute_hooks(expression)
    target = str(path).replace("'", "''")
    backend.raw_sql(f"COPY ({backend.compile(expression)}) TO '{target}' (FORMAT parquet, COMPRESSION zstd)").fetchall()


def batches(expression: Any, rows: int = 1_000_000) -> Iterator[pa.RecordBatch]:
    """The result of an expression as a stream of record batches."""
    backend = expression.get_backend()
    if on_cluster(backend):
        yield from backend.batches(expression, rows)
        return
    backend._run_pre_execute_hooks(expression)
    yield from backend.con.sql(backend.compile(expression)).to_arrow_reader(rows)


def read_parquet(path: Path, columns: Sequence[str] | None = None) -> pa.Table:
    """A small Parquet file as a table; ``pyarrow.parquet.read_table`` imports pyarrow.dataset, which takes a second."""
    with pq.ParquetFile(path) as file:
        return file.read(list(columns) if columns is not None else None)
