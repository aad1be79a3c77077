"""Months that are closed take nothing any more, and say why; opening them again is told."""

import pytest
from django.core.exceptions import PermissionDenied, ValidationError

from hengtan.web.activities import services
from hengtan.web.activities.models import Batch, PeriodLock
from hengtan.web.organisations.roles import Role
from hengtan.web.vault.models import Outbox

from .importing import HEAD, begin, checked, forget_jobs, line, submitted, work


@pytest.fixture
def company(company):
    company.people[Role.CONTRIBUTOR].facilities.add(company.plants[0])
    Batch.objects.all().delete()
    PeriodLock.objects.all().delete()
    forget_jobs()
    return company


def bills(company, *months):
    return {"b.csv": HEAD + "".join(line(month, company.plants[0].name, month=month) for month in months)}


def test_a_row_in_a_closed_month_is_refused_with_the_month_and_others_are_not(company):
    services.close(company.people[Role.MANAGER], "2025-01", "2025-02")
    batch = checked(company, begin(company, bills(company, "2025-01", "2025-02", "2025-03", "2024-12")))
    assert (batch.preview["rows_in"], batch.preview["good"]) == (4, 2)
    told = [each["reason"]["en"] for each in batch.preview["groups"] if each["code"] == "import.period-closed"]
    assert told == ["The month 2025-01 is closed."]


def test_a_row_that_only_reaches_into_a_closed_month_is_refused_too(company):
    services.close(company.people[Role.MANAGER], "2025-06", "2025-06")
    rows = HEAD + f"A-1,{company.plants[0].name},electricity,2025-01-01,2025-12-31,5,kWh,CN-33\n"
    batch = checked(company, begin(company, {"b.csv": rows}))
    assert batch.preview["good"] == 0
    with pytest.raises(ValidationError, match="no row"):
        services.submit(batch, company.people[Role.CONTRIBUTOR].user)


def test_months_are_not_closed_over_a_batch_that_waits_and_what_was_closed_meanwhile_is_not_approved(company):
    batch = submitted(company, bills(company, "2025-01"))
    with pytest.raises(ValidationError, match="waits for a decision"):
        services.close(company.people[Role.MANAGER], "2025-01", "2025-12")
    PeriodLock.objects.create(
        organisation=company.organisation, first_month="2025-01-01", last_month="2025-01-01",
        closed_by=company.people[Role.MANAGER].user,
    )  # fmt: skip
    with pytest.raises(ValidationError, match="2025-01 is closed"):
        services.approve(batch, company.people[Role.APPROVER])
    assert services.approved_sources(company.organisation) == []
    services.give_back(batch, company.people[Role.APPROVER], "too late")


@pytest.mark.parametrize(("last", "state", "good"), [("2025-01", "submitted", 1), ("2025-02", "draft", 0)])
def test_a_month_that_is_closed_while_a_worker_takes_the_rows_in_is_heard(company, monkeypatch, last, state, good):
    from hengtan.web.activities import tasks

    batch = checked(company, begin(company, bills(company, "2025-01", "2025-02")))
    keep = tasks.keep_file

    def meanwhile(*given):
        monkeypatch.setattr(tasks, "keep_file", keep)
        services.close(company.people[Role.MANAGER], "2025-01", last)
        return keep(*given)

    monkeypatch.setattr(tasks, "keep_file", meanwhile)
    services.submit(batch, company.people[Role.CONTRIBUTOR].user)
    work()
    batch.refresh_from_db()
    assert (batch.state, batch.rows_good, batch.preview["good"]) == (state, good, good)


def test_opening_again_needs_a_reason_and_both_are_in_the_ledger(company):
    manager = company.people[Role.MANAGER]
    lock = services.close(manager, "2025-01", "2025-12", "reported")
    with pytest.raises(ValidationError, match="closed already"):
        services.close(manager, "2025-03", "2025-04")
    with pytest.raises(ValidationError, match="why"):
        services.reopen(manager, lock, " ")
    services.reopen(manager, lock, "a late bill of plant 3")
    with pytest.raises(ValidationError, match="open already"):
        services.reopen(manager, lock, "again")
    assert services.closed_months(company.organisation, ["2025-05"]) == []
    events = Outbox.objects.of(company.organisation).filter(kind__startswith="period.")
    assert [each.kind for each in events] == ["period.closed", "period.opened"]
    assert "a late bill of plant 3" in events.last().record


@pytest.mark.parametrize("role", [Role.CONTRIBUTOR, Role.APPROVER, Role.AUDITOR, Role.VIEWER])
def test_who_does_not_run_the_inventory_closes_nothing(company, role):
    with pytest.raises(PermissionDenied):
        services.close(company.people[role], "2025-01", "2025-01")


def test_the_page_closes_and_opens_and_keeps_what_was_typed(company):
    client = company.client(Role.MANAGER)
    wrong = client.post(company.url("data/periods/"), {"first": "2025-05", "last": "2025-01", "reason": "because"})
    assert wrong.status_code == 422
    assert 'value="because"' in wrong.content.decode()
    assert client.post(company.url("data/periods/"), {"first": "x", "last": "2025-01"}).status_code == 422
    client.post(company.url("data/periods/"), {"first": "2025-01", "last": "2025-03"})
    lock = PeriodLock.objects.get()
    assert "2025-01 – 2025-03" in client.get(company.url("data/periods/")).content.decode()
    client.post(company.url(f"data/periods/{lock.pk}/open/"), {"reason": "late"})
    lock.refresh_from_db()
    assert lock.opened_reason == "late"
