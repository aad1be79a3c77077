"""What moved, asked of the tables by their indexes: an account's statement between two days, and what of each posting bears on cost.

No record is read for it but those that are asked for. What a statement costs depends on its own lines and on what lies beyond its days on
the nearer side (nothing, for one that ends today), never on other accounts.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from heapq import merge
from itertools import groupby
from typing import TYPE_CHECKING, Any

from .posting import Lot
from .quote import Quote
from .record import read_record
from .value import Course, Method, Step, Valuation, worth_of

if TYPE_CHECKING:
    from .seen import Seen

AT_ONCE = 5000
AT_ONCE_LATE = 500
_THERE = "place IN ('held', 'frozen', 'lent')"
_UNITS = "last_number - first_number + 1"
_BOUND = "CASE WHEN place IN ('frozen', 'lent') THEN 1 ELSE 0 END"
# what came to an account, and what went from it, by postings between two numbers
_MOVED = (
    f"SELECT posting AS n, code, {_UNITS} AS units, {_BOUND} AS bound FROM book_lot "
    f"WHERE organisation_id = %s AND account = %s AND posting BETWEEN %s AND %s AND {_THERE} UNION ALL "
    f"SELECT spent_by, code, -({_UNITS}), {_BOUND} FROM book_lot "
    f"WHERE organisation_id = %s AND account = %s AND spent_by BETWEEN %s AND %s AND {_THERE}"
)


@dataclass(frozen=True, slots=True)
class Line:
    """One line of an account's statement: what a posting did to one instrument there; ``after``: held, frozen and lent together."""

    number: int
    day: date
    kind: str
    code: str
    change: int
    after: int
    contract: str
    record: str


def statement(store: Seen, account: str, first: date, last: date) -> tuple[dict[str, int], list[Line], dict[str, int]]:
    """(what was there before, lines, what is there after) by instrument; held, frozen and lent count as there."""
    within = "p.day BETWEEN %s AND %s"
    rows = _moved(
        store, account, "p.day, p.number, p.kind, m.code, SUM(m.units), p.contract, p.record",
        f"{within} GROUP BY p.day, p.number, p.kind, m.code, p.contract, p.record HAVING SUM(m.units) <> 0 OR MAX(m.bound) = 1 "
        "ORDER BY p.day, p.number, m.code", (within, first.isoformat(), last.isoformat()),
    )  # fmt: skip
    change: dict[str, int] = {}
    for row in rows:
        change[row[3]] = change.get(row[3], 0) + int(row[4])
    if _later_is_nearer(store, first, last):
        closing = _less(_now(store, account), _sums(store, account, "p.day > %s", last.isoformat()))
        opening = _less(closing, change)
    else:
        opening = _sums(store, account, "p.day < %s", first.isoformat())
        closing = _less(opening, {code: -count for code, count in change.items()})
    after = dict(opening)
    lines = []
    for row in rows:
        code = row[3]
        after[code] = after.get(code, 0) + int(row[4])
        day = row[0] if isinstance(row[0], date) else date.fromisoformat(str(row[0]))
        lines.append(Line(row[1], day, row[2], code, int(row[4]), after[code], row[5], row[6]))
    return opening, lines, closing


def _moved(store: Seen, account: str, what: str, rest: str, days: Sequence[Any]) -> list[Any]:
    """Rows over what moved in the account on the days of the first of ``days``, whose values follow."""
    where, *given = days
    bounds = f"SELECT MIN(p.number), MAX(p.number) FROM book_posting p WHERE p.organisation_id = %s AND {where}"
    low, high = store.rows(bounds, store.tenant, *given)[0]
    if low is None:
        return []
    span = (store.tenant, account, low, high)
    sql = (
        f"SELECT {what} FROM ({_MOVED}) m JOIN book_posting p ON p.organisation_id = %s AND p.number = m.n WHERE {rest}"
    )
    return store.rows(sql, *span, *span, store.tenant, *given)


def _sums(store: Seen, account: str, where: str, day: str) -> dict[str, int]:
    found = _moved(store, account, "m.code, SUM(m.units)", f"{where} GROUP BY m.code", (where, day))
    return {code: int(count) for code, count in found if count}


def _now(store: Seen, account: str) -> dict[str, int]:
    sql = (
        f"SELECT code, SUM({_UNITS}) FROM book_lot WHERE organisation_id = %s AND account = %s AND spent_by IS NULL AND {_THERE} "
        "GROUP BY code ORDER BY code"
    )
    return {code: int(count) for code, count in store.rows(sql, store.tenant, account)}


