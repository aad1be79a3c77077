"""Text of few values as DuckDB's ENUM: written to Parquet as the same strings, at half the cost."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pyarrow as pa

from .fetch import on_cluster


def with_words(con: Any, name: str, table: pa.Table, columns: Sequence[str]) -> Any:
    """Create table ``name``, in which the text ``columns`` are ENUMs (on a cluster: text)."""
    if on_cluster(con):
        return con.create_table(name, table)
    raw = con.create_table(f"{name}_text", table)
    for column in columns:
        con.raw_sql(
            f'CREATE TYPE "{name}_{column}" AS ENUM (SELECT DISTINCT "{column}" FROM {name}_text ORDER BY 1)'
        ).fetchall()
    typed = ", ".join(f'"{column}"' + (f'::"{name}_{column}"' if column in columns else "") + f' AS "{column}"'
                      for column in raw.columns)  # fmt: skip
    con.raw_sql(f"CREATE TABLE {name} AS SELECT {typed} FROM {name}_text").fetchall()
    return con.table(name)


def strictly_increasing(con: Any, paths: Sequence[str], column: str) -> bool:
    """Whether the text column rises from row to row through the files: then no value stands twice, in any order.

    A quick yes; a no says nothing. Runs on one core; may be asked from a thread of its own.
    """
    if on_cluster(con):
        return False  # rows that lie on several machines have no row before them
    files = ", ".join("'" + path.replace("'", "''") + "'" for path in paths)
    query = f'SELECT "{column}" AS v, lag("{column}") OVER () AS before FROM read_parquet([{files}])'
    found = con.con.cursor().sql(f"SELECT count(*) FROM ({query}) WHERE v IS NULL OR v <= before").fetchall()
    return bool(found[0][0] == 0)
