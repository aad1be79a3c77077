"""A small table as people keep it: CSV (UTF-8, BOM, GB18030; comma, semicolon, tab) or XLSX, every cell as text."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path

from hengtan.problems import HengtanError, Problem, system

WORKBOOKS = (".xlsx", ".xlsm", ".xls", ".xlsb", ".ods")


@dataclass(frozen=True, slots=True)
class Line:
    """One row as the person sees it (the header of a CSV is row 1); cells by lower-case header, trimmed."""

    row: int
    cells: dict[str, str]


@dataclass(frozen=True, slots=True)
class Sheet:
    """headers: as written, by their lower-case form; lines: the rows below that are not wholly empty."""

    file: str
    name: str
    headers: dict[str, str]
    lines: tuple[Line, ...]


def read_sheet(path: Path, wanted: str, shown: str = "") -> Sheet:
    """The table whose header row holds the column ``wanted``; ``shown`` is the file as the person named it.

    Raises HengtanError ``factor.file-unreadable`` or ``factor.file-no-header``.
    """
    file = shown or str(path)
    for name, rows in _grids(path, file):
        found = _sheet(file, name, rows, wanted)
        if found:
            return found
    raise HengtanError(Problem("factor.file-no-header", file=file, values={"wanted": wanted}))


def _sheet(file: str, name: str, rows: list[list[str]], wanted: str) -> Sheet | None:
    for number, cells in enumerate(rows[:20]):
        keys = [cell.strip().lower() for cell in cells]
        if wanted in keys:
            headers = {key: cell.strip() for key, cell in zip(keys, cells, strict=True) if key}
            lines = (_line(number + 2 + at, keys, row) for at, row in enumerate(rows[number + 1 :]))
            return Sheet(file, name, headers, tuple(line for line in lines if any(line.cells.values())))
    return None


def _line(row: int, keys: list[str], cells: list[str]) -> Line:
    padded = cells + [""] * (len(keys) - len(cells))
    return Line(row, {key: cell.strip() for key, cell in zip(keys, padded, strict=False) if key})


def _grids(path: Path, file: str) -> Iterator[tuple[str, list[list[str]]]]:
    try:
        if path.suffix.lower() in WORKBOOKS:
            yield from _workbook(path)
        else:
            yield "", _csv(path.read_bytes())
    except (OSError, UnicodeError, csv.Error) as fault:
        raise HengtanError(_unreadable(file, fault)) from fault


def _unreadable(file: str, fault: Exception) -> Problem:
    return Problem("factor.file-unreadable", file=file, values=system("why", fault))


def _csv(content: bytes) -> list[list[str]]:
    if b"\0" in content[:4096] and not content.startswith((b"\xff\xfe", b"\xfe\xff")):
        raise UnicodeError("this is not a text file")
    decoded = _decoded(content)
    head = decoded.split("\n", 1)[0]
    separator = max(",;\t", key=head.count)
    return list(csv.reader(io.StringIO(decoded, newline=""), delimiter=separator, strict=True))


def _decoded(content: bytes) -> str:
    if content.startswith((b"\xff\xfe", b"\xfe\xff")):
        return content.decode("utf-16")
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError:
        return content.decode("gb18030")


def _workbook(path: Path) -> Iterator[tuple[str, list[list[str]]]]:
    from python_calamine import CalamineError, CalamineWorkbook, PasswordError, ZipError  # noqa: PLC0415  50 ms, only here

    try:
        book = CalamineWorkbook.from_path(str(path))
        for name in book.sheet_names:
            grid = book.get_sheet_by_name(name).to_python(skip_empty_area=False)
            yield name, [[_text(cell) for cell in row] for row in grid]
    except (CalamineError, PasswordError, ZipError) as fault:
        raise UnicodeError(str(fault) or type(fault).__name__) from fault


def _text(cell: object) -> str:
    """A cell as text: a double as its shortest decimal, a day without its midnight."""
    if isinstance(cell, bool) or cell is None:
        return "" if cell is None else str(cell)
    if isinstance(cell, float):
        return repr(int(cell)) if cell.is_integer() and abs(cell) < 1e15 else repr(cell)
    if isinstance(cell, datetime):
        return cell.date().isoformat() if cell.time() == datetime.min.time() else cell.isoformat()
    return cell.isoformat() if isinstance(cell, date) else str(cell)
