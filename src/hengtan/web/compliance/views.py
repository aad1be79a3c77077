"""Pages of compliance plans: the list, a new one, one with position, lines and days, its files, submitting and deciding."""

from __future__ import annotations

import json
import tempfile
from decimal import Decimal
from pathlib import Path
from typing import Any
from urllib.parse import quote

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.core.paginator import Paginator
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from hengtan.market.book.kept import quotes as all_quotes
from hengtan.market.compliance import schema
from hengtan.market.compliance.workbook import write_workbook
from hengtan.web.assets import services as assets
from hengtan.web.jobs.models import UNDER_WAY
from hengtan.web.jobs.views import progress
from hengtan.web.organisations.door import TenantRequest, within
from hengtan.web.organisations.roles import Act
from hengtan.web.runs.words import lang
from hengtan.web.shell.tables import as_table, form_of

from . import feed, live, named, services, shown, steps, told
from .models import CompliancePlan, Step

PAGE = 50
MOST_NOTES, MOST_ROWS = 40, 300
LIST = ("name", "as_of", "years", "status", "step", "gap_t", "cost_cny", "made_by", "decided_by")
TABLES = {
    "lines": ("entity", "year", "what", "why", "unit", "t", "price_cny_t", "cost_cny", "window", "by"),
    "positions": ("entity", "year", "deadline", "due_t", "allowances_t", "pledged_t", "credits_t", "cap_t", "gap_t", "spare_t"),
    "holdings": ("entity", "unit", "id", "origin", "t", "pledged", "serves_from", "why_not"),
    "calendar": ("day", "what", "year", "days_left", "expected", "mark"),
}  # fmt: skip
SHEET = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


def _one(request: TenantRequest, pk: int) -> CompliancePlan:
    found = CompliancePlan.objects.visible_to(request.user).of(request.organisation)
    people = ("created_by", "submitted_by", "decided_by")
    return get_object_or_404(found.select_related("organisation", "job", "entry", *people), pk=pk)


@within(Act.WHOLE)
def index(request: TenantRequest) -> HttpResponse:
    """All, the newest first."""
    found = CompliancePlan.objects.visible_to(request.user).of(request.organisation).defer("record")
    found = found.select_related("created_by", "decided_by", "job")
    if form := form_of(request):
        lines = (
            (each.title, each.as_of.isoformat(), " ".join(map(str, each.years)), each.status, each.step, each.gap_t, each.cost_cny or "",
             each.created_by.name, each.decided_by.name if each.decided_by else "")
            for each in found
        )  # fmt: skip
        return as_table(form, "compliance-plans", LIST, lines)
    page = Paginator(found, PAGE).get_page(request.GET.get("page"))
    context = {
        "page": page,
        "under_way": any(not each.is_done and each.job is not None and not each.job.is_over for each in page),
        "may": request.membership.may(Act.ASSETS),
        "days": services.days(request.organisation, request.user, timezone.localdate())[:12],
        "feed": feed.address(request),
        "language": lang(),
    }
    return render(
        request,
        "compliance/plans.html",
        context | {"here": "compliance-plans", "waits": assets.waiting(request.organisation)},
    )


@within(Act.WHOLE)
def schema_file(request: TenantRequest) -> HttpResponse:
    """The schema of the input."""
    text = json.dumps(schema("input"), ensure_ascii=False, indent=1)
    return _download(text.encode(), "application/json", "compliance-input.schema.json")


def _download(content: bytes, kind: str, name: str) -> HttpResponse:
    answer = HttpResponse(content, content_type=kind)
    answer["Content-Disposition"] = f"attachment; filename*=UTF-8''{quote(name)}"
    answer["X-Content-Type-Options"] = "nosniff"
    return answer


