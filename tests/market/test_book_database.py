"""What always holds of a book is held by the database, against hand-written SQL too: SQLite and a real PostgreSQL."""

from datetime import date

import pytest

from hengtan.market.book.kept import add_quotes, add_statement, close
from hengtan.market.book.quote import Quote
from hengtan.market.book.registry import StatementLine
from hengtan.market.book.schema import APPEND_ONLY
from hengtan.problems import HengtanError

from .books import CCER, GEC, begin, book, event, post, sums

PLAIN = "PRAGMA recursive_triggers = OFF"  # as a connection that somebody opens by hand
SURRENDER = {"account": "A1", "instrument": "CEA25", "year": 2025, "due_t": 1000}


def refused(database, *statements):
    """What the database says to a transaction of hand-written SQL; it must refuse by an error of integrity."""
    with pytest.raises(Exception) as told, database.cursor() as cursor:
        for sql in statements:
            cursor.execute(sql)
    assert "Integrity" in "".join(each.__name__ for each in type(told.value).__mro__), told.value
    return str(told.value)


def lot(
    posting=9, batch=1, first=1, last=10, place="held", account="A1", tenant=1, contract="", code="CEA25", series=""
):
    return (
        "INSERT INTO book_lot (organisation_id, posting, batch, code, series, first_number, last_number, account, place, contract) "
        f"VALUES ({tenant}, {posting}, {batch}, '{code}', '{series}', {first}, {last}, '{account}', '{place}', '{contract}')"
    )


def approved(kind="transfer", number=9, proposal=77, by="wang"):
    """The rows that a posting by hand needs beside its lots."""
    return [
        f"INSERT INTO book_proposal (id, organisation_id, key, kind, event, digest, source, proposed_by, proposed_at) VALUES ({proposal}, 1, 'k{proposal}', '{kind}', '{{}}', '', '', 'li', '2026-11-01 00:00:00+00:00')",
        f"INSERT INTO book_decision (organisation_id, proposal_id, verdict, decided_by, decided_at, reason, posting) VALUES (1, {proposal}, 'approved', '{by}', '2026-11-01 00:00:00+00:00', '', {number})",
    ]


def posting(kind="transfer", number=9, proposal=77, reverses="NULL"):
    return (
        "INSERT INTO book_posting (organisation_id, number, proposal_id, kind, day, entity, contract, quantity, reverses, record, posted_at) "
        f"VALUES (1, {number}, {proposal}, '{kind}', '2026-11-01', '', '', 0, {reverses}, '{{}}', '2026-11-01 00:00:00+00:00')"
    )


def spend(which, by=9):
    return f"UPDATE book_lot SET spent_by = {by} WHERE organisation_id = 1 AND spent_by IS NULL AND {which}"


def test_rows_are_never_changed_or_deleted(database):
    begin(database)
    post(database, "buy", account="A1", instrument="CEA25", quantity=5, way="listed", price="97.40")
    post(database, "surrender", quantity=10, **SURRENDER)
    with book(database) as store:
        add_quotes(store, [Quote("CEA", date(2026, 10, 8), 9740)])
        _, (gap,), _ = add_statement(store, "A1", date(2026, 10, 31), [StatementLine(2, "CEA25", 1)], "zhao")
        close(store, gap.id, "zhao", "in transit")
    for table in (
        "account",
        "proposal",
        "decision",
        "posting",
        "batch",
        "money",
        "claim",
        "quote",
        "statement",
        "line",
        "break",
        "closing",
    ):
        assert "book.append-only" in refused(database, f"UPDATE book_{table} SET organisation_id = 2")
        assert "book.append-only" in refused(database, f"DELETE FROM book_{table}")
    assert "book.append-only" in refused(database, "DELETE FROM book_lot")
    assert "book.append-only" in refused(database, "DELETE FROM book_head")
    assert "book.append-only" in refused(database, "UPDATE book_head SET number = 0")
    for column, value in (
        ("last_number", 10**6),
        ("account", "'A2'"),
        ("place", "'held'"),
        ("batch", 2),
        ("spent_by", "NULL"),
    ):
        assert "book." in refused(database, f"UPDATE book_lot SET {column} = {value}")
    if database.dialect == "postgresql":
        assert "book.append-only" in refused(database, "TRUNCATE book_lot CASCADE")
    else:
        for table in (*APPEND_ONLY, "book_lot"):
            with database.cursor() as cursor:
                cursor.execute(f"PRAGMA table_info({table})")
                columns = [each[1] for each in cursor.fetchall()]
            for names in (columns, columns[1:]):  # by its id, and by what else is unique
                told = ", ".join(names)
                sql = f"INSERT OR REPLACE INTO {table} ({told}) SELECT {told} FROM {table} LIMIT 1"
                assert "book." in refused(database, PLAIN, sql), (table, names)
        row = "SELECT id, organisation_id, posting, NULL, batch, code, series, first_number, 10000, account, 'held', '' FROM book_lot WHERE place = 'surrendered'"
        assert "book." in refused(database, f"INSERT OR REPLACE INTO book_lot {row}")
        assert "book." in refused(database, "UPDATE OR REPLACE book_posting SET number = 1")
        assert "book." in refused(database, "INSERT OR REPLACE INTO book_account VALUES (1, 1, 'A1', 'Thief', '', '')")


