"""The audit room: engagements, their samples and results, questions, statement, verification, package."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from typing import Any, Literal

from django.shortcuts import get_object_or_404
from ninja import Router, Schema
from pydantic import Field

from hengtan.inventory.run import text
from hengtan.problems import Problem as Wrong
from hengtan.web.audit import services
from hengtan.web.audit.history import KINDS, asked, told
from hengtan.web.audit.models import Basis, Engagement, Item, Level, Opinion, Question, Result
from hengtan.web.audit.views import zipped
from hengtan.web.organisations.roles import Act
from hengtan.web.runs.models import Run
from hengtan.web.vault.models import Outbox

from .boundary import _shown
from .door import Call, Said, need
from .reports import BINARY
from .wire import PAGING, REFUSED, WRITES, Page, Paging, ask, once, page

router = Router(tags=["Audit room"])
PERCENT: Any = Field(gt=0, le=100, max_digits=5, decimal_places=2)


class EngagementIn(Schema):
    """Only a verifier opens one. Materiality has no default."""

    name: str = Field(min_length=1, max_length=120)
    run: str = Field(max_length=16, description="Key of the run.")
    level: Level
    verifier: str = Field(min_length=1, max_length=200)
    standard: str = Field("ISO 14064-3:2019", min_length=1, max_length=120)
    basis: Basis = Basis.LOCATION
    materiality_pct: Decimal = PERCENT
    performance_pct: Decimal = PERCENT
    confidence: Literal[80, 90, 95, 99] = 95
    seed: str = Field("", max_length=80, description="Empty: one is drawn.")


class EngagementOut(Schema):
    """An engagement. ``plan``: of the sample, kg as decimal text; empty until it is drawn."""

    id: str
    number: str
    name: str
    run: str
    level: str
    standard: str
    verifier: str
    basis: str
    materiality_pct: str
    performance_pct: str
    confidence: int
    seed: str
    plan: dict[str, Any]
    opened_by: str
    opened_at: datetime
    opinion: str
    statement: str
    closed_at: datetime | None
    ledger_index: int | None = Field(description="Of the statement.")


class ItemOut(Schema):
    """A row of the sample, kg as decimal text. ``hits``: 0 in the top stratum."""

    id: int
    place: int
    activity_id: str
    facility: str
    activity_type: str
    hits: int
    book_kg: str
    result: str
    audited_kg: str
    note: str
    tested_by: str | None
    tested_at: datetime | None


class ItemIn(Schema):
    """What testing a row came to; ``audited_kg``: with a difference."""

    result: Result
    audited_kg: str = Field("", max_length=60)
    note: str = Field("", max_length=4000)


class ReplyOut(Schema):
    """What somebody said."""

    by: str
    at: datetime
    text: str


class QuestionOut(Schema):
    """A question with its answers."""

    id: int
    activity_id: str
    state: str
    text: str
    by: str
    at: datetime
    replies: list[ReplyOut]


class QuestionIn(Schema):
    """``item``: the id of the row that it is about."""

    text: str = Field(min_length=1, max_length=4000)
    item: int | None = Field(None, ge=1, lt=2**62)


class ReplyIn(Schema):
    """``settle``: of the verifier, with words or without."""

    text: str = Field("", max_length=4000)
    settle: bool = False


class CloseIn(Schema):
    """The verifier's statement."""

    opinion: Opinion
    statement: str = Field(min_length=1, max_length=4000)


class SummaryOut(Schema):
    """Tested rows, and the misstatement that they project, against materiality; kg as decimal text."""

    sample: int
    tested: int
    differences: int
    overstatement: dict[str, str]
    understatement: dict[str, str]
    materiality_kg: str
    within: bool


class VerificationOut(Schema):
    """Checks of run, ledger, reports and rows: ``ok``, ``failed`` or ``not-checked``; empty until the job is done."""

    job: str | None
    done_at: datetime | None
    checks: list[dict[str, Any]]
    checkpoint: str


class PackageOut(Schema):
    """An export; its ZIP is at ``/package`` once ``sha256`` is there."""

    job: str | None
    done_at: datetime | None
    sha256: str
    bytes: int | None
    ledger_index: int | None


class ChangeOut(Schema):
    """An event of the ledger with what it changed: field, old, new."""

    at: datetime
    who: str
    event: str
    name: str
    changes: list[tuple[str, str, str]]
    ledger_index: int | None


