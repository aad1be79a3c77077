"""Forms of events as a trader fills them: begun from an address, the amount worked out, what is free beside it, rules before sending."""

import re

import pytest

from hengtan.web.assets import models
from hengtan.web.assets.forms import OF
from hengtan.web.organisations.roles import Role

from .booked import opens_a_book, post


@pytest.fixture
def book(company):
    return opens_a_book(company)


def text(answer):
    return answer.content.decode()


def beside(book, kind, **given):
    return text(book.client(Role.MANAGER).get(book.url("assets/new/beside/"), {"kind": kind, **given}))


def test_an_address_begins_a_form_with_all_that_a_plan_knows(book):
    given = {
        "kind": "buy", "account": "yong-A", "instrument": "CEA25", "quantity": "53004", "price": "97.40", "reference": "PLAN-1",
        "note": "step 3", "way": "listed",
    }  # fmt: skip
    page = text(book.client(Role.MANAGER).get(book.url("assets/new/"), given))
    for name in ("instrument", "quantity", "price", "reference"):
        assert re.search(rf'name="{name}"[^>]*value="{given[name]}"', page), name
    assert re.search(r'value="yong-A" selected', page)
    assert re.search(r"step 3\s*</textarea>", page)
    assert "5,162,589.60" in page  # 53,004 x 97.40, before anything is typed


def test_the_amount_is_price_times_quantity_and_cash_has_fee_and_vat(book):
    """200 x 97.40 = 19,480.00; bought: + 19.48 + 1,168.80 = 20,668.28; sold: - 19.48 + 1,168.80 = 20,629.32."""
    given = {
        "account": "yong-A",
        "instrument": "CEA25",
        "quantity": "200",
        "price": "97.40",
        "fee": "19.48",
        "vat": "1168.80",
    }
    assert "20,668.28" in beside(book, "buy", **given)
    sold = beside(book, "sell", **given)
    assert "19,480.00" in sold
    assert "20,629.32" in sold


def test_the_account_says_what_is_free_and_a_range_can_be_picked_instead_of_typed(book):
    shown = beside(book, "sell", account="yong-A", instrument="GEC-yong", quantity="40")
    assert "10 units more than are free" in shown  # 50 came, 20 are cancelled
    assert 'value="YONG:21-50"' in shown
    client = book.client(Role.MANAGER)
    given = {
        "day": "2026-10-10",
        "account": "yong-A",
        "to_account": "yong-B",
        "instrument": "GEC-yong",
        "pick": "YONG:21-50",
    }
    answer = client.post(book.url("assets/new/?kind=transfer"), given)
    assert answer.status_code == 302
    made = models.Proposal.objects.of(book.organisation).order_by("pk").last()
    assert '"serials":["YONG:21-50"]' in made.event


@pytest.mark.parametrize(
    ("given", "says"),
    [
        ({"way": "listed", "quantity": "100000", "price": "97.40"}, "100,000"),  # a block trade from there on
        ({"way": "block", "quantity": "99999", "price": "97.40"}, "99,999"),
        ({"way": "listed", "quantity": "10", "price": "107.15"}, "107.14"),  # 97.40 + 10 %, in whole fen
        ({"way": "listed", "quantity": "10", "price": "90.00", "previous_close": "101.00"}, "90.90"),
        ({"way": "listed", "quantity": "1.5", "price": "97.40"}, "1.5"),
    ],
)
def test_a_rule_of_trading_is_told_before_anything_is_sent(book, given, says):
    """The band is that of the close that was typed, else of the newest quote before the day (97.40 of 8 October)."""
    shown = beside(book, "buy", day="2026-10-09", account="yong-A", instrument="CEA25", **given)
    assert "As it stands it would be refused" in shown
    assert says in shown


def test_what_is_not_typed_yet_is_no_mistake_and_what_is_whole_is_said_to_stand(book):
    assert "would be refused" not in beside(book, "sell", account="yong-A", instrument="CEA25")
    whole = beside(
        book,
        "sell",
        day="2026-10-09",
        account="yong-A",
        instrument="CEA25",
        quantity="100",
        price="97.40",
        way="listed",
    )
    assert "Nothing speaks against it now" in whole


def test_without_a_script_a_look_keeps_what_was_typed_and_proposes_nothing(book):
    before = models.Proposal.objects.of(book.organisation).count()
    given = {
        "day": "2026-10-09",
        "account": "yong-A",
        "instrument": "CEA25",
        "quantity": "7",
        "price": "97.40",
        "way": "listed",
        "check": "1",
        "note": "mine",
    }
    answer = book.client(Role.MANAGER).post(book.url("assets/new/?kind=sell"), given)
    assert answer.status_code == 200
    assert "681.80" in text(answer)
    assert "mine" in text(answer)
    assert models.Proposal.objects.of(book.organisation).count() == before


@pytest.mark.parametrize("kind", sorted(OF))
def test_every_form_says_what_it_does_and_by_which_article(book, kind):
    page = text(book.client(Role.MANAGER).get(book.url("assets/new/"), {"kind": kind}))
    head = re.search(r'(?s)class="ht-ctx">(.*?)</div>', page)[1]
    assert len(re.sub(r"<[^>]*>", "", head).strip()) > 30
    assert "[K]" in head or "[R]" in page or kind == "charge"


@pytest.mark.parametrize(
    "hostile", ["\x00", "x" * 20_000, "'; DROP TABLE book_lot; --", "<script>alert(1)</script>", "%s%s", "\u202e"]
)
def test_whatever_is_typed_the_part_beside_the_form_answers(book, hostile):
    post(book, "allocate", account="yong-B", instrument="CEA25", quantity=5)
    for kind in ("buy", "surrender", "charge", "release"):
        given = dict.fromkeys(OF[kind], hostile) | {"account": "yong-A", "kind": kind, "pick": hostile}
        answer = book.client(Role.MANAGER).get(book.url("assets/new/beside/"), given)
        assert answer.status_code == 200
        assert b"<script>alert" not in answer.content
