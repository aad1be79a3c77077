"""What holdings cost and what came of them, worked by hand; market averages by the published case; reconciliation."""

import json
from dataclasses import asdict
from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest

from hengtan.market.book import Account, Book, Range
from hengtan.market.book.quote import Quote, averages
from hengtan.market.book.registry import Break, StatementLine, reconcile
from hengtan.market.book.value import valuation
from hengtan.problems import HengtanError

from .books import CCER, event

ENTITIES = {"A1": "North", "A2": "North", "B1": "South"}
QUOTES = [Quote("CEA", date(2026, 10, 30), 10000), Quote("CEA", date(2026, 11, 30), 12000)]


@pytest.fixture
def book():
    """100 for 90.00 and fee 10.00, then 100 for 100.00: 9,010.00 + 10,000.00 = 19,010.00."""
    made = Book([Account(key, entity) for key, entity in ENTITIES.items()])
    for price, fee in (("90.00", "10.00"), ("100.00", "0")):
        made.post(
            event("buy", account="A1", instrument="CEA25", quantity=100, way="listed", price=price, fee=fee, vat="7.77")
        )
    return made


def valued(book, method, **more):
    return valuation(book.postings.values(), ENTITIES, method, quotes=QUOTES, **more)


def test_first_in_first_out_by_hand(book):
    book.post(event("sell", account="A1", instrument="CEA25", quantity=150, way="listed", price="97.40", fee="14.61"))
    found = valued(book, "fifo", at=date(2026, 10, 31))
    sale = found.results[0]
    # proceeds 150 x 97.40 - 14.61 = 14,595.39; cost 9,010.00 + 50 x 100.00 = 14,010.00
    assert (sale.proceeds, sale.cost, sale.result) == (1459539, 1401000, 58539)
    left = found.positions[0]
    # 50 at 100.00; quote of the 30th: 100.00
    assert (left.quantity, left.cost, left.value, left.unrealised) == (50, 500000, 500000, 0)


def test_moving_average_by_hand(book):
    book.post(event("sell", account="A1", instrument="CEA25", quantity=150, way="listed", price="97.40", fee="14.61"))
    found = valued(book, "average", at=date(2026, 12, 1))
    # 19,010.00 / 200 = 95.05 a tonne; 150 cost 14,257.50; 50 are left at 4,752.50, at the market 50 x 120.00
    assert found.results[0].result == 1459539 - 1425750
    assert (found.positions[0].cost, found.positions[0].value, found.positions[0].unrealised) == (
        475250,
        600000,
        124750,
    )


def test_parts_add_up_to_the_last_fen():
    book = Book([Account("A1", "North")])
    book.post(event("buy", account="A1", instrument="CEA25", quantity=3, way="listed", amount="100.00"))
    for _ in range(3):
        book.post(event("sell", account="A1", instrument="CEA25", quantity=1, way="otc", amount="40"))
    for method in ("average", "fifo"):
        assert [each.cost for each in valued(book, method).results] == [
            3333,
            3334,
            3333,
        ]  # 33.333..., then half of 66.67, half even
        assert valued(book, method).positions == ()


def test_a_transfer_keeps_cost_and_a_price_between_entities_is_a_sale(book):
    book.post(event("transfer", account="A1", to_account="A2", instrument="CEA25", quantity=50))  # within North
    assert [(each.entity, each.quantity, each.cost) for each in valued(book, "fifo").positions] == [
        ("North", 200, 1901000)
    ]
    book.post(event("transfer", account="A1", to_account="B1", instrument="CEA25", quantity=50))
    assert [(each.entity, each.quantity, each.cost) for each in valued(book, "average").positions] == [
        ("North", 150, 1425750),
        ("South", 50, 475250),
    ]
    book.post(event("transfer", account="A1", to_account="B1", instrument="CEA25", quantity=50, amount="5000"))
    found = valued(book, "average")
    assert [(each.use, each.result) for each in found.results] == [("sale", 500000 - 475250)]
    assert found.positions[1].cost == 475250 + 500000


