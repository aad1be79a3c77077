"""A small table with columns that are known by name: units of a plan, values of a statement.

The first row that names a wanted column is the header; other columns are left out. Numbers come as plain decimal text, whatever way
of writing them the column shows.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path

from hengtan.problems import HengtanError, Problem

from .mapped import open_file
from .numbers import DECIMAL_COMMA, Convention, Evidence, read_number
from .spreadsheet import HEAD_ROWS, text_of

_ORDINARY = re.compile(r"-?\d{1,12}(?:\.\d{1,12})?", re.ASCII)


@dataclass(frozen=True, slots=True)
class Table:
    """rows: (number as the person sees it, cells by column); columns: those that were found; problems: cells that are no numbers."""

    file: str
    columns: tuple[str, ...]
    rows: tuple[tuple[int, Mapping[str, str]], ...]
    problems: tuple[Problem, ...]


def read_table(path: Path, file: str, names: Mapping[str, str], numbers: frozenset[str]) -> Table:
    """names: every way a header may be written, in lower case -> column. ``numbers``: the columns that hold numbers.

    The first visible sheet with a header counts. Raises HengtanError for a file that cannot be opened or has no header.
    """
    opened = open_file(path, file)
    for sheet in opened.sheets:
        if not sheet.visible:
            continue
        lines = [[text_of(cell).strip() for cell in line] for line in sheet.rows]
        at = max(range(min(len(lines), HEAD_ROWS)), key=lambda row: (_known(lines[row], names), -row), default=0)
        if lines and _known(lines[at], names):
            return _table(file, lines, at, opened.head, names, numbers)
    raise HengtanError(
        Problem("table.no-header", file=file, values={"names": ", ".join(dict.fromkeys(names.values()))})
    )


def _known(line: list[str], names: Mapping[str, str]) -> int:
    return sum(folded(cell) in names for cell in line)


def folded(header: str) -> str:
    """As headers are looked up: lower case, single spaces."""
    return " ".join(header.casefold().split())


def _table(
    file: str, lines: list[list[str]], at: int, head: int, names: Mapping[str, str], numbers: frozenset[str]
) -> Table:
    places: dict[str, int] = {}
    for place, cell in enumerate(lines[at]):
        name = names.get(folded(cell))
        if name is None:
            continue
        if name in places:
            raise HengtanError(
                Problem("table.column-twice", file=file, row=at + head, column=cell, values={"column": cell})
            )
        places[name] = place
    body = [(at + 1 + head + number, line) for number, line in enumerate(lines[at + 1 :]) if any(line)]
    conventions = {name: _convention(body, place) for name, place in places.items() if name in numbers}
    rows, problems = [], []
    for number, line in body:
        cells = {name: line[place] if place < len(line) else "" for name, place in places.items()}
        for name, convention in conventions.items():
            given = cells[name]
            if not given or (convention not in DECIMAL_COMMA and _ORDINARY.fullmatch(given)):
                continue  # as nearly all are: their own plain text
            reading = read_number(given, convention)
            wrong = "table.number" if reading.problem or reading.text in ("nan", "inf") else too_long(reading.text)
            if wrong:
                problems.append(Problem(wrong, file=file, row=number, column=name, values={"value": given[:40]}))
            cells[name] = "" if wrong else reading.text or ""
        rows.append((number, cells))
    return Table(file, tuple(places), tuple(rows), tuple(problems))


def too_long(text: str | None) -> str:
    """The code of a number from 10^12 on, or of one that is not 0 and yet below 10^-12; "" for what can be counted with."""
    number = Decimal(text or 0)
    return "table.number-size" if number and not -12 <= number.adjusted() < 12 else ""


def _convention(body: list[tuple[int, list[str]]], place: int) -> Convention:
    """Where no cell of the column has a comma, a point is decimal and nothing is to be found out."""
    evidence = Evidence()
    cells = [line[place] for _, line in body if place < len(line)]
    if any("," in cell or "，" in cell for cell in cells):
        for cell in cells:
            if "," in cell or "." in cell or "，" in cell:
                evidence.add(read_number(cell))
    return evidence.convention