def _less(these: dict[str, int], those: dict[str, int]) -> dict[str, int]:
    """The first less the second; what comes to nothing is left out."""
    both = {code: these.get(code, 0) - those.get(code, 0) for code in sorted({*these, *those})}
    return {code: count for code, count in both.items() if count}


def _later_is_nearer(store: Seen, first: date, last: date) -> bool:
    """Whether fewer postings lie after the days than before them, told by the numbers that stand at their edges."""
    edge = "SELECT number FROM book_posting WHERE organisation_id = %s AND day {} %s ORDER BY day {}, number {} LIMIT 1"
    after = store.rows(edge.format(">", "ASC", "ASC"), store.tenant, last.isoformat())
    before = store.rows(edge.format("<", "DESC", "DESC"), store.tenant, first.isoformat())
    if not after or not before:
        return not after
    head = store.rows("SELECT MAX(number) FROM book_posting WHERE organisation_id = %s", store.tenant)[0][0]
    return bool(head - after[0][0] < before[0][0])


def balances_on(store: Seen, day: date) -> list[Any]:
    """(account, code, place, units) after the events of a day."""
    came = (
        "SELECT l.account, l.code, l.place, {} AS units FROM book_posting p JOIN book_lot l ON l.organisation_id = p.organisation_id AND l.{} = p.number "
        "WHERE p.organisation_id = %s AND p.day <= %s"
    )
    moved = f"{came.format(_UNITS, 'posting')} UNION ALL {came.format(f'-({_UNITS})', 'spent_by')}"
    sql = f"SELECT account, code, place, SUM(units) FROM ({moved}) m GROUP BY account, code, place HAVING SUM(units) <> 0 ORDER BY account, code, place"
    return store.rows(sql, *(store.tenant, day.isoformat()) * 2)


def lots_on(store: Seen, account: str, day: date) -> list[Lot]:
    """The lots of an account after the events of a day: ranges that came by then and had not gone."""
    came = (
        "SELECT l.batch, l.place, l.contract, l.first_number, l.last_number, {} AS sign FROM book_lot l JOIN book_posting p "
        "ON p.organisation_id = l.organisation_id AND p.number = l.{} WHERE l.organisation_id = %s AND l.account = %s AND p.day <= %s"
    )
    rows = store.rows(
        f"{came.format('1', 'posting')} UNION ALL {came.format('-1', 'spent_by')} ORDER BY 1, 2, 3",
        *(store.tenant, account, day.isoformat()) * 2,
    )
    found = []
    for (batch, place, contract), parts in groupby(rows, key=lambda row: tuple(row[:3])):
        found += [Lot(batch, first, last, account, place, contract) for first, last in _covered(list(parts))]
    return sorted(found, key=lambda lot: (lot.batch, lot.first))


def _covered(parts: list[Any]) -> Iterator[tuple[int, int]]:
    """Ranges that are there when those that went are taken from those that came."""
    edges: dict[int, int] = {}
    for _batch, _place, _contract, first, last, sign in parts:
        edges[first] = edges.get(first, 0) + sign
        edges[last + 1] = edges.get(last + 1, 0) - sign
    there, begin = 0, 0
    for at, change in sorted(edges.items()):
        if there > 0 and there + change <= 0:
            yield begin, at - 1
        if there <= 0 and there + change > 0:
            begin = at
        there += change


def valued(
    store: Seen, method: Method, *, until: date | None = None, quotes: Sequence[Quote] = (), at: date | None = None
) -> Valuation:
    """What ``value.valuation`` comes to over all records, from the rows of lots and money: no record is read."""
    course = Course(method)
    for step in steps(store, until):
        course.apply(step)
    upto = "" if until is None else " AND day <= %s"
    given = [] if until is None else [until.isoformat()]
    posted = f"EXISTS (SELECT 1 FROM book_posting p WHERE p.organisation_id = b.organisation_id AND p.number = b.posting{upto})"
    newest = f"b.number IN (SELECT MAX(b.number) FROM book_batch b WHERE b.organisation_id = %s AND {posted} GROUP BY b.code)"
    batches = store.batches(newest, store.tenant, *given)
    end = store.rows(f"SELECT MAX(day) FROM book_posting WHERE organisation_id = %s{upto}", store.tenant, *given)[0][0]
    day = at or until or (date.fromisoformat(str(end)[:10]) if end else date.min)
    return course.valuation({each.instrument.code: each.instrument for each in batches}, quotes, day)


