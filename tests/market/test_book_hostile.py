"""What a stranger tries against a book: by hand-written SQL with every trick of the two databases, and by input that looks like another."""

import sqlite3
import threading
import time

import pytest
from benchmarks.postgres import BINARIES

from hengtan.market.book import Account, Store, read_event
from hengtan.market.book.lite import connect
from hengtan.problems import HengtanError

from .books import CCER, GEC, Postgres, begin, book, event, post, sums
from .test_book_database import SURRENDER, approved, lot, posting, refused, spend

SERVER = pytest.mark.skipif(not BINARIES, reason="no PostgreSQL here")
A1 = {"account": "A1", "instrument": "CEA25"}


def told_by(database, tenant=1, **more):
    def act(kind, **fields):
        with pytest.raises(HengtanError) as told, book(database, tenant, **more) as store:
            store.propose(event(kind, **fields), "li")
        for each in told.value.problems:
            assert each.reason() and each.mend() and each.reason("zh") and each.mend("zh")
        return [each.code for each in told.value.problems]

    return act


def test_a_reversal_by_hand_takes_back_its_posting_and_nothing_else(database):
    begin(database)
    post(database, "sell", quantity=300, way="listed", price="97.40", **A1)
    post(database, "sell", quantity=10, way="listed", price="97.40", **A1)
    here = [spend("posting = 3 AND place = 'out'", 4), spend("posting = 3 AND place = 'held'", 4)]
    back = lot(4, 1, 301, 1000)
    whole = [*approved("reverse", 4), *here, back, posting("reverse", 4, reverses=3)]
    sold_units_too = [*here, spend("posting = 2 AND place = 'out'", 4), back, lot(4, 1, 1, 300)]
    elsewhere = [*here, lot(4, 1, 301, 1000, account="A2")]
    in_parts = [*here, lot(4, 1, 301, 999), lot(4, 1, 1000, 1000)]
    for parts in (sold_units_too, elsewhere, in_parts):
        sql = [*approved("reverse", 4), *parts, posting("reverse", 4, reverses=3)]
        assert "book.half-reversed" in refused(database, *sql), parts
    with database.cursor() as cursor:  # as it should be, it stands
        for sql in whole:
            cursor.execute(sql)
    assert sums(database)["A1", "CEA25", "held"] == 700


def test_the_count_of_postings_neither_falls_nor_runs_ahead(database):
    begin(database)
    post(database, "surrender", quantity=10, **SURRENDER)
    assert "book.out-of-order" in refused(database, "UPDATE book_head SET number = number + 1")
    assert "book.out-of-order" in refused(database, "UPDATE book_head SET batches = batches + 1")
    assert "book." in refused(database, "UPDATE book_head SET number = 1")
    if database.dialect == "sqlite":  # by REPLACE neither
        with database.cursor() as cursor:
            cursor.execute("PRAGMA recursive_triggers = OFF")
            cursor.execute("INSERT OR REPLACE INTO book_head VALUES (1, 0, 0)")
    else:
        assert "book." in refused(
            database, "INSERT INTO book_head VALUES (1, 0, 0) ON CONFLICT (organisation_id) DO UPDATE SET number = 0"
        )
    assert post(database, "surrender", quantity=10, **SURRENDER).number == 3


def test_upserts_change_no_row(database):
    begin(database)
    post(database, "surrender", quantity=10, **SURRENDER)
    row = "INSERT INTO book_lot (id, organisation_id, posting, batch, code, series, first_number, last_number, account, place, contract) SELECT id, organisation_id, posting, batch, code, series, first_number, last_number, account, place, contract FROM book_lot WHERE place = 'surrendered'"
    for act in ("DO UPDATE SET place = 'held'", "DO UPDATE SET spent_by = 99", "DO UPDATE SET last_number = 1000"):
        assert refused(database, f"{row} ON CONFLICT (id) {act}")
    before = sums(database)
    assert refused(
        database,
        "INSERT INTO book_account (organisation_id, key, entity, registry, number) VALUES (1, 'A1', 'Thief', '', '') ON CONFLICT (organisation_id, key) DO UPDATE SET entity = 'Thief'",
    )
    assert sums(database) == before


