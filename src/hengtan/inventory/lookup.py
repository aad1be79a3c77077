"""Single rows out of large Parquet files: one column is scanned, the rest is read only where it is found."""

from __future__ import annotations

import struct
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq


def rows_with(data: pa.Table | Path, column: str, value: str) -> list[dict[str, Any]]:
    """The rows in which a text column has the value, each with ``position`` (0 is the first); [] without the column.

    data   a table, or the path of a Parquet file, of which no more than one row group is held
    """
    if isinstance(data, pa.Table):
        return _picked(data, data[column], value, 0) if column in data.column_names else []
    found: list[dict[str, Any]] = []
    with pq.ParquetFile(data) as file:
        names = file.schema_arrow.names
        if column not in names:
            return []
        first = 0
        for number in range(file.metadata.num_row_groups):
            group = file.metadata.row_group(number)
            if _may_hold(group.column(_leaf(file, column)), value):
                texts = file.read_row_group(number, [column])[column]
                if _equal(texts, value).true_count:
                    found += _picked(file.read_row_group(number), texts, value, first)
            first += group.num_rows
    return found


def _leaf(file: pq.ParquetFile, column: str) -> int:
    return next(at for at in range(file.metadata.num_columns) if file.metadata.schema.column(at).path == column)


def _may_hold(chunk: Any, value: str) -> bool:
    """False where the statistics of a row group say that the value lies outside; text sorts by its UTF-8 bytes."""
    statistics = chunk.statistics
    if statistics is None or not statistics.has_min_max or not isinstance(statistics.min, str):
        return True
    return bool(statistics.min.encode() <= value.encode() <= statistics.max.encode())


def _equal(texts: pa.ChunkedArray, value: str) -> Any:
    if pa.types.is_dictionary(texts.type):
        texts = texts.cast(texts.type.value_type)
    # Scalars made of bytes: pa.scalar looks at its value as something of pandas, whose import takes a second.
    told = value.encode()
    places = pa.py_buffer(struct.pack("<ii", 0, len(told)))
    wanted = pa.Array.from_buffers(pa.string(), 1, [None, places, pa.py_buffer(told)])[0]
    no = pa.Array.from_buffers(pa.bool_(), 1, [None, pa.py_buffer(bytes(1))])[0]
    return pc.fill_null(pc.equal(texts.cast(pa.string()), wanted), no).combine_chunks()


def _picked(table: pa.Table, texts: pa.ChunkedArray, value: str, first: int) -> list[dict[str, Any]]:
    places: Sequence[int] = pc.indices_nonzero(_equal(texts, value)).to_pylist()
    return [{**table.slice(at, 1).to_pylist()[0], "position": first + at} for at in places]
