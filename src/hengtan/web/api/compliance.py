"""Compliance plans: given as JSON, planned by a job, approved by a second person."""

from __future__ import annotations

import json
from datetime import date, datetime
from decimal import Decimal
from typing import Any, Literal

from django.db.models import QuerySet
from django.shortcuts import get_object_or_404
from django.utils import timezone
from ninja import Router, Schema
from pydantic import Field

from hengtan.problems import Problem as Wrong
from hengtan.web.assets import services as assets
from hengtan.web.assets.models import Proposal
from hengtan.web.compliance import assigned, begin, live, making, services, steps
from hengtan.web.compliance.models import CompliancePlan
from hengtan.web.compliance.propose import propose
from hengtan.web.organisations.roles import Act
from hengtan.web.runs.words import lang

from .door import Call, Said, need
from .wire import PAGING, REFUSED, WRITES, Page, Paging, ask, once, page

router = Router(tags=["Chinese rules"])
YEARS = ask([], max_length=6, description="Compliance years; none: the next to be surrendered.")
YEAR = ask(None, ge=2019, le=2100, description="Of the emissions; left out: every year of the plan.")
ENTITIES = ask([], max_length=500, description="Names of entities; none: all that are known.")
AS_OF = ask(None, ge=making.FIRST, le=making.LAST, description="Day of the plan; left out: today.")


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


class BegunFromOut(Schema):
    """Where a part of the input came from."""

    pointer: str = Field(description="JSON pointer into the input.")
    source: str
    name: str
    day: str
    en: str
    zh: str


class BegunAskedOut(Schema):
    """What lacks, or cannot be."""

    pointer: str
    code: str
    en: str
    zh: str


class CompliancePlanBegunOut(Schema):
    """An input that is filled as far as anything is known. ``asked``: what is to be added before it can be planned; empty: it can be."""

    input: dict[str, Any]
    origins: list[BegunFromOut]
    asked: list[BegunAskedOut]


class PlanStepOut(Schema):
    """What a line of a plan asks of the book: one posting, and how far it has come.

    kind: of the event; state: open, partly, proposed or posted; proposals, postings: numbers in the book; why: what keeps it from being proposed now.
    """

    line: int
    kind: str
    entity: str
    to_entity: str
    unit: str
    t: int
    open_t: int
    year: int | None
    state: str
    proposals: list[int]
    postings: list[int]
    why: str


class PlanStepsOut(Schema):
    """The steps of a plan."""

    items: list[PlanStepOut]


class PlanProposeIn(Schema):
    """Surrenders and offsets of a year; ``lines``: of these alone, else of all."""

    year: int = Field(ge=2019, le=2100)
    lines: list[int] = Field(default=[], max_length=2000)


class ProposedStepOut(Schema):
    """What came of a step: the proposals that were made now, or why there is none."""

    line: int
    entity: str
    unit: str
    t: int
    proposals: list[int]
    why: str


class ProposedStepsOut(Schema):
    """What came of every step that was open."""

    items: list[ProposedStepOut]


class PlanAssignIn(Schema):
    """What was proposed or posted without the plan, and the step that it is. ``undo``: it is not that step after all."""

    line: int = Field(ge=1, le=100_000)
    kind: Literal["buy", "sell", "transfer", "release", "carry_over", "surrender"]
    proposal: int = Field(ge=1, description="Its number; of a posting that of its proposal.")
    reason: str = Field("", max_length=300, description="Needed for what is posted, and to take it back.")
    undo: bool = False


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


