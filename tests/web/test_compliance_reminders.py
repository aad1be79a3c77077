"""Reminders of compliance plans and of the book: some days ahead, each once, to who can act, and none of what is done."""

import json
from datetime import date, timedelta

import pytest
from django.core import mail
from django.utils import timezone

from golden.calculating import EXAMPLES
from hengtan.market.book.decide import Account
from hengtan.market.book.registry import StatementLine
from hengtan.web.assets import services as book
from hengtan.web.assets.models import Break
from hengtan.web.compliance import reminders, services
from hengtan.web.compliance.models import Reminder
from hengtan.web.compliance.propose import propose
from hengtan.web.compliance.words import address
from hengtan.web.jobs import worker
from hengtan.web.jobs.models import Job
from hengtan.web.notices.models import Notice
from hengtan.web.organisations.roles import MAY, Act, Role

from .booked import post
from .surrendering import TODAY, planned
from .surrendering import book as book_of_the_screen
from .test_api import worked

GIVEN = json.loads((EXAMPLES / "comply/yongjiang.json").read_text("utf-8"))
NAME = GIVEN["entities"][0]["name"]
ACCOUNT = "YJ"


@pytest.fixture
def booked(company):
    """The entity of the example has an account."""
    book.open_account(company.people[Role.MANAGER], Account(ACCOUNT, NAME, "CRS", "1"))
    Notice.objects.all().delete()
    return company


@pytest.fixture
def approved(booked):
    """Its plan, as of 2026-11-20: buy until 12-10, release until 12-15, surrender 1,186,320 t until 12-31."""
    made = services.make(booked.people[Role.MANAGER], json.dumps(GIVEN))
    worked()
    services.submit(booked.people[Role.MANAGER], made)
    made = services.decide(booked.people[Role.APPROVER], made, approve=True)
    Notice.objects.all().delete()
    return made


def told(company, day, role=Role.MANAGER):
    """Sentences that a person hears on a day for the first time."""
    Notice.objects.all().delete()
    reminders.remind(company.organisation, date.fromisoformat(day))
    return [each.sentence for each in Notice.objects.filter(person=company.people[role].user).order_by("pk")]


def test_a_month_a_week_and_a_day_ahead_each_once(booked, approved):
    assert told(booked, "2026-11-30") == [
        f"{NAME}: by the plan 31,316 t of CCER are to be bought by 2026-12-10.",
        f"{NAME}: by the plan 53,004 t of CEA25 are to be bought by 2026-12-10.",
        f"{NAME}: by the plan the pledge on 40,000 t of CEA25 is to be released by 2026-12-15.",
    ]
    assert told(booked, "2026-12-01") == [
        "Next year's quality control plan: last day 2026-12-31.",
        f"{NAME}: 1,186,320 t are to be surrendered for 2025 by 2026-12-31.",
    ]
    assert told(booked, "2026-12-01") == []
    assert told(booked, "2026-12-24") == [
        f"{NAME}: the pledge on 40,000 t of CEA25 was to be released by 2026-12-15 and still binds them.",
        "Next year's quality control plan: last day 2026-12-31.",
        f"{NAME}: 1,186,320 t are to be surrendered for 2025 by 2026-12-31.",
    ]
    assert told(booked, "2026-12-29") == []
    assert told(booked, "2026-12-30")[-1] == f"{NAME}: 1,186,320 t are to be surrendered for 2025 by 2026-12-31."
    assert told(booked, "2026-12-31") == []
    late = f"{NAME}: 1,186,320 t for 2025 were to be surrendered by 2026-12-31 and are missing in the book."
    assert told(booked, "2027-01-01") == [late]
    assert told(booked, "2027-01-02") == []


def test_who_begins_late_hears_only_what_is_nearest(booked, approved):
    assert sum("to be surrendered" in each for each in told(booked, "2026-12-30")) == 1


def test_only_who_can_act_is_told_with_the_address_that_leads_there(booked, approved):
    told(booked, "2026-12-01")
    found = Notice.objects.filter(kind="compliance.surrender")
    assert {each.person for each in found} == {booked.people[role].user for role in MAY[Act.ASSETS]}
    assert {each.address for each in found} == {address(approved)}


