"""What moved, asked of the tables: the same as from every record, on both databases, by indexes."""

from datetime import date
from itertools import pairwise

import pytest

from hengtan.market.book import Account, Lot, read_record
from hengtan.market.book.movements import valued
from hengtan.market.book.quote import Quote
from hengtan.market.book.value import METHODS, valuation
from hengtan.problems import HengtanError

from .books import CCER, begin, book, by_records, event, post

A1 = {"account": "A1", "instrument": "CEA25"}
QUOTES = [Quote("CEA", date(2026, 10, 1), 9000), Quote("CEA", date(2026, 10, 20), 10000)]
DAYS = [date(2026, 10, each) for each in (1, 8, 9, 12, 15, 20, 21, 31)]


@pytest.fixture
def busy(database):
    """Two accounts with events of all sorts, some entered late."""
    begin(database)
    with book(database) as store:
        store.add_account(Account("A3", "Yong River Power"))
    post(database, "buy", day="2026-10-09", quantity=100, way="listed", price="97.00", fee="9.70", **A1)
    post(database, "pledge", day="2026-10-15", quantity=300, contract="P", counterparty="Bank", principal="9", **A1)
    post(database, "transfer", day="2026-10-12", to_account="A2", quantity=50, amount="4800", **A1)
    post(database, "transfer", day="2026-10-12", to_account="A3", quantity=70, **A1)
    post(database, "borrow", day="2026-10-10", quantity=40, contract="B", counterparty="Fund", price="96.00", **A1)
    sold = post(database, "sell", day="2026-10-20", quantity=120, way="listed", price="99.00", fee="11.88", **A1)
    post(database, "release", day="2026-10-21", contract="P", quantity=100, principal="3")
    post(database, "reverse", day="2026-10-22", reverses=sold.number, reason="typing")
    post(database, "give_back", day="2026-10-23", quantity=10, contract="B", **A1)
    post(database, "buy", day="2026-10-14", account="A1", way="otc", amount="93.54", serials=["W:1-10"], **CCER)
    post(database, "surrender", day="2026-10-25", quantity=200, year=2025, due_t=500, **A1)
    return database


def test_statements_are_those_of_the_records_between_any_two_days(busy):
    with book(busy) as store:
        postings = [read_record(each) for each in store.records()]
        for account in ("A1", "A2", "A3"):
            for first, last in [(first, last) for first in DAYS for last in DAYS if first <= last]:
                assert store.statement(account, first, last) == by_records(store, postings, account, first, last)
        for one, two in pairwise(DAYS):  # what one day leaves, the next begins with
            after = date.fromordinal(one.toordinal() + 1)
            assert store.statement("A1", DAYS[0], one)[2] == store.statement("A1", after, two)[0]


def test_costs_are_those_of_the_records_on_any_day(busy):
    with book(busy) as store:
        postings = [read_record(each) for each in store.records()]
        entities = {each.key: each.entity for each in store.accounts()}
        for method in METHODS:
            for until in (None, *DAYS):
                whole = valuation(postings, entities, method, until=until, quotes=QUOTES)
                assert valued(store, method, until=until, quotes=QUOTES) == whole
            assert whole.owed and whole.results


def test_a_day_is_shown_with_what_was_there_then_whenever_it_was_entered(busy):
    """1,000 of 8 October, 100 bought on the 9th, 40 borrowed on the 10th; 300 pledged on the 15th, 120 transferred on the 12th, but entered later."""
    with book(busy) as store:
        on = {(each.account, each.code, each.place): each.quantity for each in store.balances(date(2026, 10, 13))}
        assert on == {
            ("A1", "CEA25", "held"): 1000 + 100 + 40 - 120,
            ("A2", "CEA25", "held"): 50,
            ("A3", "CEA25", "held"): 70,
        }
        assert sum(lot.quantity for lot in store.lots_on("A1", date(2026, 10, 13))) == 1020
        assert {lot.place for lot in store.lots_on("A1", date(2026, 10, 13))} == {"held"}


