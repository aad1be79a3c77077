"""Books of earlier days open: what their tables lack is added, once, and nothing that they say is changed."""

import json
import sqlite3
from pathlib import Path

import pytest

from hengtan.market.book import upgrade
from hengtan.market.book.checked import differences
from hengtan.market.book.lite import Cursor, connect, transaction
from hengtan.market.book.rebuilt import rows_differ
from hengtan.market.book.replay import replay
from hengtan.market.book.upgrade import VERSION
from hengtan.problems import HengtanError

from .books import CCER, KINDS, Lite, Postgres, begin, book, event, post

EARLIER = json.loads((Path(__file__).parent / "earlier/book-1.json").read_text("utf-8"))


class EarlierLite(Lite):
    def __init__(self, path):
        self.path = path
        plain = sqlite3.connect(path, isolation_level=None)
        write(Cursor(plain), "sqlite")
        plain.close()


class EarlierPostgres(Postgres):
    def __init__(self, address):
        self.address = address
        with self.cursor() as cursor:
            cursor.execute("DROP SCHEMA public CASCADE")
            cursor.execute("CREATE SCHEMA public")
            write(cursor, "postgresql")
        self.brought()

    def brought(self):
        with self.cursor() as cursor:
            for statement in upgrade("postgresql", lambda *of: of in columns(cursor)):
                cursor.execute(statement)


def write(cursor, dialect):
    cursor.execute("BEGIN") if dialect == "sqlite" else None
    for statement in EARLIER[dialect]:
        cursor.execute(statement)
    for sql, given in EARLIER["writes"]:
        cursor.execute(sql, given)
    cursor.execute("COMMIT") if dialect == "sqlite" else None


def columns(cursor):
    cursor.execute("SELECT table_name, column_name FROM information_schema.columns")
    return set(cursor.fetchall())


@pytest.fixture(params=KINDS)
def earlier(request, tmp_path):
    if request.param == "sqlite":
        return EarlierLite(tmp_path / "book.sqlite")
    return EarlierPostgres(request.getfixturevalue("postgres"))


def made(database):
    """Every index, trigger and function as the database keeps it."""
    sql = "SELECT type, name, sql FROM sqlite_master WHERE type IN ('index', 'trigger') AND sql IS NOT NULL"
    if database.dialect == "postgresql":
        sql = (
            "SELECT 'index', indexname, indexdef FROM pg_indexes WHERE schemaname = 'public' "
            "UNION ALL SELECT 'function', proname, prosrc FROM pg_proc WHERE pronamespace = 'public'::regnamespace "
            "UNION ALL SELECT 'trigger', tgname, pg_get_triggerdef(oid) FROM pg_trigger WHERE NOT tgisinternal"
        )
    with database.cursor() as cursor:
        cursor.execute(sql)
        return {(kind, name): text.replace(" IF NOT EXISTS", "") for kind, name, text in cursor.fetchall()}


def test_a_book_of_earlier_days_says_what_it_said_and_goes_on(earlier):
    with book(earlier) as store:
        assert [[each.account, each.code, each.place, each.quantity] for each in store.balances()] == EARLIER[
            "balances"
        ]
        assert differences(store, replay(store.records())) == [] == rows_differ(store)
        assert store.instrument("CCER-W").inside_market is None
        (waits,) = store.proposals()
    post(earlier, "buy", account="A1", way="otc", amount="10.00", serials=["W:201-210"], inside_market="no", **CCER)
    post(earlier, "surrender", account="A1", instrument="CCER-W", quantity=5, year=2025, due_t=1000)
    with book(earlier) as store:
        assert store.instrument("CCER-W").inside_market is False
        assert differences(store, replay(store.records())) == [] == rows_differ(store)
        store.reject(waits.id, "wang", "not agreed")


