"""Sources: what comes in by itself comes in once, goes the way of every batch, and tells what stands in its way."""

import json
import os
import threading
from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest
from django.core.exceptions import ValidationError
from django.utils import timezone

from hengtan.connectors.plugins import Connector, Failed, Fetched, Field, Reading, Readings, found
from hengtan.problems import HengtanError, Problem
from hengtan.web.activities.models import Batch, State
from hengtan.web.activities.services import approve
from hengtan.web.jobs import worker
from hengtan.web.jobs.models import Job
from hengtan.web.notices.models import Notice
from hengtan.web.organisations.roles import Role
from hengtan.web.sources import clock, services
from hengtan.web.sources.models import Issue, IssueState, Meter, MeterReading, Rhythm, Source, SourceRun, Step, Taken
from hengtan.web.sources.services import Given
from hengtan.web.vault.models import Outbox

from .importing import HEAD, line

SHANGHAI = ZoneInfo("Asia/Shanghai")


@pytest.fixture
def inbox(company, settings, tmp_path):
    """The folder of the organisation."""
    settings.CONFIGURATION = replace(settings.CONFIGURATION, outbound_allow=(f"file://{tmp_path}",))
    folder = tmp_path / company.organisation.key
    folder.mkdir()
    Source.objects.filter(pk=company.source.pk).delete()
    return folder


@pytest.fixture
def source(company, inbox):
    given = Given("Bills", {"folder": ".", "settled_s": "0"}, zone="Asia/Shanghai")
    return services.make(company.people[Role.MANAGER], "folder", given)


def plugged(monkeypatch, fetch, *fields):
    """A connector of somebody else, called ``tried``."""
    made = Connector({"en": "Tried", "zh": "试用"}, {"en": "n", "zh": "n"}, fields, fetch)
    everything = {**found.connectors(), "tried": made}
    for module in ("hengtan.web.sources.models", "hengtan.web.sources.services", "hengtan.web.sources.pages"):
        monkeypatch.setattr(f"{module}.connectors", lambda: everything)


def worked():
    """All that waits is done, and what follows from it."""
    while worker.run_one():
        clock.advance()
    clock.advance()


def ran(source, **more):
    run = services.run(source, **more)
    for _ in range(6):
        worked()
    run.refresh_from_db()
    return run


def batches(company):
    return Batch.objects.filter(organisation=company.organisation).exclude(pk=company.batch.pk).order_by("pk")


def test_a_file_comes_in_once_and_waits_for_approval(company, inbox, source):
    (inbox / "january.csv").write_text(HEAD + line(1, "yong plant 1"))
    run = ran(source)
    assert (run.state, run.result["new"]) == ("done", 1)
    [batch] = batches(company)
    assert (batch.state, batch.rows_good, batch.name) == (State.SUBMITTED, 1, "Bills: january.csv")
    assert Taken.objects.get(source=source).step == Step.DONE
    with pytest.raises(ValidationError):
        approve(batch, company.people[Role.MANAGER])  # in whose name it was submitted
    approve(batch, company.people[Role.APPROVER])

    assert ran(source).result["new"] == 0
    os.utime(inbox / "january.csv", (1, 1))  # touched, and under another name: the same content
    (inbox / "january.csv").rename(inbox / "copy of january.csv")
    assert ran(source).result == {"new": 0, "known": 1, "failed": 0, "readings": 0, "shown": []}
    assert batches(company).count() == 1
    assert not Issue.objects.filter(source=source).exists()


