"""Parameters and inputs: what stands in an equation beside the quantity, with its unit, its years and its source."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from fractions import Fraction

from hengtan.units import Compound


@dataclass(frozen=True, slots=True)
class Value:
    """One value of a parameter.

    start, end   the days that it describes, both inclusive; end None: no end known
    published    the day since when it is known; None: always (a constant of nature)
    mark         ``read`` in the source, or ``known`` and not verified against it
    """

    value: Fraction
    start: date = date.min
    end: date | None = None
    published: date | None = None
    source: str = ""
    mark: str = "read"

    def covers(self, year: int) -> bool:
        """Whether some day of the year is described."""
        return self.start.year <= year and (self.end is None or year <= self.end.year)

    def distance(self, year: int) -> int:
        """Years between its validity and the year; 0 inside."""
        if year < self.start.year:
            return self.start.year - year
        return max(0, year - self.end.year) if self.end else 0

    def validity(self) -> str:
        """For people of any language: ``2023``, ``2024-01-01 …``, ``2013-10-15 … 2023-12-31``; "" for always."""
        if self.start == date.min:
            return "" if self.end is None else f"… {self.end}"
        if self.end is None:
            return f"{self.start} …"
        whole = (self.start.month, self.start.day, self.end.month, self.end.day) == (1, 1, 12, 31)
        if whole and self.start.year == self.end.year:
            return str(self.start.year)
        return f"{self.start} … {self.end}"


@dataclass(frozen=True, slots=True)
class Input:
    """A column of the activity table that the method reads.

    unit      of the number in the cell; ``unit`` in it stands for the unit of the row's quantity
    optional  an empty cell is ``default`` (shown as such); not optional: an empty cell is a problem
    low, high what the number must lie within, both inclusive; None: no bound
    """

    name: str
    title: Mapping[str, str]
    unit_text: str
    unit: Compound
    low: Fraction | None = None
    high: Fraction | None = None
    default: Fraction | None = None

    @property
    def optional(self) -> bool:
        """Whether the cell may be empty."""
        return self.default is not None


@dataclass(frozen=True, slots=True)
class Parameter(Input):
    """A number that the method brings along, by year and, from a table, by activity type.

    measurable  a column of the same name in the row replaces it, and the explanation says "measured"
    values      for every activity type; ``by_type`` for one each
    per         the unit behind ``unit`` in ``unit_text``, by activity type ("t" where the table says GJ per t)
    """

    measurable: bool = False
    values: Sequence[Value] = ()
    by_type: Mapping[str, Sequence[Value]] | None = None

    def choices(self, activity_type: str) -> Sequence[Value]:
        """The values for the activity type, over all years."""
        if self.by_type is None:
            return self.values
        return self.by_type.get(activity_type, ())


def pick(values: Sequence[Value], year: int, as_of: date | None) -> tuple[Value | None, bool]:
    """The value for the year that was known on the day, the last published of several; and whether it covers the year.

    (None, False) when none was known yet. One that does not cover the year is the nearest, for the caller to tell.
    """
    known = [value for value in values if as_of is None or value.published is None or value.published <= as_of]
    covering = [value for value in known if value.covers(year)]
    if covering:
        return max(covering, key=lambda value: (value.published or date.min, value.start)), True
    if known:
        return min(known, key=lambda value: (value.distance(year), -(value.published or date.min).toordinal())), False
    return None, False


class PeriodError(ValueError):
    """What is no period; ``key``: the clause that says why."""

    def __init__(self, key: str) -> None:
        self.key = key
        super().__init__(key)


def parse_validity(text: str) -> tuple[date, date | None]:
    """``2023``, ``2013/2022``, ``2024-01-01/``, ``2013-10-15/2023-12-31``, "" for always. Raises ValueError."""
    text = str(text).strip()
    if not text:
        return date.min, None
    first, slash, last = (part.strip() for part in text.partition("/"))
    start = date(int(first), 1, 1) if len(first) == 4 else date.fromisoformat(first)
    if not slash:
        if len(first) != 4:
            raise PeriodError("not-a-period-day")
        return start, date(int(first), 12, 31)
    if not last:
        return start, None
    end = date(int(last) + 1, 1, 1) - timedelta(days=1) if len(last) == 4 else date.fromisoformat(last)
    if end < start:
        raise PeriodError("not-a-period-order")
    return start, end
