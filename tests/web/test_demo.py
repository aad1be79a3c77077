"""``hengtan serve --demo``: from nothing to an inventory that two people made and a ledger proves."""

from contextlib import ExitStack, contextmanager
from datetime import date
from unittest import mock

import pytest
from django.test import Client
from django.utils import timezone

from hengtan.connectors import read
from hengtan.web.activities import services as data
from hengtan.web.activities.models import Batch, State
from hengtan.web.collection.models import Request
from hengtan.web.collection.state import State as Stands
from hengtan.web.collection.state import states
from hengtan.web.market.models import Allocation
from hengtan.web.organisations.models import Membership, Organisation
from hengtan.web.organisations.roles import Role
from hengtan.web.quality.models import ReportingEntity
from hengtan.web.quality.months import standing
from hengtan.web.reconciliation.models import Reconciliation
from hengtan.web.runs import demo, services
from hengtan.web.runs.models import Run
from hengtan.web.statements.models import Statement
from hengtan.web.vault.models import Outbox

from .calculated import without_reports
from .test_runs_pages import text_of


@pytest.fixture(autouse=True)
def quick():
    with without_reports():
        yield


COMPANIES = ("_toronto", "_ningbo", "_sectors", "_works", "_assets")


@contextmanager
def alone(kept):
    """A demo of these companies only: all of them take a minute, and test_runs_browser has all."""
    with ExitStack() as patches:
        for name in set(COMPANIES) - {kept}:
            patches.enter_context(mock.patch.object(demo, name, lambda _people: None))
        yield


@pytest.fixture
def ningbo_alone():
    with alone("_ningbo"):
        yield


def test_two_invented_companies_say_so_and_show_statement_and_allowances(db):
    with alone("_sectors"):
        demo.make()
    for organisation in Organisation.objects.all():
        assert "synthetic" in organisation.name
        statement = Statement.objects.of(organisation).filter(year=2024).exclude(method="cn-other-industry-2015").get()
        assert (statement.state, statement.sample, statement.errors) == ("approved", True, 0)
        from_file, from_statement = Allocation.objects.of(organisation).order_by("pk")
        assert from_file.totals["final"] > 0
        assert (from_statement.statements[0]["key"], from_statement.rejected) == (statement.key, 0)
        three = Reconciliation.objects.of(organisation).get()
        assert three.is_signed == (statement.method == "cn-power-2022")
        assert len(three.record["lines"]) >= 6
        entity = ReportingEntity.objects.of(organisation).get()
        assert entity.sample
        assert [plan.state for plan in entity.plans.order_by("version")] == ["superseded", "approved"]
        months = list(dict.fromkeys(entity.evidence.order_by("month").values_list("month", flat=True)))
        found = [row.month for row in standing(organisation, [entity], months, timezone.localdate())[entity.pk]]
        assert [each.state for each in found] == ["complete"] * 4 + ["partial"]
        assert [bool(each.late) for each in found] == [False, True, False, False, False]
        assert not Outbox.objects.of(organisation).filter(entry_index=None).exists()  # all of it is in the ledger


def test_a_newcomer_opens_the_link_signs_in_and_is_at_a_proven_number(db, ningbo_alone):
    door = demo.make()
    ningbo = Organisation.objects.get()
    assert [run.name for run in Run.objects.of(ningbo).order_by("number")] == list(demo.NINGBO)
    run = services.current(ningbo)
    assert (run.name, run.previous.name) == (demo.NINGBO[1], demo.NINGBO[0])
    assert {batch.state for batch in Batch.objects.of(ningbo)} == {State.APPROVED, State.SUPERSEDED}
    assert {member.role for member in Membership.objects.of(ningbo)} == {Role.OWNER, Role.APPROVER, Role.AUDITOR}
    client = Client()
    answer = client.post(door.path, {"login": door.emails[0], "password": door.password}, follow=True)
    words = text_of(answer)
    assert "1,372.98" in words
    assert "−135.22" in words
    assert "proven: entry" in words
    assert demo.make() == door
    assert Run.objects.count() == 2


def test_what_people_did_in_the_demo_afterwards_is_theirs(db, ningbo_alone):
    demo.make()
    owner = Membership.objects.get(role=Role.OWNER)
    empty = Organisation.objects.create(name="Own Works", region="GB")
    Membership.objects.create(organisation=empty, user=owner.user, role=Role.OWNER)
    data.begin(owner, "of my own", demo._ningbo_files(owner.organisation, "verified"))
    demo.make()
    batch = Batch.objects.get(name="of my own")
    assert (batch.state, batch.preview) == (State.DRAFT, {})
    assert Run.objects.count() == 2


def test_a_demo_that_was_cut_short_goes_on(db, ningbo_alone):
    with mock.patch.object(demo, "STEPS", 2):
        demo.make()
    assert not Run.objects.exists()
    demo.make()
    assert Run.objects.filter(done_at__isnull=False, chosen_at__isnull=False).count() == 2


def test_an_installation_that_belongs_to_somebody_is_left_alone(company):
    assert demo.make() is None
    assert Organisation.objects.count() == 1


@pytest.mark.parametrize("today", [date(2027, 1, 1)])
def test_an_invented_manufacturer_says_so_and_is_asked_for_figures_in_every_state(db, monkeypatch, today):
    monkeypatch.setattr("django.utils.timezone.localdate", lambda *_: today)
    with alone("_works"):
        door = demo.make()
        organisation = Organisation.objects.get()
        assert "synthetic" in organisation.name
        requests = list(Request.objects.of(organisation).select_related("series", "facility", "batch"))
        found = states(organisation, requests, today)
        assert set(found.values()) == set(Stands)
        assert all("synthetic" in each.organisation.name and "invented" in each.series.note for each in requests)
        soon = [each for each in requests if found[each.pk] == Stands.OPEN]
        assert {(each.due - today).days for each in soon} == {3}
        run = services.current(organisation)
        assert run.sample
        assert run.summary["rows_rejected"] == 0
        assert sum(1 for band in run.figures["month_bands"].values() if "total" in band) >= 20
        assert len(services.places(run, [row["facility"] for row in run.figures["facilities"]])) == 4
        before = Batch.objects.count()
        assert demo.make() == door  # what stands is left as it is
        assert Batch.objects.count() == before
    answer = Client().post(door.path, {"login": door.emails[0], "password": door.password}, follow=True)
    assert "places to about a kilometre, or invented" in text_of(answer)


def test_nobody_sends_e_mails_to_people_that_are_invented(db, ningbo_alone, mailoutbox):
    demo.make()
    assert mailoutbox == []


def test_places_that_are_ours_are_of_operations_that_the_filing_names():
    table = (
        read([demo.folder() / "toronto/toronto_2018_energy_ghg_report.xlsx"], template="ontario_bps").sources[0].data
    )
    assert set(demo.NEAR) <= set(table.to_pydict()["facility"])