def test_what_was_used_never_comes_back_by_whatever_way(database):
    begin(database)
    post(database, "surrender", quantity=10, **SURRENDER)
    post(
        database,
        "retire",
        account="A1",
        instrument="CEA25",
        quantity=10,
        purpose="voluntary",
        beneficiary="Games",
        year=2026,
    )
    post(database, "clawback", account="A1", instrument="CEA25", quantity=10, reason="verified")
    for place in ("surrendered", "retired", "cancelled"):
        for kind in ("reverse", "release", "transfer"):
            more = "2" if kind == "reverse" else "NULL"
            parts = [
                *approved(kind, 5),
                spend(f"place = '{place}'", 5),
                lot(5, 1, 1, 10),
                posting(kind, 5, reverses=more),
            ]
            assert "book.final" in refused(database, *parts)
    for number in (2, 3, 4):
        with pytest.raises(HengtanError) as told, book(database) as store:
            store.reverse(number, "li", "wrong")
        assert [each.code for each in told.value.problems] == ["book.final"]


def test_units_come_only_as_many_as_go(database):
    begin(database)
    made = [*approved(number=2), spend("batch = 1", 2)]
    assert "book.unbalanced" in refused(database, *made, lot(2, 1, 1, 900), posting(number=2))
    assert "book.outside-batch" in refused(database, *made, lot(2, 1, 1, 1001), posting(number=2))
    again = refused(database, *made, lot(2, 1, 1, 600), lot(2, 1, 500, 899), posting(number=2))
    assert "book.units-twice" in again or "book_lot_units_once" in again
    assert "book.one-leg" in refused(database, *approved(number=2), posting(number=2))
    assert sums(database) == {("A1", "CEA25", "held"): 1000}


def test_a_lot_is_spent_once(database):
    begin(database)
    post(database, "sell", account="A1", instrument="CEA25", quantity=400, way="listed", price="97.40")
    assert "book.append-only" in refused(database, "UPDATE book_lot SET spent_by = 3 WHERE spent_by = 2")
    again = refused(database, *approved(number=3), lot(3, 1, 1, 400), posting(number=3))
    assert "book.units-twice" in again or "book_lot_units_once" in again
    assert "book.gone-spent" in refused(
        database, *approved(number=3), spend("place = 'out'", 3), lot(3, 1, 1, 400), posting(number=3)
    )


def test_units_and_money_of_a_trade_are_posted_together_or_not_at_all(database):
    begin(database)
    moved = [spend("batch = 1", 2), lot(2, 1, 1, 1000, "out")]
    assert "book.one-leg" in refused(database, *approved("sell", 2), *moved, posting("sell", 2))
    money = "INSERT INTO book_money (organisation_id, posting, line, what, source, target, fen) VALUES (1, {}, 1, 'price', 'price:x', 'cash:x', {})"
    assert "book.one-leg" in refused(database, *approved("sell", 2), money.format(2, 5), posting("sell", 2))
    assert "book.sealed" in refused(database, money.format(1, 5))
    for wrong in (0, -5, 10**14 + 1):
        assert refused(database, *approved("sell", 2), *moved, money.format(2, wrong), posting("sell", 2))


def test_nothing_is_added_to_a_posting_that_is_sealed_nor_taken_away_by_it(database):
    begin(database)
    post(database, "allocate", account="A1", instrument="CEA24", quantity=5)
    batch = (
        "INSERT INTO book_batch (organisation_id, number, posting, code, kind, vintage, project, methodology, region, market, series, first_number, last_number, day, origin) "
        "VALUES (1, {}, {}, 'CEA25', 'cea', 2025, '', '', '', '', '', 1, 500, '2026-10-01', 'allocate')"
    )
    assert "book.sealed" in refused(database, batch.format(3, 1))
    assert "book.sealed" in refused(
        database, "UPDATE book_lot SET spent_by = 2 WHERE posting = 1"
    )  # units would be gone without a trace
    claim = "INSERT INTO book_claim (organisation_id, posting, purpose, beneficiary, year) VALUES (1, 1, 'voluntary', 'x', 2026)"
    assert "book.sealed" in refused(database, claim)
    unbalanced = refused(database, *approved("allocate", 3), batch.format(3, 3), posting("allocate", 3))
    assert "book.unbalanced" in unbalanced or "book.one-leg" in unbalanced
    spent = lot(3, 1, 1, 5, "held").replace("posting,", "spent_by, posting,").replace("VALUES (1, 3", "VALUES (1, 4, 3")
    assert "book." in refused(database, *approved(number=3), spent)


