"""Own factors, policies and methods: proposed, shown, submitted, decided on by somebody else."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any

from django.shortcuts import get_object_or_404
from ninja import Router, Schema
from pydantic import Field

from hengtan.web.jobs.models import UNDER_WAY
from hengtan.web.library import own_factors, own_methods, own_policies, proposals, services
from hengtan.web.library.models import OwnFactor, OwnMethod, OwnPolicy, Proposal
from hengtan.web.organisations.roles import Act

from .door import Call, need
from .wire import PAGING, REFUSED, WRITES, Page, Paging, once, page

router = Router(tags=["Own factors, policy, methods"])


class ProposalOut(Schema):
    """What all three have in common. state: draft, submitted, approved, returned, superseded."""

    id: str = Field(description="Its key.")
    name: str
    version: int
    state: str
    reason: str
    comment: str
    sha256: str = Field(description="Of its content, once submitted.")
    supersedes: str | None
    created_by: str
    created_at: datetime
    submitted_at: datetime | None
    decided_by: str | None
    decided_at: datetime | None


class OwnFactorOut(ProposalOut):
    """cells: the columns of a factor file, as they were typed."""

    factor_id: str
    cells: dict[str, str]
    document: str
    document_sha256: str


class OwnPolicyOut(ProposalOut):
    """body: YAML; effect: what it would change, null until that is computed or for who may not see the whole organisation."""

    body: str
    job: str | None = Field(description="The key of the job that computes the effect, while it is under way.")
    effect: dict[str, Any] | None


class OwnMethodOut(ProposalOut):
    """body: YAML; case: what proves it; reached: kg as decimal text, once submitted."""

    method_id: str
    body: str
    case: dict[str, Any]
    reached: dict[str, str]


class OwnFactorIn(Schema):
    """corrects: the key of the version in force that it takes the place of."""

    cells: dict[str, str] = Field(max_length=40)
    reason: str = Field("", max_length=2000)
    corrects: str = Field("", max_length=16)


class OwnPolicyIn(Schema):
    """A policy file, and why."""

    body: str = Field(min_length=1, max_length=100_000)
    reason: str = Field(min_length=1, max_length=2000)


class CaseIn(Schema):
    """What is given, and the kg that must be reached to as many digits as they are written with."""

    quantity: str = Field(max_length=80)
    unit: str = Field(max_length=40)
    year: str = Field(max_length=4)
    activity_type: str = Field("", max_length=120)
    gwp: str = Field("AR5", max_length=8)
    source: str = Field(max_length=400)
    inputs: dict[str, str] = Field(default_factory=dict, max_length=80)
    factor: dict[str, str] = Field(default_factory=dict, max_length=10)
    expected: dict[str, str] = Field(max_length=10)


class OwnMethodIn(Schema):
    """A method file, the case that proves it, and why. corrects: the key of the version in force that it takes the place of."""

    body: str = Field(min_length=1, max_length=100_000)
    case: CaseIn
    reason: str = Field("", max_length=2000)
    corrects: str = Field("", max_length=16)


class Returned(Schema):
    """What is to be mended."""

    comment: str = Field(min_length=1, max_length=2000)


class InputOut(Schema):
    """A file that a run started now would be given beside the rows."""

    role: str
    name: str
    sha256: str


def _plain(row: Proposal) -> dict[str, Any]:
    return {
        "id": row.key, "name": row.named, "version": row.version, "state": row.state, "reason": row.reason, "comment": row.comment,
        "sha256": row.sha256, "supersedes": row.supersedes.key if row.supersedes else None, "created_by": row.created_by.name,
        "created_at": row.created_at, "submitted_at": row.submitted_at,
        "decided_by": row.decided_by.name if row.decided_by else None, "decided_at": row.decided_at,
    }  # fmt: skip


def _factor(request: Call, row: OwnFactor) -> dict[str, Any]:
    return _plain(row) | {
        "factor_id": row.factor_id, "cells": {name: str(text) for name, text in row.cells.items()},
        "document": row.document_name, "document_sha256": row.document,
    }  # fmt: skip


def _policy(request: Call, row: OwnPolicy) -> dict[str, Any]:
    shown = row.effect if row.effect and request.membership.may(Act.WHOLE) else None
    job = row.job.key if row.job is not None and row.job.state in UNDER_WAY else None
    return _plain(row) | {"body": row.body, "job": job, "effect": shown}


def _method(request: Call, row: OwnMethod) -> dict[str, Any]:
    return _plain(row) | {"method_id": row.method_id, "body": row.body, "case": row.case, "reached": row.reached}


def _rows(request: Call, kind: Any) -> Any:
    more = ("job",) if kind is OwnPolicy else ()
    found = kind.objects.visible_to(request.user).of(request.organisation)
    return found.select_related("organisation", "created_by", "decided_by", "supersedes", *more)


def _row(request: Call, kind: Any, key: str) -> Any:
    return get_object_or_404(_rows(request, kind), key=key)


def _again(request: Call, row: Any) -> Any:
    return _rows(request, type(row)).get(pk=row.pk)


def _three(
    path: str, kind: Any, out: Any, show: Callable[[Call, Any], Any], submit: Callable[[Any, Any], None], act: Act
) -> None:
    """The operations that own factors, policies and methods have alike."""

    def listed(request: Call, paging: Paging = PAGING) -> Any:
        """All versions, in the order of their making."""
        need(request, Act.READ)
        return page(_rows(request, kind), paging, lambda row: show(request, row))

    def one(request: Call, key: str) -> Any:
        """One version."""
        need(request, Act.READ)
        return show(request, _row(request, kind, key))

    def sent(request: Call, key: str) -> Any:
        """Submits one's own draft: others may decide on it."""
        need(request, act)
        row = _row(request, kind, key)
        submit(row, request.membership)
        return 200, out(**show(request, _again(request, row))).model_dump(mode="json")

    def approved(request: Call, key: str) -> Any:
        """Approves what somebody else submitted: every later run is given it."""
        need(request, Act.APPROVE)
        row = _row(request, kind, key)
        proposals.approve(row, request.membership)
        return 200, out(**show(request, _again(request, row))).model_dump(mode="json")

    def returned(request: Call, key: str, given: Returned) -> Any:
        """Returns it to who made it."""
        need(request, Act.APPROVE)
        row = _row(request, kind, key)
        proposals.give_back(row, request.membership, given.comment)
        return 200, out(**show(request, _again(request, row))).model_dump(mode="json")

    name = path.strip("/").replace("-", "_")
    router.get(path, response={200: Page[out], **REFUSED}, operation_id=f"{name}_list", summary="All versions")(listed)
    router.get(f"{path}/{{key}}", response={200: out, **REFUSED}, operation_id=f"{name}_one", summary="One version")(
        one
    )
    for word, view in (("submit", sent), ("approve", approved), ("return", returned)):
        named = router.post(
            f"{path}/{{key}}/{word}",
            response={200: out, **WRITES},
            operation_id=f"{name}_{word}",
            summary=word.capitalize(),
        )
        named(once(view))