@pytest.mark.parametrize(
    "wrong",
    [
        "INSERT INTO book_money (organisation_id, posting, line, what, source, target, fen) VALUES (1, 2, 1, 'price', 'a', 'b', -5)",
        "INSERT INTO book_money (organisation_id, posting, line, what, source, target, fen) VALUES (1, 2, 1, 'price', 'a', 'a', 5)",
        "INSERT INTO book_claim (organisation_id, posting, purpose, beneficiary, year) VALUES (1, 2, 'both', 'x', 2025)",
        "INSERT INTO book_claim (organisation_id, posting, purpose, beneficiary, year) VALUES (1, 2, 'offset', '', 2025)",
        lot(2, 1, 5, 4),
        lot(2, 1, 1, 10, place="lost"),
        lot(2, 1, 1, 10, place="frozen"),
        lot(2, 1, 1, 10, contract="K"),
        "INSERT INTO book_quote (organisation_id, symbol, day, revision, close_fen, listed_t, listed_fen, block_t, block_fen, source) VALUES (1, 'CEA', '2026-10-01', 1, -1, 0, 0, 0, 0, '')",
        "INSERT INTO book_decision (organisation_id, proposal_id, verdict, decided_by, decided_at, reason) VALUES (1, 1, 'rejected', 'x', '2026-11-01', '')",
    ],
)  # fmt: skip
def test_bounds_hold_where_sqlite_is_told_to_leave_its_checks_alone(tmp_path, wrong):
    connection = connect(tmp_path / "book.sqlite", create=True)
    for pragma in ("ignore_check_constraints = ON", "recursive_triggers = OFF", "foreign_keys = OFF"):
        connection.execute(f"PRAGMA {pragma}")
    connection.execute(
        "INSERT INTO book_account (organisation_id, key, entity, registry, number) VALUES (1, 'A1', 'x', '', '')"
    )
    with pytest.raises(sqlite3.IntegrityError, match=r"book\."):
        connection.execute(wrong)


@SERVER
@pytest.mark.parametrize("level", ["READ COMMITTED", "REPEATABLE READ", "SERIALIZABLE"])
def test_nothing_is_slipped_into_a_posting_while_it_is_being_sealed(level, request):
    """Who spends units by hand waits for who posts, and then finds the posting sealed."""
    import psycopg

    database = Postgres(request.getfixturevalue("postgres"))
    begin(database)
    post(database, "allocate", account="A1", instrument="CEA24", quantity=50)
    with book(database) as store:
        pending = store.propose(event("transfer", to_account="A2", quantity=5, **A1), "li")
    told = []

    def by_hand():
        try:
            with psycopg.connect(database.address) as connection:
                connection.execute(f"SET TRANSACTION ISOLATION LEVEL {level}")
                connection.execute("SELECT 1")
                connection.execute("UPDATE book_lot SET spent_by = 3 WHERE code = 'CEA24'")
            told.append("committed")
        except psycopg.Error as error:
            told.append(str(error))

    with database.cursor() as cursor:
        Store(cursor, 1).approve(pending.id, "wang")
        thief = threading.Thread(target=by_hand)
        thief.start()
        time.sleep(0.3)
    thief.join(20)
    assert "book.sealed" in told[0] or "could not serialize" in told[0]
    assert sums(database)["A1", "CEA24", "held"] == 50


@SERVER
def test_replication_role_copy_and_deferred_constraints_are_no_way_round(request):
    database = Postgres(request.getfixturevalue("postgres"))
    begin(database)
    post(database, "surrender", quantity=10, **SURRENDER)
    with pytest.raises(Exception, match="permission denied"), database.cursor() as cursor:
        cursor.execute("SET session_replication_role = replica")
    columns = "organisation_id, posting, batch, code, series, first_number, last_number, account, place, contract"
    for posting_of, message in ((1, "book.sealed"), (9, "book_lot")):
        with pytest.raises(Exception, match=message), database.cursor() as cursor:
            cursor.execute("SET CONSTRAINTS ALL DEFERRED")
            with cursor.copy(f"COPY book_lot ({columns}) FROM STDIN") as copy:
                copy.write_row((1, posting_of, 1, "CEA25", "", 1, 10, "A1", "held", ""))
    assert sums(database) == {("A1", "CEA25", "held"): 990, ("A1", "CEA25", "surrendered"): 10}


def test_a_number_is_one_number_however_its_series_is_written(database):
    for tenant in (1, 2):
        begin(database, tenant, quantity=0)
    buy = {"account": "A1", "way": "otc", "amount": "9.00", **CCER}
    post(database, "buy", serials=["cn-2025 a:0001-0100"], **buy)
    for series in ("CN-2025 A", "ＣＮ－2025 a", "cn-2025  A", " Cn-2025 a "):
        assert told_by(database)("buy", serials=[f"{series}:100-101"], **buy) == ["book.serial-held"], series
        with pytest.raises(HengtanError) as told:
            post(database, "buy", tenant=2, serials=[f"{series}:00100"], **buy)
        assert [each.code for each in told.value.problems] == ["book.serial-taken"], series
    assert post(
        database, "sell", account="A1", instrument="CCER-W", serials=["CN-2025 A:1-5"], way="otc", amount="1"
    ).spent