@router.get("/compliance-plans/begin", response={200: CompliancePlanBegunOut, **REFUSED})
def begin_compliance_plan(
    request: Call,
    year: list[int] = YEARS,
    entity: list[str] = ENTITIES,
    as_of: date | None = AS_OF,
) -> Any:
    """The input of a new plan out of what is known: holdings, pledges, quotes, emissions, allowances to come. What nobody knows is left out and asked for; add it and post the input."""
    need(request, Act.WHOLE)
    need(request, Act.ASSETS)
    found = making.of_book(request, as_of or timezone.localdate(), [str(each) for each in year], entity)
    return {
        "input": found.value,
        "origins": [
            {"pointer": pointer, "source": said.kind, "name": said.name, "day": said.day, **begin.told(said)} for pointer, said in found.said.items()
        ],
        "asked": [
            {"pointer": pointer, "code": each.code, **{lang: f"{each.reason(lang)} {each.mend(lang)}" for lang in ("en", "zh")}}
            for pointer, each in found.asked()
        ],
    }  # fmt: skip


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


@router.get("/compliance-plans/{key}/steps", response={200: PlanStepsOut, **REFUSED})
def compliance_plan_steps(request: Call, key: str, year: int | None = YEAR) -> Any:
    """What its lines ask of the book and how far each has come; ``year``: of these emissions alone."""
    need(request, Act.WHOLE)
    one = get_object_or_404(_mine(request), key=key)
    if not one.is_done:
        return {"items": []}
    with assets.reading(one.organisation) as store:
        found, taken = live.live(store, year or one.record["years"][0], timezone.localdate()), steps.waiting(store)
    parts = steps.parts(one.record, year)
    steps.seen(one.organisation, one, parts)
    steps.hindered(one, parts, found, taken)
    return {"items": [_step(each) for each in parts]}


def _step(each: steps.Part) -> dict[str, Any]:
    return {
        "line": each.line, "kind": each.kind, "entity": each.entity[0], "to_entity": each.to[0], "unit": each.unit, "t": each.t, "open_t": each.open_t,
        "year": each.year, "state": each.state, "proposals": [number for number, _t, _posting in each.done],
        "postings": [posting.number for _number, _t, posting in each.done if posting is not None], "why": each.why,
    }  # fmt: skip


@router.post("/compliance-plans/{key}/steps/assign", response={200: PlanStepOut, **WRITES})
@once
def assign_compliance_plan_step(request: Call, key: str, given: PlanAssignIn) -> tuple[int, Any]:
    """Says that what somebody proposed or posted without the plan is this step of it, or that it is not; the ledger keeps who said so. Never by itself."""
    need(request, Act.WHOLE)
    one = get_object_or_404(_mine(request), key=key)
    need(request, Act.ASSETS)
    proposals = Proposal.objects.visible_to(request.user).of(request.organisation)
    row = get_object_or_404(proposals.filter(pk__lt=2**63), pk=min(given.proposal, 2**63 - 1))
    step = f"{given.line}:{given.kind}"
    if given.undo:
        assigned.undo(request.membership, one, row.pk, given.reason)
    else:
        assigned.assign(request.membership, one, step, row.pk, given.reason)
    parts = steps.parts(one.record)
    steps.seen(one.organisation, one, parts)
    part = next((each for each in parts if each.key == step), None)
    if part is None:
        raise Said(404, Wrong("call.not-there"))
    return 200, _step(part)


@router.post("/compliance-plans/{key}/steps/propose", response={200: ProposedStepsOut, **WRITES})
@once
def propose_compliance_plan_steps(request: Call, key: str, given: PlanProposeIn) -> tuple[int, Any]:
    """Surrenders and offsets go before a second person, as far as the book can do them now; each once, whoever asks."""
    need(request, Act.WHOLE)
    one = get_object_or_404(_mine(request), key=key)
    need(request, Act.ASSETS)
    answers = propose(request.membership, one, given.year, timezone.localdate(), given.lines) if one.is_done else []
    return 200, {
        "items": [
            {
                "line": each.part.line, "entity": each.part.entity[0], "unit": each.part.unit, "t": each.part.open_t, "proposals": list(each.made),
                "why": each.why or " ".join(problem.sentence(lang()) for problem in each.problems),
            }
            for each in answers
        ]
    }  # fmt: skip
