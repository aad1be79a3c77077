"""Events of the book: what each does, and what is refused with its rule and its mend."""

import json

import pytest

from hengtan.market.book import Account, Book, as_record, read_event, read_record
from hengtan.market.book.book import BrokenBookError
from hengtan.market.book.posting import Lot, Money, Posting
from hengtan.problems import HengtanError

from .books import CCER, GEC, event


@pytest.fixture
def book():
    """1,000 of CEA25 and 100 of CEA24 in A1, 100 CCER (1-100) in A1, 50 certificates (1-50) in A2."""
    made = Book(
        [Account("A1", "Yong River Power"), Account("A2", "East Sea Aluminium"), Account("A3", "Yong River Power")]
    )
    made.post(event("allocate", account="A1", instrument="CEA25", quantity=1000))
    made.post(event("allocate", day="2025-10-08", account="A1", instrument="CEA24", quantity=100))
    made.post(event("buy", account="A1", way="otc", amount="9354.00", serials=["W:1-100"], **CCER))
    made.post(event("buy", account="A2", way="otc", amount="210.00", serials=["N:1-50"], **GEC))
    return made


def there(book, account, code, place="held"):
    return sum(lot.quantity for lot in book.lots(account, code, place))


def refused(book, kind, **fields):
    before = (book.balances(), len(book.postings), dict(book.money))
    with pytest.raises(HengtanError) as told:
        book.post(event(kind, **fields))
    assert (book.balances(), len(book.postings), dict(book.money)) == before  # nothing is half-posted
    for each in told.value.problems:
        assert each.reason("zh") and each.mend("zh") and each.reason() and each.mend()
        if each.code.startswith("law."):
            assert each.values["mark"] in "RK" and f"[{each.values['mark']}]" in each.sentence() + each.sentence("zh")
    return [each.code for each in told.value.problems]


def test_a_purchase_moves_units_and_money_together(book):
    posting = book.post(
        event(
            "buy", account="A1", instrument="CEA25", quantity=200, way="listed", price="97.40", fee="19.48", vat="1.10"
        )
    )
    assert posting.money == (
        Money("price", "cash:Yong River Power", "price:Yong River Power", 1948000),
        Money("fee", "cash:Yong River Power", "fee:Yong River Power", 1948),
        Money("vat", "cash:Yong River Power", "vat:Yong River Power", 110),
    )
    assert there(book, "A1", "CEA25") == 1200


def test_the_oldest_units_go_first_and_lots_are_split(book):
    book.post(
        event("allocate", day="2026-10-01", account="A1", instrument="CEA25", quantity=10)
    )  # older than the first
    posting = book.post(event("sell", account="A1", instrument="CEA25", quantity=30, way="listed", price="97.40"))
    assert [(lot.batch, lot.first, lot.last, lot.place) for lot in posting.made] == [
        (5, 1, 10, "out"),
        (1, 1, 20, "out"),
        (1, 21, 1000, "held"),
    ]


def test_a_pledge_freezes_and_a_release_joins_what_was_split(book):
    book.post(
        event(
            "pledge",
            account="A1",
            instrument="CEA25",
            quantity=400,
            contract="P",
            counterparty="Bank",
            principal="20000",
        )
    )
    assert (there(book, "A1", "CEA25"), there(book, "A1", "CEA25", "frozen")) == (600, 400)
    assert refused(book, "sell", account="A1", instrument="CEA25", quantity=700, way="listed", price="97.40") == [
        "book.frozen"
    ]
    assert refused(book, "pledge", account="A1", instrument="CEA25", quantity=1, contract="P", counterparty="Bank") == [
        "book.contract-open"
    ]
    book.post(event("release", contract="P", quantity=100, principal="5000"))
    book.post(event("release", contract="P", principal="15000", interest="99.99"))
    assert book.lots("A1", "CEA25", "held") == [Lot(1, 1, 1000, "A1", "held")]
    assert book.money["loan:Yong River Power"] == 0
    assert refused(book, "release", contract="P") == ["book.contract-unknown"]


def test_repo_and_lending_take_units_off_the_account_until_they_come_back(book):
    book.post(
        event(
            "repo", account="A1", instrument="CEA25", quantity=300, contract="R", counterparty="Fund", principal="20000"
        )
    )
    book.post(
        event("lend", account="A1", instrument="CEA25", quantity=100, contract="L", counterparty="Fund", interest="50")
    )
    assert there(book, "A1", "CEA25", "lent") == 400
    assert refused(book, "release", contract="R", quantity=301) == ["book.above-contract"]
    book.post(event("foreclose", contract="R", reason="default", amount="29000"))
    assert there(book, "A1", "CEA25", "out") == 300