def test_a_worker_that_dies_in_the_middle_leaves_no_file_twice(company, inbox, source, monkeypatch):
    for number in (1, 2, 3):
        (inbox / f"{number}.csv").write_text(HEAD + line(number, "yong plant 1"))
        os.utime(inbox / f"{number}.csv", (number, number))
    real, calls = services.begin, []

    def dies(*args, **more):
        calls.append(1)
        made = real(*args, **more)
        if len(calls) == 2:
            raise KeyboardInterrupt  # after the batch was made, before it is committed
        return made

    monkeypatch.setattr("hengtan.web.sources.services.begin", dies)
    Job.objects.all().delete()
    run = services.run(source)
    with pytest.raises(KeyboardInterrupt):
        worker.run_one()
    assert Taken.objects.filter(source=source).count() == batches(company).count() == 1
    Job.objects.filter(pk=run.job.pk).update(heartbeat_at=timezone.now() - timedelta(minutes=5))
    monkeypatch.undo()
    for _ in range(6):
        worked()
    assert sorted(batches(company).values_list("name", flat=True)) == ["Bills: 1.csv", "Bills: 2.csv", "Bills: 3.csv"]
    assert set(batches(company).values_list("state", flat=True)) == {State.SUBMITTED}


def test_a_dry_run_keeps_nothing_and_shows_how_files_would_be_read(company, inbox, source):
    (inbox / "bills.csv").write_text("Werk,Verbrauch,kWh?\nyong plant 1,5,kWh\n")
    (inbox / "broken.xlsx").write_bytes(b"PK\x03\x04 nothing")
    jobs = Job.objects.count()
    run = ran(source, dry=True)
    shown = {each["name"]: each for each in run.result["shown"]}
    assert shown["bills.csv"]["sheets"][0]["rows"] == 1
    assert "quantity" in shown["bills.csv"]["sheets"][0]["lacking"] or shown["bills.csv"]["sheets"][0]["columns"]
    assert shown["broken.xlsx"]["problem"]["reason"]["zh"]
    assert not batches(company).exists()
    assert not Taken.objects.filter(source=source).exists()
    assert not Issue.objects.filter(source=source).exists()
    assert Job.objects.count() == jobs + 1
    page = company.client().get(company.url(f"sources/runs/{run.pk}/")).content.decode()
    assert "Nothing of this was kept" in page
    assert "broken.xlsx" in page


def test_a_file_that_nobody_knows_how_to_read_waits_for_a_person_and_the_next_of_its_form_comes_by_itself(
    company, inbox, source
):
    head = "Beleg,Werk,Was,Von,Bis,Summe x,Mass\n"
    (inbox / "a.csv").write_text(head + "1,yong plant 1,electricity,2025-01-01,2025-01-31,5,kWh\n")
    ran(source)
    [batch] = batches(company)
    issue = Issue.objects.get(source=source)
    assert (issue.state, issue.problem["code"], batch.state) == (IssueState.OPEN, "source.mapping", State.DRAFT)

    columns = {"activity_id": 0, "facility": 1, "activity_type": 2, "start": 3, "end": 4, "quantity": 5, "unit": 6}
    mapping = {**batch.mapping, "forms": [{**batch.mapping["forms"][0], "columns": columns, "use": "table"}]}
    from hengtan.web.activities import services as activities

    manager = company.people[Role.MANAGER].user
    activities.assign(batch, manager, mapping)
    worked()
    batch.refresh_from_db()
    activities.submit(batch, manager)
    worked()
    issue.refresh_from_db()
    assert issue.state == IssueState.SOLVED
    (inbox / "b.csv").write_text(head + "2,yong plant 1,electricity,2025-02-01,2025-02-28,6,kWh\n")
    ran(source)
    assert [each.state for each in batches(company)] == [State.SUBMITTED, State.SUBMITTED]


def test_refused_rows_hold_their_file_back_unless_the_source_says_otherwise(company, inbox, source):
    rows = HEAD + line(1, "yong plant 1") + line(2, "yong plant 1", unit="bananas")
    (inbox / "a.csv").write_text(rows)
    ran(source)
    [batch] = batches(company)
    issue = Issue.objects.get(source=source)
    assert (batch.state, issue.problem["code"]) == (State.DRAFT, "unit.unknown")
    assert "3" in issue.problem["place"]["en"]
    assert issue.problem["reason"]["zh"]

    Source.objects.filter(pk=source.pk).update(partial=True)
    services.retry(issue, company.people[Role.OWNER])
    for _ in range(6):
        worked()
    batch.refresh_from_db()
    assert (batch.state, batch.rows_good, batch.rows_rejected) == (State.SUBMITTED, 1, 1)