def test_nobody_pays_himself_for_a_transfer(book):
    with pytest.raises(HengtanError) as told:
        book.post(event("transfer", account="A1", to_account="A2", instrument="CEA25", quantity=50, amount="5000"))
    assert [each.code for each in told.value.problems] == ["book.amount-within-entity"]
    book.post(event("transfer", account="A1", to_account="A2", instrument="CEA25", quantity=50, fee="5.00"))


def test_what_is_used_is_an_expense_and_what_was_reversed_never_was(book):
    sold = book.post(event("sell", account="A1", instrument="CEA25", quantity=150, way="listed", price="97.40"))
    book.post(event("reverse", reverses=sold.number, reason="typing"))
    book.post(event("surrender", account="A1", instrument="CEA25", quantity=100, year=2025, due_t=100))
    found = valued(book, "fifo")
    assert [(each.use, each.cost, each.proceeds) for each in found.results] == [("compliance", 901000, 0)]


def test_pledged_units_keep_their_cost_and_carried_ones_take_it_along():
    book = Book([Account("A1", "North")])
    book.post(
        event("buy", day="2025-10-08", account="A1", instrument="CEA24", quantity=100, way="listed", price="60.00")
    )
    book.post(event("pledge", account="A1", instrument="CEA24", quantity=30, contract="P", counterparty="Bank"))
    book.post(
        event(
            "carry_over",
            day="2026-06-01",
            account="A1",
            instrument="CEA24",
            quantity=70,
            sold_t=0,
            bought_t=0,
            holding_t=100,
            on_time="2023, 2024",
        )
    )
    found = valued(book, "average")
    assert [(each.code, each.quantity, each.cost) for each in found.positions] == [
        ("CEA24", 30, 180000),
        ("CEA25", 70, 420000),
    ]


def test_an_instrument_without_a_quote_has_no_value():
    book = Book([Account("A1", "North")])
    book.post(event("buy", account="A1", way="otc", amount="900", serials=["W:1-10"], **CCER))
    assert (valued(book, "fifo").positions[0].value, valued(book, "fifo").positions[0].unrealised) == (None, None)


def test_the_published_averages_of_2022():
    """CN-H12 of tests/cases/china_cases.json: the year's totals as published, and 2021 before it."""
    cases = json.loads((Path(__file__).parents[1] / "cases/china_cases.json").read_text("utf-8"), parse_float=Decimal)[
        "cases"
    ]
    case = next(each for each in cases if each["id"] == "CN-H12")
    given, expected = case["inputs"], case["expected"]

    def fen(name):
        return int(Decimal(given[name]) * 100)

    kept = [
        Quote(
            "CEA", date(2021, 12, 31), fen("prev_close"), listed_t=given["cum_2021_t"], listed_fen=fen("cum_2021_cny")
        ),
        Quote(
            "CEA",
            date(2022, 12, 30),
            fen("last_close"),
            listed_t=given["listed_t"],
            listed_fen=fen("listed_cny"),
            block_t=given["block_t"],
            block_fen=fen("block_cny"),
        ),
    ]
    year, both = (
        averages(kept, date(2022, 1, 1), date(2022, 12, 31)),
        averages(kept, date(2021, 7, 16), date(2022, 12, 31)),
    )
    found = {
        "total_t": year.total_t,
        "total_cny": year.total_cny,
        "avg_all": year.average,
        "change_pct": year.change_pct,
        "cum_t": both.total_t,
        "cum_cny": both.total_cny,
    }
    assert {
        name: abs(value - expected[name]) <= case["tolerance"]["abs"] for name, value in found.items()
    } == dict.fromkeys(expected, True), found
    assert asdict(averages(kept, date(2020, 1, 1), date(2020, 12, 31)))["average"] is None  # no trade, no average


