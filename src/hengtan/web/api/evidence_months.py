"""Evidence of months, deadlines, working days."""

from __future__ import annotations

import tempfile
from datetime import date, datetime
from pathlib import Path
from typing import Any

from django.core.exceptions import ValidationError
from django.http import FileResponse, Http404
from django.shortcuts import get_object_or_404
from django.utils import timezone
from django.utils.translation import gettext as _
from ninja import Router, Schema, Status
from pydantic import Field

from hengtan.problems import HengtanError
from hengtan.sectors.calendar import notice_of, rules, spans, yearly
from hengtan.sectors.quality import Want
from hengtan.web.activities import evidence as files
from hengtan.web.activities.uploads import clean_name
from hengtan.web.organisations.roles import Act
from hengtan.web.quality import evidence
from hengtan.web.quality.models import MonthEvidence, ReportingEntity, may_enter
from hengtan.web.quality.month_pages import look
from hengtan.web.quality.months import Standing, lacking, standing, year_of
from hengtan.web.vault.services import facts

from .boundary import _shown
from .data import received
from .door import Call, Said, need
from .evidence import BYTES, FILE
from .wire import REFUSED, WRITES, ask, once

router = Router(tags=["Chinese rules"])


class ValueOfMonth(Schema):
    """A value that a month needs."""

    process: str = Field("", max_length=120)
    unit_name: str = Field("", max_length=120)
    parameter: str = Field(max_length=120)


class EvidenceMonthOut(Schema):
    """How a month stands: future, running, noplan, missing, partial, overdue, filed, late, complete."""

    entity: str
    name: str
    month: str
    state: str
    wanted: int
    given: int
    proven: int
    lacking: list[ValueOfMonth]
    due: date | None
    days_left: int | None
    filed_on: date | None
    days_late: int | None


class MonthEvidenceOut(Schema):
    """A file behind values of a month."""

    id: int
    entity: str
    month: str
    name: str
    kind: str
    sha256: str
    bytes: int
    stands_for: list[ValueOfMonth]
    added_by: str
    added_at: datetime
    withdrawn_at: datetime | None
    reason: str


class FilingIn(Schema):
    """That the month was put on the management platform on a day."""

    filed_on: date
    receipt: str = Field("", max_length=120)


class WithdrawalIn(Schema):
    """Why the file stands behind nothing any more."""

    reason: str = Field(min_length=1, max_length=300)


class DeadlineOut(Schema):
    """A day of the carbon market; ``mark``: R read in the source, K known from it."""

    day: date
    id: str
    title: dict[str, str]
    emissions_of: int | None
    sectors: list[str]
    mark: str
    source: str


class WorkingDaysOut(Schema):
    """The last day of a span of working days; ``notices``: who says which days are worked."""

    rule: str
    start: date
    end: date
    days: int
    mark: str
    source: str
    notices: list[str]


def _entity(call: Call, key: str, *, change: bool = False) -> ReportingEntity:
    need(call, Act.READ)
    rows = ReportingEntity.objects.visible_to(call.user).of(call.organisation).select_related("organisation")
    row: ReportingEntity = get_object_or_404(rows, key=key)
    if change:
        need(call, Act.ENTER)
        if not may_enter(call.membership, row):
            raise ValidationError(_("Somebody else gathers the evidence of this enterprise."))
    return row


def _month(entity: ReportingEntity, row: Standing) -> dict[str, Any]:
    found = row.month
    return {
        "entity": entity.key, "name": entity.name, "month": f"{found.month:%Y-%m}", "state": look(row), "wanted": len(found.wants),
        "given": len(found.given), "proven": len(found.proven), "lacking": [_value(each) for each in lacking(found)],
        "due": found.due.day if found.due else None, "days_left": found.days, "filed_on": found.filed_on, "days_late": found.late,
    }  # fmt: skip


def _value(each: Want) -> dict[str, str]:
    return {"process": each.process, "unit_name": each.unit_name, "parameter": each.parameter}


@router.get("/evidence-months", response={200: list[EvidenceMonthOut], **REFUSED})
def evidence_months(request: Call, year: int = ask(..., ge=2013, le=2100)) -> Any:
    """Twelve months of each enterprise that this person may see."""
    need(request, Act.READ)
    entities = list(ReportingEntity.objects.visible_to(request.user).of(request.organisation))
    found = year_of(request.organisation, entities, year, timezone.localdate())
    return [_month(each, row) for each in entities for row in found[each.pk]]


def _first(month: str) -> date:
    try:
        return evidence.month_from(month)
    except ValueError:
        raise Http404 from None


@router.get("/reporting-entities/{key}/months/{month}/evidence", response={200: list[MonthEvidenceOut], **REFUSED})
def month_evidence(request: Call, key: str, month: str) -> Any:
    """The files of a month (2026-03), withdrawn ones too."""
    entity = _entity(request, key)
    rows = MonthEvidence.objects.of(request.organisation).filter(entity=entity, month=_first(month))
    return [_file(each) for each in rows.select_related("added_by", "entity")]


def _file(row: MonthEvidence) -> dict[str, Any]:
    return {
        "id": row.pk, "entity": row.entity.key, "month": f"{row.month:%Y-%m}", "name": row.name, "kind": row.kind, "sha256": row.digest,
        "bytes": row.bytes, "stands_for": [_value(Want(*each)) for each in row.stands_for], "added_by": row.added_by.name,
        "added_at": row.added_at, "withdrawn_at": row.withdrawn_at, "reason": row.reason,
    }  # fmt: skip


