"""The book as its tables show it: what the domain asks of a book, balances, units, statements; nothing is changed here."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any, Protocol

from .book import Balance
from .decide import Account
from .instrument import Instrument
from .posting import FINAL, FROZEN, LENT, OUT, Batch, Lot, Posting
from .record import read_record

_NUMBER = "l.batch, l.first_number, l.last_number, l.account, l.place, l.contract"
_OLDEST = "b.day, l.batch, l.first_number"


class Cursor(Protocol):
    """What is needed of a cursor: Django's, psycopg's, or ``lite.Cursor`` over sqlite3."""

    def execute(self, sql: str, params: Sequence[Any] = ...) -> Any:
        """Runs one statement."""

    def fetchone(self) -> Any:
        """The next row or None."""

    def fetchall(self) -> Any:
        """The rows that are left."""


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
        return bool(self.lot_id(lot))

    def used(self, entity: str, year: int, purpose: str, kinds: Sequence[str]) -> int:
        """See ``View``."""
        sql = (
            "SELECT SUM(l.last_number - l.first_number + 1) FROM book_claim c JOIN book_lot l ON l.organisation_id = c.organisation_id AND l.posting = c.posting "
            "JOIN book_batch b ON b.organisation_id = l.organisation_id AND b.number = l.batch "
            f"WHERE c.organisation_id = %s AND c.beneficiary = %s AND c.year = %s AND c.purpose = %s AND l.place IN ('surrendered', 'retired') AND b.kind IN ({marks(kinds)})"
        )
        return int(self.rows(sql, self.tenant, entity, year, purpose, *kinds)[0][0] or 0)

    def agreed(self, kinds: Sequence[str], *, entity: str = "", contract: str = "") -> int:
        """See ``View``."""
        column, value = ("contract", contract) if contract else ("entity", entity)
        sql = (
            f"SELECT SUM(quantity) FROM book_posting p WHERE organisation_id = %s AND {column} = %s AND kind IN ({marks(kinds)}) AND NOT EXISTS "
            "(SELECT 1 FROM book_posting r WHERE r.organisation_id = p.organisation_id AND r.reverses = p.number)"
        )
        return int(self.rows(sql, self.tenant, value, *kinds)[0][0] or 0)

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
            yield from (record for _number, record in found)
            last = found[-1][0]

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
