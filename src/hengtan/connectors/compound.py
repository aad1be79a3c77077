"""Old Excel workbooks (BIFF in an OLE container): the cells whose formula failed, and whether a password locks them.

calamine gives an empty cell for both a failed formula and no value, so the records are looked at here.
Sources: [MS-CFB] Compound File Binary Format; [MS-XLS] records BoundSheet8, BoolErr, Formula, FilePass.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from pathlib import Path

from hengtan.problems import HengtanError, Problem

_FREE = 0xFFFFFFFA  # and above: no sector
_BOF, _BOUND_SHEET, _FORMULA, _BOOL_ERR, _FILE_PASS, _EOF = 0x0809, 0x0085, 0x0006, 0x0205, 0x002F, 0x000A
_ERRORS = {0: "#NULL!", 7: "#DIV/0!", 15: "#VALUE!", 23: "#REF!", 29: "#NAME?", 36: "#NUM!", 42: "#N/A"}


def failed_formulas(path: Path, file: str) -> list[dict[tuple[int, int], str]]:
    """For each sheet in workbook order: (row, column) from 0 -> what the cell shows, ``#REF!``."""
    try:
        stream = _workbook(path.read_bytes())
        return _errors(stream, file)
    except (struct.error, IndexError, ValueError):
        raise HengtanError(Problem("file.truncated", file)) from None


def _errors(stream: bytes, file: str) -> list[dict[tuple[int, int], str]]:
    starts = []
    for kind, body in _records(stream, 0):
        if kind == _FILE_PASS:
            raise HengtanError(Problem("file.encrypted", file))
        if kind == _BOUND_SHEET:
            starts.append(struct.unpack_from("<I", body)[0])
    return [dict(_sheet_errors(stream, start)) for start in starts]


def _sheet_errors(stream: bytes, start: int) -> Iterator[tuple[tuple[int, int], str]]:
    for kind, body in _records(stream, start):
        if kind == _BOOL_ERR and len(body) >= 8 and body[7] == 1:
            yield struct.unpack_from("<HH", body), _ERRORS.get(body[6], "#N/A")
        elif kind == _FORMULA and len(body) >= 14 and body[6] == 2 and body[12:14] == b"\xff\xff":
            yield struct.unpack_from("<HH", body), _ERRORS.get(body[8], "#N/A")


def _records(stream: bytes, at: int) -> Iterator[tuple[int, bytes]]:
    depth = 0
    while at + 4 <= len(stream):
        kind, size = struct.unpack_from("<HH", stream, at)
        yield kind, stream[at + 4 : at + 4 + size]
        depth += (kind == _BOF) - (kind == _EOF)
        if depth == 0:
            return
        at += 4 + size


def _workbook(content: bytes) -> bytes:
    """The stream named Workbook (or Book, before Excel 97)."""
    shift, mini_shift = struct.unpack_from("<HH", content, 30)
    if shift not in (9, 12) or mini_shift != 6:
        raise ValueError("sector size")
    size = 1 << shift
    directory, cutoff, mini_fat, difat = (struct.unpack_from("<I", content, at)[0] for at in (48, 56, 60, 68))
    fat_sectors = list(struct.unpack_from("<109I", content, 76))
    seen = set()
    while difat < _FREE and difat not in seen:
        seen.add(difat)
        entries = struct.unpack_from(f"<{size // 4}I", content, (difat + 1) * size)
        fat_sectors += entries[:-1]
        difat = entries[-1]
    fat: list[int] = []
    for sector in fat_sectors:
        if sector < _FREE:
            fat += struct.unpack_from(f"<{size // 4}I", content, (sector + 1) * size)
    entries_bytes = _chain(content, fat, directory, size, size)
    root = streams = None
    for at in range(0, len(entries_bytes) - 127, 128):
        entry = entries_bytes[at : at + 128]
        name = entry[: max(struct.unpack_from("<H", entry, 64)[0] - 2, 0)].decode("utf-16-le", "replace")
        place = struct.unpack_from("<I", entry, 116)[0], struct.unpack_from("<I", entry, 120)[0]
        if entry[66] == 5:
            root = place
        elif entry[66] == 2 and name in ("Workbook", "Book"):
            streams = place
    if streams is None or root is None:
        raise ValueError("no workbook")
    start, length = streams
    if length >= cutoff:
        return _chain(content, fat, start, size, size)[:length]
    mini = _chain(content, fat, root[0], size, size)
    small = _chain(content, fat, mini_fat, size, size)
    table = list(struct.unpack_from(f"<{len(small) // 4}I", small))
    return _chain(mini, table, start, 64, 0)[:length]


def _chain(content: bytes, table: list[int], sector: int, size: int, offset: int) -> bytes:
    parts: list[bytes] = []
    while sector < _FREE:
        if len(parts) > len(table):
            raise ValueError("a chain of sectors that never ends")
        start = sector * size + offset
        parts.append(content[start : start + size])
        sector = table[sector]
    return b"".join(parts)
