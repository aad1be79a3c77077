"""Parquet files put one behind the other without decoding them: row groups are copied, the footer is written anew.

Rows are calculated in parts of fixed size by several single-threaded writers, so that their order, and every byte
of the file, is the same on any number of threads. Format: Apache Parquet ``parquet.thrift`` (FileMetaData in the
Thrift compact protocol, then its length in 4 bytes and ``PAR1``).
"""

from __future__ import annotations

import hashlib
import struct
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO

from .thrift_compact import Field, read_struct, write_struct

MAGIC = b"PAR1"
# Field numbers of parquet.thrift
_META_ROWS, _META_GROUPS = 3, 4
_GROUP_COLUMNS, _GROUP_OFFSET, _GROUP_ORDINAL = 1, 5, 7
_CHUNK_OFFSET, _CHUNK_META, _CHUNK_OFFSET_INDEX, _CHUNK_COLUMN_INDEX = 2, 3, 4, 6
_COLUMN_OFFSETS = (9, 10, 11, 14)  # data page, index page, dictionary page, bloom filter
_AT_ONCE = 4 << 20  # bytes copied at a time


@dataclass(frozen=True, slots=True)
class Written:
    """rows in a file, and the SHA-256 of its bytes in hexadecimal."""

    rows: int
    sha256: str


def join_parquet(parts: Iterable[Path], target: Path) -> Written:
    """Write the row groups of ``parts``, which share one schema, into ``target`` in their order.

    ``parts`` may be a generator that waits for each file to be finished.
    """
    footer: list[Field] | None = None
    schema: Any = None
    groups: list[Any] = []
    rows, digest = 0, hashlib.sha256(MAGIC)
    with target.open("wb") as out:
        out.write(MAGIC)
        for part in parts:
            with part.open("rb") as source:
                meta, body_end = _footer(source, part)
                fields = {field.number: field for field in meta}
                if footer is None:
                    footer, schema = meta, fields[2].value
                elif fields[2].value != schema:
                    raise ValueError(f"{part.name}: another schema than the first part")
                shift = out.tell() - len(MAGIC)
                source.seek(len(MAGIC))
                _copy(source, out, body_end - len(MAGIC), digest)
                rows += fields[_META_ROWS].value
                for group in fields[_META_GROUPS].value[1]:
                    groups.append(_shifted_group(group, shift, len(groups)))
        if footer is None:
            raise ValueError("no parts to join")
        values = {_META_ROWS: rows, _META_GROUPS: (footer_type(footer), groups)}
        blob = write_struct([Field(f.number, f.kind, values.get(f.number, f.value)) for f in footer])
        blob += struct.pack("<I", len(blob)) + MAGIC
        out.write(blob)
        digest.update(blob)
    return Written(rows, digest.hexdigest())


def footer_type(footer: list[Field]) -> int:
    """The Thrift element type of the list of row groups (a struct)."""
    return int(next(field.value[0] for field in footer if field.number == _META_GROUPS))


def _footer(source: BinaryIO, path: Path) -> tuple[list[Field], int]:
    source.seek(-8, 2)
    length, magic = struct.unpack("<I4s", source.read(8))
    if magic != MAGIC:
        raise ValueError(f"{path.name} is not a whole Parquet file")
    start = source.seek(-8 - length, 2)
    return read_struct(source.read(length)), start


def _copy(source: BinaryIO, out: BinaryIO, length: int, digest: Any) -> None:
    buffer = memoryview(bytearray(min(_AT_ONCE, max(length, 1))))
    while length:
        count = source.readinto(buffer[: min(length, len(buffer))])  # type: ignore[attr-defined]
        if not count:
            raise ValueError("a part ended before its footer")
        out.write(buffer[:count])
        digest.update(buffer[:count])
        length -= count


def _shifted_group(group: list[Field], shift: int, ordinal: int) -> list[Field]:
    moved = []
    for field in group:
        value = field.value
        if field.number == _GROUP_COLUMNS:
            value = (value[0], [_shifted_chunk(chunk, shift) for chunk in value[1]])
        elif field.number == _GROUP_OFFSET:
            value = value + shift
        elif field.number == _GROUP_ORDINAL:
            if ordinal > 32_767:  # the field is 16 bits wide and optional
                continue
            value = ordinal
        moved.append(Field(field.number, field.kind, value))
    return moved


def _shifted_chunk(chunk: list[Field], shift: int) -> list[Field]:
    moved = []
    for field in chunk:
        value = field.value
        if field.number in (_CHUNK_OFFSET, _CHUNK_OFFSET_INDEX, _CHUNK_COLUMN_INDEX):
            value = value + shift if value > 0 else value
        elif field.number == _CHUNK_META:
            value = [
                Field(f.number, f.kind, f.value + shift if f.number in _COLUMN_OFFSETS and f.value > 0 else f.value)
                for f in value
            ]
        moved.append(Field(field.number, field.kind, value))
    return moved
