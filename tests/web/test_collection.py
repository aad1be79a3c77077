"""Requests for data: who is asked for what until when, what the board says, what is given on a phone, what people are reminded of."""

from datetime import date, timedelta
from decimal import Decimal

import pytest
from django.core.exceptions import PermissionDenied, ValidationError
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import IntegrityError, transaction
from django.test import Client
from django.utils import timezone

from hengtan.web.activities import services as activities
from hengtan.web.activities.models import Batch, Evidence
from hengtan.web.boundaries.models import FacilityPlace
from hengtan.web.collection import clockwork, services
from hengtan.web.collection.models import Reminder, Request, Series
from hengtan.web.collection.periods import begin_of, called, end_of, following
from hengtan.web.collection.services import Answer, number_of
from hengtan.web.collection.state import expected, states
from hengtan.web.jobs import worker
from hengtan.web.jobs.models import Job
from hengtan.web.notices.models import Notice
from hengtan.web.organisations.models import Membership
from hengtan.web.organisations.roles import Role

from .importing import HEAD, approved, line, submitted
from .test_api import Caller, codes
from .test_evidence import PDF

TODAY = date(2025, 6, 5)


@pytest.fixture(autouse=True)
def today(monkeypatch):
    monkeypatch.setattr(timezone, "localdate", lambda *_args: TODAY)


@pytest.fixture
def asked(company):
    """A contributor of plant 1 and 2; nothing asked yet."""
    Request.objects.all().delete()
    Series.objects.all().delete()
    company.people[Role.CONTRIBUTOR].facilities.set(company.plants[:2])
    Notice.objects.all().delete()
    return company


def series(company, plants=None, by=Role.MANAGER, **more):
    given = {
        "activity_type": "electricity",
        "unit": "kWh",
        "every": "month",
        "first": date(2025, 4, 1),
        "due_days": 10,
        **more,
    }
    services.ask(Series(**given), company.people[by], company.plants[:1] if plants is None else plants)
    return Series.objects.latest("pk")


def stand(company):
    found = (
        Request.objects.filter(organisation=company.organisation)
        .select_related("series", "facility", "batch")
        .order_by("start", "facility")
    )
    told = states(company.organisation, found, TODAY)
    return [(each.facility.name[-1], each.period, told[each.pk].value) for each in found]


def worked():
    while worker.run_one():
        pass


def one(company, month=4):
    return Request.objects.select_related("organisation", "series", "facility", "batch").get(
        organisation=company.organisation, start=date(2025, month, 1)
    )


def give(company, request, quantity="1,200", role=Role.CONTRIBUTOR, **more):
    answer = Answer(quantity, "kWh", str(request.start), str(request.end), "bill", **more)
    batch = services.give(request, company.people[role], answer)
    worked()
    return Batch.objects.get(pk=batch.pk)


def test_periods_follow_each_other_and_have_names():
    assert [following(e, begin_of(e, date(2024, 12, 30))) for e in ("month", "quarter", "year")] == [
        date(2025, 1, 1)
    ] * 3
    assert [
        called(d, end_of(e, d))
        for e, d in (("month", date(2024, 2, 1)), ("quarter", date(2024, 10, 1)), ("year", date(2024, 1, 1)))
    ] == ["2024-02", "2024-Q4", "2024"]
    assert called(date(2025, 1, 15), date(2025, 2, 14)) == "2025-01-15 – 2025-02-14"


def test_requests_are_made_ahead_for_who_has_the_facility_and_he_hears_of_it_once(asked):
    series(asked, asked.plants)
    assert {(each.facility.name[-1], each.assignee.name.split()[0]) for each in Request.objects.all()} == {
        ("1", "Contributor"),
        ("2", "Contributor"),
        ("3", "Manager"),
    }
    assert sorted({each.period for each in Request.objects.all()}) == ["2025-04", "2025-05", "2025-06", "2025-07"]
    told = Notice.objects.filter(kind="collection.asked-many", person=asked.people[Role.CONTRIBUTOR].user)
    assert [each.sentence for each in told] == [
        "Manager yong asks you for 8 figures of Grid electricity bought, the first until 2025-05-10."
    ]


def test_the_clock_makes_the_next_period_once(asked):
    made = series(asked)
    before = Request.objects.count()
    clockwork.look()
    assert Request.objects.count() == before
    with transaction.atomic():
        assert [each.period for each in services.make_ahead(made, TODAY + timedelta(days=40))] == ["2025-08"]
    services.end(made, asked.people[Role.MANAGER])
    with transaction.atomic():
        assert services.make_ahead(made, TODAY + timedelta(days=400)) == []


