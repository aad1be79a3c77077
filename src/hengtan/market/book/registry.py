"""A registry's statement beside our book: every difference is a break that somebody closes with a reason."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from hengtan.problems import HengtanError, Problem

from .decide import series_of
from .posting import FROZEN, HELD, Batch, Lot, Range


@dataclass(frozen=True, slots=True)
class StatementLine:
    """One line of a registry's statement: units of an instrument that are free and frozen there, or a serial range.

    row  as the person sees it
    """

    row: int
    code: str
    held: int
    frozen: int = 0
    serials: Range | None = None


@dataclass(frozen=True, slots=True)
class Break:
    """One difference. kind: ``quantity``, ``frozen``, ``ours-only``, ``theirs-only`` (serial numbers in one of the two); units.

    numbers  the serial range, empty where quantities are compared
    """

    kind: str
    code: str
    ours: int
    theirs: int
    numbers: str = ""


def reconcile(lots: Iterable[Lot], batches: Sequence[Batch], lines: Sequence[StatementLine]) -> list[Break]:
    """The differences between the lots of one account and the lines of its statement.

    Held and frozen (pledged) units are on the account with the registry; lent ones are not. Where the statement names serial
    numbers of an instrument, numbers are compared; else quantities. Raises HengtanError ``book.statement-overlap``.
    """
    batch_of = {each.number: each for each in batches}
    here = [lot for lot in lots if lot.place in (HELD, FROZEN)]
    found: list[Break] = []
    codes = sorted({batch_of[lot.batch].instrument.code for lot in here} | {line.code for line in lines})
    for code in codes:
        ours = [lot for lot in here if batch_of[lot.batch].instrument.code == code]
        theirs = [line for line in lines if line.code == code]
        for place, kind in ((HELD, "quantity"), (FROZEN, "frozen")):
            mine = sum(lot.quantity for lot in ours if lot.place == place)
            stated = sum(line.held if place == HELD else line.frozen for line in theirs)
            if mine != stated:
                found.append(Break(kind, code, mine, stated))
        if any(line.serials for line in theirs):
            found += _numbers(code, ours, theirs, batch_of)
    return found


def _numbers(code: str, ours: Sequence[Lot], theirs: Sequence[StatementLine], batches: dict[int, Batch]) -> list[Break]:
    mine: dict[str, list[tuple[int, int]]] = {}
    for lot in ours:
        mine.setdefault(batches[lot.batch].series, []).append((lot.first, lot.last))
    instruments = [each.instrument for each in batches.values() if each.instrument.code == code]
    stated: dict[str, list[tuple[int, int]]] = {}
    for line in theirs:
        if line.serials is not None:
            series = series_of(instruments[0], line.serials.series) if instruments else line.serials.series
            stated.setdefault(series, []).append((line.serials.first, line.serials.last))
    found = []
    for series in sorted({*mine, *stated}):
        one, two = _tidy(series, mine.get(series, [])), _tidy(series, stated.get(series, []))
        found += [
            Break("ours-only", code, last - first + 1, 0, str(Range(series, first, last)))
            for first, last in _less(one, two)
        ]
        found += [
            Break("theirs-only", code, 0, last - first + 1, str(Range(series, first, last)))
            for first, last in _less(two, one)
        ]
    return found


def _tidy(series: str, ranges: list[tuple[int, int]]) -> list[tuple[int, int]]:
    tidy: list[tuple[int, int]] = []
    for first, last in sorted(ranges):
        if tidy and first <= tidy[-1][1]:
            raise HengtanError(Problem("book.statement-overlap", values={"value": str(Range(series, first, last))}))
        if tidy and first == tidy[-1][1] + 1:
            tidy[-1] = (tidy[-1][0], last)
        else:
            tidy.append((first, last))
    return tidy


def _less(these: list[tuple[int, int]], those: list[tuple[int, int]]) -> list[tuple[int, int]]:
    """These ranges without those."""
    left = []
    for first, last in these:
        at = first
        for begin, end in those:
            if end < at or begin > last:
                continue
            if begin > at:
                left.append((at, begin - 1))
            at = max(at, end + 1)
        if at <= last:
            left.append((at, last))
    return left
