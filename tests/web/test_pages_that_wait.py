"""Nobody loads a page again: what shows something under way asks for itself until it is over, and then no more."""

from datetime import timedelta

import pytest
from django.db import transaction
from django.test import Client
from django.utils import timezone

from hengtan.web.accounts.models import Export
from hengtan.web.assets.models import Intake
from hengtan.web.collection.models import Request
from hengtan.web.compliance import services as compliance
from hengtan.web.jobs import worker
from hengtan.web.jobs.models import Job
from hengtan.web.organisations.roles import Role
from hengtan.web.reporting import services as reporting
from hengtan.web.runs import services as runs
from hengtan.web.sources.models import Step, Taken
from hengtan.web.vault import services as vault
from hengtan.web.webhooks.models import Delivery

from .calculated import YEAR, calculated, without_reports
from .test_collection import TODAY, one, series
from .test_collection import asked as asked_for  # noqa: F401  the fixture
from .test_compliance_plans import TEXT
from .test_reporting import prepared
from .test_sources import inbox, source  # noqa: F401  the fixtures
from .test_sources import worked as all_is_done
from .test_webhooks import endpoint, other  # noqa: F401  the fixtures

ASKS = 'hx-trigger="every 2s" hx-select="#{part}" hx-target="this" hx-swap="outerHTML"'


@pytest.fixture(autouse=True)
def nothing_waits(company):
    worked()


def worked():
    with without_reports():
        while worker.run_one():
            pass


def asks(client, path, part):
    """Whether the part of the page is there and asks for the page again."""
    text = client.get(path).content.decode()
    assert f'id="{part}"' in text
    found = ASKS.format(part=part) in text
    assert not found or f'hx-get="{path}"' in text
    return found


def begun(company):
    data = YEAR.format(m=company.mark).encode()
    kept = runs.Source("year.csv", vault.keep_file(company.organisation, data))
    return runs.start(company.organisation, company.people[Role.OWNER].user, "2025", [kept], {})


@pytest.mark.parametrize(("page", "part"), [("jobs/", "jobs"), ("runs/", "runs"), ("audit/history/", "changes")])
def test_jobs_runs_and_the_history_ask_until_everything_is_done_and_in_the_ledger(company, page, part):
    begun(company)
    with transaction.atomic():
        vault.record(company.organisation, "tried", {"n": "1"}, company.people[Role.OWNER].user)
    client = company.client()
    assert asks(client, company.url(page), part)
    worked()
    assert not asks(client, company.url(page), part)


def test_a_list_asks_no_more_for_what_failed(company):
    run = begun(company)
    Job.objects.filter(pk=run.job_id).update(state="failed")
    assert not asks(company.client(), company.url("runs/"), "runs")


def test_my_data_are_there_as_soon_as_they_are_collected(company):
    client = company.client()
    client.post("/account/me/data/")
    assert asks(client, "/account/me/data/", "copies")
    worked()
    assert Export.objects.get().ready_at
    assert not asks(client, "/account/me/data/", "copies")


def test_the_list_of_reports_asks_while_one_is_issued(company):
    report = prepared(company, calculated(company))
    client = company.client()
    assert not asks(client, company.url("reports/"), "reports")
    reporting.issue(report, company.people[Role.APPROVER])
    assert asks(client, company.url("reports/"), "reports")
    worked()
    assert not asks(client, company.url("reports/"), "reports")


def test_a_test_of_a_webhook_is_seen_where_it_was_asked_for(company, endpoint):  # noqa: F811
    client, page = company.client(), company.url(f"webhooks/{endpoint.pk}/")
    said = client.post(f"{page}do/", {"ping": "1"}, follow=True).content.decode()
    assert "What came of it is shown here." in said
    assert asks(client, page, "deliveries")
    sent = Delivery.objects.latest("pk")
    one_page = company.url(f"webhooks/deliveries/{sent.pk}/")
    assert asks(client, one_page, "delivery")
    worked()
    for path, part in ((page, "deliveries"), (one_page, "delivery")):
        assert not asks(client, path, part)
    Delivery.objects.filter(pk=sent.pk).update(state="waiting", due_at=timezone.now() + timedelta(hours=5))
    assert not asks(client, page, "deliveries")


