"""Runs: asked for, chosen, read down to the row, its explanation and its proof."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any, Literal

from django.core.exceptions import ValidationError
from django.http import FileResponse, Http404
from django.shortcuts import get_object_or_404
from django.utils.translation import gettext as _
from ninja import Router, Schema
from pydantic import Field

from hengtan.inventory.posted import Asked, posted
from hengtan.problems import Problem as Wrong
from hengtan.web.organisations.roles import Act
from hengtan.web.runs import services
from hengtan.web.runs.claims import Wanted, start_with
from hengtan.web.runs.explaining import explanation
from hengtan.web.runs.gone import missing
from hengtan.web.runs.models import GWP, Run
from hengtan.web.runs.proofs import vouching
from hengtan.web.runs.views import FILES

from .boundary import _shown
from .claims import ClaimTakenIn
from .door import Call, Said, need
from .wire import PAGING, REFUSED, WRITES, Page, Paging, ask, cursor, once, page, position

router = Router(tags=["Inventory"])


class RunIn(Schema):
    """What is calculated: everything that is approved, in a period, by a GWP set, as of a day."""

    name: str = Field(min_length=1, max_length=120)
    first: date | None = None
    last: date | None = None
    gwp: GWP = GWP.AR5
    as_of: date | None = Field(None, description="No factor that was published later is seen.")
    claims: list[ClaimTakenIn] = Field(
        [], max_length=1000,
        description="Certificates claimed in the book that cover electricity in market-based scope 2 (GET /scope2-claims); none by itself.",
    )  # fmt: skip


class RunOut(Schema):
    """A run. Masses are kg as decimal text; ``totals`` and what stands in the summary are null until it is done."""

    id: str = Field(description="Its key.")
    code: str
    name: str
    done: bool
    job: str | None
    options: dict[str, Any]
    first: date | None
    last: date | None
    rows_in: int | None
    rows_posted: int | None
    totals: dict[str, str] | None
    digest: str
    run_sha256: str
    ledger_index: int | None
    chosen: bool = Field(description="The inventory that people look at first.")
    sample: bool
    created_by: str
    created_at: datetime
    done_at: datetime | None


class RowOut(Schema):
    """A posted activity on one basis. ``co2e_kg``: kg CO2e as decimal text, exact."""

    activity_id: str
    facility: str
    org_unit: str
    start: date
    end: date
    scope: int | None
    category: str
    basis: str
    co2e_kg: str
    factor_id: str
    match: str


class RowsOut(Page[RowOut]):
    """Rows, the largest first; ``count`` and ``co2e_kg`` are of all that were asked for."""

    count: int
    co2e_kg: str


class ProofOut(Schema):
    """What vouches for a run: the entry of its ledger, the path to the signed root, the key."""

    ok: bool
    index: int
    size: int
    root: str
    path: list[str]
    entry: str
    record: str
    salt: str
    vkey: str
    run_sha256: str


class Filter(Schema):
    """Which rows."""

    basis: Literal["location", "market"] = "location"
    scope: int | None = Field(None, ge=1, le=3)
    category: str | None = Field(None, max_length=40)
    facility: str | None = Field(None, max_length=300)
    org_unit: str | None = Field(None, max_length=300)
    month: str | None = Field(None, pattern=r"^\d{4}-(0[1-9]|1[0-2])$")
    match: str | None = Field(None, max_length=16)
    factor_id: str | None = Field(None, max_length=2000)
    quality: str | None = Field(None, max_length=400, description="What stands in data_quality; empty: rows without.")
    q: str = Field("", max_length=200, description="A part of the activity id or of the facility's name.")


FILTER = ask(...)


def _run(row: Run, chosen: Run | None, whole: bool) -> dict[str, Any]:
    return {
        "id": row.key, "code": row.code, "name": row.name, "done": row.is_done, "job": row.job.key if row.job else None,
        "options": row.options, "first": row.first, "last": row.last,
        "rows_in": row.rows_in if whole else None, "rows_posted": row.rows_posted if whole else None,
        "totals": row.totals if whole else None, "digest": row.digest, "run_sha256": row.run_sha256,
        "ledger_index": row.entry_index, "chosen": chosen is not None and chosen.pk == row.pk, "sample": row.sample,
        "created_by": row.created_by.name, "created_at": row.created_at, "done_at": row.done_at,
    }  # fmt: skip


def _mine(call: Call) -> Any:
    rows = Run.objects.visible_to(call.user).of(call.organisation)
    return rows.select_related("organisation", "created_by", "job").defer("figures", "summary")


def _shown_to(call: Call) -> Any:
    chosen, whole = services.current(call.organisation), call.membership.may(Act.WHOLE)
    return lambda row: _run(row, chosen, whole)


def _done(call: Call, key: str) -> Run:
    row: Run = get_object_or_404(_mine(call), key=key)
    if not row.is_done:
        raise Said(404, Wrong("call.not-there"))
    return row


def _whole(call: Call, key: str) -> Run:
    row = _done(call, key)
    if (lost := missing(row)) is not None:
        raise Said(404, lost)
    return row


@router.get("/runs", response={200: Page[RunOut], **REFUSED})
def runs(request: Call, paging: Paging = PAGING) -> Any:
    """All runs; sums are told to who sees all rows."""
    need(request, Act.READ)
    return page(_mine(request), paging, _shown_to(request))


@router.post("/runs", response={202: RunOut, **WRITES})
@once
def new_run(request: Call, given: RunIn) -> tuple[int, Any]:
    """Calculates everything that is approved; poll the run until it is ``done``, or its job for why it is not."""
    need(request, Act.CALCULATE)
    if given.first and given.last and given.last < given.first:
        raise ValidationError({"last": [_("It ends before it begins.")]})
    sources = services.approved(request.organisation)
    if not sources:
        raise ValidationError(_("Nothing is approved yet."))
    options = {
        "gwp": given.gwp.value,
        "period": f"{given.first or ''}/{given.last or ''}" if given.first or given.last else None,
        "as_of": str(given.as_of) if given.as_of else None,
    }
    wanted = [Wanted(each.beneficiary, each.year, each.counted_for) for each in given.claims]
    row = start_with(request.organisation, request.user, given.name, sources, options, wanted)
    return 202, _shown(RunOut, _shown_to(request)(row))


@router.get("/runs/{key}", response={200: RunOut, **REFUSED})
def run(request: Call, key: str) -> Any:
    """One."""
    need(request, Act.READ)
    return _shown_to(request)(get_object_or_404(_mine(request), key=key))


@router.post("/runs/{key}/choose", response={200: RunOut, **WRITES})
@once
def choose(request: Call, key: str) -> tuple[int, Any]:
    """From now on this is the inventory that people look at first."""
    need(request, Act.CALCULATE)
    row = _done(request, key)
    services.choose(row, request.user)
    return 200, _shown(RunOut, _shown_to(request)(row))


@router.get("/runs/{key}/summary", response={200: dict[str, Any], **REFUSED})
def summary(request: Call, key: str) -> Any:
    """summary.json without what /months and /sums tell: totals, match classes, uncertainty; kg as decimal text."""
    need(request, Act.READ)
    if not request.membership.may(Act.WHOLE):
        raise Said(403, Wrong("call.role", values={"roles": ""}))
    row = _done(request, key)
    return Run.objects.values_list("summary", flat=True).get(pk=row.pk)


@router.get("/runs/{key}/rows", response={200: RowsOut, **REFUSED})
def rows(request: Call, key: str, paging: Paging = PAGING, wanted: Filter = FILTER) -> Any:
    """Posted rows, the largest first, as far as the person may see their facilities."""
    need(request, Act.READ)
    run_ = _whole(request, key)
    asked = wanted.dict()
    asked["text"] = asked.pop("q")
    offset = position(paging.cursor)
    found = posted(
        run_.folder, Asked(**asked, facilities=services.facilities_of(request.membership)), paging.limit, offset
    )
    after = offset + len(found.rows)
    return {
        "items": [{**row, "co2e_kg": f"{row['co2e_kg']:f}"} for row in found.rows], "count": found.count,
        "co2e_kg": f"{found.co2e_kg:f}", "next": cursor(after) if found.rows and after < found.count else None,
    }  # fmt: skip


@router.get("/runs/{key}/explanation", response={200: dict[str, Any], **REFUSED})
def explained(request: Call, key: str, activity: str = ask(..., min_length=1, max_length=400)) -> Any:
    """One number: row, method, factors with their sources, what else was considered, and the equation."""
    need(request, Act.READ)
    told = explanation(_whole(request, key), activity)
    seen = services.facilities_of(request.membership)
    if told is None or (seen is not None and told["facility"] not in seen):
        raise Http404
    return told


@router.get("/runs/{key}/proof", response={200: ProofOut, **REFUSED})
def proof(request: Call, key: str) -> Any:
    """What vouches for the run; ``ok`` only if files and ledger are as they were signed."""
    need(request, Act.READ)
    found = vouching(_done(request, key), rows=True)
    return {name: getattr(found, name) for name in ProofOut.model_fields} | {"path": list(found.path)}


@router.get("/runs/{key}/files/{name}", response={200: None, **REFUSED}, openapi_extra={"responses": {200: {
    "description": "The file", "content": {"application/octet-stream": {"schema": {"type": "string", "format": "binary"}}}}}})  # fmt: skip
def file(request: Call, key: str, name: str) -> Any:
    """A file of the run as it lies in its folder: run.json, emissions.parquet, report.pdf ..."""
    need(request, Act.READ)
    if not request.membership.may(Act.WHOLE):
        raise Said(403, Wrong("call.role", values={"roles": ""}))
    row = _done(request, key)
    if name not in FILES:
        raise Http404
    try:
        opened = (row.folder / name).open("rb")
    except OSError:
        raise Http404 from None
    return FileResponse(opened, as_attachment=True, filename=name, content_type="application/octet-stream")
