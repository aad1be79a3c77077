"""Evidence files of batches."""

from __future__ import annotations

import tempfile
from datetime import datetime
from pathlib import Path
from typing import Any

from django.http import FileResponse
from django.shortcuts import get_object_or_404
from ninja import Router, Schema, Status
from pydantic import Field

from hengtan.problems import Problem as Wrong
from hengtan.web.activities import evidence as services
from hengtan.web.activities.models import Batch, Evidence
from hengtan.web.activities.uploads import clean_name
from hengtan.web.organisations.roles import Act
from hengtan.web.vault.services import facts
from hengtan.web.vault.storage import room

from .boundary import _shown
from .data import _one as batch_of
from .data import received
from .door import Call, Said, need
from .wire import REFUSED, WRITES, ask, once

router = Router(tags=["Evidence"])
FILE = {"requestBody": {"required": True, "description": "The file: PDF, image or spreadsheet.", "content": {
    "application/octet-stream": {"schema": {"type": "string", "format": "binary"}}}}}  # fmt: skip
BYTES = {"responses": {200: {"description": "The file as it was given.", "content": {
    "application/octet-stream": {"schema": {"type": "string", "format": "binary"}}}}}}  # fmt: skip


class EvidenceOut(Schema):
    """A file behind rows. stands_for: their ids; none, and not withdrawn: the batch as a whole."""

    id: int
    name: str
    kind: str
    sha256: str
    bytes: int
    stands_for: list[str]
    added_by: str
    added_at: datetime
    withdrawn_at: datetime | None
    reason: str
    replaced_by: int | None


class EvidenceOfBatch(Schema):
    """All of a batch."""

    rows: int
    rows_proven: int = Field(description="Rows that have evidence of their own.")
    lacking: list[str] = Field(description="Names in the column `evidence` that no file has.")
    items: list[EvidenceOut]


class WithdrawIn(Schema):
    """Why."""

    reason: str = Field(min_length=1, max_length=300)


def _evidence(row: Evidence, stands_for: list[str]) -> dict[str, Any]:
    return {
        "id": row.pk, "name": row.name, "kind": row.kind, "sha256": row.digest, "bytes": row.bytes,
        "stands_for": stands_for, "added_by": row.added_by.name, "added_at": row.added_at,
        "withdrawn_at": row.withdrawn_at, "reason": row.reason, "replaced_by": row.replaced_by_id,
    }  # fmt: skip


def _of(row: Batch) -> dict[str, Any]:
    found = list(row.evidence.select_related("added_by"))
    stands = services.standing(row, found)
    of: dict[int, list[str]] = {each.pk: [] for each in found}
    for one, files in stands.by_row.items():
        for each in files:
            of[each.pk].append(one)
    return {
        "rows": row.rows_good, "rows_proven": row.rows_proven, "lacking": sorted(stands.lacking),
        "items": [_evidence(each, of[each.pk]) for each in found],
    }  # fmt: skip


def _one(call: Call, pk: int) -> Evidence:
    seen = Batch.objects.visible_to(call.user).of(call.organisation)
    found = Evidence.objects.of(call.organisation).filter(batch__in=seen).select_related("batch", "added_by")
    row: Evidence = get_object_or_404(found, pk=pk)
    return row


@router.get("/batches/{key}/evidence", response={200: EvidenceOfBatch, **REFUSED})
def evidence(request: Call, key: str) -> Any:
    """What stands behind the rows of a batch."""
    need(request, Act.READ)
    return _of(batch_of(request, key))


@router.post("/batches/{key}/evidence", response={201: EvidenceOfBatch, **WRITES}, openapi_extra=FILE)
def attach(
    request: Call, key: str,
    name: str = ask(..., min_length=1, max_length=255),
    rows: str = ask("", max_length=20000, description="Activity ids, separated by commas; none: the rows that name the file, else the batch."),
) -> Status[Any]:  # fmt: skip
    """The file is the body of the call."""
    need(request, Act.ENTER)
    with tempfile.TemporaryDirectory(prefix="hengtan-evidence-") as folder:
        path = Path(folder) / "file"
        request.content_sha256 = received(request, path)
        batch_of(request, key, change=True)
        given = services.kept(request.membership, path, clean_name(name))

        @once
        def attached(request: Call) -> tuple[int, Any]:
            wanted = [each.strip() for each in rows.split(",") if each.strip()]
            services.attach(batch_of(request, key, change=True), request.membership, [given], wanted)
            return 201, _shown(EvidenceOfBatch, _of(batch_of(request, key)))

        return attached(request)


@router.get("/evidence/{int:pk}/file", response={200: None, **REFUSED}, openapi_extra=BYTES)
def file(request: Call, pk: int) -> Any:
    """The file itself."""
    need(request, Act.READ)
    row = _one(request, pk)
    opened = facts(request.organisation).path(row.digest).open("rb")
    return FileResponse(opened, content_type="application/octet-stream", filename=row.name, as_attachment=True)


@router.post("/evidence/{int:pk}/withdraw", response={200: EvidenceOut, **WRITES})
@once
def withdraw(request: Call, pk: int, given: WithdrawIn) -> tuple[int, Any]:
    """It stands behind nothing any more; it stays to be seen, with the reason."""
    need(request, Act.ENTER)
    row = _one(request, pk)
    if not services.may_attach(row.batch, request.membership) and row.batch.created_by_id != request.user.pk:
        raise Said(404, Wrong("call.not-there"))
    services.withdraw(row, request.membership, given.reason)
    row.refresh_from_db()
    return 200, _shown(EvidenceOut, _evidence(row, []))


class StorageOut(Schema):
    """Bytes that the files of the organisation take, and may take; quota null: no limit."""

    facts: int = Field(description="Files, rows and evidence.")
    runs: int
    other: int
    used: int
    quota: int | None


@router.get("/storage", response={200: StorageOut, **REFUSED})
def storage(request: Call) -> Any:
    """How much room is taken."""
    need(request, Act.WHOLE)
    now = room(request.organisation)
    return {"facts": now.facts, "runs": now.runs, "other": now.other, "used": now.used, "quota": now.quota}
