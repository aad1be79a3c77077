"""The statement of a retirement for a customer: issued once, its files, and their proofs."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.core.exceptions import ValidationError
from django.http import FileResponse, HttpResponse
from django.shortcuts import get_object_or_404
from ninja import Router, Schema
from pydantic import Field

from hengtan.evidence.proof_file import SUFFIX
from hengtan.market.book import read_record
from hengtan.market.book.posting import FINAL
from hengtan.problems import Problem as Wrong
from hengtan.web.assets import retirement
from hengtan.web.assets.models import Posting
from hengtan.web.organisations.roles import Act
from hengtan.web.vault import services as vault

from .door import Call, Said, need
from .wire import REFUSED, WRITES, once

router = Router(tags=["Carbon assets"])
FILE = {"responses": {200: {"description": "PDF, HTML or tlog-proof", "content": {
    "application/octet-stream": {"schema": {"type": "string", "format": "binary"}}}}}}  # fmt: skip


class RetirementFileOut(Schema):
    """A file of the statement; ``ledger_index`` is null while its entry is on the way."""

    name: str
    lang: str
    format: str
    sha256: str
    bytes: int
    issued_by: str
    issued_at: datetime
    ledger_index: int | None


class RetirementOut(Schema):
    """Units that were used up for somebody, and the statement of it. ``files`` is empty before it is issued."""

    posting: int = Field(description="Its number.")
    purpose: str
    beneficiary: str
    year: int
    quantity: int
    ledger_index: int | None = Field(description="Of the posting; the statement can be issued once it is there.")
    files: list[RetirementFileOut]


def _row(call: Call, pk: int) -> Posting:
    """Raises Http404 for a posting that retired nothing."""
    row: Posting = get_object_or_404(
        Posting.objects.visible_to(call.user).of(call.organisation).select_related("organisation"), pk=pk
    )
    if not retirement.is_retirement(row):
        raise Said(404, Wrong("call.not-there"))
    return row


def _told(row: Posting) -> dict[str, Any]:
    record, event = read_record(row.record), retirement.entry(row)
    claim = record.claim
    assert claim is not None
    return {
        "posting": row.number, "purpose": claim.purpose, "beneficiary": claim.beneficiary, "year": claim.year,
        "quantity": sum(lot.quantity for lot in record.made if lot.place in FINAL), "ledger_index": event.entry_index if event else None,
        "files": [
            {"name": each.name, "lang": each.language, "format": each.form, "sha256": each.digest, "bytes": each.bytes,
             "issued_by": each.issued_by.name, "issued_at": each.issued_at, "ledger_index": each.event.entry_index}
            for each in retirement.papers(row)
        ],
    }  # fmt: skip


@router.get("/assets/postings/{pk}/retirement", response={200: RetirementOut, **REFUSED})
def retirement_statement(request: Call, pk: int) -> Any:
    """What was retired for whom, and the files of its statement; 404 for a posting that retired nothing."""
    need(request, Act.WHOLE)
    return _told(_row(request, pk))


@router.post("/assets/postings/{pk}/retirement", response={200: RetirementOut, **WRITES})
@once
def issue_retirement_statement(request: Call, pk: int) -> tuple[int, Any]:
    """Writes PDF and HTML in both languages and enters each into the ledger; done once, whoever asks again."""
    need(request, Act.WHOLE)
    row = _row(request, pk)
    need(request, Act.ASSETS)
    if not retirement.issue(request.membership, row):
        raise ValidationError(retirement.WAITS)
    return 200, RetirementOut(**_told(row)).model_dump(mode="json")


@router.get("/assets/postings/{pk}/retirement/files/{name}", response={200: None, **REFUSED}, openapi_extra=FILE)
def retirement_file(request: Call, pk: int, name: str) -> Any:
    """A file of the statement, or its proof: ``NAME.tlog-proof`` beside it is what ``hengtan verify`` wants; 404 while the entry is on the way."""
    need(request, Act.WHOLE)
    row = _row(request, pk)
    found = next((each for each in retirement.papers(row) if each.name == name.removesuffix(SUFFIX)), None)
    if found is None:
        raise Said(404, Wrong("call.not-there"))
    if name.endswith(SUFFIX):
        proof = vault.proof(found.event)
        if proof is None:
            raise Said(404, Wrong("call.not-there"))
        return HttpResponse(proof, content_type="application/octet-stream")
    opened = vault.facts(request.organisation).path(found.digest).open("rb")
    return FileResponse(opened, content_type=retirement.FORMS[found.form], filename=name, as_attachment=True)
