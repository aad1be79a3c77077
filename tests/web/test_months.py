"""Monthly evidence: what a month lacks, files behind its values, when it was filed, who is reminded; and the days of the market."""

import json
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from django.core.exceptions import ValidationError
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.utils import timezone

from hengtan.sectors.quality import Want
from hengtan.web.notices.models import Notice
from hengtan.web.organisations import feeds
from hengtan.web.organisations.roles import Role
from hengtan.web.quality import clockwork, evidence, services
from hengtan.web.quality.feed import SIGNER
from hengtan.web.quality.models import ReportingEntity
from hengtan.web.quality.months import lacking, standing
from hengtan.web.statements import services as statements
from hengtan.web.vault.models import Outbox
from hengtan.web.vault.services import facts

from .planned import NAME, ROWS, approved, stated

PDF = b"%PDF-1.4\n1 0 obj <<>> endobj\ntrailer <<>>\n%%EOF\n"
JANUARY, TODAY = date(2026, 1, 1), date(2026, 2, 20)
VALUES = [f"|Unit 1|{name}" for name, _value, _unit in ROWS]


@pytest.fixture
def entity(company):
    """With an approved plan from January on, and the values of January."""
    plan = approved(company)
    stated(company, months=(1,))
    return ReportingEntity.objects.select_related("organisation").get(pk=plan.entity_id)


@pytest.fixture(autouse=True)
def today(monkeypatch):
    """20 February 2026: January is due on 12 March."""
    stand_at(monkeypatch, TODAY)


def stand_at(monkeypatch, day):
    now = datetime(day.year, day.month, day.day, 9, tzinfo=ZoneInfo("UTC"))
    monkeypatch.setattr(timezone, "now", lambda: now)
    monkeypatch.setattr(timezone, "localdate", lambda *args: day)


def url(company, entity, page="", month="2026-01"):
    return company.url(f"evidence/entity/{entity.pk}/{page}") + (f"?month={month}" if not page else "")


def upload(client, address, values, name="report.pdf", data=PDF):
    return client.post(address, {"value": values, "files": [SimpleUploadedFile(name, data)]})


def stands(company, entity, month=JANUARY, day=TODAY):
    return standing(company.organisation, [entity], [month], day)[entity.pk][0].month


def test_a_month_shows_what_is_missing_and_where_it_is_given(company, entity):
    page = company.client(Role.MANAGER).get(url(company, entity)).content.decode()
    assert page.count("no evidence") == 5
    assert "due on 2026-03-12" in page
    assert "20 days left" in page
    assert "5 of 5 values, 0 of 5 with evidence" in page
    february = company.client(Role.MANAGER).get(url(company, entity, month="2026-02")).content.decode()
    assert "not ended" in february
    assert "/entry/?process=&amp;unit=Unit+1" in february  # the value is typed there


def test_one_file_stands_for_several_values_and_the_month_becomes_complete(company, entity):
    client = company.client(Role.MANAGER)
    assert upload(client, url(company, entity), VALUES[1:4]).status_code == 302
    found = stands(company, entity)
    assert (found.state, len(found.proven), [each.parameter for each in lacking(found)]) == ("partial", 3, ["coal.conventional.amount", "generation"])  # fmt: skip
    upload(client, url(company, entity), [VALUES[0], VALUES[4]], "scales.csv", b"day,t\n1,300\n")
    found = stands(company, entity)
    assert (found.state, found.late) == ("complete", 0)
    row = entity.evidence.first()
    assert facts(company.organisation).read(row.digest) == PDF
    event = json.loads(Outbox.objects.of(company.organisation).filter(kind="month-evidence.added").first().record)
    assert (event["sha256"], event["month"], event["values"]) == (row.digest, "2026-01", [f"Unit 1 / {each.rpartition('|')[2]}" for each in VALUES[1:4]])  # fmt: skip
    answer = client.get(company.url(f"evidence/file/{row.pk}/?inline"))
    assert answer.content == PDF
    assert "sandbox" in answer["Content-Security-Policy"] or "default-src 'none'" in answer["Content-Security-Policy"]


@pytest.mark.parametrize(
    ("values", "name", "data", "said"),
    [
        ([], "a.pdf", PDF, "Choose the values"),
        (["|Unit 1|colour"], "a.pdf", PDF, "no parameter"),
        (["nonsense"], "a.pdf", PDF, "Choose the values"),
        (VALUES[:1], "a.exe", b"MZ\x90\x00" * 20, "a.exe"),
        (VALUES[:1], "a.pdf", b"", "a.pdf"),
    ],
)
def test_what_cannot_be_attached_is_refused_and_the_choice_stays(company, entity, values, name, data, said):
    answer = upload(company.client(Role.MANAGER), url(company, entity), values, name, data)
    assert answer.status_code == 422
    page = answer.content.decode()
    assert said in page
    assert page.count("checked") == sum(value in VALUES for value in values)
    assert not entity.evidence.exists()


