"""The input of a compliance plan from a workbook (XLSX, XLS, ODS): sheets and columns by their names, in Chinese or English.

What is wrong is told with sheet, row and column. A sheet, a column or a row that would be left out unseen is refused.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from hengtan.market.compliance.cells import value_of
from hengtan.market.compliance.flat import Place, Taken, checked
from hengtan.market.compliance.sheets import Table, example, tables
from hengtan.problems import HengtanError, Problem

from .mapped import open_file
from .source import letter
from .spreadsheet import HEAD_ROWS, Sheet, text_of
from .table import folded

MARK = "mark"
MARKS = ("mark", "标记", "示例", "sample")
SAMPLE = ("示例 sample", "示例", "sample")
KINDS = (".xlsx", ".xls", ".ods")
MOST_ROWS = 20_000
_RESEMBLES = 3  # headers of ours that make a sheet of another name suspicious


@dataclass(slots=True)
class Workbook:
    """What stands in the sheets, as text; where: by table the sheet, the numbers of its rows and the headers as they are written there."""

    file: str
    given: dict[str, list[dict[str, str]]] = field(default_factory=dict)
    sheets: dict[str, str] = field(default_factory=dict)
    rows: dict[str, list[int]] = field(default_factory=dict)
    headers: dict[str, dict[str, str]] = field(default_factory=dict)
    lines: dict[str, int] = field(default_factory=dict)
    problems: list[Problem] = field(default_factory=list)

    def at(self, place: Place, problem: Problem) -> Problem:
        """The problem with sheet, row and column as the person sees them."""
        name, row, column = place
        numbers = self.rows.get(name, [])
        number = numbers[row] if row is not None and row < len(numbers) else None
        if name == "general":
            number = self.lines.get(column, number)
        lang = "zh" if any(self.sheets[each] == tables()[each].title["zh"] for each in self.sheets) else "en"
        header = tables()[name].column(column).title[lang] if column else ""
        return replace(
            problem, file=self.file, sheet=self.sheets.get(name, tables()[name].title[lang]), row=number,
            column=self.headers.get(name, {}).get(column, header),
        )  # fmt: skip


def read_input(path: Path, file: str) -> dict[str, Any]:
    """The input that a workbook holds, as the JSON would. Raises HengtanError with everything that is wrong."""
    book = read_workbook(path, file)
    found = taken_from(book)
    if book.problems or found.problems:
        raise HengtanError([*book.problems, *(book.at(*each) for each in found.problems)][:100])
    return found.value


def taken_from(book: Workbook) -> Taken:
    """What the sheets come to; their problems have places in the tables."""
    return checked(book.given)


def read_workbook(path: Path, file: str) -> Workbook:
    """The sheets as they are. Raises HengtanError for what cannot be opened, or holds no sheet of ours."""
    opened = open_file(path, file)
    if opened.kind not in ("xlsx", "xls", "ods"):
        raise HengtanError(Problem("comply.no-sheets", file=file))
    names = {folded(title): one for one in tables().values() for title in (one.name, *one.title.values())}
    book = Workbook(file)
    for sheet in opened.sheets:
        one = names.get(folded(sheet.name))
        if one is None:
            _stranger(book, sheet)
            continue
        if not any(text_of(cell).strip() for line in sheet.rows for cell in line):
            continue
        if not sheet.visible:
            book.problems.append(Problem("comply.sheet-hidden", file=file, sheet=sheet.name))
        if one.name in book.sheets:
            book.problems.append(Problem("comply.twice", file=file, sheet=sheet.name, values={"name": sheet.name}))
            continue
        book.sheets[one.name] = sheet.name
        (_general if one.name == "general" else _table)(book, one, sheet)
    if not book.given and not book.problems:
        raise HengtanError(Problem("comply.no-sheets", file=file))
    return book


def _stranger(book: Workbook, sheet: Sheet) -> None:
    """A sheet of one's own is left alone; one that looks like ours under another name is not."""
    if not sheet.visible:
        return
    for line in sheet.rows[:HEAD_ROWS]:
        cells = {_header(cell) for cell in line} - {""}
        for one in tables().values():
            known = cells & set(_known(one)) - set(MARKS)
            if one.name != "general" and len(known) >= _RESEMBLES:
                values = {"table": one.title["en"], "table_zh": one.title["zh"]}
                book.problems.append(Problem("comply.sheet-name", file=book.file, sheet=sheet.name, values=values))
                return


