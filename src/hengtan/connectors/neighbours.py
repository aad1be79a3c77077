"""A cell among its neighbours: a few rows and columns of a file as they stand in it, to show where a number was read."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from hengtan.problems import HengtanError

from .csv_file import records
from .sniff import kind_of
from .source import letter
from .spreadsheet import sheets, text_of

_ADDRESS = re.compile(r"([A-Z]{1,3})([1-9]\d*)")
_BEFORE, _AFTER = 2, 2


@dataclass(frozen=True, slots=True)
class Neighbours:
    """letters: of the columns that are shown; rows: number as a spreadsheet counts, and the texts of these columns."""

    letters: tuple[str, ...]
    rows: tuple[tuple[int, tuple[str, ...]], ...]


def neighbours(path: Path, file: str, sheet: str, addresses: Sequence[str]) -> Neighbours | None:
    """The rows around the cells and the first column; None where the file cannot be read any more, or is no sheet."""
    cells = [found.groups() for each in addresses if (found := _ADDRESS.fullmatch(each))]
    if not cells:
        return None
    at = int(cells[0][1])
    try:
        rows = _rows(path, file, sheet)
    except (HengtanError, OSError, ValueError):
        return None
    columns = sorted({0, *(_number(name) for name, _ in cells)})
    wanted = [number for number in range(at - _BEFORE, at + _AFTER + 1) if 1 <= number <= len(rows)]
    shown = [
        (
            number,
            tuple(text_of(rows[number - 1][column]) if column < len(rows[number - 1]) else "" for column in columns),
        )
        for number in wanted
    ]
    return Neighbours(tuple(letter(column) for column in columns), tuple(shown))


def _rows(path: Path, file: str, sheet: str) -> list[list[object]]:
    kind = kind_of(path, file)
    if kind == "csv":
        return [list(line) for line in records(path, file)]
    return next((list(one.rows) for one in sheets(path, file, kind) if one.name == sheet), [])


def _number(name: str) -> int:
    """0 for A."""
    total = 0
    for sign in name:
        total = total * 26 + ord(sign) - 64
    return total - 1
