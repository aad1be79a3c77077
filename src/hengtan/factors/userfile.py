"""A user's factor file: the 27 columns, optional ``published``; refused only for what cannot be computed."""

from __future__ import annotations

from collections.abc import Container, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

from hengtan import units
from hengtan.problems import Problem

from .factor import AMOUNTS, COLUMNS, DATES, NUMBERS, Factor, assumed_publication, decimal
from .regions import find_region
from .tabular import Line, Sheet, read_sheet

NEEDED = ("factor_id", "activity_unit")
WELCOME = {
    "source_title": "factor.source-missing",
    "licence": "factor.licence-missing",
    "category": "factor.category-missing",
    "name_zh": "factor.name-zh-missing",
}


@dataclass(frozen=True, slots=True)
class UserFile:
    """factors: what can be computed, by the row they stand in; drafts: every row, without what cannot be read.

    problems: errors (then the file is refused) and warnings, in row order
    """

    sheet: Sheet
    factors: dict[int, Factor]
    drafts: dict[int, Factor]
    problems: tuple[Problem, ...]

    @property
    def errors(self) -> list[Problem]:
        """What makes the file unusable for a calculation."""
        return [problem for problem in self.problems if problem.severity == "error"]


def read_user_file(path: Path, taken: Container[str] = (), shown: str = "") -> UserFile:
    """Read a factor file.

    taken  ids that stand elsewhere: in the library or in a file before
    Raises HengtanError where the file cannot be read at all or has no header with ``factor_id``.
    """
    sheet = read_sheet(path, "factor_id", shown)
    problems = list(_header(sheet))
    drafts = {line.row: _factor(line) for line in sheet.lines}
    factors: dict[int, Factor] = {}
    seen: dict[str, int] = {}
    if not sheet.lines:
        problems.append(Problem("factor.file-empty", file=sheet.file, sheet=sheet.name))
    for line in sheet.lines:
        own = list(_row(sheet, line, seen, taken))
        problems += own
        if not any(problem.severity == "error" for problem in own):
            factors[line.row] = drafts[line.row]
        seen.setdefault(line.cells.get("factor_id", ""), line.row)
    return UserFile(sheet, factors, drafts, tuple(problems))


def _header(sheet: Sheet) -> Iterator[Problem]:
    known = {*COLUMNS, "published"}
    for key, header in sheet.headers.items():
        if key not in known:
            yield Problem(
                "factor.column-unknown", file=sheet.file, sheet=sheet.name, column=header, values={"column": header}
            )


def _row(sheet: Sheet, line: Line, seen: dict[str, int], taken: Container[str]) -> Iterator[Problem]:
    def problem(code: str, column: str, **values: str) -> Problem:
        header = sheet.headers.get(column, column)
        values = {"factor_id": line.cells.get("factor_id", "") or "-", **values}
        return Problem(code, file=sheet.file, sheet=sheet.name, row=line.row, column=header, values=values)

    cells = line.cells
    factor_id, unit = cells.get("factor_id", ""), cells.get("activity_unit", "")
    if not factor_id:
        yield problem("factor.id-missing", "factor_id")
    elif factor_id in seen:
        yield problem("factor.id-twice", "factor_id", first=str(seen[factor_id]))
    elif factor_id in taken:
        yield problem("factor.id-taken", "factor_id")
    if not unit:
        yield problem("factor.unit-missing", "activity_unit")
    else:
        try:
            units.parse(unit)
        except units.UnitError as fault:
            yield problem("factor.unit-unknown", "activity_unit", unit=unit, near=fault.values.get("near", "-"))
    for name in NUMBERS:
        try:
            decimal(cells.get(name, ""))
        except ValueError:
            yield problem("factor.number-unreadable", name, value=cells[name])
    if not any(cells.get(name) for name in AMOUNTS):
        yield problem("factor.number-missing", "co2e_kg", columns=", ".join(AMOUNTS))
    for name in DATES:
        try:
            _day(cells.get(name, ""))
        except ValueError:
            yield problem("factor.date-unreadable", name, value=cells[name])
    if cells.get("scope") and _scope(cells["scope"]) is None:
        yield problem("factor.scope-unknown", "scope", value=cells["scope"])
    for name, code in WELCOME.items():
        if not cells.get(name):
            yield problem(code, name)


def _factor(line: Line) -> Factor:
    """The row as a factor; a cell that cannot be read is empty (its problem is told, the file refused)."""
    return factor_of(line.cells)


def factor_of(cells: Mapping[str, str]) -> Factor:
    """A factor from the cells of a factor file; one that cannot be read is empty."""
    typed: dict[str, Any] = {name: cells.get(name, "") for name in COLUMNS}
    for name in NUMBERS:
        with suppress(ValueError):
            typed[name] = decimal(typed[name])
    days: dict[str, date | None] = dict.fromkeys(DATES)
    for name in DATES:
        with suppress(ValueError):
            days[name] = _day(cells.get(name, ""))
    with suppress(units.UnitError):
        typed["activity_unit"] = units.parse(typed["activity_unit"]).symbol
    typed |= {name: None for name in NUMBERS if isinstance(typed[name], str)}
    published = days["published"]
    return Factor(
        **typed
        | days
        | {
            "gwp_set": typed["gwp_set"].upper().replace(" ", ""),
            "region": _region(typed["region"]),
            "scope": _scope(typed["scope"]),
            "published": published or assumed_publication(days["valid_from"]),
        },
        published_assumed=published is None,
        published_source="read: the factor file" if published else "",
        origin="user",
    )


def _day(cell: str) -> date | None:
    return date.fromisoformat(cell) if cell else None


def _region(cell: str) -> str:
    """The code of the place; as written where it is none, which only a pinned factor can live with."""
    place = find_region(cell) if cell else None
    return place.code if place else cell


def _scope(cell: str) -> int | None:
    digit = cell.lower().removeprefix("scope").removeprefix("范围").strip().removesuffix(".0")
    return int(digit) if digit in ("1", "2", "3") else None


def count_rows(path: Path) -> int:
    """How many factors a file holds, good or bad."""
    return len(read_sheet(path, "factor_id").lines)
