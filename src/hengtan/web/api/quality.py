"""Data quality control plans."""

from __future__ import annotations

from datetime import date
from typing import Any

from django.core.exceptions import ValidationError
from django.db.models import Prefetch
from django.http import Http404
from django.shortcuts import get_object_or_404
from django.utils import timezone
from django.utils.translation import gettext as _
from ninja import Router, Schema
from pydantic import Field

from hengtan.sectors import sector_methods
from hengtan.sectors.quality import calibrations
from hengtan.web.organisations.roles import Act
from hengtan.web.quality import services
from hengtan.web.quality.models import Plan, may_enter
from hengtan.web.statements.models import Statement

from .boundary import _shown
from .door import Call, need
from .wire import PAGING, REFUSED, WRITES, Page, Paging, ask, lang, once, page

router = Router(tags=["Chinese rules"])


class CalibrationOut(Schema):
    """An instrument, and until when its calibration holds; ``days``: until then, negative when over."""

    instrument: str
    serial: str
    next: date
    days: int
    parameters: list[str]


class QualityProblem(Schema):
    """What a plan lacks, or what a statement does otherwise. ``row``: line of the plan from 1, or row of the statement."""

    code: str
    row: int | None
    reason: str
    mend: str


class QualityPlanOut(Schema):
    """One version of a data quality control plan. ``plan``: what it says, only for one version."""

    id: str
    entity: str
    name: str
    method: str
    version: int
    year: int
    state: str
    valid_from: date
    in_force: bool = Field(description="Whether it counts today.")
    why: str
    reason: str
    problems: list[QualityProblem]
    calibrations: list[CalibrationOut]
    plan: dict[str, Any] | None
    sha256: str
    ledger_index: int | None
    made_by: str
    decided_by: str | None
    comment: str


class QualityPlanIn(Schema):
    """The first version for an enterprise and guideline; ``statement``: whose units and parameters it begins with."""

    name: str = Field(min_length=1, max_length=120)
    method: str = Field(max_length=60)
    year: int = Field(ge=2013, le=2100)
    valid_from: date
    statement: str = Field("", max_length=16)


class PlanBodyIn(Schema):
    """What the version says, in place of what it said: as ``plan`` of a version gives it."""

    entity: dict[str, str] = Field(default_factory=dict, max_length=50)
    boundary: str = Field("", max_length=2000)
    facilities: list[dict[str, str]] = Field(default_factory=list, max_length=500)
    lines: list[dict[str, str]] = Field(default_factory=list, max_length=2000)
    management: dict[str, str] = Field(default_factory=dict, max_length=50)


class RevisionIn(Schema):
    """Why there is a new version: facility, instrument, wrong, better, guideline, year or other (then ``reason`` says it)."""

    why: str = Field(max_length=12)
    reason: str = Field("", max_length=500)
    year: int = Field(ge=2013, le=2100)
    valid_from: date


class ReturnIn(Schema):
    """What is to be mended."""

    comment: str = Field(min_length=1, max_length=1000)


def _plan(row: Plan, *, whole: bool = False) -> dict[str, Any]:
    today = timezone.localdate()
    found = services.problems(row) if whole and row.is_open else []
    due = calibrations(services.content(row), today) if whole else []
    valid = services.in_force(list(row.entity.plans.all()), today)
    return {
        "id": row.key, "entity": row.entity.key, "name": row.entity.name, "method": row.entity.method, "version": row.version,
        "year": row.year, "state": row.state, "valid_from": row.valid_from, "in_force": valid is not None and valid.pk == row.pk,
        "why": row.why, "reason": row.reason, "problems": [_problem(each) for each in found],
        "calibrations": [{"instrument": each.instrument, "serial": each.serial, "next": each.next, "days": each.days, "parameters": list(each.parameters)} for each in due],
        "plan": row.body if whole else None, "sha256": row.digest, "ledger_index": row.entry.entry_index if row.entry else None,
        "made_by": row.created_by.name, "decided_by": row.decided_by.name if row.decided_by else None, "comment": row.comment,
    }  # fmt: skip


def _problem(each: Any) -> dict[str, Any]:
    return {"code": each.code, "row": each.row, "reason": each.reason(lang()), "mend": each.mend(lang())}


def _mine(call: Call) -> Any:
    rows = Plan.objects.visible_to(call.user).of(call.organisation)
    return rows.select_related(
        "organisation", "entity", "created_by", "decided_by", "entry", "supersedes"
    ).prefetch_related(Prefetch("entity__plans", Plan.objects.defer("body")))