@pytest.mark.parametrize(
    "serials",
    ["CN:１-５", "CN:٣-٥", "СN-2025:1-5", "CN\u200b:1-5", "CN:1–5", "CN:1-", "CN:-5", "CN:1-5:6-9", "CN:1-5,6-9", "CN: 1-5", ":1-5", "CN:1e3-2e3", "CN:1.0-5",
     "CN:1-5 ", "CN:+1-5", "Κ:1-5", "CN\x00:1-2"],
)  # fmt: skip
def test_serial_ranges_that_only_look_like_one_are_refused(serials):
    told = {
        "kind": "buy",
        "day": "2026-10-08",
        "account": "A1",
        "way": "otc",
        "amount": "1",
        **CCER,
        "serials": [serials],
    }
    if serials == "CN:1-5 ":
        assert read_event(told).quantity == 5  # what stands around it does not count
        return
    with pytest.raises(HengtanError) as refusal:
        read_event(told)
    assert "book.serial-form" in [each.code for each in refusal.value.problems]


@pytest.mark.parametrize("text", ["97,40", "1,0,0", "1e3", "1.005", "９７.40", "-5", "+5", "NaN", "inf", "1 000", "1.000,50", "0x10", "1_000", "", "٣", "1,00", "5.", ".5"])  # fmt: skip
def test_amounts_that_may_mean_another_are_refused(text):
    told = {
        "kind": "buy",
        "day": "2026-10-08",
        "account": "A1",
        "instrument": "CEA25",
        "quantity": "10",
        "way": "otc",
        "amount": text,
    }
    with pytest.raises(HengtanError) as refusal:
        read_event(told)
    assert {each.code for each in refusal.value.problems} <= {"book.event-money", "book.event-missing"}


@pytest.mark.parametrize(
    "text", ["1,5", "1e3", "1,000.5", "1.0", "１２", "1 000", "0x1", "1_0", "-1", "+1", "1,00,000", "²"]
)
def test_quantities_that_may_mean_another_are_refused(text):
    told = {"kind": "allocate", "day": "2026-10-08", "account": "A1", "instrument": "CEA25", "quantity": text}
    with pytest.raises(HengtanError) as refusal:
        read_event(told)
    assert "book.event-whole" in [each.code for each in refusal.value.problems]


@pytest.mark.parametrize(
    "fields",
    [{"price": "5", "amount": "5"}, {"price": "5", "amount": "5", "quantity": "x"}, {"price": "5", "amount": "x", "quantity": "1"}, {"price": "5", "quantity": "x"},
     {"serials": ["W:x"], "price": "5", "amount": "5"}],
)  # fmt: skip
def test_a_price_beside_what_is_wrong_or_missing_is_a_refusal_not_a_fault(fields):
    with pytest.raises(HengtanError):
        read_event({"kind": "buy", "day": "2026-10-01", "account": "A1", "instrument": "CEA25", "way": "otc"} | fields)


def test_four_eyes_are_two_people_however_a_name_is_written(database):
    begin(database)
    for name in ("Li Ming", "li  ming", "ＬＩ ming ", "LI MING"):
        with book(database) as store:
            pending = store.propose(event("transfer", to_account="A2", quantity=1, **A1), "Li Ming")
        with pytest.raises(HengtanError) as told, book(database) as store:
            store.approve(pending.id, name)
        assert told.value.problems[0].code == "book.four-eyes"
    for nobody in ("", "  ", "\u3000"):
        with pytest.raises(HengtanError) as told, book(database) as store:
            store.approve(pending.id, nobody)
        assert told.value.problems[0].code == "book.event-missing"


def test_an_entity_is_one_however_its_name_is_spaced(database):
    with book(database) as store:
        assert store.add_account(Account("B1", "North  Power ", "CRS", "1"))
        assert not store.add_account(Account(" B1", "North Power", "CRS", "1"))
        assert store.accounts()[0].entity == "North Power"


