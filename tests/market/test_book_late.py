"""Events that are entered late count at their day: in cost, whatever the order in which they came, and in the units that they take."""

import random
from datetime import date

import pytest

from hengtan.market.book import Account, Book
from hengtan.market.book.movements import valued
from hengtan.market.book.rebuilt import rows_differ
from hengtan.market.book.value import METHODS, valuation
from hengtan.problems import HengtanError

from .books import begin, book, event, post, sums

ENTITIES = {"A1": "North", "A2": "South"}
TRADE = {"account": "A1", "instrument": "CEA25", "way": "otc"}


def results(found):
    return [(each.day, each.entity, each.use, each.quantity, each.proceeds, each.cost) for each in found.results]


def test_a_purchase_that_is_entered_late_is_the_first_to_go_by_hand(database):
    """100 at 80.00 of the 5th, 100 at 90.00 and a fee of 10.00 of the 10th; 150 sold at 100.00 less 5.00 on the 12th, 20 on the 7th."""
    begin(database, quantity=0)
    post(database, "buy", day="2026-10-10", quantity=100, price="90", fee="10", vat="1", **TRADE)
    post(database, "buy", day="2026-10-05", quantity=100, price="80", **TRADE)
    post(database, "sell", day="2026-10-12", quantity=150, price="100", fee="5", vat="3", **TRADE)
    by_hand = {"fifo": (800000 + 450500, 450500), "average": (1275750, 425250)}  # 1,701,000 fen / 200 x 150
    for method, (cost, left) in by_hand.items():
        with book(database) as store:
            found = valued(store, method)
        assert results(found) == [(date(2026, 10, 12), "Yong River Power", "sale", 150, 1499500, cost)]
        assert [(each.quantity, each.cost) for each in found.positions] == [(50, left)]


def test_a_late_sale_is_shown_before_the_sale_that_was_entered_before_it(database):
    begin(database, quantity=0)
    post(database, "buy", day="2026-10-05", quantity=100, price="80", **TRADE)
    post(database, "buy", day="2026-10-10", quantity=100, price="90", **TRADE)
    post(database, "sell", day="2026-10-12", quantity=20, price="100", **TRADE)
    post(database, "sell", day="2026-10-07", quantity=80, price="85", **TRADE)
    with book(database) as store:
        # on the 7th 80 of 80.00 went, on the 12th 20 of 80.00; by the average (1,600.00 + 9,000.00) / 120 = 88.33...
        assert [each.cost for each in valued(store, "fifo").results] == [640000, 160000]
        assert [each.cost for each in valued(store, "average").results] == [640000, 176667]
        for method in METHODS:
            assert results(valued(store, method, until=date(2026, 10, 7))) == results(valued(store, method))[:1]


def test_a_late_event_takes_what_lay_there_then_not_the_older_units_that_came_since(database):
    """A2 had 100 of its own on the 10th; 100 older ones came on the 20th. A sale of the 15th is of its own, and no more than those."""
    begin(database, quantity=0)
    post(database, "allocate", day="2026-10-01", account="A1", instrument="CEA25", quantity=100)
    post(database, "allocate", day="2026-10-10", account="A2", instrument="CEA25", quantity=100)
    post(database, "transfer", day="2026-10-20", account="A1", to_account="A2", instrument="CEA25", quantity=100)
    sale = {"day": "2026-10-15", "account": "A2", "instrument": "CEA25", "way": "otc", "amount": "5"}
    with pytest.raises(HengtanError) as told:
        post(database, "sell", quantity=101, **sale)
    assert [each.code for each in told.value.problems] == ["book.not-yet"]
    assert {lot.batch for lot in post(database, "sell", quantity=60, **sale).spent} == {2}
    with pytest.raises(HengtanError):
        post(database, "sell", quantity=41, **sale)
    post(database, "sell", quantity=40, **sale)
    assert sums(database)["A2", "CEA25", "held"] == 100
    with book(database) as store:
        assert [each.quantity for each in store.balances(date(2026, 10, 15)) if each.account == "A2"] == [100]  # gone
        assert rows_differ(store) == []


def test_of_a_lot_that_was_joined_the_part_that_was_there_goes(database):
    begin(database, quantity=100)  # on the 8th
    post(database, "transfer", day="2026-10-09", account="A1", to_account="A2", instrument="CEA25", quantity=100)
    for day, quantity in (("2026-10-10", 30), ("2026-10-20", 50)):
        post(database, "transfer", day=day, account="A2", to_account="A1", instrument="CEA25", quantity=quantity)
    with book(database) as store:
        (lot,) = store.lots("A1", "CEA25", "held")
    assert (lot.first, lot.last) == (1, 80)
    post(database, "transfer", day="2026-10-21", account="A1", to_account="A2", instrument="CEA25", quantity=10)
    late = {"day": "2026-10-15", "account": "A1", "instrument": "CEA25", "to_account": "A2"}
    made = post(
        database, "transfer", quantity=20, **late
    )  # 11 to 30: 1 to 10 went on the 21st, 31 to 80 came on the 20th
    assert [(each.first, each.last) for each in made.made if each.account == "A1"] == [(31, 80)]
    with pytest.raises(HengtanError):
        post(database, "transfer", quantity=1, **late)


def tries(number):
    """Purchases, sales and transfers with their days."""
    draw = random.Random(number)
    told = []
    for day in draw.sample(range(1, 29), 14):  # those of one day count in the order of their numbers
        kind = draw.choice(["buy", "buy", "sell", "transfer"])
        money = {"price": f"{draw.randint(60, 120)}.{draw.randint(0, 99):02}", "fee": f"{draw.randint(0, 9)}.37", "way": "otc"} if kind != "transfer" else {"to_account": "A2"}  # fmt: skip
        quantity = draw.randint(30, 60) if kind == "buy" else draw.randint(1, 9)
        told.append((day, {"kind": kind, "account": "A1", "instrument": "CEA25", "quantity": str(quantity), **money}))
    return draw, [(f"2026-10-{day:02}", each) for day, each in sorted(told, key=lambda each: each[0])]


@pytest.mark.parametrize("number", range(12))
def test_costs_do_not_hang_on_the_order_in_which_events_were_entered(number):
    """Posted day by day, what can be; then the same in an order of chance: costs and results of every day are the same."""
    draw, told = tries(number)
    one, other = (Book([Account(*each) for each in ENTITIES.items()]) for _ in range(2))
    posted = []
    for day, each in told:
        try:
            one.post(event(day=day, **each))
            posted.append((day, each))
        except HengtanError:
            continue
    waits, rounds = draw.sample(posted, len(posted)), 0
    while waits and rounds < 50:
        rounds += 1
        left = []
        for day, each in waits:
            try:
                other.post(event(day=day, **each))
            except HengtanError:
                left.append((day, each))
        if left == waits:
            break
        waits = left
    assert waits == []
    order = [posting.day for posting in other.postings.values()]
    assert order != sorted(order)
    for method in METHODS:
        for until in (None, date(2026, 10, 10), date(2026, 10, 20)):
            found = [valuation(each.postings.values(), ENTITIES, method, until=until) for each in (one, other)]
            assert found[0].positions == found[1].positions
            assert sum(each.result for each in found[0].results) == sum(each.result for each in found[1].results)
