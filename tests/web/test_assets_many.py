"""Many proposals at once: sums before, each posted or refused by itself, own ones left out, a whole file as a job."""

import re

import pytest
from django.db import transaction

from hengtan.web.assets import deciding, models, services
from hengtan.web.jobs.models import Job
from hengtan.web.jobs.worker import run_one
from hengtan.web.notices.models import Notice
from hengtan.web.organisations.roles import Role

from .booked import opens_a_book
from .test_api import Caller, codes


@pytest.fixture
def book(company):
    made = opens_a_book(company)
    services.reject(made.people[Role.APPROVER], made.proposal.pk, "clears the way")
    return made


def text(answer):
    return answer.content.decode()


def proposed(book, kind="allocate", by=Role.MANAGER, source="form", **fields):
    told = {
        "kind": kind,
        "day": "2026-10-09",
        "account": "yong-A",
        "instrument": "CEA25",
        **{name: str(value) for name, value in fields.items()},
    }
    return services.propose(book.people[by], told, source=source).id


def test_what_is_ticked_is_summed_before_it_is_decided(book):
    """30 + 12 t in, and 7 t sold at 97.40: 681.80."""
    ids = [
        proposed(book, quantity=30),
        proposed(book, quantity=12),
        proposed(book, "sell", quantity=7, price="97.40", way="listed"),
    ]
    client = book.client(Role.APPROVER)
    shown = text(client.get(book.url("assets/queue/sums/"), {"id": ids}))
    cells = re.findall(r"<td[^>]*>([^<]*)</td>", shown)
    assert cells == ["allocation", "CEA25", "2", "42", "—", "sale", "CEA25", "1", "7", "681.80"]
    page = text(client.post(book.url("assets/queue/decide/"), {"id": ids}))
    assert "681.80" in page
    assert models.Decision.objects.of(book.organisation).filter(proposal_id__in=ids).count() == 0


def test_forty_are_approved_in_one_go_and_their_proposer_is_told_once(book):
    ids = [proposed(book, quantity=n) for n in range(1, 41)]
    client = book.client(Role.APPROVER)
    page = text(client.get(book.url("assets/queue/?all=1")))
    assert page.count('name="id"') == page.count(" checked") == 40
    before = Notice.objects.filter(kind="assets.posted-many").count()
    answer = client.post(book.url("assets/queue/decide/"), {"id": ids, "verdict": "approve"})
    assert answer.status_code == 302
    assert models.Decision.objects.of(book.organisation).filter(proposal_id__in=ids, verdict="approved").count() == 40
    assert models.Logged.objects.of(book.organisation).count() == 43
    assert Notice.objects.filter(kind="assets.posted-many").count() == before + 1


def test_what_the_book_refuses_is_told_with_its_mend_and_the_others_are_posted(book):
    """1,000 t are there: 600 go, the next 600 do not, 400 still do."""
    ids = [proposed(book, "sell", quantity=n, price="97.40", way="listed") for n in (600, 500, 400)]
    answer = book.client(Role.APPROVER).post(book.url("assets/queue/decide/"), {"id": ids, "verdict": "approve"})
    assert answer.status_code == 200
    page = text(answer)
    assert "2 events are posted" in page
    assert "holds 400" in page, re.findall(r'(?s)<td class="ht-wrap">(.*?)</td>', page)
    done = (
        models.Decision.objects.of(book.organisation).filter(proposal_id__in=ids).values_list("proposal_id", flat=True)
    )
    assert sorted(done) == [ids[0], ids[2]]
    assert f"/assets/queue/{ids[1]}/" in page


