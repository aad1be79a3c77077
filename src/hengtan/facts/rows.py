"""Rows: Parquet as facts write and read it, and the digest of rows in any order.

>>> import pyarrow as pa
>>> table = pa.table({"n": [1, 2, 3], "word": ["a", "b", None]})
>>> rows_digest(table.to_batches()) == rows_digest(table.take([2, 0, 1]).to_batches())
True
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from io import BytesIO
from itertools import pairwise
from pathlib import Path
from typing import Any, BinaryIO, Final

import numpy as np
import pyarrow as pa
from pyarrow import parquet as pq

from .cells import bytes_of, cell_texts, row_texts
from .refused import FactRefused

WRITING: Final[dict[str, Any]] = {"compression": "zstd", "write_page_checksum": True, "write_page_index": True}
ROW_GROUP: Final = 122_880  # rows; what DuckDB reads in one go
_PIECE: Final = 16_384  # rows that are held as text at a time
_LANES: Final = 8  # of 32 bits in a SHA-256


def parquet(table: pa.Table) -> bytes:
    """A Parquet file of the rows, with a checksum on every page."""
    sink = BytesIO()
    pq.write_table(table, sink, row_group_size=ROW_GROUP, **WRITING)
    return sink.getvalue()


def table(file: BinaryIO | Path, digest: str, columns: Sequence[str] | None = None) -> pa.Table:
    """The rows of a verified Parquet file. FactRefused ``facts.not-parquet``."""
    try:
        with pq.ParquetFile(file, page_checksum_verification=True) as found:
            return found.read(list(columns) if columns is not None else None)
    except (pa.ArrowException, OSError, KeyError) as error:
        raise not_parquet(digest, error) from None


def not_parquet(digest: str, error: BaseException) -> FactRefused:
    """The refusal of an object whose rows cannot be read."""
    return FactRefused("facts.not-parquet", file=digest, why=str(error).splitlines()[0] if str(error) else "?")


def rows_digest(batches: Iterable[pa.RecordBatch], columns: Sequence[str] | None = None) -> str:
    """The sum of the SHA-256 of every row as an RFC 8785 array of texts, modulo 2^256, in hexadecimal.

    columns  which, and in which order; default all, as they stand in the first batch

    It does not depend on the order of the rows, the file, the writer or the width of a type, and changes with any cell. Digests
    of parts add up: that of all rows is the sum of those of its batches (:func:`added`). FactRefused ``facts.cell-type``.
    """
    lanes = np.zeros(_LANES, object)  # whole numbers without bound
    for batch in batches:
        columns = list(columns) if columns is not None else batch.schema.names
        for start in range(0, batch.num_rows, _PIECE):
            piece = batch.slice(start, _PIECE)
            text, offsets = bytes_of(row_texts([cell_texts(piece.column(name), name) for name in columns]))
            edges = offsets.tolist()
            hashes = b"".join(hashlib.sha256(text[begin:end]).digest() for begin, end in pairwise(edges))
            lanes += np.frombuffer(hashes, ">u4").reshape(-1, _LANES).sum(axis=0, dtype=np.uint64).astype(object)
    total = sum(int(lane) << (32 * (_LANES - 1 - at)) for at, lane in enumerate(lanes))
    return f"{total % 2**256:064x}"


def added(digests: Iterable[str]) -> str:
    """The rows digest of all rows, from those of the batches they came in."""
    return f"{sum(int(digest, 16) for digest in digests) % 2**256:064x}"
