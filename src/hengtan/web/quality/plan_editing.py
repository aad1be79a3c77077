"""Pages on which an open version is changed: its parts, one line, all lines from a workbook."""

from __future__ import annotations

import tempfile
from dataclasses import replace
from pathlib import Path
from typing import Any

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _

from hengtan.problems import HengtanError
from hengtan.sectors.quality import Facility, Line, body, title_of
from hengtan.sectors.quality.form import ENTITY, MANAGEMENT, MOST_FACILITIES, parameter_title, place_title
from hengtan.sectors.quality.form import Plan as Content
from hengtan.web.organisations.door import TenantRequest, within
from hengtan.web.organisations.roles import Act
from hengtan.web.runs.words import lang

from . import services
from .forms import PLACE_FIELDS, EnterpriseForm, LineForm, ManagementForm, facility_rows, initial_of, typed_facilities
from .models import Plan
from .views import KINDS, plan_of, say
from .workbook import lines_from, lines_workbook

PARTS = ("enterprise", "facilities", "management")


def _open(request: TenantRequest, pk: int) -> Plan | None:
    plan = plan_of(request, pk, change=True)
    return plan if plan.is_open else None


def _keep(request: TenantRequest, plan: Plan, content: Content, wrong: list[str], **more: Any) -> bool:
    """Whether it was kept; what is wrong is added to the list."""
    try:
        services.fill(plan, body(content), seen=request.POST.get("seen", ""), **more)
    except ValidationError as fault:
        wrong += fault.messages
        return False
    return True


@within(Act.ENTER)
def edit(request: TenantRequest, pk: int) -> HttpResponse:
    """Enterprise and boundary, facilities, or internal quality control (``part``)."""
    plan = _open(request, pk)
    part = (request.POST if request.method == "POST" else request.GET).get("part", "enterprise")
    if part not in PARTS:
        raise Http404
    if plan is None:
        return redirect("quality-plan", key=request.organisation.key, pk=pk)
    content, language, wrong = services.content(plan), lang(), list[str]()
    form: Any = None
    if part == "facilities":
        if request.method == "POST":
            typed = typed_facilities(request.POST, MOST_FACILITIES)
            content = replace(content, facilities=tuple(Facility(**row) for row in typed))
            if _keep(request, plan, content, wrong):
                return _after(request, plan)
    else:
        kind = EnterpriseForm if part == "enterprise" else ManagementForm
        initial = (
            {**content.entity, "boundary": content.boundary, "valid_from": plan.valid_from}
            if part == "enterprise"
            else dict(content.management)
        )
        form = kind(language, request.POST or None, initial=initial)
        if request.method == "POST" and form.is_valid():
            told = form.cleaned_data
            if part == "enterprise":
                entity = {name: told.get(name, "") for name in ENTITY if name != "name"}
                content = replace(content, entity={**entity, "name": plan.entity.name}, boundary=told["boundary"])
                kept = _keep(request, plan, content, wrong, valid_from=told["valid_from"])
            else:
                kept = _keep(
                    request, plan, replace(content, management={name: told[name] for name in MANAGEMENT}), wrong
                )
            if kept:
                return _after(request, plan)
    context = {
        "plan": plan, "entity": plan.entity, "part": part, "form": form, "wrong": wrong, "seen": services.mark_of(plan),
        "rows": facility_rows(content) if part == "facilities" else [],
        "columns": [title_of(name, language) for name in PLACE_FIELDS],
        "processes": [(name, title[language]) for name, title in services.method_of(plan.entity).processes.items()],
    }  # fmt: skip
    return render(request, "quality/edit.html", context, status=422 if request.method == "POST" else 200)


def _after(request: TenantRequest, plan: Plan) -> HttpResponse:
    messages.success(request, _("Kept."))
    return redirect("quality-plan", key=request.organisation.key, pk=plan.pk)


