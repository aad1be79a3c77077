"""Books to try things on: in a file, or on a real PostgreSQL server that the tests start and stop."""

import itertools
import os
from collections import defaultdict
from contextlib import contextmanager

import pytest
from benchmarks.postgres import BINARIES, server

from hengtan.market.book import Account, Store, read_event, schema
from hengtan.market.book.lite import Cursor, connect, transaction
from hengtan.market.book.movements import Line

KINDS = ["sqlite", pytest.param("postgresql", marks=pytest.mark.skipif(not BINARIES, reason="no PostgreSQL here"))]
CCER = {
    "instrument": "CCER-W",
    "instrument_kind": "ccer",
    "project": "W1",
    "methodology": "CCER-01-002-V01",
    "registered_on": "2025-05-01",
}
GEC = {"instrument": "GEC-2025", "instrument_kind": "gec", "produced_on": "2025-11", "region": "CN-15"}


class Lite:
    dialect = "sqlite"

    def __init__(self, path):
        self.path = path
        connect(path, create=True).close()

    @contextmanager
    def cursor(self):
        connection = connect(self.path)
        try:
            with transaction(connection) as cursor:
                yield cursor
        finally:
            connection.close()


class Postgres:
    dialect = "postgresql"

    def __init__(self, address, fresh=True):
        self.address = address
        if fresh:
            with self.cursor() as cursor:
                cursor.execute("DROP SCHEMA public CASCADE")
                cursor.execute("CREATE SCHEMA public")
                for statement in schema("postgresql"):
                    cursor.execute(statement)

    @contextmanager
    def cursor(self):
        import psycopg

        with psycopg.connect(self.address) as connection, connection.cursor() as cursor:
            yield cursor


@pytest.fixture(scope="session")
def postgres():
    with server() as (address, _):
        yield address


@pytest.fixture(params=KINDS)
def database(request, tmp_path):
    if request.param == "sqlite":
        return Lite(tmp_path / "book.sqlite")
    return Postgres(request.getfixturevalue("postgres"))


@contextmanager
def book(database, tenant=1, **more):
    with database.cursor() as cursor:
        yield Store(cursor, tenant, **more)


def event(kind, day="2026-10-08", **fields):
    return read_event(
        {"kind": kind, "day": day}
        | {name: value if isinstance(value, list) else str(value) for name, value in fields.items()}
    )


KEYS = itertools.count()


def post(database, kind, *, tenant=1, by="li", approver="wang", **fields):
    """The posting of an event that li proposed and wang approved."""
    with book(database, tenant) as store:
        proposal = store.propose(event(kind, **fields), by, key=f"try:{os.getpid()}:{next(KEYS)}")
    with book(database, tenant) as store:
        return store.approve(proposal.id, approver)


def begin(database, tenant=1, quantity=1000):
    """A book with two accounts of two entities and allowances of 2025 in the first."""
    with book(database, tenant) as store:
        for key, entity in (("A1", "Yong River Power"), ("A2", "East Sea Aluminium")):
            store.add_account(Account(key, entity, "CRS", f"N-{key}"))
    if quantity:
        post(database, "allocate", tenant=tenant, account="A1", instrument="CEA25", quantity=quantity)


def sums(database, tenant=1):
    with book(database, tenant) as store:
        return {(each.account, each.code, each.place): each.quantity for each in store.balances()}


THERE = ("held", "frozen", "lent")


def by_records(store, postings, account, first, last):
    """The statement of an account worked out from every record."""
    code_of = {each.number: each.instrument.code for each in store.batches()}
    before, rows = defaultdict(int), []
    for posting in postings:
        sums, bound = defaultdict(int), set()
        for sign, lots in ((-1, posting.spent), (1, posting.made)):
            for lot in lots:
                if lot.account == account and lot.place in THERE:
                    sums[code_of[lot.batch]] += sign * lot.quantity
                    if lot.place != "held":
                        bound.add(code_of[lot.batch])
        for code, change in sums.items():
            if posting.day < first:
                before[code] += change
            elif posting.day <= last and (change or code in bound):
                rows.append((posting.day, posting.number, code, posting.kind, change))
    after, lines = before.copy(), []
    for day, number, code, kind, change in sorted(rows):
        after[code] += change
        record = store.rows("SELECT contract, record FROM book_posting WHERE number = %s", number)[0]
        lines.append(Line(number, day, kind, code, change, after[code], *record))
    return {code: n for code, n in before.items() if n}, lines, {code: n for code, n in after.items() if n}


__all__ = [
    "CCER",
    "GEC",
    "THERE",
    "Cursor",
    "Lite",
    "Postgres",
    "begin",
    "book",
    "by_records",
    "database",
    "event",
    "post",
    "postgres",
    "sums",
]
