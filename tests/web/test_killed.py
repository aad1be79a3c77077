"""Real processes are killed with SIGKILL while they import, approve, calculate and enter the ledger: what was acknowledged stays, what was not
is done again or not there, and each event stands in the ledger once. On SQLite here, on PostgreSQL by test_on_postgresql.py."""

import json
from collections import Counter
from itertools import count

import pyarrow.parquet as pq
import pytest
from django.db import transaction

from hengtan.evidence import verify
from hengtan.ledger.log import Log
from hengtan.web.activities import services
from hengtan.web.activities.models import Batch, State
from hengtan.web.jobs.models import Job
from hengtan.web.organisations.roles import Role
from hengtan.web.runs import services as runs
from hengtan.web.runs.models import Run
from hengtan.web.vault import services as vault
from hengtan.web.vault.models import Outbox

from .company import Company
from .dying import Mill
from .importing import HEAD, begin, checked, forget_jobs, line

ONCE = ("the first", "another")
PARTS = 4  # of all points, each a test of its own: together they take longer than anybody waits for one
everything = [None, *(pytest.param(part, marks=pytest.mark.long, id=f"part {part + 1}") for part in range(PARTS))]
pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(scope="module")
def mill(django_db_setup):
    with Mill() as mill:
        yield mill


@pytest.fixture
def killed(mill):
    """A company without the work of its making, and children that die for it."""
    company = Company("Yong River Works", "yong", roles=(Role.OWNER, Role.APPROVER, Role.VIEWER))
    forget_jobs()
    return company, mill


def points(heard, part, step=1):
    """For every day before the last commit and after it; else a part of all, which ends where nobody is killed any more.

    How many there are differs from one time to the next: the first (``ONCE``) makes the ledger, and progress is told by the clock.
    """
    last = max(number for number, name in enumerate(heard, 1) if name == "commit")
    return (last, last + 1) if part is None else count(1 + part * step, PARTS * step)


def draft(company, number):
    """A batch of three rows that is ready to be submitted; ids of their own."""
    rows = HEAD + "".join(line(f"{number}-{n}", "yong plant 1", str(n + 1)) for n in range(3))
    return checked(company, begin(company, {f"{number}.csv": rows}, Role.OWNER), Role.OWNER)


def the_ledger_holds_each_event_once(company):
    vault.sequence(company.organisation)
    rows = list(Outbox.objects.of(company.organisation))
    log = Log.open(vault.ledger(company.organisation))
    entries = list(log.entries(0))
    assert len(entries) == len(set(entries))
    assert sorted(row.entry_index for row in rows) == sorted({row.entry_index for row in rows})
    for row in rows:
        assert entries[row.entry_index] == row.entry.encode()
    ours = {row.entry.encode() for row in rows}
    of_runs = Counter(json.loads(entry)["kind"] for entry in entries if entry not in ours)
    number = Run.objects.filter(entry_index__isnull=False).count()
    assert set(of_runs.values()) <= {number}, of_runs  # what a run tells the ledger, for each run once
    assert of_runs["run.finished"] == number


def events(kind, batch):
    return [row for row in Outbox.objects.filter(kind=kind) if batch.key in row.record]


@pytest.mark.parametrize("part", everything)
def test_an_import_that_is_killed_is_not_there_or_whole_and_the_next_worker_ends_it(killed, part):
    company, mill = killed
    for name in ONCE:
        services.submit(draft(company, name), company.people[Role.OWNER].user)
        heard = mill.run("jobs")
    assert {"sql", "commit", "fsync", "rename"} <= set(heard) or {"sql", "commit", "fsync", "link"} <= set(heard)
    for at in points(heard, part):
        batch = draft(company, at)
        services.submit(batch, company.people[Role.OWNER].user)
        lives = mill.run("jobs", at=at) is not None
        batch.refresh_from_db()
        if batch.state == State.DRAFT:
            assert (batch.parquet, batch.rows_in, events("batch.submitted", batch)) == ("", 0, []), at
        mill.run("jobs")
        batch.refresh_from_db()
        assert (batch.state, batch.rows_in, batch.rows_good) == (State.SUBMITTED, 3, 3), at
        assert pq.read_table(vault.facts(company.organisation).path(batch.parquet)).num_rows == 3
        assert len(events("batch.submitted", batch)) == 1, at
        assert not Job.objects.exclude(state="done").exists(), at
        assert part is not None or not lives, at
        if lives or part is None:
            break
    the_ledger_holds_each_event_once(company)


