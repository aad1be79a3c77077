"""Pages of plans: the list, a new one, one version with what it lacks, its decision, revision, changes, papers."""

from __future__ import annotations

import json
from collections import defaultdict
from datetime import date
from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied, ValidationError
from django.core.paginator import Paginator
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _

from hengtan.problems import Problem
from hengtan.reports.html import page as html_page
from hengtan.reports.pdf import paper
from hengtan.reports.quality_plan import plan_document
from hengtan.reports.statement_book import statement_workbook
from hengtan.sectors import sector_methods
from hengtan.sectors.quality import TITLES, Line, calibrations, changes, title_of
from hengtan.sectors.quality.form import ENTITY, MANAGEMENT, parameter_title, place_title
from hengtan.web.organisations.door import TenantRequest, within
from hengtan.web.organisations.roles import Act
from hengtan.web.runs.words import lang
from hengtan.web.shell.tables import as_table, form_of
from hengtan.web.statements.models import State, Statement

from . import services
from .forms import CHOICES, NewPlanForm, ReviseForm, shown
from .models import Plan, ReportingEntity, may_enter

PAGE = 50
NEAR_DAYS = 30
KINDS = {
    "pdf": "application/pdf",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "html": "text/html; charset=utf-8",
    "json": "application/json",
}
COLUMNS = (
    "enterprise",
    "guideline",
    "version",
    "year",
    "state",
    "valid_from",
    "next_calibration",
    "made_by",
    "decided_by",
)
CHANGE_COLUMNS = ("section", "facility", "parameter", "field", "before", "after")
LISTED = 200  # problems


def plan_of(request: TenantRequest, pk: int, *, change: bool = False) -> Plan:
    """A version that the person sees, and may change."""
    found = Plan.objects.visible_to(request.user).of(request.organisation)
    plan: Plan = get_object_or_404(
        found.select_related(
            "organisation", "entity__assignee", "created_by", "submitted_by", "decided_by", "entry", "supersedes"
        ),
        pk=pk,
    )
    plan.entity.organisation = plan.organisation
    if change and not may_enter(request.membership, plan.entity):
        raise PermissionDenied
    return plan


@within()
def index(request: TenantRequest) -> HttpResponse:
    """Each entity with the version in force and the one under way."""
    today = timezone.localdate()
    entities = ReportingEntity.objects.visible_to(request.user).of(request.organisation)
    if form := form_of(request):
        plans = (
            Plan.objects.visible_to(request.user)
            .of(request.organisation)
            .select_related("entity", "created_by", "decided_by")
        )
        return as_table(form, "quality-plans", COLUMNS, (_row(each, today) for each in plans))
    page = Paginator(entities, PAGE).get_page(request.GET.get("page"))
    here = list(page.object_list)
    plans_of: dict[int, list[Plan]] = defaultdict(list)
    for plan in Plan.objects.of(request.organisation).filter(entity__in=here).select_related("entity", "created_by"):
        plans_of[plan.entity_id].append(plan)
    shown_rows = []
    for entity in here:
        own = plans_of[entity.pk]
        valid = services.in_force(own, today)
        open_one = next((each for each in own if each.state in services.UNDER_WAY), None)
        coming = next((each for each in own if each.state == State.APPROVED and each.valid_from > today), None)
        due = calibrations(services.content(valid), today) if valid is not None else []
        shown_rows.append({
            "entity": entity, "title": _method_title(entity.method), "valid": valid, "open": open_one, "coming": coming,
            "due": due[0] if due else None, "versions": len(own), "near": bool(due) and due[0].days <= NEAR_DAYS,
        })  # fmt: skip
    context = {"page": page, "rows": shown_rows, "may_enter": request.membership.may(Act.ENTER), "today": today}
    return render(request, "quality/plans.html", context)


def _row(plan: Plan, today: date) -> tuple[object, ...]:
    due = calibrations(services.content(plan), today) if plan.state == State.APPROVED else []
    decided = plan.decided_by.name if plan.decided_by else ""
    return (plan.entity.name, plan.entity.method, f"V{plan.version}", plan.year, plan.state, plan.valid_from,
            due[0].next if due else "", plan.created_by.name, decided)  # fmt: skip


def _method_title(method: str) -> str:
    known = sector_methods().get(method)
    return known.title[lang()] if known else method


