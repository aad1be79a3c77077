"""Which 64-bit values of a column of any length occur more than once."""

from __future__ import annotations

from typing import Any

import numpy as np
import pyarrow as pa

from .fetch import fetch

AT_ONCE = 16_000_000  # values sorted in memory at a time: 128 MB


def repeated_values(table: Any, column: str, rows: int) -> pa.Table:
    """The values of an int64 column that stand in more than one row, as a table of one column of the same name.

    Sorting is ten times faster than grouping where nearly every value is alone. ``rows`` is how many there are about.
    """
    parts = 1
    while rows > parts * AT_ONCE:
        parts *= 2
    found = []
    for part in range(parts):
        chosen = table.filter((table[column] & (parts - 1)) == part) if parts > 1 else table
        values = fetch(chosen.select(column))[column].to_numpy()
        values = np.sort(values)
        found.append(np.unique(values[1:][values[1:] == values[:-1]]))
    return pa.table({column: pa.array(np.concatenate(found), pa.int64())})
