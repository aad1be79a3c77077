"""Reports and the base year: prepared, issued by a second person, withdrawn, downloaded with their proofs."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from typing import Any, Literal

from django.http import HttpResponse
from django.shortcuts import get_object_or_404
from ninja import Router, Schema
from pydantic import Field

from hengtan.problems import Problem as Wrong
from hengtan.web.organisations.roles import Act
from hengtan.web.reporting import base, proofs, services
from hengtan.web.reporting.models import Category, Format, Language, Report, ReportFile, Standard
from hengtan.web.runs.models import Run
from hengtan.web.vault import services as vault

from .boundary import _shown
from .door import Call, Said, need
from .wire import PAGING, REFUSED, WRITES, Page, Paging, lang, once, page

router = Router(tags=["Reports"])
BINARY: Any = {"responses": {200: {"description": "The file", "content": {
    "application/octet-stream": {"schema": {"type": "string", "format": "binary"}}}}}}  # fmt: skip


class ReportFileOut(Schema):
    """A file of a report."""

    name: str
    format: str
    language: str
    sha256: str
    bytes: int
    ledger_index: int | None


class ReportOut(Schema):
    """A report of a run; ``number`` is given when it is issued."""

    id: str
    number: str
    state: str
    run: str
    standard: str
    languages: list[str]
    formats: list[str]
    about: dict[str, str]
    replaces: str | None
    prepared_by: str
    prepared_at: datetime
    issued_by: str | None
    issued_at: datetime | None
    comment: str
    reason: str
    job: str | None
    files: list[ReportFileOut]


class ReportIn(Schema):
    """What is prepared. ``about``: what it says of the company (name, credit_code, address, responsible, boundary ...)."""

    run: str = Field(max_length=16, description="Key of the run.")
    standard: Standard
    languages: list[Language] = Field(min_length=1, max_length=2)
    formats: list[Format] = Field(min_length=1, max_length=3)
    about: dict[str, str] = Field(default_factory=dict)
    replaces: str | None = Field(None, max_length=16, description="Key of the report whose place it takes.")


class WithdrawReportIn(Schema):
    """The reason, which is kept."""

    reason: str = Field(min_length=1, max_length=4000)


class NotIssuedIn(Schema):
    """Why it is not issued, for who prepared it."""

    comment: str = Field(min_length=1, max_length=4000)


class PolicyIn(Schema):
    """From which change on the base year is restated."""

    threshold_pct: Decimal = Field(gt=0, le=100, max_digits=5, decimal_places=2)
    text: str = Field(min_length=1, max_length=4000)


class BaseYearIn(Schema):
    """The run, and why. ``category``: of a restatement; without it the base year is chosen anew."""

    run: str = Field(max_length=16)
    reason: str = Field(min_length=1, max_length=4000)
    category: Category | None = None
    basis: Literal["location", "market"] = "location"


class BaseYearOut(Schema):
    """A choice or restatement of the base year; ``change``: before, after, effects in kg as decimal text."""

    run: str
    code: str
    first: date | None
    last: date | None
    basis: str
    category: str
    reason: str
    change: dict[str, Any] | None
    by: str
    at: datetime
    ledger_index: int | None


class BaseYearsOut(Schema):
    """The newest first; the policy that holds."""

    threshold_pct: str | None
    policy: str | None
    history: list[BaseYearOut]


def _report(row: Report) -> dict[str, Any]:
    return {
        "id": row.key, "number": row.code if row.number else "", "state": row.state, "run": row.run.key, "standard": row.standard,
        "languages": row.languages, "formats": row.formats, "about": row.about,
        "replaces": row.replaces.key if row.replaces else None, "prepared_by": row.prepared_by.name, "prepared_at": row.prepared_at,
        "issued_by": row.decided_by.name if row.issued_at and row.decided_by else None, "issued_at": row.issued_at,
        "comment": row.comment, "reason": row.reason, "job": row.job.key if row.job else None,
        "files": [{
            "name": file.name, "format": file.format, "language": file.language, "sha256": file.digest, "bytes": file.bytes,
            "ledger_index": file.event.entry_index if file.event else None,
        } for file in row.files.all()],
    }  # fmt: skip


def _mine(call: Call) -> Any:
    rows = Report.objects.visible_to(call.user).of(call.organisation)
    rows = rows.select_related(
        "organisation", "run__organisation", "previous__organisation", "prepared_by", "decided_by", "replaces", "job"
    )
    return rows.defer("run__figures", "run__summary", "previous__figures", "previous__summary").prefetch_related(
        "files__event"
    )


def _one(call: Call, key: str) -> Report:
    row: Report = get_object_or_404(_mine(call), key=key)
    return row


def _run(call: Call, key: str) -> Run:
    rows = Run.objects.visible_to(call.user).of(call.organisation).select_related("organisation")
    row: Run = get_object_or_404(rows, key=key)
    return row


@router.get("/reports", response={200: Page[ReportOut], **REFUSED})
def reports(request: Call, paging: Paging = PAGING) -> Any:
    """All reports: waiting, issued, withdrawn, superseded."""
    need(request, Act.WHOLE)
    return page(_mine(request), paging, _report)


@router.post("/reports", response={201: ReportOut, **WRITES})
@once
def new_report(request: Call, given: ReportIn) -> tuple[int, Any]:
    """Prepares a report that somebody else may issue."""
    need(request, Act.REPORT)
    run = _run(request, given.run)
    replaces = _one(request, given.replaces) if given.replaces else None
    about = {**base.sentence(request.organisation, lang()), **services.about_of(request.organisation), **given.about}
    row = services.prepare(
        request.membership, run, given.standard.value, list(dict.fromkeys(each.value for each in given.languages)),
        list(dict.fromkeys(each.value for each in given.formats)), about, replaces,
        base.run_to_compare(request.organisation, run),
    )  # fmt: skip
    return 201, _shown(ReportOut, _report(row))


@router.get("/reports/{key}", response={200: ReportOut, **REFUSED})
def report(request: Call, key: str) -> Any:
    """One."""
    need(request, Act.WHOLE)
    return _report(_one(request, key))


@router.post("/reports/{key}/issue", response={202: ReportOut, **WRITES})
@once
def issue(request: Call, key: str) -> tuple[int, Any]:
    """A job writes the files and signs them into the ledger; refused to who prepared it."""
    need(request, Act.REPORT)
    row = _one(request, key)
    services.issue(row, request.membership)
    return 202, _shown(ReportOut, _report(_one(request, key)))


@router.post("/reports/{key}/return", response={200: ReportOut, **WRITES})
@once
def give_back(request: Call, key: str, given: NotIssuedIn) -> tuple[int, Any]:
    """It is not issued."""
    need(request, Act.REPORT)
    services.give_back(_one(request, key), request.membership, given.comment)
    return 200, _shown(ReportOut, _report(_one(request, key)))


@router.post("/reports/{key}/withdraw", response={200: ReportOut, **WRITES})
@once
def withdraw(request: Call, key: str, given: WithdrawReportIn) -> tuple[int, Any]:
    """It no longer holds; it stays to be seen."""
    need(request, Act.REPORT)
    services.withdraw(_one(request, key), request.membership, given.reason)
    return 200, _shown(ReportOut, _report(_one(request, key)))


@router.get("/reports/{key}/files/{name}", response={200: None, **REFUSED}, openapi_extra=BINARY)
def file(request: Call, key: str, name: str) -> Any:
    """A file as it was issued; refused where its bytes are not those that were signed."""
    need(request, Act.WHOLE)
    return HttpResponse(proofs.content(_file(request, key, name)), content_type="application/octet-stream")


@router.get("/reports/{key}/files/{name}/proof", response={200: None, **REFUSED}, openapi_extra=BINARY)
def file_proof(request: Call, key: str, name: str) -> Any:
    """Its proof (C2SP tlog-proof): beside the file as ``NAME.tlog-proof`` it is what ``hengtan verify`` wants."""
    need(request, Act.WHOLE)
    found = _file(request, key, name)
    proof = vault.proof(found.event) if found.event else None
    if proof is None:
        raise Said(404, Wrong("call.not-there"))
    return HttpResponse(proof, content_type="application/octet-stream")


def _file(call: Call, key: str, name: str) -> ReportFile:
    row = _one(call, key)
    found: ReportFile = get_object_or_404(row.files.select_related("organisation", "event__organisation"), name=name)
    return found


@router.get("/base-year", response={200: BaseYearsOut, **REFUSED})
def base_year(request: Call) -> Any:
    """The base year that holds, and all before it."""
    need(request, Act.WHOLE)
    rule = base.policy(request.organisation)
    return {
        "threshold_pct": str(rule.threshold_pct) if rule else None, "policy": rule.text if rule else None,
        "history": [_base(row) for row in base.history(request.organisation)],
    }  # fmt: skip


@router.post("/base-year", response={201: BaseYearOut, **WRITES})
@once
def new_base_year(request: Call, given: BaseYearIn) -> tuple[int, Any]:
    """Chooses it, or restates it with a newer run of the same period."""
    need(request, Act.REPORT)
    run = _run(request, given.run)
    if given.category in (None, Category.CHOSEN):
        row = base.choose(request.membership, run, given.basis, given.reason)
    else:
        row = base.restate(request.membership, run, str(given.category.value), given.reason)
    return 201, _shown(BaseYearOut, _base(row))


@router.post("/base-year/policy", response={201: BaseYearsOut, **WRITES})
@once
def new_policy(request: Call, given: PolicyIn) -> tuple[int, Any]:
    """The threshold and the policy in words."""
    need(request, Act.REPORT)
    base.set_policy(request.membership, given.threshold_pct, given.text)
    told = base_year(request)
    return 201, _shown(BaseYearsOut, told)


def _base(row: Any) -> dict[str, Any]:
    return {
        "run": row.run.key, "code": row.run.code, "first": row.run.first, "last": row.run.last, "basis": row.basis,
        "category": row.category, "reason": row.reason, "change": row.change, "by": row.chosen_by.name, "at": row.chosen_at,
        "ledger_index": row.event.entry_index if row.event else None,
    }  # fmt: skip
