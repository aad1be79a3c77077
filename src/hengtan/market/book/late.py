"""Events that are entered late: they take units that lay there on their day, and ever since."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from hengtan.problems import Problem

from .event import Event
from .posting import Lot, Range
from .view import View

Part = tuple[Lot, int, int]
"""(lot, first, last) of units of it."""


def not_yet(event: Event, view: View, taken: Sequence[tuple[Lot, int, int]]) -> list[Problem]:
    """Units that were not there on the day of the event: an event that is entered late takes what was there then, and stayed."""
    for lot, first, last in taken:
        batch = view.batch(lot.batch)
        since = (0, batch.day) if batch.day > event.day else view.moved_after(event.day, lot, first, last)
        if since is not None:
            told = {
                "number": str(since[0] or "-"),
                "when": str(since[1]),
                "day": str(event.day),
                "account": lot.account,
            }
            value = str(Range(batch.series.partition("|")[2] or f"#{lot.batch}", first, last))
            return [
                Problem("book.not-yet", column="day", values=told | {"value": value, "code": batch.instrument.code})
            ]
    return []


def there_since(event: Event, view: View, lots: Sequence[Lot]) -> list[Part]:
    """As many units as the event wants, of those that lay where they lie since its day, oldest first; none where they are too few."""
    rest, taken = event.quantity, list[Part]()
    for lot in lots:
        for first, last in _stayed(event, view, lot):
            part = min(rest, last - first + 1)
            taken.append((lot, first, first + part - 1))
            rest -= part
            if not rest:
                return taken
    return []


def _stayed(event: Event, view: View, lot: Lot) -> Iterator[tuple[int, int]]:
    """The ranges of a lot that lay there since the day of the event, in order: neighbours that came later may have been joined to them."""
    todo = [] if view.batch(lot.batch).day > event.day else [(lot.first, lot.last)]
    while todo:
        first, last = todo.pop(0)
        since = view.moved_after(event.day, lot, first, last)
        if since is None:
            yield first, last
            continue
        posting = view.posting(since[0])
        here = (lot.account, lot.place, lot.contract)
        touched = () if posting is None else (*posting.spent, *posting.made)
        moved = [
            each for each in touched if each.batch == lot.batch and (each.account, each.place, each.contract) != here
        ]
        parts = _without(first, last, moved)
        todo = [*(parts if parts != [(first, last)] else ()), *todo]


def _without(first: int, last: int, gone: Sequence[Lot]) -> list[tuple[int, int]]:
    """A range without the numbers of some lots."""
    left = [(first, last)]
    for lot in gone:
        left = [
            part
            for begin, end in left
            for part in ((begin, min(end, lot.first - 1)), (max(begin, lot.last + 1), end))
            if part[0] <= part[1]
        ]
    return left