@pytest.mark.parametrize("back", [False, True])
def test_a_carry_over_keeps_its_limit_over_applications_accounts_and_what_was_taken_back(database, back):
    """10,000 t + 1.5 x max(4,000 - 2,000, 0) = 13,000 t for an entity, whatever its accounts; not above the holding."""
    begin(database, quantity=0)
    with book(database) as store:
        store.add_account(Account("A3", "Yong River Power"))
    old = {"day": "2025-10-08", "instrument": "CEA24", "quantity": 20000}
    for account in ("A1", "A2", "A3"):
        post(database, "allocate", account=account, **old)
    given = {
        "day": "2026-06-05",
        "instrument": "CEA24",
        "sold_t": 4000,
        "bought_t": 2000,
        "holding_t": 40000,
        "on_time": "2023, 2024",
    }
    ask = told_by(database)
    assert ask("carry_over", account="A1", quantity=13001, **given) == ["law.carry-over-limit"]
    assert ask(
        "carry_over",
        account="A1",
        quantity=1,
        **{name: value for name, value in given.items() if name != "on_time"} | {"on_time": "2024"},
    ) == ["law.carry-over-late-surrender"]
    first = post(database, "carry_over", account="A1", quantity=8000, **given)
    assert ask("carry_over", account="A3", quantity=5001, **given) == ["law.carry-over-limit"]
    if back:  # what was carried over stays so; a reversal would make room for more than the limit
        assert ask("reverse", reverses=first.number, reason="typing") == ["book.final"]
    post(database, "carry_over", account="A3", quantity=5000, **given)
    for account in ("A1", "A3"):
        assert ask("carry_over", account=account, quantity=1, **given) == ["law.carry-over-limit"]
    post(database, "carry_over", account="A2", quantity=13000, **given)  # another entity has its own
    assert ask("carry_over", account="A2", quantity=1, **(given | {"instrument": "CEA19-20"})) == [
        "book.instrument-unknown"
    ]


def test_two_applications_that_wait_together_are_not_both_approved_above_the_limit(database):
    begin(database, quantity=0)
    post(database, "allocate", day="2025-10-08", account="A1", instrument="CEA24", quantity=20000)
    given = {
        "day": "2026-06-05",
        "account": "A1",
        "instrument": "CEA24",
        "sold_t": 0,
        "bought_t": 0,
        "holding_t": 20000,
        "on_time": "2023, 2024",
    }
    with book(database) as store:
        waiting = [store.propose(event("carry_over", quantity=6000, **given), "li", key=f"w{n}") for n in (1, 2)]
        store.approve(waiting[0].id, "wang")
    with pytest.raises(HengtanError) as told, book(database) as store:
        store.approve(waiting[1].id, "wang")
    assert [each.code for each in told.value.problems] == ["law.carry-over-limit"]


def test_an_allowance_of_a_pilot_market_is_not_carried_over(database):
    begin(database, quantity=0)
    pilot = {"instrument": "GDEA24", "instrument_kind": "pilot", "market": "GDEA", "vintage": "2024"}
    post(database, "allocate", day="2025-10-08", account="A1", quantity=100, **pilot)
    given = {"day": "2026-06-05", "sold_t": 0, "bought_t": 0, "holding_t": 100, "on_time": "2023, 2024"}
    assert told_by(database)("carry_over", account="A1", instrument="GDEA24", quantity=1, **given) == [
        "law.carry-over-vintage"
    ]


def test_what_is_not_due_yet_is_not_surrendered(database):
    begin(database)
    assert told_by(database)("surrender", quantity=1, **(SURRENDER | {"year": 2026})) == ["book.year-open"]


def test_units_are_used_as_what_they_are_not_as_what_somebody_calls_them(database):
    """A credit that may not offset is not surrendered under the name of one that may, nor a certificate under that of a green power contract."""
    begin(database, quantity=0)
    buy = {"account": "A1", "way": "otc", "amount": "9.00"}
    post(database, "buy", serials=["W:1-10"], **buy, **(CCER | {"instrument": "OLD", "registered_on": "2016-05-01"}))
    post(database, "buy", serials=["W:11-20"], **buy, **CCER)
    ask = told_by(database)
    for kind, more in (("surrender", {"year": 2025, "due_t": 1000, "inside_market": "no"}), ("sell", {"way": "otc", "amount": "1"}), ("transfer", {"to_account": "A2"}),
                       ("pledge", {"contract": "P", "counterparty": "Bank"}), ("retire", {"purpose": "offset", "beneficiary": "Games", "year": 2025})):  # fmt: skip
        assert ask(kind, account="A1", instrument="CCER-W", serials=["W:10"], **more) == ["book.serial-of-another"], (
            kind
        )
        assert ask(kind, account="A1", instrument="CCER-W", serials=["W:11", "W:5-6"], **more) == [
            "book.serial-of-another"
        ], kind
    post(database, "buy", serials=["N:1-10"], **buy, **GEC)
    post(
        database,
        "allocate",
        account="A1",
        serials=["N:11-20"],
        **(GEC | {"instrument": "GP-7", "instrument_kind": "green_power"}),
    )
    assert ask("sell", account="A1", instrument="GP-7", serials=["N:1-2"], way="otc", amount="1") == [
        "book.serial-of-another"
    ]