def test_what_was_borrowed_is_given_back_and_no_more(book):
    book.post(
        event("borrow", account="A2", instrument="CEA25", quantity=80, contract="B", counterparty="Fund", price="90.00")
    )
    book.post(event("allocate", account="A2", instrument="CEA25", quantity=20))
    book.post(event("transfer", account="A1", to_account="A2", instrument="CEA24", quantity=50))
    assert refused(book, "give_back", account="A2", instrument="CEA24", quantity=1, contract="B") == [
        "book.loan-differs"
    ]
    assert refused(book, "give_back", account="A1", instrument="CEA25", quantity=1, contract="B") == [
        "book.loan-differs"
    ]
    assert refused(book, "give_back", account="A2", instrument="CEA25", quantity=81, contract="B") == [
        "book.above-contract"
    ]
    book.post(event("give_back", account="A2", instrument="CEA25", quantity=30, contract="B", interest="12"))
    borrowed = next(each for each in book.postings.values() if each.kind == "borrow")
    assert refused(book, "reverse", reverses=borrowed.number, reason="typing") == ["book.moved-on"]
    book.post(event("give_back", account="A2", instrument="CEA25", quantity=50, contract="B"))
    assert refused(book, "give_back", account="A1", instrument="CEA25", quantity=1, contract="B") == [
        "book.above-contract"
    ]


def test_a_surrender_above_holdings_is_refused(book):
    assert refused(book, "surrender", account="A1", instrument="CEA25", quantity=1001, year=2025, due_t=5000) == [
        "book.above-holdings"
    ]
    assert refused(book, "surrender", account="A2", instrument="CEA25", quantity=1, year=2025, due_t=5000) == [
        "book.above-holdings"
    ]


def test_vintages_that_the_year_does_not_take_are_refused(book):
    assert refused(book, "surrender", account="A1", instrument="CEA25", quantity=1, year=2024, due_t=50) == [
        "law.vintage-later"
    ]
    assert refused(book, "surrender", account="A1", instrument="CEA24", quantity=1, year=2025, due_t=50) == [
        "law.vintage-void"
    ]
    assert refused(book, "allocate", account="A1", instrument="CEA27", quantity=1) == ["book.future"]


def test_more_than_is_due_is_not_surrendered(book):
    book.post(event("surrender", account="A1", instrument="CEA25", quantity=40, year=2025, due_t=50))
    assert refused(book, "surrender", account="A1", instrument="CEA25", quantity=11, year=2025, due_t=50) == [
        "book.above-due"
    ]
    book.post(event("surrender", account="A1", instrument="CEA25", quantity=10, year=2025, due_t=50))


def test_credits_offset_up_to_five_per_cent_over_all_postings(book):
    book.post(
        event("surrender", account="A1", instrument="CCER-W", quantity=30, year=2025, due_t=1000, inside_market="no")
    )
    more = {"account": "A1", "instrument": "CCER-W", "year": 2025, "due_t": 1000, "inside_market": "no"}
    assert refused(book, "surrender", quantity=21, **more) == ["law.offset-cap"]
    book.post(event("surrender", quantity=20, **more))  # 50 = 5 % of 1,000


def test_credits_that_may_not_offset_are_refused(book):
    old = CCER | {"instrument": "CCER-OLD", "registered_on": "2016-05-01"}
    book.post(event("buy", account="A1", way="otc", amount="100", serials=["OLD:1-10"], **old))
    more = {"account": "A1", "quantity": 1, "year": 2025, "due_t": 1000}
    assert "law.credit-old" in refused(book, "surrender", instrument="CCER-OLD", inside_market="no", **more)
    assert refused(book, "surrender", instrument="CCER-W", inside_market="yes", **more) == ["law.credit-inside"]
    assert refused(book, "surrender", instrument="CCER-W", **more) == ["book.event-missing"]  # nobody guesses it


def test_a_certificate_is_for_scope_2_and_a_credit_is_not(book):
    used = {"beneficiary": "East Sea Aluminium", "year": 2025}
    assert refused(book, "retire", account="A2", instrument="GEC-2025", quantity=1, purpose="offset", **used) == [
        "book.purpose"
    ]
    assert refused(book, "retire", account="A1", instrument="CCER-W", quantity=1, purpose="scope2", **used) == [
        "book.purpose"
    ]
    assert refused(book, "retire", account="A1", instrument="CEA25", quantity=1, purpose="scope2", **used) == [
        "book.purpose"
    ]


