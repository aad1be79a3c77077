"""Sixteen processes at once on one book, on SQLite and on PostgreSQL: nothing is spent, decided, issued or posted twice."""

import itertools
import multiprocessing
import random
from collections import Counter, defaultdict

import pytest

from hengtan.market.book.rebuilt import rows_differ
from hengtan.market.book.replay import replay
from hengtan.problems import HengtanError

from .books import CCER, begin, book, event, post, sums

FORK = multiprocessing.get_context("fork")
AT_ONCE = 16


def together(work, *given):
    """What each of sixteen processes comes to, started at the same moment."""
    barrier, answers = FORK.Barrier(AT_ONCE), FORK.Queue()
    started = [FORK.Process(target=_one, args=(barrier, answers, number, work, given)) for number in range(AT_ONCE)]
    for each in started:
        each.start()
    told = [answers.get(timeout=300) for _ in started]
    for each in started:
        each.join()
    assert [each for each in told if isinstance(each, str) and each.startswith("!")] == []
    return told


def _one(barrier, answers, number, work, given):
    barrier.wait()
    try:
        answers.put(work(number, *given))
    except HengtanError as error:
        answers.put(error.problems[0].code)
    except BaseException as error:
        answers.put(f"!{type(error).__name__}: {error}")


def approves(number, database, proposal):
    with book(database) as store:
        if number % 2:
            store.reject(proposal, f"person {number}", "not agreed")
        else:
            store.approve(proposal, f"person {number}")
    return "done"


def sells(number, database):
    post(
        database, "sell", by=f"li {number}", account="A1", instrument="CEA25", quantity=300, way="listed", price="97.40"
    )
    return "done"


def imports(_, database):
    new = 0
    for line in range(5):
        with book(database) as store:
            told = event(
                "buy",
                account="A1",
                instrument="CEA25",
                quantity=10 + line,
                way="listed",
                price="97.40",
                reference=f"T{line}",
            )
            proposal = store.propose(told, "li", key=f"confirmation:T{line}")
        new += proposal.is_new
        try:
            with book(database) as store:
                store.approve(proposal.id, "wang")
        except HengtanError as error:
            assert error.problems[0].code == "book.decided-already"
    return new


def issues(number, database):
    post(
        database,
        "buy",
        tenant=100 + number,
        account="A1",
        way="otc",
        amount="900",
        serials=[f"S:{1 + number * 5}-{100 + number * 5}"],
        **CCER,
    )
    return "done"


def whole(database, tenant):
    """Everything that must hold of one tenant's book, asked of the rows themselves."""
    with book(database, tenant) as store:
        again = replay(store.records())
        assert again.broken == []
        assert again.balances == {(each.account, each.code, each.place): each.quantity for each in store.balances()}
        assert again.money == store.money() and sum(again.money.values()) == 0
        assert rows_differ(store) == []
        lots = defaultdict(list)
        for each in store.units():
            lots[each.batch].append((each.first, each.last))
        for batch in store.batches():
            at = batch.first
            for first, last in sorted(lots[batch.number]):
                assert first == at
                at = last + 1
            assert at == batch.last + 1
        return again.count


def numbers_are_apart(database):
    with database.cursor() as cursor:
        cursor.execute(
            "SELECT series, first_number, last_number FROM book_lot WHERE spent_by IS NULL AND series <> '' AND place NOT IN ('out', 'lent')"
        )
        ranges = defaultdict(list)
        for series, first, last in cursor.fetchall():
            ranges[series].append((first, last))
    for each in ranges.values():
        each.sort()
        assert all(one[1] < two[0] for one, two in itertools.pairwise(each))


def test_of_sixteen_who_approve_or_reject_one_event_one_does(database):
    begin(database)
    with book(database) as store:
        pending = store.propose(
            event("sell", account="A1", instrument="CEA25", quantity=10, way="listed", price="97.40"), "li"
        )
    told = Counter(together(approves, database, pending.id))
    assert told == {"done": 1, "book.decided-already": 15}
    with book(database) as store:
        assert store.proposal(pending.id).state in ("approved", "rejected")
        sold = 10 if store.proposal(pending.id).state == "approved" else 0
    assert sums(database).get(("A1", "CEA25", "out"), 0) == sold


def test_of_sixteen_who_sell_the_same_units_so_many_do_as_there_are_units(database):
    begin(database)
    told = Counter(together(sells, database))
    assert told == {"done": 3, "book.above-holdings": 13}
    assert whole(database, 1) == 4


def test_what_sixteen_import_at_once_is_posted_once(database):
    begin(database)
    assert sum(together(imports, database)) == 5
    assert sums(database)["A1", "CEA25", "held"] == 1000 + 10 + 11 + 12 + 13 + 14


def test_of_sixteen_tenants_no_two_hold_one_number(database):
    for number in range(AT_ONCE):
        begin(database, 100 + number, quantity=0)
    told = Counter(together(issues, database))
    assert set(told) == {"done", "book.serial-taken"} and told["done"] >= 1
    numbers_are_apart(database)


def at_random(number, database, count):
    """Many acts of all kinds on three tenants' books; refusals are part of it."""
    chance, done = random.Random(number), 0
    for step in range(count):
        tenant = chance.choice((1, 2, 3))
        account, other = chance.sample(["A1", "A2"], 2)
        code = chance.choice(["CEA25", "CCER-W"])
        units = {"account": account, "instrument": code, "quantity": chance.randint(1, 90)}
        first = chance.randint(1, 3000)
        kind, fields = chance.choice([
            ("allocate", {"account": account, "instrument": "CEA25", "quantity": chance.randint(1, 500)}),
            ("buy", {"account": account, "way": "otc", "amount": "9.01", "serials": [f"S:{first}-{first + 50}"], **CCER}),
            ("sell", units | {"way": "otc", "amount": "12.34"}),
            ("transfer", units | {"to_account": other}),
            ("pledge", units | {"contract": f"K{chance.randint(1, 3)}", "counterparty": "Bank"}),
            ("release", {"contract": f"K{chance.randint(1, 3)}"}),
            ("surrender", units | {"year": 2025, "due_t": 100000, "inside_market": "no"}),
            ("reverse", {"reverses": chance.randint(1, 40), "reason": "typing"}),
        ])  # fmt: skip
        try:
            with book(database, tenant) as store:
                proposal = store.propose(event(kind, **fields), "li", key=f"{number}:{step}")
            with book(database, tenant) as store:
                store.approve(proposal.id, "wang")
            done += 1
        except HengtanError:
            continue
    return done


def run_at_random(database, count):
    for tenant in (1, 2, 3):
        begin(database, tenant)
    done = sum(together(at_random, database, count))
    assert done > AT_ONCE * count / 5
    assert sum(whole(database, tenant) for tenant in (1, 2, 3)) == done + 3
    numbers_are_apart(database)


def test_sixteen_at_random_leave_three_whole_books(database):
    run_at_random(database, 6)


@pytest.mark.long
def test_sixteen_at_random_for_long_leave_three_whole_books(database):
    run_at_random(database, 300)
