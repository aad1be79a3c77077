"""The result of an expression as an Arrow table."""

from __future__ import annotations

from typing import Any

import pyarrow as pa


def fetch(expression: Any) -> pa.Table:
    """Compute an Ibis expression where its tables live.

    Ibis' own ``to_pyarrow`` imports pandas, which takes longer than most questions. A sum of integers comes as a whole
    Decimal (DuckDB adds them in 128 bits).
    """
    backend = expression.get_backend()
    backend._run_pre_execute_hooks(expression)  # what to_pyarrow does: tables in memory are registered
    return backend.con.sql(backend.compile(expression)).to_arrow_table()