@within(Act.WHOLE)
def show(request: TenantRequest, pk: int) -> HttpResponse:
    """Position, plan, other assumptions, prices, days, holdings; while the job runs, how far it is."""
    one = _one(request, pk)
    if not one.is_done:
        context = {"one": one, "here": "compliance-plans", "waits": assets.waiting(request.organisation)}
        under_way = progress(request, one.job) if one.job else {"job": None}
        return render(request, "compliance/plan.html", context | under_way)
    made, language, today = one.record, lang(), timezone.localdate()
    if form := form_of(request):
        name = request.GET.get("table", "lines")
        name = name if name in TABLES else "lines"
        return as_table(form, f"compliance-{name}-{one.as_of}", TABLES[name], _flat(made[name], TABLES[name], language))
    year = year_of(request, made["years"])
    with assets.reading(request.organisation) as store:
        found = live.live(store, year, today)
        quotes, taken = all_quotes(store), steps.waiting(store)
    parts = steps.parts(made)
    steps.seen(one.organisation, one, parts)
    names = {each["entity"]: each["name"] for each in made["positions"]}
    holdings = [
        {
            **each,
            "id": named.holding(each["id"]),
            "name": names[each["entity"]],
            "why_not": [why[language] for why in each["why_not"]],
        }
        for each in made["holdings"][:MOST_ROWS]
    ]
    context = {
        "one": one, "made": made, "language": language, "year": year, "whole_plan": True, "f": shown.figures(made, year, "", today),
        "positions": shown.stands_of(made, year)[:MOST_ROWS], "several": len(names) > 1, "drafts": told.drafts(year, today), "holdings": holdings,
        "notes": named.told(one, made["notes"][:MOST_NOTES], language),
        "moved": live.moved(made, found, steps.own(parts), live.surrendered_since(one))[: live.MOST_MOVED] if one.step == Step.APPROVED else [],
        "total": told.sum_of(one, found, year), "feed": feed.address(request), "here": "compliance-plans", "waits": assets.waiting(request.organisation),
        "job": one.job if one.job and one.job.state in UNDER_WAY else None,
    }  # fmt: skip
    mine = steps.of_lines(made, parts, year)
    context |= (
        told.told(request, one, year, "", found, mine, taken, today)
        | told.doors(request, one, year)
        | told.prices(quotes)
        | told.may(request, one)
    )
    return render(request, "compliance/plan.html", context)


def year_of(request: TenantRequest, years: list[int]) -> int:
    """Of the address, where the plan has it; else the first."""
    asked = request.GET.get("year", "")
    return next((year for year in years if str(year) == asked), years[0])


@within(Act.WHOLE)
def moved(request: TenantRequest, pk: int) -> HttpResponse:
    """Where plans stood before."""
    return redirect("compliance-plan", key=request.organisation.key, pk=_one(request, pk).pk)


@within(Act.WHOLE)
def moved_file(request: TenantRequest, pk: int) -> HttpResponse:
    """Where their files stood before."""
    address = reverse("compliance-plan-file", kwargs={"key": request.organisation.key, "pk": _one(request, pk).pk})
    return redirect(f"{address}?{request.GET.urlencode()}")


def _flat(rows: list[dict[str, Any]], columns: tuple[str, ...], language: str) -> list[tuple[object, ...]]:
    found = []
    for row in rows:
        cells: list[object] = []
        for name in columns:
            value = row.get("title" if name == "what" and "title" in row else name)
            if isinstance(value, dict):
                value = value[language]
            if isinstance(value, list):
                value = " ".join(each[language] for each in value)
            if name in ("price_cny_t", "cost_cny") and value is not None:
                value = Decimal(str(value))
            cells.append("" if value is None else str(value).lower() if isinstance(value, bool) else value)
        found.append(tuple(cells))
    return found


@within(Act.WHOLE)
def file(request: TenantRequest, pk: int) -> HttpResponse:
    """``?what=``: ``input``, ``json`` or ``xlsx``."""
    one, what = _one(request, pk), request.GET.get("what", "json")
    if what == "input":
        return _download(services.given_of(one).encode(), "application/json", f"compliance-{one.as_of}.input.json")
    if not one.is_done:
        return redirect("compliance-plan", key=request.organisation.key, pk=pk)
    if what == "xlsx":
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "plan.xlsx"
            write_workbook(path, one.record, lang())
            return _download(path.read_bytes(), SHEET, f"compliance-{one.as_of}.xlsx")
    text = json.dumps(one.record, ensure_ascii=False, indent=1)
    return _download(text.encode(), "application/json", f"compliance-{one.as_of}.json")


@within(Act.WHOLE, change=Act.ASSETS)
def submit(request: TenantRequest, pk: int) -> HttpResponse:
    """Ask for a second person."""
    one = _one(request, pk)
    if request.method == "POST":
        try:
            services.submit(request.membership, one)
            messages.success(request, _("Submitted. Somebody else approves the plan."))
        except ValidationError as fault:
            messages.error(request, fault.messages[0])
    return redirect("compliance-plan", key=request.organisation.key, pk=pk)


@within(Act.WHOLE, change=Act.APPROVE)
def decide(request: TenantRequest, pk: int) -> HttpResponse:
    """Approve, or return with a reason."""
    one = _one(request, pk)
    if request.method == "POST":
        try:
            approve = request.POST.get("decision") == "approve"
            services.decide(request.membership, one, approve=approve, comment=request.POST.get("comment", ""))
            messages.success(request, _("The plan is approved.") if approve else _("The plan was returned."))
        except ValidationError as fault:
            messages.error(request, fault.messages[0])
    return redirect("compliance-plan", key=request.organisation.key, pk=pk)