def test_a_month_that_has_not_begun_takes_no_evidence(company, entity):
    with pytest.raises(ValidationError, match="not begun"):
        evidence.attach(entity, date(2026, 5, 1), company.people[Role.MANAGER], [], [Want("", "Unit 1", "generation")])
    for month in ("2026-13", "26-01", "2026-1", "1999-01", "x"):
        assert company.client(Role.MANAGER).get(url(company, entity, month=month)).status_code == 404


def test_a_withdrawn_file_stays_to_be_seen_and_proves_nothing(company, entity):
    client = company.client(Role.MANAGER)
    upload(client, url(company, entity), VALUES)
    row = entity.evidence.get()
    address = company.url(f"evidence/file/{row.pk}/withdraw/")
    client.post(address, {"reason": " "})
    assert stands(company, entity).state == "complete"
    client.post(address, {"reason": "another month"})
    assert stands(company, entity).state == "partial"
    page = client.get(url(company, entity)).content.decode()
    assert "another month" in page
    assert row.digest in page


def test_evidence_that_comes_after_the_day_is_told_as_late(company, entity, monkeypatch):
    upload(company.client(Role.MANAGER), url(company, entity), VALUES)
    entity.evidence.update(added_at=datetime(2026, 3, 20, 8, tzinfo=ZoneInfo("UTC")))
    stand_at(monkeypatch, date(2026, 4, 1))
    client = company.client(Role.MANAGER)
    page = client.get(url(company, entity)).content.decode()
    assert "8 days late" in page
    assert "came after the day" in page
    board = client.get(company.url("evidence/?year=2026")).content.decode()
    assert "+8" in board


def test_a_filing_says_the_day_and_a_late_one_stays_late(company, entity, monkeypatch):
    stand_at(monkeypatch, date(2026, 4, 1))
    client = company.client(Role.MANAGER)
    for day in ("2026-01-31", "2026-04-02", "", "soon"):  # before the month's end, in the future, none
        client.post(url(company, entity, "filing/"), {"month": "2026-01", "filed_on": day})
    assert not entity.filings.exists()
    client.post(url(company, entity, "filing/"), {"month": "2026-01", "filed_on": "2026-03-17", "receipt": "A-1"})
    assert stands(company, entity, day=date(2026, 4, 1)).late == 5
    page = client.get(url(company, entity)).content.decode()
    assert "5 days late" in page
    assert "A-1" in page
    client.post(
        url(company, entity, "filing/"), {"month": "2026-01", "filed_on": "2026-03-10"}
    )  # a correction: both are kept
    assert stands(company, entity, day=date(2026, 4, 1)).late == 0
    assert entity.filings.count() == 2
    assert Outbox.objects.of(company.organisation).filter(kind="month.filed").count() == 2


def test_the_calendar_shows_every_month_at_a_glance(company, entity):
    client = company.client(Role.VIEWER)
    page = client.get(company.url("evidence/?year=2026")).content.decode()
    assert NAME in page
    assert "0/5" in page  # January: values are there, evidence is not
    assert page.count("not begun") == 20  # of both enterprises
    rows = client.get(company.url("evidence/?year=2026&format=csv")).content.decode("utf-8-sig").splitlines()
    assert len(rows) == 25
    assert next(row for row in rows if NAME in row).split(",")[2:10] == [
        "2026-01",
        "partial",
        "5",
        "5",
        "0",
        "2026-03-12",
        "20",
        "",
    ]
    before = client.get(company.url("evidence/?year=2025")).content.decode()
    assert before.count("no plan in force") > 10


def test_values_of_a_process_count_by_whatever_name_the_statement_has(company):
    steel = services.make(company.people[Role.MANAGER], "甬江钢铁", "cn-steel-2024", 2026, JANUARY)
    line = {"process": "ironmaking", "parameter": "fuel.coke.amount", "obtained": "measured"}
    services.fill(steel, {"facilities": [{"process": "ironmaking"}], "lines": [line]})
    type(steel).objects.filter(pk=steel.pk).update(state="approved", submitted_by=company.people[Role.MANAGER].user, decided_by=company.people[Role.APPROVER].user)  # fmt: skip
    made = statements.make(company.people[Role.MANAGER], "甬江钢铁", "cn-steel-2024", 2026, {"name": "甬江钢铁"})
    statements.fill(made, [["甬江钢铁", "炼铁", "", "fuel.coke.amount", "1", "5", "t", "实测值", ""]])
    found = standing(company.organisation, [steel.entity], [JANUARY], TODAY)[steel.entity_id][0].month
    assert (len(found.wants), len(found.given)) == (1, 1)


