"""Reads a foreign wide sheet by its template: one long row for each operation and carrier with a quantity.

Every long row knows the cell that its quantity came from (``cell``) and that of its unit (``unit_cell``). A quantity of 0
is a row too. What the operation's publisher states for it is kept as a reference, to compare with after calculating.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pyarrow as pa

from hengtan.problems import HengtanError, Problem

from .aliases import Aliases
from .csv_file import records
from .dates import Side, read_date
from .digest import sha256
from .faults import Faults, Place, shown
from .numbers import Convention, Evidence, is_formula_error, plain, read_number
from .sniff import Kind
from .source import Operation, Reference, Source, letter
from .spreadsheet import Sheet, sheets, text_of
from .template import Carrier, Template, Value

_SIDES: Mapping[str, Side] = {"start": "start", "end": "end"}


def read_wide(
    path: Path, file: str, kind: Kind, template: Template, *, aliases: Aliases, faults: Faults
) -> tuple[Source, Reference | None]:
    """One sheet as a source, with the published totals; raises HengtanError when it is not the sheet that was meant."""
    if kind == "parquet":
        raise HengtanError(Problem("template.parquet", file, values={"name": template.name}))
    if kind == "csv":
        sheet = _meant([Sheet("", True, list(records(path, file)), [], {})], template, file)
    else:
        sheet = _meant(list(sheets(path, file, kind)), template, file)
    reading = _Reading(sheet, template, Place(file, sheet.name), aliases=aliases, faults=faults, stem=path.stem)
    reading.run()
    if not reading.lines:
        raise HengtanError(Problem("file.no-rows", file, sheet.name))
    source = Source(
        file,
        path,
        sheet.name,
        sha256(path),
        path.stat().st_size,
        reading.table(),
        reading.headers(),
        reading.letters(),
        len(reading.lines),
    )
    return source, reading.reference(file)


def _meant(found: list[Sheet], template: Template, file: str) -> Sheet:
    """The sheet whose name and cells are those that the template expects."""
    named = [sheet for sheet in found if not template.sheet or sheet.name == template.sheet]
    if not named:
        values = {"sheet": template.sheet, "found": ", ".join(sheet.name for sheet in found)}
        raise HengtanError(Problem("template.sheet-missing", file, values=values))
    problems = []
    for sheet in sorted(named, key=lambda sheet: not sheet.visible):
        wrong = [
            Problem(
                "template.expect",
                file,
                sheet.name,
                row + 1,
                letter(column),
                values={"wanted": wanted, "found": shown(is_there) or "-", "name": template.name},
            )
            for (row, column), wanted in template.expect.items()
            if _same(is_there := text_of(_at(sheet, row, column)), wanted) is False
        ]
        if not wrong:
            return sheet
        problems += wrong
    raise HengtanError(problems)


def _at(sheet: Sheet, row: int, column: int) -> Any:
    return sheet.rows[row][column] if row < len(sheet.rows) and column < len(sheet.rows[row]) else ""


def _same(given: str, wanted: str) -> bool:
    return " ".join(given.split()).casefold() == " ".join(wanted.split()).casefold()


class _Reading:
    """One pass over a sheet."""

    def __init__(
        self, sheet: Sheet, template: Template, place: Place, *, aliases: Aliases, faults: Faults, stem: str
    ) -> None:
        self.sheet, self.template, self.aliases, self.faults, self.place = sheet, template, aliases, faults, place
        self.stem = stem
        self.lines: list[dict[str, Any]] = []
        self.operations: list[Operation] = []
        self.activities: dict[str, int] = {}
        self._spanned = self._spans()
        self._conventions = {carrier.quantity: self._convention(carrier.quantity) for carrier in template.carriers}

    def _convention(self, column: int) -> Convention:
        if self.aliases.numbers is not Convention.OPEN:
            return self.aliases.numbers
        seen = Evidence()
        for row in range(self.template.first_row, len(self.sheet.rows)):
            if isinstance(cell := _at(self.sheet, row, column), str) and cell:
                seen.add(read_number(cell))
        return seen.convention

    def _spans(self) -> dict[tuple[int, int], str]:
        spans = {}
        for (top, left), (bottom, right) in self.sheet.merges:
            name = f"{letter(left)}{top + 1}:{letter(right)}{bottom + 1}"
            for row in range(max(top, self.template.first_row), min(bottom, len(self.sheet.rows) - 1) + 1):
                for column in range(left, min(right, 16_383) + 1):
                    spans[row, column] = name
        return spans

    def run(self) -> None:
        """Reads all rows."""
        for row in range(self.template.first_row, len(self.sheet.rows)):
            cells = self.sheet.rows[row]
            if all(text_of(cell).strip() == "" for cell in cells) or self._skipped(cells):
                continue
            self._operation(row)

    def _skipped(self, cells: Sequence[Any]) -> bool:
        for skip in self.template.skip:
            text = text_of(cells[skip.column]).strip() if skip.column < len(cells) else ""
            if text == skip.equals or (skip.prefix and text.startswith(skip.equals)):
                return True
        return False

    def _operation(self, row: int) -> None:
        template, index = self.template, len(self.operations)
        facility = self._text(template.values["facility"], row)
        reference, published, cell = template.reference, None, ""
        if reference is not None:
            cell = f"{letter(reference.column)}{row + 1}"
            published = self._published(row, reference.column)
            published = published * reference.kg if published is not None else None
        self.operations.append(Operation(self.place.file, self.place.sheet, row + 1, facility or "", cell, published))
        for carrier in template.carriers:
            if text_of(_at(self.sheet, row, carrier.quantity)).strip():
                line = self._line(row, carrier)
                self.lines.append(line)
                self.activities[line["activity_id"]] = index

    def _published(self, row: int, column: int) -> Decimal | None:
        text = text_of(given) if isinstance(given := _at(self.sheet, row, column), str) else plain(given)
        reading = read_number(text, Convention.POINT)
        if reading.text is None or reading.text.lstrip("-") in ("nan", "inf"):
            if text.strip():
                values = {"value": shown(text), "cell": f"{letter(column)}{row + 1}"}
                self.faults.add("template.reference-unreadable", self.place, row + 1, self._header(column), values)
            return None
        return Decimal(reading.text)

    def _line(self, row: int, carrier: Carrier) -> dict[str, Any]:
        column = letter(carrier.quantity)
        gaps = {"row": str(row + 1), "column": column, "stem": self.stem}
        line: dict[str, Any] = {
            "activity_id": self.template.activity_id.format_map(gaps),
            "activity_type": carrier.activity_type,
            "row": row + 1,
            "cell": f"{column}{row + 1}",
            "unit_cell": None,
            "unreadable": False,
            "unit_as_given": None,
        }
        line["quantity"] = self._quantity(row, carrier.quantity, line)
        self._unit(row, carrier, line)
        for name, value in {**self.template.values, **carrier.values}.items():
            side = _SIDES.get(name)
            if side is not None:
                line[name] = self._date(side, value, row, line)
            else:
                text = self._checked(value, row, line)
                line[name] = (self.aliases.name(name, text) or text) if text else text
        for name, value in self.template.tags.items():
            line[name] = self._text(value, row)
        return line

    def _quantity(self, row: int, column: int, line: dict[str, Any]) -> str | None:
        cell = _at(self.sheet, row, column)
        self._merge(row, column, line)
        if isinstance(cell, int | float) and not isinstance(cell, bool):
            return plain(cell)
        reading = read_number(text_of(cell), self._conventions[column])
        if reading.problem:
            self._fault(reading.problem, row, column, text_of(cell), line)
        return reading.text

    def _unit(self, row: int, carrier: Carrier, line: dict[str, Any]) -> None:
        given = self._checked(carrier.unit, row, line)
        if carrier.unit.column is not None:
            line["unit_cell"] = f"{letter(carrier.unit.column)}{row + 1}"
        unit = None
        if given is not None:
            unit = next((name for word, name in carrier.units.items() if _same(word, given)), None)
            unit = unit or self.aliases.name("unit", given)
        quantity = line["quantity"]
        if unit is None and carrier.unit_if_zero and quantity is not None and _is_zero(quantity):
            unit = carrier.unit_if_zero
        line["unit"] = unit or given
        if given is not None and line["unit"] != given:
            line["unit_as_given"] = given

    def _date(self, side: Side, value: Value, row: int, line: dict[str, Any]) -> date | None:
        cell = self._cell(value, row)
        if value.match is None and isinstance(cell, date):
            return cell.date() if isinstance(cell, datetime) else cell
        text = self._text(value, row)
        day = read_date(text or "", side, self.aliases.dates, self.sheet.shift_days)
        if isinstance(day, str):
            column = value.column if value.column is not None else value.cell[1] if value.cell else 0
            self._fault(day, row if value.cell is None else value.cell[0], column, text or "", line)
            return None
        return day

    def _cell(self, value: Value, row: int) -> Any:
        if value.cell is not None:
            return _at(self.sheet, *value.cell)
        return _at(self.sheet, row, value.column) if value.column is not None else value.text

    def _text(self, value: Value, row: int) -> str | None:
        text = text_of(self._cell(value, row)).strip()
        if value.match is not None:
            found = value.match.search(text)
            text = (found[1] or "").strip() if found else ""
        return text or None

    def _checked(self, value: Value, row: int, line: dict[str, Any]) -> str | None:
        text = self._text(value, row)
        if value.column is not None:
            self._merge(row, value.column, line)
            if text and is_formula_error(text):
                self._fault("cell.formula-error", row, value.column, text, line)
        return text

    def _merge(self, row: int, column: int, line: dict[str, Any]) -> None:
        if (cells := self._spanned.get((row, column))) is not None:
            line["unreadable"] = True
            self.faults.add("cell.merged", self.place, row + 1, self._header(column), {"cells": cells})

    def _fault(self, code: str, row: int, column: int, value: str, line: dict[str, Any]) -> None:
        line["unreadable"] = True
        values = {"value": shown(value), "column": self._header(column)}
        self.faults.add(code, self.place, row + 1, self._header(column), values)

    def _header(self, column: int) -> str:
        """What stands above a column, the last two header cells: ``Natural Gas / Quantity (L)``."""
        top, bottom = self.template.header_rows
        parts: list[str] = []
        for row in range(top, bottom + 1):
            text = " ".join(text_of(self._over(row, column)).split())
            if text and text not in parts:
                parts.append(text)
        name = " / ".join(parts[-2:])
        return f"{name} ({letter(column)})" if name else letter(column)

    def _over(self, row: int, column: int) -> Any:
        for (top, left), (bottom, right) in self.sheet.merges:
            if top <= row <= bottom and left <= column <= right:
                return _at(self.sheet, top, left)
        return _at(self.sheet, row, column)

    def table(self) -> pa.Table:
        """The long table; columns that no row fills are left out."""
        kinds = {"start": pa.date32(), "end": pa.date32(), "row": pa.int64(), "unreadable": pa.bool_()}
        names = list(dict.fromkeys(name for line in self.lines for name in line))
        columns = {
            name: pa.array([line.get(name) for line in self.lines], kinds.get(name, pa.string())) for name in names
        }
        needed = ("activity_id", "facility", "activity_type", "start", "end", "quantity", "unit", "cell")
        kept = {n: c for n, c in columns.items() if n in needed or c.null_count < len(c)}
        return pa.table(kept)

    def _columns(self) -> Mapping[str, int]:
        first = self.template.carriers[0]
        columns = {"quantity": first.quantity} | ({"unit": first.unit.column} if first.unit.column is not None else {})
        return {n: v.column for n, v in self.template.values.items() if v.column is not None} | columns

    def headers(self) -> dict[str, str]:
        """Canonical name -> header; quantity and unit stand in several columns, so theirs is only the last word."""
        seen = {name: self._header(column) for name, column in self._columns().items()}
        plain_names = {name: text.rsplit(" (", 1)[0] for name, text in seen.items()}
        return {n: t.split(" / ")[-1] if n in ("quantity", "unit") else t for n, t in plain_names.items()}

    def letters(self) -> dict[str, str]:
        """Canonical name -> column letter, without quantity and unit, which stand in several columns."""
        return {n: letter(c) for n, c in self._columns().items() if n not in ("quantity", "unit")}

    def reference(self, file: str) -> Reference | None:
        """The published totals, if the template names a column for them."""
        stated = self.template.reference
        if stated is None:
            return None
        total = sum((o.published_kg for o in self.operations if o.published_kg is not None), start=Decimal(0))
        return Reference(stated.title, tuple(self.operations), self.activities, total, stated.tolerance_pct)


def _is_zero(text: str) -> bool:
    try:
        return float(text) == 0
    except ValueError:
        return False
