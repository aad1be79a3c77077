"""The book as its tables show it: what the domain asks of a book, balances, units, statements; nothing is changed here."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, date, datetime
from typing import Any, Protocol

from .book import Balance
from .decide import Account
from .instrument import Instrument
from .movements import Line, balances_on, lots_on, statement
from .posting import Batch, Lot, Posting
from .record import read_record
from .schema import AGREED

_NUMBER = "l.batch, l.first_number, l.last_number, l.account, l.place, l.contract"
_OLDEST = "b.day, l.batch, l.first_number"
_STANDS = "NOT EXISTS (SELECT 1 FROM book_posting r WHERE r.organisation_id = p.organisation_id AND r.reverses = p.number)"  # nobody took it back
_INSIDE = {"": None, "yes": True, "no": False}


class Cursor(Protocol):
    """What is needed of a cursor: Django's, psycopg's, or ``lite.Cursor`` over sqlite3."""

    def execute(self, sql: str, params: Sequence[Any] = ...) -> Any:
        """Runs one statement."""

    def fetchone(self) -> Any:
        """The next row or None."""

    def fetchall(self) -> Any:
        """The rows that are left."""


class Seen:
    """One tenant's book, read. ``posted`` is called with each new posting in the transaction, for the ledger."""

    def __init__(
        self, cursor: Cursor, tenant: int, *, posted: Callable[[Posting, dict[str, Any]], None] | None = None,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:  # fmt: skip
        self._cursor, self.tenant, self._posted, self._now = cursor, tenant, posted, now
        self._batches: dict[int, Batch] = {}

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
        ours = "{0}.series = %s AND {0}.series <> '' AND {0}.place <> 'out' AND {0}.first_number <= %s"
        near = f"SELECT MAX(n.first_number) FROM book_lot n WHERE n.organisation_id = %s AND n.spent_by IS NULL AND {ours.format('n')}"
        where = f"{ours.format('l')} AND l.last_number >= %s AND l.first_number >= COALESCE(({near}), 0)"  # ranges are disjoint: the one before, and those that begin within
        return self._lots(where, series, last, first, self.tenant, series, first)

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

    def batches(self, where: str = "1 = 1", *given: Any, last: str = "") -> list[Batch]:
        """Batches of this book, oldest first; ``last``: what follows the order."""
        sql = (
            "SELECT number, code, kind, vintage, project, methodology, registered_on, produced_on, region, market, series, first_number, "
            f"last_number, day, origin, inside_market FROM book_batch b WHERE b.organisation_id = %s AND {where} ORDER BY b.number{last}"
        )
        return [
            Batch(row[0], Instrument(row[1], row[2], row[3], row[4], row[5], as_day(row[6]), as_day(row[7]), row[8], row[9], _INSIDE[row[15]]),
                  row[10], row[11], row[12],
                  _day(row[13]), row[14])
            for row in self.rows(sql, self.tenant, *given)
        ]  # fmt: skip

    def instrument(self, code: str) -> Instrument | None:
        """See ``View``."""
        found = self.batches(
            "b.code = %s AND NOT EXISTS (SELECT 1 FROM book_posting r WHERE r.organisation_id = b.organisation_id AND r.reverses = b.posting)",
            code,
            last=" DESC LIMIT 1",
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
        return bool(self.lot_id(lot))

    def used(self, entity: str, year: int, purpose: str, kinds: Sequence[str]) -> int:
        """See ``View``."""
        sql = (  # CROSS JOIN: SQLite keeps the order, and begins with the claims, of which there are few
            "SELECT SUM(l.last_number - l.first_number + 1) FROM book_claim c CROSS JOIN book_lot l CROSS JOIN book_batch b "
            "WHERE c.organisation_id = %s AND c.beneficiary = %s AND c.year = %s AND c.purpose = %s "
            "AND l.organisation_id = c.organisation_id AND l.posting = c.posting AND l.place IN ('surrendered', 'retired') "
            f"AND b.organisation_id = l.organisation_id AND b.number = l.batch AND b.kind IN ({marks(kinds)})"
        )
        return int(self.rows(sql, self.tenant, entity, year, purpose, *kinds)[0][0] or 0)

    def carried(self, entity: str) -> int:
        """See ``View``."""
        sql = f"SELECT SUM(p.quantity) FROM book_posting p WHERE p.organisation_id = %s AND p.entity = %s AND {AGREED} AND p.kind = 'carry_over' AND {_STANDS}"
        return int(self.rows(sql, self.tenant, entity)[0][0] or 0)

    def loans(self, contract: str) -> Sequence[Posting]:
        """See ``View``."""
        kinds = "p.kind IN ('borrow', 'give_back')"
        sql = f"SELECT p.number, p.record FROM book_posting p WHERE p.organisation_id = %s AND p.contract = %s AND {AGREED} AND {kinds} AND {_STANDS}"
        return [read_record(row[1]) for row in sorted(self.rows(sql, self.tenant, contract))]

    def moved_after(self, day: date, lot: Lot, first: int, last: int) -> tuple[int, date] | None:
        """See ``View``."""
        touched = (  # no ORDER BY: SQLite would walk all postings by number; CROSS JOIN: those after the day come first
            "SELECT p.number, p.day FROM book_posting p CROSS JOIN book_lot l WHERE p.organisation_id = %s AND p.day > %s "
            "AND l.organisation_id = p.organisation_id AND l.{} = p.number AND l.batch = %s AND l.first_number <= %s AND l.last_number >= %s "
            "AND NOT (l.account = %s AND l.place = %s AND l.contract = %s)"
        )
        given = (self.tenant, day.isoformat(), lot.batch, last, first, lot.account, lot.place, lot.contract)
        found = self.rows(f"{touched.format('posting')} UNION ALL {touched.format('spent_by')}", *given, *given)
        number, when = min(found, default=(0, None))
        return (int(number), _day(when)) if number else None

    def next_batch(self) -> int:
        """See ``View``."""
        return int(self.rows("SELECT batches FROM book_head WHERE organisation_id = %s", self.tenant)[0][0]) + 1

    def lot_id(self, lot: Lot) -> int:
        """The row of exactly this lot, if it is there; else 0."""
        found = self.rows(
            "SELECT id FROM book_lot WHERE organisation_id = %s AND batch = %s AND first_number = %s AND last_number = %s AND account = %s AND place = %s "
            "AND contract = %s AND spent_by IS NULL", self.tenant, lot.batch, lot.first, lot.last, lot.account, lot.place, lot.contract,
        )  # fmt: skip
        return int(found[0][0]) if found else 0

    def moment(self) -> datetime:
        """Now, as this store tells the time."""
        return self._now()

    def balances(self, as_of: date | None = None) -> list[Balance]:
        """What is where, now or after the events of a day: all that came by then less all that went."""
        if as_of is not None:
            return [Balance(row[0], row[1], row[2], int(row[3])) for row in balances_on(self, as_of)]
        sql = (
            "SELECT l.account, l.code, l.place, SUM(l.last_number - l.first_number + 1) FROM book_lot l "
            "WHERE l.organisation_id = %s AND l.spent_by IS NULL GROUP BY l.account, l.code, l.place ORDER BY l.account, l.code, l.place"
        )
        return [Balance(row[0], row[1], row[2], int(row[3])) for row in self.rows(sql, self.tenant)]

    def units(self) -> list[Lot]:
        """Every lot as it is now, by batch and number."""
        return sorted(self._lots("1 = 1"), key=lambda lot: (lot.batch, lot.first))

    def lots_on(self, account: str, day: date) -> list[Lot]:
        """The lots of an account after the events of a day."""
        return lots_on(self, account, day)

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
            yield from (record for _number, record in found)
            last = found[-1][0]

    def statement(self, account: str, first: date, last: date) -> tuple[dict[str, int], list[Line], dict[str, int]]:
        """See ``movements``."""
        return statement(self, account, first, last)


def marks(values: Any) -> str:
    """As many placeholders."""
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
