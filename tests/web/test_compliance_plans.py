"""Compliance plans in the browser and by the API: given, planned by a job, approved by a second person, a calendar of their days."""

import copy
import json
import re

import pytest
from django.db import IntegrityError, transaction

from golden.calculating import EXAMPLES
from hengtan.web.compliance import services
from hengtan.web.compliance.models import CompliancePlan, Status, Step
from hengtan.web.market.models import Allocation
from hengtan.web.organisations.roles import Role
from hengtan.web.vault.models import Outbox
from hengtan.web.vault.services import facts

from .test_api import Caller, worked

TEXT = (EXAMPLES / "comply/yongjiang.json").read_text("utf-8")
GIVEN = json.loads(TEXT)


@pytest.fixture
def one(company):
    """A plan that is done."""
    made = services.make(company.people[Role.MANAGER], TEXT)
    worked()
    made.refresh_from_db()
    return made


def approved(company, one):
    services.submit(company.people[Role.MANAGER], one)
    return services.decide(company.people[Role.APPROVER], one, approve=True)


def test_a_plan_is_found_by_a_job_and_shown_with_its_numbers(company):
    client = company.client(Role.MANAGER)
    answer = client.post(company.url("compliance/new/"), {"text": TEXT})
    assert answer.status_code == 302
    waiting = client.get(answer["Location"])
    assert waiting.status_code == 200
    worked()
    page = client.get(answer["Location"]).content.decode()
    for number in (
        "1,186,320",
        "1,102,000",
        "84,320",
        "8,091,888.24",
        "8,608,147.20",
        "8,212,768.00",
        "97.21",
        "59,316",
    ):
        assert number in page, number
    assert "2026-12-15" in page
    made = CompliancePlan.objects.get(created_by=company.people[Role.MANAGER].user)
    assert made.status == Status.OPTIMAL


def test_what_was_asked_and_what_was_found_are_in_the_ledger_with_their_digests(company, one):
    told = {
        each.kind: json.loads(each.record)
        for each in Outbox.objects.of(company.organisation).filter(kind__startswith="compliance.")
    }
    assert set(told) == {"compliance.asked", "compliance.planned"}
    store = facts(company.organisation)
    assert store.read(one.digest).decode() == TEXT
    assert json.loads(store.read(one.record_digest)) == one.record
    assert one.record_digest in json.dumps(told["compliance.planned"])


def test_a_job_that_is_done_twice_leaves_what_the_first_found(company, one):
    from hengtan.web.compliance.work import planned
    from hengtan.web.jobs.progress import Progress

    before = Outbox.objects.of(company.organisation).count()
    planned(one.job, Progress(one.job))
    one.refresh_from_db()
    assert one.status == Status.OPTIMAL
    assert Outbox.objects.of(company.organisation).count() == before


def test_a_wrong_input_is_told_with_its_place_and_what_was_typed_stays(company):
    bad = copy.deepcopy(GIVEN)
    bad["entities"][0]["holdings"][0]["t"] = -1
    answer = company.client(Role.MANAGER).post(company.url("compliance/new/"), {"text": json.dumps(bad)})
    page = answer.content.decode()
    assert answer.status_code == 422
    assert "/entities/0/holdings/0/t" in page
    assert "&quot;comply.input&quot;" in page
    assert not CompliancePlan.objects.filter(created_by=company.people[Role.MANAGER].user).exists()


@pytest.mark.parametrize("text", ["", "{", "[" * 20_000, "\x00", '{"title": "\\ud800"}'])
def test_what_is_no_input_is_refused(company, text):
    assert company.client(Role.MANAGER).post(company.url("compliance/new/"), {"text": text}).status_code == 422


def test_a_plan_larger_than_the_server_does_is_refused(company, monkeypatch):
    monkeypatch.setattr(services, "MOST_CELLS", 0)
    answer = company.client(Role.MANAGER).post(company.url("compliance/new/"), {"text": TEXT})
    assert answer.status_code == 422
    assert "hengtan comply plan" in answer.content.decode()


def test_an_allocation_begins_an_input(company):
    allocation = company.allocation
    allocation.entities = [{"entity": "甬江发电", "verified": "1200", "final": "1100", "to_buy": "100"}]
    allocation.save()
    page = company.client(Role.MANAGER).get(company.url(f"compliance/new/?allocation={allocation.pk}"))
    text = page.content.decode()
    assert 'name="entities.0.name" id="id_entities-0-name" value="甬江发电"' in text
    assert 'name="emissions.0.verified_t" id="id_emissions-0-verified_t" value="1,200"' in text
    assert company.client(Role.MANAGER).get(company.url("compliance/new/?allocation=999999")).status_code == 404
    assert Allocation.objects.count() == 1


def test_a_second_person_approves_and_nobody_his_own(company, one):
    manager, approver = company.client(Role.MANAGER), company.client(Role.APPROVER)
    address = company.url(f"compliance/plans/{one.pk}/")
    manager.post(f"{address}submit/")
    manager.post(f"{address}decide/", {"decision": "approve"})
    one.refresh_from_db()
    assert one.step == Step.SUBMITTED
    approver.post(f"{address}decide/", {"decision": "return", "comment": ""})
    one.refresh_from_db()
    assert one.step == Step.SUBMITTED  # returned only with a reason
    approver.post(f"{address}decide/", {"decision": "approve"})
    one.refresh_from_db()
    assert (one.step, one.decided_by) == (Step.APPROVED, company.people[Role.APPROVER].user)
    kinds = list(
        Outbox.objects.of(company.organisation).filter(kind__startswith="compliance.").values_list("kind", flat=True)
    )
    assert sorted(kinds) == ["compliance.approved", "compliance.asked", "compliance.planned", "compliance.submitted"]


