"""Batches of activity data from file to approval, and closed months."""

from __future__ import annotations

import hashlib
import tempfile
from datetime import date, datetime
from pathlib import Path
from typing import Any, Literal

from django.core.exceptions import ValidationError
from django.http import FileResponse
from django.shortcuts import get_object_or_404
from django.utils.translation import gettext as _
from ninja import Router, Schema, Status
from pydantic import Field

from hengtan.problems import Problem as Wrong
from hengtan.web.activities import services, uploads
from hengtan.web.activities.forms import mapping_from
from hengtan.web.activities.models import Batch, PeriodLock, State
from hengtan.web.jobs.models import UNDER_WAY
from hengtan.web.organisations.roles import Act
from hengtan.web.vault.services import facts

from .boundary import _shown
from .door import Call, Said, need
from .rows import as_parquet
from .wire import PAGING, REFUSED, WRITES, Page, Paging, ask, lang, once, page

router = Router(tags=["Activity data"])
KINDS = {
    "text/csv": ".csv",
    "application/x-ndjson": ".ndjson",
    "application/vnd.apache.parquet": ".parquet",
    "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet": ".xlsx",
}
UPLOAD = {
    "requestBody": {
        "required": True,
        "description": "Rows as CSV, NDJSON (one object a line), Parquet or XLSX, with the columns of `hengtan template`.",
        "content": {kind: {"schema": {"type": "string", "format": "binary"}} for kind in KINDS},
    }
}


class FileOut(Schema):
    """A file of a batch, kept by its digest."""

    name: str
    sha256: str
    bytes: int
    role: str


class Found(Schema):
    """One kind of problem in the rows, how often, and where first."""

    code: str
    severity: str
    count: int
    reason: str
    mend: str


class BatchOut(Schema):
    """A batch.

    next   what it waits for: ``job`` (work under way), ``mapping`` (its files are read; say how, or take the suggestion),
           ``mend`` (no row could be posted), ``submit``, ``decision``, ``""`` (nothing)
    """

    id: str = Field(description="Its key.")
    name: str
    state: str
    next: str
    job: str | None = Field(description="The key of its last job.")
    rows_in: int
    rows_good: int
    rows_rejected: int
    months: list[str]
    comment: str
    supersedes: str | None
    created_by: str
    created_at: datetime
    submitted_at: datetime | None
    decided_by: str | None
    decided_at: datetime | None
    rows_sha256: str | None
    files: list[FileOut]
    problems: list[Found]


class SheetIn(Schema):
    """How one sheet is read. columns: contract column -> place of the column, from 0; constants: what holds for all rows."""

    file: str
    sheet: str = ""
    use: Literal["table", "template", "skip"] = "table"
    columns: dict[str, int] = Field(default_factory=dict)
    constants: dict[str, str] = Field(default_factory=dict)


class MappingIn(Schema):
    """How the files are read; sheets that are not named are read as suggested."""

    sheets: list[SheetIn] = Field(default_factory=list)
    numbers: Literal["", "comma", "point"] = ""
    dates: Literal["", "day", "month"] = ""


class MappingOut(Schema):
    """outline: the sheets and columns that were found; mapping: how they would be read."""

    outline: list[dict[str, Any]]
    mapping: dict[str, Any]


class Comment(Schema):
    """What is to be mended."""

    comment: str = Field(max_length=4000)


class MonthsIn(Schema):
    """Months that are closed, both inclusive."""

    first: str = Field(pattern=r"^\d{4}-\d{2}$", examples=["2025-01"])
    last: str = Field(pattern=r"^\d{4}-\d{2}$", examples=["2025-12"])
    reason: str = Field("", max_length=300)


class Reason(Schema):
    """Why months are opened again."""

    reason: str = Field(max_length=300)


class MonthsOut(Schema):
    """A closing of months; open again when ``opened_at`` is there."""

    id: int
    first: date
    last: date
    reason: str
    closed_at: datetime
    opened_at: datetime | None


def _batch(row: Batch) -> dict[str, Any]:
    here, shown = lang(), row.preview or {}
    return {
        "id": row.key, "name": row.name, "state": row.state, "next": _next(row), "job": row.job.key if row.job else None,
        "rows_in": row.rows_in or shown.get("rows_in", 0), "rows_good": row.rows_good or shown.get("good", 0),
        "rows_rejected": row.rows_rejected or shown.get("rejected", 0),
        "months": row.months or shown.get("months", []), "comment": row.comment,
        "supersedes": row.supersedes.key if row.supersedes else None,
        "created_by": row.created_by.name, "created_at": row.created_at, "submitted_at": row.submitted_at,
        "decided_by": row.decided_by.name if row.decided_by else None, "decided_at": row.decided_at,
        "rows_sha256": row.parquet or None,
        "files": [{"name": f.name, "sha256": f.digest, "bytes": f.bytes, "role": f.role} for f in row.files.all()],
        "problems": [_found(group, here) for group in shown.get("groups", ())],
    }  # fmt: skip


