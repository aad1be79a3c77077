"""Batches: what was entered is approved by somebody else, is superseded and never edited, and says what it is."""

import pyarrow.parquet as pq
import pytest
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import IntegrityError, transaction

from hengtan.web.activities import services
from hengtan.web.activities.models import Batch, State
from hengtan.web.organisations.roles import Role
from hengtan.web.vault.models import Outbox
from hengtan.web.vault.services import facts

from .importing import HEAD, approved, begin, checked, forget_jobs, line, submitted, work


@pytest.fixture
def company(company):
    """Whose contributor enters data for the first plant."""
    company.people[Role.CONTRIBUTOR].facilities.add(company.plants[0])
    forget_jobs()
    return company


def bills(company, *quantities, month="2025-01", **more):
    plant = company.plants[0].name
    return {
        "bills.csv": HEAD
        + "".join(line(f"{month}-{n}", plant, q, month=month, **more) for n, q in enumerate(quantities))
    }


def test_rows_in_are_rows_posted_and_rejected_and_the_control_totals_say_so(company):
    batch = submitted(company, bills(company, "100", "-5", "250.5"))
    assert (batch.rows_in, batch.rows_good, batch.rows_rejected) == (3, 2, 1)
    (control,) = batch.controls
    assert (control["in"], control["good"]) == ("345.5", "350.5")
    table = pq.read_table(facts(company.organisation).path(batch.parquet))
    assert table["quantity"].to_pylist() == ["100", "250.5"]
    assert table["source_cell"].to_pylist() == ["F2", "F4"]
    assert table["source_file"].to_pylist() == ["bills.csv"] * 2
    assert batch.months == ["2025-01"]


def test_nobody_approves_what_they_entered_and_the_database_says_so_too(company):
    batch = submitted(company, bills(company, "100"), Role.OWNER)
    owner = company.people[Role.OWNER]
    with pytest.raises(ValidationError, match="Nobody approves"):
        services.approve(batch, owner)
    with pytest.raises(IntegrityError), transaction.atomic():
        Batch.objects.filter(pk=batch.pk).update(
            state=State.APPROVED, decided_by=owner.user, decided_at=batch.submitted_at
        )
    services.approve(batch, company.people[Role.APPROVER])
    assert Batch.objects.get(pk=batch.pk).state == State.APPROVED


def test_who_changed_a_cell_does_not_approve_either(company):
    batch = checked(company, begin(company, bills(company, "100", "-5")))
    services.fix(batch, company.people[Role.MANAGER].user, [("bills.csv", "", 3)], 5, "5", "-5")
    forget_jobs()
    batch = checked(company, Batch.objects.get(pk=batch.pk))
    services.submit(batch, company.people[Role.CONTRIBUTOR].user)
    work()
    with pytest.raises(ValidationError, match="Nobody approves"):
        services.approve(batch, company.people[Role.MANAGER])


@pytest.mark.parametrize("role", [Role.CONTRIBUTOR, Role.AUDITOR, Role.VIEWER])
def test_who_may_not_approve_does_not(company, role):
    batch = submitted(company, bills(company, "100"), Role.OWNER)
    with pytest.raises(PermissionDenied):
        services.approve(batch, company.people[role])


def test_a_decision_is_made_once(company):
    batch = approved(company, bills(company, "100"))
    for late in (services.approve, lambda b, who: services.give_back(b, who, "no")):
        with pytest.raises(ValidationError, match="meantime"):
            late(batch, company.people[Role.MANAGER])


def test_a_returned_batch_says_why_and_comes_again(company):
    batch = submitted(company, bills(company, "100", "-5"))
    with pytest.raises(ValidationError, match="Say what"):
        services.give_back(batch, company.people[Role.APPROVER], " ")
    services.give_back(batch, company.people[Role.APPROVER], "The second bill is missing.")
    batch.refresh_from_db()
    assert (batch.state, batch.comment) == (State.RETURNED, "The second bill is missing.")
    assert services.approved_sources(company.organisation) == []
    services.fix(batch, company.people[Role.CONTRIBUTOR].user, [("bills.csv", "", 3)], 5, "5", "-5")
    batch = checked(company, Batch.objects.get(pk=batch.pk))
    services.submit(batch, company.people[Role.CONTRIBUTOR].user)
    work()
    batch.refresh_from_db()
    assert (batch.state, batch.rows_good, batch.rows_rejected) == (State.SUBMITTED, 2, 0)


