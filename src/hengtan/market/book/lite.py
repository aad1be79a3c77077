"""A folder that is a book: ``book.sqlite`` and the ledger beside it, for the command line."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from hengtan.problems import HengtanError, Problem

from .schema import schema
from .upgrade import VERSION, upgrade

NAME = "book.sqlite"
TENANT = 1
WAIT_S = 60.0


class Cursor:
    """A cursor of sqlite3 that takes ``%s``."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._cursor = connection.cursor()

    def execute(self, sql: str, params: Sequence[Any] = ()) -> Any:
        """Runs one statement."""
        return self._cursor.execute(sql.replace("%s", "?"), tuple(params))

    def fetchone(self) -> Any:
        """The next row or None."""
        return self._cursor.fetchone()

    def fetchall(self) -> Any:
        """The rows that are left."""
        return self._cursor.fetchall()


def connect(path: Path, *, create: bool = False) -> sqlite3.Connection:
    """The database of a book; every commit is on the medium when it returns. Raises HengtanError ``book.none``, ``book.unreadable``."""
    if not create and not path.is_file():
        raise HengtanError(Problem("book.none", file=str(path.parent)))
    try:
        connection = sqlite3.connect(path, timeout=WAIT_S, isolation_level=None)
        connection.execute("PRAGMA foreign_keys = ON")
        connection.execute("PRAGMA recursive_triggers = ON")
        connection.execute("PRAGMA journal_mode = WAL")
        connection.execute("PRAGMA synchronous = FULL")
        made = connection.execute("SELECT 1 FROM sqlite_master WHERE name = 'book_head'").fetchone()
        if not made:
            if not create:
                raise HengtanError(Problem("book.none", file=str(path.parent)))
            with transaction(connection) as cursor:
                if not cursor.execute("SELECT 1 FROM sqlite_master WHERE name = 'book_head'").fetchone():
                    for statement in schema("sqlite"):
                        cursor.execute(statement)
                    cursor.execute(f"PRAGMA user_version = {VERSION}")
        _of_today(connection)
    except sqlite3.DatabaseError as error:
        raise _busy(error, path) from error
    return connection


def _busy(error: sqlite3.DatabaseError, path: Path | None = None) -> HengtanError:
    """What is said of a database that another holds, or that cannot be opened."""
    if "locked" in str(error) or "busy" in str(error):
        return HengtanError(Problem("book.busy"))
    return HengtanError(Problem("book.unreadable", file=str(path or ""), values={"why": str(error)}))


def _of_today(connection: sqlite3.Connection) -> None:
    """Brings the tables of a book of earlier days to those of today, once, whole or not at all."""

    def version() -> int:
        return int(connection.execute("PRAGMA user_version").fetchone()[0])

    if version() < VERSION:
        with transaction(connection) as cursor:
            if version() < VERSION:  # nobody else did meanwhile
                for statement in upgrade("sqlite", lambda table, column: column in _columns(connection, table)):
                    cursor.execute(statement)
                cursor.execute(f"PRAGMA user_version = {VERSION}")
    if version() > VERSION:
        raise sqlite3.DatabaseError(f"made by a later version ({version()})")


def _columns(connection: sqlite3.Connection, table: str) -> set[str]:
    return {row[1] for row in connection.execute(f"PRAGMA table_info({table})")}


@contextmanager
def transaction(connection: sqlite3.Connection) -> Iterator[Cursor]:
    """All or nothing; the second writer waits. Raises HengtanError ``book.busy`` where that takes too long."""
    cursor = Cursor(connection)
    try:
        cursor.execute("BEGIN IMMEDIATE")
    except sqlite3.OperationalError as error:
        raise _busy(error) from error
    try:
        yield cursor
        cursor.execute("COMMIT")
    except BaseException:
        if connection.in_transaction:
            connection.execute("ROLLBACK")
        raise
