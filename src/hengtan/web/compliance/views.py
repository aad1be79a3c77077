"""Pages of compliance plans: the list, a new one, one with position, lines and days, its files, submitting and deciding."""

from __future__ import annotations

import json
import tempfile
from decimal import Decimal
from pathlib import Path
from typing import Any
from urllib.parse import quote

from django import forms
from django.contrib import messages
from django.core.exceptions import ValidationError
from django.core.paginator import Paginator
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from hengtan.market.compliance import schema
from hengtan.market.compliance.workbook import write_workbook
from hengtan.problems import HengtanError
from hengtan.web.jobs.models import UNDER_WAY
from hengtan.web.market.models import Allocation
from hengtan.web.organisations.door import TenantRequest, within
from hengtan.web.organisations.roles import Act
from hengtan.web.runs.words import lang
from hengtan.web.shell.tables import as_table, form_of

from . import feed, picture, services
from .models import CompliancePlan, Step

PAGE = 50
LIST = ("name", "as_of", "years", "status", "step", "gap_t", "cost_cny", "made_by", "decided_by")
TABLES = {
    "lines": ("entity", "year", "what", "why", "unit", "t", "price_cny_t", "cost_cny", "window", "by"),
    "positions": ("entity", "year", "deadline", "due_t", "allowances_t", "pledged_t", "credits_t", "cap_t", "gap_t", "spare_t"),
    "holdings": ("entity", "unit", "id", "origin", "t", "pledged", "serves_from", "why_not"),
    "calendar": ("day", "what", "year", "days_left", "expected", "mark"),
}  # fmt: skip
SHEET = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


class PlanForm(forms.Form):
    """The input as a file, or as text."""

    file = forms.FileField(label=gettext_lazy("Input as a file (JSON)"), required=False)
    text = forms.CharField(
        label=gettext_lazy("or as text"), required=False, strip=False, max_length=services.LARGEST,
        widget=forms.Textarea(attrs={"rows": 18, "class": "mono", "spellcheck": "false"}),
    )  # fmt: skip

    def clean(self) -> dict[str, Any]:
        """One of the two; what was typed stays in the form."""
        given = super().clean() or {}
        upload = given.get("file")
        if upload is not None:
            if (upload.size or 0) > services.LARGEST:
                raise ValidationError(_("An input has at most %(most)d bytes.") % {"most": services.LARGEST})
            try:
                given["text"] = upload.read().decode("utf-8-sig")
            except UnicodeDecodeError:
                raise ValidationError(_("The file is not UTF-8.")) from None
        if not (given.get("text") or "").strip():
            raise ValidationError(_("Give a file or type the input."))
        return given


def _one(request: TenantRequest, pk: int) -> CompliancePlan:
    found = CompliancePlan.objects.visible_to(request.user).of(request.organisation)
    people = ("created_by", "submitted_by", "decided_by")
    return get_object_or_404(found.select_related("organisation", "job", "entry", *people), pk=pk)


@within(Act.WHOLE)
def index(request: TenantRequest) -> HttpResponse:
    """All, the newest first."""
    found = CompliancePlan.objects.visible_to(request.user).of(request.organisation).defer("record")
    found = found.select_related("created_by", "decided_by")
    if form := form_of(request):
        lines = (
            (each.title, each.as_of.isoformat(), " ".join(map(str, each.years)), each.status, each.step, each.gap_t, each.cost_cny or "",
             each.created_by.name, each.decided_by.name if each.decided_by else "")
            for each in found
        )  # fmt: skip
        return as_table(form, "compliance-plans", LIST, lines)
    context = {
        "page": Paginator(found, PAGE).get_page(request.GET.get("page")),
        "may": request.membership.may(Act.ASSETS),
        "days": services.days(request.organisation, request.user, timezone.localdate())[:12],
        "feed": feed.address(request),
        "language": lang(),
    }
    return render(request, "compliance/plans.html", context)


@within(Act.ASSETS)
def new(request: TenantRequest) -> HttpResponse:
    """A file or a text; ``?allocation=`` begins with the entities of an allocation, ``?from=`` with another plan's input."""
    form = PlanForm(request.POST or None, request.FILES or None, initial={"text": _begin(request)})
    wrong: list[str] = []
    if request.method == "POST" and form.is_valid():
        try:
            made = services.make(request.membership, form.cleaned_data["text"])
            return redirect("compliance-plan", key=request.organisation.key, pk=made.pk)
        except HengtanError as fault:
            wrong = [problem.sentence(lang()) for problem in fault.problems[:20]]
            if form.cleaned_data.get("file") is not None:  # shown, so that it can be mended here
                form = PlanForm(initial={"text": form.cleaned_data["text"]})
    allocations = Allocation.objects.visible_to(request.user).of(request.organisation)
    context = {"form": form, "wrong": wrong, "allocations": allocations.only("pk", "name", "year", "organisation")[:10]}
    return render(request, "compliance/new.html", context, status=422 if request.method == "POST" else 200)


