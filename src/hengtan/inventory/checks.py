"""What one activity row must satisfy before it may be posted, whatever factor it will meet."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from functools import reduce
from operator import and_, or_
from typing import Any

import ibis

from hengtan.engine import fetch
from hengtan.problems import Problem

from .problem_file import LISTED

_LEAST, _LARGEST = "0.000001", "999999999999.999999"


@dataclass(frozen=True, slots=True)
class Period:
    """The run's first and last day, both inclusive; None is open."""

    first: date | None = None
    last: date | None = None


@dataclass(frozen=True, slots=True)
class Check:
    """condition(table, period) is true where the row is wrong; column: the contract's name of the cell."""

    code: str
    column: str
    condition: Callable[[Any, Period], Any]
    rejects: bool = True


def _empty(name: str) -> Callable[[Any, Period], Any]:
    return lambda t, _: t[name] == ""


def _no_type(t: Any, _: Period) -> Any:
    return (t.activity_type == "") & (t.factor_id == "")


def _no_unit(t: Any, _: Period) -> Any:
    return (t.unit == "") & ~t.given_zero  # CONTRACT section 2: 0 needs no unit


def _not_a_number(t: Any, _: Period) -> Any:
    return t.quantity.isnull() & ~t.given_empty & t.given_finite & ~_looks_large(t)


def _looks_large(t: Any) -> Any:
    return t.quantity_given.try_cast("float64").abs().fill_null(0) >= 1e11


def _too_large(t: Any, _: Period) -> Any:
    return (t.quantity > ibis.literal(_LARGEST).cast("decimal(18,6)")).fill_null(False) | (
        t.quantity.isnull() & t.given_finite & _looks_large(t)
    )


def _outside(t: Any, period: Period) -> Any:
    terms = []
    if period.first:
        terms.append((t.start < period.first).fill_null(False))
    if period.last:
        terms.append((t.end > period.last).fill_null(False))
    return reduce(or_, terms) if terms else t.start.isnull() & t.start.notnull()


CHECKS: tuple[Check, ...] = (
    Check("activity.id-empty", "activity_id", _empty("activity_id")),
    Check("activity.facility-empty", "facility", _empty("facility")),
    Check("activity.type-empty", "activity_type", _no_type),
    Check("activity.unit-empty", "unit", _no_unit),
    Check("activity.start-empty", "start", lambda t, _: t.start.isnull() & ~t.unreadable),
    Check("activity.end-empty", "end", lambda t, _: t.end.isnull() & ~t.unreadable),
    Check("activity.end-before-start", "end", lambda t, _: (t.end < t.start).fill_null(False)),
    Check("activity.outside-period", "start", _outside),
    Check("activity.quantity-empty", "quantity", lambda t, _: t.given_empty & ~t.unreadable),
    Check("activity.quantity-not-finite", "quantity", lambda t, _: ~t.given_finite),
    Check("activity.quantity-unreadable", "quantity", _not_a_number),
    Check("activity.quantity-negative", "quantity", lambda t, _: (t.quantity < 0).fill_null(False)),
    Check("activity.quantity-too-large", "quantity", _too_large),
    Check("activity.quantity-too-small", "quantity",
          lambda t, _: ((t.quantity == 0) & ~t.given_zero).fill_null(False)),
)  # fmt: skip


def accepted(table: Any, period: Period) -> Any:
    """True where no check rejects a row by what its own cells say; not true, or not known, where one does."""
    # The same rows as none of CHECKS finds (a test proves it), without the costly words that tell them apart. A chain of
    # "and" is left at the first no, and few of its terms work the decimal out anew: it runs at every walk over the rows.
    least, largest = (ibis.literal(limit).cast("decimal(18,6)") for limit in (_LEAST, _LARGEST))
    terms = [
        table.quantity.between(least, largest) | ((table.quantity == 0) & table.given_zero),
        table.activity_id != "",
        table.facility != "",
        (table.activity_type != "") | (table.factor_id != ""),
        (table.unit != "") | table.given_zero,
        table.end >= table.start,
        ~table.unreadable,
    ]
    if period.first:
        terms.append(table.start >= period.first)
    if period.last:
        terms.append(table.end <= period.last)
    return reduce(and_, terms)


def rejected(table: Any, period: Period) -> Any:
    """True where a check rejects a row by what its own cells say, False elsewhere."""
    return ~accepted(table, period).fill_null(False)


@dataclass(frozen=True, slots=True)
class Counts:
    """rows: all rows; rejected: by what their own cells say; the first start and last end of the good rows.

    spans, zeros   how many good rows run over a turn of the year, and how many quantities are 0
    """

    rows: int
    rejected: int
    first: date | None
    last: date | None
    spans: int
    zeros: int


def count(table: Any, rows: int, period: Period) -> Counts:
    """How many of the ``rows`` rows the checks reject, and what the good ones span."""
    good = table.filter(accepted(table, period))
    row = good.aggregate(
        good=good.count(),
        first=good.start.min(),
        last=good.end.max(),
        spans=(good.start.year() != good.end.year()).sum(),
        zeros=(good.quantity == 0).sum(),
    )
    values = fetch(row).to_pylist()[0]
    return Counts(rows, rows - int(values["good"]), values["first"], values["last"],
                  int(values["spans"] or 0), int(values["zeros"] or 0))  # fmt: skip


def by_code(wrong: Any, period: Period) -> dict[str, int]:
    """How many of the rejected rows each check finds."""
    measures = {f"c{i}": check.condition(wrong, period).sum() for i, check in enumerate(CHECKS)}
    counts = fetch(wrong.aggregate(**measures)).to_pylist()[0]
    return {check.code: int(counts[f"c{i}"] or 0) for i, check in enumerate(CHECKS)}


def problems_of(
    found: Any,
    code: str,
    column: str,
    sources: Sequence[Any],
    values: Callable[[dict[str, Any]], dict[str, str]] | None = None,
) -> Iterator[Problem]:
    """One problem of ``code`` for each row of an Ibis table, the first ``LISTED`` in the order of the rows."""
    chosen = found.order_by("source", "position").limit(LISTED)
    for row in fetch(chosen).to_pylist():
        yield row_problem(row, code, column, sources, values(row) if values else None)


def row_problem(
    row: dict[str, Any], code: str, column: str, sources: Sequence[Any], values: dict[str, str] | None = None
) -> Problem:
    """A problem at the place of a staged row; values default to what the sentences of row checks want."""
    source = sources[row["source"]]
    default = {
        "quantity": row["quantity_given"] if row["quantity"] is None else f"{row['quantity'].normalize():f}",
        "start": str(row["start"]),
        "end": str(row["end"]),
        "unit": row["unit"],
        "activity_type": row["activity_type"],
        "activity_id": row["activity_id"],
    }
    default["quantity"] = row["quantity_given"] or default["quantity"] or ""
    return Problem(
        code,
        file=source.file,
        sheet=source.sheet,
        row=row["row"],
        column=source.headers.get(column, column),
        activity_id=row["activity_id"],
        values={**default, **(values or {})},
    )