def test_units_come_to_lie_only_where_such_an_event_puts_them(database):
    begin(database)
    for kind, place in (("transfer", "out"), ("transfer", "cancelled"), ("expire", "out"), ("allocate", "out")):
        parts = [*approved(kind, 2), spend("batch = 1", 2), lot(2, 1, 1, 1000, place), posting(kind, 2)]
        assert "book.place" in refused(database, *parts), (kind, place)


def test_a_posting_is_taken_back_whole(database):
    begin(database)
    post(database, "pledge", account="A1", instrument="CEA25", quantity=400, contract="P", counterparty="Bank")
    half = [*approved("reverse", 3), spend("place = 'frozen'", 3), lot(3, 1, 1, 400), posting("reverse", 3, reverses=2)]
    assert "book.half-reversed" in refused(database, *half)


def test_what_no_posting_seals_cannot_be_committed(database):
    begin(database)
    assert refused(database, spend("batch = 1", 2), lot(2, 1, 1, 1000))
    assert refused(database, *approved(number=2))
    assert sums(database) == {("A1", "CEA25", "held"): 1000}


def test_a_posting_stands_only_where_somebody_else_approved_it(database):
    begin(database)
    moved = [spend("batch = 1", 2), lot(2, 1, 1, 1000, account="A2")]
    assert "book.not-approved" in refused(database, approved(number=2)[0], *moved, posting(number=2))
    assert "book.four-eyes" in refused(database, *approved(number=2, by="li"))
    assert "book.not-approved" in refused(database, *approved("pledge", 2), *moved, posting("transfer", 2))
    assert "book.out-of-order" in refused(
        database, *approved(number=3), spend("batch = 1", 3), lot(3, 1, 1, 1000), posting(number=3)
    )


def test_a_pending_event_is_decided_once(database):
    begin(database)
    with book(database) as store:
        pending = store.propose(event("surrender", quantity=10, **SURRENDER), "li")
    with pytest.raises(HengtanError) as told, book(database) as store:
        store.approve(pending.id, "li")
    assert told.value.problems[0].code == "book.four-eyes"
    with book(database) as store:
        store.approve(pending.id, "wang")
    for act in (
        lambda store: store.approve(pending.id, "zhao"),
        lambda store: store.reject(pending.id, "zhao", "late"),
    ):
        with pytest.raises(HengtanError) as told, book(database) as store:
            act(store)
        assert told.value.problems[0].code == "book.decided-already"
    again = (
        approved("surrender", 2)[1].replace("77", str(pending.id)).replace("'approved', 'wang'", "'approved', 'zhao'")
    )
    assert refused(database, again)
    assert sums(database)["A1", "CEA25", "surrendered"] == 10


def test_bound_units_are_not_used_before_their_release(database):
    begin(database)
    post(
        database,
        "pledge",
        account="A1",
        instrument="CEA25",
        quantity=900,
        contract="P-1",
        counterparty="Bank",
        principal="50000",
    )
    with pytest.raises(HengtanError) as told:
        post(database, "sell", account="A1", instrument="CEA25", quantity=200, way="listed", price="97.40")
    assert told.value.problems[0].code == "book.frozen"
    moved = [spend("place = 'frozen'", 3), lot(3, 1, 1, 900, account="A2")]
    assert "book.frozen-spent" in refused(database, *approved(number=3), *moved, posting(number=3))
    post(database, "release", contract="P-1", principal="50000", interest="12.34")
    assert sums(database) == {("A1", "CEA25", "held"): 1000}


def test_used_units_have_one_beneficiary_and_a_purpose_that_fits(database):
    begin(database)
    used = [*approved("retire", 2), spend("batch = 1", 2), lot(2, 1, 1, 1000, "retired")]
    assert "book.unclaimed" in refused(database, *used, posting("retire", 2))
    claim = "INSERT INTO book_claim (organisation_id, posting, purpose, beneficiary, year) VALUES (1, {}, '{}', 'Games', 2026)"
    assert "book.unclaimed" in refused(database, *used, claim.format(2, "scope2"), posting("retire", 2))
    assert "book.unclaimed" in refused(database, *used, claim.format(2, "offset"), posting("retire", 2))
    assert refused(database, *used, claim.format(2, "voluntary"), claim.format(2, "compliance"), posting("retire", 2))
    post(
        database,
        "retire",
        account="A1",
        instrument="CEA25",
        quantity=10,
        purpose="voluntary",
        beneficiary="Games",
        year=2026,
    )
    assert "book.sealed" in refused(database, claim.format(2, "compliance"))


