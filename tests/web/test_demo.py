"""``hengtan serve --demo``: from nothing to an inventory that two people made and a ledger proves."""

from unittest import mock

import pytest
from django.test import Client

from hengtan.web.activities import services as data
from hengtan.web.activities.models import Batch, State
from hengtan.web.market.models import Allocation
from hengtan.web.organisations.models import Membership, Organisation
from hengtan.web.organisations.roles import Role
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


@pytest.fixture
def ningbo_alone():
    """Without the city, whose two thousand rows take ten times as long; test_runs_browser has both."""
    with (
        mock.patch.object(demo, "_toronto", lambda _people: None),
        mock.patch.object(demo, "_sectors", lambda _people: None),
    ):
        yield


def test_two_invented_companies_say_so_and_show_statement_and_allowances(db):
    with (
        mock.patch.object(demo, "_toronto", lambda _people: None),
        mock.patch.object(demo, "_ningbo", lambda _people: None),
    ):
        demo.make()
    for organisation in Organisation.objects.all():
        assert "synthetic" in organisation.name
        statement = Statement.objects.of(organisation).get()
        assert (statement.state, statement.sample, statement.errors) == ("approved", True, 0)
        assert Allocation.objects.of(organisation).get().totals["final"] > 0
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
