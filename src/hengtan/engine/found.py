"""Rows that are looked up once and joined with later, kept where every session of the engine can read them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import ibis
import pyarrow as pa
import pyarrow.compute as pc

from .fetch import fetch, on_cluster


@dataclass(frozen=True, slots=True)
class Found:
    """table: an Ibis table; rows: how many it has; total: the sum of the column that was asked for, else 0."""

    table: Any
    rows: int
    total: int = 0

    @classmethod
    def held(cls, table: pa.Table, total: str = "") -> Found | None:
        """Of a table in memory; None without rows."""
        if not table.num_rows:
            return None
        return cls(ibis.memtable(table), table.num_rows, int(pc.sum(table[total]).as_py()) if total else 0)

    @classmethod
    def of(cls, expression: Any, total: str = "") -> Found | None:
        """What an expression finds: in memory, or, of a cluster, on its disks. None if it finds nothing."""
        if not on_cluster(expression.get_backend()):
            return cls.held(fetch(expression), total)
        table = expression.get_backend().keep(expression)
        sums = {"total": table[total].sum()} if total else {}
        counted = fetch(table.aggregate(rows=table.count(), **sums)).to_pylist()[0]
        return cls(table, counted["rows"], int(counted.get("total") or 0)) if counted["rows"] else None