def test_words_of_the_company_are_understood_and_learnt(company, inbox, source):
    services.change(
        source,
        company.people[Role.MANAGER],
        Given("Bills", source.settings, words="bananas = kWh\nStrom = electricity"),
    )
    source.refresh_from_db()
    assert source.words == {"unit": {"bananas": "kWh"}, "activity_type": {"Strom": "electricity"}}
    (inbox / "a.csv").write_text(HEAD + line(1, "yong plant 1", unit="bananas", kind="Strom"))
    ran(source)
    assert batches(company).get().state == State.SUBMITTED
    with pytest.raises(ValidationError):
        services.words_of("bananas = apples")


def test_rows_of_other_facilities_are_refused_when_the_source_is_for_some(company, inbox, source):
    source.facilities.add(company.plants[0])
    (inbox / "a.csv").write_text(HEAD + line(1, "yong plant 2"))
    (inbox / "b.csv").write_text(HEAD + line(2, "a plant of nobody"))
    ran(source)
    assert set(batches(company).values_list("state", flat=True)) == {State.DRAFT}
    assert {each.problem["code"] for each in Issue.objects.filter(source=source)} == {"import.facility-unknown"}


def test_what_changed_under_a_known_name_is_told_and_may_be_taken_in_as_a_correction(company, inbox, monkeypatch):
    content = [HEAD + line(1, "yong plant 1")]

    def fetch(settings, asked):
        path = asked.work / "m.csv"
        path.write_text(content[0])
        yield Fetched("2025-01.csv", path, key="period/2025-01")

    plugged(monkeypatch, fetch)
    source = services.make(company.people[Role.MANAGER], "tried", Given("ERP", {}))
    ran(source)
    [first] = batches(company)
    approve(first, company.people[Role.APPROVER])
    content[0] = HEAD + line(1, "yong plant 1", quantity="250")
    assert ran(source).result["failed"] == 1
    ran(source)
    issue = Issue.objects.get(source=source)
    assert (issue.problem["code"], issue.count, batches(company).count()) == ("source.changed", 2, 1)

    services.retry(issue, company.people[Role.MANAGER])
    for _ in range(6):
        worked()
    second = batches(company).last()
    assert (second.supersedes, second.state) == (first, State.SUBMITTED)
    assert ran(source).result["failed"] == 0

    content[0] = HEAD + line(1, "yong plant 1", quantity="300")
    ran(source)
    issue = Issue.objects.get(source=source, state=IssueState.OPEN)
    with pytest.raises(ValidationError):
        services.retry(issue, company.people[Role.MANAGER])  # the correction waits for a decision
    with pytest.raises(ValidationError):
        services.ignore(issue, company.people[Role.OWNER], "  ")
    services.ignore(issue, company.people[Role.OWNER], "a test of the ERP")
    ran(source)
    assert not Issue.objects.filter(source=source, state=IssueState.OPEN).exists()
    assert Outbox.objects.filter(kind="source.ignored").exists()


