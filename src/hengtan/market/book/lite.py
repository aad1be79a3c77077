"""A folder that is a book: ``book.sqlite`` and the ledger beside it, for the command line."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from hengtan.problems import HengtanError, Problem

from .schema import schema

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
    except sqlite3.DatabaseError as error:
        raise HengtanError(Problem("book.unreadable", file=str(path), values={"why": str(error)})) from error
    return connection


@contextmanager
def transaction(connection: sqlite3.Connection) -> Iterator[Cursor]:
    """All or nothing; the second writer waits."""
    cursor = Cursor(connection)
    cursor.execute("BEGIN IMMEDIATE")
    try:
        yield cursor
        cursor.execute("COMMIT")
    except BaseException:
        if connection.in_transaction:
            connection.execute("ROLLBACK")
        raise
