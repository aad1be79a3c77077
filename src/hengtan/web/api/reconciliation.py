"""Three boundaries: statements handed to the inventory, reconciled with a run, explained and signed; allowances from statements."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.core.exceptions import ValidationError
from django.db.models import QuerySet
from django.shortcuts import get_object_or_404
from django.utils.translation import gettext as _
from ninja import Router, Schema
from pydantic import Field

from hengtan.web.market import services as market
from hengtan.web.market.models import Kind
from hengtan.web.organisations.roles import Act
from hengtan.web.reconciliation import handing, services
from hengtan.web.reconciliation.models import Reconciliation
from hengtan.web.runs.models import Run
from hengtan.web.statements.models import Statement

from .door import Call, need
from .sectors import AllocationOut, allocation_out
from .wire import PAGING, REFUSED, WRITES, Page, Paging, once, page

router = Router(tags=["Chinese rules"])
KEY: Any = Field(max_length=16)


class ReconciliationIn(Schema):
    """Approved statements of one year, and a run that is done; ``facilities`` of it that are the enterprise, empty for all."""

    name: str = Field(min_length=1, max_length=120)
    statements: list[str] = Field(min_length=1, max_length=services.MOST_STATEMENTS, description="Ids of statements.")
    run: str = Field(max_length=16, description="Id of a run.")
    facilities: list[str] = Field([], max_length=200)


class ReconciliationOut(Schema):
    """Totals in t CO2e as decimal text; ``lines`` only for one: sides by view, parts of each difference, what is left."""

    id: str
    name: str
    year: int
    run: str
    statements: list[str]
    totals: dict[str, str]
    steps: list[dict[str, Any]]
    remainder: str
    stale: bool
    lines: list[dict[str, Any]] | None
    notes: list[dict[str, Any]] | None
    signed_by: str | None
    signed_at: datetime | None
    record_sha256: str
    created_by: str
    created_at: datetime
    ledger_index: int | None


class NoteIn(Schema):
    """A word on what no rule explains; ``step``: 0 carbon market to guideline, 1 guideline to inventory."""

    line: str = Field(min_length=1, max_length=160)
    step: int = Field(ge=0, le=1)
    text: str = Field(min_length=1, max_length=1000)


class HandOverIn(Schema):
    """``own``: by the statement's own values; else by what the policy chooses in the library."""

    facility: str = Field(min_length=1, max_length=200)
    own: bool = True


class HandOverOut(Schema):
    """The batch that the statement became; ``left``: what no activity of the inventory holds."""

    batch: str
    rows: int
    left: list[dict[str, str]]


class AllocationFromIn(Schema):
    """Approved statements of one sector and year; ``given``: by statement and unit what a person says beside it."""

    name: str = Field(min_length=1, max_length=120)
    values: Kind = Kind.BENCHMARK
    statements: list[str] = Field(min_length=1, max_length=market.MOST_STATEMENTS)
    given: dict[str, dict[str, dict[str, str]]] = Field({}, max_length=market.MOST_STATEMENTS)


def _told(one: Reconciliation, *, whole: bool = False) -> dict[str, Any]:
    notes = [{"line": each.line, "step": each.step, "text": each.text, "by": each.by.name, "at": each.at.isoformat()}
             for each in one.notes.select_related("by")] if whole else None  # fmt: skip
    return {
        "id": one.key, "name": one.name, "year": one.year, "run": one.run.key, "statements": list(one.taken), "totals": one.record["totals"],
        "steps": one.record["steps"], "remainder": one.remainder, "stale": services.stale(one) if whole else False,
        "lines": one.record["lines"] if whole else None, "notes": notes, "signed_by": one.signed_by.name if one.signed_by else None,
        "signed_at": one.signed_at, "record_sha256": one.digest, "created_by": one.created_by.name, "created_at": one.created_at,
        "ledger_index": one.entry.entry_index if one.entry else None,
    }  # fmt: skip


def _mine(call: Call) -> QuerySet[Reconciliation]:
    rows = Reconciliation.objects.visible_to(call.user).of(call.organisation)
    return rows.select_related("organisation", "run", "created_by", "signed_by", "entry")