def test_a_secret_stands_nowhere_in_the_open(company, inbox, monkeypatch, caplog):
    def fetch(settings, asked):
        assert settings["word"] == "copper lantern 41"
        if settings["mood"] == "fault":
            raise RuntimeError(f"login with {settings['word']}")
        raise HengtanError(Problem("source.sign-in", values={"host": "h", "why": f"no such user:{settings['word']}"}))
        yield

    plugged(
        monkeypatch,
        fetch,
        Field("word", {"en": "Word", "zh": "密码"}, "secret"),
        Field("mood", {"en": "Mood", "zh": "模式"}),
    )
    for mood in ("fault", "told"):
        source = services.make(
            company.people[Role.MANAGER], "tried", Given("ERP", {"word": "copper lantern 41", "mood": mood})
        )
        ran(source)
        client = company.client()
        pages = [client.get(company.url(f"sources/{source.pk}/{end}")).content.decode() for end in ("", "edit/")]
        run = SourceRun.objects.filter(source=source).first()
        pages.append(client.get(company.url(f"sources/runs/{run.pk}/")).content.decode())
        stored = json.dumps([
            list(Job.objects.values_list("arguments", "result", "problems")), list(Outbox.objects.values_list("record")),
            list(Issue.objects.values_list("problem")), list(Source.objects.values_list("settings", "secrets")),
            list(Notice.objects.values_list("values")), list(SourceRun.objects.values_list("result")),
        ])  # fmt: skip
        for text in (*pages, stored, caplog.text):
            assert "copper lantern" not in text
        assert run.state == "failed"
    services.change(source, company.people[Role.MANAGER], Given("ERP", {"word": "", "mood": "told"}))
    source.refresh_from_db()
    assert services.secrets_of(source) == {"word": "copper lantern 41"}  # an empty one stays


def test_people_are_told_once_when_a_source_begins_to_fail(company, inbox, source):
    services.change(source, company.people[Role.MANAGER], Given("Bills", {"folder": "not there", "settled_s": "0"}))
    source.refresh_from_db()
    for _ in range(3):
        assert ran(source).state == "failed"
    told = Notice.objects.filter(kind="connector.failed")
    assert {each.person_id for each in told} == {company.people[role].user.pk for role in (Role.OWNER, Role.MANAGER)}
    assert told.count() == 2
    assert Issue.objects.get(source=source).count == 3
    (inbox / "not there").mkdir()
    ran(source)
    assert Issue.objects.get(source=source).state == IssueState.SOLVED


def test_who_set_it_up_and_left_submits_nothing_any_more(company, inbox, source):
    member = company.people[Role.MANAGER]
    member.ended_at = timezone.now()
    member.save()
    (inbox / "a.csv").write_text(HEAD + line(1, "yong plant 1"))
    run = ran(source)
    assert run.state == "failed"
    assert Issue.objects.get(source=source).problem["code"] == "source.nobody"
    services.change(source, company.people[Role.OWNER], Given("Bills", source.settings))
    source.refresh_from_db()
    assert ran(source).result["new"] == 1


# hours
@pytest.mark.parametrize(
    ("rhythm", "after", "due"),
    [
        (Rhythm.MINUTES, "2026-03-10T08:00", "2026-03-10T09:00"),
        (Rhythm.DAILY, "2026-03-09T21:59", "2026-03-09T22:00"),  # 06:00 in Shanghai
        (Rhythm.DAILY, "2026-03-09T22:00", "2026-03-10T22:00"),
        (Rhythm.WEEKLY, "2026-03-10T00:00", "2026-03-15T22:00"),  # Monday there
        (Rhythm.MONTHLY, "2026-03-10T00:00", "2026-04-02T22:00"),
        (Rhythm.MONTHLY, "2026-12-10T00:00", "2027-01-02T22:00"),
    ],
)
def test_the_next_hour_is_told_in_the_time_zone_of_the_source(rhythm, after, due):
    source = Source(rhythm=rhythm, at=time(6), zone="Asia/Shanghai", minutes=60)
    assert services.following(source, datetime.fromisoformat(after).replace(tzinfo=UTC)) == datetime.fromisoformat(
        due
    ).replace(tzinfo=UTC)