@within(Act.ENTER)
def new(request: TenantRequest) -> HttpResponse:
    """The first version of an enterprise's plan."""
    today = timezone.localdate()
    statements = Statement.objects.visible_to(request.user).of(request.organisation).exclude(state=State.SUPERSEDED)
    initial: dict[str, Any] = {"name": request.organisation.name, "year": today.year, "valid_from": today}
    asked = request.GET.get("statement", "")
    if asked.isdecimal() and len(asked) < 16:
        begins = statements.filter(pk=int(asked)).first()
        if begins is None:
            raise Http404
        initial |= {"name": begins.name, "method": begins.method, "statement": begins.pk}
    form = NewPlanForm(lang(), statements.defer("rows", "record", "problems"), request.POST or None, initial=initial)
    if request.method == "POST" and form.is_valid():
        told = form.cleaned_data
        try:
            made = services.make(
                request.membership, told["name"], told["method"], told["year"], told["valid_from"], told["statement"]
            )
            return redirect("quality-plan", key=request.organisation.key, pk=made.pk)
        except ValidationError as fault:
            form.add_error(None, fault)
    return render(request, "quality/new.html", {"form": form}, status=422 if request.method == "POST" else 200)


@within()
def show(request: TenantRequest, pk: int) -> HttpResponse:
    """One version: what it says, what it lacks, and what may be done."""
    plan = plan_of(request, pk)
    method, content, language, today = (
        services.method_of(plan.entity),
        services.content(plan),
        lang(),
        timezone.localdate(),
    )
    found = services.problems(plan) if plan.is_open or plan.state == State.SUBMITTED else []
    wrong: dict[int, list[str]] = defaultdict(list)
    for each in found:
        if each.row is not None:
            wrong[each.row].append(each.sentence(language))
    places: dict[str, list[dict[str, Any]]] = {}
    for number, line in enumerate(content.lines, 1):
        places.setdefault(place_title(method, line.process, line.unit_name, language), []).append(
            _line(line, number, method, language) | {"wrong": wrong.get(number, [])}
        )
    if form := form_of(request):
        columns = (
            "process",
            "unit_name",
            "parameter",
            *(name for name in Line.__dataclass_fields__ if name not in ("process", "unit_name", "parameter")),
        )
        return as_table(
            form,
            f"quality-plan-V{plan.version}",
            columns,
            (tuple(getattr(each, name) for name in columns) for each in content.lines),
        )
    due = calibrations(content, today)
    versions = list(plan.entity.plans.select_related("created_by", "decided_by").order_by("-version"))
    valid = services.in_force(versions, today)
    statement = _statement_beside(request, plan)
    mine = may_enter(request.membership, plan.entity)
    context = {
        "plan": plan, "entity": plan.entity, "method": method, "title": method.title[language],
        "facts": [(title_of(name, language), content.entity.get(name, "")) for name in ENTITY],
        "management": [(title_of(name, language), content.management.get(name, "")) for name in MANAGEMENT],
        "facilities": [(each, place_title(method, each.process, each.unit_name, language)) for each in content.facilities],
        "content": content, "titles": {name: both[language == "zh"] for name, both in TITLES.items()},
        "places": places.items(), "problems": [_told(each, language) for each in found[:LISTED]], "problems_all": len(found),
        "due": due, "near": NEAR_DAYS, "versions": versions, "valid": valid, "why": plan.why_in(language),
        "may_change": plan.is_open and mine, "may_revise": plan.state == State.APPROVED and mine,
        "under_way": any(each.state in services.UNDER_WAY for each in versions),
        "may_decide": plan.state == State.SUBMITTED and request.membership.may(Act.APPROVE),
        "own": request.user.pk in (plan.created_by_id, plan.submitted_by_id), "statement": statement,
        "today": today,
    }  # fmt: skip
    return render(request, "quality/plan.html", context)


def _line(line: Line, number: int, method: Any, language: str) -> dict[str, Any]:
    title, unit = parameter_title(method, line.parameter, language)
    words = {name: shown(name, getattr(line, name), language) if getattr(line, name) else "" for name in CHOICES}
    return {"number": number, "line": line, "title": title, "unit": unit, "words": words}


