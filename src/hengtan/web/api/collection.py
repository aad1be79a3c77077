"""Requests for data: asking, seeing how far they are, answering, reminding."""

from __future__ import annotations

from datetime import date
from typing import Any, Literal

from django.http import Http404
from django.shortcuts import get_object_or_404
from django.utils import timezone
from ninja import Router, Schema
from pydantic import Field

from hengtan.web.accounts.models import User
from hengtan.web.boundaries.models import Facility
from hengtan.web.collection import services
from hengtan.web.collection.models import Request, Series
from hengtan.web.collection.state import State, states
from hengtan.web.organisations.models import Membership
from hengtan.web.organisations.roles import Act

from .boundary import _shown
from .door import Call, need
from .wire import PAGING, REFUSED, WRITES, Page, Paging, ask, once, page

router = Router(tags=["Data collection"])


class RequestOut(Schema):
    """One figure that is asked for. state is read from the batches: notdue, open, overdue, submitted, returned, approved."""

    id: int
    facility: str
    activity_type: str
    unit: str
    period: str
    start: date
    end: date
    due: date
    assignee: str
    state: str
    batch: str | None
    note: str


class SeriesIn(Schema):
    """A figure of some facilities, once or for every period."""

    activity_type: str = Field(max_length=100, examples=["electricity"])
    unit: str = Field(max_length=30, examples=["kWh"])
    facilities: list[int] = Field(min_length=1, max_length=2000)
    every: Literal["month", "quarter", "year", "once"] = "month"
    first: date = Field(description="Any day of the first period.")
    last: date | None = None
    due_days: int = Field(10, ge=0, le=365, description="Days after the period until which it is due.")
    remind_days: int = Field(3, ge=0, le=60)
    assignee: str = Field("", max_length=254, description="E-mail; none: the contributor of each facility.")
    note: str = Field("", max_length=2000)


class AskedOut(Schema):
    """The requests that were made at once; those of later periods follow by themselves."""

    series: int
    items: list[RequestOut]


class AnswerIn(Schema):
    """What is given; days that are left out are those of the request."""

    quantity: str = Field(max_length=60)
    unit: str = Field("", max_length=30)
    start: date | None = None
    end: date | None = None
    source: Literal["", "meter", "bill", "estimate"] = ""
    note: str = Field("", max_length=500)


def _request(row: Request, state: State) -> dict[str, Any]:
    return {
        "id": row.pk, "facility": row.facility.name, "activity_type": row.series.activity_type, "unit": row.series.unit,
        "period": row.period, "start": row.start, "end": row.end, "due": row.due, "assignee": row.assignee.name,
        "state": state.value, "batch": row.batch.key if row.batch else None, "note": row.series.note,
    }  # fmt: skip


def _mine(call: Call) -> Any:
    found = Request.objects.visible_to(call.user).of(call.organisation).filter(withdrawn_at=None)
    return found.select_related("organisation", "series", "facility", "batch", "assignee")


def _one(call: Call, pk: int) -> Request:
    row: Request = get_object_or_404(_mine(call), pk=pk)
    return row


def _told(call: Call, row: Request) -> dict[str, Any]:
    return _request(row, states(call.organisation, [row], timezone.localdate())[row.pk])


@router.get("/requests", response={200: Page[RequestOut], **REFUSED})
def requests(
    request: Call, paging: Paging = PAGING, mine: bool = ask(False), state: str = ask("", max_length=12)
) -> Any:
    """Those that the person may see, or is asked for; with ``state`` a page may hold fewer than its limit."""
    need(request, Act.READ)
    rows = _mine(request)
    found = page(rows.filter(assignee=request.user) if mine else rows, paging, lambda row: row)
    stand = states(request.organisation, found["items"], timezone.localdate())
    items = [_request(row, stand[row.pk]) for row in found["items"] if not state or stand[row.pk] == state]
    return {"items": items, "next": found["next"]}


@router.post("/requests", response={201: AskedOut, **WRITES})
@once
def ask_for(request: Call, given: SeriesIn) -> tuple[int, Any]:
    """Asks for a figure; who has to give it is told."""
    need(request, Act.BOUNDARY)
    facilities = list(
        Facility.objects.visible_to(request.user).of(request.organisation).filter(pk__in=given.facilities)
    )
    if len(facilities) != len(set(given.facilities)):
        raise Http404
    person = None
    if given.assignee:
        members = Membership.objects.of(request.organisation).filter(ended_at=None)
        person = get_object_or_404(User, email=given.assignee.lower(), pk__in=members.values("user"))
    told = given.model_dump(exclude={"facilities", "assignee"})
    series = services.ask(Series(**told, assignee=person), request.membership, facilities)
    rows = list(_mine(request).filter(series=series).order_by("pk"))
    stand = states(request.organisation, rows, timezone.localdate())
    items = [_shown(RequestOut, _request(row, stand[row.pk])) for row in rows]
    return 201, {"series": series.pk, "items": items}


@router.get("/requests/{int:pk}", response={200: RequestOut, **REFUSED})
def one(request: Call, pk: int) -> Any:
    """One, and where it stands."""
    need(request, Act.READ)
    return _told(request, _one(request, pk))


@router.post("/requests/{int:pk}/answer", response={202: RequestOut, **WRITES})
@once
def answer(request: Call, pk: int, given: AnswerIn) -> tuple[int, Any]:
    """Gives the figure: a batch of one row, submitted by itself as soon as it is found good."""
    need(request, Act.ENTER)
    row = _one(request, pk)
    start, end = given.start or row.start, given.end or row.end
    answer = services.Answer(
        given.quantity, given.unit or row.series.unit, str(start), str(end), given.source, given.note
    )
    services.give(row, request.membership, answer)
    return 202, _shown(RequestOut, _told(request, _one(request, pk)))


@router.post("/requests/{int:pk}/remind", response={200: RequestOut, **WRITES})
@once
def remind(request: Call, pk: int) -> tuple[int, Any]:
    """Reminds who is asked; once a day."""
    need(request, Act.BOUNDARY)
    row = _one(request, pk)
    services.remind(row, request.membership)
    return 200, _shown(RequestOut, _told(request, row))


@router.post("/requests/{int:pk}/withdraw", response={200: RequestOut, **WRITES})
@once
def withdraw(request: Call, pk: int) -> tuple[int, Any]:
    """Nobody is asked for it any more."""
    need(request, Act.BOUNDARY)
    row = _one(request, pk)
    services.withdraw(row, request.membership)
    return 200, _shown(RequestOut, _told(request, row))