def _begin(request: TenantRequest) -> str:
    for name, kind in (("allocation", Allocation), ("from", CompliancePlan)):
        asked = request.GET.get(name, "")
        if asked.isdecimal() and len(asked) < 15:
            rows: Any = kind.objects.visible_to(request.user).of(request.organisation)
            found = get_object_or_404(rows.select_related("organisation"), pk=int(asked))
            if isinstance(found, CompliancePlan):
                return services.given_of(found)
            begun = services.from_allocation(found, timezone.localdate())
            return json.dumps(begun, ensure_ascii=False, indent=1)
    return ""


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
        return render(request, "compliance/plan.html", {"one": one, "job": one.job})
    made, language = one.record, lang()
    if form := form_of(request):
        name = request.GET.get("table", "lines")
        name = name if name in TABLES else "lines"
        return as_table(form, f"compliance-{name}-{one.as_of}", TABLES[name], _flat(made[name], TABLES[name], language))
    context = {
        "one": one, "made": made, "language": language, "bars": [picture.bars(made, year) for year in made["years"]],
        "prices": picture.prices(made["prices"]["years"]), "worth": _worth(made), "job": one.job if one.job and one.job.state in UNDER_WAY else None,
        "lines": Paginator([_line(each, language) for each in made["lines"]], 100).get_page(request.GET.get("page")),
        "total_t": sum(each["t"] for each in made["lines"] if each["action"] in ("surrender", "offset")),
        "total_cny": sum((Decimal(each["cost_cny"]) for each in made["lines"]), Decimal(0)),
        "otherwise": [{**each, "title": each["title"][language], "cost": services.money(each["cost_cny"]), "more": services.money(each["more_cny"])} for each in made["alternatives"]],
        "days": [{**each, "title": each["title"][language]} for each in made["calendar"][:14]],
        "holdings": [{**each, "why_not": [why[language] for why in each["why_not"]]} for each in made["holdings"][:200]],
        "told": [(kind, {**each, "reason": each["reason"][language], "mend": each["mend"][language]})
                 for kind, name in (("bad", "broken"), ("bad", "binding"), ("", "notes")) for each in made[name][:40]],
        "drafts": any(each["code"] == "comply.draft-rule" for each in made["notes"]), "several": len({each["entity"] for each in made["positions"]}) > 1,
        "may_submit": request.membership.may(Act.ASSETS) and one.step in (Step.DRAFT, Step.RETURNED) and one.is_sound,
        "may_decide": request.membership.may(Act.APPROVE) and one.step == Step.SUBMITTED and request.user.pk not in (one.created_by_id, one.submitted_by_id),
        "may": request.membership.may(Act.ASSETS), "feed": feed.address(request), "cost": services.money(made["cost_cny"]), "gap_cny": services.money(made["gap_cny"]),
        "saved": next((services.money(each["more_cny"]) for each in made["alternatives"] if each["id"] == "no-credits"), None),
    }  # fmt: skip
    return render(request, "compliance/plan.html", context)


def _line(each: dict[str, Any], language: str) -> dict[str, Any]:
    cost = Decimal(each["cost_cny"])
    return {**each, "what": each["what"][language], "why": each["why"][language], "cost": cost if cost else None}


def _worth(made: dict[str, Any]) -> list[dict[str, Any]]:
    """By year: gap, band, and what a tonne less saves, from the least to the most over the entities."""
    found = []
    for year in made["years"]:
        stands = [each for each in made["positions"] if each["year"] == year]
        values = [Decimal(each["cny_t"]) for each in made["worth"] if each["year"] == year]
        low, high = ([each["emissions"][name] for each in stands] for name in ("low_t", "high_t"))
        found.append(
            {
                "year": year, "gap": sum(each["gap_t"] for each in stands), "verified": all(each["emissions"]["method"] == "verified" for each in stands),
                "low": None if None in low else sum(low), "high": None if None in high else sum(high),
                "least": min(values, default=None), "most": max(values, default=None),
            }
        )  # fmt: skip
    return found


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