def test_a_source_runs_when_its_hour_has_come_and_once_however_many_look(company, inbox, source):
    services.switch(source, True, company.people[Role.OWNER])
    source.refresh_from_db()
    assert source.next_at > timezone.now()
    clock.due()
    assert not SourceRun.objects.filter(source=source).exists()
    Source.objects.filter(pk=source.pk).update(
        next_at=timezone.now() - timedelta(days=3)
    )  # nobody worked for three days
    clock.due()
    clock.due()
    assert SourceRun.objects.filter(source=source).count() == 1
    source.refresh_from_db()
    assert source.next_at > timezone.now()
    services.switch(source, False, company.people[Role.OWNER])
    Source.objects.filter(pk=source.pk).update(next_at=timezone.now())
    clock.due()
    assert SourceRun.objects.filter(source=source).count() == 1


@pytest.mark.django_db(transaction=True)
def test_two_workers_that_look_at_the_same_moment_run_it_once(company, inbox, source):
    from django.db import connection

    Source.objects.filter(pk=source.pk).update(is_on=True, next_at=timezone.now())
    gate = threading.Barrier(2)

    def look():
        gate.wait()
        clock.due()
        connection.close()

    threads = [threading.Thread(target=look) for _ in range(2)]
    for each in threads:
        each.start()
    for each in threads:
        each.join()
    assert SourceRun.objects.filter(source=source).count() == 1


# meters
def metered(monkeypatch, given):
    def fetch(settings, asked):
        what = {"facility": "yong plant 1", "activity_type": "electricity", "unit": "kWh"}
        for at, value in given:
            yield Readings((Reading("hall 3", at, Decimal(value)),), {"hall 3": what})

    plugged(monkeypatch, fetch)


def midnight(day, minutes=0):
    return datetime(2026, 3, day, tzinfo=SHANGHAI) + timedelta(minutes=minutes)


def test_registers_become_use_by_day_once_and_gaps_and_resets_are_told(company, inbox, monkeypatch):
    given = [
        (midnight(1), "100"),
        (midnight(2), "110.5"),
        (midnight(5), "140.5"),
        (midnight(6), "2"),
        (midnight(7), "9"),
    ]
    metered(monkeypatch, given)
    source = services.make(company.people[Role.MANAGER], "tried", Given("Meters", {}, zone="Asia/Shanghai"))
    run = ran(source)
    assert run.result["readings"] == 5
    [batch] = batches(company)
    assert (batch.state, batch.rows_good) == (State.SUBMITTED, 3)
    assert batch.controls == [{"type": "electricity", "unit": "kWh", "rows": 3, "in": "47.5", "good": "47.5"}]
    told = {each.problem["code"] for each in Issue.objects.filter(source=source)}
    assert told == {"source.meter-gap", "source.meter-reset"}
    assert Meter.objects.get(source=source).closed == date(2026, 3, 7)

    ran(source)  # the same readings again
    assert batches(company).count() == 1
    assert MeterReading.objects.filter(meter__source=source).count() == 5
    given += [(midnight(8, 3), "19"), (midnight(3), "120")]
    ran(source)
    assert batches(company).last().controls[0]["in"] == "10"
    assert Issue.objects.filter(source=source, problem__code="source.late").count() == 1


