"""Sources, their runs, and what stands in their way."""

from __future__ import annotations

from datetime import datetime
from datetime import time as Time  # noqa: N812  a field of that name stands beside it
from typing import Any, Literal

from django.shortcuts import get_object_or_404
from ninja import Router, Schema
from pydantic import Field

from hengtan.connectors.plugins import connectors, lacking
from hengtan.web.boundaries.models import Facility
from hengtan.web.organisations.roles import Act
from hengtan.web.sources import services
from hengtan.web.sources.models import Issue, Source, SourceRun

from .boundary import _shown
from .door import Call, need
from .wire import PAGING, REFUSED, WRITES, Page, Paging, ask, lang, once, page

router = Router(tags=["Sources"])
Rhythms = Literal["minutes", "daily", "weekly", "monthly"]


class ConnectorField(Schema):
    """One setting; of a ``secret`` the value is taken and never told."""

    name: str
    title: str
    kind: str
    required: bool
    default: str
    choices: list[str]


class ConnectorOut(Schema):
    """A connector that is installed. ``missing``: the line that installs what it still needs."""

    id: str
    title: str
    note: str
    missing: str
    fields: list[ConnectorField]


class SourceIn(Schema):
    """settings: by the names of the connector's fields; a secret that is left out stays as it is."""

    name: str = Field(min_length=1, max_length=100)
    settings: dict[str, str] = Field(default_factory=dict)
    rhythm: Rhythms = "daily"
    minutes: int = Field(60, ge=5, le=1440)
    at: Time = Time(6)
    weekday: int = Field(0, ge=0, le=6, description="0 is Monday.")
    day: int = Field(3, ge=1, le=28)
    zone: str = Field("UTC", max_length=60, examples=["Asia/Shanghai"])
    facilities: list[int] = Field(default_factory=list, max_length=1000, description="Ids; none: all.")
    words: str = Field("", max_length=20_000, description="`度 = kWh` a line.")
    partial: bool = Field(False, description="Submit good rows although others of the file are refused.")


class NewSource(SourceIn):
    """A source of one connector. It is off until it is switched on."""

    connector: str = Field(max_length=60, examples=["folder"])


class SourceOut(Schema):
    """A source. Secrets are not told."""

    id: int
    name: str
    connector: str
    settings: dict[str, str]
    rhythm: str
    zone: str
    on: bool
    next_at: datetime | None
    run_by: str
    open_issues: int


class SourceRunOut(Schema):
    """One fetch. ``shown``: of a dry run what would come in."""

    id: int
    dry: bool
    state: Literal["waiting", "running", "done", "failed"]
    asked_at: datetime
    ended_at: datetime | None
    new: int
    known: int
    failed: int
    readings: int
    shown: list[dict[str, Any]]


class IssueOut(Schema):
    """What could not come in. ``state``: open, solved or ignored."""

    id: int
    name: str
    code: str
    place: str
    reason: str
    mend: str
    state: str
    count: int
    first_at: datetime
    last_at: datetime
    batch: str | None
    closed_reason: str


class IgnoreIn(Schema):
    """Why it may be left."""

    reason: str = Field(min_length=1, max_length=300)


def _source(row: Source) -> dict[str, Any]:
    return {
        "id": row.pk, "name": row.name, "connector": row.connector, "settings": row.settings, "rhythm": row.rhythm,
        "zone": row.zone, "on": row.is_on, "next_at": row.next_at, "run_by": row.run_by.name,
        "open_issues": Issue.objects.filter(source=row, state="open").count(),
    }  # fmt: skip


def _run(row: SourceRun) -> dict[str, Any]:
    found = {name: int(row.result.get(name, 0)) for name in ("new", "known", "failed", "readings")}
    return {
        "id": row.pk, "dry": row.dry, "state": row.state, "asked_at": row.asked_at, "ended_at": row.ended_at, **found,
        "shown": row.result.get("shown", []),
    }  # fmt: skip


def _issue(row: Issue) -> dict[str, Any]:
    said = {name: str(row.problem.get(name, {}).get(lang(), "")) for name in ("place", "reason", "mend")}
    batch = row.taken.batch if row.taken else None
    return {
        "id": row.pk, "name": row.name, "code": str(row.problem.get("code", "")), **said, "state": row.state, "count": row.count,
        "first_at": row.first_at, "last_at": row.last_at, "batch": batch.key if batch else None, "closed_reason": row.closed_reason,
    }  # fmt: skip


def _mine(call: Call) -> Any:
    return Source.objects.visible_to(call.user).of(call.organisation).select_related("organisation", "run_by")


def _one(call: Call, pk: int) -> Source:
    row: Source = get_object_or_404(_mine(call), pk=pk)
    return row


def _given(call: Call, given: SourceIn) -> services.Given:
    facilities = [
        get_object_or_404(Facility.objects.visible_to(call.user).of(call.organisation), pk=pk)
        for pk in given.facilities
    ]
    return services.Given(
        given.name, given.settings, given.rhythm, given.minutes, given.at.replace(tzinfo=None), given.weekday, given.day,
        given.zone, given.partial, given.words, facilities,
    )  # fmt: skip