def _found(group: dict[str, Any], here: str) -> dict[str, Any]:
    def word(name: str) -> str:
        value = group.get(name, "")
        return str(value.get(here, "") if isinstance(value, dict) else value)

    return {
        "code": group["code"], "severity": word("severity") or "error", "count": int(group.get("count", 0)),
        "reason": word("reason") or word("sentence"), "mend": word("mend"),
    }  # fmt: skip


def _next(row: Batch) -> str:
    if row.job is not None and row.job.state in UNDER_WAY:
        return "job"
    if row.is_open:
        if not row.preview:
            return "mapping" if row.outline else "job"
        return "submit" if row.preview.get("good") else "mend"
    return "decision" if row.state == State.SUBMITTED else ""


def _mine(call: Call) -> Any:
    rows = Batch.objects.visible_to(call.user).of(call.organisation)
    return rows.select_related("organisation", "job", "supersedes", "created_by", "decided_by").prefetch_related(
        "files"
    )


def _one(call: Call, key: str, *, change: bool = False) -> Batch:
    row: Batch = get_object_or_404(_mine(call), key=key)
    if change and row.created_by_id != call.user.pk and not call.membership.may(Act.BOUNDARY):
        raise Said(404, Wrong("call.not-there"))
    return row


@router.get("/batches", response={200: Page[BatchOut], **REFUSED})
def batches(request: Call, paging: Paging = PAGING, state: str = ask("", max_length=12)) -> Any:
    """Those that the person may see."""
    need(request, Act.READ)
    rows = _mine(request)
    return page(rows.filter(state=state) if state else rows, paging, _batch)


@router.post("/batches", response={202: BatchOut, **WRITES}, openapi_extra=UPLOAD)
def new_batch(
    request: Call,
    name: str = ask(..., min_length=1, max_length=200),
    file: str = ask("", max_length=255, description="The name of the file; its ending tells its kind."),
    supersedes: str = ask("", max_length=16, description="The id of an approved batch that this one corrects."),
) -> Status[Any]:
    """The rows are the body of the call. They are looked into by a job; poll the batch until ``next`` is not ``job``."""
    need(request, Act.ENTER)
    kind = request.headers.get("Content-Type", "").partition(";")[0].strip().lower()
    ending = KINDS.get(kind) or Path(file).suffix.lower()
    if ending not in KINDS.values():
        why = _("Send one of these: %(kinds)s.") % {"kinds": ", ".join(KINDS)}
        raise Said(422, Wrong("call.body", column="Content-Type", values={"field": "Content-Type", "why": why}))
    approved = _mine(request).filter(state=State.APPROVED)
    old = get_object_or_404(approved, key=supersedes) if supersedes else None
    with tempfile.TemporaryDirectory(prefix="hengtan-api-") as folder:
        path = Path(folder) / f"rows{ending}"
        request.content_sha256 = received(request, path)
        called = uploads.clean_name(file or f"rows{ending}")
        if ending == ".ndjson":
            path, called = as_parquet(path, called), f"{Path(called).stem}.parquet"
        given = uploads.taken(request.organisation, path, called)

        @once
        def begun(request: Call) -> tuple[int, Any]:
            row = services.begin(request.membership, name, [given], old)
            return 202, _shown(BatchOut, _batch(_one(request, row.key)))

        return begun(request)


def received(request: Call, path: Path) -> str:
    """The body in a file; its SHA-256."""
    digest, size = hashlib.sha256(), 0
    with path.open("wb") as out:
        while chunk := request.read(1 << 20):
            size += len(chunk)
            if size > uploads.MOST_BYTES:
                raise Said(413, Wrong("call.too-large", values={"most": str(uploads.MOST_BYTES >> 20)}))
            digest.update(chunk)
            out.write(chunk)
    return digest.hexdigest()


@router.get("/batches/{key}", response={200: BatchOut, **REFUSED})
def batch(request: Call, key: str) -> Any:
    """One, with what the last check found."""
    need(request, Act.READ)
    return _batch(_one(request, key))


@router.get("/batches/{key}/mapping", response={200: MappingOut, **REFUSED})
def mapping(request: Call, key: str) -> Any:
    """What was found in the files, and how they would be read."""
    need(request, Act.ENTER)
    row = _one(request, key)
    return {"outline": row.outline, "mapping": row.mapping}


@router.post("/batches/{key}/check", response={202: BatchOut, **WRITES})
@once
def check(request: Call, key: str, given: MappingIn) -> tuple[int, Any]:
    """This is how the files are read; a job finds what would become of the rows."""
    need(request, Act.ENTER)
    row = _one(request, key, change=True)
    if not row.outline:
        raise ValidationError(_("Its files are still being looked into. Wait until `next` is not `job`."))
    services.assign(row, request.user, _as_mapped(row, given))
    return 202, _shown(BatchOut, _batch(_one(request, key)))