# pages
def test_the_way_of_a_person_through_the_pages(company, inbox):
    client = company.client(Role.MANAGER)
    assert "No source yet" in client.get(company.url("sources/")).content.decode()
    assert "Watched folder" in client.get(company.url("sources/new/")).content.decode()
    form = client.get(company.url("sources/new/?connector=folder")).content.decode()
    assert str(inbox) in form
    sent = {
        "name": "Bills", "of-folder": ".", "of-pattern": "*.csv", "of-settled_s": "0", "rhythm": "daily", "minutes": "60", "at": "06:00",
        "weekday": "0", "day": "3", "zone": "Asia/Shanghai",
    }  # fmt: skip
    wrong = client.post(
        company.url("sources/new/?connector=folder"), sent | {"zone": "Mars/Olympus", "of-pattern": "kept.*"}
    )
    assert wrong.status_code == 422
    assert "kept.*" in wrong.content.decode()
    made = client.post(company.url("sources/new/?connector=folder"), sent)
    source = Source.objects.get(name="Bills")
    assert made["Location"] == company.url(f"sources/runs/{source.runs.get().pk}/")
    (inbox / "a.csv").write_text(HEAD + line(1, "yong plant 1", unit="bananas"))
    worked()
    assert "a.csv" in client.get(made["Location"]).content.decode()
    one = company.url(f"sources/{source.pk}/")
    client.post(one + "do/", {"on": "1"})
    client.post(one + "do/", {"run": "1"})
    for _ in range(6):
        worked()
    page = client.get(one).content.decode()
    assert "bananas" in page
    issue = Issue.objects.get(source=source)
    client.post(company.url(f"sources/issues/{issue.pk}/"), {"ignore": "1", "reason": "wrong file"})
    issue.refresh_from_db()
    assert (issue.state, issue.closed_reason) == (IssueState.IGNORED, "wrong file")
    assert "wrong file" in client.get(one + "?format=csv&table=issues").content.decode()
    assert "a.csv" in client.get(one + "?format=csv").content.decode()
    assert "Bills" in client.get(company.url("sources/?format=csv")).content.decode()
    edited = client.post(one + "edit/", sent | {"name": "Invoices", "rhythm": "weekly"})
    assert edited.status_code == 302
    source.refresh_from_db()
    assert (source.name, source.rhythm, source.is_on) == ("Invoices", "weekly", True)


def test_what_a_database_cannot_keep_is_told_all_the_same(company, inbox, monkeypatch):
    def fetch(settings, asked):
        path = asked.work / "x.csv"
        path.write_bytes(b"a\x00b,c\n\x00,1\n")
        yield Failed("hall\x00", Problem("source.message", values={"meter": "hall\x00", "why": "\x00"}))
        yield Fetched("x\x00.csv", path)

    plugged(monkeypatch, fetch, Field("word", {"en": "Word", "zh": "词"}, required=False))
    source = services.make(company.people[Role.MANAGER], "tried", Given("N\x00", {}))
    for dry in (True, False):
        assert "\\u0000" not in json.dumps(ran(source, dry=dry).result)
    assert "\\u0000" not in json.dumps(list(Issue.objects.filter(source=source).values("name", "problem", "key")))
    with pytest.raises(ValidationError):
        services.make(company.people[Role.MANAGER], "tried", Given("N", {"word": "a\x00"}))


def test_a_name_of_a_file_is_shown_as_text(company, inbox, source):
    (inbox / "<img src=x onerror=alert(1)>.csv").write_text("=1+1,b\n1,2\n")
    run = ran(source, dry=True)
    page = company.client().get(company.url(f"sources/runs/{run.pk}/")).content.decode()
    assert "<img src=x" not in page


@pytest.mark.parametrize("role", [Role.CONTRIBUTOR, Role.APPROVER, Role.AUDITOR, Role.VIEWER])
def test_only_owners_and_managers_come_here(company, inbox, source, role):
    client = company.client(role)
    for path in ("sources/", "sources/new/", f"sources/{source.pk}/"):
        assert client.get(company.url(path)).status_code == 403
    assert not Source.objects.visible_to(company.people[role].user).exists()


def test_a_folder_of_another_organisation_is_not_read(company, stranger, inbox, tmp_path):
    theirs = tmp_path / stranger.organisation.key
    theirs.mkdir()
    (theirs / "secret.csv").write_text(HEAD + line(1, "maple"))
    for folder in (str(theirs), f"../{stranger.organisation.key}"):
        source = services.make(company.people[Role.MANAGER], "folder", Given("x", {"folder": folder, "settled_s": "0"}))
        run = ran(source, dry=True)
        assert run.state == "failed"
        assert run.result["shown"][0]["problem"]["code"] == "outbound.folder"
