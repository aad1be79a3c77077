"""From plan to book: each step of an approved plan can be put before a second person, once; what cannot be done now says why."""

import json
import re
from urllib.parse import parse_qs, urlsplit

import pytest

from hengtan.market.book.decide import Account
from hengtan.web.assets import services as assets
from hengtan.web.assets.models import Posting, Proposal
from hengtan.web.compliance import steps
from hengtan.web.compliance.models import CompliancePlan
from hengtan.web.compliance.propose import propose
from hengtan.web.organisations.roles import Role

from .booked import post
from .surrendering import NAME, OTHER, TODAY, book, planned
from .test_api import Caller


@pytest.fixture(autouse=True)
def today(monkeypatch):
    monkeypatch.setattr("django.utils.timezone.localdate", lambda *_args, **_more: TODAY)


@pytest.fixture
def ours(company):
    CompliancePlan.objects.of(company.organisation).delete()
    book(company)
    return company


def proposed(company):
    """Events of what was proposed for steps, in their order."""
    rows = Proposal.objects.of(company.organisation).filter(key__startswith="plan:").order_by("pk")
    return [(each, json.loads(each.event)) for each in rows]


def press(company, one, role=Role.MANAGER, **more):
    return company.client(role).post(
        company.url(f"compliance/plans/{one.pk}/propose/"), {"year": "2025", **more}, follow=True
    )


def page(company, role=Role.MANAGER):
    return company.client(role).get(company.url("compliance/")).content.decode()


def links(company, role=Role.MANAGER):
    """(kind, fields) of the forms to which the page leads."""
    found = re.findall(r'href="([^"]*/assets/new/\?[^"]*step=[^"]*)"', page(company, role).replace("&amp;", "&"))
    return [
        (address, {name: values[0] for name, values in parse_qs(urlsplit(address).query).items()}) for address in found
    ]


def test_the_surrenders_that_the_book_can_do_now_are_proposed_at_once_and_the_others_say_why(ours):
    """Lines 1, 2 and 5 lie free; 3 needs the pledge released, 4 and 6 a purchase."""
    one = planned(ours)
    answer = press(ours, one)
    events = proposed(ours)
    assert [(told["instrument"], told["quantity"]) for _row, told in events] == [
        ("CEA25", "61600"),
        ("CEA25", "972400"),
        ("CCER-WIND", "28000"),
    ]
    for row, told in events:
        assert (told["kind"], told["account"], told["year"], told["due_t"], told["day"]) == (
            "surrender",
            "YJ",
            "2025",
            "1186320",
            "2026-11-20",
        )
        assert one.key in told["reference"]
        assert one.key in told["note"]
        assert row.source == f"plan {one.key}"
    text = answer.content.decode()
    assert "3 surrenders are proposed" in text
    for step in (3, 4, 6):
        assert f"Step {step} was not proposed: Not enough" in text


def test_asking_again_proposes_nothing_twice(ours):
    one = planned(ours)
    press(ours, one)
    press(ours, one)
    assert len(proposed(ours)) == 3
    again = propose(ours.people[Role.OWNER], one, 2025, TODAY)
    assert not any(each.made for each in again)


def test_two_who_ask_at_the_same_time_make_one_proposal_of_a_step(ours):
    """Who counted the attempts before the other wrote uses the same key, and gets the proposal that is there."""
    one = planned(ours)
    parts = steps.parts(one.record, 2025)
    (answer, *_rest) = propose(ours.people[Role.MANAGER], one, 2025, TODAY, [1])
    with assets.writing(ours.people[Role.OWNER]) as store:
        from hengtan.market.book import read_event
        from hengtan.web.compliance.live import live

        told = steps.event(one, parts[0], live(store, 2025, TODAY), TODAY, ("YJ", "CEA25", 61_600))
        found = store.propose(read_event(told), "x", key=f"plan:{one.key}:1:surrender:1")
    assert (found.id, found.is_new) == (answer.made[0], False)