def _as_mapped(row: Batch, given: MappingIn) -> dict[str, Any]:
    """What the page of columns would send; ValidationError with all that is wrong with it."""
    named = {(sheet.file, sheet.sheet): sheet for sheet in given.sheets}
    sent: dict[str, str] = {"numbers": given.numbers, "dates": given.dates}
    for number, (told, form) in enumerate(zip(row.outline, row.mapping["forms"], strict=True)):
        sheet = named.pop((told["file"], told["sheet"]), None)
        use, columns, constants = (
            (sheet.use, sheet.columns, sheet.constants) if sheet else (form["use"], form["columns"], form["constants"])
        )
        sent[f"use-{number}"] = use
        sent |= {f"col-{number}-{at}": name for name, at in columns.items()}
        sent |= {f"const-{number}-{name}": text for name, text in constants.items()}
    if named:
        file, sheet_name = next(iter(named))
        raise ValidationError(_("There is no sheet “%(sheet)s” in %(file)s.") % {"sheet": sheet_name, "file": file})
    mapping, wrong = mapping_from(sent, row.outline, row.mapping)
    if wrong:
        raise ValidationError(wrong)
    return mapping


@router.post("/batches/{key}/submit", response={202: BatchOut, **WRITES})
@once
def submit(request: Call, key: str) -> tuple[int, Any]:
    """A job takes the good rows in; then somebody else may approve them."""
    need(request, Act.ENTER)
    services.submit(_one(request, key, change=True), request.user)
    return 202, _shown(BatchOut, _batch(_one(request, key)))


@router.post("/batches/{key}/approve", response={200: BatchOut, **WRITES})
@once
def approve(request: Call, key: str) -> tuple[int, Any]:
    """The rows count from now on. Nobody approves what he entered."""
    need(request, Act.APPROVE)
    services.approve(_one(request, key), request.membership)
    return 200, _shown(BatchOut, _batch(_one(request, key)))


@router.post("/batches/{key}/return", response={200: BatchOut, **WRITES})
@once
def give_back(request: Call, key: str, given: Comment) -> tuple[int, Any]:
    """Back to who entered it, with what is to be mended."""
    need(request, Act.APPROVE)
    services.give_back(_one(request, key), request.membership, given.comment)
    return 200, _shown(BatchOut, _batch(_one(request, key)))


@router.get("/batches/{key}/rows", response={200: None, **REFUSED}, openapi_extra={"responses": {200: {
    "description": "Parquet", "content": {"application/vnd.apache.parquet": {"schema": {"type": "string", "format": "binary"}}}}}})  # fmt: skip
def rows(request: Call, key: str) -> Any:
    """The good rows of a submitted batch, as they were kept: Parquet whose SHA-256 is ``rows_sha256``."""
    need(request, Act.READ)
    row = _one(request, key)
    if not row.parquet:
        raise Said(404, Wrong("call.not-there"))
    opened = facts(row.organisation).path(row.parquet).open("rb")
    return FileResponse(
        opened, content_type="application/vnd.apache.parquet", filename=f"{row.key}.parquet", as_attachment=True
    )


def _months(row: PeriodLock) -> dict[str, Any]:
    return {
        "id": row.pk, "first": row.first_month, "last": row.last_month, "reason": row.reason, "closed_at": row.closed_at,
        "opened_at": row.opened_at,
    }  # fmt: skip


@router.get("/closings", response={200: Page[MonthsOut], **REFUSED})
def closings(request: Call, paging: Paging = PAGING) -> Any:
    """Months that were closed."""
    need(request, Act.READ)
    return page(PeriodLock.objects.visible_to(request.user).of(request.organisation), paging, _months)


@router.post("/closings", response={201: MonthsOut, **WRITES})
@once
def close(request: Call, given: MonthsIn) -> tuple[int, Any]:
    """Closes months: no batch that touches them is submitted or approved any more."""
    need(request, Act.BOUNDARY)
    return 201, _shown(MonthsOut, _months(services.close(request.membership, given.first, given.last, given.reason)))


@router.post("/closings/{int:pk}/open", response={200: MonthsOut, **WRITES})
@once
def reopen(request: Call, pk: int, given: Reason) -> tuple[int, Any]:
    """Opens them again; why, is kept."""
    need(request, Act.BOUNDARY)
    row = get_object_or_404(PeriodLock.objects.visible_to(request.user).of(request.organisation), pk=pk)
    services.reopen(request.membership, row, given.reason)
    row.refresh_from_db()
    return 200, _shown(MonthsOut, _months(row))