@pytest.mark.parametrize(
    ("kind", "fields"),
    [
        ("sell", {"day": "2026-10-07", "quantity": 1, "way": "otc", "amount": "1", **A1}),  # they came on the 8th
        ("sell", {"day": "2026-10-11", "account": "A2", "instrument": "CEA25", "quantity": 1, "way": "otc", "amount": "1"}),
        ("sell", {"day": "2026-10-20", "quantity": 881, "way": "otc", "amount": "1", **A1}),  # some were pledged until the 21st
        ("release", {"day": "2026-10-14", "contract": "P"}),
        ("reverse", {"day": "2026-10-08", "reverses": 2, "reason": "typing"}),
    ],
)  # fmt: skip
def test_what_was_not_there_on_its_day_is_not_used_on_it(busy, kind, fields):
    with pytest.raises(HengtanError) as told, book(busy) as store:
        store.propose(event(kind, **fields), "li")
    assert [each.code for each in told.value.problems] in (["book.not-yet"], ["book.above-holdings"], ["book.frozen"])


_OF = "FROM generate_series(100, 6000) AS n"
MANY = (
    "INSERT INTO book_proposal (id, organisation_id, key, kind, event, digest, source, proposed_by, proposed_at) "
    f"SELECT n, 1, 'many' || n, 'buy', '', '', '', 'li', now() {_OF}",
    "INSERT INTO book_posting (organisation_id, number, proposal_id, kind, day, entity, contract, quantity, record, posted_at) "
    f"SELECT 1, n, n, CASE WHEN n %% 3 = 0 THEN 'borrow' ELSE 'buy' END, date '2010-01-01' + n, 'E' || n %% 60, 'C' || n, 1, '', now() {_OF}",
    "INSERT INTO book_batch (organisation_id, number, posting, code, kind, vintage, project, methodology, region, market, series, first_number, "
    f"last_number, day, origin) SELECT 1, n, n, 'K' || n %% 50, 'ccer', 0, '', '', '', '', 'S' || n %% 9, n * 10, n * 10 + 5, date '2010-01-01' + n, 'buy' {_OF}",
    "INSERT INTO book_lot (organisation_id, posting, batch, code, series, first_number, last_number, account, place, contract) "
    f"SELECT 1, n, n, 'K' || n %% 50, 'S' || n %% 9, n * 10, n * 10 + 5, 'A2', CASE WHEN n %% 2 = 0 THEN 'held' ELSE 'frozen' END, CASE WHEN n %% 2 = 0 THEN '' ELSE 'C' || n END {_OF}",
    "UPDATE book_lot SET spent_by = posting + 1 WHERE posting >= 100 AND posting < 5000",
    f"INSERT INTO book_claim (organisation_id, posting, purpose, beneficiary, year) SELECT 1, n, 'compliance', 'E' || n %% 60, 2025 {_OF}",
)


def plan(database, store, act):
    """How the database goes about what an act asks of it, as one text."""
    asked, rows = [], store.rows

    def noting(sql, *given):
        asked.append((sql, given))
        return rows(sql, *given)

    store.rows = noting
    act(store)
    store.rows = rows
    how = "EXPLAIN QUERY PLAN" if database.dialect == "sqlite" else "EXPLAIN"
    return "\n".join(str(row[-1]) for sql, given in asked for row in rows(f"{how} {sql}", *given))


def test_what_the_book_is_asked_has_an_index(busy):
    asked = [
        ("book_posting_agreed_of", lambda store: store.carried("Yong River Power")),
        ("book_posting_agreed_by", lambda store: store.loans("B")),
        ("book_claim_of", lambda store: store.used("Yong River Power", 2025, "compliance", ["cea"])),
        ("book_lot_ours", lambda store: store.alive("ccer|W", 3, 4)),
        ("book_batch_of", lambda store: store.instrument("CEA25")),
        ("book_lot_contract", lambda store: store.contract("P")),
        ("book_lot_came_to", lambda store: store.statement("A1", DAYS[1], DAYS[2])),
        ("book_lot_went_from", lambda store: store.statement("A1", DAYS[1], DAYS[2])),
        ("book_posting_days", lambda store: store.statement("A1", DAYS[1], DAYS[2])),
        ("book_posting_days", lambda store: store.moved_after(DAYS[-1], Lot(1, 1, 9, "A1", "held"), 1, 9)),
    ]
    with book(busy) as store:
        if busy.dialect == "postgresql":  # what is there decides the way: a book with many rows, which nobody keeps
            for table in ("proposal", "posting", "batch", "lot", "claim"):
                store.execute(f"ALTER TABLE book_{table} DISABLE TRIGGER USER")
            for sql in MANY:
                store.execute(sql)
            store.execute("ANALYZE")
        for index, act in asked:
            told = plan(busy, store, act)
            assert index in told, told
            assert not any(way in told for way in ("SCAN book_", "SCAN l", "SCAN p", "Seq Scan")), told
        if busy.dialect == "postgresql":
            store.execute("ROLLBACK")