def test_the_database_itself_refuses_an_approval_of_ones_own_and_of_a_broken_plan(one):
    for change in (
        {"step": Step.APPROVED, "decided_by": one.created_by},
        {"step": Step.APPROVED, "decided_by": None},
        {"step": Step.APPROVED, "broken": 1},
    ):
        with pytest.raises(IntegrityError), transaction.atomic():
            CompliancePlan.objects.filter(pk=one.pk).update(**change)


def test_a_plan_that_breaks_a_rule_says_so_and_is_not_submitted(company):
    bad = copy.deepcopy(GIVEN)
    bad["entities"][0]["trades"]["sold_t"] = 0
    made = services.make(company.people[Role.MANAGER], json.dumps(bad))
    worked()
    client = company.client(Role.MANAGER)
    page = client.get(company.url(f"compliance/plans/{made.pk}/")).content.decode()
    assert "Annex 5" in page
    assert "submit/" not in page
    client.post(company.url(f"compliance/plans/{made.pk}/submit/"))
    made.refresh_from_db()
    assert made.step == Step.DRAFT


def test_where_there_is_no_plan_the_page_says_what_keeps_it(company):
    bad = GIVEN | {"offers": []}
    made = services.make(company.people[Role.MANAGER], json.dumps(bad))
    worked()
    page = company.client(Role.VIEWER).get(company.url(f"compliance/plans/{made.pk}/")).content.decode()
    assert "cannot be bought" in page


def test_the_calendar_has_the_days_of_approved_plans_alone(company, one):
    client = company.client(Role.MANAGER)
    page = client.get(company.url("compliance/plans/")).content.decode()
    address = re.search(r'href="([^"]*calendars/compliance/[^"]+\.ics)"', page)[1]
    before = client.get(address).content.decode()
    assert "BEGIN:VEVENT" not in before
    approved(company, one)
    after = company.client(Role.VIEWER).get(address).content.decode().replace("\r\n ", "")  # whoever has the address
    assert "DTSTART;VALUE=DATE:20261215" in after
    assert "SUMMARY:Release the pledge and surrender CEA25 40\\,000 t" in after
    assert client.get(address.replace(".ics", "x.ics")).status_code == 404


def test_files_and_tables_can_be_taken_away(company, one):
    client, address = company.client(Role.VIEWER), company.url(f"compliance/plans/{one.pk}/")
    assert json.loads(client.get(f"{address}file/?what=json").content) == one.record
    assert client.get(f"{address}file/?what=input").content.decode() == TEXT
    assert client.get(f"{address}file/?what=xlsx").content[:2] == b"PK"
    assert client.get(company.url("compliance/schema/")).status_code == 200
    for table in ("lines", "positions", "holdings", "calendar"):
        text = client.get(f"{address}?table={table}&format=csv").content.decode("utf-8-sig")
        assert len(text.splitlines()) > 1
    lines = client.get(f"{address}?table=lines&format=csv").content.decode("utf-8-sig")
    assert "53004,97.40,5162589.60" in lines
    assert "甬江热电" in client.get(company.url("compliance/plans/?format=csv")).content.decode("utf-8-sig")


def test_who_may_not_is_told(company, one):
    assert company.client(Role.CONTRIBUTOR).get(company.url("compliance/")).status_code == 403
    assert company.client(Role.APPROVER).get(company.url("compliance/new/")).status_code == 403
    assert company.client(Role.VIEWER).post(company.url(f"compliance/plans/{one.pk}/submit/")).status_code == 403
    assert company.client(Role.MANAGER).get(company.url(f"compliance/plans/{one.pk}/decide/")).status_code == 302


def test_the_page_is_whole_in_chinese(company, one):
    client = company.client(Role.MANAGER)
    user = company.people[Role.MANAGER].user
    user.language = "zh-hans"
    user.save()
    page = client.get(company.url(f"compliance/plans/{one.pk}/")).content.decode()
    for words in (
        "清缴 CEA25（由 2019—2024 年度结转）",
        "解除质押后清缴 CEA25",
        "上限 10,000 + 1.5 × 34,400 = 61,600 吨",
        "缺口",
        "罚款敞口",
    ):
        assert words in page, words


def test_a_program_plans_submits_and_a_second_one_approves(company):
    manager, approver = Caller(company.people[Role.MANAGER]), Caller(company.people[Role.APPROVER])
    made = manager.post("/compliance-plans", {"input": GIVEN})
    assert made.status_code == 202
    worked()
    key = made.json()["id"]
    found = manager.get(f"/compliance-plans/{key}").json()
    assert (found["status"], found["cost_cny"], found["gap_t"]) == ("optimal", "8091888.24", 84320)
    assert found["plan"]["lines"][0]["t"] == 61600
    assert manager.post(f"/compliance-plans/{key}/submit").status_code == 200
    assert manager.post(f"/compliance-plans/{key}/approve").status_code in (403, 422)
    assert approver.post(f"/compliance-plans/{key}/approve").json()["step"] == "approved"
    assert [each["id"] for each in manager.get("/compliance-plans").json()["items"]][-1] == key
    wrong = manager.post("/compliance-plans", {"input": {"hengtan": "x"}})
    assert wrong.status_code == 422
    assert {each["code"] for each in wrong.json()["problems"]} == {"comply.key-missing", "comply.value"}
