"""What the page of problems shows: groups of problems with their cells, and of each sheet the rows around them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from decimal import Decimal
from math import isnan
from secrets import token_hex
from typing import Any

import pyarrow as pa

from hengtan.connectors.mapped import PERIOD, Opened
from hengtan.connectors.source import letter
from hengtan.connectors.spreadsheet import text_of
from hengtan.connectors.template import Template, column_index, load_template
from hengtan.problems import Problem, catalogue

from .judging import Judged, control_totals
from .models import Json

SPLIT = ("unit.", "type.", "region.")  # told apart by what the cell says
ROWS, CELLS, LINES, FEW = 2_000, 12, 60, 500
LANGS = ("en", "zh")


def preview(judged: Judged, mapping: Json, fixes: Iterable[Json] = ()) -> Json:
    """Everything of a check that is kept, as JSON; cells that a person changed say what stood there."""
    changed = _changed(fixes)
    places = _Places(judged)
    groups = _groups(judged, places)
    reference = judged.read.reference
    return {
        "checked": token_hex(6),
        "rows_in": judged.rows_in,
        "good": len(judged.posted),
        "rejected": judged.rejected,
        "left_out": len(judged.read.left_out),
        "controls": control_totals(judged),
        "groups": groups,
        "sheets": [
            _sheet(judged.read.opened[form["file"]], form, groups, changed[form["file"], form["sheet"]])
            for form in mapping["forms"]
            if form["use"] != "skip"
        ],
        "new_facilities": [name for name, _region in judged.new_facilities],
        "totals": dict(judged.totals),
        "published_kg": str(reference.total_kg) if reference else "",
        "months": list(judged.months),
    }


class _Places:
    """Where the cell of a problem stands."""

    def __init__(self, judged: Judged) -> None:
        self.sources = {(source.file, source.sheet): source for source in judged.read.sources}
        self.own: dict[tuple[str, str], dict[str, tuple[str, str]]] = {}
        for place, source in self.sources.items():
            if isinstance(source.data, pa.Table) and "cell" in source.data.column_names:
                units = source.data["unit_cell"] if "unit_cell" in source.data.column_names else source.data["cell"]
                cells = zip(source.data["cell"].to_pylist(), units.to_pylist(), strict=True)
                self.own[place] = dict(zip(source.data["activity_id"].to_pylist(), cells, strict=True))

    def cell(self, problem: Problem) -> str:
        """Of a wide sheet the cell of the quantity, else ""."""
        return self.own.get((problem.file, problem.sheet), {}).get(problem.activity_id, ("", ""))[0]

    def name(self, problem: Problem) -> str:
        """Of its column in the activity table; as the file has it where that is no column of the table."""
        source = self.sources.get((problem.file, problem.sheet))
        if source is None:
            return problem.column
        return next((name for name, header in source.headers.items() if header == problem.column), problem.column)

    def column(self, problem: Problem) -> int | None:
        """Its position from 0, None where the problem is of the row or of the file."""
        place = (problem.file, problem.sheet)
        source = self.sources.get(place)
        if source is None:
            return None
        cell = self.cell(problem)
        if not problem.column:  # of the row: a wide sheet has several in a line, told apart by their quantity
            return column_index("".join(c for c in cell if c.isalpha())) if cell else None
        name = self.name(problem)
        own = self.own.get(place, {}).get(problem.activity_id)
        if own and name in ("quantity", "unit"):
            return column_index("".join(c for c in (own[name == "unit"] or own[0]) if c.isalpha()))
        if name in source.letters:
            return column_index(source.letters[name])
        bracket = problem.column.rsplit("(", 1)[-1].rstrip(")")  # a wide sheet: "Quantity (L)"
        return column_index(bracket) if own and bracket.isalpha() and bracket.isupper() and len(bracket) < 4 else None


def _groups(judged: Judged, places: _Places) -> list[Json]:
    by: dict[tuple[str, str], list[Problem]] = defaultdict(list)
    for problem in judged.problems.listed:
        detail = problem.reason() if problem.code.startswith(SPLIT) else ""
        by[problem.code, detail].append(problem)
    many = {code for code, _ in by if sum(1 for other, _ in by if other == code) > 20}
    merged: dict[tuple[str, str], list[Problem]] = defaultdict(list)
    for (code, detail), found in by.items():
        merged[code, "" if code in many else detail] += found
    groups = [_group(code, found, judged, places) for (code, _), found in merged.items()]
    listed: dict[str, int] = defaultdict(int)
    for group in groups:
        listed[group["code"]] += group["count"]
    for group in groups:  # those that are counted and not listed any more
        group["count"] += max(0, judged.problems.counts[group["code"]] - listed.pop(group["code"], 10**9))
    groups.sort(key=lambda group: (group["severity"] != "error", group["code"] == "import.left-out", -group["count"]))
    return groups


def _group(code: str, found: list[Problem], judged: Judged, places: _Places) -> Json:
    first = found[0]
    cells, rows = list[Json](), dict[tuple[str, str, int, str], None]()
    columns = set()
    kg = Decimal(0)
    for problem in found[:ROWS]:
        if problem.row is None:
            continue
        column = places.column(problem)
        rows[problem.file, problem.sheet, problem.row, places.cell(problem)] = None
        columns.add(column)
        name = f"{letter(column)}{problem.row}" if column is not None else str(problem.row)
        if len(cells) < CELLS and name not in {cell["name"] for cell in cells}:
            cells.append(
                {
                    "file": problem.file, "sheet": problem.sheet, "row": problem.row, "column": column,
                    "name": name,
                }
            )  # fmt: skip
    for problem in found:
        kg += judged.posted.get(problem.activity_id, Decimal(0))
    values = sorted({value for problem in found if (value := problem.values.get(places.name(problem), ""))})
    return {
        "code": code,
        "severity": catalogue()[code].severity,
        "count": len(found),
        "reason": {lang: first.reason(lang) for lang in LANGS},
        "mend": {lang: first.mend(lang) for lang in LANGS},
        "whole": first.row is None,
        "cells": cells,
        "rows": [list(place) for place in rows],
        "column": next(iter(columns)) if len(columns) == 1 else None,
        "header": first.column,
        "value": values[0] if len(values) == 1 else "",
        "kg": f"{kg:f}",
    }


def _changed(fixes: Iterable[Json]) -> dict[tuple[str, str], dict[tuple[int, int], Json]]:
    """By file and sheet the cells that a person changed."""
    found: dict[tuple[str, str], dict[tuple[int, int], Json]] = defaultdict(dict)
    for fix in fixes:
        if fix["column"] is not None:
            found[fix["file"], fix["sheet"]][fix["row"], fix["column"]] = fix
    return found


def _sheet(opened: Opened, form: Json, groups: list[Json], changed: Mapping[tuple[int, int], Json]) -> Json:
    """The columns that are read, and the rows with problems between rows without."""
    sheet = opened.sheet(form["sheet"])
    columns = _columns(opened, form, sheet)
    marks: dict[int, dict[int | None, str]] = defaultdict(dict)
    for group in groups:
        if group["count"] > FEW or group["whole"]:
            continue
        kind = "bad" if group["severity"] == "error" else "warn"
        exact = {
            (cell["row"], cell["column"])
            for cell in group["cells"]
            if (cell["file"], cell["sheet"]) == (opened.file, sheet.name)
        }
        for file, name, row, *_ in group["rows"]:
            if (file, name) == (opened.file, sheet.name):
                at = next((column for number, column in exact if number == row), group["column"])
                if marks[row].get(at) != "bad":
                    marks[row][at] = kind
    template = load_template(form["template"]) if form["use"] == "template" else None
    head = template.first_row if template else int(form["header"])
    last = len(sheet.rows) + opened.head - 1
    for row, _column in list(changed)[:LINES]:
        marks[row].setdefault(None, "")
    chosen = sorted(marks, key=lambda row: ("bad" not in marks[row].values(), row))[:LINES]
    first = head + 1
    near = {row + step for row in chosen for step in (-1, 0, 1)} | set(range(first, first + (3 if chosen else 12)))
    lines: list[Json] = []
    before = head
    for row in sorted(row for row in near if head < row <= last):
        if row > before + 1:
            lines.append(_gap(before + 1, row - 1, marks))
        cells = sheet.rows[row - opened.head]
        lines.append(
            {
                "row": row,
                "mark": marks.get(row, {}).get(None, ""),
                "skip": template is not None and _skipped(template, cells),
                "cells": [
                    _cell(
                        cells[at] if at < len(cells) else "",
                        marks.get(row, {}).get(at, ""),
                        name == "quantity",
                        changed.get((row, at)),
                    )
                    for at, _header, name in columns
                ],
            }
        )
        before = row
    if before < last:
        lines.append(_gap(before + 1, last, marks))
    return {
        "file": opened.file,
        "sheet": sheet.name,
        "header": head,
        "columns": [
            {"at": at, "letter": letter(at), "header": header, "name": name, "number": name == "quantity"}
            for at, header, name in columns
        ],
        "lines": lines,
    }


def _cell(cell: Any, mark: str, right: bool, fix: Json | None = None) -> Json:
    """t: as shown, s: all of it where that is more; n: a number; was, by: what a person changed."""
    shown = _shown(cell, mark, right)
    return shown if fix is None else {**shown, "was": str(fix["old"])[:200] or "—", "by": fix["by"]}


def _shown(cell: Any, mark: str, right: bool) -> Json:
    text = text_of(cell)
    if isinstance(cell, int | float) and not isinstance(cell, bool):
        shown = f"{cell:,.2f}".rstrip("0").rstrip(".") if not (isinstance(cell, float) and isnan(cell)) else text
        return {"t": shown, "s": text if text != shown else "", "n": True, "mark": mark}
    return {"t": text[:80], "s": text[:400] if len(text) > 80 else "", "n": right, "mark": mark}


def _gap(first: int, last: int, marks: Mapping[int, Any]) -> Json:
    return {"gap": last - first + 1, "marked": sum(first <= row <= last for row in marks)}


def _columns(opened: Opened, form: Json, sheet: Any) -> list[tuple[int, str, str]]:
    """(position, header as in the file, what it is read as), in the order of the sheet."""
    found: dict[int, str] = {}
    if form["use"] == "template":
        template = load_template(form["template"])
        for name, value in template.values.items():
            if value.column is not None:
                found[value.column] = name
        body = [row for row in sheet.rows[template.first_row :] if not _skipped(template, row)]
        filled = {at for row in body for at, cell in enumerate(row) if cell not in ("", None)}
        for carrier in (each for each in template.carriers if each.quantity in filled):
            found[carrier.quantity] = "quantity"
            if carrier.unit.column is not None:
                found[carrier.unit.column] = "unit"
        if template.reference is not None:
            found[template.reference.column] = "control"
        heads = sheet.rows[template.header_rows[0] : template.header_rows[1] + 1]
        return [(at, _over(heads, at), found[at]) for at in sorted(found)]
    for name, at in form["columns"].items():
        found[at] = "start" if name == PERIOD else name
    line = sheet.rows[form["header"] - opened.head] if form["header"] - opened.head < len(sheet.rows) else []
    return [(at, text_of(line[at]) if at < len(line) else "", found[at]) for at in sorted(found)]


def _skipped(template: Template, row: list[Any]) -> bool:
    """Whether the row is no data: an example that the form brings along."""
    for skip in template.skip:
        text = text_of(row[skip.column]).strip() if skip.column < len(row) else ""
        if text == skip.equals or (skip.prefix and text.startswith(skip.equals)):
            return True
    return False


def _over(heads: list[list[Any]], column: int) -> str:
    """The header cells above a column of a wide sheet; a merged one stands at its left."""
    words: list[str] = []
    for line in heads:
        at = column
        while at > max(column - 2, -1) and (at >= len(line) or not text_of(line[at]).strip()):
            at -= 1
        text = " ".join(text_of(line[at]).split()) if 0 <= at < len(line) else ""
        if text and text not in words:
            words.append(text)
    return " ".join(words[-2:])[:60]