def test_what_is_bought_released_and_surrendered_is_told_no_more(booked, approved):
    own = {"account": ACCOUNT, "instrument": "CEA25"}
    post(booked, "allocate", **own, quantity=1_150_000, day="2026-10-08")
    post(
        booked,
        "pledge",
        **own,
        quantity=40_000,
        contract="P-1",
        counterparty="Bank",
        due="2026-12-15",
        day="2026-10-20",
    )
    post(booked, "buy", **own, quantity=53_000, way="listed", price="97.40", day="2026-11-25")
    sentences = told(booked, "2026-12-09")
    assert f"{NAME}: by the plan 4 t of CEA25 are to be bought by 2026-12-10." in sentences
    assert f"pledge P-1 of {NAME} with Bank ends on 2026-12-15: 40,000 units." in sentences
    post(booked, "buy", **own, quantity=4, way="otc", amount="390.00", day="2026-11-26")
    post(booked, "release", contract="P-1", day="2026-12-10")
    sentences = told(booked, "2026-12-14")
    assert not any("CEA25 are to be bought" in each or "pledge" in each for each in sentences)
    post(booked, "surrender", **own, quantity=1_127_004, year=2025, due_t=1_186_320, day="2026-12-20")
    assert told(booked, "2026-12-24")[-1] == f"{NAME}: 59,316 t are to be surrendered for 2025 by 2026-12-31."
    credit = {
        "instrument": "CCER-W", "instrument_kind": "ccer", "project": "W", "methodology": "CCER-01-002-V01",
        "registered_on": "2025-06-18",
    }  # fmt: skip
    bought = {"account": ACCOUNT, "serials": "W:1-59316", "way": "otc", "amount": "5500000.00"}
    post(booked, "buy", **bought, **credit, day="2026-12-21")
    used = {"account": ACCOUNT, "instrument": "CCER-W", "quantity": 59_316, "inside_market": "no"}
    post(booked, "surrender", **used, year=2025, due_t=1_186_320, day="2026-12-22")
    assert told(booked, "2026-12-30") == ["Next year's quality control plan: last day 2026-12-31."]


def test_of_two_plans_for_one_year_the_newer_one_counts(booked, approved):
    again = json.loads(json.dumps(GIVEN))
    again["entities"][0]["emissions"][0]["verified_t"] = 1_100_000
    made = services.make(booked.people[Role.MANAGER], json.dumps(again))
    worked()
    services.submit(booked.people[Role.MANAGER], made)
    services.decide(booked.people[Role.APPROVER], made, approve=True)
    found = [each for each in told(booked, "2026-12-24") if "surrendered" in each]
    assert found == [f"{NAME}: 1,100,000 t are to be surrendered for 2025 by 2026-12-31."]


def test_a_plan_that_waits_is_told_to_a_second_person_and_the_decision_to_the_first(booked):
    manager, approver = booked.people[Role.MANAGER], booked.people[Role.APPROVER]
    made = services.make(manager, json.dumps(GIVEN))
    worked()
    services.submit(manager, made)
    waiting = Notice.objects.filter(kind="compliance.waiting")
    assert {each.person for each in waiting} == {booked.people[role].user for role in MAY[Act.APPROVE] - {Role.MANAGER}}
    services.decide(approver, made, approve=False, comment="The pledge ends later.")
    assert not waiting.filter(read_at=None).exists()
    assert Notice.objects.get(kind="compliance.returned").sentence.endswith("The pledge ends later.")
    services.submit(manager, made)
    services.decide(approver, made, approve=True)
    assert Notice.objects.get(kind="compliance.approved").person == manager.user


def test_a_proposal_is_told_at_once_and_its_decision_too(booked):
    manager, approver = booked.people[Role.MANAGER], booked.people[Role.APPROVER]
    event = {"kind": "allocate", "day": "2026-10-08", "account": ACCOUNT, "instrument": "CEA25", "quantity": "1000"}
    one = book.propose(manager, event)
    waiting = Notice.objects.filter(kind="assets.proposed", read_at=None)
    assert waiting.filter(person=manager.user).count() == 0
    assert waiting.get(person=approver.user).sentence == (
        f"{manager.user.name} proposes: allocation CEA25 · 1,000 · YJ. It waits for your decision."
    )
    assert waiting.get(person=approver.user).address == booked.url(f"assets/queue/{one.id}/")
    book.approve(approver, one.id)
    assert not waiting.exists()
    assert Notice.objects.get(kind="assets.posted").person == manager.user
    two = book.propose(manager, event)
    book.reject(approver, two.id, "Twice.")
    assert Notice.objects.get(kind="assets.rejected").sentence.endswith("Twice.")
    three = book.propose(manager, event)
    before = Notice.objects.exclude(kind="assets.proposed").count()
    book.reject(manager, three.id, "Mine, a slip.")  # one's own: nobody has to be told
    assert Notice.objects.exclude(kind="assets.proposed").count() == before


