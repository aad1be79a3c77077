"""Notices: who is told what, once, in the language and at the hour that he likes."""

from datetime import timedelta
from smtplib import SMTPServerDisconnected

import pytest
from django.core import mail
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext
from django.utils import timezone, translation

from hengtan.web.accounts.models import User
from hengtan.web.activities import services as activities
from hengtan.web.jobs import clock, worker
from hengtan.web.notices import kinds, mails
from hengtan.web.notices.models import Notice
from hengtan.web.notices.services import mail_due, tell, unread
from hengtan.web.organisations.models import Membership
from hengtan.web.organisations.roles import MAY, Act, Role

from .importing import HEAD, approved, line, submitted
from .test_api import Caller


@pytest.fixture
def sending(company):
    """Nothing of before is told or sent any more."""
    Notice.objects.all().delete()
    while worker.run_one():
        pass
    mail.outbox.clear()
    return company


def told(company, role=Role.OWNER, kind="run.done", **values):
    with transaction.atomic():
        return tell(company.organisation, [company.people[role].user], kind, values or {"name": "2025"}, "/o/x/")


def sent():
    while worker.run_one():
        pass
    return mail.outbox


def test_a_submitted_batch_is_told_to_those_who_may_decide_on_it_and_to_nobody_else(company):
    batch = submitted(company, {"a.csv": HEAD + line(1, "yong plant 1")}, role=Role.MANAGER)
    found = Notice.objects.filter(kind="batch.submitted")
    assert {each.person for each in found} == {company.people[role].user for role in MAY[Act.APPROVE] - {Role.MANAGER}}
    notice = found.get(person=company.people[Role.OWNER].user)
    assert notice.address == company.url(f"data/{batch.pk}/")
    assert notice.sentence == "Manager yong submitted “Electricity” (rows: 1). It waits for your decision."


def test_who_entered_hears_that_it_was_approved_and_why_it_was_returned(company):
    approved(company, {"a.csv": HEAD + line(1, "yong plant 1")}, role=Role.MANAGER)
    batch = submitted(company, {"b.csv": HEAD + line(2, "yong plant 1")}, role=Role.MANAGER)
    activities.give_back(batch, company.people[Role.APPROVER], "The meter reads 12.")
    manager = company.people[Role.MANAGER].user
    mine = Notice.objects.filter(person=manager, kind__startswith="batch.").order_by("pk")
    assert [each.kind for each in mine] == ["batch.approved", "batch.returned"]
    assert "The meter reads 12." in mine[1].sentence


def test_what_is_rolled_back_was_told_to_nobody(sending):
    with pytest.raises(RuntimeError), transaction.atomic():
        tell(sending.organisation, [sending.people[Role.OWNER].user], "run.done", {}, "/")
        raise RuntimeError
    assert not Notice.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_outside_a_transaction_nobody_is_told(company):
    with pytest.raises(transaction.TransactionManagementError):
        tell(company.organisation, [], "run.done", {}, "/")


@pytest.mark.parametrize(
    ("kind", "address", "fault"),
    [
        ("run.dnoe", "/", LookupError),
        ("run.done", "//evil.example", ValueError),
        ("run.done", "javascript:", ValueError),
    ],
)
def test_a_kind_that_is_none_or_an_address_elsewhere_is_a_fault(company, kind, address, fault):
    with pytest.raises(fault), transaction.atomic():
        tell(company.organisation, [], kind, {}, address)


def test_who_has_left_or_is_a_stranger_is_told_nothing(company, stranger):
    gone = company.people[Role.VIEWER]
    Membership.objects.filter(pk=gone.pk).update(ended_at=timezone.now())
    with transaction.atomic():
        people = [gone.user, stranger.people[Role.OWNER].user, company.people[Role.AUDITOR].user]
        made = tell(company.organisation, [*people, *people], "run.done", {}, "/")
    assert [each.person for each in made] == [company.people[Role.AUDITOR].user]


def test_every_kind_says_its_sentence_in_both_languages_also_when_a_value_is_missing():
    for name in kinds.KINDS:
        with translation.override("en"):
            english = kinds.sentence(name, {"name": "Boiler %s {x}"})
        with translation.override("zh-hans"):
            assert kinds.sentence(name, {"name": "Boiler %s {x}"}) != english
    assert kinds.sentence("gone.kind", {}) == "gone.kind"


def test_the_bell_counts_what_is_unread_in_one_query_however_much_it_is(company):
    client = company.client()
    Notice.objects.all().delete()
    client.get(company.url("jobs/"))
    with CaptureQueriesContext(connection) as few:
        assert 'class="ht-ib ht-bell"' in client.get(company.url("jobs/")).content.decode()
    for _ in range(120):
        told(company)
    with CaptureQueriesContext(connection) as many:
        assert "<b>99+</b>" in client.get(company.url("jobs/")).content.decode()
    assert len(few) == len(many)
    assert unread(company.people[Role.OWNER].user, company.organisation) == 120