def test_own_proposals_cannot_be_ticked_and_are_never_decided_by_who_made_them(book):
    own = proposed(book, quantity=5, by=Role.OWNER)
    other = proposed(book, quantity=6)
    client = book.client(Role.OWNER)
    page = text(client.get(book.url("assets/queue/?all=1")))
    assert f'value="{own}" form="many"' not in page
    assert f'value="{other}" form="many"' in page
    assert "yours: somebody else approves" in page
    confirm = text(client.post(book.url("assets/queue/decide/"), {"id": [own, other]}))
    assert "1 event is your own" in confirm
    client.post(book.url("assets/queue/decide/"), {"id": [own, other], "verdict": "approve"})
    assert list(
        models.Decision.objects.of(book.organisation)
        .filter(proposal_id__in=[own, other])
        .values_list("proposal_id", flat=True)
    ) == [other]


def test_several_are_turned_down_with_one_reason_and_not_without(book):
    ids = [proposed(book, quantity=n) for n in (1, 2)]
    client = book.client(Role.APPROVER)
    lacks = client.post(book.url("assets/queue/decide/"), {"id": ids, "verdict": "reject", "reason": "  "})
    assert lacks.status_code == 422
    assert "says why" in text(lacks)
    assert (
        client.post(
            book.url("assets/queue/decide/"), {"id": ids, "verdict": "reject", "reason": "entered twice"}
        ).status_code
        == 302
    )
    reasons = models.Decision.objects.of(book.organisation).filter(proposal_id__in=ids).values_list("verdict", "reason")
    assert list(reasons) == [("rejected", "entered twice")] * 2


def test_a_whole_file_is_decided_as_a_job_and_what_came_later_is_not(book, monkeypatch):
    monkeypatch.setattr(deciding, "NOW", 3)
    ids = [proposed(book, quantity=n, source="october.csv") for n in range(1, 8)]
    late = proposed(book, quantity=99, source="october.csv")
    client = book.client(Role.APPROVER)
    assert "october.csv" in text(client.get(book.url("assets/queue/")))
    confirm = client.post(book.url("assets/queue/decide/"), {"source": "october.csv", "upto": ids[-1]})
    assert "7 events" in text(confirm)
    answer = client.post(
        book.url("assets/queue/decide/"), {"source": "october.csv", "upto": ids[-1], "verdict": "approve"}
    )
    assert "/queue/jobs/" in answer["Location"]
    with transaction.atomic():
        Job.objects.exclude(kind="assets.decide").delete()
    run_one()
    job = Job.objects.filter(kind="assets.decide").latest("pk")
    assert (job.state, job.result["done"], job.result["left"]) == ("done", 7, 0)
    assert "7 posted, 0 refused" in text(client.get(answer["Location"]))
    assert not models.Decision.objects.of(book.organisation).filter(proposal_id=late).exists()


def test_who_may_not_approve_decides_nothing(book):
    ids = [proposed(book, quantity=1)]
    for role in (Role.VIEWER, Role.CONTRIBUTOR, Role.AUDITOR):
        if role in book.people:
            assert (
                book.client(role).post(book.url("assets/queue/decide/"), {"id": ids, "verdict": "approve"}).status_code
                == 403
            )
    assert not models.Decision.objects.of(book.organisation).filter(proposal_id__in=ids).exists()


def test_a_program_decides_several_and_hears_of_each(book):
    ids = [proposed(book, "sell", quantity=n, price="97.40", way="listed") for n in (600, 500)]
    approver, viewer = Caller(book.people[Role.APPROVER]), Caller(book.people[Role.VIEWER])
    assert viewer.post("/assets/proposals/decide", {"ids": ids, "verdict": "approve"}).status_code == 403
    assert approver.post("/assets/proposals/decide", {"ids": [*ids, 10**9], "verdict": "approve"}).status_code == 404
    first, second = approver.post("/assets/proposals/decide", {"ids": ids, "verdict": "approve"}).json()
    assert (first["posting"], first["problems"]) == (4, [])
    assert (second["posting"], [each["code"] for each in second["problems"]]) == (None, ["book.above-holdings"])
    assert codes(approver.post("/assets/proposals/decide", {"ids": ids, "verdict": "maybe"})) == ["call.body"]