def test_the_page_tells_of_each_step_whether_it_is_open_proposed_or_posted(ours):
    one = planned(ours)
    text = page(ours)
    assert "Propose all surrenders" in text
    press(ours, one)
    (first, _told), *_others = proposed(ours)
    text = page(ours)
    assert f'/assets/queue/{first.pk}/"' in text
    assets.approve(ours.people[Role.APPROVER], first.pk)
    posting = Posting.objects.of(ours.organisation).get(proposal_id=first.pk)
    text = page(ours)
    assert f'/assets/postings/{posting.pk}/"' in text
    assert f"posted, no. {posting.number}" in text
    assert "61,600 t surrendered already" in re.sub(r"\s+", " ", text)
    assert "The book has moved" not in text


def test_nobody_approves_what_he_proposed_and_what_was_turned_down_can_be_proposed_anew(ours):
    from hengtan.problems import HengtanError

    one = planned(ours)
    press(ours, one)
    (first, _told), *_others = proposed(ours)
    with pytest.raises(HengtanError):
        assets.approve(ours.people[Role.MANAGER], first.pk)
    assets.reject(ours.people[Role.APPROVER], first.pk, "wait")
    press(ours, one)
    assert [row.key.split(":")[2:] for row, _told in proposed(ours)][-1] == ["1", "surrender", "2"]


def test_a_step_opens_the_form_of_its_event_with_what_the_plan_knows(ours):
    one = planned(ours)
    by = {(told["step"].split(":")[1], told["kind"]): told for _address, told in links(ours)}
    assert by["3", "release"]["contract"] == "PLEDGE-1"
    purchase = by["4", "buy"]
    assert (purchase["account"], purchase["instrument"], purchase["quantity"], purchase["price"], purchase["way"]) == (
        "YJ",
        "CEA25",
        "53004",
        "97.40",
        "listed",
    )
    credit = by["6", "buy"]
    assert (credit["instrument_kind"], credit["quantity"], credit["price"]) == ("ccer", "31316", "93.54")
    assert "instrument" not in credit
    address, _told = next((address, told) for address, told in links(ours) if told["kind"] == "release")
    form = ours.client(Role.MANAGER).get(address)
    assert b"PLEDGE-1" in form.content
    answer = ours.client(Role.MANAGER).post(
        address, {"day": "2026-11-20", "contract": "PLEDGE-1", "principal": "2600000", "token": "t"}
    )
    assert answer.status_code == 302
    ((row, _event),) = proposed(ours)
    assert row.key == f"plan:{one.key}:3:release:1"
    assert f'/assets/queue/{row.pk}/"' in page(ours)
    assets.approve(ours.people[Role.APPROVER], row.pk)
    press(ours, one)
    assert "40000" in [told["quantity"] for _row, told in proposed(ours) if told["kind"] == "surrender"]
    assert "The book has moved" not in page(ours)


def test_a_step_in_the_address_of_another_kind_of_event_is_not_believed(ours):
    one = planned(ours)
    client = ours.client(Role.MANAGER)
    address = ours.url(f"assets/new/?kind=charge&step={one.key}:1:surrender:1")
    client.post(address, {"day": "2026-11-20", "entity": NAME, "quantity": "1", "price": "1.00", "year": "2026"})
    assert not proposed(ours)
    assert Proposal.objects.of(ours.organisation).filter(kind="charge").exists()


def test_a_hand_over_in_the_group_is_a_transfer_between_the_accounts_of_both(ours):
    """Together 34,320 t are missing: the second buys 3,004 t of CCER, the first 31,316, so 150,000 - 96,996 = 53,004 t can be handed over."""
    assets.open_account(ours.people[Role.MANAGER], Account("CE", OTHER, "CRS", "n"))
    post(ours, "allocate", day="2026-09-28", account="CE", instrument="CEA25", quantity=150_000)

    def both(given):
        given["transfers"] = {"allowed": True}
        given["entities"].append({"id": "caoe", "name": OTHER, "sector": "power", "emissions": [{"year": 2025, "verified_t": 100_000}], "holdings": []})  # fmt: skip

    planned(ours, both)
    ((_address, told),) = [each for each in links(ours) if each[1]["kind"] == "transfer"]
    assert (told["account"], told["to_account"], told["instrument"], told["quantity"]) == ("CE", "YJ", "CEA25", "53004")