@pytest.mark.parametrize("part", everything)
def test_an_approval_that_is_killed_holds_if_it_was_acknowledged_and_is_not_there_or_whole_if_not(killed, part):
    company, mill = killed
    owner, approver = company.people[Role.OWNER].user, company.people[Role.APPROVER]

    def waiting(number):
        batch = draft(company, number)
        services.submit(batch, owner)
        mill.run("jobs")
        return Batch.objects.get(pk=batch.pk)

    heard = mill.run("approve", waiting(0).pk, approver.pk)
    for at in points(heard, part):
        batch = waiting(at)
        acknowledged = mill.run("approve", batch.pk, approver.pk, at=at) is not None
        batch.refresh_from_db()
        there = batch.state == State.APPROVED
        assert there or not acknowledged, at
        assert len(events("batch.approved", batch)) == there, at
        if not there:
            assert (batch.state, batch.decided_by) == (State.SUBMITTED, None), at
            services.approve(batch, approver)
        mill.run("jobs")
        assert len(events("batch.approved", batch)) == 1, at
        assert part is not None or not acknowledged, at
        if acknowledged:
            break
    the_ledger_holds_each_event_once(company)


@pytest.mark.parametrize("part", everything)
def test_a_sequencer_that_is_killed_leaves_each_event_in_the_ledger_once(killed, part):
    company, mill = killed
    owner = company.people[Role.OWNER].user

    def recorded(number):
        with transaction.atomic():
            return [vault.record(company.organisation, "tried", {"n": f"{number}.{n}"}, owner) for n in range(2)]

    for name in ONCE:
        recorded(name)
        heard = mill.run("jobs")
    for at in points(heard, part):
        recorded(at)
        lives = mill.run("jobs", at=at) is not None
        recorded(f"{at} later")  # what comes after a crash stands behind what came before
        mill.run("jobs")
        assert not Outbox.objects.filter(entry_index=None).exists(), at
        assert part is not None or not lives, at
        if lives:
            break
    the_ledger_holds_each_event_once(company)


@pytest.mark.parametrize("part", everything)
def test_a_calculation_that_is_killed_leaves_no_half_run_and_the_next_worker_ends_it(killed, part):
    company, mill = killed
    forget_jobs()
    rows = HEAD + "".join(line(n, f"yong plant {n % 3 + 1}", str(n + 1)) for n in range(9))
    source = runs.Source("year.csv", vault.keep_file(company.organisation, rows.encode()))

    def begun(name):
        return runs.start(company.organisation, company.people[Role.OWNER].user, name, [source], {})

    for name in ONCE:
        begun(name)
        heard = mill.run("jobs")
    last = max(number for number, name in enumerate(heard, 1) if name == "commit")
    signed = max(number for number, name in enumerate(heard, 1) if name == "sign")
    shown = max(number for number, name in enumerate(heard, 1) if name == "rename")
    for at in (signed + 3, shown, last) if part is None else points(heard, part, step=3):
        run = begun(f"killed {at}")
        lives = mill.run("jobs", at=at) is not None
        run.refresh_from_db()
        if not run.is_done:
            assert (run.totals, run.figures) == (None, None), at
        mill.run("jobs")
        run = Run.objects.get(pk=run.pk)
        assert run.is_done, (at, Job.objects.get(pk=run.job_id).reference)
        assert (run.rows_in, run.rows_posted) == (9, 9)
        report = verify(run.folder, vkey=vault.vkey(company.organisation))
        assert report.ok and report.index == run.entry_index, at
        assert part is not None or not lives, at
        if lives:
            break
    assert len(set(Run.objects.exclude(digest="").values_list("digest", flat=True))) == 1
    the_ledger_holds_each_event_once(company)
