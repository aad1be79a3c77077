"""What pages call things: holdings and places of a plan by name, fields by their titles, never by the words of a file."""

import json
import re

import pytest
from django.utils.html import escape
from django.utils.translation import override

from hengtan.market.book import read_event
from hengtan.problems import HengtanError
from hengtan.web.assets import words
from hengtan.web.assets.models import Account
from hengtan.web.compliance import named, services
from hengtan.web.organisations.roles import Role

from .booked import opens_a_book
from .test_api import worked
from .test_compliance_plans import GIVEN

ZH = {"HTTP_ACCEPT_LANGUAGE": "zh-hans"}


def said_of(kind, **told):
    with pytest.raises(HengtanError) as refused:
        read_event({"kind": kind, "day": "2026-11-20", **told})
    return {
        each.column: line for each, line in zip(refused.value.problems, words.said(refused.value.problems), strict=True)
    }


@pytest.mark.parametrize(("language", "way"), [("zh-hans", "交易方式"), ("en", "Way of trading")])
def test_a_field_that_lacks_is_called_by_its_title(language, way):
    with override(language):
        told = said_of("buy", account="A", instrument="CEA25", quantity="5", price="3")["way"]
    assert way in told["reason"]
    assert not re.search(r"\bway\b", told["reason"])


def test_kinds_that_may_be_chosen_are_called_as_the_form_calls_them():
    with override("zh-hans"):
        reason = said_of("buy", account="A", instrument="X1", quantity="5", price="3", way="otc")["instrument_kind"][
            "reason"
        ]
    assert "品种类别" in reason
    assert "绿证" in reason
    assert not re.search("[a-z]+_", reason)


def test_an_untouched_form_is_not_said_to_be_refused(company):
    book = opens_a_book(company)
    client = book.client(Role.MANAGER)
    for kind in ("allocate", "buy", "borrow", "surrender"):
        page = client.get(book.url("assets/new/"), {"kind": kind}).content.decode()
        assert 'class="as-wrong"' not in page, kind
    unknown = client.get(book.url("assets/new/beside/"), {"kind": "buy", "instrument": "NEW-1"}).content.decode()
    assert 'class="as-wrong"' in unknown  # now the kind is asked for


def test_a_holding_from_the_book_is_called_as_the_book_calls_it():
    with override("zh-hans"):
        assert named.holding("CEA25 carried-over") == "CEA25 · 结转"
        assert named.holding("CEA26 pre-allocated PLEDGE-1") == "CEA26 · 预分配 PLEDGE-1"
    with override("en"):
        assert named.holding("CEA24 allocated") == "CEA24 · own allocation"
    assert named.holding("丰水电厂 CCER") == "丰水电厂 CCER"
    assert named.holding(None) is None


def test_a_place_in_the_input_is_told_by_names():
    given = {"entities": [{"id": "A", "name": "甲", "holdings": [{"id": "CEA24 allocated"}]}], "limits": {}}
    with override("zh-hans"):
        assert named.place("/entities/0/holdings/0/t", given) == "甲 · CEA24 · 自有配额"
    assert named.place("/entities/7", given) == "/entities/7"
    assert named.place("", given) == ""


def test_the_page_of_a_plan_shows_no_pointer_into_a_file(company):
    given = json.loads(json.dumps(GIVEN))
    made = services.make(company.people[Role.MANAGER], json.dumps(given))
    worked()
    made.refresh_from_db()
    assert any(each["path"] for each in made.record["notes"])
    page = company.client(Role.MANAGER).get(company.url(f"compliance/plans/{made.pk}/"), **ZH).content.decode()
    shown = re.sub(r"<script.*?</script>", "", page, flags=re.DOTALL)
    assert not re.search(r">/(entities|offers|scenarios)/\d", shown)
    assert given["entities"][0]["name"] in shown


def test_entities_are_chosen_from_those_that_the_organisation_knows(company):
    book = opens_a_book(company)
    page = book.client(Role.MANAGER).get(book.url("compliance/new/"), {"begin": "empty"}).content.decode()
    names = sorted(set(Account.objects.of(book.organisation).values_list("entity", flat=True)))
    listed = re.search(r'<datalist id="cp-known">(.*?)</datalist>', page, re.DOTALL)[1]
    assert re.findall(r'value="([^"]*)"', listed) == [escape(name) for name in names]
    assert re.search(r'name="entities\.0\.name"[^>]*list="cp-known"', page)
    begun = book.client(Role.MANAGER).get(
        book.url("compliance/new/"), {"begin": "book", "year": "2025", "entity": names[0], "as_of": "2026-11-20"}
    )
    left = re.search(r'<datalist id="cp-known">(.*?)</datalist>', begun.content.decode(), re.DOTALL)[1]
    assert re.findall(r'value="([^"]*)"', left) == [escape(name) for name in names[1:]]  # not those that are there