def test_what_waits_in_the_queue_is_not_promised_a_second_time(ours):
    manager = ours.people[Role.MANAGER]
    told = {
        "kind": "sell",
        "day": "2026-11-20",
        "account": "YJ",
        "instrument": "CEA25",
        "quantity": "99999",
        "way": "listed",
        "price": "97.40",
    }
    assets.propose(manager, told)
    one = planned(ours)
    press(ours, one)
    assert [event["quantity"] for _row, event in proposed(ours)] == ["61600", "28000"]


def test_an_entity_with_two_accounts_surrenders_from_both(ours):
    assets.open_account(ours.people[Role.MANAGER], Account("YJ2", NAME, "CRS", "n2"))
    post(ours, "transfer", account="YJ", to_account="YJ2", instrument="CEA25", quantity=500_000)
    one = planned(ours)
    press(ours, one)
    of_two = [
        (row.key.split(":")[2], told["account"], told["quantity"])
        for row, told in proposed(ours)
        if told["instrument"] == "CEA25"
    ]
    assert sum(int(t) for line, _account, t in of_two if line == "2") == 972_400
    assert {account for line, account, _t in of_two if line == "2"} == {"YJ", "YJ2"}


@pytest.mark.parametrize("step", ["draft", "submitted"])
def test_a_plan_that_nobody_approved_puts_nothing_into_the_queue(ours, step):
    from hengtan.web.compliance import services

    one = planned(ours, approve=False)
    if step == "submitted":
        services.submit(ours.people[Role.MANAGER], one)
    text = press(ours, one).content.decode()
    assert "The plan is not approved yet." in text
    assert not proposed(ours)
    assert not links(ours)


def test_nothing_is_surrendered_on_emissions_that_are_not_verified(ours):
    def expected(given):
        given["entities"][0]["emissions"] = [{"year": 2025, "expected_t": 1_186_320}]

    one = planned(ours, expected)
    assert "The emissions of 2025 are not verified yet." in press(ours, one).content.decode()
    assert not proposed(ours)


def test_only_who_proposes_postings_can_press_and_a_stranger_finds_nothing(ours, stranger):
    one = planned(ours)
    for role in (Role.VIEWER, Role.APPROVER, Role.AUDITOR):
        assert ours.client(role).post(ours.url(f"compliance/plans/{one.pk}/propose/")).status_code == 403
        assert not links(ours, role)
    assert stranger.client(Role.OWNER).post(stranger.url(f"compliance/plans/{one.pk}/propose/")).status_code == 404
    assert ours.client(Role.MANAGER).get(ours.url(f"compliance/plans/{one.pk}/propose/")).status_code == 302
    assert not proposed(ours)


def test_a_program_reads_the_steps_and_proposes_them(ours):
    one = planned(ours)
    caller = Caller(ours.people[Role.MANAGER])
    found = caller.get(f"/compliance-plans/{one.key}/steps?year=2025").json()["items"]
    assert [(each["line"], each["kind"], each["t"], each["state"]) for each in found] == [
        (1, "surrender", 61_600, "open"), (2, "surrender", 972_400, "open"), (3, "release", 40_000, "open"), (3, "surrender", 40_000, "open"),
        (4, "buy", 53_004, "open"), (4, "surrender", 53_004, "open"), (5, "surrender", 28_000, "open"), (6, "buy", 31_316, "open"), (6, "surrender", 31_316, "open"),
    ]  # fmt: skip
    answer = caller.post(f"/compliance-plans/{one.key}/steps/propose", {"year": 2025, "lines": [1, 3]}).json()["items"]
    assert [(each["line"], bool(each["proposals"]), bool(each["why"])) for each in answer] == [
        (1, True, False),
        (3, False, True),
    ]
    after = caller.get(f"/compliance-plans/{one.key}/steps?year=2025").json()["items"]
    assert (after[0]["state"], after[0]["proposals"]) == ("proposed", answer[0]["proposals"])
    assert (
        Caller(ours.people[Role.VIEWER]).post(f"/compliance-plans/{one.key}/steps/propose", {"year": 2025}).status_code
        == 403
    )
