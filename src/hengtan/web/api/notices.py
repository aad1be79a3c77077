"""What a person is told."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.shortcuts import get_object_or_404
from ninja import Router, Schema
from pydantic import Field

from hengtan.web.notices import services
from hengtan.web.notices.models import Notice
from hengtan.web.organisations.roles import Act

from .boundary import _shown
from .door import Call, need
from .wire import PAGING, REFUSED, WRITES, Page, Paging, ask, once, page

router = Router(tags=["Notices"])


class NoticeOut(Schema):
    """One thing that the person of the token is told."""

    id: int
    kind: str = Field(description="Never changes: `batch.submitted`.", examples=["batch.submitted"])
    sentence: str = Field(description="In the language of the call.")
    values: dict[str, str]
    address: str = Field(description="Where the thing is seen, within this installation.")
    made_at: datetime
    read_at: datetime | None


class ReadOut(Schema):
    """How many notices were not read before."""

    read: int


def _notice(row: Notice) -> dict[str, Any]:
    return {
        "id": row.pk, "kind": row.kind, "sentence": row.sentence, "values": row.values, "address": row.address,
        "made_at": row.made_at, "read_at": row.read_at,
    }  # fmt: skip


def _mine(call: Call) -> Any:
    return Notice.objects.visible_to(call.user).of(call.organisation)


@router.get("/notices", response={200: Page[NoticeOut], **REFUSED})
def notices(request: Call, paging: Paging = PAGING, unread: bool = ask(False)) -> Any:
    """The person's own, the oldest first."""
    need(request, Act.READ)
    rows = _mine(request)
    return page(rows.filter(read_at=None) if unread else rows, paging, _notice)


@router.post("/notices/read", response={200: ReadOut, **WRITES})
@once
def read_all(request: Call) -> tuple[int, Any]:
    """All of them count as read from now on."""
    need(request, Act.READ)
    return 200, {"read": services.read(request.user, request.organisation)}


@router.post("/notices/{int:pk}/read", response={200: NoticeOut, **WRITES})
@once
def read(request: Call, pk: int) -> tuple[int, Any]:
    """One counts as read from now on."""
    need(request, Act.READ)
    get_object_or_404(_mine(request), pk=pk)
    services.read(request.user, request.organisation, pk)
    return 200, _shown(NoticeOut, _notice(_mine(request).get(pk=pk)))
