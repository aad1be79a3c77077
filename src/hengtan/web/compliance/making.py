"""Making a plan: begun out of the book, field by field, from a workbook, from another plan, or as JSON for those who write it."""

from __future__ import annotations

import json
import tempfile
from datetime import date
from pathlib import Path
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.core.files.uploadedfile import UploadedFile
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from hengtan.connectors.plan_template import write_plan_workbook
from hengtan.connectors.plan_workbook import Workbook, is_workbook, read_workbook, taken_from
from hengtan.market.compliance.flat import WHOSE, as_text, tables_of, taken
from hengtan.market.rules import surrender_deadline
from hengtan.problems import HengtanError
from hengtan.web.assets.services import waiting
from hengtan.web.market.models import Allocation
from hengtan.web.organisations.door import TenantRequest, within
from hengtan.web.organisations.roles import Act
from hengtan.web.runs.words import lang

from . import begin, services
from .forms import OF_ENTITY, Draft, canonical, done, draft_of, draft_of_begun, empty, given_of, posted, with_book
from .models import CompliancePlan
from .sections import sections

SHEET = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
FIRST, LAST = date(2021, 1, 1), date(2058, 12, 31)  # days from which is planned
MOST_SHOWN, MOST_IN_FORM = 60, 120  # entities of a form that a person still fills, and that a browser still sends


class PlanForm(forms.Form):
    """The input as a file, or as text."""

    file = forms.FileField(label=gettext_lazy("Filled workbook (XLSX, XLS, ODS) or JSON"), required=False)
    text = forms.CharField(
        label=gettext_lazy("Input as JSON"), required=False, strip=False, max_length=services.LARGEST,
        widget=forms.Textarea(attrs={"rows": 18, "class": "mono", "spellcheck": "false"}),
    )  # fmt: skip

    def clean(self) -> dict[str, Any]:
        """One of the two; what was typed stays in the form."""
        given = super().clean() or {}
        upload = given.get("file")
        if upload is not None and (upload.size or 0) > services.LARGEST:
            raise ValidationError(_("An input has at most %(most)d bytes.") % {"most": services.LARGEST})
        if upload is not None and not is_workbook(upload.name or ""):
            try:
                given["text"] = upload.read().decode("utf-8-sig")
            except UnicodeDecodeError:
                raise ValidationError(_("The file is not UTF-8.")) from None
        if upload is None and not (given.get("text") or "").strip():
            raise ValidationError(_("Give a file or type the input."))
        return given


@within(Act.ASSETS)
def new(request: TenantRequest) -> HttpResponse:
    """Where to begin; ``?begin=book``, ``?begin=empty``, ``?allocation=``, ``?from=``: a form that is filled as far as anything is known."""
    if request.method == "POST":
        if "general.0.as_of" in request.POST:
            return _typed(request)
        return _given(request)
    if (draft := _begun(request)) is not None:
        if request.GET.get("form") == "xlsx":
            return _workbook(draft, "compliance-input.xlsx")
        if len(draft.rows["entities"]) > MOST_IN_FORM:
            told = _(
                "A form takes at most %(most)d entities: take the input away as a workbook, change it and give it again."
            )
            return _start(request, None, [told % {"most": MOST_IN_FORM}])
        return _form(request, draft)
    return _start(request)


def _start(request: TenantRequest, form: PlanForm | None = None, wrong: list[str] | None = None) -> HttpResponse:
    today = timezone.localdate()
    sources = begin.Sources(request.membership, today)
    years = begin.years_open(today)
    known = sorted(sources.entities.values(), key=lambda each: (not each.accounts, each.accounts, each.name))
    emitting = {each.name for each in known if years and sources.emissions(each.name, years[0])}
    plans = CompliancePlan.objects.visible_to(request.user).of(request.organisation).defer("record")
    allocations = Allocation.objects.visible_to(request.user).of(request.organisation)
    context = {
        "form": form or PlanForm(), "wrong": wrong or [], "has_book": sources.has_book(), "today": today,
        "years": [{"year": year, "deadline": surrender_deadline(year), "on": not at} for at, year in enumerate(years)],
        "known": [{"one": each, "on": each.name in emitting or not emitting} for each in known[:begin.MOST_ENTITIES]],
        "plans": plans[:6], "allocations": allocations.only("pk", "name", "year", "organisation")[:6],
        "expert": bool(form is not None and form.data.get("text")), "here": "compliance-plans", "waits": waiting(request.organisation),
    }  # fmt: skip
    return render(request, "compliance/new.html", context, status=200 if form is None else 422)