_three("/own-factors", OwnFactor, OwnFactorOut, _factor, own_factors.submit, Act.ENTER)
_three("/own-policies", OwnPolicy, OwnPolicyOut, _policy, own_policies.submit, Act.CALCULATE)
_three("/own-methods", OwnMethod, OwnMethodOut, _method, own_methods.submit, Act.CALCULATE)


@router.post("/own-factors", response={201: OwnFactorOut, **WRITES})
@once
def new_factor(request: Call, given: OwnFactorIn) -> Any:
    """A draft of a factor, or of a correction; what the quality gate finds is told when it is submitted."""
    need(request, Act.ENTER)
    corrects = _row(request, OwnFactor, given.corrects) if given.corrects else None
    row = own_factors.propose(request.membership, given.cells, given.reason, None, corrects)
    return 201, OwnFactorOut(**_factor(request, _again(request, row))).model_dump(mode="json")


@router.post("/own-policies", response={202: OwnPolicyOut, **WRITES})
@once
def new_policy(request: Call, given: OwnPolicyIn) -> Any:
    """A draft of a policy; a job computes what it would change, and then it may be submitted."""
    need(request, Act.CALCULATE)
    row = own_policies.propose(request.membership, given.body, given.reason)
    return 202, OwnPolicyOut(**_policy(request, _again(request, row))).model_dump(mode="json")


@router.post("/own-methods", response={201: OwnMethodOut, **WRITES})
@once
def new_method(request: Call, given: OwnMethodIn) -> Any:
    """A draft of a method; it is checked and its case computed when it is submitted."""
    need(request, Act.CALCULATE)
    corrects = _row(request, OwnMethod, given.corrects) if given.corrects else None
    row = own_methods.propose(request.membership, given.body, given.case.model_dump(), given.reason, None, corrects)
    return 201, OwnMethodOut(**_method(request, _again(request, row))).model_dump(mode="json")


@router.get("/run-inputs", response={200: list[InputOut], **REFUSED})
def run_inputs(request: Call) -> Any:
    """Own factors, methods and the policy that a run started now would be given, by their digests."""
    need(request, Act.READ)
    return [
        {"role": each["role"], "name": each["name"], "sha256": each["digest"]}
        for each in services.inputs(request.organisation)
    ]