def test_a_statement_that_says_the_same_has_no_break():
    book = Book([Account("A1", "North")])
    book.post(event("allocate", account="A1", instrument="CEA25", quantity=1000))
    book.post(event("pledge", account="A1", instrument="CEA25", quantity=400, contract="P", counterparty="Bank"))
    book.post(event("buy", account="A1", way="otc", amount="900", serials=["W:1-10"], **CCER))
    book.post(
        event("repo", account="A1", instrument="CEA25", quantity=100, contract="R", counterparty="Fund", principal="1")
    )
    same = [StatementLine(2, "CEA25", 500, 400), StatementLine(3, "CCER-W", 10, 0, Range("W", 1, 10))]
    batches = list(book.batches.values())
    assert reconcile(book.units(), batches, same) == []
    other = [
        StatementLine(2, "CEA25", 600, 300),
        StatementLine(3, "CCER-W", 5, 0, Range("W", 4, 8)),
        StatementLine(4, "CCER-W", 3, 0, Range("W", 20, 22)),
        StatementLine(5, "CEA24", 7),
    ]
    assert reconcile(book.units(), batches, other) == [
        Break("quantity", "CCER-W", 10, 8),
        Break("ours-only", "CCER-W", 3, 0, "ccer|W:1-3"),
        Break("ours-only", "CCER-W", 2, 0, "ccer|W:9-10"),
        Break("theirs-only", "CCER-W", 0, 3, "ccer|W:20-22"),
        Break("quantity", "CEA24", 0, 7),
        Break("quantity", "CEA25", 500, 600),
        Break("frozen", "CEA25", 400, 300),
    ]
    with pytest.raises(HengtanError) as told:
        reconcile(
            book.units(),
            batches,
            [StatementLine(2, "CCER-W", 5, 0, Range("W", 1, 5)), StatementLine(3, "CCER-W", 1, 0, Range("W", 5, 5))],
        )
    assert told.value.problems[0].code == "book.statement-overlap"


def test_a_contract_over_batches_of_several_days_is_released_oldest_first_wherever_the_book_lies():
    book = Book([Account("A1", "North")])
    book.post(event("allocate", day="2026-10-09", account="A1", instrument="CEA25", quantity=10))
    book.post(
        event("allocate", day="2026-10-01", account="A1", instrument="CEA25", quantity=10)
    )  # entered later, older
    later = {"day": "2026-10-09"}
    book.post(
        event("pledge", account="A1", instrument="CEA25", quantity=15, contract="P", counterparty="Bank", **later)
    )
    assert [(lot.batch, lot.quantity) for lot in book.contract("P")] == [(2, 10), (1, 5)]
    book.post(event("release", contract="P", quantity=12, **later))
    assert [(lot.batch, lot.quantity) for lot in book.contract("P")] == [(1, 3)]


def test_borrowed_units_come_in_at_fair_value_against_a_liability_by_hand():
    """借碳: recognised at the stated fair value, with a liability to return them; the standard treatment [K], decision 0022.

    Borrowed 100 at 90.00: 9,000.00 owed. 40 sold at 97.00 = 3,880.00, less 3,600.00: 280.00. Bought 40 at 95.00 = 3,800.00.
    By the moving average 60 x 90.00 + 40 x 95.00 = 9,200.00; 50 given back cost 4,600.00 and settle 4,500.00: -100.00.
    First in first out 50 of the borrowed cost 4,500.00: 0.00. Then 4,500.00 are owed for 50, which the quote of 100.00 puts at 5,000.00.
    """
    book = Book([Account("A1", "North")])
    told = {"account": "A1", "instrument": "CEA25"}
    book.post(event("borrow", quantity=100, contract="B", counterparty="Fund", price="90.00", **told))
    book.post(event("sell", quantity=40, way="listed", price="97.00", **told))
    book.post(event("buy", quantity=40, way="listed", price="95.00", **told))
    book.post(event("give_back", quantity=50, contract="B", **told))
    average = valued(book, "average", at=date(2026, 10, 31))
    fifo = valued(book, "fifo", at=date(2026, 10, 31))
    assert [(each.use, each.proceeds, each.cost, each.result) for each in average.results] == [
        ("sale", 388000, 360000, 28000), ("returned", 450000, 460000, -10000)]  # fmt: skip
    assert [(each.use, each.result) for each in fifo.results] == [("sale", 28000), ("returned", 0)]
    for found, cost in ((average, 460000), (fifo, 470000)):
        (owed,), (position,) = found.owed, found.positions
        assert (owed.entity, owed.contract, owed.quantity, owed.carried) == ("North", "B", 50, 450000)
        assert (owed.value, owed.unrealised) == (500000, -50000)
        assert (position.quantity, position.cost, position.value) == (50, cost, 500000)
        # whatever the method: 3,880.00 received, 3,800.00 paid, 50 held and 50 owed at one price
        assert sum(each.result for each in found.results) + position.unrealised + owed.unrealised == 388000 - 380000


