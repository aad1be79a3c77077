"""Files whose columns a person assigns: what stands in them, what is suggested, and the reading with cells corrected.

Where ``read`` refuses a sheet because a required column is missing or has a name nobody knows, a person says which column is which
and what holds for all rows; from there on the same reading judges the cells, and every row keeps the number that the person sees.
The sheets are held in memory.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from hengtan.problems import HengtanError, Problem, system

from .aliases import Aliases
from .csv_file import records
from .digest import sha256
from .faults import Faults, Place
from .headers import Layout, _tags, headings
from .sniff import Kind, kind_of
from .source import Reference, Source, letter
from .spreadsheet import EXAMPLE_MARK, HEAD_ROWS, Sheet, _table, header_row, sheets, text_of
from .template import Template, load_template, shipped
from .wide import _meant, _Reading, _same

PERIOD = "period"
"""One column that says first and last day together: a month, a quarter, a year."""

SAMPLES = 3


@dataclass(frozen=True, slots=True)
class Opened:
    """A file in memory. head: the number that the first of its rows has for the person (a Parquet file: 0, its names)."""

    path: Path
    file: str
    kind: Kind
    sheets: tuple[Sheet, ...]

    @property
    def head(self) -> int:
        """Added to a position in ``rows`` it gives the row as the person sees it."""
        return 0 if self.kind == "parquet" else 1

    def sheet(self, name: str) -> Sheet:
        """The sheet of this name; raises HengtanError when there is none."""
        for sheet in self.sheets:
            if sheet.name == name:
                return sheet
        found = ", ".join(sheet.name for sheet in self.sheets)
        raise HengtanError(Problem("template.sheet-missing", self.file, values={"sheet": name, "found": found}))


@dataclass(frozen=True, slots=True)
class Outline:
    """What stands in a sheet, and what is suggested.

    header    row of the column names as the person sees it; columns: canonical name -> position from 0
    samples   of each column, the first cells that hold anything
    template  a shipped template that knows the sheet, or ""
    """

    sheet: str
    visible: bool
    rows: int
    header: int
    headers: tuple[str, ...]
    samples: tuple[tuple[str, ...], ...]
    columns: Mapping[str, int]
    template: str


@dataclass(frozen=True, slots=True)
class Assignment:
    """How a person says that a sheet is read.

    header      row of the column names as the person sees it
    columns     canonical name -> position from 0; PERIOD stands for start and end
    constants   canonical name -> what holds for every row
    activity_id pattern of the ids where no column holds them, with ``{row}``
    """

    sheet: str
    header: int
    columns: Mapping[str, int]
    constants: Mapping[str, str] = field(default_factory=dict)
    activity_id: str = "{row}"


@dataclass(frozen=True, slots=True)
class Correction:
    """Another content of one cell; column is a position from 0, or None to leave the whole row out."""

    sheet: str
    row: int
    column: int | None
    value: str = ""


def open_file(path: Path, file: str) -> Opened:
    """The sheets of a file of any kind; raises HengtanError for what cannot be opened."""
    kind = kind_of(path, file)
    if kind == "csv":
        found = [Sheet("", True, list(records(path, file)), [], {})]
    elif kind == "parquet":
        found = [_of_parquet(path, file)]
    else:
        found = [
            sheet
            for sheet in sheets(path, file, kind)
            if not any(EXAMPLE_MARK in text_of(cell) for line in sheet.rows[:2] for cell in line)
        ]
    if not any(cell not in ("", None) for sheet in found for line in sheet.rows for cell in line):
        raise HengtanError(Problem("file.no-rows", file))
    return Opened(path, file, kind, tuple(found))


def _of_parquet(path: Path, file: str) -> Sheet:
    try:
        table = pq.read_table(path)
    except (pa.ArrowException, OSError) as error:
        raise HengtanError(Problem("file.unreadable", file, values=system("why", error))) from None
    columns = [["" if cell is None else cell for cell in column.to_pylist()] for column in table.columns]
    return Sheet("", True, [list(table.column_names), *map(list, zip(*columns, strict=True))], [], {})


def outlines(opened: Opened, aliases: Aliases | None = None) -> list[Outline]:
    """Of each sheet that holds anything."""
    found = []
    for sheet in opened.sheets:
        if any(cell not in ("", None) for line in sheet.rows for cell in line):
            found.append(outline(opened, sheet, aliases=aliases))
    return found


def outline(opened: Opened, sheet: Sheet, header: int | None = None, aliases: Aliases | None = None) -> Outline:
    """Of one sheet; ``header`` where the person says in which row the names stand."""
    aliases = aliases or Aliases()
    template = next((name for name in shipped() if knows(load_template(name), sheet)), "")
    head = [[text_of(cell) for cell in line] for line in sheet.rows[:HEAD_ROWS]]
    at = header - opened.head if header is not None else header_row(head, aliases.headers)
    if at is None or not 0 <= at < len(sheet.rows):
        at = max(range(len(head)), key=lambda row: (sum(map(bool, head[row])), -row), default=0)
    line = sheet.rows[at] if at < len(sheet.rows) else []
    cells = [text_of(cell).strip() for cell in line]
    while cells and not cells[-1]:
        cells.pop()
    body = sheet.rows[at + 1 :]
    samples = [_samples(body, column) for column in range(len(cells))]
    columns: dict[str, int] = {}
    for column, cell in enumerate(cells):
        name = aliases.headers.name_of(cell) if cell else None
        if name is not None and (name not in columns or cell.casefold() == name):
            columns[name] = column
    filled = sum(any(cell not in ("", None) for cell in row) for row in body)
    names = tuple(" ".join(cell.split()) for cell in cells)
    return Outline(sheet.name, sheet.visible, filled, at + opened.head, names, tuple(samples), columns, template)


def _samples(body: Sequence[Sequence[Any]], column: int) -> tuple[str, ...]:
    found: list[str] = []
    for row in body[:500]:
        text = text_of(row[column]).strip() if column < len(row) else ""
        if text and text not in found:
            found.append(text[:60])
            if len(found) == SAMPLES:
                break
    return tuple(found)


def knows(template: Template, sheet: Sheet) -> bool:
    """Whether the cells that the template expects stand in the sheet."""
    if not template.expect or (template.sheet and template.sheet != sheet.name):
        return False
    for (row, column), wanted in template.expect.items():
        cells = sheet.rows[row] if row < len(sheet.rows) else []
        if not _same(text_of(cells[column]) if column < len(cells) else "", wanted):
            return False
    return True


def corrected(opened: Opened, corrections: Iterable[Correction]) -> Opened:
    """The file with these cells as if they stood in it; the file itself stays as it is."""
    by_sheet: dict[str, list[Correction]] = {}
    for each in corrections:
        by_sheet.setdefault(each.sheet, []).append(each)
    if not by_sheet:
        return opened
    return replace(
        opened, sheets=tuple(_corrected(opened, sheet, by_sheet.get(sheet.name, ())) for sheet in opened.sheets)
    )


def _corrected(opened: Opened, sheet: Sheet, corrections: Sequence[Correction]) -> Sheet:
    if not corrections:
        return sheet
    rows, errors = list(sheet.rows), dict(sheet.errors)
    for each in corrections:
        at = each.row - opened.head
        if not 0 <= at < len(rows):
            continue
        if each.column is None:
            rows[at] = []
            errors = {place: shown for place, shown in errors.items() if place[0] != at}
            continue
        line = list(rows[at])
        line += [""] * (each.column + 1 - len(line))
        line[each.column] = each.value
        rows[at] = line
        errors.pop((at, each.column), None)
    return replace(sheet, rows=rows, errors=errors)


def read_assigned(opened: Opened, assignment: Assignment, aliases: Aliases, faults: Faults) -> Source:
    """The sheet as a source; raises HengtanError where a required column is neither assigned nor given."""
    sheet = opened.sheet(assignment.sheet)
    place = Place(opened.file, sheet.name)
    at = assignment.header - opened.head
    if not 0 <= at < len(sheet.rows):
        raise HengtanError(Problem("file.no-rows", opened.file, sheet.name))
    names = [text_of(cell).strip() for cell in sheet.rows[at]]
    width = max([len(names), *(column + 1 for column in assignment.columns.values())])
    names += [""] * (width - len(names))
    columns = {name: column for name, column in assignment.columns.items() if name in headings()}
    if PERIOD in assignment.columns:
        columns |= {"start": assignment.columns[PERIOD], "end": assignment.columns[PERIOD]}
    given = {name: text for name, text in assignment.constants.items() if text and name not in columns}
    if "activity_id" not in columns:
        given["activity_id"] = assignment.activity_id
    _require({*columns, *given}, opened, sheet, assignment.header)
    own = {name: width + number for number, name in enumerate(given)}
    rows: list[list[Any]] = [*sheet.rows[: at + 1]]
    for number, line in enumerate(sheet.rows[at + 1 :], at + 1):
        if all(cell is None or (isinstance(cell, str) and not cell.strip()) for cell in line):
            rows.append([])
            continue
        cells = [*line[:width], *[""] * (width - len(line))]
        rows.append([*cells, *(text.replace("{row}", str(number + opened.head)) for text in given.values())])
    headers = [*names, *("" for _ in given)]
    tags = _tags(names, columns, {})
    layout = Layout({**columns, **own}, tags, [name or letter(number) for number, name in enumerate(headers)], width)
    table, count = _table(replace(sheet, rows=rows), at, layout, place=place, aliases=aliases, faults=faults)
    if not count:
        raise HengtanError(Problem("file.no-rows", opened.file, sheet.name))
    if opened.head == 0:
        numbers = pa.array([row - 1 for row in table.column("row").to_pylist()], pa.int64())
        table = table.set_column(table.schema.get_field_index("row"), "row", numbers)
    seen = {name: headers[column] or name for name, column in columns.items()}
    letters = {} if opened.kind == "parquet" else {name: letter(column) for name, column in columns.items()}
    return _source(opened, sheet, table, seen, letters, count)


def _require(names: set[str], opened: Opened, sheet: Sheet, row: int) -> None:
    lacking = [each.name for each in headings().values() if each.required and each.name not in names]
    lacking = [name for name in lacking if not (name == "activity_type" and "factor_id" in names)]
    if lacking:
        titles = ", ".join(f"{name} ({headings()[name].title['zh']})" for name in lacking)
        values = {"columns": titles, "near": "-", "headers": "-"}
        raise HengtanError(Problem("file.column-missing", opened.file, sheet.name, row, values=values))


def read_by_template(
    opened: Opened, template: Template, aliases: Aliases, faults: Faults
) -> tuple[Source, Reference | None]:
    """The sheet that the template means; raises HengtanError when there is none."""
    sheet = _meant(list(opened.sheets), template, opened.file)
    reading = _Reading(
        sheet, template, Place(opened.file, sheet.name), aliases=aliases, faults=faults, stem=Path(opened.file).stem
    )
    reading.run()
    if not reading.lines:
        raise HengtanError(Problem("file.no-rows", opened.file, sheet.name))
    source = _source(opened, sheet, reading.table(), reading.headers(), reading.letters(), len(reading.lines))
    return source, reading.reference(opened.file)


def _source(
    opened: Opened, sheet: Sheet, table: pa.Table, headers: Mapping[str, str], letters: Mapping[str, str], rows: int
) -> Source:
    path = opened.path
    return Source(
        opened.file, path, sheet.name, sha256(path), path.stat().st_size, table, dict(headers), dict(letters), rows
    )
