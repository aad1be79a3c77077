"""Where the rows would have stood that were given but not posted: a gap that rejected rows leave is told as such."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from typing import Any

from hengtan.engine import fetch
from hengtan.factors import Library, find_type
from hengtan.factors.placing import category_in, scope_in, scope_of_factor

from .checks import rejected
from .posting import Posting
from .staging import Staged

MOST_MONTHS = 600


@dataclass(frozen=True, slots=True)
class Left:
    """Rejected rows that say the same of their place; the days are None where they cannot be read."""

    activity_type: str
    factor_id: str
    scope: str
    category: str
    first: date | None
    last: date | None
    rows: int


def unposted(con: Any, staged: Staged, posting: Posting, wrong: Any, library: Library) -> dict[str, Any]:
    """``run.json`` "unposted": rejected rows by scope and category (scope None: their row does not tell) and by month.

    A row over several months counts in each of them. ``wrong``: the rows that the checks reject, None where they reject none.
    """
    places: Counter[tuple[int | None, str]] = Counter()
    months: Counter[str] = Counter()
    for one in _left(con, staged, posting, wrong) if posting.rows_rejected else ():
        places[_place(one, library)] += one.rows
        for month in _months(one):
            months[month] += one.rows
    ordered = sorted(places.items(), key=lambda item: (item[0][0] or 9, item[0][1].zfill(2)))
    return {
        "categories": [{"scope": scope, "category": category, "rows": rows} for (scope, category), rows in ordered],
        "months": dict(sorted(months.items())),
    }


def _left(con: Any, staged: Staged, posting: Posting, wrong: Any) -> Iterator[Left]:
    """The rows that the checks reject, those whose id is repeated, those whose key has no lines."""
    good = posting.good
    if wrong is not None:
        yield from _groups(wrong)
    if good.repeated is not None:
        table = staged.union(con).semi_join(good.repeated.table, "activity_id")
        yield from _groups(table.filter(~rejected(table, good.period)))
    numbered = {key.number: key for key in posting.keys}
    wanted = sorted(posting.plan.rejected)
    if wanted:
        groups = posting.by_month.filter(posting.by_month.key_id.isin(wanted))
        for row in fetch(groups.select("key_id", "first", "last", "rows")).to_pylist():
            key = numbered[row["key_id"]]
            yield Left(
                key.activity_type, key.factor_id, key.scope, key.category, row["first"], row["last"], int(row["rows"])
            )


def _groups(table: Any) -> Iterator[Left]:
    """Rows by what tells their place and by the months of their first and last day."""
    dated = table.mutate(first=table.start.truncate("M").cast("date"), last=table.end.truncate("M").cast("date"))
    names = ("activity_type", "factor_id", "scope", "category", "first", "last")
    counted = dated.group_by(list(names)).aggregate(rows=dated.count())
    for row in fetch(counted).to_pylist():
        yield Left(**{**row, "rows": int(row["rows"])})


def _place(one: Left, library: Library) -> tuple[int | None, str]:
    """Scope and category: of the activity type, else of the pinned factor, else as the row says."""
    kind = find_type(one.activity_type) if one.activity_type else None
    if kind is not None:
        return kind.scope, kind.category
    factor = library.get(one.factor_id) if one.factor_id else None
    scope = (scope_of_factor(factor) if factor else None) or scope_in(one.scope)
    return scope, category_in(one.category, scope) if scope else ""


def _months(one: Left) -> list[str]:
    first, last = one.first or one.last, one.last or one.first
    if first is None or last is None or last < first:
        return []
    count = (last.year - first.year) * 12 + last.month - first.month + 1
    start = first.year * 12 + first.month - 1
    return [f"{month // 12:04d}-{month % 12 + 1:02d}" for month in range(start, start + min(count, MOST_MONTHS))]
