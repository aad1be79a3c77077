"""XLSX, XLS and ODS: every visible sheet that has the required headers, through calamine.

A header may stand below titles, among the first 30 rows. Hidden sheets are told and not read; a sheet that opens with
``hengtan:example`` is the example of our own template and is left out.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import python_calamine as calamine

from hengtan.problems import HengtanError, Problem, system

from .aliases import Aliases
from .block import DATES, Raw, Reader, evidence
from .compound import failed_formulas
from .dates import EPOCH_SHIFT_1904
from .digest import sha256
from .faults import Faults, Place
from .headers import Headers, Layout, headings
from .numbers import plain
from .sheet_scan import Scan, Scans, Span, scan_ods, scan_xlsx
from .sniff import Kind
from .source import Source, letter

HEAD_ROWS = 30
EXAMPLE_MARK = "hengtan:example"
_RESEMBLES = 3  # required columns that make a sheet look like data
_REQUIRED = 7


@dataclass(frozen=True, slots=True)
class Sheet:
    """The cells of one sheet from A1 on: text, int, float, bool, date, datetime, time; "" is empty."""

    name: str
    visible: bool
    rows: list[list[Any]]
    merges: Sequence[Span]
    errors: Mapping[tuple[int, int], str]
    shift_days: int = 0


def read_spreadsheet(path: Path, file: str, kind: Kind, aliases: Aliases, faults: Faults) -> list[Source]:
    """One source for each sheet with the required headers; raises HengtanError when there is none."""
    digest, size = sha256(path), path.stat().st_size
    sources: list[Source] = []
    others: list[tuple[Sheet, int]] = []
    empty: list[str] = []
    for sheet in sheets(path, file, kind):
        head = [[text_of(cell) for cell in line] for line in sheet.rows[:HEAD_ROWS]]
        if any(EXAMPLE_MARK in cell for line in head[:2] for cell in line):
            continue
        at = header_row(head, aliases.headers)
        if at is None or aliases.headers.missing(head[at]):
            others.append((sheet, at if at is not None else -1))
            continue
        if not sheet.visible:
            faults.add("file.sheet-hidden", Place(file, sheet.name))
            continue
        layout = aliases.headers.layout(head[at], file=file, sheet=sheet.name, row=at + 1)
        table, rows = _table(sheet, at, layout, place=Place(file, sheet.name), aliases=aliases, faults=faults)
        if rows:
            seen, letters = layout.seen(), layout.letters()
            sources.append(Source(file, path, sheet.name, digest, size, table, seen, letters, rows))
        else:
            empty.append(sheet.name)
    if not sources:
        _nothing(file, others, empty, aliases.headers)
    for sheet, at in others:
        if sheet.visible and at >= 0:
            head_cells = [text_of(cell) for cell in sheet.rows[at]]
            lacking = aliases.headers.missing(head_cells)
            if _REQUIRED - len(lacking) >= _RESEMBLES:
                missing = ", ".join(f"{name} ({headings()[name].title['zh']})" for name in lacking)
                faults.add("file.sheet-skipped", Place(file, sheet.name), at + 1, values={"columns": missing})
    return sources


def sheets(path: Path, file: str, kind: Kind) -> Iterator[Sheet]:
    """The sheets of a workbook, one at a time; raises HengtanError for what cannot be opened."""
    scans = scan_xlsx(path, file) if kind == "xlsx" else scan_ods(path, file) if kind == "ods" else Scans({})
    failed = failed_formulas(path, file) if kind == "xls" else []
    try:
        book = calamine.CalamineWorkbook.from_path(str(path))
    except calamine.PasswordError:
        raise HengtanError(Problem("file.encrypted", file)) from None
    except BaseException as error:  # a panic of the reader is no Exception
        raise _unreadable(error, file) from None
    with book:
        for number, about in enumerate(book.sheets_metadata):
            if about.typ != calamine.SheetTypeEnum.WorkSheet:
                continue
            try:
                sheet = book.get_sheet_by_name(about.name)
                rows = sheet.to_python(skip_empty_area=False)
                merges = sheet.merged_cell_ranges or []
            except BaseException as error:
                raise _unreadable(error, file, about.name) from None
            scan = scans.sheets.get(about.name) or Scan()
            errors = failed[number] if number < len(failed) else scan.errors
            visible = about.visible == calamine.SheetVisibleEnum.Visible
            shift = EPOCH_SHIFT_1904 if scans.epoch_1904 else 0
            for (row, column), shown in errors.items():
                if row < len(rows) and column < len(rows[row]):
                    rows[row][column] = shown
            yield Sheet(about.name, visible, rows, [*merges, *scan.merges], errors, shift)


def _unreadable(error: BaseException, file: str, sheet: str = "") -> BaseException:
    if isinstance(error, KeyboardInterrupt | SystemExit | MemoryError | GeneratorExit):
        return error
    return HengtanError(Problem("file.unreadable", file, sheet, values=system("why", error)))


def header_row(head: list[list[str]], headers: Headers) -> int | None:
    """The first line that names all required columns, else the one that names most, else None."""
    best, most = None, 0
    for at, cells in enumerate(head):
        known = headers.known(cells)
        if known and not headers.missing(cells):
            return at
        if known > most:
            best, most = at, known
    return best


def _nothing(file: str, others: list[tuple[Sheet, int]], empty: list[str], headers: Headers) -> None:
    """Raises what explains best why no sheet could be read."""
    if empty:
        raise HengtanError(Problem("file.no-rows", file, ", ".join(empty)))
    likely = max(
        ((headers.known([text_of(c) for c in sheet.rows[at]]), sheet, at) for sheet, at in others if at >= 0),
        key=lambda found: found[0],
        default=None,
    )
    if likely is not None:
        _, sheet, at = likely
        headers.layout([text_of(c) for c in sheet.rows[at]], file=file, sheet=sheet.name, row=at + 1)
    filled = [sheet for sheet, _ in others if any(cell != "" for line in sheet.rows for cell in line)]
    if not filled:
        raise HengtanError(Problem("file.no-rows", file))
    first = next(text_of(cell) for line in filled[0].rows for cell in line if cell != "")
    raise HengtanError(Problem("file.no-header", file, filled[0].name, 1, values={"first": first[:80]}))


def _table(
    sheet: Sheet, header: int, layout: Layout, *, place: Place, aliases: Aliases, faults: Faults
) -> tuple[pa.Table, int]:
    body = sheet.rows[header + 1 :]
    numbers = np.arange(header + 2, header + 2 + len(body), dtype=np.int64)
    broken = _merged(sheet, header, layout, place, faults)
    dates = {layout.columns[name] for name in DATES if name in layout.columns}
    quantity = layout.columns["quantity"]
    texts, typed = {}, {}
    for at in (*layout.columns.values(), *layout.tags.values()):
        cells = [line[at] if at < len(line) else "" for line in body]
        if at in dates:
            texts[at], typed[at] = _dates(cells)
        elif at == quantity:
            texts[at], typed[at] = _numbers(cells)
        else:
            texts[at] = pa.array([text_of(cell) for cell in cells], pa.string())
    layout.tell_misfits(place, faults)
    tags = {at: name for name, at in layout.tags.items()}
    for (row, column), shown in sheet.errors.items():
        if row > header and column in tags and tags[column] in layout.inputs:
            broken[row - header - 1] = True
            faults.add("cell.formula-error", place, row + 1, layout.headers[column], {"value": shown})
        elif row > header and column in tags:
            faults.add("cell.formula-error-tag", place, row + 1, tags[column], {"value": shown})
    mine = Faults()
    reader = Reader(layout, place, aliases, mine, shift_days=sheet.shift_days)
    reader.settle(evidence([texts[quantity]]))
    table = reader.read(Raw(texts, numbers, typed), broken)
    faults.take(mine)
    return table, table.num_rows


def _merged(sheet: Sheet, header: int, layout: Layout, place: Place, faults: Faults) -> Any:
    """Marks the rows that a merge covers in a column we read: nobody can tell which of them the value is for."""
    broken = np.zeros(len(sheet.rows) - header - 1, dtype=bool)
    names = {at: layout.headers[at] for at in layout.columns.values()}
    for (top, left), (bottom, right) in sheet.merges:
        over = [at for at in sorted(names) if left <= at <= right]
        anchor = sheet.rows[top][left] if top < len(sheet.rows) and left < len(sheet.rows[top]) else ""
        if bottom <= header or not over or anchor == "":
            continue
        cells = f"{letter(left)}{top + 1}:{letter(right)}{bottom + 1}"
        for row in range(max(top, header + 1), min(bottom, len(sheet.rows) - 1) + 1):
            if any(cell != "" for cell in sheet.rows[row]):
                broken[row - header - 1] = True
                faults.add("cell.merged", place, row + 1, names[over[0]], {"cells": cells})
    return broken


def _dates(cells: list[Any]) -> tuple[pa.Array, pa.Array]:
    days = [(c.date() if isinstance(c, datetime) else c) if isinstance(c, date) else None for c in cells]
    texts = [None if isinstance(c, date) else text_of(c) for c in cells]
    return pa.array(texts, pa.string()), pa.array(days, pa.date32())


def _numbers(cells: list[Any]) -> tuple[pa.Array, pa.Array]:
    number = [isinstance(c, int | float) and not isinstance(c, bool) for c in cells]
    typed = [plain(c) if is_number else None for c, is_number in zip(cells, number, strict=True)]
    texts = [None if is_number else text_of(c) for c, is_number in zip(cells, number, strict=True)]
    return pa.array(texts, pa.string()), pa.array(typed, pa.string())


def text_of(cell: Any) -> str:
    """A cell as text: 1001.0 is ``1001``, a date is ISO, TRUE and FALSE as a spreadsheet shows them."""
    if isinstance(cell, str):
        return cell
    if isinstance(cell, bool):
        return "TRUE" if cell else "FALSE"
    if isinstance(cell, int | float):
        return plain(cell) if abs(cell) < 1e15 or cell % 1 else str(int(cell))
    if isinstance(cell, datetime):
        return cell.date().isoformat() if cell.time() == datetime.min.time() else cell.isoformat(" ")
    return str(cell)