def _header(cell: Any) -> str:
    return folded(_unstarred(text_of(cell)))


def _unstarred(text: str) -> str:
    """A head without the star that says that it must be filled, and for which unit: «Vintage *CEA»."""
    bare = text.strip().lstrip("*").strip()
    return bare.partition("*")[0].strip()


def _known(one: Table) -> dict[str, str]:
    found = {folded(text): each.name for each in one.columns for text in (each.name, *each.title.values())}
    return found if one.name == "general" else found | dict.fromkeys(MARKS, MARK)


def _general(book: Workbook, one: Table, sheet: Sheet) -> None:
    """Name in the first column, value in the second."""
    known, cells = _known(one), dict[str, str]()
    for number, line in enumerate(sheet.rows, 1):
        label, text = _header(line[0]) if line else "", text_of(line[1]).strip() if len(line) > 1 else ""
        name = known.get(label)
        if name is None:
            if label and text and label not in ("item", "项目"):
                book.problems.append(_unknown(one, book.file, sheet.name, number, text_of(line[0]).strip()))
            continue
        if name in cells:
            book.problems.append(
                Problem("comply.twice", book.file, sheet.name, number, values={"name": text_of(line[0])})
            )
        cells[name] = text
        book.lines[name] = number
        book.headers.setdefault("general", {})[name] = _unstarred(text_of(line[0]))
    book.given["general"], book.rows["general"] = [cells], [1]


def _table(book: Workbook, one: Table, sheet: Sheet) -> None:
    known = _known(one)
    lines = [[text_of(cell).strip() for cell in line] for line in sheet.rows]
    head = max(range(min(len(lines), HEAD_ROWS)), key=lambda at: (sum(_header(c) in known for c in lines[at]), -at))
    places: dict[str, int] = {}
    for at, cell in enumerate(lines[head]):
        name = known.get(_header(cell))
        if name in places:
            book.problems.append(
                Problem("table.column-twice", book.file, sheet.name, head + 1, cell, values={"column": cell})
            )
        elif name is not None:
            places[name] = at
        elif cell or any(at < len(line) and line[at] for line in lines[head + 1 :]):
            book.problems.append(_unknown(one, book.file, sheet.name, head + 1, cell or letter(at)))
    book.headers[one.name] = {name: _unstarred(lines[head][at]) for name, at in places.items()}
    given, numbers = list[dict[str, str]](), list[int]()
    samples = [_values(one, row) for row in example().get(one.name, ())]
    for number, line in enumerate(lines[head + 1 :], head + 2):
        cells = {name: line[at] for name, at in places.items() if at < len(line) and line[at]}
        mark = folded(cells.pop(MARK, ""))
        if not cells:
            continue
        if mark in SAMPLE:
            if _values(one, cells) not in samples:
                book.problems.append(Problem("comply.sample-row", book.file, sheet.name, number))
            continue
        given.append(cells)
        numbers.append(number)
    if len(given) > MOST_ROWS:
        values = {"count": f"{len(given):,}", "most": f"{MOST_ROWS:,}"}
        raise HengtanError(Problem("comply.rows-most", book.file, sheet.name, values=values))
    book.given[one.name], book.rows[one.name] = given, numbers


def _values(one: Table, cells: Mapping[str, str]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for column in one.columns:
        if text := cells.get(column.name, ""):
            try:
                found[column.name] = value_of(column, text)
            except ValueError:
                found[column.name] = text
    return found


def _unknown(one: Table, file: str, sheet: str, row: int, name: str) -> Problem:
    def names(lang: str) -> str:
        return ", ".join(each.title[lang] for each in one.columns)

    values = {"name": name[:60], "known": names("en"), "known_zh": names("zh")}
    return Problem("comply.column-unknown", file, sheet, row, values=values)


def is_workbook(name: str) -> bool:
    """By the ending of a file's name."""
    return Path(name).suffix.lower() in KINDS


__all__: Sequence[str] = ("KINDS", "Workbook", "is_workbook", "read_input", "read_workbook", "taken_from")