@router.post(
    "/reporting-entities/{key}/months/{month}/evidence", response={201: MonthEvidenceOut, **WRITES}, openapi_extra=FILE
)
def attach_to_month(
    request: Call, key: str, month: str,
    name: str = ask(..., min_length=1, max_length=255),
    values: str = ask("", max_length=20000, description="`process|unit|parameter`, separated by commas."),
) -> Status[Any]:  # fmt: skip
    """The file is the body of the call; it stands behind these values of the month."""
    need(request, Act.READ)
    with tempfile.TemporaryDirectory(prefix="hengtan-evidence-") as folder:
        path = Path(folder) / "file"
        request.content_sha256 = received(request, path)
        entity, first = _entity(request, key, change=True), _first(month)
        wanted = []
        for each in filter(None, (part.strip() for part in values.split(","))):
            parts = [part[:120] for part in each.split("|")]
            if len(parts) != 3:
                raise ValidationError({"values": _("A value is written as process|unit|parameter.")})
            wanted.append(Want(*parts))
        given = files.kept(request.membership, path, clean_name(name))

        @once
        def attached(request: Call) -> tuple[int, Any]:
            row = evidence.attach(entity, first, request.membership, [given], wanted)[0]
            return 201, _shown(MonthEvidenceOut, _file(row))

        return attached(request)


@router.post("/reporting-entities/{key}/months/{month}/filing", response={201: EvidenceMonthOut, **WRITES})
@once
def file_month(request: Call, key: str, month: str, given: FilingIn) -> tuple[int, Any]:
    """Notes that the month was put on the management platform, on which day, by whom it was told."""
    entity, first = _entity(request, key, change=True), _first(month)
    evidence.file(entity, first, request.membership, given.filed_on, given.receipt)
    row = standing(request.organisation, [entity], [first], timezone.localdate())[entity.pk][0]
    return 201, _shown(EvidenceMonthOut, _month(entity, row))


def _evidence(call: Call, pk: int) -> MonthEvidence:
    need(call, Act.READ)
    rows = MonthEvidence.objects.visible_to(call.user).of(call.organisation)
    row: MonthEvidence = get_object_or_404(rows.select_related("entity", "organisation", "added_by"), pk=pk)
    return row


@router.get("/month-evidence/{int:pk}/file", response={200: None, **REFUSED}, openapi_extra=BYTES)
def month_file(request: Call, pk: int) -> Any:
    """The file itself."""
    row = _evidence(request, pk)
    opened = facts(request.organisation).path(row.digest).open("rb")
    return FileResponse(opened, content_type="application/octet-stream", filename=row.name, as_attachment=True)


@router.post("/month-evidence/{int:pk}/withdraw", response={200: MonthEvidenceOut, **WRITES})
@once
def withdraw_from_month(request: Call, pk: int, given: WithdrawalIn) -> tuple[int, Any]:
    """It stands behind nothing any more; it stays to be seen, with the reason."""
    row = _evidence(request, pk)
    need(request, Act.ENTER)
    evidence.withdraw(row, request.membership, given.reason)
    row.refresh_from_db()
    return 200, _shown(MonthEvidenceOut, _file(row))


@router.get("/deadlines", response={200: list[DeadlineOut], **REFUSED})
def deadlines(request: Call, year: int = ask(..., ge=2013, le=2100)) -> Any:
    """The days of a year in the national carbon market; none where its notice is not published or not read."""
    need(request, Act.READ)
    return [
        {"day": each.day, "id": each.id, "title": dict(each.title), "emissions_of": each.emissions_of, "sectors": list(each.sectors),
         "mark": each.mark, "source": each.source}
        for each in yearly(year)
    ]  # fmt: skip


class MonthlyRuleOut(Schema):
    """A rule that runs from a month's end, in natural days; ``parameters``: patterns of what it asks for, none: what the plan has measured."""

    id: str
    title: dict[str, str]
    days: int
    methods: list[str]
    valid_from: date
    parameters: list[str]
    mark: str
    source: str


@router.get("/monthly-rules", response={200: list[MonthlyRuleOut], **REFUSED})
def monthly_rules(request: Call) -> Any:
    """When the evidence of a month is due, by guideline."""
    need(request, Act.READ)
    return [
        {"id": each.id, "title": dict(each.title), "days": each.days, "methods": list(each.methods), "valid_from": each.first,
         "parameters": list(each.parameters), "mark": each.mark, "source": each.source}
        for each in rules()
    ]  # fmt: skip


@router.get("/working-days", response={200: WorkingDaysOut, **REFUSED})
def working_days(request: Call, start: date, rule: str = ask(..., max_length=60)) -> Any:
    """Where a span of working days ends; 422 where the arrangement of a year is not known."""
    need(request, Act.READ)
    span = spans().get(rule)
    if span is None:
        raise Http404
    try:
        end = span.ends(start)
    except HengtanError as fault:
        raise Said(422, fault.problems[0]) from None
    except OverflowError:
        raise Http404 from None
    notices = [notice_of(year) for year in range(start.year, end.year + 1)]
    return {"rule": rule, "start": start, "end": end, "days": span.days, "mark": span.mark, "source": span.source,
            "notices": [f"[{each.mark}] {each.source}" for each in notices]}  # fmt: skip