@within(Act.ENTER)
def line(request: TenantRequest, pk: int) -> HttpResponse:
    """One line (``n``), or a new one; ``copy`` begins with what another says of its instrument and laboratory."""
    plan = _open(request, pk)
    if plan is None:
        return redirect("quality-plan", key=request.organisation.key, pk=pk)
    asked = request.POST if request.method == "POST" else request.GET
    content, method, language, wrong = services.content(plan), services.method_of(plan.entity), lang(), list[str]()
    at = _index(asked.get("n", ""), len(content.lines))
    here = content.lines[at] if at is not None else Line(parameter=asked.get("parameter", "")[:120])
    model = _index(asked.get("copy", ""), len(content.lines))
    if model is not None and request.method != "POST":
        own = {
            "process": here.process,
            "unit_name": here.unit_name,
            "parameter": here.parameter,
            "description": here.description,
        }
        here = replace(
            content.lines[model], **(own if at is not None else {"parameter": here.parameter, "description": ""})
        )
    form = LineForm(language, method, content.facilities, request.POST or None, initial=initial_of(here))
    if request.method == "POST":
        if "remove" in request.POST and at is not None:
            rest = (*content.lines[:at], *content.lines[at + 1 :])
            if _keep(request, plan, replace(content, lines=rest), wrong):
                return _after(request, plan)
        elif form.is_valid():
            made = form.line()
            rows = [*content.lines[:at], made, *content.lines[at + 1 :]] if at is not None else [*content.lines, made]
            if any(
                each.key == made.key
                for number, each in enumerate(rows)
                if number != (at if at is not None else len(rows) - 1)
            ):
                wrong.append(_("This parameter stands in the plan for this facility already."))
            elif _keep(request, plan, replace(content, lines=tuple(rows)), wrong):
                return _after(request, plan)
    listed = [
        (
            number,
            f"{place_title(method, each.process, each.unit_name, language)} {parameter_title(method, each.parameter, language)[0]}".strip(),
        )
        for number, each in enumerate(content.lines, 1)
    ]
    context: dict[str, Any] = {
        "plan": plan, "entity": plan.entity, "form": form, "wrong": wrong, "n": at + 1 if at is not None else "", "seen": services.mark_of(plan),
        "alike": [each for each in listed if at is None or each[0] != at + 1],
        "parameters": [(name, title[language], parameter.unit) for name, title, parameter in method.inputs()],
        "title": parameter_title(method, here.parameter, language)[0] if here.parameter else "",
        "found": [each for each in services.problems(plan) if at is not None and each.row == at + 1] if request.method != "POST" else [],
    }  # fmt: skip
    context["found"] = [{"reason": each.reason(language), "mend": each.mend(language)} for each in context["found"]]
    return render(request, "quality/line.html", context, status=422 if request.method == "POST" else 200)


def _index(text: str, most: int) -> int | None:
    """The place of a line that an address names from 1; 404 for one that is not there."""
    if not text:
        return None
    if not text.isdecimal() or len(text) > 6 or not 1 <= int(text) <= most:
        raise Http404
    return int(text) - 1


@within(Act.ENTER)
def lines(request: TenantRequest, pk: int) -> HttpResponse:
    """The workbook of all lines to take away; a filled one in place of the lines."""
    plan = plan_of(request, pk, change=True)
    if request.method != "POST":
        answer = HttpResponse(
            lines_workbook(services.content(plan), services.method_of(plan.entity), lang()), content_type=KINDS["xlsx"]
        )
        answer["Content-Disposition"] = f'attachment; filename="quality-plan-{plan.entity.key}-lines.xlsx"'
        answer["X-Content-Type-Options"] = "nosniff"
        return answer
    upload = request.FILES.get("file")
    if upload is None:
        messages.error(request, _("Choose a file."))
        return redirect("quality-plan", key=request.organisation.key, pk=pk)
    name = str(upload.name or "lines")
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / f"lines{Path(name).suffix[:8]}"
        with path.open("wb") as file:
            for chunk in upload.chunks():
                file.write(chunk)
        try:
            found = lines_from(path, name)
            services.fill(plan, body(replace(services.content(plan), lines=tuple(found))))
            messages.success(
                request, _("%(count)d parameters are taken from %(name)s.") % {"count": len(found), "name": name}
            )
        except HengtanError as fault:
            for problem in fault.problems[:5]:
                messages.error(request, problem.sentence(lang()))
        except ValidationError as fault:
            say(request, fault)
    return redirect("quality-plan", key=request.organisation.key, pk=pk)