def test_nothing_in_a_submitted_batch_changes(company):
    batch, who = submitted(company, bills(company, "100")), company.people[Role.CONTRIBUTOR].user
    for change in (
        lambda: services.fix(batch, who, [("bills.csv", "", 2)], 5, "1"),
        lambda: services.assign(batch, who, batch.mapping),
        lambda: services.discard(batch, batch.created_by),
        lambda: services.submit(batch, who),
    ):
        with pytest.raises(ValidationError, match="nothing in it changes"):
            change()


def test_what_a_run_calculates_from_stands_in_the_order_of_approval_and_a_later_batch_supersedes_an_earlier(company):
    first = approved(company, bills(company, "100"), name="January")
    second = approved(company, bills(company, "7", month="2025-02"), name="February")
    assert [each.batch for each in services.approved_sources(company.organisation)] == [first.key, second.key]
    before = Batch.objects.get(pk=second.pk).decided_at
    third = approved(company, bills(company, "101"), supersedes=first, name="January, corrected")
    now = services.approved_sources(company.organisation)
    assert [(each.batch, each.sha256, each.role, each.rows) for each in now] == [
        (second.key, second.parquet, "input", 1),
        (third.key, third.parquet, "input", 1),
    ]
    assert all(each.path.is_file() for each in now)
    then = services.approved_sources(company.organisation, as_of=before)
    assert [each.batch for each in then] == [first.key, second.key]
    assert Batch.objects.get(pk=first.pk).state == State.SUPERSEDED


def test_an_id_that_stands_in_another_batch_is_refused_and_the_batch_is_named(company):
    approved(company, bills(company, "100"), name="January")
    batch = checked(company, begin(company, bills(company, "100", "5"), name="again"))
    assert (batch.preview["rows_in"], batch.preview["good"]) == (2, 1)
    group = batch.preview["groups"][0]
    assert group["code"] == "import.id-taken"
    assert "January" in group["reason"]["en"]


def test_a_contributor_enters_for_given_facilities_and_a_manager_adds_new_ones(company):
    rows = HEAD + line(1, company.plants[0].name) + line(2, company.plants[1].name) + line(3, "yong hall")
    batch = checked(company, begin(company, {"b.csv": rows}))
    assert (batch.preview["good"], batch.preview["rejected"]) == (1, 2)
    assert {each["code"] for each in batch.preview["groups"]} >= {"import.facility-unknown"}
    batch = checked(company, begin(company, {"b.csv": rows}, Role.MANAGER), Role.MANAGER)
    assert batch.preview["good"] == 3
    assert batch.preview["new_facilities"] == ["yong hall"]
    services.submit(batch, company.people[Role.MANAGER].user)
    work()
    made = company.organisation.facilities.get(name="yong hall")
    assert (made.region, made.places.count()) == ("CN-33", 1)


def test_every_step_that_counts_is_told_to_the_ledger_in_its_transaction(company):
    batch = approved(company, bills(company, "100"))
    kinds = list(Outbox.objects.of(company.organisation).values_list("kind", flat=True))
    assert kinds[-2:] == ["batch.submitted", "batch.approved"]
    assert batch.parquet in Outbox.objects.of(company.organisation).last().record


def test_a_draft_is_seen_by_its_contributor_and_by_who_reads_all(company):
    batch = begin(company, bills(company, "100"), Role.OWNER)
    seen = {
        role: Batch.objects.visible_to(each.user).filter(pk=batch.pk).exists() for role, each in company.people.items()
    }
    assert [role for role, sees in seen.items() if not sees] == [Role.CONTRIBUTOR]
