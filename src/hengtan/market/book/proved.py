"""A book with its ledger: the entry of a posting is written with it, in one transaction, and taken into the log afterwards, once.

A process that dies between leaves the entry waiting; whoever comes next takes it up. One that died behind the log's back (appended, not
yet noted) is found again in the log.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from secrets import token_hex
from typing import Any

from hengtan.durable import point
from hengtan.ledger import Event, Log, Records, event, keys
from hengtan.ledger.records import commitment_of
from hengtan.ledger.rekey import key_of
from hengtan.problems import Problem

from .lite import NAME, TENANT, connect, transaction
from .posting import Posting
from .store import KIND, Cursor, Store

AT_ONCE = 1000
WAIT_S = 60.0
LEDGER = "ledger"
SHOWN = 20


class Folder:
    """A folder with a book and its ledger: ``DIR/book.sqlite``, ``DIR/ledger``."""

    def __init__(self, folder: Path, *, create: bool = False) -> None:
        self.folder = folder
        if create:
            folder.mkdir(parents=True, exist_ok=True)
        self._connection = connect(folder / NAME, create=create)
        if create:
            _begin(folder / LEDGER)

    @contextmanager
    def store(self) -> Iterator[Store]:
        """A transaction: all that is done in it, or nothing; each posting with its entry."""
        with transaction(self._connection) as cursor:
            yield Store(cursor, TENANT, posted=lambda posting, record: enter(cursor, TENANT, posting, record))

    def log(self) -> int:
        """Takes waiting entries into the ledger; how many there were. May be repeated at any moment."""
        if not self._waiting(1):
            return 0
        ledger = self.folder / LEDGER
        if self._noted() is None:  # begun by a process that died before its ledger was there
            _begin(ledger)
        signer = key_of(Log.open(ledger).verifier, ledger / "private" / "key", {})
        count = 0
        with Log.open(ledger, signer, wait_s=WAIT_S) as log:
            records = Records(ledger)
            records.settle(log)
            self._found_again(log)
            while waiting := self._waiting(AT_ONCE):
                point("book.append")
                given = records.post(
                    log,
                    [Event(row[1].encode(), row[2], bytes.fromhex(row[3]), self._committed(row[0])) for row in waiting],
                )
                point("book.note")
                self._note([(row[0], index) for row, index in zip(waiting, given, strict=True)])
                count += len(waiting)
        return count

    def entry(self, number: int) -> tuple[Event, int | None] | None:
        """The event of a posting and where its entry stands in the ledger (None while it waits); None for no posting."""
        sql = "SELECT entry, commitment, salt, entry_index FROM book_entry WHERE organisation_id = ? AND posting = ?"
        found = self._connection.execute(sql, (TENANT, number)).fetchone()
        if found is None:
            return None
        return Event(found[0].encode(), found[1], bytes.fromhex(found[2]), self._committed(number)), found[3]

    def ledger_records(self) -> Iterator[bytes]:
        """The records of all postings as the ledger keeps them, in the order of the entries. Raises Refused for one that is damaged."""
        ledger = self.folder / LEDGER
        log, records = Log.open(ledger), Records(ledger)
        for entry in log.entries():
            digest = commitment_of(entry)
            if digest is not None and (kept := records.of(digest)) is not None:
                yield kept.record

    def unproved(self) -> list[Problem]:
        """Postings without an entry, and entries that are not those of the log at their place; the first twenty."""
        log = Log.open(self.folder / LEDGER)
        sql = (
            "SELECT p.number, e.entry, e.entry_index FROM book_posting p LEFT JOIN book_entry e ON e.organisation_id = p.organisation_id "
            "AND e.posting = p.number WHERE p.organisation_id = ? ORDER BY e.entry_index"
        )
        found, entries, at = list[Problem](), log.entries(), 0
        there = next(entries, None)
        for number, entry, index in self._connection.execute(sql, (TENANT,)):
            while there is not None and index is not None and at < index:
                there, at = next(entries, None), at + 1
            if index is None or there is None or at != index or entry.encode() != there:
                told = {"what": f"posting {number} entry", "here": str(entry)[:160], "there": "- (ledger)"}
                found.append(Problem("book.ledger-differs", values=told))
            if len(found) == SHOWN:
                break
        return found

    def _waiting(self, most: int) -> list[Any]:
        sql = "SELECT posting, entry, commitment, salt FROM book_entry WHERE organisation_id = ? AND entry_index IS NULL ORDER BY posting LIMIT ?"
        return self._connection.execute(sql, (TENANT, most)).fetchall()

    def _noted(self) -> int | None:
        """The newest entry that is known to be in the ledger."""
        sql = "SELECT MAX(entry_index) FROM book_entry WHERE organisation_id = ?"
        found: int | None = self._connection.execute(sql, (TENANT,)).fetchone()[0]
        return found

    def _committed(self, number: int) -> bytes:
        found = self._connection.execute(
            "SELECT record FROM book_posting WHERE organisation_id = ? AND number = ?", (TENANT, number)
        ).fetchone()
        return str(found[0]).encode()

    def _found_again(self, log: Log) -> None:
        waiting = {row[1].encode(): row[0] for row in self._waiting(10**9)}
        last = self._noted()
        start = 0 if last is None else last + 1
        self._note(
            [(waiting[entry], index) for index, entry in enumerate(log.entries(start), start) if entry in waiting]
        )

    def _note(self, rows: list[tuple[int, int]]) -> None:
        with transaction(self._connection) as cursor:
            for number, index in rows:
                cursor.execute(
                    "UPDATE book_entry SET entry_index = %s WHERE organisation_id = %s AND posting = %s",
                    (index, TENANT, number),
                )

    def close(self) -> None:
        """Lets go of the database."""
        self._connection.close()


def enter(cursor: Cursor, tenant: int, posting: Posting, record: dict[str, Any]) -> None:
    """The entry of a posting, decided now, so that it is appended once however often that is tried."""
    made = event(KIND, record, datetime.now(UTC))
    cursor.execute(
        "INSERT INTO book_entry (organisation_id, posting, salt, commitment, entry) VALUES (%s, %s, %s, %s, %s)",
        (tenant, posting.number, made.salt.hex(), made.commitment, made.entry.decode()),
    )


def _begin(folder: Path) -> None:
    """A log with its key; one that was begun and cut short goes on with the key it has."""
    if (folder / "checkpoint").exists():
        return
    path = folder / "private" / "key"
    if path.exists():
        signer = keys.load(path)
    else:
        signer = keys.generate(f"hengtan/assets/{token_hex(6)}")
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        keys.save(signer, path)
    Log.create(folder, signer.name, signer)