def _issues(call: Call) -> Any:
    found = Issue.objects.visible_to(call.user).of(call.organisation)
    return found.select_related("taken__batch", "source__organisation", "organisation")


@router.get("/connectors", response={200: list[ConnectorOut], **REFUSED})
def installed(request: Call) -> Any:
    """What sources can be made of."""
    need(request, Act.CONNECT)
    here, told = lang(), []
    for name, plug in connectors().items():
        missing = lacking(plug)
        fields = [
            {
                "name": each.name, "title": each.title[here], "kind": each.kind, "required": each.required, "default": each.default,
                "choices": list(each.choices),
            }
            for each in plug.fields
        ]  # fmt: skip
        told.append(
            {"id": name, "title": plug.title[here], "note": plug.note[here], "missing": missing.mend(here) if missing else "", "fields": fields}
        )  # fmt: skip
    return told


@router.get("/sources", response={200: Page[SourceOut], **REFUSED})
def sources(request: Call, paging: Paging = PAGING) -> Any:
    """All of the organisation."""
    need(request, Act.CONNECT)
    return page(_mine(request), paging, _source)


@router.post("/sources", response={201: SourceOut, **WRITES})
@once
def new_source(request: Call, given: NewSource) -> tuple[int, Any]:
    """Makes one, which is off; try it dry, then switch it on."""
    need(request, Act.CONNECT)
    row = services.make(request.membership, given.connector, _given(request, given))
    return 201, _shown(SourceOut, _source(row))


@router.get("/sources/{int:pk}", response={200: SourceOut, **REFUSED})
def source(request: Call, pk: int) -> Any:
    """One."""
    need(request, Act.CONNECT)
    return _source(_one(request, pk))


@router.put("/sources/{int:pk}", response={200: SourceOut, **WRITES})
@once
def change_source(request: Call, pk: int, given: SourceIn) -> tuple[int, Any]:
    """Other settings; it submits in the name of the token's person from now on."""
    need(request, Act.CONNECT)
    row = _one(request, pk)
    services.change(row, request.membership, _given(request, given))
    return 200, _shown(SourceOut, _source(_one(request, pk)))


@router.post("/sources/{int:pk}/on", response={200: SourceOut, **WRITES})
@once
def source_on(request: Call, pk: int) -> tuple[int, Any]:
    """It runs at its hours."""
    need(request, Act.CONNECT)
    services.switch(_one(request, pk), True, request.membership)
    return 200, _shown(SourceOut, _source(_one(request, pk)))


@router.post("/sources/{int:pk}/off", response={200: SourceOut, **WRITES})
@once
def source_off(request: Call, pk: int) -> tuple[int, Any]:
    """It runs no more."""
    need(request, Act.CONNECT)
    services.switch(_one(request, pk), False, request.membership)
    return 200, _shown(SourceOut, _source(_one(request, pk)))


@router.post("/sources/{int:pk}/run", response={202: SourceRunOut, **WRITES})
@once
def run_source(request: Call, pk: int, dry: bool = ask(False)) -> tuple[int, Any]:
    """Once, now. Dry: nothing is kept, and the run shows what would come in."""
    need(request, Act.CONNECT)
    return 202, _shown(SourceRunOut, _run(services.run(_one(request, pk), dry=dry)))


@router.get("/sources/{int:pk}/runs", response={200: Page[SourceRunOut], **REFUSED})
def source_runs(request: Call, pk: int, paging: Paging = PAGING) -> Any:
    """Its fetches."""
    need(request, Act.CONNECT)
    found = SourceRun.objects.of(request.organisation).filter(source=_one(request, pk)).select_related("job")
    return page(found, paging, _run)


@router.get("/sources/{int:pk}/issues", response={200: Page[IssueOut], **REFUSED})
def source_issues(request: Call, pk: int, paging: Paging = PAGING, state: str = ask("", max_length=8)) -> Any:
    """What could not come in."""
    need(request, Act.CONNECT)
    found = _issues(request).filter(source=_one(request, pk))
    return page(found.filter(state=state) if state else found, paging, _issue)


@router.post("/issues/{int:pk}/retry", response={200: IssueOut, **WRITES})
@once
def retry_issue(request: Call, pk: int) -> tuple[int, Any]:
    """Once more; content that changed under a known name is taken in as a correction."""
    need(request, Act.CONNECT)
    services.retry(get_object_or_404(_issues(request), pk=pk), request.membership)
    return 200, _shown(IssueOut, _issue(_issues(request).get(pk=pk)))


@router.post("/issues/{int:pk}/ignore", response={200: IssueOut, **WRITES})
@once
def ignore_issue(request: Call, pk: int, given: IgnoreIn) -> tuple[int, Any]:
    """It is left as it is; why, is kept."""
    need(request, Act.CONNECT)
    services.ignore(get_object_or_404(_issues(request), pk=pk), request.membership, given.reason)
    return 200, _shown(IssueOut, _issue(_issues(request).get(pk=pk)))