def test_a_number_is_in_one_book_at_a_time_over_all_tenants(database):
    for tenant in (1, 2):
        begin(database, tenant, quantity=0)
    give = {"account": "A1", "way": "otc", "amount": "900", **CCER}
    post(database, "buy", serials=["CCER-2025:1-100"], **give)
    for serials in (["CCER-2025:1-100"], ["CCER-2025:100-100"], ["CCER-2025:50-60"], ["CCER-2025:90-200"]):
        with pytest.raises(HengtanError) as told:
            post(database, "buy", tenant=2, serials=serials, **give)
        assert [each.code for each in told.value.problems] == ["book.serial-taken"]
        assert "Yong" not in str(told.value) and "A1" not in str(told.value)
        with pytest.raises(HengtanError) as told:
            post(database, "buy", serials=serials, **give)
        assert {each.code for each in told.value.problems} == {"book.serial-held"}
    post(database, "buy", tenant=2, serials=["CCER-2025:101-200"], **give)
    post(database, "sell", account="A1", instrument="CCER-W", serials=["CCER-2025:11-20"], way="otc", amount="95")
    post(
        database, "buy", tenant=2, serials=["CCER-2025:11-20"], **give
    )  # the registry says so: sold by one, bought by the other
    assert sums(database, 2)["A1", "CCER-W", "held"] == 110
    with pytest.raises(HengtanError) as told, book(database) as store:
        store.approve(store.reverse(2, "li", "typing").id, "wang")  # would bring back what the other holds
    assert told.value.problems[0].code == "book.serial-taken"
    assert sums(database)["A1", "CCER-W", "held"] == 90


def test_a_certificate_that_came_with_green_power_is_not_bought_again(database):
    begin(database, quantity=0)
    post(database, "buy", account="A1", way="otc", amount="20", serials=["GEC-NM:1-1000"], **GEC)
    power = GEC | {"instrument": "GP-7", "instrument_kind": "green_power"}
    with pytest.raises(HengtanError) as told:
        post(database, "buy", account="A1", way="otc", amount="20", serials=["GEC-NM:1000-1001"], **power)
    assert told.value.problems[0].code == "book.serial-held"


def test_numbers_and_amounts_do_not_overflow(database):
    begin(database, quantity=0)
    most = 2**63 - 2
    post(
        database,
        "buy",
        account="A1",
        way="otc",
        amount="1000000000000",
        serials=[f"S:{most - 10**12 + 1}-{most}"],
        **CCER,
    )
    assert sums(database)["A1", "CCER-W", "held"] == 10**12
    for serials in ([f"S:1-{most + 1}"], ["S:1-1000000000001"], ["S:99999999999999999999-99999999999999999999"]):
        with pytest.raises(HengtanError):
            event("buy", account="A1", way="otc", amount="1", serials=serials, **CCER)
    with pytest.raises(HengtanError):
        event("buy", account="A1", instrument="CEA25", quantity=10**12, way="otc", price="9999999.99")
    with pytest.raises(Exception), database.cursor() as cursor:  # noqa: B017  either database has words of its own
        cursor.execute(lot(1, 1, 1, 2**63))
    for _ in range(30):
        post(database, "buy", account="A1", instrument="CEA25", quantity=10**10, way="otc", amount="1000000000000")
    with book(database) as store:
        assert store.money()["cash:Yong River Power"] == -31 * 10**14
        assert sum(store.money().values()) == 0


def test_tenants_see_nothing_of_each_other(database):
    begin(database, 1, 1000)
    begin(database, 2, 7)
    post(database, "transfer", tenant=2, account="A1", to_account="A2", instrument="CEA25", quantity=3)
    with book(database, 1) as store:
        pending = store.propose(event("surrender", quantity=10, **SURRENDER), "li")
    with book(database, 2) as store:
        assert store.proposals() == [] and len(list(store.records())) == 2
        assert [each.quantity for each in store.balances()] == [4, 3]
        assert store.posting(3) is None
        with pytest.raises(HengtanError) as told:
            store.approve(pending.id, "wang")
        assert told.value.problems[0].code == "book.proposal-unknown"
    mixed = [*approved(number=2), spend("batch = 1", 2), lot(2, 1, 1, 1000, account="A9"), posting(number=2)]
    assert refused(database, *mixed)  # an account of nobody; the keys carry the tenant
