"""Text of few values as DuckDB's ENUM: written to Parquet as the same strings at half the cost, grouped at a third."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import pyarrow as pa

from .fetch import on_cluster

MANY = 200_000  # rows from which on it pays to look for few words
FEW = 50_000  # words


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


def few_words(con: Any, table: Any, columns: Sequence[str], rows: int) -> dict[str, str]:
    """Column -> ENUM of all its values, of those text columns in which few things stand; {} where it does not pay.

    rows   how many the table has
    """
    if on_cluster(con) or rows < MANY:
        return {}
    con._run_pre_execute_hooks(table)
    source = con.compile(table.select(*columns))
    found = {}
    for column in columns:
        name = f"words_{column}"
        con.raw_sql(
            f'CREATE OR REPLACE TEMP TABLE "{name}" AS SELECT DISTINCT "{column}" AS word FROM ({source}) ORDER BY 1'
        ).fetchall()
        if con.raw_sql(f'SELECT count(*) FROM "{name}"').fetchall()[0][0] <= FEW:
            con.raw_sql(
                f'CREATE TYPE "{name}_type" AS ENUM (SELECT word FROM "{name}" WHERE word IS NOT NULL)'
            ).fetchall()
            found[column] = f"{name}_type"
    return found


def create_groups(con: Any, name: str, rows: Any, by: Sequence[str], words: Mapping[str, str]) -> Any:
    """Create table ``name``: rows and quantity (DECIMAL(38,6)) by the columns ``by``, which hold no NULL where they are words.

    words   columns as ENUMs, as found by :func:`few_words`; they are text again in the table
    """
    few = [column for column in by if column in words]
    if not few:
        sums = {"rows": rows.count(), "quantity": rows.quantity.sum().cast("decimal(38,6)")}
        return con.create_table(name, rows.group_by(list(by)).aggregate(**sums), temp=True)
    con._run_pre_execute_hooks(rows)
    source = con.compile(rows.select(*by, "quantity"))
    # A cast that may fail is made row by row; one that may not, once for each word of a page.
    as_words = ", ".join(f'TRY_CAST("{c}" AS "{words[c]}") AS "{c}"' if c in few else f'"{c}"' for c in by)
    as_text = ", ".join(
        f'COALESCE("{c}"::VARCHAR, error(\'{c} holds what is not among its words\')) AS "{c}"' if c in few else f'"{c}"'
        for c in by
    )
    sums_ = 'count(*) AS "rows", sum("quantity")::DECIMAL(38,6) AS "quantity"'
    con.raw_sql(
        f'CREATE TEMP TABLE "{name}" AS SELECT {as_text}, "rows", "quantity" '
        f"FROM (SELECT {as_words}, {sums_} FROM ({source}) GROUP BY ALL)"
    ).fetchall()
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