def test_quarters_years_and_once(asked):
    series(asked, every="quarter", first=date(2025, 2, 14))
    assert [row[1] for row in stand(asked)] == ["2025-Q1", "2025-Q2", "2025-Q3"]
    Request.objects.all().delete()
    series(asked, every="once", first=date(2025, 3, 3))
    assert [row[1] for row in stand(asked)] == ["2025-03"]


def test_a_facility_that_is_not_open_is_not_asked(asked):
    FacilityPlace.objects.filter(facility=asked.plants[0]).update(
        valid_from=date(2025, 5, 10), valid_to=date(2025, 6, 30)
    )
    series(asked)
    assert [row[1] for row in stand(asked)] == ["2025-05", "2025-06"]


def test_the_state_is_read_from_the_batches(asked):
    series(asked)
    assert stand(asked) == [
        ("1", "2025-04", "overdue"),
        ("1", "2025-05", "open"),
        ("1", "2025-06", "notdue"),
        ("1", "2025-07", "notdue"),
    ]
    submitted(asked, {"a.csv": HEAD + line(1, "yong plant 1", month="2025-04")}, role=Role.MANAGER)
    approved(asked, {"b.csv": HEAD + line(2, "yong plant 1", month="2025-05")}, role=Role.MANAGER)
    assert [row[2] for row in stand(asked)][:2] == ["submitted", "approved"]


def test_what_is_given_is_submitted_by_itself_and_what_is_returned_comes_back(asked):
    series(asked)
    batch = give(asked, one(asked))
    assert (batch.state, batch.rows_good, batch.submitted_by) == ("submitted", 1, asked.people[Role.CONTRIBUTOR].user)
    assert stand(asked)[0][2] == "submitted"
    with pytest.raises(ValidationError, match="given already"):
        services.give(one(asked), asked.people[Role.CONTRIBUTOR], Answer("1", "kWh", "2025-04-01", "2025-04-30"))
    activities.give_back(batch, asked.people[Role.APPROVER], "kWh or MWh?")
    assert stand(asked)[0][2] == "returned"
    again = give(asked, one(asked), "1300")
    assert (again.pk, again.state) == (batch.pk, "submitted")
    activities.approve(again, asked.people[Role.APPROVER])
    assert stand(asked)[0][2] == "approved"


def test_what_cannot_be_submitted_stays_a_draft_and_is_told(asked):
    series(asked, unit="kg")
    request = one(asked)
    batch = services.give(request, asked.people[Role.CONTRIBUTOR], Answer("12", "kg", "2025-04-01", "2025-04-30"))
    worked()
    batch.refresh_from_db()
    assert batch.state == "draft"
    told = Notice.objects.get(kind="collection.stuck")
    assert told.person == asked.people[Role.CONTRIBUTOR].user and "could not be submitted" in told.sentence
    assert stand(asked)[0][2] == "overdue"


def test_a_month_that_is_closed_meanwhile_is_not_given(asked):
    series(asked)
    activities.close(asked.people[Role.MANAGER], "2025-04", "2025-04")
    assert give(asked, one(asked)).state == "draft"


@pytest.mark.parametrize("role", [Role.APPROVER, Role.AUDITOR, Role.VIEWER])
def test_who_only_reads_gives_asks_and_reminds_nothing(asked, role):
    series(asked)
    request, client = one(asked), asked.client(role)
    with pytest.raises(PermissionDenied):
        services.give(request, asked.people[role], Answer("1", "kWh", "2025-04-01", "2025-04-30"))
    for act in (services.remind, services.withdraw):
        with pytest.raises(PermissionDenied):
            act(request, asked.people[role])
    assert client.get(asked.url(f"collection/{request.pk}/")).status_code == 200
    assert client.post(asked.url(f"collection/{request.pk}/"), {"quantity": "1"}).status_code == 403
    assert client.get(asked.url("collection/new/")).status_code == 403
    assert client.post(asked.url(f"collection/{request.pk}/act/"), {"remind": "1"}).status_code == 403