def test_its_tables_are_then_those_of_today(earlier, tmp_path, request):
    with book(earlier) as store:
        store.balances()
    found = made(earlier)
    if earlier.dialect == "sqlite":
        assert found == made(Lite(tmp_path / "new.sqlite"))
        plain = sqlite3.connect(earlier.path)
        assert plain.execute("PRAGMA user_version").fetchone() == (VERSION,)
        assert plain.execute("PRAGMA integrity_check").fetchone() == ("ok",)
        plain.close()
    else:
        earlier.brought()  # again: nothing more
        assert found == made(earlier)
        assert found == made(Postgres(request.getfixturevalue("postgres")))


def test_a_book_of_a_later_version_is_left_alone(tmp_path):
    path = tmp_path / "book.sqlite"
    connection = connect(path, create=True)
    connection.execute(f"PRAGMA user_version = {VERSION + 1}")
    connection.close()
    with pytest.raises(HengtanError) as told:
        connect(path)
    assert told.value.problems[0].code == "book.unreadable" and "later version" in told.value.problems[0].reason()


def test_who_dies_while_a_book_is_brought_up_leaves_it_as_it_was(tmp_path):
    database = EarlierLite(tmp_path / "book.sqlite")
    before = made_by_hand(database.path)
    plain = sqlite3.connect(database.path, isolation_level=None)
    with pytest.raises(ZeroDivisionError), transaction(plain) as cursor:
        for statement in upgrade("sqlite", lambda *_: False)[:40]:
            cursor.execute(statement)
        raise ZeroDivisionError
    plain.close()
    assert made_by_hand(database.path) == before
    with book(database) as store:
        assert store.proposals()


def made_by_hand(path):
    plain = sqlite3.connect(path)
    found = plain.execute("SELECT name, sql FROM sqlite_master ORDER BY name").fetchall()
    plain.close()
    return found


def test_what_is_said_of_a_project_is_said_once(database):
    begin(database, quantity=0)
    buy = {"account": "A1", "way": "otc", "amount": "10.00", **CCER}
    give = {"account": "A1", "instrument": "CCER-W", "quantity": 1, "year": 2025, "due_t": 1000}
    post(database, "buy", serials=["W:1-10"], **buy)
    assert codes(database, "surrender", **give) == ["book.event-missing"]  # nobody guesses it
    post(database, "surrender", inside_market="no", **give)  # said for this surrender alone
    stated = post(database, "buy", serials=["W:11-20"], inside_market="yes", **buy)
    assert codes(database, "surrender", **give) == ["law.credit-inside"]
    assert codes(database, "surrender", inside_market="no", **give) == ["book.instrument-differs"]
    assert codes(database, "buy", serials=["W:21-30"], inside_market="no", **buy) == ["book.instrument-differs"]
    post(database, "reverse", reverses=stated.number, reason="typing")  # a mistake is taken back, and said anew
    post(database, "buy", serials=["W:21-30"], inside_market="no", **buy)
    later = post(database, "buy", serials=["W:31-40"], **buy)
    assert later.batches[0].instrument.inside_market is False
    post(database, "surrender", **give)


def test_an_instrument_that_was_described_wrongly_is_reversed_and_described_anew(database):
    begin(database, quantity=0)
    buy = {"account": "A1", "way": "otc", "amount": "10.00", "serials": ["W:1-10"], **CCER}
    wrong = post(database, "buy", **(buy | {"registered_on": "2024-05-01"}))
    assert codes(database, "buy", **(buy | {"serials": ["W:11-12"]})) == ["book.instrument-differs"]
    post(database, "reverse", reverses=wrong.number, reason="typing")
    assert codes(database, "sell", account="A1", instrument="CCER-W", quantity=1, way="otc", amount="1") == [
        "book.instrument-unknown"
    ]
    assert post(database, "buy", **buy).batches[0].instrument.registered_on.isoformat() == "2025-05-01"


def codes(database, kind, **fields):
    with pytest.raises(HengtanError) as told, book(database) as store:
        store.propose(event(kind, **fields), "li")
    return [each.code for each in told.value.problems]
