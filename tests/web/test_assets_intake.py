"""A file of confirmations on its way to the queue: looked at first, whole or not at all, as a job where it is large, withdrawn, sent again."""

import csv
import io
import re

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import transaction

from hengtan.web.assets import intake, models, services
from hengtan.web.jobs.models import Job
from hengtan.web.jobs.worker import run_one
from hengtan.web.organisations.roles import Role

from .booked import opens_a_book

HEAD = "成交编号,成交日期,买卖方向,交易账户,标的代码,成交数量(吨),成交价(元/吨),交易方式\n"


@pytest.fixture
def book(company):
    made = opens_a_book(company)
    services.reject(made.people[Role.APPROVER], made.proposal.pk, "clears the way")
    return made


def text(answer):
    return answer.content.decode()


def rows(count, first=1, price="97.40"):
    return HEAD + "".join(
        f"N-{n},2026-10-12,买入,yong-A,CEA25,{n},{price},挂牌协议\n" for n in range(first, first + count)
    )


def sent(book, data, name="trades.csv", **more):
    file = SimpleUploadedFile(name, data.encode())
    return book.client(Role.MANAGER).post(book.url("assets/import/"), {"what": "trades", "file": file, **more})


def work():
    with transaction.atomic():
        Job.objects.exclude(kind=intake.KIND).delete()
    while run_one() is not None:
        pass


def test_first_rows_and_control_totals_are_seen_before_anything_is_proposed(book):
    """1 + 2 + 3 t at 97.40: 584.40."""
    answer = sent(book, rows(3), look="1")
    page = text(book.client(Role.MANAGER).get(answer["Location"]))
    cells = re.findall(r"<td[^>]*>([^<]*)</td>", page)
    assert cells[:5] == ["purchase", "CEA25", "3", "6", "584.40"]
    assert "N-3" in page
    assert services.waiting(book.organisation) == 0
    book.client(Role.MANAGER).post(f"{answer['Location']}act/", {"act": "propose"})
    assert services.waiting(book.organisation) == 3


def test_every_refused_row_is_in_a_table_and_nothing_is_proposed(book):
    broken = (
        rows(2) + "N-8,someday,买入,yong-A,CEA25,5,97.40,挂牌协议\nN-9,2026-10-12,买入,yong-Z,CEA25,5,97.40,挂牌协议\n"
    )
    assert sent(book, broken).status_code == 422
    one = models.Intake.objects.of(book.organisation).first()
    assert (one.state, one.wrong) == ("wrong", 2)
    table = book.client(Role.MANAGER).get(book.url(f"assets/import/{one.pk}/?format=csv")).content.decode("utf-8-sig")
    told = list(csv.DictReader(io.StringIO(table)))
    assert [(each["file"], each["row"], each["column"]) for each in told] == [
        ("trades.csv", "4", "day"),
        ("trades.csv", "5", "account"),
    ]
    assert all(each["reason"] and each["mend"] for each in told)
    assert services.waiting(book.organisation) == 0


def test_a_large_file_is_read_proposed_and_withdrawn_by_jobs(book, monkeypatch):
    monkeypatch.setattr(intake, "NOW_BYTES", 1000)
    monkeypatch.setattr(intake, "NOW_ROWS", 10)
    answer = sent(book, rows(60))
    page = text(book.client(Role.MANAGER).get(answer["Location"]))
    assert "Safe to close" in page
    work()
    assert services.waiting(book.organisation) == 0
    book.client(Role.MANAGER).post(f"{answer['Location']}act/", {"act": "propose"})
    assert services.waiting(book.organisation) == 0
    work()
    assert services.waiting(book.organisation) == 60
    assert "60 events are in the queue" in text(book.client(Role.MANAGER).get(answer["Location"]))
    book.client(Role.MANAGER).post(f"{answer['Location']}act/", {"act": "withdraw"})
    assert services.waiting(book.organisation) == 60
    assert "Safe to close" in text(book.client(Role.MANAGER).get(answer["Location"]))
    work()
    assert services.waiting(book.organisation) == 0
    assert models.Intake.objects.of(book.organisation).first().state == "withdrawn"


def test_the_same_rows_again_are_known_and_another_event_under_a_reference_is_refused(book):
    assert sent(book, rows(3)).status_code == 302
    again = sent(book, rows(4), name="more.csv")
    assert again.status_code == 302
    one = models.Intake.objects.of(book.organisation).first()
    assert (one.new, one.known) == (1, 3)
    differs = sent(book, rows(2, price="97.41"))
    assert differs.status_code == 422
    assert services.waiting(book.organisation) == 4


def test_a_file_is_withdrawn_while_nobody_decided_and_can_be_sent_again(book):
    sent(book, rows(3))
    first = models.Intake.objects.of(book.organisation).first()
    client = book.client(Role.MANAGER)
    client.post(book.url(f"assets/import/{first.pk}/act/"), {"act": "withdraw"})
    assert services.waiting(book.organisation) == 0
    first.refresh_from_db()
    assert first.state == "withdrawn"
    for time in range(2):  # withdrawn twice, sent a third time
        sent(book, rows(3, price="98.00"))
        assert services.waiting(book.organisation) == 3
        latest = models.Intake.objects.of(book.organisation).first()
        assert (latest.new, latest.known) == (3, 0)
        if not time:
            client.post(book.url(f"assets/import/{latest.pk}/act/"), {"act": "withdraw"})
    decided = models.Proposal.objects.of(book.organisation).filter(decision=None).first()
    services.approve(book.people[Role.APPROVER], decided.pk)
    page = text(client.post(book.url(f"assets/import/{latest.pk}/act/"), {"act": "withdraw"}, follow=True))
    assert "reverse what was posted" in page
    assert services.waiting(book.organisation) == 2


def test_a_worker_that_dies_while_it_writes_leaves_the_queue_as_it_was(book, monkeypatch):
    """After 30 of 60 rows the process is gone; the next worker puts all of them in, once."""
    from hengtan.market.book.store import Store

    monkeypatch.setattr(intake, "NOW_ROWS", 10)
    answer = sent(book, rows(60))
    book.client(Role.MANAGER).post(f"{answer['Location']}act/", {"act": "propose"})
    whole = Store.write_proposals

    def dying(self, ready, by, source):
        whole(self, list(ready)[:30], by, source)
        raise SystemExit

    monkeypatch.setattr(Store, "write_proposals", dying)
    with pytest.raises(SystemExit):
        work()
    assert services.waiting(book.organisation) == 0
    monkeypatch.setattr(Store, "write_proposals", whole)
    Job.objects.filter(kind=intake.KIND).update(state="queued")
    work()
    work()
    assert services.waiting(book.organisation) == 60


def test_who_may_only_read_sends_and_withdraws_nothing(book):
    sent(book, rows(2))
    one = models.Intake.objects.of(book.organisation).first()
    viewer = book.client(Role.VIEWER)
    assert viewer.post(book.url(f"assets/import/{one.pk}/act/"), {"act": "withdraw"}).status_code == 403
    assert viewer.get(book.url(f"assets/import/{one.pk}/")).status_code == 200
    assert services.waiting(book.organisation) == 2