def test_a_contributor_sees_the_requests_of_his_facilities_and_no_others(asked):
    series(asked, asked.plants)
    client = asked.client(Role.CONTRIBUTOR)
    page = client.get(asked.url("collection/")).content.decode()
    assert "yong plant 1" in page and "yong plant 3" not in page
    other = Request.objects.filter(facility=asked.plants[2]).first()
    for path in (f"collection/{other.pk}/", f"collection/{other.pk}/check/"):
        assert client.get(asked.url(path)).status_code == 404
    assert client.get(asked.url("collection/new/")).status_code == 403


def test_reminders_come_before_on_the_day_and_after_once_each(asked):
    Notice.objects.all().delete()
    series(asked, first=date(2025, 6, 1), due_days=10, remind_days=3)
    request = one(asked, 6)
    Notice.objects.all().delete()
    for day in (
        date(2025, 7, 6),
        date(2025, 7, 7),
        date(2025, 7, 8),
        date(2025, 7, 10),
        date(2025, 7, 10),
        date(2025, 7, 11),
        date(2025, 7, 12),
    ):
        services.remind_of(asked.organisation, day)
        services.remind_of(asked.organisation, day)
    mine = Notice.objects.filter(address=services.address(request)).order_by("pk")
    assert [each.kind for each in mine] == ["collection.soon", "collection.due", "collection.overdue"]
    assert list(request.reminders.order_by("pk").values_list("kind", "told")) == [
        ("soon", True),
        ("due", True),
        ("overdue", True),
    ]


def test_who_has_given_it_is_reminded_of_nothing(asked):
    series(asked)
    give(asked, one(asked))
    Notice.objects.all().delete()
    services.remind_of(asked.organisation, TODAY)
    assert not Notice.objects.filter(address=services.address(one(asked))).exists()
    assert one(asked).reminders.get().told is False


def test_a_reminder_whose_telling_fails_is_not_noted_and_comes_again(asked, monkeypatch):
    series(asked, last=date(2025, 4, 1))
    with monkeypatch.context() as broken, pytest.raises(RuntimeError):
        broken.setattr(services, "tell", lambda *_: (_ for _ in ()).throw(RuntimeError))
        services.remind_of(asked.organisation, TODAY)
    assert not Reminder.objects.filter(request=one(asked)).exists()
    services.remind_of(asked.organisation, TODAY)
    assert Notice.objects.filter(kind="collection.overdue").count() == 1
    with pytest.raises(IntegrityError), transaction.atomic():
        Reminder.objects.create(organisation=asked.organisation, request=one(asked), kind="overdue")


def test_the_clock_asks_for_one_job_where_a_day_has_come(asked):
    series(asked)
    Job.objects.all().delete()
    clockwork.look()
    clockwork.look()
    assert Job.objects.filter(kind=clockwork.REMIND).count() == 1
    worked()
    clockwork.look()
    assert Job.objects.filter(kind=clockwork.REMIND).count() == 1


def test_a_person_reminds_once_a_day(asked):
    series(asked)
    client = asked.client(Role.MANAGER)
    address = asked.url(f"collection/{one(asked).pk}/act/")
    assert "Contributor yong was reminded." in client.post(address, {"remind": "1"}, follow=True).content.decode()
    assert "reminded today already" in client.post(address, {"remind": "1"}, follow=True).content.decode()
    assert Notice.objects.filter(kind="collection.reminded").count() == 1


def test_what_is_withdrawn_is_asked_of_nobody_and_what_is_handed_over_of_another(asked):
    series(asked)
    request = one(asked)
    owner = asked.people[Role.OWNER].user
    services.hand_over(request, asked.people[Role.MANAGER], owner)
    assert Notice.objects.filter(person=owner, kind="collection.asked").exists()
    with pytest.raises(ValidationError):
        services.hand_over(request, asked.people[Role.MANAGER], asked.people[Role.VIEWER].user)
    services.withdraw(request, asked.people[Role.MANAGER])
    assert asked.client().get(asked.url(f"collection/{request.pk}/")).status_code == 404


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("1,284,600", "1284600"),
        ("1 284,5", "1284.5"),
        ("12.50", "12.50"),
        ("0", "0"),
        ("-1", None),
        ("NaN", None),
        ("1e999", None),
        ("a", None),
        ("", None),
        ("1,234", "1234"),
    ],
)
def test_numbers_are_read_as_people_type_them(text, number):
    assert number_of(text) == (None if number is None else Decimal(number))


