"""Nothing that an event says of money or of its instrument is dropped in silence, and commands refuse what they cannot do before they do it."""

import json

import pytest

from hengtan.market.book import Account, read_event
from hengtan.market.book.event import MONEY, NEEDS
from hengtan.market.book.position import carried, issued
from hengtan.problems import HengtanError

from .books import book, event, post

WHOLE = {
    "day": "2026-10-08", "account": "A1", "to_account": "A2", "instrument": "CEA25", "quantity": "10", "reason": "r", "way": "otc", "amount": "10.00", "contract": "K",
    "counterparty": "Bank", "principal": "5.00", "year": "2025", "due_t": "100", "purpose": "voluntary", "beneficiary": "Yong", "sold_t": "0", "bought_t": "0",
    "holding_t": "10", "on_time": "2023", "reverses": "1", "entity": "Yong", "price": "1.00",
}  # fmt: skip
AMOUNTS = ("price", "amount", "fee", "vat", "principal", "interest", "previous_close")


def codes(told):
    with pytest.raises(HengtanError) as refusal:
        read_event(told)
    for each in refusal.value.problems:
        assert each.reason() and each.mend() and each.reason("zh") and each.mend("zh")
    return [each.code for each in refusal.value.problems]


@pytest.mark.parametrize("kind", NEEDS)
def test_money_that_an_event_would_not_move_is_refused(kind):
    needed = {name: WHOLE[name] for name in ("day", *NEEDS[kind])} | {"kind": kind}
    read_event(needed)
    for name in set(AMOUNTS) - {*MONEY.get(kind, ("fee",))}:
        assert codes(needed | {name: "7.00"}) == ["book.event-unused"], name
        if name in ("fee", "vat", "interest"):
            read_event(needed | {name: "0"})  # a column of zeros says nothing


@pytest.mark.parametrize("kind", ["transfer", "charge", "borrow", "buy", "sell", "foreclose"])
def test_price_quantity_and_amount_agree_whatever_the_event(kind):
    needed = {name: WHOLE[name] for name in ("day", *NEEDS[kind])} | {"kind": kind, "quantity": "10"}
    assert codes(needed | {"price": "2.00", "amount": "19.99"}) == ["book.amount-differs"]
    assert read_event(needed | {"price": "2.00", "amount": "20.00"}).amount == 2000


def test_a_price_of_a_whole_contract_asks_of_how_many():
    told = {"kind": "foreclose", "day": "2026-10-08", "contract": "K", "reason": "default", "price": "90.00"}
    assert codes(told) == ["book.event-missing"]
    assert read_event(told | {"quantity": "10"}).amount == 90000


@pytest.mark.parametrize("code", ["CEA22-23", "CEA19-25", "CEA2019-2025", "CEA18", "CEA10", "CEA20-19", "CEA19-19"])
def test_years_that_no_allowance_has_are_not_taken_for_another(code):
    assert "book.event-value" in codes({"kind": "allocate", "day": "2026-10-08", "account": "A1", "instrument": code, "quantity": "1"})  # fmt: skip


def test_one_mistake_in_a_serial_range_is_told_once():
    told = {"kind": "buy", "day": "2026-10-08", "account": "A1", "instrument": "W", "instrument_kind": "ccer", "project": "P", "methodology": "M",
            "registered_on": "2025-06-01", "way": "otc", "amount": "9.00"}  # fmt: skip
    assert codes(told | {"serials": ["S:9-1"]}) == ["book.serial-reversed"]
    assert "book.serial-missing" in codes(told | {"quantity": "5"})


def test_what_was_issued_and_carried_is_read_as_it_was_typed(database):
    with book(database) as store:
        store.add_account(Account("A1", "Yong"))
    post(database, "allocate", day="2025-09-30", account="A1", instrument="CEA24", quantity="72,300")
    post(database, "carry_over", day="2026-06-05", account="A1", instrument="CEA24", quantity="1,000", sold_t="1,000", bought_t="0", holding_t="72,300", on_time="2023, 2024")  # fmt: skip
    day = event("allocate", day="2026-12-31", account="A1", instrument="CEA24", quantity="1").day
    with book(database) as store:
        assert issued(store, ["A1"], 2024, day) == 72300
        assert carried(store, ["A1"], day)["trades"] == {"sold_t": 1000, "bought_t": 0, "holding_t": 72300}


@pytest.mark.parametrize(
    "words", [("prove", "1"), ("claims", "--year", "2025"), ("fill", "IN"), ("template", "trades")]
)
def test_where_nothing_can_be_written_that_is_said_and_ends_with_two(run, words):
    run("account", "A1", "--entity", "Yong")
    (run.folder / "in.json").write_text('{"as_of": "2026-10-31", "entities": []}')
    given = [run.folder / "in.json" if each == "IN" else each for each in words]
    for out in (run.folder / "no" / "file", run.folder / "book"):
        assert "file.refused" in run(*given, "--out", out, code=2, book=words[0] != "template").err


@pytest.mark.parametrize("entities", [5, None, {"a": 1}, [1], [{"name": "Yong", "holdings": 5}], [{"name": "Yong", "holdings": [5]}], [{"name": "Yong", "holdings": None}]])  # fmt: skip
def test_an_input_of_another_shape_is_refused_not_a_fault(run, entities):
    run("account", "A1", "--entity", "Yong")
    (run.folder / "in.json").write_text(json.dumps({"as_of": "2026-10-31", "entities": entities}))
    assert "book.event-value" in run("fill", run.folder / "in.json", "--out", run.folder / "out.json", code=2).err
    assert not (run.folder / "out.json").exists()


def test_accounts_that_cannot_be_opened_begin_no_book(run):
    file = run.folder / "accounts.csv"
    file.write_text("account,entity\nA1,Yong\nA2,\n")
    run("account", "--file", file, code=2)
    run("account", "A1", "--entity", " ", code=2)
    assert not (run.folder / "book").exists()
