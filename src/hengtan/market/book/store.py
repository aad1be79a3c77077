"""The book in a database: one store over a DB-API cursor with ``%s`` placeholders, for SQLite and PostgreSQL alike.

The caller owns the transaction: what the store writes in one call is committed whole or not at all. Every statement names the
tenant. Where two processes want the same tenant's book, the second waits; the constraints of ``schema`` hold for whoever writes.
"""

from __future__ import annotations

import json
import re
import unicodedata
from bisect import bisect_left, insort
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import date, datetime
from hashlib import sha256
from typing import Any

from hengtan.ledger import canonical
from hengtan.problems import HengtanError, Problem

from .decide import Account, decide, refuse
from .event import Event, read_event
from .movements import Line
from .posting import HELD, Lot, Posting
from .record import YES_NO, as_record
from .seen import Cursor, Seen, as_day, as_moment, marks, stamp

KIND = "assets.posted"  # of the record and its entry in the ledger
_CODE = re.compile(r"book\.[a-z-]+")
_CONSTRAINTS = {"book_lot_numbers_once": "book.serial-taken", "book_lot_units_once": "book.units-twice"}


# what an event that waits may still mend
CURABLE = frozenset(
    {"book.above-holdings", "book.frozen", "book.instrument-unknown", "book.contract-unknown", "book.contract-open", "book.above-contract",
     "book.serial-not-held", "book.serial-elsewhere", "book.serial-frozen", "book.serial-held"}
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Proposal:
    """An event that waits for somebody else, or was decided. state: ``pending``, ``approved``, ``rejected``."""

    id: int
    key: str
    event: Event
    proposed_by: str
    proposed_at: datetime
    source: str = ""
    state: str = "pending"
    decided_by: str = ""
    reason: str = ""
    posting: int | None = None
    is_new: bool = True


class Store(Seen):
    """One tenant's book. ``posted`` is called with each new posting in the transaction, for the ledger."""

    _free: dict[tuple[str, str], list[Lot]] | None = None  # what is held, while many are decided together

    @contextmanager
    def together(self) -> Iterator[None]:
        """Many are decided in the caller's transaction; what is held is read once and followed, since nobody else can change it."""
        self.lock()
        self._free = {}
        try:
            yield
        finally:
            self._free = None

    @contextmanager
    def apart(self) -> Iterator[None]:
        """What is done within is done whole or not at all, whatever else the transaction does."""
        self._cursor.execute("SAVEPOINT apart")
        try:
            yield
        except BaseException:
            self._cursor.execute("ROLLBACK TO SAVEPOINT apart")
            self._batches.clear()
            if self._free is not None:
                self._free.clear()
            raise
        finally:
            self._cursor.execute("RELEASE SAVEPOINT apart")

    def lots(self, account: str, code: str, place: str) -> Sequence[Lot]:
        """See ``View``."""
        if self._free is None or place != HELD:
            return super().lots(account, code, place)
        if (account, code) not in self._free:
            self._free[account, code] = list(super().lots(account, code, place))
        return self._free[account, code]

    def _follow(self, posting: Posting) -> None:
        """What a posting did to the lots that are held, in the order of their age."""
        for free, lots in ((False, posting.spent), (True, posting.made)):
            for lot in lots:
                there = (self._free or {}).get((lot.account, self.batch(lot.batch).instrument.code))
                if there is None or lot.place != HELD:
                    continue
                if free:
                    insort(there, lot, key=self._age)
                else:
                    del there[bisect_left(there, self._age(lot), key=self._age)]

    def _age(self, lot: Lot) -> tuple[date, int, int]:
        return self.batch(lot.batch).day, lot.batch, lot.first

    def lock(self) -> None:
        """Nobody else changes this tenant's book until the transaction ends."""
        self._cursor.execute(
            "INSERT INTO book_head (organisation_id, number, batches) VALUES (%s, 0, 0) ON CONFLICT DO NOTHING",
            (self.tenant,),
        )
        self._cursor.execute("UPDATE book_head SET number = number WHERE organisation_id = %s", (self.tenant,))
        if self._free is None:
            self._batches.clear()

    def add_account(self, account: Account) -> bool:
        """Whether it is new. Raises HengtanError ``book.account-differs`` where the name stands for another one."""
        self.lock()
        account = sound(account)
        known = self.account(account.key)
        if known == account:
            return False
        if known is not None:
            raise refuse(
                "book.account-differs", "key", account=account.key, entity=known.entity, number=known.number or "-"
            )
        self._cursor.execute(
            "INSERT INTO book_account (organisation_id, key, entity, registry, number) VALUES (%s, %s, %s, %s, %s)",
            (self.tenant, account.key, account.entity, account.registry, account.number),
        )
        return True

    def propose(self, event: Event, by: str, *, key: str = "", source: str = "") -> Proposal:
        """Puts an event before somebody else. The same ``key`` again gives the proposal that is there.

        Raises HengtanError: whatever speaks against the event now (unless events that wait may still bring the units), and ``book.key-differs`` where the key stands for another event.
        """
        self.lock()
        by = _person(by)
        text = canonical(dict(event.text)).decode()
        digest = sha256(text.encode()).hexdigest()
        key = key or f"event:{digest}:{self._now().isoformat()}"
        known = self.rows(
            "SELECT id, digest, event FROM book_proposal WHERE organisation_id = %s AND key = %s", self.tenant, key
        )
        if known:
            if known[0][1] != digest and not says_the_same(known[0][2], event):
                raise refuse("book.key-differs", "reference", key=key)
            found = self.proposal(known[0][0])
            return replace(found, is_new=False)
        try:
            decide(event, self, self._number() + 1)
        except (
            HengtanError
        ) as error:  # what waits before it may still bring the units; whoever approves is told if it did not
            if not all(each.code in CURABLE for each in error.problems) or not self.waits():
                raise
        moment = self._now()
        self._cursor.execute(
            "INSERT INTO book_proposal (organisation_id, key, kind, event, digest, source, proposed_by, proposed_at) "
            "VALUES (%s, %s, %s, %s, %s, %s, %s, %s) RETURNING id",
            (self.tenant, key, event.kind, text, digest, source, by, stamp(moment)),
        )
        return Proposal(int(self._cursor.fetchone()[0]), key, event, by, moment, source)

    def approve(self, proposal: int, by: str, reason: str = "") -> Posting:
        """Posts what somebody else proposed, decided by the book as it is now.

        Raises HengtanError ``book.proposal-unknown``, ``book.decided-already``, ``book.four-eyes``, and what speaks against the event.
        """
        self.lock()
        by = _person(by)
        found = self._open(proposal)
        if alike(found.proposed_by, by):
            raise refuse("book.four-eyes", proposal=proposal, by=by)
        number = self._number() + 1
        posting = decide(found.event, self, number)
        with _coded():
            self._write(posting, found, by, reason)
        return posting

    def reject(self, proposal: int, by: str, reason: str) -> None:
        """Turns a proposal down, or takes one's own back. Raises HengtanError as ``approve``, and ``book.reason-missing``."""
        self.lock()
        by = _person(by)
        self._open(proposal)
        if not reason.strip():
            raise refuse("book.reason-missing", "reason")
        self._decide(proposal, "rejected", by, reason.strip(), None)

    def reverse(self, number: int, by: str, reason: str, day: date | None = None) -> Proposal:
        """Proposes to take a posting back; somebody else approves it."""
        told = {
            "kind": "reverse",
            "day": (day or self._now().date()).isoformat(),
            "reverses": str(number),
            "reason": reason,
        }
        return self.propose(read_event(told), by)

    def _open(self, proposal: int) -> Proposal:
        found = self.proposal(proposal)
        if found.state != "pending":
            raise refuse("book.decided-already", proposal=proposal, state=found.state, by=found.decided_by)
        return found

    def waits(self) -> bool:
        """Whether any proposal waits."""
        sql = "SELECT 1 FROM book_proposal p WHERE p.organisation_id = %s AND NOT EXISTS (SELECT 1 FROM book_decision d WHERE d.proposal_id = p.id) LIMIT 1"
        return bool(self.rows(sql, self.tenant))

    def next_posting(self) -> int:
        """The number of the next posting."""
        found = self.rows("SELECT number FROM book_head WHERE organisation_id = %s", self.tenant)
        return int(found[0][0]) + 1 if found else 1

    def write_proposals(self, rows: Iterable[tuple[str, str, str, str]], by: str, source: str) -> None:
        """(key, kind, event, digest) of events that were looked at before (``many``), under the lock of the book."""
        moment = stamp(self._now())
        for key, kind, text, digest in rows:
            self._cursor.execute(
                "INSERT INTO book_proposal (organisation_id, key, kind, event, digest, source, proposed_by, proposed_at) VALUES (%s, %s, %s, %s, %s, %s, %s, %s)",
                (self.tenant, key, kind, text, digest, source, by, moment),
            )

    def write_rejections(self, proposals: Iterable[int], by: str, reason: str) -> None:
        """Turns proposals down that nobody decided, under the lock of the book."""
        if not reason.strip():
            raise refuse("book.reason-missing", "reason")
        for each in proposals:
            self._decide(each, "rejected", by, reason.strip(), None)

    def _number(self) -> int:
        return int(self.rows("SELECT number FROM book_head WHERE organisation_id = %s", self.tenant)[0][0])

    def _decide(self, proposal: int, verdict: str, by: str, reason: str, posting: int | None) -> None:
        self._cursor.execute(
            "INSERT INTO book_decision (organisation_id, proposal_id, verdict, decided_by, decided_at, reason, posting) VALUES (%s, %s, %s, %s, %s, %s, %s)",
            (self.tenant, proposal, verdict, by, stamp(self._now()), reason, posting),
        )

    def _write(self, posting: Posting, proposal: Proposal, by: str, reason: str) -> None:
        execute, tenant, number = self._cursor.execute, self.tenant, posting.number
        moment = self._now()
        record = as_record(posting) | {
            "kind": KIND,
            "proposed_by": proposal.proposed_by,
            "approved_by": by,
            "key": proposal.key,
            "posted_at": stamp(moment),
        }
        self._decide(proposal.id, "approved", by, reason, number)
        for each in posting.batches:
            of = each.instrument
            execute(
                "INSERT INTO book_batch (organisation_id, number, posting, code, kind, vintage, project, methodology, registered_on, produced_on, region, "
                f"market, series, first_number, last_number, day, origin, inside_market) VALUES ({marks(range(18))})",
                (tenant, each.number, number, of.code, of.kind, of.vintage, of.project, of.methodology, of.registered_on and of.registered_on.isoformat(),
                 of.produced_on and of.produced_on.isoformat(), of.region, of.market, each.series, each.first, each.last, each.day.isoformat(), each.origin,
                 "" if of.inside_market is None else YES_NO[of.inside_market]),
            )  # fmt: skip
            self._batches[each.number] = each
        for lot_id in sorted(self.lot_id(lot) for lot in posting.spent):
            execute(
                "UPDATE book_lot SET spent_by = %s WHERE organisation_id = %s AND id = %s AND spent_by IS NULL",
                (number, tenant, lot_id),
            )
        for lot in posting.made:
            batch = self.batch(lot.batch)
            execute(
                f"INSERT INTO book_lot (organisation_id, posting, batch, code, series, first_number, last_number, account, place, contract) VALUES ({marks(range(10))})",
                (
                    tenant,
                    number,
                    lot.batch,
                    batch.instrument.code,
                    batch.series,
                    lot.first,
                    lot.last,
                    lot.account,
                    lot.place,
                    lot.contract,
                ),
            )
        for line, moved in enumerate(posting.money, 1):
            execute(
                f"INSERT INTO book_money (organisation_id, posting, line, what, source, target, fen) VALUES ({marks(range(7))})",
                (tenant, number, line, moved.what, moved.source, moved.target, moved.fen),
            )
        if posting.claim is not None:
            claim = posting.claim
            execute(
                "INSERT INTO book_claim (organisation_id, posting, purpose, beneficiary, year) VALUES (%s, %s, %s, %s, %s)",
                (tenant, number, claim.purpose, claim.beneficiary, claim.year),
            )
        execute(
            f"INSERT INTO book_posting (organisation_id, number, proposal_id, kind, day, entity, contract, quantity, reverses, record, posted_at) VALUES ({marks(range(11))})",
            (tenant, number, proposal.id, posting.kind, posting.day.isoformat(), posting.entity, proposal.event.contract, proposal.event.quantity,
             posting.reverses or None, canonical(record).decode(), stamp(moment)),
        )  # fmt: skip
        execute(
            "UPDATE book_head SET number = %s, batches = batches + %s WHERE organisation_id = %s",
            (number, len(posting.batches), tenant),
        )
        if self._free:
            self._follow(posting)
        if self._posted is not None:
            self._posted(posting, record)

    def proposal(self, number: int) -> Proposal:
        """One proposal. Raises HengtanError ``book.proposal-unknown``."""
        found = self._proposals("p.id = %s", number)
        if not found:
            raise refuse("book.proposal-unknown", proposal=number)
        return found[0]

    def proposals(self, state: str = "pending") -> list[Proposal]:
        """Those that wait (or were ``approved``, ``rejected``), oldest first."""
        return self._proposals(
            "d.id IS NULL" if state == "pending" else "d.verdict = %s", *(() if state == "pending" else (state,))
        )

    def _proposals(self, where: str, *given: Any) -> list[Proposal]:
        sql = (
            "SELECT p.id, p.key, p.event, p.proposed_by, p.proposed_at, p.source, d.verdict, d.decided_by, d.reason, d.posting "
            f"FROM book_proposal p LEFT JOIN book_decision d ON d.proposal_id = p.id WHERE p.organisation_id = %s AND {where} ORDER BY p.id"
        )
        return [
            Proposal(
                row[0],
                row[1],
                read_event(json.loads(row[2]), kept=True),
                row[3],
                as_moment(row[4]),
                row[5],
                row[6] or "pending",
                row[7] or "",
                row[8] or "",
                row[9],
            )
            for row in self.rows(sql, self.tenant, *given)
        ]


def sound(account: Account) -> Account:
    """An account in one spelling. Raises HengtanError ``book.event-missing`` where its name or entity is none."""
    account = Account(
        *(" ".join(each.split()) for each in (account.key, account.entity, account.registry, account.number))
    )
    for name in ("key", "entity"):
        if not getattr(account, name):
            raise refuse("book.event-missing", name, kind="account", kind_zh="账户", field=name)
    return account


def says_the_same(text: str, event: Event) -> bool:
    """Whether the event of a proposal is this one, however its numbers were written: 95.8 in a workbook, 95.80 in a CSV."""
    known = read_event(json.loads(text), kept=True)
    return replace(known, text={}) == replace(event, text={})


def _person(name: str) -> str:
    """A name in one spelling. Raises HengtanError for none."""
    found = " ".join(name.split())
    if not found:
        raise refuse("book.event-missing", "by", kind="posting", kind_zh="记账", field="by")
    return found


def alike(one: str, two: str) -> bool:
    """Whether two names differ in case, width or spaces alone: four eyes are two people."""
    return _folded(one) == _folded(two)


def _folded(name: str) -> str:
    return " ".join(unicodedata.normalize("NFKC", name).casefold().split())


@contextmanager
def _coded() -> Iterator[None]:
    """What the database refuses is told by its code; everything else goes on as it is."""
    try:
        yield
    except HengtanError:
        raise
    except Exception as error:
        text = str(error)
        found = next((code for name, code in _CONSTRAINTS.items() if name in text), None) or next(
            iter(_CODE.findall(text)), None
        )
        if found is None:
            raise
        raise HengtanError(Problem(found)) from error


__all__ = ["CURABLE", "KIND", "Cursor", "Line", "Proposal", "Store", "alike", "as_day", "says_the_same", "sound"]
