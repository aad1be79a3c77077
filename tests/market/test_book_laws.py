"""The laws of the book under arbitrary events: in memory, in the database and computed again from the records, all the same."""

import tempfile
from collections import defaultdict
from datetime import date
from pathlib import Path

import hypothesis.strategies as st
import pytest
from hypothesis import HealthCheck, settings
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from hengtan.market.book import Account, Book, Store, as_record, read_event, read_record
from hengtan.market.book.lite import Cursor, connect, transaction
from hengtan.market.book.movements import valued
from hengtan.market.book.posting import FINAL
from hengtan.market.book.rebuilt import rows_differ
from hengtan.market.book.replay import replay
from hengtan.market.book.value import METHODS, valuation
from hengtan.problems import HengtanError

from .books import CCER, GEC, THERE, by_records

ACCOUNTS = [Account("A1", "North"), Account("A2", "South"), Account("A3", "South")]
QUANTITIES = st.integers(1, 60)
CODES = st.sampled_from(["CEA24", "CEA25", "CCER-W", "GEC-2025"])
CEA = st.sampled_from(["CEA24", "CEA25"])
ACCOUNT = st.sampled_from(["A1", "A1", "A1", "A2", "A3"])
CONTRACT = st.sampled_from(["K1", "K2"])


class Laws(RuleBasedStateMachine):
    """Whatever is tried: refused whole, or posted whole."""

    def __init__(self):
        super().__init__()
        self.folder = tempfile.TemporaryDirectory()
        self.connection = connect(Path(self.folder.name) / "book.sqlite", create=True)
        self.book = Book(ACCOUNTS)
        self.count = 0
        self.final = {}

    @initialize()
    def accounts(self):
        with transaction(self.connection) as cursor:
            for each in ACCOUNTS:
                Store(cursor, 1).add_account(each)
        for account, code in (("A1", "CEA24"), ("A1", "CEA25"), ("A2", "CEA25")):
            self.try_it(kind="allocate", account=account, instrument=code, quantity=200, day="2026-06-01")
        self.buy("A1", CCER, 1, 80, 9)
        self.buy("A1", GEC, 1, 80, 9)

    def teardown(self):
        self.connection.close()
        self.folder.cleanup()

    def try_it(self, **told):
        """The same answer from memory and from the database."""
        self.count += 1
        event = read_event(
            {
                "day": f"2026-10-{1 + self.count // 2 if self.count % 3 else 1 + self.count // 4:02}",  # many are entered late
                **{name: value if isinstance(value, list) else str(value) for name, value in told.items()},
            }
        )
        answers = []
        try:
            answers.append(as_record(self.book.post(event)))
        except HengtanError as error:
            answers.append([each.code for each in error.problems])
        try:
            with transaction(self.connection) as cursor:
                store = Store(cursor, 1)
                proposal = store.propose(event, "li", key=f"k{self.count}")
                answers.append(as_record(store.approve(proposal.id, "wang")))
        except HengtanError as error:
            answers.append([each.code for each in error.problems])
        assert answers[0] == answers[1]

    @rule(account=ACCOUNT, code=CEA, quantity=QUANTITIES)
    def allocate(self, account, code, quantity):
        self.try_it(kind="allocate", account=account, instrument=code, quantity=quantity)

    @rule(
        account=ACCOUNT,
        of=st.sampled_from([CCER, GEC]),
        first=st.integers(1, 200),
        length=QUANTITIES,
        price=st.integers(1, 9999),
    )
    def buy(self, account, of, first, length, price):
        serials = [f"S:{first}-{first + length - 1}"]
        self.try_it(kind="buy", account=account, way="otc", amount=f"{price}.01", serials=serials, **of)

    @rule(account=ACCOUNT, code=CODES, quantity=QUANTITIES)
    def sell(self, account, code, quantity):
        self.try_it(
            kind="sell", account=account, instrument=code, quantity=quantity, way="otc", amount="12.34", fee="0.05"
        )

    @rule(account=ACCOUNT, to=ACCOUNT, code=CODES, quantity=QUANTITIES)
    def transfer(self, account, to, code, quantity):
        if account != to:
            self.try_it(kind="transfer", account=account, to_account=to, instrument=code, quantity=quantity)

    @rule(account=ACCOUNT, to=ACCOUNT, first=st.integers(1, 200), length=st.integers(1, 30))
    def transfer_by_number(self, account, to, first, length):
        if account != to:
            self.try_it(
                kind="transfer",
                account=account,
                to_account=to,
                instrument="CCER-W",
                serials=[f"S:{first}-{first + length - 1}"],
            )

    @rule(
        account=ACCOUNT,
        code=CODES,
        quantity=QUANTITIES,
        contract=CONTRACT,
        kind=st.sampled_from(["pledge", "repo", "lend"]),
    )
    def bind(self, account, code, quantity, contract, kind):
        self.try_it(
            kind=kind,
            account=account,
            instrument=code,
            quantity=quantity,
            contract=contract,
            counterparty="Bank",
            **({} if kind == "lend" else {"principal": 1}),
        )

    @rule(contract=CONTRACT, quantity=st.integers(0, 40), kind=st.sampled_from(["release", "foreclose"]))
    def release(self, contract, quantity, kind):
        self.try_it(kind=kind, contract=contract, reason="due", **({"quantity": quantity} if quantity else {}))

    @rule(account=ACCOUNT, code=CEA, quantity=QUANTITIES, contract=CONTRACT)
    def borrow(self, account, code, quantity, contract):
        told = {"kind": "borrow", "counterparty": "Fund", "amount": "77.01"}
        self.try_it(account=account, instrument=code, quantity=quantity, contract=contract, **told)

    @rule(account=ACCOUNT, code=CEA, quantity=st.integers(1, 30), contract=CONTRACT)
    def give_back(self, account, code, quantity, contract):
        self.try_it(kind="give_back", account=account, instrument=code, quantity=quantity, contract=contract)

    @rule(account=ACCOUNT, code=CODES, quantity=QUANTITIES)
    def surrender(self, account, code, quantity):
        self.try_it(
            kind="surrender",
            account=account,
            instrument=code,
            quantity=quantity,
            year=2024 if code == "CEA24" else 2025,
            due_t=400,
            inside_market="no",
        )

    @rule(account=ACCOUNT, code=CODES, quantity=QUANTITIES, purpose=st.sampled_from(["offset", "scope2", "voluntary"]))
    def retire(self, account, code, quantity, purpose):
        self.try_it(
            kind="retire",
            account=account,
            instrument=code,
            quantity=quantity,
            purpose=purpose,
            beneficiary="Games",
            year=2025,
        )

    @rule(account=ACCOUNT, quantity=QUANTITIES, kind=st.sampled_from(["clawback", "expire"]), code=CODES)
    def cancel(self, account, quantity, kind, code):
        self.try_it(kind=kind, account=account, instrument=code, quantity=quantity, reason="rule")

    @rule(account=ACCOUNT, quantity=QUANTITIES)
    def carry_over(self, account, quantity):
        told = {
            "kind": "carry_over",
            "account": account,
            "instrument": "CEA24",
            "quantity": quantity,
            "sold_t": 10,
            "bought_t": 1,
            "holding_t": 90,
            "on_time": "2023, 2024",
        }
        self.try_it(**told, day="2026-06-05")

    @precondition(lambda self: self.book.postings)
    @rule(back=st.integers(1, 6))
    def reverse(self, back):
        self.try_it(kind="reverse", reverses=max(1, len(self.book.postings) - back + 1), reason="typing")

    @invariant()
    def as_many_as_were_issued_are_there_and_no_two_lots_overlap(self):
        lots = defaultdict(list)
        for lot in self.book.units():
            lots[lot.batch].append((lot.first, lot.last))
        for number, batch in self.book.batches.items():
            at = batch.first
            for first, last in sorted(lots[number]):
                assert first == at  # disjoint and covering, in one
                at = last + 1
            assert at == batch.last + 1

    @invariant()
    def what_was_used_stays_used(self):
        now = {
            (lot.batch, n): lot.place
            for lot in self.book.units()
            if lot.place in FINAL
            for n in range(lot.first, lot.last + 1)
        }
        assert self.final.items() <= now.items()
        self.final = now

    @invariant()
    def cost_is_neither_lost_nor_made(self):
        undone = {each.reverses for each in self.book.postings.values() if each.reverses}
        bought = sum(
            moved.fen
            for each in self.book.postings.values()
            if each.kind == "buy" and each.number not in undone
            for moved in each.money
            if moved.what in ("price", "fee")
        )
        bought += 7701 * sum(
            1 for each in self.book.postings.values() if each.kind == "borrow" and each.number not in undone
        )
        there = sum(lot.quantity for lot in self.book.units() if lot.place in ("held", "frozen", "lent"))
        for method in METHODS:
            found = valuation(self.book.postings.values(), {each.key: each.entity for each in ACCOUNTS}, method)
            assert sum(each.quantity for each in found.positions) == there
            assert sum(each.cost for each in (*found.positions, *found.results)) == bought
            assert all(each.cost >= 0 for each in found.positions)

    @invariant()
    def statements_and_costs_that_the_tables_tell_are_those_of_the_records(self):
        store = Store(Cursor(self.connection), 1)
        postings = [read_record(each) for each in store.records()]
        day = date(2026, 10, 1 + self.count * 5 % 28)
        until, method = (None, day)[self.count % 2], METHODS[self.count // 2 % 2]
        whole = valuation(postings, {each.key: each.entity for each in ACCOUNTS}, method, until=until)
        assert valued(store, method, until=until) == whole
        for account in ACCOUNTS:
            for first, last in ((day, date(2100, 1, 1)), (date(2026, 6, 1), day)):
                assert store.statement(account.key, first, last) == by_records(
                    store, postings, account.key, first, last
                )

    @invariant()
    def on_every_day_as_many_are_there_as_had_come(self):
        store = Store(Cursor(self.connection), 1)
        for day in (date(2026, 6, 30), date(2026, 10, 1 + self.count // 3), date(2100, 1, 1)):
            balances = store.balances(day)
            assert all(each.quantity > 0 for each in balances)
            batches = {each.number: each for each in self.book.batches.values() if each.day <= day}
            assert sum(each.quantity for each in balances) == sum(each.quantity for each in batches.values())
            sums = defaultdict(int)
            for account in ACCOUNTS:
                for lot in store.lots_on(account.key, day):
                    sums[account.key, batches[lot.batch].instrument.code, lot.place] += lot.quantity
            assert sums == {(each.account, each.code, each.place): each.quantity for each in balances}
            for account in ACCOUNTS:
                told = store.statement(account.key, date(2000, 1, 1), day)[2]
                there = {code: 0 for (name, code, place) in sums if name == account.key and place in THERE}
                for (name, code, place), count in sums.items():
                    if name == account.key and place in THERE:
                        there[code] += count
                assert told == there

    @invariant()
    def memory_database_and_records_say_the_same(self):
        store = Store(Cursor(self.connection), 1)
        assert store.balances() == self.book.balances()
        assert store.units() == self.book.units()
        again = replay(store.records())
        assert again.broken == []
        assert again.balances == {(each.account, each.code, each.place): each.quantity for each in self.book.balances()}
        assert again.money == store.money() and sum(again.money.values()) == 0
        assert len(again.alive) == len(self.book.units())
        assert rows_differ(store) == []


QUICK = settings(max_examples=25, stateful_step_count=30, deadline=None, suppress_health_check=list(HealthCheck))
TestTheBookKeepsItsLaws = Laws.TestCase
TestTheBookKeepsItsLaws.settings = QUICK


@pytest.mark.long
class TestTheBookKeepsItsLawsForLong(Laws.TestCase):
    settings = settings(QUICK, max_examples=200, stateful_step_count=55)
