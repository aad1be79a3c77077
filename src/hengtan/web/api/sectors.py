"""Chinese rules: guidelines and statements, allocation plans and allocations."""

from __future__ import annotations

import csv
import tempfile
from datetime import datetime
from pathlib import Path
from typing import Any

from django.core.exceptions import ValidationError
from django.http import Http404
from django.shortcuts import get_object_or_404
from django.utils.translation import gettext as _
from ninja import Router, Schema, Status
from pydantic import Field

from hengtan.market.allocation import plans
from hengtan.market.allocation.file import INDUSTRY_COLUMNS, POWER_COLUMNS
from hengtan.sectors import sector_methods
from hengtan.sectors.record import about, inputs
from hengtan.sectors.statement import COLUMNS
from hengtan.web.market import services as market
from hengtan.web.market.models import Allocation, Kind
from hengtan.web.organisations.roles import Act
from hengtan.web.statements import imported, services
from hengtan.web.statements.models import Statement

from .data import received
from .door import Call, need
from .wire import PAGING, REFUSED, WRITES, Page, Paging, ask, lang, once, page

router = Router(tags=["Chinese rules"])
REPORT = {"requestBody": {"required": True, "description": "The XLSX that was issued here, a filled workbook, or a statement file.", "content": {
    "application/octet-stream": {"schema": {"type": "string", "format": "binary"}}}}}  # fmt: skip
CELL: Any = Field("", max_length=300)


class GuidelineOut(Schema):
    """A sector guideline; ``mark``: R read in the source, K known from it."""

    id: str
    title: dict[str, str]
    sector: dict[str, str]
    standard: str
    mark: str
    gwp_set: str
    valid_from: str
    valid_to: str | None


class ParameterOut(Schema):
    """A parameter; ``default`` as text, of several years the newest, null where there is none."""

    id: str
    unit: str
    title: dict[str, str]
    default: str | None
    source: str
    mark: str


class ValueIn(Schema):
    """One value of a statement, as a row of its file."""

    process: str = Field("", max_length=80)
    unit_name: str = Field("", max_length=80)
    parameter: str = Field(min_length=1, max_length=120)
    month: str = Field("", max_length=3, description="1 to 12, empty for the year.")
    value: str = Field(min_length=1, max_length=40)
    unit: str = Field(min_length=1, max_length=40)
    obtained: str = Field("", max_length=20)
    source: str = CELL


class ValuesIn(Schema):
    """All values: they take the place of what was there."""

    values: list[ValueIn] = Field(max_length=services.MOST_ROWS)


class StatementIn(Schema):
    """A new statement; the guideline cannot be changed later."""

    name: str = Field(min_length=1, max_length=120, description="The enterprise.")
    method: str = Field(max_length=60)
    year: int = Field(ge=2013, le=2100)


class StatementOut(Schema):
    """A statement. ``by_entity``, ``by_source``: t CO2 and t CO2e as decimal text."""

    id: str
    name: str
    method: str
    year: int
    state: str
    errors: int
    rejected: int
    by_entity: list[dict[str, Any]]
    by_source: list[dict[str, Any]]
    problems: list[dict[str, Any]]
    ledger_index: int | None
    created_by: str
    decided_by: str | None
    comment: str


class CommentIn(Schema):
    """Why it is returned."""

    comment: str = Field(min_length=1, max_length=1000)


class PlanOut(Schema):
    """An allocation plan; ``draft``: a text for consultation."""

    id: str
    title: dict[str, str]
    sectors: list[str]
    years: list[int]
    draft: bool
    published: str
    source: str


class AllocationIn(Schema):
    """Units or lines by the columns of ``hengtan ets allocate``; numbers as text or as numbers."""

    name: str = Field(min_length=1, max_length=120)
    year: int = Field(ge=2019, le=2100)
    values: Kind = Kind.BENCHMARK
    rows: list[dict[str, str | int | float]] = Field(min_length=1, max_length=market.MOST_UNITS)


class AllocationOut(Schema):
    """Whole allowances of 1 t each; ``units`` only for one allocation; ``statements``: key and digest of those it was made from."""

    id: str
    name: str
    year: int
    plan: str
    draft: bool
    statements: list[dict[str, str]]
    totals: dict[str, int]
    entities: list[dict[str, str]]
    units: list[dict[str, Any]] | None
    problems: list[dict[str, Any]]
    rows_in: int
    rejected: int
    created_at: datetime
    ledger_index: int | None