def _statements(call: Call, keys: list[str]) -> list[Statement]:
    """In the order in which they are named; ValidationError for one that is not there."""
    found = Statement.objects.visible_to(call.user).of(call.organisation).filter(key__in=keys)
    known = {each.key: each for each in found}
    if missing := [key for key in keys if key not in known]:
        raise ValidationError({"statements": _("There is no statement %(key)s.") % {"key": missing[0]}})
    return [known[key] for key in dict.fromkeys(keys)]


@router.get("/reconciliations", response={200: Page[ReconciliationOut], **REFUSED})
def reconciliations(request: Call, paging: Paging = PAGING) -> Any:
    """All, without their lines; ``stale`` is told of one alone."""
    need(request, Act.WHOLE)
    return page(_mine(request), paging, _told)


@router.post("/reconciliations", response={201: ReconciliationOut, **WRITES})
@once
def new_reconciliation(request: Call, given: ReconciliationIn) -> tuple[int, Any]:
    """Lines up and explains; what it finds never changes."""
    need(request, Act.CALCULATE)
    run = Run.objects.visible_to(request.user).of(request.organisation).filter(key=given.run).first()
    if run is None:
        raise ValidationError({"run": _("There is no such run.")})
    made = services.make(request.membership, given.name, _statements(request, given.statements), run, given.facilities)
    return 201, ReconciliationOut(**_told(made, whole=True)).model_dump(mode="json")


@router.get("/reconciliations/{key}", response={200: ReconciliationOut, **REFUSED})
def reconciliation(request: Call, key: str) -> Any:
    """One, with every line, part and word."""
    need(request, Act.WHOLE)
    return _told(get_object_or_404(_mine(request), key=key), whole=True)


@router.post("/reconciliations/{key}/notes", response={201: ReconciliationOut, **WRITES})
@once
def new_note(request: Call, key: str, given: NoteIn) -> tuple[int, Any]:
    """A person explains what is left of a line."""
    need(request, Act.WHOLE)
    one = get_object_or_404(_mine(request), key=key)
    need(request, Act.CALCULATE)
    services.say(request.membership, one, given.line, given.step, given.text)
    return 201, ReconciliationOut(**_told(one, whole=True)).model_dump(mode="json")


@router.post("/reconciliations/{key}/sign", response={200: ReconciliationOut, **WRITES})
@once
def sign_reconciliation(request: Call, key: str) -> tuple[int, Any]:
    """By somebody who neither made nor explained it."""
    need(request, Act.WHOLE)
    one = get_object_or_404(_mine(request), key=key)
    need(request, Act.APPROVE)
    services.sign(request.membership, one)
    return 200, ReconciliationOut(**_told(get_object_or_404(_mine(request), key=key), whole=True)).model_dump(
        mode="json"
    )


@router.post("/statements/{key}/hand-over", response={202: HandOverOut, **WRITES})
@once
def hand_over(request: Call, key: str, given: HandOverIn) -> tuple[int, Any]:
    """An approved statement becomes a batch of activities, which is checked and asks for approval."""
    need(request, Act.READ)
    rows = (
        Statement.objects.visible_to(request.user).of(request.organisation).select_related("organisation", "supersedes")
    )
    one = get_object_or_404(rows, key=key)
    need(request, Act.ENTER)
    made = handing.hand_over(request.membership, one, given.facility, own=given.own)
    rows_in = made.batch.outline[0]["rows"]
    return 202, HandOverOut(batch=made.batch.key, rows=rows_in, left=made.left).model_dump(mode="json")


@router.post("/allocations-from-statements", response={201: AllocationOut, **WRITES})
@once
def allocation_from_statements(request: Call, given: AllocationFromIn) -> tuple[int, Any]:
    """Works approved statements out by the plan of their year; what they lack is told among the problems."""
    need(request, Act.CALCULATE)
    made = market.make_from_statements(
        request.membership, given.name, given.values, _statements(request, given.statements), given.given
    )
    return 201, AllocationOut(**allocation_out(made, whole=True)).model_dump(mode="json")