def test_a_notice_leads_to_its_thing_and_is_read_from_then_on(company):
    client = company.client()
    page = client.get(company.url("notices/")).content.decode()
    assert "The run “yong” is calculated." in page and "1 unread" in page
    answer = client.post(company.url(f"notices/{company.notice.pk}/"))
    assert (answer.status_code, answer["Location"]) == (302, company.url("runs/"))
    assert "Everything is read." in client.get(company.url("notices/")).content.decode()
    assert "Nothing is unread" in client.get(company.url("notices/?unread")).content.decode()


def test_all_are_read_at_once_and_those_of_others_stay(company):
    told(company)
    other = told(company, Role.VIEWER)[0]
    company.client().post(company.url("notices/"))
    assert not Notice.objects.filter(person=company.people[Role.OWNER].user, read_at=None).exists()
    other.refresh_from_db()
    assert other.read_at is None
    assert company.client().post(company.url(f"notices/{other.pk}/")).status_code == 404


def test_who_has_no_notices_is_told_what_comes_here(company):
    assert "No notices yet" in company.client(Role.AUDITOR).get(company.url("notices/")).content.decode()


def test_an_e_mail_comes_in_the_language_of_its_reader(sending):
    User.objects.filter(pk=sending.people[Role.OWNER].user.pk).update(language="zh-hans")
    told(sending, Role.OWNER), told(sending, Role.VIEWER)
    texts = {each.to[0]: (each.subject, each.body) for each in sent()}
    assert "核算批次“2025”已完成计算" in texts["owner@yong.example"][1]
    assert texts["viewer@yong.example"][0] == "Yong River Works: The run “2025” is calculated."


def test_an_e_mail_is_sent_once_however_often_the_job_is_done(sending):
    told(sending)
    assert len(sent()) == 1
    mails.look()
    told(sending, Role.VIEWER)
    assert [each.to for each in sent()] == [["owner@yong.example"], ["viewer@yong.example"]]


def test_what_could_not_be_sent_is_sent_later_under_the_same_message_id(sending, monkeypatch):
    seen = []

    def dead(message):
        seen.append(message.extra_headers["Message-ID"])
        raise SMTPServerDisconnected("gone")

    with monkeypatch.context() as broken:
        broken.setattr(mails.EmailMessage, "send", dead)
        told(sending)
        sent()
    assert not mail.outbox
    Notice.objects.update(mail_at=timezone.now())  # ten minutes later
    mails.look()
    assert [each.extra_headers["Message-ID"] for each in sent()] == seen
    Notice.objects.update(mailed_at=None, mail_at=timezone.now(), made_at=timezone.now() - timedelta(days=4))
    mails.look()
    assert len(sent()) == 1  # what is so old is no news


def test_a_digest_waits_for_the_morning_and_holds_all(sending):
    person = sending.people[Role.OWNER].user
    User.objects.filter(pk=person.pk).update(notice_mail="daily", time_zone="Asia/Shanghai")
    told(sending), told(sending, name="2026")
    mails.look()
    assert not sent()
    due = Notice.objects.first().mail_at
    assert (due - timezone.timedelta(hours=-8)).hour == 7
    Notice.objects.update(mail_at=timezone.now())
    mails.look()
    assert [(each.subject, "2025" in each.body, "2026" in each.body) for each in sent()] == [
        ("Yong River Works: 2 notices", True, True)
    ]


def test_who_wants_no_e_mail_gets_none_but_still_the_notice(sending):
    person = sending.people[Role.OWNER].user
    sending.client().post("/account/me/", {"name": person.name, "notice_mail": "never"})
    person.refresh_from_db()
    assert mail_due(person, timezone.now()) is None
    assert told(sending) and not sent()


def test_who_left_meanwhile_gets_no_e_mail(sending):
    told(sending)
    Membership.objects.filter(pk=sending.people[Role.OWNER].pk).update(ended_at=timezone.now())
    assert not sent()


def test_one_hand_of_the_clock_that_fails_does_not_stop_the_others(monkeypatch):
    called = []

    def fails():
        raise ValueError

    monkeypatch.setattr(clock, "HANDS", [clock.Hand(fails, 5), clock.Hand(lambda: called.append(1), 5)])
    clock.tick()
    clock.tick()
    assert called == [1]


def test_programs_read_notices_and_say_that_they_are_read(company):
    caller = Caller(company.people[Role.OWNER], ["read"])
    told(company)
    items = caller.get("/notices?unread=true").json()["items"]
    assert [each["kind"] for each in items] == ["run.done", "run.done"]
    answer = caller.post(f"/notices/{items[0]['id']}/read")
    assert answer.status_code == 200 and answer.json()["read_at"]
    assert caller.post("/notices/read").json() == {"read": 1}
    assert caller.get("/notices?unread=true").json()["items"] == []
