"""Who calls; jobs; the ledger."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.http import HttpResponse
from django.shortcuts import get_object_or_404
from ninja import Router, Schema

from hengtan.problems import Problem as Wrong
from hengtan.web.jobs import services as jobs_services
from hengtan.web.jobs.models import Job
from hengtan.web.organisations.roles import Act
from hengtan.web.vault import services as vault
from hengtan.web.vault.models import Outbox

from .boundary import _shown
from .door import Call, Said, need
from .wire import PAGING, REFUSED, WRITES, Page, Paging, Problem, lang, once, page

router = Router()
PROOF = "application/octet-stream"


class Me(Schema):
    """Whom the token acts for, where, and what it may do."""

    organisation: str
    organisation_id: str
    person: str
    role: str
    token: str
    scopes: list[str]
    expires_at: datetime


class JobOut(Schema):
    """Long work. ``done`` of ``total`` in what the phase counts; total 0: not known."""

    id: str
    kind: str
    title: str
    state: str
    phase: str
    done: int
    total: int
    problems: list[Problem]
    reference: str
    created_at: datetime
    ended_at: datetime | None


class EventOut(Schema):
    """Something that happened and stands in the ledger, or waits for it."""

    id: int
    kind: str
    at: datetime
    ledger_index: int | None


def _job(row: Job) -> dict[str, Any]:
    return {
        "id": row.key, "kind": row.kind, "title": str(row.title), "state": row.state, "phase": str(row.phase_title),
        "done": row.done, "total": row.total, "problems": row.told(lang()), "reference": row.reference,
        "created_at": row.created_at, "ended_at": row.ended_at,
    }  # fmt: skip


def _jobs(call: Call) -> Any:
    return Job.objects.visible_to(call.user).of(call.organisation).select_related("organisation")


def _own(call: Call, key: str) -> Job:
    row: Job = get_object_or_404(_jobs(call), key=key)
    if row.created_by_id != call.user.pk and not call.membership.may(Act.PEOPLE):
        raise Said(404, Wrong("call.not-there"))
    return row


@router.get("/me", response={200: Me, **REFUSED}, tags=["About"])
def me(request: Call) -> Any:
    """Whom the token acts for."""
    return {
        "organisation": request.organisation.name, "organisation_id": request.organisation.key,
        "person": request.user.name, "role": request.membership.role, "token": request.token.name,
        "scopes": request.token.scopes, "expires_at": request.token.expires_at,
    }  # fmt: skip


@router.get("/jobs", response={200: Page[JobOut], **REFUSED}, tags=["Jobs"])
def jobs(request: Call, paging: Paging = PAGING) -> Any:
    """Long work that the person may see."""
    need(request, Act.READ)
    return page(_jobs(request), paging, _job)


@router.get("/jobs/{key}", response={200: JobOut, **REFUSED}, tags=["Jobs"])
def job(request: Call, key: str) -> Any:
    """One."""
    need(request, Act.READ)
    return _job(get_object_or_404(_jobs(request), key=key))


@router.post("/jobs/{key}/retry", response={200: JobOut, **WRITES}, tags=["Jobs"])
@once
def retry(request: Call, key: str) -> tuple[int, Any]:
    """Once more from the beginning, if it failed or was cancelled."""
    need(request, Act.ENTER)
    row = _own(request, key)
    jobs_services.retry(row)
    row.refresh_from_db()
    return 200, _shown(JobOut, _job(row))


@router.post("/jobs/{key}/cancel", response={200: JobOut, **WRITES}, tags=["Jobs"])
@once
def cancel(request: Call, key: str) -> tuple[int, Any]:
    """At once when it waits; when it runs, where it can stop."""
    need(request, Act.ENTER)
    row = _own(request, key)
    jobs_services.cancel(row)
    row.refresh_from_db()
    return 200, _shown(JobOut, _job(row))


@router.get("/events", response={200: Page[EventOut], **REFUSED}, tags=["Ledger"])
def events(request: Call, paging: Paging = PAGING) -> Any:
    """What happened, in the order in which it did."""
    need(request, Act.WHOLE)
    rows = Outbox.objects.visible_to(request.user).of(request.organisation)
    return page(rows, paging, lambda row: {
        "id": row.pk, "kind": row.kind, "at": row.created_at, "ledger_index": row.entry_index,
    })  # fmt: skip


@router.get("/events/{int:pk}/proof", response={200: None, **REFUSED}, tags=["Ledger"], openapi_extra={"responses": {200: {
    "description": "C2SP tlog-proof", "content": {PROOF: {"schema": {"type": "string", "format": "binary"}}}}}})  # fmt: skip
def event_proof(request: Call, pk: int) -> Any:
    """The proof that the event stands in the signed log, which anybody can verify offline."""
    need(request, Act.WHOLE)
    mine = Outbox.objects.visible_to(request.user).of(request.organisation).select_related("organisation")
    found = vault.proof(get_object_or_404(mine, pk=pk))
    if found is None:
        raise Said(404, Wrong("call.not-there"))
    return HttpResponse(found, content_type=PROOF)


@router.get("/ledger/checkpoint", response={200: None, **REFUSED}, tags=["Ledger"], openapi_extra={"responses": {200: {
    "description": "C2SP tlog-checkpoint", "content": {"text/plain": {"schema": {"type": "string"}}}}}})  # fmt: skip
def checkpoint(request: Call) -> Any:
    """The newest signed root of the organisation's log. Keep it: a later log must agree with it."""
    need(request, Act.WHOLE)
    try:
        text = (vault.ledger(request.organisation) / "checkpoint").read_bytes()
    except OSError:
        raise Said(404, Wrong("call.not-there")) from None
    return HttpResponse(text, content_type="text/plain; charset=utf-8")


@router.get("/ledger/vkey", response={200: None, **REFUSED}, tags=["Ledger"], openapi_extra={"responses": {200: {
    "description": "C2SP signed-note verifier key", "content": {"text/plain": {"schema": {"type": "string"}}}}}})  # fmt: skip
def vkey(request: Call) -> Any:
    """The key that vouches for the log."""
    need(request, Act.WHOLE)
    return HttpResponse(vault.vkey(request.organisation) + "\n", content_type="text/plain; charset=utf-8")