# --- begun


def _begun(request: TenantRequest) -> Draft | None:
    for name, kind in (("allocation", Allocation), ("from", CompliancePlan)):
        asked = request.GET.get(name, "")
        if asked.isdecimal() and len(asked) < 15:
            rows: Any = kind.objects.visible_to(request.user).of(request.organisation)
            found = get_object_or_404(rows.select_related("organisation"), pk=int(asked))
            if isinstance(found, CompliancePlan):
                return given_of(json.loads(services.given_of(found)))
            return given_of(services.from_allocation(found, timezone.localdate()))
    if request.GET.get("begin") == "empty":
        return empty()
    if request.GET.get("begin") == "book":
        return draft_of_begun(of_book(request, day_of(request.GET.get("as_of", "")), request.GET.getlist("year"), request.GET.getlist("entity")))  # fmt: skip
    return None


def day_of(text: str) -> date:
    """The day that was asked for; today for what is none, or none that is planned from."""
    try:
        found = date.fromisoformat(text)
    except ValueError:
        return timezone.localdate()
    return found if FIRST <= found <= LAST else timezone.localdate()


def of_book(request: Any, as_of: date, years: list[str], names: list[str]) -> begin.Begun:
    """What is known of the chosen entities (none chosen: all) and years (none: the next to be surrendered)."""
    sources = begin.Sources(request.membership, as_of)
    chosen = sorted({int(each) for each in years if each.isdecimal() and len(each) == 4 and 2019 <= int(each) <= 2060})[:6]  # fmt: skip
    return begin.begun(sources, chosen or begin.years_open(as_of)[:1], names or list(sources.entities))


# --- typed, field by field


def _typed(request: TenantRequest) -> HttpResponse:
    draft = posted(request.POST)
    act = request.POST.get("do", "")
    if act == "xlsx":
        return _workbook(draft, "compliance-input.xlsx")
    if act == "book":
        day = day_of(draft.rows["general"][0].get("as_of", ""))
        names = [row.get("name", "") for row in draft.rows["entities"]]
        said = begin.Said("book", day=day.isoformat()).code()
        return _form(request, with_book(draft, *begin.afresh(request.membership, names, day), said))
    if act:
        return _form(request, done(draft, act))
    found = draft.check(lang())
    if not found.problems:
        try:
            made = services.make(request.membership, as_text(found.value))
            return redirect("compliance-plan", key=request.organisation.key, pk=made.pk)
        except HengtanError as fault:
            for each in fault.problems:
                draft.tell(("general", 0, ""), each, lang())
    return _form(request, draft, status=422)


def _form(request: TenantRequest, draft: Draft, status: int = 200, wrong: list[str] | None = None) -> HttpResponse:
    context = sections(draft, lang()) | {
        "expert": as_text(taken(draft.tables()).value), "told": wrong or [], "many": len(draft.rows["entities"]) > MOST_SHOWN,
        "known": _known(begin.Sources(request.membership, timezone.localdate()), draft), "here": "compliance-plans", "waits": waiting(request.organisation),
    }  # fmt: skip
    return render(request, "compliance/form.html", context, status=status)


def _known(sources: begin.Sources, draft: Draft) -> list[begin.Known]:
    """Entities of the organisation that are not in the input yet: they are chosen by their exact names, which book, allocations and statements know."""
    there = {row.get("name", "") for row in draft.rows["entities"]}
    found = sorted(sources.entities.values(), key=lambda each: each.name)
    return [each for each in found if each.name not in there][: begin.MOST_ENTITIES]


