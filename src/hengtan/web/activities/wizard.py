"""From files to a submitted batch, one step a page: upload, columns, problems, submit. What is chosen is kept at every step."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _

from hengtan.connectors.headers import headings
from hengtan.connectors.mapped import PERIOD
from hengtan.connectors.source import letter
from hengtan.connectors.template import load_template
from hengtan.factors import types
from hengtan.units import symbols
from hengtan.web.jobs.models import State as JobState
from hengtan.web.organisations.door import TenantRequest, within
from hengtan.web.organisations.roles import Act

from . import services, uploads
from .forms import CONSTANTS, mapping_from, title
from .models import Batch, Json, State
from .reading import lacking, understood
from .views import batch_of, control, job_context, lang, may_change, step_of

SHOWN = 12  # groups of problems that are open at first
TRANSLATED = {"unit.unknown": "unit", "type.unknown": "activity_type"}


@within(Act.ENTER)
def upload(request: TenantRequest) -> HttpResponse:
    """One or several files, and what they correct."""
    approved = Batch.objects.visible_to(request.user).of(request.organisation).filter(state=State.APPROVED)
    wrong: list[str] = []
    if request.method == "POST":
        old = request.POST.get("supersedes", "")
        supersedes = approved.filter(pk=int(old)).first() if old.isdigit() else None
        try:
            given = uploads.kept(request.organisation, request.FILES.getlist("files"))
            if not any(file.role == "activities" for file in given):
                raise ValidationError(_("These are factors alone. Add a file of activity data that names them."))
            name = request.POST.get("name", "").strip()[:200] or given[0].name.rsplit(".", 1)[0][:200]
            batch = services.begin(request.membership, name, given, supersedes)
            return redirect("batch-columns", key=request.organisation.key, pk=batch.pk)
        except ValidationError as fault:
            wrong = list(fault.messages)
    context = {
        "approved": approved.defer("preview", "outline", "fixes")[:200],
        "wrong": wrong,
        "name": request.POST.get("name", ""),
        "supersedes": request.POST.get("supersedes", request.GET.get("supersedes", "")),
        "most": uploads.MOST_BYTES >> 20,
        "step": 1,
    }
    return render(request, "activities/upload.html", context, status=422 if wrong else 200)


@within(Act.ENTER)
def columns(request: TenantRequest, pk: int) -> HttpResponse:
    """Which sheet, which row of names, which column is what."""
    batch = batch_of(request, pk, change=True)
    if not batch.is_open:
        return redirect("batch", key=request.organisation.key, pk=pk)
    if batch.mapping.get("typed"):
        return redirect("batch-entry", key=request.organisation.key, pk=pk)
    wrong: list[str] = []
    mapping = batch.mapping
    if request.method == "POST" and batch.outline:
        again = [name for name in request.POST if name.startswith("again-")]
        try:
            if again:
                number = int(again[0].removeprefix("again-"))
                told = batch.outline[number]
                row = int(request.POST.get(f"header-{number}", "") or told["header"])
                services.look_again(batch, request.user, {f"{told['file']}/{told['sheet']}": max(row, 0)})
                return redirect("batch-columns", key=request.organisation.key, pk=pk)
            mapping, wrong = mapping_from(request.POST, batch.outline, batch.mapping)
            if not wrong:
                services.assign(batch, request.user, mapping)
                return redirect("batch-problems", key=request.organisation.key, pk=pk)
        except ValidationError as fault:
            wrong = list(fault.messages)
        except (ValueError, IndexError):
            wrong = [_("Give the row as a number.")]
    working = batch.job is not None and not batch.job.is_over and batch.job.kind == services.OUTLINE
    context: dict[str, Any] = {
        "batch": batch, "files": list(batch.files.all()), "wrong": wrong, "step": 2,
        "working": working or not batch.outline,
        "sheets": [] if working else _sheets(batch, mapping),
        "names": [(name, title(name)) for name in (*_ORDER, *(n for n in headings() if n not in _ORDER))],
        "types": known_types(), "units": symbols(), "numbers": mapping.get("numbers", ""), "dates": mapping.get("dates", ""),
        **job_context(request, batch),
    }  # fmt: skip
    return render(request, "activities/columns.html", context, status=422 if wrong else 200)


_ORDER = ("activity_id", "facility", "activity_type", PERIOD, "start", "end", "quantity", "unit", "region", "factor_id")


def _sheets(batch: Batch, mapping: Json) -> list[Json]:
    """Each sheet with its form, as the page shows it."""
    language = lang()
    found = []
    for number, told in enumerate(batch.outline):
        form: Json = {"use": "skip", "columns": {}, "constants": {}}
        if number < len(mapping.get("forms", [])):
            form = mapping["forms"][number]
        by = {at: name for name, at in form["columns"].items()}
        template = load_template(told["template"]).title[language] if told["template"] else ""
        found.append(
            {
                **told, "number": number, "use": form["use"], "template_title": template,
                "lacking": [title(name) for name in lacking(form)] if form["use"] == "table" else [],
                "lines": [
                    {"at": at, "letter": letter(at), "header": header, "samples": told["samples"][at], "name": by.get(at, "")}
                    for at, header in enumerate(told["headers"])
                    if header or told["samples"][at]
                ],
                "constants": [(name, title(name), form["constants"].get(name, "")) for name in CONSTANTS],
            }
        )  # fmt: skip
    return found


def known_types() -> list[tuple[str, str]]:
    """Activity types for the list beside a field."""
    language = lang()
    return [(name, each.title[language]) for name, each in types().items() if not name.startswith(("spend.", "wtt."))]


@within()
def problems(request: TenantRequest, pk: int) -> HttpResponse:
    """What would become of the rows, what is wrong with them, and how to mend it."""
    batch = batch_of(request, pk)
    if not batch.is_open:
        return redirect("batch", key=request.organisation.key, pk=pk)
    if not batch.preview and (batch.job is None or batch.job.kind == services.OUTLINE):
        return redirect("batch-columns", key=request.organisation.key, pk=pk)
    shown = batch.preview
    language = lang()
    groups = [_group(number, group, language) for number, group in enumerate(shown.get("groups", []))]
    sheets = shown.get("sheets", [])
    at = request.GET.get("sheet", "0")
    chosen = int(at) if at.isdigit() and int(at) < len(sheets) else 0
    totals = shown.get("totals", {})
    context = {
        "batch": batch, "files": list(batch.files.all()), "shown": shown, "step": 3, "groups": groups,
        "errors": sum(group["count"] for group in groups if group["severity"] == "error"),
        "warnings": sum(group["count"] for group in groups if group["severity"] == "warning"),
        "sheets": sheets, "sheet": _titled(sheets[chosen]) if sheets else None, "chosen": chosen,
        "fixes": list(enumerate(batch.fixes))[::-1][:200],
        "controls": [control(each, language) for each in shown.get("controls", [])],
        "kg": sum((Decimal(totals.get(name, "0")) for name in _TOTAL), Decimal(0)) if totals else None,
        "may_change": may_change(request, batch), "types": known_types(), "units": symbols(),
        **job_context(request, batch),
    }  # fmt: skip
    context["working"] = batch.job is not None and not batch.job.is_over
    context["failed"] = batch.job is not None and batch.job.state in (JobState.FAILED, JobState.CANCELLED)
    return render(request, "activities/problems.html", context)


_TOTAL = ("scope1_kg", "scope2_location_kg", "scope3_kg")


def _group(number: int, group: Json, language: str) -> Json:
    kind = TRANSLATED.get(group["code"], "")
    return {
        **group, "number": number, "reason": group["reason"][language], "mend": group["mend"][language],
        "more": max(0, group["count"] - len(group["cells"])), "translate": kind,
        "sets": group["column"] is not None and not kind and group["count"] <= 500 and not group["code"].startswith("import."),
        "leaves": group["severity"] == "warning" and 0 < len(group["rows"]) <= 500 and group["count"] <= 500,
        "open": number < SHOWN, "kg": Decimal(group["kg"]),
    }  # fmt: skip


def _titled(sheet: Json) -> Json:
    return {**sheet, "columns": [{**each, "title": title(each["name"])} for each in sheet["columns"]]}


@within(Act.ENTER)
def fix(request: TenantRequest, pk: int) -> HttpResponse:
    """A cell, all cells of a problem, a word of the company, a row left out, or a change taken back."""
    batch = batch_of(request, pk, change=True)
    if request.method == "POST":
        try:
            _fix(request, batch)
        except ValidationError as wrong:
            messages.error(request, wrong.messages[0])
        except (KeyError, ValueError, IndexError):
            messages.error(request, _("The rows were checked again in the meantime. Look at them once more."))
    return redirect(step_of(batch), key=request.organisation.key, pk=pk)


def _fix(request: TenantRequest, batch: Batch) -> None:
    post = request.POST
    if "undo" in post:
        services.unfix(batch, request.user, [int(post["undo"])])
        return
    if post.get("checked") != batch.preview.get("checked", ""):
        raise KeyError
    group = batch.preview["groups"][int(post["group"])]
    if "leave" in post:
        services.leave_out(batch, request.user, [tuple(place) for place in group["rows"]])
        return
    places = list(dict.fromkeys((file, sheet, row) for file, sheet, row, _cell in group["rows"]))
    value = post.get("value", "").strip()[:200]
    kind = TRANSLATED.get(group["code"])
    if kind:
        if not value or not understood(kind, value):
            raise ValidationError(_("“%(value)s” is not known either. Choose from the list.") % {"value": value or "—"})
        words = dict(batch.mapping.get("values", {}))
        words[kind] = {**words.get(kind, {}), group["value"]: value}
        services.assign(batch, request.user, {**batch.mapping, "values": words})
        return
    services.fix(batch, request.user, places, int(group["column"]), value, group["value"])


@within(Act.ENTER)
def submit(request: TenantRequest, pk: int) -> HttpResponse:
    """The last look: what goes in, and what comes with it; then it is submitted."""
    batch = batch_of(request, pk, change=True)
    if not batch.is_open or not batch.preview:
        return redirect("batch", key=request.organisation.key, pk=pk)
    wrong: list[str] = []
    if request.method == "POST":
        try:
            name = request.POST.get("name", "").strip()[:200]
            services.submit(batch, request.user, name)
            return redirect("batch-problems", key=request.organisation.key, pk=pk)
        except ValidationError as fault:
            wrong = list(fault.messages)
    language = lang()
    shown = batch.preview
    totals = {name: Decimal(text) for name, text in shown["totals"].items()}
    context = {
        "batch": batch, "shown": shown, "wrong": wrong, "step": 4, "files": list(batch.files.all()),
        "controls": [control(each, language) for each in shown["controls"]],
        "totals": totals, "kg": sum((totals.get(name, Decimal(0)) for name in _TOTAL), Decimal(0)),
        "published": Decimal(shown["published_kg"]) if shown["published_kg"] else None,
        "now": datetime.now(UTC), "bills": batch.evidence.filter(withdrawn_at=None).count(),
    }  # fmt: skip
    return render(request, "activities/submit.html", context, status=422 if wrong else 200)