def _told(problems: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return [{**each, "reason": each["reason"][lang()], "mend": each["mend"][lang()]} for each in problems]


def _statement(row: Statement) -> dict[str, Any]:
    return {
        "id": row.key, "name": row.name, "method": row.method, "year": row.year, "state": row.state, "errors": row.errors,
        "rejected": row.rejected, "by_entity": row.record.get("by_entity", []), "by_source": row.record.get("by_source", []),
        "problems": _told(row.problems), "ledger_index": row.entry.entry_index if row.entry else None,
        "created_by": row.created_by.name, "decided_by": row.decided_by.name if row.decided_by else None, "comment": row.comment,
    }  # fmt: skip


def _mine(call: Call) -> Any:
    rows = Statement.objects.visible_to(call.user).of(call.organisation)
    return rows.select_related("organisation", "created_by", "decided_by", "entry", "supersedes")


def _one(call: Call, key: str) -> Statement:
    row: Statement = get_object_or_404(_mine(call), key=key)
    return row


def _mine_to_change(call: Call, key: str) -> Statement:
    need(call, Act.READ)
    row = _one(call, key)
    need(call, Act.ENTER)
    if row.created_by_id != call.user.pk and not call.membership.may(Act.BOUNDARY):
        raise ValidationError(_("Somebody else entered this statement."))
    return row


@router.get("/sector-methods", response={200: list[GuidelineOut], **REFUSED})
def guidelines(request: Call) -> Any:
    """The sector guidelines."""
    need(request, Act.READ)
    return [about(method) for method in sector_methods().values()]


@router.get("/sector-inputs", response={200: list[ParameterOut], **REFUSED})
def guideline_inputs(request: Call, method: str = ask(max_length=60)) -> Any:
    """Everything that a statement by this guideline may give."""
    need(request, Act.READ)
    if method not in sector_methods():
        raise Http404
    return inputs(sector_methods()[method])


@router.get("/statements", response={200: Page[StatementOut], **REFUSED})
def statements(request: Call, paging: Paging = PAGING) -> Any:
    """Those that this person may see."""
    need(request, Act.READ)
    return page(_mine(request).defer("rows"), paging, _statement)


@router.post("/statements", response={201: StatementOut, **WRITES})
@once
def new_statement(request: Call, given: StatementIn) -> tuple[int, Any]:
    """An empty draft."""
    need(request, Act.ENTER)
    if given.method not in sector_methods():
        raise ValidationError({"method": _("No such guideline.")})
    made = services.make(request.membership, given.name, given.method, given.year, {"name": given.name})
    return 201, StatementOut(**_statement(made)).model_dump(mode="json")


@router.post("/statements/import", response={201: StatementOut, **WRITES}, openapi_extra=REPORT)
def import_statement(
    request: Call, method: str, year: int = ask(..., ge=2013, le=2100),
    name: str = ask(..., min_length=1, max_length=120), file: str = ask(..., min_length=1, max_length=255),
) -> Status[Any]:  # fmt: skip
    """An earlier year's annual report becomes a draft; the file is the body of the call and stays with it as evidence."""
    need(request, Act.ENTER)
    if method not in sector_methods():
        raise ValidationError({"method": _("No such guideline.")})
    with tempfile.TemporaryDirectory(prefix="hengtan-report-") as folder:
        suffix = Path(file).suffix.lower()
        path = Path(folder) / f"report{suffix if suffix in imported.SUFFIXES else ''}"
        request.content_sha256 = received(request, path)

        @once
        def taken(request: Call) -> tuple[int, Any]:
            made, _problems = imported.take(request.membership, name, method, year, path, file)
            return 201, StatementOut(**_statement(made)).model_dump(mode="json")

        return taken(request)


@router.get("/statements/{key}", response={200: StatementOut, **REFUSED})
def statement(request: Call, key: str) -> Any:
    """One, with its sources and steps."""
    need(request, Act.READ)
    return _statement(_one(request, key))


@router.post("/statements/{key}/values", response={200: StatementOut, **WRITES})
@once
def values(request: Call, key: str, given: ValuesIn) -> tuple[int, Any]:
    """Takes all values in and works them out; what is wrong is told, and stays as it was sent."""
    row = _mine_to_change(request, key)
    filled = services.fill(row, [[row.name, *(getattr(each, name) for name in COLUMNS[1:])] for each in given.values])
    return 200, StatementOut(**_statement(filled)).model_dump(mode="json")


@router.post("/statements/{key}/submit", response={200: StatementOut, **WRITES})
@once
def submit(request: Call, key: str) -> tuple[int, Any]:
    """Asks for approval."""
    row = services.submit(request.membership, _mine_to_change(request, key))
    return 200, StatementOut(**_statement(row)).model_dump(mode="json")


@router.post("/statements/{key}/approve", response={200: StatementOut, **WRITES})
@once
def approve(request: Call, key: str) -> tuple[int, Any]:
    """By somebody who did not enter it."""
    need(request, Act.READ)
    row = _one(request, key)
    need(request, Act.APPROVE)
    done = services.decide(request.membership, row, approve=True, comment="")
    return 200, StatementOut(**_statement(done)).model_dump(mode="json")


@router.post("/statements/{key}/return", response={200: StatementOut, **WRITES})
@once
def send_back(request: Call, key: str, given: CommentIn) -> tuple[int, Any]:
    """With what is to be mended."""
    need(request, Act.READ)
    row = _one(request, key)
    need(request, Act.APPROVE)
    done = services.decide(request.membership, row, approve=False, comment=given.comment)
    return 200, StatementOut(**_statement(done)).model_dump(mode="json")


@router.get("/allocation-plans", response={200: list[PlanOut], **REFUSED})
def allocation_plans(request: Call) -> Any:
    """The plans of the national carbon market."""
    need(request, Act.READ)
    return [
        {"id": each.id, "title": each.title, "sectors": list(each.sectors), "years": list(each.years), "draft": each.draft,
         "published": each.published.isoformat(), "source": each.source}
        for each in plans().values()
    ]  # fmt: skip


def allocation_out(row: Allocation, *, whole: bool = False) -> dict[str, Any]:
    """An allocation as it goes over the wire; whole: with the steps of its units."""
    return {
        "id": row.key, "name": row.name, "year": row.year, "plan": row.plan, "draft": row.draft, "statements": row.statements, "totals": row.totals,
        "entities": row.entities, "units": row.record.get("units", []) if whole else None, "problems": _told(row.problems),
        "rows_in": row.rows_in, "rejected": row.rejected, "created_at": row.created_at,
        "ledger_index": row.entry.entry_index if row.entry else None,
    }  # fmt: skip


@router.get("/allocations", response={200: Page[AllocationOut], **REFUSED})
def allocations(request: Call, paging: Paging = PAGING) -> Any:
    """All, without their units."""
    need(request, Act.WHOLE)
    rows = Allocation.objects.visible_to(request.user).of(request.organisation).select_related("entry").defer("record")
    return page(rows, paging, allocation_out)


@router.post("/allocations", response={201: AllocationOut, **WRITES})
@once
def new_allocation(request: Call, given: AllocationIn) -> tuple[int, Any]:
    """Works units or lines out by the plan of the year."""
    need(request, Act.CALCULATE)
    known = [
        name for name in dict.fromkeys((*POWER_COLUMNS, *INDUSTRY_COLUMNS)) if any(name in row for row in given.rows)
    ]
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "units.csv"
        with path.open("w", encoding="utf-8", newline="") as file:
            writer = csv.writer(file)
            writer.writerow(known or ["entity"])
            writer.writerows([[" ".join(str(row.get(name, "")).split())[:200] for name in known] for row in given.rows])
        made = market.make(request.membership, given.name, given.year, given.values, path, "units.csv")
    return 201, AllocationOut(**allocation_out(made, whole=True)).model_dump(mode="json")


@router.get("/allocations/{key}", response={200: AllocationOut, **REFUSED})
def allocation(request: Call, key: str) -> Any:
    """One, with every step of its units."""
    need(request, Act.WHOLE)
    rows = Allocation.objects.visible_to(request.user).of(request.organisation).select_related("entry")
    return allocation_out(get_object_or_404(rows, key=key), whole=True)