# --- given as a whole


def _given(request: TenantRequest) -> HttpResponse:
    form = PlanForm(request.POST, request.FILES)
    if not form.is_valid():
        return _start(request, form)
    upload = form.cleaned_data.get("file")
    try:
        if upload is not None and is_workbook(upload.name or ""):
            return _from_workbook(request, upload)
        made = services.make(request.membership, form.cleaned_data["text"])
        return redirect("compliance-plan", key=request.organisation.key, pk=made.pk)
    except HengtanError as fault:
        wrong = [problem.sentence(lang()) for problem in fault.problems[:20]]
        if upload is not None and not is_workbook(upload.name or ""):  # shown, so that it can be mended here
            form = PlanForm({"text": form.cleaned_data["text"]})
        return _start(request, form, wrong)


def _from_workbook(request: TenantRequest, upload: UploadedFile[Any]) -> HttpResponse:
    """Made, or shown as a form with what is wrong at its field and, above, with sheet, row and column."""
    book = _read(upload)
    draft, found = draft_of(book.given), taken_from(book)
    told = [*book.problems, *(book.at(*each) for each in found.problems)]
    if not told:
        made = services.make(request.membership, as_text(found.value))
        return redirect("compliance-plan", key=request.organisation.key, pk=made.pk)
    lost = any(WHOSE not in row for name in (*OF_ENTITY, "prices") for row in draft.rows[name])
    if book.problems or lost or len(draft.rows["entities"]) > MOST_SHOWN:
        raise HengtanError(told)  # a form has no place for some of it: it is mended in the workbook
    draft.check(lang())
    return _form(request, draft, 422, [each.sentence(lang()) for each in told[:20]])


def _read(upload: UploadedFile[Any]) -> Workbook:
    name = upload.name or "input.xlsx"
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / f"input{Path(name).suffix[:8].lower()}"
        with path.open("wb") as out:
            for chunk in upload.chunks():
                out.write(chunk)
        return read_workbook(path, name)


# --- workbooks to take away


@within(Act.WHOLE)
def template(request: TenantRequest) -> HttpResponse:
    """The empty workbook, with rows that show how it is filled."""
    return _sheet(None, "compliance-input.xlsx")


@within(Act.WHOLE)
def plan_input(request: TenantRequest, pk: int) -> HttpResponse:
    """The input of a plan as a workbook, to be changed and given again."""
    found = CompliancePlan.objects.visible_to(request.user).of(request.organisation)
    one = get_object_or_404(found.select_related("organisation"), pk=pk)
    return _sheet(tables_of(json.loads(services.given_of(one))), f"compliance-input-{one.as_of}.xlsx")


def _workbook(draft: Draft, name: str) -> HttpResponse:
    """What was typed so far, right or wrong; an owner by its id, as a workbook names him."""
    tables = {of: [canonical(of, row) for row in rows] for of, rows in draft.tables().items()}
    for of, key, owners in (*((each, "entity", "entities") for each in OF_ENTITY), ("prices", "scenario", "scenarios")):
        for row in tables[of]:
            if row.get(WHOSE, "").isdecimal():
                owner = draft.rows[owners][int(row[WHOSE])]
                row[key] = owner.get("id", "") or owner.get("name", "")
    return _sheet(tables, name)


def _sheet(tables: Any, name: str) -> HttpResponse:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "input.xlsx"
        write_plan_workbook(path, tables, lang())
        answer = HttpResponse(path.read_bytes(), content_type=SHEET)
    answer["Content-Disposition"] = f'attachment; filename="{name}"'
    answer["X-Content-Type-Options"] = "nosniff"
    return answer


__all__ = ["FIRST", "LAST", "PlanForm", "day_of", "new", "of_book", "plan_input", "template"]
