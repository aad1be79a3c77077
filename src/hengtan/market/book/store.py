"""The book in a database: one store over a DB-API cursor with ``%s`` placeholders, for SQLite and PostgreSQL alike.

The caller owns the transaction: what the store writes in one call is committed whole or not at all. Every statement names the
tenant. Where two processes want the same tenant's book, the second waits; the constraints of ``schema`` hold for whoever writes.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime
from hashlib import sha256
from typing import Any, Protocol

from hengtan.ledger import canonical
from hengtan.problems import HengtanError, Problem

from .book import Balance
from .decide import Account, decide, refuse
from .event import Event, read_event
from .instrument import Instrument
from .posting import FINAL, FROZEN, LENT, OUT, Batch, Lot, Posting
from .record import as_record, read_record

KIND = "assets.posted"  # of the record and its entry in the ledger
_CODE = re.compile(r"book\.[a-z-]+")
_CONSTRAINTS = {"book_lot_numbers_once": "book.serial-taken", "book_lot_units_once": "book.units-twice"}
_NUMBER = "l.batch, l.first_number, l.last_number, l.account, l.place, l.contract"
_OLDEST = "b.day, l.batch, l.first_number"


# what an event that waits may still mend
CURABLE = frozenset(
    {"book.above-holdings", "book.frozen", "book.instrument-unknown", "book.contract-unknown", "book.contract-open", "book.above-contract",
     "book.serial-not-held", "book.serial-elsewhere", "book.serial-frozen", "book.serial-held"}
)  # fmt: skip


class Cursor(Protocol):
    """What is needed of a cursor: Django's, psycopg's, or ``lite.Cursor`` over sqlite3."""

    def execute(self, sql: str, params: Sequence[Any] = ...) -> Any:
        """Runs one statement."""

    def fetchone(self) -> Any:
        """The next row or None."""

    def fetchall(self) -> Any:
        """The rows that are left."""


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


class Store:
    """One tenant's book. ``posted`` is called with each new posting in the transaction, for the ledger."""

    def __init__(
        self, cursor: Cursor, tenant: int, *, posted: Callable[[Posting, dict[str, Any]], None] | None = None,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:  # fmt: skip
        self._cursor, self.tenant, self._posted, self._now = cursor, tenant, posted, now
        self._batches: dict[int, Batch] = {}

    # -- what is asked --------------------------------------------------------------------------------------------------

    def rows(self, sql: str, *given: Any) -> list[Any]:
        """The rows of a query."""
        self._cursor.execute(sql, given)
        found: list[Any] = self._cursor.fetchall()
        return found

    def execute(self, sql: str, *given: Any) -> Any:
        """Runs one statement; the first row of what it returns, or None."""
        self._cursor.execute(sql, given)
        return self._cursor.fetchone() if " RETURNING " in sql else None

    def account(self, key: str) -> Account | None:
        """See ``View``."""
        found = self.rows(
            "SELECT key, entity, registry, number FROM book_account WHERE organisation_id = %s AND key = %s",
            self.tenant,
            key,
        )
        return Account(*found[0]) if found else None

    def accounts(self) -> list[Account]:
        """All accounts by name."""
        return [
            Account(*row)
            for row in self.rows(
                "SELECT key, entity, registry, number FROM book_account WHERE organisation_id = %s ORDER BY key",
                self.tenant,
            )
        ]

    def lots(self, account: str, code: str, place: str) -> Sequence[Lot]:
        """See ``View``."""
        return self._lots("l.account = %s AND l.code = %s AND l.place = %s", account, code, place)

    def contract(self, name: str) -> Sequence[Lot]:
        """See ``View``."""
        return self._lots("l.contract = %s AND l.contract <> ''", name)

    def alive(self, series: str, first: int, last: int) -> Sequence[Lot]:
        """See ``View``."""
        return self._lots(
            "l.series = %s AND l.series <> '' AND l.first_number <= %s AND l.last_number >= %s AND l.place <> %s",
            series,
            last,
            first,
            OUT,
        )

    def _lots(self, where: str, *given: Any) -> list[Lot]:
        sql = (
            f"SELECT {_NUMBER} FROM book_lot l JOIN book_batch b ON b.organisation_id = l.organisation_id AND b.number = l.batch "
            f"WHERE l.organisation_id = %s AND l.spent_by IS NULL AND {where} ORDER BY {_OLDEST}"
        )
        return [Lot(*row) for row in self.rows(sql, self.tenant, *given)]

    def batch(self, number: int) -> Batch:
        """See ``View``."""
        if number not in self._batches:
            found = self.batches("b.number = %s", number)
            self._batches[number] = found[0]
        return self._batches[number]

    def batches(self, where: str = "1 = 1", *given: Any) -> list[Batch]:
        """Batches of this book, oldest first."""
        sql = (
            "SELECT number, code, kind, vintage, project, methodology, registered_on, produced_on, region, market, series, first_number, "
            f"last_number, day, origin FROM book_batch b WHERE b.organisation_id = %s AND {where} ORDER BY b.number"
        )
        return [
            Batch(row[0], Instrument(row[1], row[2], row[3], row[4], row[5], as_day(row[6]), as_day(row[7]), row[8], row[9]), row[10], row[11], row[12],
                  _day(row[13]), row[14])
            for row in self.rows(sql, self.tenant, *given)
        ]  # fmt: skip

    def instrument(self, code: str) -> Instrument | None:
        """See ``View``."""
        found = self.batches(
            "b.code = %s AND b.number = (SELECT MIN(number) FROM book_batch c WHERE c.organisation_id = b.organisation_id AND c.code = b.code)",
            code,
        )
        return found[0].instrument if found else None

    def posting(self, number: int) -> Posting | None:
        """See ``View``."""
        found = self.rows(
            "SELECT record FROM book_posting WHERE organisation_id = %s AND number = %s", self.tenant, number
        )
        return read_record(found[0][0]) if found else None

    def is_reversed(self, number: int) -> bool:
        """See ``View``."""
        return bool(
            self.rows("SELECT 1 FROM book_posting WHERE organisation_id = %s AND reverses = %s", self.tenant, number)
        )

    def is_alive(self, lot: Lot) -> bool:
        """See ``View``."""
        return bool(self._lot_id(lot))

    def used(self, entity: str, year: int, purpose: str, kinds: Sequence[str]) -> int:
        """See ``View``."""
        sql = (
            "SELECT SUM(l.last_number - l.first_number + 1) FROM book_claim c JOIN book_lot l ON l.organisation_id = c.organisation_id AND l.posting = c.posting "
            "JOIN book_batch b ON b.organisation_id = l.organisation_id AND b.number = l.batch "
            f"WHERE c.organisation_id = %s AND c.beneficiary = %s AND c.year = %s AND c.purpose = %s AND l.place IN ('surrendered', 'retired') AND b.kind IN ({_marks(kinds)})"
        )
        return int(self.rows(sql, self.tenant, entity, year, purpose, *kinds)[0][0] or 0)

    def agreed(self, kinds: Sequence[str], *, entity: str = "", contract: str = "") -> int:
        """See ``View``."""
        column, value = ("contract", contract) if contract else ("entity", entity)
        sql = (
            f"SELECT SUM(quantity) FROM book_posting p WHERE organisation_id = %s AND {column} = %s AND kind IN ({_marks(kinds)}) AND NOT EXISTS "
            "(SELECT 1 FROM book_posting r WHERE r.organisation_id = p.organisation_id AND r.reverses = p.number)"
        )
        return int(self.rows(sql, self.tenant, value, *kinds)[0][0] or 0)

    def next_batch(self) -> int:
        """See ``View``."""
        return int(self.rows("SELECT batches FROM book_head WHERE organisation_id = %s", self.tenant)[0][0]) + 1

    def moment(self) -> datetime:
        """Now, as this store tells the time."""
        return self._now()

    # -- what is done ---------------------------------------------------------------------------------------------------

    def lock(self) -> None:
        """Nobody else changes this tenant's book until the transaction ends."""
        self._cursor.execute(
            "INSERT INTO book_head (organisation_id, number, batches) VALUES (%s, 0, 0) ON CONFLICT DO NOTHING",
            (self.tenant,),
        )
        self._cursor.execute("UPDATE book_head SET number = number WHERE organisation_id = %s", (self.tenant,))
        self._batches.clear()

    def add_account(self, account: Account) -> bool:
        """Whether it is new. Raises HengtanError ``book.account-differs`` where the name stands for another one."""
        self.lock()
        for name in ("key", "entity"):
            if not getattr(account, name):
                raise refuse("book.event-missing", name, kind="account", kind_zh="账户", field=name)
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
        text = canonical(dict(event.text)).decode()
        digest = sha256(text.encode()).hexdigest()
        key = key or f"event:{digest}:{self._now().isoformat()}"
        known = self.rows(
            "SELECT id, digest FROM book_proposal WHERE organisation_id = %s AND key = %s", self.tenant, key
        )
        if known:
            if known[0][1] != digest:
                raise refuse("book.key-differs", "reference", key=key)
            found = self.proposal(known[0][0])
            return replace(found, is_new=False)
        try:
            decide(event, self, self._number() + 1)
        except (
            HengtanError
        ) as error:  # what waits before it may still bring the units; whoever approves is told if it did not
            if not all(each.code in CURABLE for each in error.problems) or not self._waits():
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
        found = self._open(proposal)
        if found.proposed_by == by:
            raise refuse("book.four-eyes", proposal=proposal, by=by)
        number = self._number() + 1
        posting = decide(found.event, self, number)
        with _coded():
            self._write(posting, found, by, reason)
        return posting

    def reject(self, proposal: int, by: str, reason: str) -> None:
        """Turns a proposal down, or takes one's own back. Raises HengtanError as ``approve``, and ``book.reason-missing``."""
        self.lock()
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

    def _waits(self) -> bool:
        sql = "SELECT 1 FROM book_proposal p WHERE p.organisation_id = %s AND NOT EXISTS (SELECT 1 FROM book_decision d WHERE d.proposal_id = p.id) LIMIT 1"
        return bool(self.rows(sql, self.tenant))

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
                f"market, series, first_number, last_number, day, origin) VALUES ({_marks(range(17))})",
                (tenant, each.number, number, of.code, of.kind, of.vintage, of.project, of.methodology, of.registered_on and of.registered_on.isoformat(),
                 of.produced_on and of.produced_on.isoformat(), of.region, of.market, each.series, each.first, each.last, each.day.isoformat(), each.origin),
            )  # fmt: skip
            self._batches[each.number] = each
        for lot_id in sorted(self._lot_id(lot) for lot in posting.spent):
            execute(
                "UPDATE book_lot SET spent_by = %s WHERE organisation_id = %s AND id = %s AND spent_by IS NULL",
                (number, tenant, lot_id),
            )
        for lot in posting.made:
            batch = self.batch(lot.batch)
            execute(
                f"INSERT INTO book_lot (organisation_id, posting, batch, code, series, first_number, last_number, account, place, contract) VALUES ({_marks(range(10))})",
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
                f"INSERT INTO book_money (organisation_id, posting, line, what, source, target, fen) VALUES ({_marks(range(7))})",
                (tenant, number, line, moved.what, moved.source, moved.target, moved.fen),
            )
        if posting.claim is not None:
            claim = posting.claim
            execute(
                "INSERT INTO book_claim (organisation_id, posting, purpose, beneficiary, year) VALUES (%s, %s, %s, %s, %s)",
                (tenant, number, claim.purpose, claim.beneficiary, claim.year),
            )
        execute(
            f"INSERT INTO book_posting (organisation_id, number, proposal_id, kind, day, entity, contract, quantity, reverses, record, posted_at) VALUES ({_marks(range(11))})",
            (tenant, number, proposal.id, posting.kind, posting.day.isoformat(), posting.entity, proposal.event.contract, proposal.event.quantity,
             posting.reverses or None, canonical(record).decode(), stamp(moment)),
        )  # fmt: skip
        execute(
            "UPDATE book_head SET number = %s, batches = batches + %s WHERE organisation_id = %s",
            (number, len(posting.batches), tenant),
        )
        if self._posted is not None:
            self._posted(posting, record)

    def _lot_id(self, lot: Lot) -> int:
        found = self.rows(
            "SELECT id FROM book_lot WHERE organisation_id = %s AND batch = %s AND first_number = %s AND last_number = %s AND account = %s AND place = %s "
            "AND contract = %s AND spent_by IS NULL", self.tenant, lot.batch, lot.first, lot.last, lot.account, lot.place, lot.contract,
        )  # fmt: skip
        return int(found[0][0]) if found else 0

    # -- what is shown --------------------------------------------------------------------------------------------------

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
                read_event(json.loads(row[2])),
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

    def balances(self, as_of: date | None = None) -> list[Balance]:
        """What is where, now or after the events of a day."""
        there, given = "l.spent_by IS NULL", list[Any]()
        if as_of is not None:
            upto = (
                "SELECT 1 FROM book_posting p WHERE p.organisation_id = l.organisation_id AND p.day <= %s AND p.number"
            )
            there, given = f"EXISTS ({upto} = l.posting) AND NOT EXISTS ({upto} = l.spent_by)", [as_of.isoformat()] * 2
        sql = (
            "SELECT l.account, l.code, l.place, SUM(l.last_number - l.first_number + 1) FROM book_lot l "
            f"WHERE l.organisation_id = %s AND {there} GROUP BY l.account, l.code, l.place ORDER BY l.account, l.code, l.place"
        )
        return [Balance(row[0], row[1], row[2], int(row[3])) for row in self.rows(sql, self.tenant, *given)]

    def units(self) -> list[Lot]:
        """Every lot as it is now, by batch and number."""
        return sorted(self._lots("1 = 1"), key=lambda lot: (lot.batch, lot.first))

    def lots_on(self, account: str, day: date) -> list[Lot]:
        """The lots of an account after the events of a day."""
        upto = "EXISTS (SELECT 1 FROM book_posting p WHERE p.organisation_id = l.organisation_id AND p.day <= %s AND p.number"
        sql = f"SELECT {_NUMBER} FROM book_lot l WHERE l.organisation_id = %s AND l.account = %s AND {upto} = l.posting) AND NOT {upto} = l.spent_by)"
        return [Lot(*row) for row in self.rows(sql, self.tenant, account, day.isoformat(), day.isoformat())]

    def money(self) -> dict[str, int]:
        """Fen by account of money; the sum of all is 0."""
        found: dict[str, int] = {}
        for source, target, amount in self.rows(
            "SELECT source, target, SUM(fen) FROM book_money WHERE organisation_id = %s GROUP BY source, target",
            self.tenant,
        ):
            found[source] = found.get(source, 0) - int(amount)
            found[target] = found.get(target, 0) + int(amount)
        return dict(sorted(found.items()))

    def records(self) -> Iterator[str]:
        """The record of every posting, in order."""
        last = 0
        while found := self.rows(
            "SELECT number, record FROM book_posting WHERE organisation_id = %s AND number > %s ORDER BY number LIMIT 5000",
            self.tenant,
            last,
        ):
            for last, record in found:  # noqa: B007  the last one counts
                yield record

    def statement(self, account: str, first: date, last: date) -> tuple[dict[str, int], list[Line], dict[str, int]]:
        """(what was there before, lines, what is there after) by instrument; held, frozen and lent count as there."""
        opening: dict[str, int] = {}
        lines: list[Line] = []
        running: dict[str, int] = {}
        for record in self.records():
            posting = read_record(record)
            if posting.day > last:
                continue
            for code, change in sorted(self._changes(posting, account).items()):
                running[code] = running.get(code, 0) + change
                if posting.day < first:
                    opening[code] = opening.get(code, 0) + change
                else:
                    lines.append(
                        Line(
                            posting.number,
                            posting.day,
                            posting.kind,
                            code,
                            change,
                            0,
                            str(posting.event.get("contract", "")),
                            record,
                        )
                    )
        lines.sort(key=lambda line: (line.day, line.number, line.code))
        after = dict(opening)
        for place, line in enumerate(lines):
            after[line.code] = after.get(line.code, 0) + line.change
            lines[place] = Line(
                line.number, line.day, line.kind, line.code, line.change, after[line.code], line.contract, line.record
            )
        return (
            {code: count for code, count in opening.items() if count},
            lines,
            {code: count for code, count in after.items() if count},
        )

    def _changes(self, posting: Posting, account: str) -> dict[str, int]:
        found: dict[str, int] = {}
        for sign, lots in ((-1, posting.spent), (1, posting.made)):
            for lot in lots:
                if lot.account == account and lot.place not in (*FINAL, OUT):
                    code = self.batch(lot.batch).instrument.code
                    found[code] = found.get(code, 0) + sign * lot.quantity
        bound = {lot.place for lot in posting.made} & {FROZEN, LENT} or {lot.place for lot in posting.spent} & {
            FROZEN,
            LENT,
        }
        return {code: change for code, change in found.items() if change or bound}


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


def _marks(values: Any) -> str:
    return ", ".join("%s" for _ in values)


def stamp(moment: datetime) -> str:
    """A moment as it is stored, in UTC."""
    return moment.astimezone(UTC).strftime("%Y-%m-%d %H:%M:%S+00:00")


def as_moment(value: Any) -> datetime:
    """A moment of a row, whichever database gave it."""
    found = value if isinstance(value, datetime) else datetime.fromisoformat(str(value))
    return found if found.tzinfo else found.replace(tzinfo=UTC)


def as_day(value: Any) -> date | None:
    """A day of a row, whichever database gave it; None stays None."""
    return value if value is None or isinstance(value, date) else date.fromisoformat(str(value)[:10])


def _day(value: Any) -> date:
    found = as_day(value)
    assert found is not None
    return found
