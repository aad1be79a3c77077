"""Lots that are split, and neighbours that are joined again."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence

from .posting import HELD, Lot, coalesced


def split(taken: Iterable[tuple[Lot, int, int]], become: Callable[[Lot], Lot]) -> tuple[list[Lot], list[Lot]]:
    """Whole lots that go, and what comes of them: the part that moves, and what stays where it was."""
    parts: dict[Lot, list[tuple[int, int]]] = {}
    for lot, first, last in taken:
        parts.setdefault(lot, []).append((first, last))
    made: list[Lot] = []
    for lot, ranges in parts.items():
        at = lot.first
        for first, last in sorted(ranges):
            if at < first:
                made.append(_part(lot, at, first - 1))
            made.append(become(_part(lot, first, last)))
            at = last + 1
        if at <= lot.last:
            made.append(_part(lot, at, lot.last))
    return list(parts), made


def _part(lot: Lot, first: int, last: int) -> Lot:
    return Lot(lot.batch, first, last, lot.account, lot.place, lot.contract)


def joined(spent: list[Lot], made: list[Lot], there: Sequence[Lot]) -> tuple[list[Lot], list[Lot]]:
    """Neighbours of one batch in one place become one lot again."""
    moving = [lot for lot in made if lot.place == HELD and not lot.contract]
    near = {lot.batch for lot in moving}
    free = [lot for lot in there if lot.batch in near and lot not in spent]
    touched = [lot for lot in free if not lot.contract and any(_touch(lot, each) for each in moving)]
    rest = [lot for lot in made if lot not in moving]
    tidy: list[Lot] = []
    for account in dict.fromkeys(lot.account for lot in moving):
        parts = [(lot.batch, lot.first, lot.last) for lot in (*moving, *touched) if lot.account == account]
        tidy += [Lot(batch, first, last, account, HELD) for batch, first, last in coalesced(parts)]
    return [*spent, *touched], [*rest, *tidy]


def _touch(one: Lot, two: Lot) -> bool:
    return (
        one.batch == two.batch
        and one.account == two.account
        and (one.last + 1 == two.first or two.last + 1 == one.first)
    )
