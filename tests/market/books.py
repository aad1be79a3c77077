"""Books to try things on: in a file, or on a real PostgreSQL server that the tests start and stop."""

import itertools
import os
from contextlib import contextmanager

import pytest
from benchmarks.postgres import BINARIES, server

from hengtan.market.book import Account, Store, read_event, schema
from hengtan.market.book.lite import Cursor, connect, transaction

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


__all__ = [
    "CCER",
    "GEC",
    "Cursor",
    "Lite",
    "Postgres",
    "begin",
    "book",
    "database",
    "event",
    "post",
    "postgres",
    "sums",
]
