"""Turns raw cells into the columns of CONTRACT section 2, column by column and never row by row.

Every text column goes through its distinct values: those are few even in ten million rows (types, units, facilities,
dates), so Python looks at each once. Numbers and ids, which differ in every row, stay in Arrow as long as they are plain.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from .aliases import VALUE_KINDS, Aliases
from .dates import Side, read_date
from .faults import Faults, Place
from .headers import Layout
from .numbers import DECIMAL_COMMA, Convention, Evidence, Reading, is_formula_error, read_number

BLANK = " \t\r\n\u000b\u000c\u0085\u00a0\u2002\u2003\u2009\u200b\u202f\u3000\ufeff"
DATES: tuple[Side, ...] = ("start", "end")
_GROUPED = r"^-?[0-9]{1,3}(,[0-9]{3})+(\.[0-9]+)$|^-?[0-9]{1,3}(,[0-9]{3}){2,}$"
_POINTED = r"^-?[0-9]+(\.[0-9]+)?([eE][+-]?[0-9]{1,9})?$"
_COMMA_DECIMAL = r"^-?([0-9]+|[0-9]{1,3}(\.[0-9]{3})+)(,[0-9]+)?$"
_ONE_COMMA = r"^-?[1-9][0-9]{0,2},[0-9]{3}$"
_UNEVEN = r"^-?[1-9][0-9]{0,2},[0-9]{2}0$"
_EITHER = r"^-?[1-9][0-9]{0,2}[,.][0-9]{3}$"


class Swayed(Exception):  # noqa: N818  (a turn in the way of reading, not a fault)
    """A cell of the quantity column can only be read with evidence from the whole column."""


@dataclass(frozen=True, slots=True)
class Raw:
    """Cells as they came: ``texts`` by position, null where the cell is empty or ``typed`` holds its value.

    typed  position -> date32 (dates) or string in plain decimal form (quantity), as a spreadsheet or Parquet types them
    """

    texts: Mapping[int, pa.Array]
    rows: Any  # numpy int64: row as the person sees it
    typed: Mapping[int, pa.Array] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class _Distinct:
    """The distinct values of a column, and for each cell the index of its value; null stays null."""

    index: pa.Array
    values: list[str]


@dataclass(frozen=True, slots=True)
class _Rows:
    """numbers: rows as the person sees them; unreadable: marked on the way."""

    numbers: Any
    unreadable: Any


class Reader:
    """Reads the blocks of one table; remembers each distinct text it has seen."""

    def __init__(
        self,
        layout: Layout,
        place: Place,
        aliases: Aliases,
        faults: Faults,
        *,
        shift_days: int = 0,
    ) -> None:
        self.layout, self.place, self.aliases, self.faults = layout, place, aliases, faults
        self.shift_days = shift_days
        self.convention, self.settled = aliases.numbers, aliases.numbers is not Convention.OPEN
        self._dates: dict[tuple[str, str], date | str | None] = {}
        self._numbers: dict[str, Reading] = {}
        self._told = self.settled  # the aliases file says it: nothing is concluded

    def settle(self, convention: Convention) -> None:
        """From now on commas and points mean what the whole column shows; what was noted before is forgotten."""
        if not self.settled:
            self.convention, self.settled = convention, True
            self._numbers.clear()
            self.faults.forget()

    def read(self, raw: Raw, broken: Any = None) -> pa.Table:
        """One block as a table with ``row`` and ``unreadable``; ``broken`` marks rows already known to be unreadable."""
        count = len(raw.rows)
        keep = self._filled(raw, count, broken)
        if keep is not None:
            mask = pa.array(keep)
            raw = Raw(
                {at: column.filter(mask) for at, column in raw.texts.items()},
                raw.rows[keep],
                {at: column.filter(mask) for at, column in raw.typed.items()},
            )
            broken = broken[keep] if broken is not None else None
            count = len(raw.rows)
        rows = _Rows(raw.rows, np.zeros(count, dtype=bool) if broken is None else broken.copy())
        columns: dict[str, pa.Array] = {}
        for name, at in self.layout.columns.items():
            text, typed = raw.texts.get(at), raw.typed.get(at)
            if name in DATES:
                columns[name] = self._date_column(name, text, typed, rows)
            elif name == "quantity":
                unit = raw.texts.get(self.layout.columns.get("unit", -1))
                columns[name] = self._quantity(text, typed, unit, rows)
            else:
                columns.update(self._words(name, text, rows))
        for name, at in self.layout.tags.items():
            columns[name] = trimmed(raw.texts[at])
        columns["row"] = pa.array(raw.rows, pa.int64())
        columns["unreadable"] = pa.array(rows.unreadable)
        return pa.table(columns)

    def _filled(self, raw: Raw, count: int, broken: Any) -> Any:
        """A mask of the rows that hold anything or are broken, or None when that is all of them."""
        empty = np.ones(count, dtype=bool) if broken is None else ~broken
        first = [self.layout.columns[name] for name in ("activity_id", "quantity") if name in self.layout.columns]
        for at in (*first, *(at for at in raw.texts if at not in first)):
            if at in raw.typed:
                empty &= raw.typed[at].is_null().to_numpy(zero_copy_only=False)
            if at in raw.texts:
                empty &= blank(raw.texts[at])
            if not empty.any():
                return None
        return ~empty

    def _words(self, name: str, text: pa.Array, rows: _Rows) -> dict[str, pa.Array]:
        column = trimmed(text)
        if _some_error(column):
            distinct = _distinct(column)
            codes = ["cell.formula-error" if is_formula_error(value) else "" for value in distinct.values]
            self._note(codes, distinct, name, rows)
        if name not in VALUE_KINDS or name not in self.aliases.values:
            return {name: column}
        index, values = (distinct := _distinct(column)).index, distinct.values
        names = [self.aliases.name(name, value) for value in values]
        if not any(names):
            return {name: column}
        now = pa.array([new or value for new, value in zip(names, values, strict=True)], pa.string())
        columns = {name: now.take(index)}
        if name in ("unit", "activity_type"):
            given = [value if new not in (None, value) else None for new, value in zip(names, values, strict=True)]
            columns[f"{name}_as_given"] = pa.array(given, pa.string()).take(index)
        return columns

    def _date_column(self, side: Side, text: pa.Array, typed: pa.Array | None, rows: _Rows) -> pa.Array:
        if text is None or text.null_count == len(text):
            return typed if typed is not None else pa.nulls(len(rows.numbers), pa.date32())
        distinct = _distinct(text)
        read = [self._day(value, side) for value in distinct.values]
        days = pa.array([day if isinstance(day, date) else None for day in read], pa.date32()).take(distinct.index)
        self._note([day if isinstance(day, str) else "" for day in read], distinct, side, rows)
        return pc.coalesce(typed, days) if typed is not None else days

    def _day(self, text: str, side: Side) -> date | str | None:
        key = (text, side)
        if key not in self._dates:
            day = read_date(text.strip(BLANK), side, self.aliases.dates, self.shift_days)
            if len(self._dates) > 200_000:
                self._dates.clear()
            self._dates[key] = day
        return self._dates[key]

    def _note(self, codes: Sequence[str], distinct: _Distinct, name: str, rows: _Rows) -> None:
        """Marks and lists the rows whose distinct value carries a problem."""
        if not any(codes):
            return
        bad = np.array([bool(code) for code in codes])
        where = distinct.index.fill_null(0).to_numpy(zero_copy_only=False)
        hit = bad[where] & distinct.index.is_valid().to_numpy(zero_copy_only=False)
        rows.unreadable[hit] = True
        header = self.layout.headers[self.layout.columns[name]]
        for at in np.flatnonzero(hit):
            value = distinct.values[where[at]]
            self.faults.add_cells(codes[where[at]], self.place, header, [(int(rows.numbers[at]), value)])

    def _quantity(self, text: pa.Array, typed: pa.Array | None, unit: pa.Array | None, rows: _Rows) -> pa.Array:
        if text is None or text.null_count == len(text):
            return typed if typed is not None else pa.nulls(len(rows.numbers), pa.string())
        column = trimmed(text)
        if pa.types.is_dictionary(column.type):
            column = column.dictionary_decode()
        self._tell_comma(column, rows)
        sure = self._surely(column)
        distinct = _distinct(column if sure is None else pc.if_else(sure.is_valid(), None, column))
        if len(self._numbers) > 500_000:
            self._numbers.clear()
        read = [self._number(value) for value in distinct.values]
        if not self.settled and any(r.swayed or r.shows == "comma" for r in read):
            raise Swayed
        self._note([reading.problem for reading in read], distinct, "quantity", rows)
        self._check_currency(read, distinct, unit, rows)
        done = pa.array([reading.text for reading in read], pa.string()).take(distinct.index)
        return pc.coalesce(*(part for part in (typed, sure, done) if part is not None))

    def _tell_comma(self, column: pa.Array, rows: _Rows) -> None:
        """Once for a column: that its commas were taken for decimal signs where they could have grouped thousands."""
        if self._told or self.convention not in DECIMAL_COMMA:
            return
        either = pc.match_substring_regex(column, _EITHER).fill_null(False).to_numpy(zero_copy_only=False)
        for at in np.flatnonzero(either):
            given = column[int(at)].as_py()
            if (read := self._number(given).text) is not None:
                header = self.layout.headers[self.layout.columns["quantity"]]
                values = {"value": given, "read": read}
                self.faults.add("cell.number-comma", self.place, int(rows.numbers[at]), header, values)
                self._told = True
                return

    def _surely(self, column: pa.Array) -> pa.Array | None:
        """The cells that need no second look, in plain form; null where ``read_number`` must see the cell."""
        if self.convention in (Convention.OPEN, Convention.POINT):
            if is_plain(column):
                return column
            if not self.settled and not pc.any(pc.match_substring(column, ",")).as_py():
                return _where(pc.match_substring_regex(column, _POINTED), column)
            grouped = pc.match_substring_regex(column, _GROUPED)
            if self.settled and self.convention is Convention.POINT:
                grouped = pc.or_(grouped, pc.match_substring_regex(column, _ONE_COMMA))
            bare = _where(grouped, pc.replace_substring(column, ",", ""))
            return pc.coalesce(bare, _where(pc.match_substring_regex(column, _POINTED), column))
        if self.convention in DECIMAL_COMMA:
            pointed = pc.replace_substring(pc.replace_substring(column, ".", ""), ",", ".")
            sure = pc.match_substring_regex(column, _COMMA_DECIMAL)
            if self.convention is Convention.UNEVEN:
                sure = pc.and_not(sure, pc.match_substring_regex(column, _UNEVEN))
            return _where(sure, pointed)
        return None

    def _number(self, text: str) -> Reading:
        if text not in self._numbers:
            reading = read_number(text, self.convention)
            plain_point = reading.swayed and reading.text == text and not self.settled
            self._numbers[text] = Reading(text) if plain_point else reading  # 1.234 sways only where commas are about
        return self._numbers[text]

    def _check_currency(self, read: list[Reading], distinct: _Distinct, unit: pa.Array | None, rows: _Rows) -> None:
        """A currency sign must agree with the unit: ``$500`` in CNY_2023 or kWh is not a quantity of anything."""
        if not any(reading.currencies for reading in read):
            return
        units = trimmed(unit) if unit is not None else pa.nulls(len(rows.numbers), pa.string())
        header = self.layout.headers[self.layout.columns["quantity"]]
        for at, where in enumerate(distinct.index.to_pylist()):
            if where is None or not read[where].currencies:
                continue
            given = units[at].as_py() or ""
            name = (self.aliases.name("unit", given) or given).upper()
            if not name.startswith(read[where].currencies) and given:
                rows.unreadable[at] = True
                values = {"value": distinct.values[where], "unit": given}
                self.faults.add("cell.number-currency", self.place, int(rows.numbers[at]), header, values)


def evidence(columns: Any) -> Convention:
    """What the text cells of the quantity column, given block by block, prove about its commas and points."""
    seen = Evidence()
    for column in columns:
        for value in _distinct(trimmed(column)).values:
            if "," in value or "." in value or "，" in value or "．" in value:
                seen.add(read_number(value))
        if seen.point and seen.comma:
            break
    return seen.convention


def is_plain(column: pa.Array) -> bool:
    """Whether every cell is a number as Arrow reads it: digits with a point, exponent form, nan, inf."""
    try:
        column.cast(pa.float64())
    except pa.ArrowInvalid:
        return False
    return True


def trimmed(column: pa.Array) -> pa.Array:
    """Text without blanks around it; what is then empty is null."""
    if pa.types.is_dictionary(column.type):
        values = trimmed(column.dictionary.cast(pa.string()))
        if values.null_count == 0 and values.equals(column.dictionary):
            return column
        return values.take(column.indices)
    text = pc.utf8_trim(column, BLANK)
    empty = pc.equal(pc.binary_length(text), 0)
    return pc.if_else(empty, None, text) if pc.any(empty).as_py() else text


def blank(column: pa.Array) -> Any:
    """A mask of the cells that hold nothing but blanks."""
    if pa.types.is_dictionary(column.type):
        values = blank(column.dictionary.cast(pa.string()))
        if not values.any() and column.null_count == 0:
            return values[:1].repeat(len(column)) if len(values) else np.zeros(len(column), dtype=bool)
        return pa.array(values).take(column.indices).fill_null(True).to_numpy(zero_copy_only=False)
    empty = pc.equal(pc.binary_length(pc.utf8_trim(column, BLANK)), 0)
    return empty.fill_null(True).to_numpy(zero_copy_only=False)


def _some_error(column: pa.Array) -> bool:
    """Whether a text may be what a failed formula shows."""
    texts = column.dictionary if pa.types.is_dictionary(column.type) else column
    return bool(pc.any(pc.or_(pc.starts_with(texts, "#"), pc.starts_with(texts, "Err:"))).as_py())


def _where(mask: pa.Array, column: pa.Array) -> pa.Array:
    return pc.if_else(pc.fill_null(mask, False), column, None)


def _distinct(column: pa.Array) -> _Distinct:
    if not pa.types.is_dictionary(column.type):
        column = column.dictionary_encode()
    if isinstance(column, pa.ChunkedArray):
        column = column.combine_chunks()
    return _Distinct(column.indices, column.dictionary.to_pylist())