def _one(call: Call, key: str, *, change: bool = False) -> Plan:
    need(call, Act.READ)
    row: Plan = get_object_or_404(_mine(call), key=key)
    if change:
        need(call, Act.ENTER)
        if not may_enter(call.membership, row.entity):
            raise ValidationError(_("Somebody else gathers the evidence of this enterprise."))
    return row


def _answer(status: int, row: Plan, call: Call) -> tuple[int, Any]:
    return status, _shown(QualityPlanOut, _plan(_mine(call).get(pk=row.pk), whole=True))


@router.get("/quality-plans", response={200: Page[QualityPlanOut], **REFUSED})
def quality_plans(request: Call, paging: Paging = PAGING) -> Any:
    """All versions that this person may see, without what they say."""
    need(request, Act.READ)
    return page(_mine(request).defer("body"), paging, _plan)


@router.post("/quality-plans", response={201: QualityPlanOut, **WRITES})
@once
def new_quality_plan(request: Call, given: QualityPlanIn) -> tuple[int, Any]:
    """A draft with what a statement gave, else with what the guideline asks of everybody."""
    need(request, Act.ENTER)
    if given.method not in sector_methods():
        raise ValidationError({"method": _("No such guideline.")})
    statement = None
    if given.statement:
        seen = Statement.objects.visible_to(request.user).of(request.organisation)
        statement = get_object_or_404(seen, key=given.statement, method=given.method)
    return _answer(
        201,
        services.make(request.membership, given.name, given.method, given.year, given.valid_from, statement),
        request,
    )


@router.get("/quality-plans/{key}", response={200: QualityPlanOut, **REFUSED})
def quality_plan(request: Call, key: str) -> Any:
    """One version: what it says, what it lacks, when its instruments are due."""
    return _plan(_one(request, key), whole=True)


@router.put("/quality-plans/{key}/plan", response={200: QualityPlanOut, **WRITES})
@once
def fill_quality_plan(request: Call, key: str, given: PlanBodyIn) -> tuple[int, Any]:
    """What an open version says from now on; what it lacks is told, and it stays as it was sent."""
    row = _one(request, key, change=True)
    return _answer(200, services.fill(row, given.model_dump()), request)


@router.post("/quality-plans/{key}/submit", response={200: QualityPlanOut, **WRITES})
@once
def submit_quality_plan(request: Call, key: str) -> tuple[int, Any]:
    """Asks for approval."""
    return _answer(200, services.submit(request.membership, _one(request, key, change=True)), request)


@router.post("/quality-plans/{key}/approve", response={200: QualityPlanOut, **WRITES})
@once
def approve_quality_plan(request: Call, key: str) -> tuple[int, Any]:
    """By somebody who did not make it."""
    row = _one(request, key)
    need(request, Act.APPROVE)
    return _answer(200, services.decide(request.membership, row, approve=True, comment=""), request)


@router.post("/quality-plans/{key}/return", response={200: QualityPlanOut, **WRITES})
@once
def return_quality_plan(request: Call, key: str, given: ReturnIn) -> tuple[int, Any]:
    """With what is to be mended."""
    row = _one(request, key)
    need(request, Act.APPROVE)
    return _answer(200, services.decide(request.membership, row, approve=False, comment=given.comment), request)


@router.post("/quality-plans/{key}/revise", response={201: QualityPlanOut, **WRITES})
@once
def revise_quality_plan(request: Call, key: str, given: RevisionIn) -> tuple[int, Any]:
    """A new version of an approved one, with its reason."""
    row = _one(request, key, change=True)
    return _answer(
        201,
        services.revise(request.membership, row, given.why, given.reason.strip(), given.year, given.valid_from),
        request,
    )


@router.get("/quality-plans/{key}/statement", response={200: list[QualityProblem], **REFUSED})
def beside_statement(request: Call, key: str, statement: str = ask("", max_length=16)) -> Any:
    """What a statement of the enterprise does otherwise than the plan says; without one, that of the plan's year."""
    row = _one(request, key)
    seen = Statement.objects.visible_to(request.user).of(request.organisation)
    seen = seen.filter(name=row.entity.name, method=row.entity.method)
    beside = get_object_or_404(seen, key=statement) if statement else services.statement_of(row.entity, row.year)
    if beside is None or not seen.filter(pk=beside.pk).exists():
        raise Http404
    return [_problem(each) for each in services.compared(row, beside)]