def test_certificates_are_claimed_once_within_their_validity_and_not_above_consumption(book):
    more = {
        "account": "A2",
        "instrument": "GEC-2025",
        "purpose": "scope2",
        "beneficiary": "East Sea Aluminium",
        "year": 2025,
    }
    assert refused(book, "retire", quantity=41, consumption_mwh=40, **more) == ["law.certificate-quantity"]
    book.post(event("retire", serials=["N:11-30"], consumption_mwh=40, **more))
    assert refused(book, "retire", serials=["N:30-31"], consumption_mwh=40, **more) == ["book.already-used"]
    assert refused(book, "retire", serials=["N:31-50"], quantity=20, consumption_mwh=39, **more) == [
        "law.certificate-quantity"
    ]
    assert refused(book, "retire", day="2027-11-01", serials=["N:31-32"], **more) == ["law.certificate-expired"]
    assert refused(book, "sell", account="A2", instrument="GEC-2025", quantity=1, way="otc", amount="5") == [
        "law.certificate-traded"
    ]


def test_serial_ranges_that_cannot_be_are_refused():
    buy = {"account": "A1", "way": "otc", "amount": "1", **CCER}
    for serials, code in (
        (["W:9-1"], "book.serial-reversed"),
        (["W:1-9", "W:9-10"], "book.serial-overlap"),
        (["W"], "book.serial-form"),
        ([], "book.serial-missing"),
    ):
        with pytest.raises(HengtanError) as told:
            event("buy", serials=serials, **(buy | ({"quantity": 1} if not serials else {})))
        assert code in [each.code for each in told.value.problems]
    assert event("buy", serials=["W:5"], **buy).quantity == 1  # both ends are included
    with pytest.raises(HengtanError) as told:
        event("buy", serials=["W:1-10"], quantity=9, **buy)
    assert [each.code for each in told.value.problems] == ["book.quantity-differs"]


def test_numbers_that_are_elsewhere_bound_or_not_there_are_told(book):
    more = {"instrument": "CCER-W", "way": "otc", "amount": "5"}
    assert refused(book, "sell", account="A2", serials=["W:1-2"], **more) == ["book.serial-elsewhere"]
    assert refused(book, "sell", account="A1", serials=["W:99-101"], **more) == ["book.serial-not-held"]
    book.post(
        event("pledge", account="A1", instrument="CCER-W", serials=["W:50-60"], contract="P", counterparty="Bank")
    )
    assert refused(book, "sell", account="A1", serials=["W:60-61"], **more) == ["book.serial-frozen"]
    book.post(event("sell", account="A1", serials=["W:1-9"], **more))
    book.post(event("buy", account="A1", way="otc", amount="5", serials=["W:5-9"], **CCER))  # sold, and bought back
    assert refused(book, "buy", account="A1", way="otc", amount="5", serials=["W:9-9"], **CCER) == ["book.serial-held"]


def test_a_code_names_one_instrument(book):
    other = CCER | {"registered_on": "2025-06-01"}
    assert refused(book, "buy", account="A1", way="otc", amount="5", serials=["X:1-2"], **other) == [
        "book.instrument-differs"
    ]
    assert refused(book, "sell", account="A1", instrument="CEA20", quantity=1, way="otc", amount="5") == [
        "book.instrument-unknown"
    ]


def test_trades_keep_the_rules_of_the_exchange(book):
    sell = {"account": "A1", "instrument": "CEA25"}
    assert refused(book, "sell", quantity=10, way="block", price="97.40", **sell) == ["law.order-way"]
    assert refused(book, "sell", quantity=10, way="listed", price="107.15", previous_close="97.40", **sell) == [
        "law.order-band"
    ]
    book.post(event("sell", quantity=10, way="listed", price="107.14", previous_close="97.40", **sell))


def test_a_carry_over_keeps_its_limit_over_all_postings(book):
    told = {
        "day": "2026-06-05",
        "account": "A1",
        "instrument": "CEA24",
        "sold_t": 0,
        "bought_t": 0,
        "holding_t": 100,
        "on_time": "2023, 2024",
    }
    posting = book.post(event("carry_over", quantity=60, **told))
    assert [(each.instrument.code, each.quantity) for each in posting.batches] == [("CEA25", 60)]
    assert refused(book, "carry_over", quantity=41, **told) == ["book.above-holdings"]
    assert refused(book, "carry_over", quantity=40, **(told | {"holding_t": 99})) == ["law.carry-over-limit"]
    assert "law.carry-over-late" in refused(book, "carry_over", quantity=1, **(told | {"day": "2026-06-11"}))
    book.post(event("expire", account="A1", instrument="CEA24", quantity=40, reason="void for 2025"))
    assert there(book, "A1", "CEA24") == 0


