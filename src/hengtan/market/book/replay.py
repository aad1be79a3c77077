"""The book computed again from nothing but its records, with the laws checked on the way; written apart from ``Book``.

A record is taken as text and read with plain lists, because a company's book has a million of them.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from .instrument import PURPOSES
from .posting import FINAL, FROZEN, HELD, LENT, OUT

_BOUND = frozenset({"release", "foreclose", "reverse"})
_USED = frozenset(FINAL[:2])
_FINAL = frozenset(FINAL)
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
    alive, balances, money = state.alive, state.balances, state.money
    codes: dict[str, tuple[str, str, str]] = {}  # batch -> code, kind, series
    numbers: dict[str, dict[int, int]] = {}  # series -> first -> last, of those in the book
    taken_back: set[str] = set()
    loads = json.loads
    for text in records:
        told = loads(text)
        state.count += 1
        spent, made, batches = told.get("spent", ()), told.get("made", ()), told.get("batches", ())
        wrong = _wrong(told, state, codes, taken_back)
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
        for _, source, target, amount in told.get("money", ()):
            money[source] = money.get(source, 0) - int(amount)
            money[target] = money.get(target, 0) + int(amount)
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
    return state


def _wrong(told: dict[str, Any], state: Replayed, codes: dict[str, tuple[str, str, str]], taken_back: set[str]) -> str:
    spent, made, batches, kind = told.get("spent", ()), told.get("made", ()), told.get("batches", ()), str(told["act"])
    if told["number"] != str(state.count - len(state.broken)):
        return "out of order"
    for lot in spent:
        if state.alive.get((lot[0], lot[1])) != lot:
            return f"{lot} is spent and not there"
        place = lot[4]
        if place != HELD and (place in _FINAL or kind not in _BOUND or (place == OUT and kind != "reverse")):
            return f"{lot} cannot be spent"
    fresh = {each[0]: each[6]["kind"] for each in batches}
    if fresh and any(each in codes for each in fresh):
        return "a batch stands twice"
    gone = [(lot[0], int(lot[1]), int(lot[2])) for lot in spent] + [
        (each[0], int(each[2]), int(each[3])) for each in batches
    ]
    come = [(lot[0], int(lot[1]), int(lot[2])) for lot in made]
    if gone != come and _joined(gone) != _joined(come):
        return "units gone and units come differ"
    claim = told.get("claim")
    for lot in made:
        if lot[4] in _USED:
            of = fresh.get(lot[0]) or codes[lot[0]][1]
            if claim is None or claim[0] not in PURPOSES[of]:
                return f"{lot} is used without a claim that fits"
        if (lot[4] in (FROZEN, LENT)) != (len(lot) > 5):
            return f"{lot}: a contract binds what is frozen or lent, and nothing else"
    amounts = told.get("money", ())
    if kind in ("buy", "sell") and not (made and any(each[0] == "price" for each in amounts)):
        return "units without money, or money without units"
    if any(int(each[3]) <= 0 for each in amounts):
        return "an amount that is none"
    back = told.get("reverses")
    return "taken back twice" if back is not None and str(back) in taken_back else ""


def _joined(parts: list[tuple[str, int, int]]) -> list[tuple[str, int, int]]:
    joined: list[tuple[str, int, int]] = []
    for batch, first, last in sorted(parts):
        if joined and joined[-1][0] == batch and joined[-1][2] + 1 == first:
            joined[-1] = (batch, joined[-1][1], last)
        else:
            joined.append((batch, first, last))
    return joined