def test_a_source_shows_what_comes_in_and_then_the_whole_page_is_new(company, source, inbox):  # noqa: F811
    client, page = company.client(Role.MANAGER), company.url(f"sources/{source.pk}/")
    worked()
    assert not asks(client, page, "came-in")
    said = client.post(f"{page}do/", {"run": "1"}, follow=True).content.decode()
    assert "What comes in is shown here." in said
    assert asks(client, page, "came-in")
    assert "HX-Refresh" not in client.get(page, headers={"HX-Request": "true"})
    for _ in range(6):
        all_is_done()
    assert not asks(client, page, "came-in")
    assert client.get(page, headers={"HX-Request": "true"})["HX-Refresh"] == "true"
    assert "HX-Refresh" not in client.get(page)
    Taken.objects.create(
        organisation=source.organisation, source=source, name="a.csv", key="a.csv", digest="0" * 64, step=Step.CHECK
    )
    assert asks(client, page, "came-in")


def test_what_was_given_stands_among_what_was_given_as_soon_as_it_is_checked(asked_for, monkeypatch):  # noqa: F811
    monkeypatch.setattr(timezone, "localdate", lambda *_args: TODAY)
    series(asked_for)
    client, page = asked_for.client(Role.CONTRIBUTOR), asked_for.url("collection/tasks/")
    assert not asks(client, page, "tasks")
    answer = {
        "quantity": "1250",
        "unit": "kWh",
        "source": "bill",
        "start": "2025-04-01",
        "end": "2025-04-30",
        "submit": "1",
    }
    assert client.post(asked_for.url(f"collection/{one(asked_for).pk}/"), answer).status_code == 302
    assert Request.objects.get(pk=one(asked_for).pk).batch.state == "draft"
    assert asks(client, page, "tasks")
    worked()
    assert not asks(client, page, "tasks")
    assert "Given lately" in client.get(page).content.decode()


def test_the_list_of_plans_asks_while_one_is_made_and_a_plan_that_could_not_be_made_says_why(company):
    made = compliance.make(company.people[Role.MANAGER], TEXT)
    client, page = company.client(Role.MANAGER), company.url("compliance/plans/")
    assert asks(client, page, "plans")
    Job.objects.filter(pk=made.job_id).update(state="failed", reference="4711-0815")
    assert not asks(client, page, "plans")
    told = client.get(f"{page}{made.pk}/").content.decode()
    assert "4711-0815" in told
    assert f"jobs/{made.job_id}/retry/" in told


def test_the_list_of_files_of_events_asks_while_one_is_read(company):
    member = company.people[Role.MANAGER]
    client, page = company.client(Role.MANAGER), company.url("assets/import/files/")
    made = Intake.objects.create(organisation=company.organisation, name="a.csv", what="trades", created_by=member.user)
    assert not asks(client, page, "files")
    made.job = begun(company).job
    made.save()
    assert asks(client, page, "files")
    worked()
    assert not asks(client, page, "files")


def test_a_page_whose_session_ended_meanwhile_leads_to_the_login_and_never_shows_it_inside_itself(company):
    asks_for_itself = {"HX-Request": "true", "HX-Trigger": "jobs", "HX-Target": "jobs"}
    answer = Client().get(company.url("jobs/"), headers=asks_for_itself)
    assert (answer.status_code, answer["HX-Refresh"], answer.content) == (200, "true", b"")
    beside = Client().get(company.url("library/"), headers={"HX-Request": "true", "HX-Target": "hits"})
    assert (beside.status_code, beside.content) == (401, b"")  # what was typed stays
    assert Client().get(company.url("jobs/"))["Location"].startswith("/account/login/?next=")
    assert company.client().get(company.url("jobs/"), headers=asks_for_itself).status_code == 200