def test_a_reversal_takes_back_all_of_it_or_nothing(book):
    sold = book.post(event("sell", account="A1", instrument="CEA25", quantity=300, way="listed", price="97.40"))
    book.post(event("reverse", reverses=sold.number, reason="typing"))
    assert there(book, "A1", "CEA25") == 1000 and book.money["price:Yong River Power"] == 935400
    assert refused(book, "reverse", reverses=sold.number, reason="again") == ["book.reversed-already"]
    book.post(event("sell", account="A1", instrument="CEA25", quantity=300, way="listed", price="97.40"))
    assert refused(book, "reverse", reverses=1, reason="late") == ["book.moved-on"]
    assert refused(book, "reverse", reverses=99, reason="none") == ["book.posting-unknown"]
    used = book.post(event("surrender", account="A1", instrument="CEA25", quantity=5, year=2025, due_t=50))
    assert refused(book, "reverse", reverses=used.number, reason="sorry") == ["book.final"]


def test_an_internal_price_is_a_notional_charge(book):
    posting = book.post(event("charge", entity="Yong River Power", quantity=1000, price="60", year=2025))
    assert posting.money == (Money("notional", "internal:Yong River Power", "fund:Yong River Power", 6000000),)
    assert posting.made == ()


def test_a_record_says_the_whole_posting_and_is_read_back(book):
    book.post(
        event("surrender", account="A1", instrument="CCER-W", quantity=30, year=2025, due_t=1000, inside_market="no")
    )
    for posting in book.postings.values():
        assert read_record(json.dumps(as_record(posting))) == posting


def test_a_posting_that_breaks_a_law_is_not_applied(book):
    lot = book.units()[0]
    parts = {
        "not there": {"spent": (Lot(1, 1, 5, "A1", "held"),), "made": (Lot(1, 1, 5, "A2", "held"),)},
        "differ": {"spent": (lot,), "made": (Lot(1, 1, 999, "A2", "held"),)},
        "without a claim": {"spent": (lot,), "made": (Lot(1, 1, 1000, "A1", "retired"),)},
        "no account": {"spent": (lot,), "made": (Lot(1, 1, 1000, "A9", "held"),)},
        "money": {"kind": "sell", "spent": (lot,), "made": (Lot(1, 1, 1000, "A1", "out"),)},
    }
    for told, fields in parts.items():
        before = book.units()
        with pytest.raises(BrokenBookError, match=told):
            book.apply(
                Posting(**({"number": 5, "kind": "transfer", "day": book.postings[1].day, "event": {}} | fields))
            )
        assert book.units() == before


@pytest.mark.parametrize(
    ("fields", "code"),
    [
        ({"kind": "gift"}, "book.event-kind"),
        ({"quantity": "1.5"}, "book.event-whole"),
        ({"quantity": "-1"}, "book.event-whole"),
        ({"quantity": "1000000000001"}, "book.event-whole"),
        ({"quantity": "0"}, "book.event-zero"),
        ({"quantity": "１２"}, "book.event-whole"),
        ({"day": "2026-02-30"}, "book.event-day"),
        ({"account": ""}, "book.event-missing"),
        ({"colour": "green"}, "book.event-field"),
        ({"fee": "0.001"}, "book.event-money"),
        ({"fee": "1e3"}, "book.event-money"),
        ({"reason": "a\x00b"}, "book.event-value"),
        ({"reason": "x" * 301}, "book.event-value"),
        ({"instrument": "CEA25", "vintage": "2024"}, "book.event-value"),
        ({"serials": ["W:1-5"]}, "book.serial-none"),
        ({"instrument": "X", "instrument_kind": "cea"}, "book.event-value"),
        ({"instrument": "X", "instrument_kind": "ccer", "serials": ["W:1-1000"]}, "book.instrument-missing"),
    ],
)
def test_an_event_that_says_nothing_sound_is_refused_by_field(fields, code):
    told = {
        "kind": "allocate",
        "day": "2026-10-08",
        "account": "A1",
        "instrument": "CEA25",
        "quantity": "1000",
    } | fields
    with pytest.raises(HengtanError) as refusal:
        read_event(told)
    assert code in [each.code for each in refusal.value.problems]
