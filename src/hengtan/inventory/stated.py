"""The uncertainty that rows state of their activity data, gathered per key: moments of its quantity, and what is stated.

Squares and cubes of quantities are summed as whole numbers (six digits of each quantity by powers of ten), so that the
sums, unlike those of doubles, do not depend on the order in which threads meet the rows.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from functools import reduce
from operator import or_
from typing import Any

import ibis
import pyarrow as pa
import pyarrow.compute as pc

from hengtan.engine import fetch

from .checks import problems_of
from .keys import by_months, grouped
from .posting import Posting
from .problem_file import Problems
from .quality_scores import half_width, pedigree
from .spread import Spread
from .staging import UNCERTAINTY
from .totals import with_key_id

_DIGITS = 10.0**5
_SUMS = ("rows", "quantity", "second", "third")
_POWERS = range(-6, 12)  # of ten that a quantity may begin with


@dataclass(slots=True)
class Amount:
    """The quantity of one key: the part whose rows state an uncertainty, and the moments that it adds.

    stated     exact sum of the quantities of such rows
    mean, variance, third   central moments of the true sum of these rows, each row independent of the others
    """

    stated: Decimal = Decimal(0)
    mean: float = 0.0
    variance: float = 0.0
    third: float = 0.0


@dataclass(slots=True)
class Stated:
    """amounts: by key number, of keys with such rows; labels: (data_quality, key number) -> (rows, quantity).

    spans   as amounts, by key number, first and last as ``keys.by_months`` gives them
    """

    amounts: dict[int, Amount] = field(default_factory=dict)
    spans: dict[tuple[int, date, date], Amount] = field(default_factory=dict)
    labels: dict[tuple[str, int], tuple[int, Decimal]] = field(default_factory=dict)
    labelled: bool = False


def stated(con: Any, posting: Posting, problems: Problems) -> Stated:
    """What the posted rows state; ``problems`` gets a warning for every cell that cannot be read."""
    present = posting.good.staged.present
    columns = [name for name in UNCERTAINTY if name in present]
    result = Stated(labelled="data_quality" in columns)
    if not columns:
        return result
    rows = posting.good.union(con)
    told = rows.filter(reduce(or_, [rows[name] != "" for name in columns]))
    reading = _Reading()
    uncertain: dict[str, set[str]] = {name: set() for name in columns}
    for group in _labels(con, told, columns, posting):
        if "data_quality" in columns and group["data_quality"]:
            at = (group["data_quality"], group["key_id"])
            count, quantity = result.labels.get(at, (0, Decimal(0)))
            result.labels[at] = (count + group["rows"], quantity + group["quantity"])
        if reading.spread(group) is not None:
            for name in columns:
                uncertain[name].add(group[name])
    if any(uncertain.values()):
        # Moments cost more than sums: only rows that state a width are asked for them.
        wide = told.filter([told[name].isin(sorted(texts)) for name, texts in uncertain.items()])
        groups = _groups(con, wide, columns, posting)
        together = groups.group_by(["key_id", *columns, "power"]).aggregate([(name, "sum") for name in _SUMS])
        together = together.rename_columns([name.removesuffix("_sum") for name in together.column_names])
        for group in together.sort_by([(name, "ascending") for name in ("key_id", *columns, "power")]).to_pylist():
            spread = reading.spread(group)
            if spread is not None:
                _add(result.amounts.setdefault(group["key_id"], Amount()), group, spread)
        result.spans = _spans(groups, columns, reading)
    for code, column, cells in reading.unreadable():
        wrong = told.filter(told[column].isin(cells))
        listed = list(problems_of(wrong, code, column, posting.good.staged.sources, _value_of(column)))
        problems.add(listed)
        problems.count(code, fetch(wrong.aggregate(rows=wrong.count()))["rows"][0].as_py(), len(listed))
    return result


def _value_of(column: str) -> Callable[[dict[str, Any]], dict[str, str]]:
    return lambda row: {"value": row[column]}


def _labels(con: Any, rows: Any, columns: list[str], posting: Posting) -> list[dict[str, Any]]:
    """rows and quantity by key and what the rows state, in a fixed order."""
    shape = posting.good.shape
    groups = posting.by_stated
    if groups is None:
        groups = with_key_id(grouped(rows, shape, *columns), con.table("keys"), shape)
    else:
        groups = groups.filter(reduce(or_, [groups[name] != "" for name in columns]))
    found = fetch(groups).to_pylist()
    return sorted(found, key=lambda row: (row["key_id"], *(row[name] for name in columns)))


def _groups(con: Any, rows: Any, columns: list[str], posting: Posting) -> pa.Table:
    """Sums of the rows by key, what they state, power of ten of the quantity, and days."""
    shape = posting.good.shape
    # By comparison: log10 and pow are not the same to the last place on every machine.
    size = rows.quantity.cast("float64")
    power = ibis.cases(*[(size < 10.0 ** (at + 1), at) for at in _POWERS], else_=_POWERS[-1]).cast("int32")
    marked = by_months(rows).mutate(power=power)
    scale = ibis.array([10.0**at for at in _POWERS])[marked.power - _POWERS[0]]
    digits = (marked.quantity.cast("float64") / scale * _DIGITS).round().cast("int64")
    marked = marked.mutate(digits=digits)
    whole = "decimal(38,0)"
    sums = marked.group_by([*shape.columns, *columns, "power", "first", "last"]).aggregate(
        rows=marked.count(),
        quantity=marked.quantity.sum().cast("decimal(38,6)"),
        second=(marked.digits * marked.digits).cast(whole).sum().cast(whole),
        third=(marked.digits * marked.digits * marked.digits).cast(whole).sum().cast(whole),
    )
    return fetch(with_key_id(sums, con.table("keys"), shape))


def _spans(groups: pa.Table, columns: list[str], reading: _Reading) -> dict[tuple[int, date, date], Amount]:
    """Moments by key and days. There may be as many groups as rows, so they are added up in columns, in a fixed order."""
    said = groups.group_by(columns).aggregate([])
    spreads = [reading.spread(row) for row in said.to_pylist()]
    for name in ("mean", "variance", "third"):
        factors = [None if spread is None else getattr(spread, name) for spread in spreads]
        said = said.append_column(f"of_{name}", pa.array(factors, pa.float64()))
    known = groups.join(said.filter(pc.is_valid(said["of_mean"])), columns, join_type="inner")
    known = known.sort_by([(name, "ascending") for name in ("key_id", *columns, "power", "first", "last")])
    units = pa.array([10.0**at / _DIGITS for at in _POWERS]).take(pc.subtract(known["power"], _POWERS[0]))
    square = pc.multiply(units, units)
    parts = {
        "mean": pc.multiply(pc.cast(known["quantity"], pa.float64()), known["of_mean"]),
        "variance": pc.multiply(pc.multiply(pc.cast(known["second"], pa.float64()), square), known["of_variance"]),
        "third": pc.multiply(
            pc.multiply(pc.cast(known["third"], pa.float64()), pc.multiply(square, units)), known["of_third"]
        ),
    }
    days = known.select(["key_id", "first", "last", "quantity"])
    for name, values in parts.items():
        days = days.append_column(name, values)
    sums = days.group_by(["key_id", "first", "last"], use_threads=False).aggregate(
        [(name, "sum") for name in ("quantity", *parts)]
    )
    names = ("key_id", "first", "last", "quantity_sum", *(f"{name}_sum" for name in parts))
    return {
        (number, first, last): Amount(quantity, *moments)
        for number, first, last, quantity, *moments in zip(*(sums[name].to_pylist() for name in names), strict=True)
    }


def _add(amount: Amount, group: Mapping[str, Any], spread: Spread) -> None:
    unit = 10.0 ** group["power"] / _DIGITS
    amount.stated += group["quantity"]
    amount.mean += float(group["quantity"]) * spread.mean
    amount.variance += float(group["second"]) * unit**2 * spread.variance
    amount.third += float(group["third"]) * unit**3 * spread.third


class _Reading:
    """Every distinct text is read once."""

    def __init__(self) -> None:
        self._read: dict[tuple[str, str], Spread | None] = {}
        self._wrong: dict[str, list[str]] = {}

    def spread(self, group: Mapping[str, Any]) -> Spread | None:
        """A stated half-width says it all; pedigree scores count where there is none."""
        for column, read in zip(UNCERTAINTY, (half_width, pedigree), strict=True):
            text = group.get(column) or ""
            if text and (found := self._one(column, text, read)) is not None:
                return found
        return None

    def _one(self, column: str, text: str, read: Callable[[str], Spread | None]) -> Spread | None:
        if (column, text) not in self._read:
            try:
                self._read[column, text] = read(text)
            except ValueError:
                self._read[column, text] = None
                self._wrong.setdefault(column, []).append(text)
        return self._read[column, text]

    def unreadable(self) -> list[tuple[str, str, list[str]]]:
        """(code, column, texts) of the cells that could not be read."""
        codes = dict(zip(UNCERTAINTY, ("uncertainty.pct-unreadable", "uncertainty.scores-unreadable"), strict=True))
        return [(codes[column], column, texts) for column, texts in self._wrong.items()]
