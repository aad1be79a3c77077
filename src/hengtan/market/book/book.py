"""The book in memory: postings applied one after the other, each checked against what must always hold."""

from __future__ import annotations

from bisect import bisect_left, bisect_right, insort
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date

from .decide import Account, decide
from .event import Event
from .instrument import PURPOSES, Instrument
from .posting import FINAL, FROZEN, HELD, LARGEST_SUM, LENT, OUT, Batch, Lot, Posting, coalesced


class BrokenBookError(Exception):
    """A posting that cannot stand: it breaks what must always hold. Never what a person gave wrong, which is a problem."""


@dataclass(frozen=True, slots=True)
class Balance:
    """Units of an instrument in one place of an account."""

    account: str
    code: str
    place: str
    quantity: int


class Book:
    """One tenant's book. ``post`` decides and applies; ``apply`` takes a posting as it was recorded."""

    def __init__(self, accounts: Iterable[Account] = ()) -> None:
        self.accounts = {each.key: each for each in accounts}
        self.postings: dict[int, Posting] = {}
        self.batches: dict[int, Batch] = {}
        self.money: dict[str, int] = defaultdict(int)
        self.reversed: set[int] = set()
        self._alive: dict[Lot, None] = {}
        self._held: dict[tuple[str, str, str], dict[Lot, None]] = defaultdict(dict)
        self._series: dict[str, list[tuple[int, int, int]]] = defaultdict(
            list
        )  # (first, last, batch) in the book, sorted
        self._numbered: dict[tuple[str, int], Lot] = {}
        self._codes: dict[str, list[tuple[int, int]]] = defaultdict(list)  # code -> (posting, batch), oldest first
        self._balances: dict[tuple[str, str, str], int] = defaultdict(int)
        self._used: dict[tuple[str, int, str, str], int] = defaultdict(int)
        self._contracts: dict[str, dict[Lot, None]] = defaultdict(dict)
        self._carried: dict[str, int] = defaultdict(int)
        self._loans: dict[str, list[int]] = defaultdict(list)
        self._moved: dict[int, list[tuple[int, Lot]]] = defaultdict(
            list
        )  # batch -> (posting, lot that it made or spent)
        self._newest = date.min

    def post(self, event: Event) -> Posting:
        """Decides and applies. Raises HengtanError for what the event got wrong; nothing has changed then."""
        posting = decide(event, self, len(self.postings) + 1)
        self.apply(posting)
        return posting

    def apply(self, posting: Posting) -> None:
        """Raises BrokenBookError, and changes nothing, for a posting that breaks an invariant."""
        self._check(posting)
        batches, alive, held, balances = self.batches, self._alive, self._held, self._balances
        for each in posting.batches:
            batches[each.number] = each
            self._codes[each.instrument.code].append((posting.number, each.number))
        for lot in posting.spent:
            batch = batches[lot.batch]
            key = (lot.account, batch.instrument.code, lot.place)
            del alive[lot]
            del held[key][lot]
            balances[key] -= lot.quantity
            if lot.contract:
                del self._contracts[lot.contract][lot]
            if batch.series and lot.place != OUT:
                there = self._series[batch.series]
                del there[bisect_left(there, (lot.first, lot.last, lot.batch))]
                del self._numbered[batch.series, lot.first]
        for lot in posting.made:
            batch = batches[lot.batch]
            key = (lot.account, batch.instrument.code, lot.place)
            alive[lot] = None
            held[key][lot] = None
            balances[key] += lot.quantity
            if lot.contract:
                self._contracts[lot.contract][lot] = None
            if batch.series and lot.place != OUT:
                insort(self._series[batch.series], (lot.first, lot.last, lot.batch))
                self._numbered[batch.series, lot.first] = lot
        for moved in posting.money:
            self.money[moved.source] -= moved.fen
            self.money[moved.target] += moved.fen
        self._note(posting)

    def _check(self, posting: Posting) -> None:
        number = posting.number
        if number in self.postings or number != len(self.postings) + 1:
            raise BrokenBookError(f"posting {number}: out of order")
        alive, batches = self._alive, self.batches
        fresh = {each.number: each for each in posting.batches}
        if any(each in batches for each in fresh):
            raise BrokenBookError(f"posting {number}: a batch stands twice")
        bound = posting.kind not in ("release", "foreclose", "reverse")
        for lot in posting.spent:
            if lot not in alive:
                raise BrokenBookError(f"posting {number}: {lot} is spent and not there")
            if lot.place in FINAL:
                raise BrokenBookError(f"posting {number}: {lot} was used for good")
            if (bound and lot.place != HELD) or (lot.place == OUT and posting.kind != "reverse"):
                raise BrokenBookError(f"posting {number}: {lot} is {lot.place}")
        if len(set(posting.spent)) != len(posting.spent):
            raise BrokenBookError(f"posting {number}: a lot is spent twice")
        gone = [(lot.batch, lot.first, lot.last) for lot in posting.spent] + [
            (each.number, each.first, each.last) for each in posting.batches
        ]
        come = [(lot.batch, lot.first, lot.last) for lot in posting.made]
        if gone != come and coalesced(gone) != coalesced(come):
            raise BrokenBookError(f"posting {number}: units gone and units come differ")
        for lot in posting.made:
            batch = fresh.get(lot.batch) or batches[lot.batch]
            if lot.account not in self.accounts:
                raise BrokenBookError(f"posting {number}: no account {lot.account}")
            if lot.place in FINAL[:2] and (
                posting.claim is None or posting.claim.purpose not in PURPOSES[batch.instrument.kind]
            ):
                raise BrokenBookError(
                    f"posting {number}: units of {batch.instrument.kind} used without a claim that fits"
                )
            if batch.series and lot.place != OUT:
                self._free(posting, batch.series, lot)
        if posting.kind in ("buy", "sell") and (
            not posting.made or not any(each.what == "price" for each in posting.money)
        ):
            raise BrokenBookError(f"posting {number}: units without money, or money without units")
        for moved in posting.money:
            if (
                moved.fen <= 0
                or max(abs(self.money[moved.source] - moved.fen), abs(self.money[moved.target] + moved.fen))
                > LARGEST_SUM
            ):
                raise BrokenBookError(f"posting {number}: {moved.fen} fen are no amount")
        if posting.reverses and (posting.reverses in self.reversed or posting.reverses not in self.postings):
            raise BrokenBookError(f"posting {number}: {posting.reverses} cannot be taken back")

    def _free(self, posting: Posting, series: str, lot: Lot) -> None:
        own = {(each.first, each.last, each.batch) for each in posting.spent}
        near = self._near(series, lot.first, lot.last)
        if any(each[1] >= lot.first and each not in own for each in near):
            raise BrokenBookError(f"posting {posting.number}: numbers {series}:{lot.first}-{lot.last} are in the book")

    def _near(self, series: str, first: int, last: int) -> list[tuple[int, int, int]]:
        """Those that begin in the range, and the one before: the ranges of a series are disjoint."""
        there = self._series.get(series, [])
        return there[
            max(0, bisect_left(there, (first, 0, 0)) - 1) : bisect_right(there, (last, LARGEST_SUM, LARGEST_SUM))
        ]

    def _note(self, posting: Posting) -> None:
        self.postings[posting.number] = posting
        self._newest = max(self._newest, posting.day)
        for lot in (*posting.spent, *posting.made):
            self._moved[lot.batch].append((posting.number, lot))
        if posting.reverses:
            self.reversed.add(posting.reverses)
            self._tally(self.postings[posting.reverses], -1)
        else:
            self._tally(posting, 1)
        claim = posting.claim
        if claim is not None:
            for lot in posting.made:
                if lot.place in FINAL[:2]:
                    kind = self.batches[lot.batch].instrument.kind
                    self._used[claim.beneficiary, claim.year, claim.purpose, kind] += lot.quantity

    def _tally(self, posting: Posting, sign: int) -> None:
        if posting.kind == "carry_over":
            self._carried[posting.entity] += sign * sum(each.quantity for each in posting.batches)
        elif posting.kind in ("borrow", "give_back") and sign > 0:
            self._loans[str(posting.event.get("contract", ""))].append(posting.number)

    def balances(self) -> list[Balance]:
        """What is where, by account, instrument and place; nothing that is zero."""
        return [Balance(*key, count) for key, count in sorted(self._balances.items()) if count]

    def units(self) -> list[Lot]:
        """Every lot as it is now, by batch and number."""
        return sorted(self._alive, key=lambda lot: (lot.batch, lot.first))

    def account(self, key: str) -> Account | None:
        """See ``View``."""
        return self.accounts.get(key)

    def lots(self, account: str, code: str, place: str) -> Sequence[Lot]:
        """See ``View``."""
        return sorted(self._held[account, code, place], key=self._age)

    def _age(self, lot: Lot) -> tuple[date, int, int]:
        return self.batches[lot.batch].day, lot.batch, lot.first

    def contract(self, name: str) -> Sequence[Lot]:
        """See ``View``."""
        bound = (lot for lot in self._contracts.get(name, ()) if lot.place in (FROZEN, LENT))
        return sorted(bound, key=self._age)

    def alive(self, series: str, first: int, last: int) -> Sequence[Lot]:
        """See ``View``."""
        return [self._numbered[series, at] for at, end, _ in self._near(series, first, last) if end >= first]

    def batch(self, number: int) -> Batch:
        """See ``View``."""
        return self.batches[number]

    def instrument(self, code: str) -> Instrument | None:
        """See ``View``."""
        came = reversed(self._codes.get(code, ()))
        return next((self.batches[batch].instrument for posting, batch in came if posting not in self.reversed), None)

    def posting(self, number: int) -> Posting | None:
        """See ``View``."""
        return self.postings.get(number)

    def is_reversed(self, number: int) -> bool:
        """See ``View``."""
        return number in self.reversed

    def is_alive(self, lot: Lot) -> bool:
        """See ``View``."""
        return lot in self._alive

    def used(self, entity: str, year: int, purpose: str, kinds: Sequence[str]) -> int:
        """See ``View``."""
        return sum(self._used[entity, year, purpose, kind] for kind in kinds)

    def carried(self, entity: str) -> int:
        """See ``View``."""
        return self._carried[entity]

    def loans(self, contract: str) -> Sequence[Posting]:
        """See ``View``."""
        return [self.postings[each] for each in self._loans.get(contract, ()) if each not in self.reversed]

    def moved_after(self, day: date, lot: Lot, first: int, last: int) -> tuple[int, date] | None:
        """See ``View``."""
        if self._newest <= day:
            return None
        here = (lot.account, lot.place, lot.contract)
        for number, each in self._moved[lot.batch]:
            when = self.postings[number].day
            if (
                when > day
                and each.first <= last
                and each.last >= first
                and (each.account, each.place, each.contract) != here
            ):
                return number, when
        return None

    def next_batch(self) -> int:
        """See ``View``."""
        return len(self.batches) + 1