def steps(store: Seen, until: date | None = None) -> Iterator[Step]:
    """What of each posting bears on cost, by day and number; without those that were reversed by then, and without reversals.

    An event that was entered late stands at its day, as it does in every balance of a day.
    """
    late = _late(store, until)
    if not late:
        yield from _numbered(store, until)
        return
    parts = [late[start : start + AT_ONCE_LATE] for start in range(0, len(late), AT_ONCE_LATE)]
    held = [step for part in parts for step in _steps(store, until, "{} IN", part)]
    wanted = set(late)
    others = (step for step in _numbered(store, until) if step.number not in wanted)
    yield from merge(sorted(held, key=_when), others, key=_when)


def _when(step: Step) -> tuple[date, int]:
    return step.day, step.number


def _late(store: Seen, until: date | None) -> list[int]:
    """The numbers of postings that are dated before one that stands before them; the others are in the order of their days."""
    upto = "" if until is None else " AND day <= %s"
    sql = (
        "SELECT number FROM (SELECT number, day, MAX(day) OVER (ORDER BY number) AS latest FROM book_posting "
        f"WHERE organisation_id = %s AND reverses IS NULL{upto}) p WHERE day < latest ORDER BY number"
    )
    return [row[0] for row in store.rows(sql, store.tenant, *([] if until is None else [until.isoformat()]))]


def _numbered(store: Seen, until: date | None) -> Iterator[Step]:
    last, head = (
        0,
        store.rows("SELECT MAX(number) FROM book_posting WHERE organisation_id = %s", store.tenant)[0][0] or 0,
    )
    while last < head:
        yield from _steps(store, until, "{} BETWEEN", (last + 1, last + AT_ONCE))
        last += AT_ONCE


def _steps(store: Seen, until: date | None, which: str, numbers: Sequence[int]) -> Iterator[Step]:
    """The steps of some postings, by number. which: how a column is asked for them, ``BETWEEN`` two or ``IN`` all."""
    upto = "" if until is None else " AND {0}.day <= %s"
    days = [] if until is None else [until.isoformat()]
    of = f"{which} {'%s AND %s' if which.endswith('BETWEEN') else '(' + ', '.join(['%s'] * len(numbers)) + ')'}"
    undone = f"SELECT 1 FROM book_posting r WHERE r.organisation_id = p.organisation_id AND r.reverses = p.number{upto.format('r')}"
    sql = (
        "SELECT p.number, p.day, p.kind, p.contract, CASE WHEN p.kind = 'borrow' THEN p.record ELSE '' END FROM book_posting p "
        f"WHERE p.organisation_id = %s AND {of.format('p.number')} AND p.reverses IS NULL{upto.format('p')} AND NOT EXISTS ({undone}) ORDER BY p.number"
    )
    found = store.rows(sql, store.tenant, *numbers, *days, *days)
    entities = {each.key: each.entity for each in store.accounts()}
    moves, money = _moves(store, of, numbers, entities), _money(store, of, numbers)
    for number, day, kind, contract, record in found:
        when = day if isinstance(day, date) else date.fromisoformat(day)
        price, fee = money.get(number, (0, 0))
        mine = moves.get(number, {})
        worth = worth_of(read_record(record).event, -sum(mine.values())) if record else 0
        yield Step(number, when, kind, contract, mine, price, fee, worth)


def _moves(
    store: Seen, of: str, numbers: Sequence[int], entities: dict[str, str]
) -> dict[int, dict[tuple[str, str], int]]:
    sql = (
        f"SELECT posting, account, code, -({_UNITS}) FROM book_lot WHERE organisation_id = %s AND {of.format('posting')} AND {_THERE} UNION ALL "
        f"SELECT spent_by, account, code, {_UNITS} FROM book_lot WHERE organisation_id = %s AND {of.format('spent_by')} AND {_THERE}"
    )
    span = (store.tenant, *numbers)
    moves: dict[int, dict[tuple[str, str], int]] = {}
    for number, account, code, units in store.rows(sql, *span, *span):
        mine = moves.setdefault(number, {})
        key = (entities[account], code)
        mine[key] = mine.get(key, 0) + units
    return moves


def _money(store: Seen, of: str, numbers: Sequence[int]) -> dict[int, tuple[int, int]]:
    sql = (
        f"SELECT posting, what, fen FROM book_money WHERE organisation_id = %s AND {of.format('posting')} "
        "AND what IN ('price', 'fee') ORDER BY posting"
    )
    found: Iterable[Any] = store.rows(sql, store.tenant, *numbers)
    paid = {
        number: {what: amount for _, what, amount in rows} for number, rows in groupby(found, key=lambda row: row[0])
    }
    return {number: (each.get("price", 0), each.get("fee", 0)) for number, each in paid.items()}