def _told(problem: Problem, language: str) -> dict[str, Any]:
    section = {"boundary": "enterprise", "facilities": "facilities", "lines": "lines"}.get(problem.column or "")
    if section is None:
        section = "line" if problem.row else "management" if problem.column in MANAGEMENT else "enterprise"
    if problem.code == "quality.parameter-missing":
        section = "new-line"
    return {
        "code": problem.code, "severity": problem.severity, "row": problem.row, "reason": problem.reason(language),
        "mend": problem.mend(language), "part": section, "parameter": problem.values.get("parameter", ""),
    }  # fmt: skip


def _statement_beside(request: TenantRequest, plan: Plan) -> Statement | None:
    """That of the plan's year, else of the year before, that the person sees."""
    seen = Statement.objects.visible_to(request.user).of(request.organisation).exclude(state=State.SUPERSEDED)
    found = seen.filter(name=plan.entity.name, method=plan.entity.method, year__lte=plan.year)
    return found.defer("rows", "record", "problems").order_by("-year", "-pk").first()


@within()
def beside(request: TenantRequest, pk: int) -> HttpResponse:
    """What a statement (``?with=``) does otherwise than the plan says; without one, the statement of its year."""
    plan = plan_of(request, pk)
    seen = (
        Statement.objects.visible_to(request.user)
        .of(request.organisation)
        .filter(name=plan.entity.name, method=plan.entity.method)
    )
    asked = request.GET.get("with", "")
    if asked and (not asked.isdecimal() or len(asked) > 15):
        raise Http404
    if asked:
        statement = get_object_or_404(seen, pk=int(asked))
    else:
        newest = _statement_beside(request, plan)
        if newest is None:
            messages.info(request, _("There is no statement of this enterprise yet."))
            return redirect("quality-plan", key=request.organisation.key, pk=pk)
        statement = seen.get(pk=newest.pk)
    found = services.compared(plan, statement)
    if form := form_of(request):
        columns = ("code", "row", "parameter", "reason", "mend")
        rows = (
            (each.code, each.row or "", each.values.get("parameter", ""), each.reason(lang()), each.mend(lang()))
            for each in found
        )
        return as_table(form, "statement-and-plan", columns, rows)
    context = {
        "plan": plan, "entity": plan.entity, "statement": statement, "problems": [_told(each, lang()) for each in found],
        "statements": seen.exclude(state=State.SUPERSEDED).defer("rows", "record", "problems")[:20],
    }  # fmt: skip
    return render(request, "quality/beside.html", context)


@within(Act.ENTER)
def submit(request: TenantRequest, pk: int) -> HttpResponse:
    """Asks for approval."""
    plan = plan_of(request, pk, change=True)
    if request.method == "POST":
        try:
            services.submit(request.membership, plan)
            messages.success(request, _("Submitted. Somebody else approves it."))
        except ValidationError as fault:
            say(request, fault)
    return redirect("quality-plan", key=request.organisation.key, pk=pk)


@within(Act.APPROVE)
def decide(request: TenantRequest, pk: int) -> HttpResponse:
    """Approves or returns."""
    plan = plan_of(request, pk)
    if request.method == "POST":
        try:
            comment = request.POST.get("comment", "").strip()[:1000]
            services.decide(request.membership, plan, approve="approve" in request.POST, comment=comment)
        except ValidationError as fault:
            say(request, fault)
    return redirect("quality-plan", key=request.organisation.key, pk=pk)


@within(Act.ENTER)
def revise(request: TenantRequest, pk: int) -> HttpResponse:
    """A new version of an approved one, for a change or for the next year."""
    plan = plan_of(request, pk, change=True)
    if plan.state != State.APPROVED:
        return redirect("quality-plan", key=request.organisation.key, pk=pk)
    today = timezone.localdate()
    next_year = request.GET.get("next") == "1"
    initial: dict[str, Any] = {"year": plan.year, "valid_from": today}
    if next_year:
        initial = {"year": plan.year + 1, "valid_from": date(plan.year + 1, 1, 1), "why": "year"}
    form = ReviseForm(lang(), request.POST or None, initial=initial)
    if request.method == "POST" and form.is_valid():
        told = form.cleaned_data
        try:
            made = services.revise(
                request.membership, plan, told["why"], told["reason"].strip(), told["year"], told["valid_from"]
            )
            return redirect("quality-plan", key=request.organisation.key, pk=made.pk)
        except ValidationError as fault:
            form.add_error(None, fault)
    context = {"form": form, "plan": plan, "entity": plan.entity}
    return render(request, "quality/revise.html", context, status=422 if request.method == "POST" else 200)


