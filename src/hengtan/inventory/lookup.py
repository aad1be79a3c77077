"""Single rows out of large tables: of a Parquet file only what may hold the value is read."""

from __future__ import annotations

import struct
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from hengtan.engine import read_parquet, rows_where


def rows_with(data: pa.Table | Path, column: str, value: str) -> list[dict[str, Any]]:
    """The rows in which a text column has the value, each with ``position`` (0 is the first); [] without the column.

    data   a table, or the path of a Parquet file
    """
    if isinstance(data, Path):
        found = rows_where(data, column, value)
        if found is not None:
            return found
        data = read_parquet(data)
    return _picked(data, data[column], value) if column in data.column_names else []


def _equal(texts: pa.ChunkedArray, value: str) -> Any:
    if pa.types.is_dictionary(texts.type):
        texts = texts.cast(texts.type.value_type)
    # Scalars made of bytes: pa.scalar looks at its value as something of pandas, whose import takes a second.
    told = value.encode()
    places = pa.py_buffer(struct.pack("<ii", 0, len(told)))
    wanted = pa.Array.from_buffers(pa.string(), 1, [None, places, pa.py_buffer(told)])[0]
    no = pa.Array.from_buffers(pa.bool_(), 1, [None, pa.py_buffer(bytes(1))])[0]
    return pc.fill_null(pc.equal(texts.cast(pa.string()), wanted), no).combine_chunks()


def _picked(table: pa.Table, texts: pa.ChunkedArray, value: str) -> list[dict[str, Any]]:
    places: Sequence[int] = pc.indices_nonzero(_equal(texts, value)).to_pylist()
    return [{**table.slice(at, 1).to_pylist()[0], "position": at} for at in places]
