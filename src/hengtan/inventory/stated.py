"""The uncertainty that rows state of their activity data, gathered per key: moments of its quantity, and what is stated.

Squares and cubes of quantities are summed as whole numbers (six digits of each quantity by powers of ten), so that the
sums, unlike those of doubles, do not depend on the order in which threads meet the rows.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from functools import reduce
from operator import or_
from typing import Any

import ibis

from hengtan.engine import fetch

from .checks import problems_of
from .keys import grouped
from .posting import Posting
from .problem_file import Problems
from .quality_scores import half_width, pedigree
from .spread import Spread
from .staging import UNCERTAINTY
from .totals import with_key_id

_DIGITS = 10.0**5
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
    """amounts: by key number, of keys with such rows; labels: (data_quality, key number) -> (rows, quantity)."""

    amounts: dict[int, Amount] = field(default_factory=dict)
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
        for group in _groups(con, wide, columns, posting):
            spread = reading.spread(group)
            if spread is not None:
                _add(result.amounts.setdefault(group["key_id"], Amount()), group, spread)
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


def _groups(con: Any, rows: Any, columns: list[str], posting: Posting) -> list[dict[str, Any]]:
    """Sums of the rows by key, what they state, and power of ten of the quantity; in a fixed order."""
    shape = posting.good.shape
    # By comparison: log10 and pow are not the same to the last place on every machine.
    size = rows.quantity.cast("float64")
    power = ibis.cases(*[(size < 10.0 ** (at + 1), at) for at in _POWERS], else_=_POWERS[-1]).cast("int32")
    marked = rows.mutate(power=power)
    scale = ibis.array([10.0**at for at in _POWERS])[marked.power - _POWERS[0]]
    digits = (marked.quantity.cast("float64") / scale * _DIGITS).round().cast("int64")
    marked = marked.mutate(digits=digits)
    whole = "decimal(38,0)"
    sums = marked.group_by([*shape.columns, *columns, "power"]).aggregate(
        rows=marked.count(),
        quantity=marked.quantity.sum().cast("decimal(38,6)"),
        second=(marked.digits * marked.digits).cast(whole).sum().cast(whole),
        third=(marked.digits * marked.digits * marked.digits).cast(whole).sum().cast(whole),
    )
    found: list[dict[str, Any]] = fetch(with_key_id(sums, con.table("keys"), shape)).to_pylist()
    return sorted(found, key=lambda row: (row["key_id"], *(row[name] for name in columns), row["power"]))


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
