"""One row of an input as the person sees it: its cells with their addresses, what they were read as, and its key."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import ROUND_HALF_EVEN, Decimal, InvalidOperation, localcontext
from typing import Any

from .keys import KEY_TEXTS
from .lookup import rows_with
from .staging import INTERNAL, OPTIONAL, REQUIRED, Source
from .totals import EXACT

QUANTUM = Decimal("0.000001")


@dataclass(frozen=True, slots=True)
class Cell:
    """column: the contract's name; header as it stands in the file; address as a spreadsheet names it, "" if unknown.

    given   what stands there where it is not what it was read as, else ""
    """

    column: str
    header: str
    address: str
    given: str = ""


@dataclass(frozen=True, slots=True)
class SourceRow:
    """A row with its place. values: every column by name as text, "" where empty.

    quantity   DECIMAL(18,6) rounded half-even, None where it is no number; ``quantity_given`` as it was read
    """

    file: str
    sheet: str
    row: int
    values: Mapping[str, str]
    start: date | None
    end: date | None
    quantity: Decimal | None
    quantity_given: str
    cells: Mapping[str, Cell] = field(default_factory=dict)

    @property
    def year(self) -> int:
        """The year whose factors are wanted: the one with most of the days, the earlier of two with as many."""
        if self.start is None or self.end is None:
            return 0
        first, last = self.start.year, self.end.year
        if last - first > 1:
            return first + 1
        in_first = (date(first, 12, 31) - self.start).days + 1
        return first if first == last or in_first >= self.end.timetuple().tm_yday else last

    def has_key(self, plan: Mapping[str, Any], inputs: Iterable[str]) -> bool:
        """Whether the row belongs to a key of plan.parquet; ``inputs``: all columns that methods of the run read."""
        if plan["facility"] and plan["facility"] != self.values.get("facility", ""):
            return False
        if any((plan[name] or "") != self.values.get(name, "") for name in KEY_TEXTS):
            return False
        if plan["year"] != self.year or bool(plan["zero"]) != (self.quantity == 0):
            return False
        if plan["key_start"] and (plan["key_start"], plan["key_end"]) != (self.start, self.end):
            return False
        return all(plan["inputs"].get(name, "") == self.values.get(name, "") for name in inputs)


def source_rows(sources: Sequence[Source], activity_id: str) -> Iterator[SourceRow]:
    """Every row of the sources that carries the id."""
    for source in sources:
        for row in rows_with(source.data, "activity_id", activity_id):
            yield _row(source, row)


def _row(source: Source, row: Mapping[str, Any]) -> SourceRow:
    number = int(row["row"]) if row.get("row") is not None else row["position"] + 1
    values = {name: _text(value) for name, value in row.items() if name not in (*INTERNAL, "position")}
    given = _text(row.get("quantity"))
    cells = dict(_cells(source, row, number))
    return SourceRow(
        source.file,
        source.sheet,
        number,
        values,
        _day(row.get("start")),
        _day(row.get("end")),
        half_even(given),
        given,
        cells,
    )


def _cells(source: Source, row: Mapping[str, Any], number: int) -> Iterator[tuple[str, Cell]]:
    own = {"quantity": row.get("cell"), "unit": row.get("unit_cell")}
    given = {"unit": row.get("unit_as_given"), "activity_type": row.get("activity_type_as_given")}
    for name in (*REQUIRED, *OPTIONAL):
        if name in row:
            letter = source.letters.get(name, "")
            address = own.get(name) or (f"{letter}{number}" if letter else "")
            yield name, Cell(name, source.headers.get(name, ""), address, _text(given.get(name)))


def half_even(text: str) -> Decimal | None:
    """A quantity as it is posted: 6 places, half-even; None where it is no finite number."""
    try:
        number = Decimal(text)
    except InvalidOperation:
        return None
    if not number.is_finite() or abs(number) >= 10**13:
        return None
    with localcontext(EXACT):
        return number.quantize(QUANTUM, ROUND_HALF_EVEN)


def _text(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, Decimal):
        return f"{value:f}"
    return str(value)


def _day(value: Any) -> date | None:
    if isinstance(value, datetime):
        return value.date()
    if isinstance(value, date):
        return value
    try:
        return date.fromisoformat(str(value)[:10]) if value else None
    except ValueError:
        return None
