"""Tables of a book of earlier days, brought to what ``schema`` makes today: columns, indexes and triggers; no row is changed.

The first version had no ``inside_market`` and other indexes. Running it on tables of today changes nothing.
"""

from __future__ import annotations

from collections.abc import Callable

from .schema import INDEXES, INSIDE, guards, spelled, trigger

VERSION = 3  # of the tables; SQLite keeps it as user_version, where 0 is the first
_COLUMNS = (("book_batch", "inside_market", INSIDE),)
_GONE = ("book_batch_code", "book_posting_day")  # indexes that others took the place of


def upgrade(dialect: str, has: Callable[[str, str], bool]) -> list[str]:
    """The statements that a book needs. has: whether a table has a column already."""
    made = [
        f"ALTER TABLE {table} ADD COLUMN {column} {spelled(body, dialect)}"
        for table, column, body in _COLUMNS
        if not has(table, column)
    ]
    made += [f"DROP INDEX IF EXISTS {name}" for name in _GONE]
    made += [f"CREATE INDEX IF NOT EXISTS {name} ON {where}" for name, where in INDEXES.items()]
    for guard in guards(dialect):
        table = guard[1]
        for statement in trigger(dialect, *guard):
            if statement.startswith("CREATE FUNCTION"):
                made.append(statement.replace("CREATE FUNCTION", "CREATE OR REPLACE FUNCTION", 1))
                continue
            named = statement.split()[2]
            made += [f"DROP TRIGGER IF EXISTS {named}{'' if dialect == 'sqlite' else f' ON {table}'}", statement]
    return made