@within()
def changed(request: TenantRequest, pk: int) -> HttpResponse:
    """What differs from another version (``?with=``), the one before without it."""
    plan = plan_of(request, pk)
    versions = plan.entity.plans.exclude(pk=plan.pk).order_by("-version")
    asked = request.GET.get("with", "")
    if asked and (not asked.isdecimal() or len(asked) > 15):
        raise Http404
    old = get_object_or_404(versions, pk=int(asked)) if asked else versions.filter(version__lt=plan.version).first()
    if old is None:
        messages.info(request, _("This is the first version: there is nothing to compare it with."))
        return redirect("quality-plan", key=request.organisation.key, pk=pk)
    language, method = lang(), services.method_of(plan.entity)
    rows = []
    for each in changes(services.content(old), services.content(plan)):
        parameter = parameter_title(method, each.of[1], language)[0] if each.of[1] else ""
        rows.append({
            "section": _section(each.section), "facility": each.of[0], "parameter": parameter, "name": each.of[1],
            "field": title_of("place" if each.field == "place" else each.field, language) if each.field else "",
            "before": _word(each.field, each.before, language), "after": _word(each.field, each.after, language),
        })  # fmt: skip
    if form := form_of(request):
        return as_table(
            form,
            "plan-changes",
            CHANGE_COLUMNS,
            ((row["section"], row["facility"], row["name"], row["field"], row["before"], row["after"]) for row in rows),
        )
    context = {"plan": plan, "entity": plan.entity, "old": old, "rows": rows, "versions": versions}
    return render(request, "quality/changes.html", context)


def _section(name: str) -> str:
    return {"entity": _("Enterprise and boundary"), "boundary": _("Enterprise and boundary"), "facilities": _("Main facilities"),
            "lines": _("How each parameter is determined"), "management": _("Internal quality control")}[name]  # fmt: skip


def _word(name: str, text: str, language: str) -> str:
    return shown(name, text, language) if name in CHOICES and text else text


@within()
def download(request: TenantRequest, pk: int) -> HttpResponse:
    """The plan as PDF, XLSX, HTML; what it says as JSON."""
    plan = plan_of(request, pk)
    form = request.GET.get("form", "pdf")
    if form not in KINDS:
        raise Http404
    asked = request.GET.get("lang")
    language = asked if asked in ("en", "zh") else lang()
    data: bytes
    if form == "json":
        data = json.dumps(plan.body, ensure_ascii=False, indent=1).encode()
    else:
        document = document_of(plan, language, wide=form == "xlsx")
        data = (
            paper(document)
            if form == "pdf"
            else statement_workbook(document)
            if form == "xlsx"
            else html_page(document).encode()
        )
    answer = HttpResponse(data, content_type=KINDS[form])
    answer["Content-Disposition"] = f'attachment; filename="quality-plan-{plan.entity.key}-V{plan.version}.{form}"'
    answer["X-Content-Type-Options"] = "nosniff"
    return answer


def document_of(plan: Plan, language: str, *, wide: bool) -> Any:
    """The paper of a version, with its history."""
    versions = (
        plan.entity.plans.filter(version__lte=plan.version)
        .select_related("created_by", "decided_by")
        .order_by("version")
    )
    history = [
        {"version": f"V{each.version}", "year": str(each.year), "state": str(each.get_state_display()), "valid_from": each.valid_from.isoformat(),
         "why": each.why_in(language), "reason": each.reason, "made_by": each.created_by.name,
         "decided_by": each.decided_by.name if each.decided_by else "", "decided_on": each.decided_at.date().isoformat() if each.decided_at else ""}
        for each in versions
    ]  # fmt: skip
    problems = [(str(each.severity), each.sentence(language)) for each in services.problems(plan)]
    words = {name: {value: shown(name, value, language) for value in values} for name, values in CHOICES.items()}
    return plan_document(
        services.content(plan), services.method_of(plan.entity), f"V{plan.version}", plan.year, plan.valid_from, history, problems,
        words, plan.digest, plan.sample, language, wide=wide,
    )  # fmt: skip


def say(request: TenantRequest, fault: ValidationError) -> None:
    """What is wrong, at the head of the next page."""
    for message in fault.messages:
        messages.error(request, message)