def test_proposals_that_wait_and_breaks_that_stay_open_are_told_after_a_day_a_week_and_a_month(booked):
    manager = booked.people[Role.MANAGER]
    event = {"kind": "allocate", "day": "2026-10-08", "account": ACCOUNT, "instrument": "CEA25", "quantity": "1000"}
    one = book.propose(manager, event)
    number, _count, _new = book.add_statement(
        manager, ACCOUNT, date(2026, 10, 8), [StatementLine(2, "CEA25", 7)], "s.csv"
    )
    today = timezone.localdate()
    assert told(booked, str(today), Role.APPROVER) == []
    after = str(today + timedelta(days=1))
    assert told(booked, after, Role.APPROVER) == [
        f"Proposal {one.id} (allocation) has waited for approval since {today}."
    ]
    assert [each.kind for each in Notice.objects.filter(person=manager.user)] == [
        "assets.breaks"
    ]  # not his own proposal
    assert told(booked, str(today + timedelta(days=6)), Role.APPROVER) == []
    book.approve(booked.people[Role.APPROVER], one.id)
    broken = Break.objects.get(statement_id=number)
    week = str(today + timedelta(days=7))
    assert told(booked, week) == [
        f"The statement of YJ of 2026-10-08 differs from the book: 1 differences are open since {today}."
    ]
    book.close_break(manager, broken.pk, "It was posted since.")
    assert told(booked, str(today + timedelta(days=30))) == []


def test_certificates_that_expire_are_told_and_claimed_ones_are_not(booked):
    told_of = {"instrument": "GEC-24", "instrument_kind": "gec", "produced_on": "2025-03"}
    post(booked, "buy", account=ACCOUNT, serials="G:1-50", way="otc", amount="250.00", **told_of)
    assert told(booked, "2027-01-28") == []  # 24 months, March 2025 the first: until 2027-02-28
    sentence = "Certificates GEC-24 on YJ, 50 MWh, can be claimed until 2027-02-28."
    assert told(booked, "2027-01-29") == [sentence]
    assert told(booked, "2027-02-21") == [sentence]
    used = {
        "account": ACCOUNT,
        "instrument": "GEC-24",
        "quantity": 50,
        "purpose": "scope2",
        "beneficiary": NAME,
        "year": 2026,
    }
    post(booked, "retire", **used, day="2026-11-30")
    assert told(booked, "2027-02-27") == []


def test_many_of_a_kind_are_one_notice(booked):
    manager = booked.people[Role.MANAGER]
    event = {"kind": "allocate", "day": "2026-10-08", "account": ACCOUNT, "instrument": "CEA25"}
    for quantity in range(1, 6):
        book.propose(manager, event | {"quantity": str(quantity)})
    today = timezone.localdate()
    assert told(booked, str(today + timedelta(days=1)), Role.APPROVER) == [
        f"5 proposals have waited for approval, the first since {today}."
    ]
    assert Reminder.objects.of(booked.organisation).filter(about__startswith="proposal:").count() == 5


def test_the_hour_asks_for_a_job_only_where_something_is_new(booked, approved, monkeypatch):
    while worker.run_one():
        pass
    monkeypatch.setattr(timezone, "localdate", lambda *_: date(2026, 12, 24))
    mail.outbox.clear()
    reminders.look()
    reminders.look()
    assert Job.objects.filter(kind=reminders.REMIND).count() == 1
    while worker.run_one():
        pass
    assert Notice.objects.filter(kind="compliance.surrender").exists()
    assert any("1,186,320" in each.subject + each.body for each in mail.outbox)
    reminders.look()
    assert Job.objects.filter(kind=reminders.REMIND).count() == 1


def test_a_chinese_reader_hears_it_in_the_terms_of_the_regulation(booked, approved):
    user = booked.people[Role.MANAGER].user
    user.language = "zh-hans"
    user.save()
    told(booked, "2026-12-01")
    page = booked.client(Role.MANAGER).get(booked.url("notices/")).content.decode()
    assert f"{NAME}：2025 年度应于 2026-12-31 前清缴 1,186,320 吨。" in page
    assert "报送下一年度数据质量控制方案" in page


def test_a_stranger_hears_nothing(booked, approved, stranger):
    Notice.objects.all().delete()
    reminders.remind(stranger.organisation, date(2026, 12, 24))
    assert not Notice.objects.exists()


def test_steps_of_a_plan_that_are_proposed_together_are_one_notice(company):
    company.compliance_plan.delete()
    book_of_the_screen(company)
    one = planned(company)
    Notice.objects.all().delete()
    manager, approver = company.people[Role.MANAGER], company.people[Role.APPROVER]
    made = [each for answer in propose(manager, one, 2025, TODAY) for each in answer.made]
    assert len(made) > 1
    (notice,) = Notice.objects.filter(person=approver.user)
    assert (
        notice.sentence
        == f"{manager.user.name} proposes {len(made)} events of “{one.title}”. They wait for your decision."
    )
    assert notice.address == company.url("assets/queue/")
    propose(manager, one, 2025, TODAY)
    assert Notice.objects.filter(person=approver.user).count() == 1  # nothing is proposed twice
