"""An annual report as hengtan issues it (XLSX), read back into rows of a statement: last year's, that nobody wants to type again.

Each table of a place begins with the names of its columns: months by title, then the year with the parameter's id behind its title, how it
was obtained and where it stands. Both languages are known.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from hengtan.problems import HengtanError, Problem
from hengtan.sectors import SectorMethod
from hengtan.sectors.statement import COLUMNS

from .mapped import open_file
from .numbers import Convention, read_number
from .spreadsheet import text_of

_HEADS = {"参数", "Parameter", "parameter"}
_UNITS = {"单位", "计量单位", "Unit", "unit"}
_YEARS = {"全年", "Year", "year"}
_NAMES = {"单位名称", "Name", "重点排放单位名称", "Name of the entity"}
_NOTES = {"1—6 月", "7—12 月与全年", "January to June", "July to December, year"}
_DEFAULTS = {"缺省值", "default"}
_MISSING = {"—", "-", "", "未填写", "not given"}
_ID = re.compile(r"^(?P<title>.*\S)\s+(?P<id>[A-Za-z][\w.\-]*)$", re.S)


@dataclass(slots=True)
class _Place:
    """Tables of one place while they are read: months by title, the year by id."""

    months: dict[str, dict[str, str]] = field(default_factory=dict)
    years: dict[str, tuple[str, str, str, str, str]] = field(default_factory=dict)


def is_report(path: Path, file: str) -> bool:
    """Whether any sheet has a table of months as the report has them."""
    try:
        return any(_head(line) for sheet in open_file(path, file).sheets for line in _lines(sheet.rows))
    except HengtanError:
        return False


def read_report(path: Path, file: str, method: SectorMethod) -> tuple[list[list[str]], list[Problem]]:
    """Rows by ``COLUMNS`` (the entity's cell empty), and lines that could not be read. Raises HengtanError for what is no report.

    What was calculated from values that are there is calculated again, and what the guideline gave by default it gives again.
    """
    opened = open_file(path, file)
    places: dict[str, _Place] = {}
    name, heading = "", ""
    for sheet in opened.sheets:
        columns: list[str] = []
        for line in _lines(sheet.rows):
            first = line[0] if line else ""
            if len(line) > 1 and first in _NAMES and not name:
                name = line[1]
            if _head(line):
                columns = line
            elif len([cell for cell in line if cell]) <= 1:
                columns = []
                heading = heading if first in _NOTES else first or heading
            elif columns:
                _take(places.setdefault(heading, _Place()), columns, line)
    if not any(each.years for each in places.values()):
        raise HengtanError(Problem("sector.not-a-report", file=file))
    rows: list[list[str]] = []
    problems: list[Problem] = []
    for place, each in places.items():
        rows += _rows(_where(place, name, method), each, method, problems, file)
    return rows, problems


def _lines(rows: Sequence[Sequence[object]]) -> Iterator[list[str]]:
    for row in rows:
        cells = [text_of(cell).strip() for cell in row]
        while cells and not cells[-1]:
            cells.pop()
        yield cells


def _head(line: Sequence[str]) -> bool:
    return len(line) > 2 and line[0] in _HEADS and line[1] in _UNITS


def _take(place: _Place, columns: Sequence[str], line: Sequence[str]) -> None:
    cells = [*line, *[""] * (len(columns) - len(line))]
    found = _ID.match(cells[0])
    if columns[2] in _YEARS and found:
        place.years[found["id"]] = (found["title"].strip(), cells[1], cells[2], cells[3] if len(cells) > 3 else "", cells[4] if len(cells) > 4 else "")  # fmt: skip
    months = {head: cell for head, cell in zip(columns[2:], cells[2:], strict=False) if head.isdigit()}
    if months:
        title = found["title"].strip() if found and "." in found["id"] else cells[0]
        place.months.setdefault(title, {}).update(
            {month: cell for month, cell in months.items() if cell not in _MISSING}
        )


def _where(heading: str, name: str, method: SectorMethod) -> tuple[str, str]:
    """(process, unit) of a heading: ``process / unit``, one of them, or the enterprise's name."""
    if heading == name:
        return "", ""
    known = {text for each, title in method.processes.items() for text in (each, *title.values())}
    parts = [part.strip() for part in heading.split(" / ")]
    if len(parts) > 1:
        return parts[0], " / ".join(parts[1:])
    return (parts[0], "") if parts[0] in known else ("", parts[0])


def _rows(
    where: tuple[str, str], place: _Place, method: SectorMethod, problems: list[Problem], file: str
) -> Iterator[list[str]]:
    for parameter, (title, unit, year, how, source) in place.years.items():
        found = method.find(parameter)
        if found is None:
            problems.append(Problem("sector.report-line", file=file, values={"parameter": parameter, "title": title}))
            continue
        group, item, known = found
        siblings = {f"{group}.{item}.{part}" if group else part for way in known.ways for part in way.names} | {
            part for way in known.ways for part in way.names
        }
        if how in _DEFAULTS or (how in ("计算值", "calculated") and siblings & set(place.years)):
            continue
        months = place.months.get(title, {})
        cells = [(month, months[month]) for month in sorted(months, key=int)] or [("", year)]
        for month, cell in cells:
            if cell in _MISSING:
                continue
            reading = read_number(cell.replace(",", ""), Convention.POINT)
            if reading.problem:
                problems.append(
                    Problem("sector.report-line", file=file, values={"parameter": parameter, "title": cell})
                )
                continue
            row = dict.fromkeys(COLUMNS, "") | {
                "process": where[0], "unit_name": where[1], "parameter": parameter, "month": month, "value": reading.text or cell,
                "unit": unit, "obtained": "" if how in _MISSING or ";" in how or "；" in how else how,
                "source": "" if source in _MISSING else source[:200],
            }  # fmt: skip
            yield [row[column] for column in COLUMNS]