def test_what_cannot_be_used_any_more_is_worth_nothing_and_the_rule_is_told():
    book = Book([Account("A1", "North")])
    old = {"day": "2025-10-08", "account": "A1", "way": "listed"}
    book.post(event("buy", instrument="CEA24", quantity=100, price="60.00", **old))
    book.post(event("buy", instrument="CEA25", quantity=10, price="60.00", **old))
    told = {"instrument": "GEC-24", "instrument_kind": "gec", "produced_on": "2024-01"}
    book.post(event("buy", account="A1", day="2025-10-08", way="otc", amount="5.00", serials=["N:1-10"], **told))
    quotes = [Quote("CEA", date(2025, 12, 1), 9000), Quote("GEC", date(2025, 12, 1), 60)]

    def at(day):
        found = valuation(book.postings.values(), ENTITIES, "average", quotes=quotes, at=day).positions
        return {each.code: (each.value, each.unrealised, each.void and each.void.code) for each in found}

    assert at(date(2025, 12, 31)) == {
        "CEA24": (900000, 300000, None),
        "CEA25": (90000, 30000, None),
        "GEC-24": (600, 100, None),
    }
    # until 10 June 2026 they can be carried over; 24 months after January 2024 the certificates end
    assert at(date(2026, 6, 10)) == {
        "CEA24": (900000, 300000, None),
        "CEA25": (90000, 30000, None),
        "GEC-24": (0, -500, "law.certificate-expired"),
    }
    assert at(date(2026, 6, 11))["CEA24"] == (0, -600000, "law.vintage-void")
    void = valuation(book.postings.values(), ENTITIES, "average", quotes=quotes, at=date(2026, 7, 1)).positions[0].void
    assert "[R]" in void.sentence() and "[R]" in void.sentence("zh")


def inventory(*moves):
    """A book after purchases (units, price) and sales (units, None), and what is held after each by a method."""
    book = Book([Account("A1", "North")])
    for units, price in moves:
        told = {"account": "A1", "instrument": "CEA25", "quantity": units, "way": "otc"}
        book.post(event("buy", price=price, **told) if price else event("sell", amount="999", **told))
    return book


def test_the_moving_average_is_that_of_a_published_exercise():
    """Sweet Acacia Industries, perpetual system (IFRS textbook exercise; tutorsglobe.com, question 52814588, with its unit costs):
    1 July 8 at 71, 6 sold, 11 July 3 at 76, 3 sold, 21 July 5 at 82, 3 sold: 71.00, 71.00, 74.00, 74.00, 79.71, 79.71.
    """
    moves = [(8, "71"), (6, None), (3, "76"), (3, None), (5, "82"), (3, None)]
    published = ["71.00", "71.00", "74.00", "74.00", "79.71", "79.71"]
    for count, wanted in enumerate(published, 1):
        (left,) = valued(inventory(*moves[:count]), "average").positions
        assert abs(Decimal(left.cost) / left.quantity / 100 - Decimal(wanted)) <= Decimal(
            "0.005"
        )  # the sum is whole fen


def test_first_in_first_out_is_that_of_a_published_exercise():
    """CIMA BA3 Integrated Workbook, chapter 14, example 2 (Kaplan): 5 at 3.50, 5 at 4.00, 5 at 5.00, 7 sold on 5 January, 5 at 5.50:
    3 at 4.00, 5 at 5.00 and 5 at 5.50 are left, 64.50 in all.
    """
    (left,) = valued(inventory((5, "3.50"), (5, "4.00"), (5, "5.00"), (7, None), (5, "5.50")), "fifo").positions
    assert (left.quantity, left.cost) == (13, 6450)