def _engagement(row: Engagement) -> dict[str, Any]:
    return {
        "id": row.key, "number": row.code, "name": row.name, "run": row.run.key, "level": row.level, "standard": row.standard,
        "verifier": row.verifier, "basis": row.basis, "materiality_pct": str(row.materiality_pct),
        "performance_pct": str(row.performance_pct), "confidence": row.confidence, "seed": row.seed, "plan": row.plan,
        "opened_by": row.opened_by.name, "opened_at": row.opened_at, "opinion": row.opinion, "statement": row.statement,
        "closed_at": row.closed_at, "ledger_index": row.closed_event.entry_index if row.closed_event else None,
    }  # fmt: skip


def _item(row: Item) -> dict[str, Any]:
    return {
        "id": row.pk, "place": row.place, "activity_id": row.activity_id, "facility": row.facility, "activity_type": row.activity_type,
        "hits": row.hits, "book_kg": row.book_kg, "result": row.result, "audited_kg": row.audited_kg, "note": row.note,
        "tested_by": row.tested_by.name if row.tested_by else None, "tested_at": row.tested_at,
    }  # fmt: skip


def _question(row: Question) -> dict[str, Any]:
    return {
        "id": row.pk, "activity_id": row.item.activity_id if row.item else "", "state": row.state, "text": row.text,
        "by": row.asked_by.name, "at": row.asked_at,
        "replies": [{"by": each.said_by.name, "at": each.said_at, "text": each.text} for each in row.replies.all()],
    }  # fmt: skip


def _mine(call: Call) -> Any:
    rows = Engagement.objects.visible_to(call.user).of(call.organisation)
    return rows.select_related("organisation", "run__organisation", "opened_by", "closed_event").defer(
        "run__figures", "run__summary"
    )


def _one(call: Call, key: str) -> Engagement:
    row: Engagement = get_object_or_404(_mine(call), key=key)
    return row


def _written(call: Call, key: str) -> Engagement:
    """One that the verifier writes in; who does not see it is not told that it is there."""
    need(call, Act.WHOLE)
    row = _one(call, key)
    need(call, Act.AUDIT)
    return row


@router.get("/engagements", response={200: Page[EngagementOut], **REFUSED})
def engagements(request: Call, paging: Paging = PAGING) -> Any:
    """All engagements."""
    need(request, Act.WHOLE)
    return page(_mine(request), paging, _engagement)


@router.post("/engagements", response={202: EngagementOut, **WRITES})
@once
def new_engagement(request: Call, given: EngagementIn) -> tuple[int, Any]:
    """Begins one; a job draws its sample."""
    need(request, Act.AUDIT)
    rows = Run.objects.visible_to(request.user).of(request.organisation).select_related("organisation")
    run = get_object_or_404(rows, key=given.run)
    row = services.begin(
        request.membership, run, {**given.dict(), "level": given.level.value, "basis": given.basis.value}
    )
    return 202, _shown(EngagementOut, _engagement(row))


@router.get("/engagements/{key}", response={200: EngagementOut, **REFUSED})
def engagement(request: Call, key: str) -> Any:
    """One."""
    need(request, Act.WHOLE)
    return _engagement(_one(request, key))


@router.get("/engagements/{key}/sample", response={200: Page[ItemOut], **REFUSED})
def sample(request: Call, key: str, paging: Paging = PAGING) -> Any:
    """Its rows with their results."""
    need(request, Act.WHOLE)
    return page(_one(request, key).items.select_related("tested_by"), paging, _item)


@router.post("/engagements/{key}/sample/{int:item}", response={200: ItemOut, **WRITES})
@once
def test_row(request: Call, key: str, item: int, given: ItemIn) -> tuple[int, Any]:
    """What testing a row came to; old and new stand in the ledger."""
    row = get_object_or_404(_written(request, key).items, pk=item)
    return 200, _shown(
        ItemOut, _item(services.test(row, request.membership, given.result.value, given.audited_kg, given.note))
    )


@router.get("/engagements/{key}/summary", response={200: SummaryOut, **REFUSED})
def summary(request: Call, key: str) -> Any:
    """What the sample says so far."""
    need(request, Act.WHOLE)
    found = services.summary(_one(request, key))
    if "over" not in found:
        raise Said(404, Wrong("call.not-there"))
    return {
        "sample": found["count"], "tested": found["tested"], "differences": found["differences"],
        "overstatement": _side(found["over"]), "understatement": _side(found["under"]), "materiality_kg": text(found["materiality_kg"]),
        "within": found["within"],
    }  # fmt: skip


def _side(side: Any) -> dict[str, str]:
    names = ("found_kg", "projected_kg", "basic_kg", "allowance_kg", "limit_kg")
    return {name: text(getattr(side, name)) for name in names}


@router.get("/engagements/{key}/questions", response={200: Page[QuestionOut], **REFUSED})
def questions(request: Call, key: str, paging: Paging = PAGING) -> Any:
    """Questions with their answers."""
    need(request, Act.WHOLE)
    rows = _one(request, key).questions.select_related("asked_by", "item").prefetch_related("replies__said_by")
    return page(rows, paging, _question)


