"""The book computed again from nothing but its records, with the laws checked on the way; written apart from ``Book``.

A record is taken as text and read with plain lists, because a company's book has a million of them.
"""

from __future__ import annotations

import gc
import json
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from .instrument import PURPOSES
from .posting import FINAL, FROZEN, HELD, LENT, OUT

_BOUND = frozenset({"release", "foreclose", "reverse"})
_USED = frozenset(FINAL[:2])
_FINAL = frozenset(FINAL)
_HELD_BACK = frozenset((FROZEN, LENT))
Key = tuple[str, str, str]


@dataclass(slots=True)
class Replayed:
    """What the records come to.

    alive     (batch, first) -> [batch, first, last, account, place, contract], numbers as text
    balances  (account, code, place) -> units; money: account of money -> fen
    broken    sentences about records that cannot stand; empty for a book that is whole
    """

    count: int = 0
    alive: dict[tuple[str, str], list[str]] = field(default_factory=dict)
    balances: dict[Key, int] = field(default_factory=dict)
    money: dict[str, int] = field(default_factory=dict)
    broken: list[str] = field(default_factory=list)


def replay(records: Iterable[str | bytes]) -> Replayed:
    """Folds the records, in order. What breaks a law is told and not applied."""
    state = Replayed()
    collects = gc.isenabled()
    gc.disable()  # nothing here has cycles, and a million lots would be looked at again and again
    try:
        _fold(records, state)
    finally:
        if collects:
            gc.enable()
    return state


def _fold(records: Iterable[str | bytes], state: Replayed) -> None:
    alive, balances, money = state.alive, state.balances, state.money
    codes: dict[str, tuple[str, str, str]] = {}  # batch -> code, kind, series
    numbers: dict[str, dict[int, int]] = {}  # series -> first -> last, of those in the book
    taken_back: set[str] = set()
    loads, none = json.loads, ()
    for text in records:
        state.count += 1
        try:
            told = loads(text)
            take = told.get
            spent, made, batches, amounts = (
                take("spent", none),
                take("made", none),
                take("batches", none),
                take("money", none),
            )
            wrong = _wrong(told, spent, made, batches, amounts, state, codes, taken_back)
        except (ValueError, KeyError, IndexError, TypeError, AttributeError, StopIteration):
            state.broken.append(f"{state.count}: no record of a posting")
            continue
        if wrong:
            state.broken.append(f"{told.get('number', '?')}: {wrong}")
            continue
        for each in batches:
            codes[each[0]] = (each[6]["code"], each[6]["kind"], each[1])
        for lot in spent:
            code, _, series = codes[lot[0]]
            del alive[lot[0], lot[1]]
            balances[lot[3], code, lot[4]] -= int(lot[2]) - int(lot[1]) + 1
            if series and lot[4] != OUT:
                del numbers[series][int(lot[1])]
        for lot in made:
            code, _, series = codes[lot[0]]
            alive[lot[0], lot[1]] = lot
            key = (lot[3], code, lot[4])
            balances[key] = balances.get(key, 0) + int(lot[2]) - int(lot[1]) + 1
            if series and lot[4] != OUT:
                numbers.setdefault(series, {})[int(lot[1])] = int(lot[2])
        for _, source, target, amount in amounts:
            fen = int(amount)
            money[source] = money.get(source, 0) - fen
            money[target] = money.get(target, 0) + fen
        if "reverses" in told:
            taken_back.add(told["reverses"])
    for series, ranges in numbers.items():
        at = -1
        for first, last in sorted(ranges.items()):
            if first <= at:
                state.broken.append(f"{series}: number {first} is there twice")
            at = last
    state.balances = {key: count for key, count in sorted(balances.items()) if count}
    state.money = dict(sorted(money.items()))


def _wrong(
    told: dict[str, Any], spent: Any, made: Any, batches: Any, amounts: Any, state: Replayed, codes: dict[str, tuple[str, str, str]],
    taken_back: set[str],
) -> str:  # fmt: skip
    kind = told["act"]
    if told["number"] != str(state.count - len(state.broken)):
        return "out of order"
    alive = state.alive
    for lot in spent:
        if alive.get((lot[0], lot[1])) != lot:
            return f"{lot} is spent and not there"
        place = lot[4]
        if place != HELD and (place in _FINAL or kind not in _BOUND or (place == OUT and kind != "reverse")):
            return f"{lot} cannot be spent"
    for each in batches:
        if each[0] in codes:
            return "a batch stands twice"
    if not _same(spent, made, batches):
        return "units gone and units come differ"
    for lot in made:
        place = lot[4]
        if place in _USED:
            claim = told.get("claim")
            of = codes[lot[0]][1] if lot[0] in codes else next(each[6]["kind"] for each in batches if each[0] == lot[0])
            if claim is None or claim[0] not in PURPOSES[of]:
                return f"{lot} is used without a claim that fits"
        if (place in _HELD_BACK) != (len(lot) > 5):
            return f"{lot}: a contract binds what is frozen or lent, and nothing else"
    if kind in ("buy", "sell") and not (made and any(each[0] == "price" for each in amounts)):
        return "units without money, or money without units"
    for each in amounts:
        if int(each[3]) <= 0:
            return "an amount that is none"
    back = told.get("reverses")
    return "taken back twice" if back is not None and back in taken_back else ""


def _same(spent: Any, made: Any, batches: Any) -> bool:
    """Whether the units that come are those that go. One range in order, as nearly all are, is walked; others are sorted."""
    if len(spent) + len(batches) == 1:
        batch, first, last = spent[0][:3] if spent else (batches[0][0], batches[0][2], batches[0][3])
        at = int(first)
        for lot in made:
            if lot[0] != batch or int(lot[1]) != at:
                break
            at = int(lot[2]) + 1
        else:
            return at == int(last) + 1
    gone = [(lot[0], int(lot[1]), int(lot[2])) for lot in spent] + [
        (each[0], int(each[2]), int(each[3])) for each in batches
    ]
    return _joined(gone) == _joined([(lot[0], int(lot[1]), int(lot[2])) for lot in made])


def _joined(parts: list[tuple[str, int, int]]) -> list[tuple[str, int, int]]:
    joined: list[tuple[str, int, int]] = []
    for batch, first, last in sorted(parts):
        if joined and joined[-1][0] == batch and joined[-1][2] + 1 == first:
            joined[-1] = (batch, joined[-1][1], last)
        else:
            joined.append((batch, first, last))
    return joined
