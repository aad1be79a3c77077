"""Compliance plans: given as JSON, planned by a job, approved by a second person."""

from __future__ import annotations

import json
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from django.db.models import QuerySet
from django.shortcuts import get_object_or_404
from ninja import Router, Schema
from pydantic import Field

from hengtan.web.compliance import services
from hengtan.web.compliance.models import CompliancePlan
from hengtan.web.organisations.roles import Act

from .door import Call, need
from .wire import PAGING, REFUSED, WRITES, Page, Paging, once, page

router = Router(tags=["Chinese rules"])


class CompliancePlanIn(Schema):
    """``input``: what ``hengtan comply schema`` describes."""

    input: dict[str, Any] = Field(description="By the JSON Schema of hengtan comply schema --input.")


class CompliancePlanOut(Schema):
    """A plan. ``plan``: by the schema of hengtan comply schema --output, null in lists and while the job runs."""

    id: str
    title: str
    as_of: date
    years: list[int]
    sample: bool
    status: str
    step: str
    gap_t: int
    cost_cny: Decimal | None
    rules_broken: int
    job: str | None
    input_sha256: str
    plan_sha256: str
    plan: dict[str, Any] | None
    created_by: str
    created_at: datetime
    decided_by: str | None
    comment: str
    ledger_index: int | None


class PlanReturnIn(Schema):
    """Why it is returned."""

    comment: str = Field(min_length=1, max_length=1000)


def _told(one: CompliancePlan, *, whole: bool = False) -> dict[str, Any]:
    return {
        "id": one.key, "title": one.title, "as_of": one.as_of, "years": one.years, "sample": one.sample, "status": one.status, "step": one.step,
        "gap_t": one.gap_t, "cost_cny": one.cost_cny, "rules_broken": one.broken, "job": one.job.key if one.job else None,
        "input_sha256": one.digest, "plan_sha256": one.record_digest, "plan": one.record if whole and one.is_done else None,
        "created_by": one.created_by.name, "created_at": one.created_at, "decided_by": one.decided_by.name if one.decided_by else None,
        "comment": one.comment, "ledger_index": one.entry.entry_index if one.entry else None,
    }  # fmt: skip


def _answer(one: CompliancePlan) -> Any:
    return CompliancePlanOut(**_told(one, whole=True)).model_dump(mode="json")


def _mine(call: Call) -> QuerySet[CompliancePlan]:
    rows = CompliancePlan.objects.visible_to(call.user).of(call.organisation)
    return rows.select_related("organisation", "job", "created_by", "submitted_by", "decided_by", "entry")


@router.get("/compliance-plans", response={200: Page[CompliancePlanOut], **REFUSED})
def compliance_plans(request: Call, paging: Paging = PAGING) -> Any:
    """All, without the plans themselves."""
    need(request, Act.WHOLE)
    return page(_mine(request).defer("record"), paging, _told)


@router.post("/compliance-plans", response={202: CompliancePlanOut, **WRITES})
@once
def new_compliance_plan(request: Call, given: CompliancePlanIn) -> tuple[int, Any]:
    """What is given is checked and kept; the plan is found by a job."""
    need(request, Act.ASSETS)
    made = services.make(request.membership, json.dumps(given.input, ensure_ascii=False))
    return 202, _answer(get_object_or_404(_mine(request), pk=made.pk))


@router.get("/compliance-plans/{key}", response={200: CompliancePlanOut, **REFUSED})
def compliance_plan(request: Call, key: str) -> Any:
    """One, with all that it says."""
    need(request, Act.WHOLE)
    return _told(get_object_or_404(_mine(request), key=key), whole=True)


@router.post("/compliance-plans/{key}/submit", response={200: CompliancePlanOut, **WRITES})
@once
def submit_compliance_plan(request: Call, key: str) -> tuple[int, Any]:
    """Ask for a second person; only a plan that keeps every rule."""
    need(request, Act.WHOLE)
    one = get_object_or_404(_mine(request), key=key)
    need(request, Act.ASSETS)
    services.submit(request.membership, one)
    return 200, _answer(get_object_or_404(_mine(request), key=key))


@router.post("/compliance-plans/{key}/approve", response={200: CompliancePlanOut, **WRITES})
@once
def approve_compliance_plan(request: Call, key: str) -> tuple[int, Any]:
    """By somebody who neither made nor submitted it."""
    return _decide(request, key, approve=True)


@router.post("/compliance-plans/{key}/return", response={200: CompliancePlanOut, **WRITES})
@once
def return_compliance_plan(request: Call, key: str, given: PlanReturnIn) -> tuple[int, Any]:
    """With a reason."""
    return _decide(request, key, approve=False, comment=given.comment)


def _decide(request: Call, key: str, *, approve: bool, comment: str = "") -> tuple[int, Any]:
    need(request, Act.WHOLE)
    one = get_object_or_404(_mine(request), key=key)
    need(request, Act.APPROVE)
    services.decide(request.membership, one, approve=approve, comment=comment)
    return 200, _answer(get_object_or_404(_mine(request), key=key))