@router.post("/engagements/{key}/questions", response={201: QuestionOut, **WRITES})
@once
def new_question(request: Call, key: str, given: QuestionIn) -> tuple[int, Any]:
    """The company is told of it."""
    held = _written(request, key)
    about = get_object_or_404(held.items, pk=given.item) if given.item is not None else None
    return 201, _shown(QuestionOut, _question(services.ask(held, request.membership, given.text, about)))


@router.post("/engagements/{key}/questions/{int:question}", response={200: QuestionOut, **WRITES})
@once
def answer(request: Call, key: str, question: int, given: ReplyIn) -> tuple[int, Any]:
    """The company answers, with a token that may write reports; the verifier answers back or settles."""
    need(request, Act.AUDIT if request.membership.may(Act.AUDIT) else Act.REPORT)
    held = get_object_or_404(_one(request, key).questions.select_related("engagement"), pk=question)
    services.reply(held, request.membership, given.text, settled=given.settle)
    rows = (
        Question.objects.of(request.organisation)
        .select_related("asked_by", "item")
        .prefetch_related("replies__said_by")
    )
    return 200, _shown(QuestionOut, _question(rows.get(pk=held.pk)))


@router.post("/engagements/{key}/close", response={200: EngagementOut, **WRITES})
@once
def close(request: Call, key: str, given: CloseIn) -> tuple[int, Any]:
    """The statement goes into the ledger; nothing changes after it."""
    services.close(_written(request, key), request.membership, given.opinion.value, given.statement)
    return 200, _shown(EngagementOut, _engagement(_one(request, key)))


@router.get("/engagements/{key}/verification", response={200: VerificationOut, **REFUSED})
def verification(request: Call, key: str) -> Any:
    """The newest; 404 before the first."""
    need(request, Act.WHOLE)
    row = _one(request, key).verifications.select_related("job").first()
    if row is None:
        raise Said(404, Wrong("call.not-there"))
    return {
        "job": row.job.key if row.job else None,
        "done_at": row.done_at,
        "checks": row.outcome,
        "checkpoint": row.checkpoint,
    }


@router.post("/engagements/{key}/verification", response={202: VerificationOut, **WRITES})
@once
def verify(request: Call, key: str) -> tuple[int, Any]:
    """A job does what ``hengtan verify`` does with run, ledger and issued reports."""
    need(request, Act.WHOLE)
    row = services.verify(_one(request, key), request.membership)
    return 202, _shown(
        VerificationOut, {"job": row.job.key if row.job else None, "done_at": None, "checks": [], "checkpoint": ""}
    )


@router.post("/engagements/{key}/package", response={202: PackageOut, **WRITES})
@once
def export(request: Call, key: str) -> tuple[int, Any]:
    """A job writes the verification package."""
    need(request, Act.AUDIT if request.membership.may(Act.AUDIT) else Act.REPORT)
    row = services.export(_one(request, key), request.membership)
    told_ = {
        "job": row.job.key if row.job else None,
        "done_at": None,
        "sha256": "",
        "bytes": None,
        "ledger_index": None,
    }
    return 202, _shown(PackageOut, told_)


@router.get("/engagements/{key}/package", response={200: None, **REFUSED}, openapi_extra=BINARY)
def package(request: Call, key: str) -> Any:
    """The newest ZIP: give it to ``hengtan verify`` as it is."""
    need(request, Act.WHOLE)
    last = (
        _one(request, key)
        .packages.filter(done_at__isnull=False)
        .select_related("organisation", "engagement__run")
        .first()
    )
    if last is None:
        raise Said(404, Wrong("call.not-there"))
    return zipped(last)


class Wanted(Schema):
    """Which events: of a kind of record, holding all of these words."""

    kind: str = Field("", max_length=20, description=", ".join(KINDS))
    q: str = Field("", max_length=200)


WANTED = ask(...)


@router.get("/history", response={200: Page[ChangeOut], **REFUSED})
def history(request: Call, paging: Paging = PAGING, wanted: Wanted = WANTED) -> Any:
    """What happened to any record: who, when, old and new, and where it stands in the ledger."""
    need(request, Act.WHOLE)
    rows = asked(request, Outbox.objects.visible_to(request.user).of(request.organisation))
    return page(rows, paging, _change)


def _change(row: Outbox) -> dict[str, Any]:
    shown = told(row)
    return {
        "at": row.created_at, "who": shown["who"], "event": row.kind, "name": shown["name"], "changes": shown["changes"],
        "ledger_index": row.entry_index,
    }  # fmt: skip