def test_who_gathers_evidence_is_reminded_before_on_the_day_and_after_once_each(company, entity):
    manager = company.people[Role.MANAGER].user

    def told():
        found = Notice.objects.filter(person=manager, kind__startswith="quality.").order_by("pk")
        return list(found.values_list("kind", flat=True))

    Notice.objects.all().delete()
    for day in (date(2026, 3, 4), date(2026, 3, 5), date(2026, 3, 6), date(2026, 3, 12), date(2026, 3, 12), date(2026, 3, 13), date(2026, 3, 14)):  # fmt: skip
        clockwork.remind(company.organisation, day)
    assert told() == ["quality.soon", "quality.due", "quality.overdue"]
    notice = Notice.objects.filter(kind="quality.overdue").get()
    assert "2026-03-12" in notice.sentence
    assert notice.address.endswith("?month=2026-01")
    assert company.client(Role.MANAGER).get(notice.address).status_code == 200
    clockwork.remind(company.organisation, date(2026, 12, 20))  # both instruments run out on 10 January
    assert told()[-1] == "quality.calibration"
    assert entity.reminders.filter(kind="calibration").count() == 1


def test_a_complete_or_filed_month_reminds_nobody(company, entity):
    upload(company.client(Role.MANAGER), url(company, entity), VALUES)
    assert clockwork.remind(company.organisation, date(2026, 3, 6)) == 0


def test_the_job_of_reminders_is_asked_for_where_there_is_something_to_say(company, entity, monkeypatch):
    from hengtan.web.jobs.models import Job

    clockwork.look()
    assert not Job.objects.filter(kind=clockwork.REMIND).exists()
    stand_at(monkeypatch, date(2026, 3, 6))
    clockwork.look()
    clockwork.look()
    assert Job.objects.filter(kind=clockwork.REMIND).count() == 1


def test_another_person_gathers_the_evidence_and_sees_the_entity(company, entity):
    contributor = company.people[Role.CONTRIBUTOR]
    client = company.client(Role.CONTRIBUTOR)
    assert client.get(url(company, entity)).status_code == 404
    form = {"person": contributor.user_id, "month": "2026-01"}
    assert client.post(url(company, entity, "assign/"), form).status_code in (403, 404)
    company.client(Role.MANAGER).post(url(company, entity, "assign/"), form)
    assert upload(client, url(company, entity), VALUES).status_code == 302
    viewer = {"person": company.people[Role.VIEWER].user_id, "month": "2026-01"}
    assert company.client(Role.MANAGER).post(url(company, entity, "assign/"), viewer).status_code == 404
    assert upload(company.client(Role.VIEWER), url(company, entity), VALUES).status_code == 403


def test_a_calendar_subscribes_to_what_is_due(company, entity):
    page = company.client(Role.MANAGER).get(company.url("evidence/")).content.decode()
    token = feeds.token(SIGNER, company.people[Role.MANAGER])
    assert token in page
    text = Client().get(f"/evidence/feed/{token}.ics").content.decode()
    assert "DTSTART;VALUE=DATE:20260312" in text
    assert "DTSTART;VALUE=DATE:20261231" in text  # surrender
    assert "belt scale P1-001" in text.replace("\r\n ", "")
    assert all(len(line.encode()) <= 75 for line in text.split("\r\n"))
    assert Client().get(f"/evidence/feed/{token}x.ics").status_code == 404
    member = company.people[Role.MANAGER]
    member.ended_at = timezone.now()
    member.save()
    assert Client().get(f"/evidence/feed/{token}.ics").status_code == 404


def test_deadlines_have_source_and_mark_and_working_days_are_counted(company):
    client = company.client(Role.VIEWER)
    page = client.get(company.url("deadlines/?year=2026")).content.decode()
    for text in ("2026-03-31", "2026-12-31", "[R] MEE notice", "cn-power-2022"):
        assert text in page
    assert "No day of 2022 is known here" in client.get(company.url("deadlines/?year=2022")).content.decode()
    told = client.get(company.url("deadlines/?rule=verification-objection&from=2026-09-24")).content.decode()
    assert "<b>2026-10-12</b>" in told
    assert "[K] MEE Order 19" in " ".join(told.split())
    unknown = client.get(company.url("deadlines/?rule=verification-objection&from=2026-12-28")).content.decode()
    assert "is not known here" in unknown
    assert client.get(company.url("deadlines/?rule=none")).status_code == 404
    for day in ("x", "9999-12-31", "0001-01-01", ""):
        assert client.get(company.url(f"deadlines/?rule=verification-objection&from={day}")).status_code == 200
    assert "surrender" in client.get(company.url("deadlines/?year=2026&format=csv")).content.decode()


def test_both_pages_ask_the_database_as_often_for_many_as_for_one(company, entity, django_assert_max_num_queries):
    client = company.client(Role.MANAGER)
    for path, most in (
        ("evidence/?year=2026", 11),
        ("quality/", 8),
        (f"evidence/entity/{entity.pk}/?month=2026-01", 15),
    ):
        client.get(company.url(path))
        with django_assert_max_num_queries(most):
            client.get(company.url(path))
    for number in range(5):
        approved(company, name=f"甬江电力 {number}", valid_from=JANUARY + timedelta(days=number))
    for path, most in (("evidence/?year=2026", 11), ("quality/", 8)):
        with django_assert_max_num_queries(most):
            client.get(company.url(path))