def test_what_is_far_from_last_year_is_asked_back(asked):
    past = {
        (date(2024, 10, 1), date(2024, 10, 31)): (Decimal(131910), "m3"),
        (date(2025, 9, 1), date(2025, 9, 30)): (Decimal(79249), "m3"),
    }
    known = expected(past, date(2025, 10, 1), date(2025, 10, 31), "m3")
    assert (known.last, known.before) == (Decimal(79249), Decimal(131910))
    assert known.judge(Decimal(128460)) is None
    surprise = known.judge(Decimal(1284600))
    assert (round(surprise.times, 1), surprise.instead) == (Decimal("16.2"), Decimal(128460))
    assert expected(past, date(2025, 10, 1), date(2025, 10, 31), "kWh").judge(Decimal(10**9)) is None
    assert expected({}, date(2025, 10, 1), date(2025, 10, 31), "m3").judge(Decimal(5)) is None


def test_the_form_keeps_what_was_typed_asks_back_and_takes_the_photograph(asked):
    series(asked)
    approved(
        asked,
        {"a.csv": HEAD + "".join(line(n, "yong plant 1", "1000", month=f"2025-0{n}") for n in (1, 2, 3))},
        role=Role.MANAGER,
    )
    client, request = asked.client(Role.CONTRIBUTOR), one(asked)
    address = asked.url(f"collection/{request.pk}/")
    assert "Task 1 of 2" in client.get(address).content.decode()
    form = {"quantity": "12,000", "unit": "kWh", "start": "2025-04-01", "end": "2025-04-30", "source": "bill"}
    photo = SimpleUploadedFile("bill 4.pdf", PDF)
    refused = client.post(address, {**form, "photo": photo, "submit": "1"})
    page = refused.content.decode()
    assert (
        refused.status_code == 422
        and "12.0 times the reference" in page
        and "bill 4.pdf" in page
        and 'value="12,000"' in page
    )
    assert "bill 4.pdf" in asked.client(Role.CONTRIBUTOR).get(address).content.decode()  # after another sign-in too
    done = client.post(address, {**form, "note": "a third shift", "submit": "1"})
    assert done.status_code == 302 and f"collection/{one(asked, 5).pk}/" in done["Location"]
    worked()
    batch = one(asked).batch
    assert batch.state == "submitted" and batch.rows_proven == 1
    assert Evidence.objects.get(batch=batch).name == "bill 4.pdf"


def test_a_draft_is_kept_and_a_bad_photograph_is_told(asked):
    series(asked)
    client, request = asked.client(Role.CONTRIBUTOR), one(asked)
    address = asked.url(f"collection/{request.pk}/")
    refused = client.post(
        address, {"quantity": "77", "unit": "kWh", "photo": SimpleUploadedFile("x.jpg", b"MZ\x90\0"), "draft": "1"}
    )
    assert refused.status_code == 422 and 'value="77"' in refused.content.decode()
    assert client.post(address, {"quantity": "78", "unit": "kWh", "draft": "1"}).status_code == 302
    assert 'value="78"' in client.get(address).content.decode()
    assert "draft kept" in client.get(asked.url("collection/tasks/")).content.decode()
    assert Batch.objects.filter(requests=request).count() == 0


def test_while_typing_the_page_says_what_would_surprise(asked):
    series(asked)
    approved(asked, {"a.csv": HEAD + line(1, "yong plant 1", "1000", month="2025-03")}, role=Role.MANAGER)
    answer = asked.client().get(asked.url(f"collection/{one(asked).pk}/check/?quantity=9000&unit=kWh")).content.decode()
    assert "9.0 times the reference" in answer and "900 kWh" in answer and "<html" not in answer


def test_the_board_shows_states_in_calendar_and_columns(asked):
    series(asked, asked.plants)
    give(asked, one_of(asked, 1))
    page = asked.client(Role.MANAGER).get(asked.url("collection/?year=2025")).content.decode()
    assert page.count('class="cell missing"') >= 2 and 'class="cell submitted"' in page
    assert "26 days overdue" in page
    fragment = (
        asked.client(Role.MANAGER)
        .get(asked.url(f"collection/{one_of(asked, 2).pk}/?panel"), headers={"HX-Request": "true"})
        .content.decode()
    )
    assert "<html" not in fragment and "yong plant 2" in fragment and "Remind" in fragment
    table = asked.client(Role.MANAGER).get(asked.url("collection/?year=2025&format=csv")).content.decode()
    assert "yong plant 1,Grid electricity bought,2025-04,Waiting for approval,2025-05-10,Contributor yong" in table


def one_of(company, plant, month=4):
    return Request.objects.select_related("organisation", "series", "facility", "batch").get(
        facility=company.plants[plant - 1], start=date(2025, month, 1)
    )


def test_who_has_no_requests_is_told_how_to_begin(asked):
    assert "Nobody was asked for data yet" in asked.client().get(asked.url("collection/")).content.decode()
    assert (
        "Nothing waits for you." in asked.client(Role.CONTRIBUTOR).get(asked.url("collection/tasks/")).content.decode()
    )


def test_the_form_of_a_new_series_tells_what_is_wrong_and_keeps_what_was_typed(asked):
    client = asked.client()
    form = {
        "activity_type": "electrizity",
        "unit": "blah",
        "facilities": [],
        "every": "month",
        "first": "2025-04-01",
        "due_days": "10",
        "remind_days": "3",
    }
    page = client.post(asked.url("collection/new/"), form)
    assert page.status_code == 422 and "electrizity" in page.content.decode()
    form |= {"activity_type": "electricity", "unit": "kWh", "facilities": [asked.plants[0].pk]}
    assert client.post(asked.url("collection/new/"), form).status_code == 302
    assert Request.objects.filter(facility=asked.plants[0]).count() == 4


def test_facilities_and_people_of_another_tenant_cannot_be_asked(asked, stranger):
    form = {
        "activity_type": "electricity",
        "unit": "kWh",
        "facilities": [stranger.plants[0].pk],
        "every": "month",
        "first": "2025-04-01",
        "due_days": "10",
        "remind_days": "3",
    }
    assert asked.client().post(asked.url("collection/new/"), form).status_code == 422
    form |= {"facilities": [asked.plants[0].pk], "assignee": stranger.people[Role.OWNER].user.pk}
    assert asked.client().post(asked.url("collection/new/"), form).status_code == 422
    assert not Request.objects.filter(organisation=asked.organisation).exists()


def test_the_calendar_feed_lists_what_is_to_be_given_and_dies_with_the_membership(asked):
    series(asked)
    page = asked.client(Role.CONTRIBUTOR).get(asked.url("collection/tasks/"))
    feed = page.context["feed"].replace("http://testserver", "")
    told = Client().get(feed)
    assert told["Content-Type"].startswith("text/calendar")
    text = told.content.decode()
    assert text.count("BEGIN:VEVENT") == 4 and "DTSTART;VALUE=DATE:20250510" in text and "yong plant 1" in text
    assert all(len(each.encode()) <= 75 for each in text.split("\r\n"))
    assert Client().get(feed.replace(".ics", "x.ics")).status_code == 404
    renewed = asked.client(Role.CONTRIBUTOR).post(
        asked.url("calendars/renew/"), {"next": asked.url("collection/tasks/")}
    )
    assert renewed.url == asked.url("collection/tasks/")
    assert Client().get(feed).status_code == 404  # the old address leads nowhere
    page = asked.client(Role.CONTRIBUTOR).get(asked.url("collection/tasks/"))
    feed = page.context["feed"].replace("http://testserver", "")
    assert Client().get(feed).status_code == 200
    Membership.objects.filter(pk=asked.people[Role.CONTRIBUTOR].pk).update(ended_at=timezone.now())
    assert Client().get(feed).status_code == 404


def test_programs_ask_list_answer_and_remind(asked):
    manager, contributor = Caller(asked.people[Role.MANAGER]), Caller(asked.people[Role.CONTRIBUTOR])
    body = {
        "activity_type": "electricity",
        "unit": "kWh",
        "facilities": [asked.plants[0].pk],
        "every": "month",
        "first": "2025-04-01",
    }
    assert contributor.post("/requests", body).status_code == 403
    made = manager.post("/requests", body)
    assert made.status_code == 201 and [each["period"] for each in made.json()["items"]] == [
        "2025-04",
        "2025-05",
        "2025-06",
        "2025-07",
    ]
    items = contributor.get("/requests?state=overdue").json()["items"]
    assert [each["state"] for each in items] == ["overdue"]
    path = f"/requests/{items[0]['id']}"
    assert manager.post(f"{path}/remind").status_code == 200
    again = manager.post(f"{path}/remind")
    assert (again.status_code, codes(again)) == (422, ["call.refused"])
    given = contributor.post(f"{path}/answer", {"quantity": "1200", "unit": "kWh"})
    assert given.status_code == 202, given.content
    worked()
    assert contributor.get(path).json()["state"] == "submitted"
