"""Pages of reconciliations: the list, a new one, one with every line, a word on what is left, the signature, handing over."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from typing import Any
from urllib.parse import urlencode

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.core.paginator import Paginator
from django.db.models.fields.json import KeyTransform
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _

from hengtan.web.boundaries.models import Facility
from hengtan.web.organisations.door import TenantRequest, within
from hengtan.web.organisations.roles import Act
from hengtan.web.runs import services as runs
from hengtan.web.runs.words import lang
from hengtan.web.shell.tables import as_table, form_of
from hengtan.web.statements.models import State, Statement

from . import handing, services, words
from .forms import HandOverForm, ReconciliationForm
from .models import Reconciliation
from .picture import bridge

PAGE = 50
DUST = Decimal("0.000001")  # t: what is less stands in the files alone
VIEWS = ("ets", "enterprise", "inventory")
COLUMNS = ("source", "category", "from", "to", "kind", "t_co2e", "was", "now", "unit", "why", "mark", "rule_source")
LINES = ("source", "category", *VIEWS, "unexplained")
LIST = ("name", "year", "run", *VIEWS, "unexplained", "state", "made_by", "signed_by")


def _one(request: TenantRequest, pk: int) -> Reconciliation:
    found = Reconciliation.objects.visible_to(request.user).of(request.organisation)
    return get_object_or_404(
        found.select_related("organisation", "run", "allocation", "created_by", "signed_by", "entry"), pk=pk
    )


@within(Act.WHOLE)
def index(request: TenantRequest) -> HttpResponse:
    """All, the newest first."""
    mine = Reconciliation.objects.visible_to(request.user).of(request.organisation)
    found: Any = (
        mine.select_related("run", "created_by", "signed_by")
        .annotate(sums=KeyTransform("totals", "record"))
        .defer("record")
    )
    if form := form_of(request):
        lines = (
            (each.name, each.year, each.run.code, *(Decimal(each.sums[view]) for view in VIEWS), Decimal(each.remainder),
             "signed" if each.is_signed else "open", each.created_by.name, each.signed_by.name if each.signed_by else "")
            for each in found
        )  # fmt: skip
        return as_table(form, "reconciliations", LIST, lines)
    context = {
        "page": Paginator(found, PAGE).get_page(request.GET.get("page")),
        "may": request.membership.may(Act.CALCULATE),
        "ready": services.usable(request.membership).exists() and runs.current(request.organisation) is not None,
    }
    return render(request, "reconciliation/reconciliations.html", context)


@within(Act.CALCULATE)
def new(request: TenantRequest) -> HttpResponse:
    """Which statements, which run."""
    run = runs.current(request.organisation)
    asked = [int(each) for each in request.GET.getlist("statement")[:20] if each.isdecimal() and len(each) < 15]
    initial = {"run": run and run.pk, "name": request.organisation.name, "statements": asked}
    form = ReconciliationForm(request.membership, request.POST or None, initial=initial)
    if request.method == "POST" and form.is_valid():
        given = form.cleaned_data
        try:
            made = services.make(
                request.membership,
                given["name"],
                list(given["statements"]),
                given["run"],
                given["facilities"],
                given["allocation"],
            )
            return redirect("reconciliation", key=request.organisation.key, pk=made.pk)
        except ValidationError as fault:
            form.add_error(None, fault)
    status = 422 if request.method == "POST" else 200
    return render(request, "reconciliation/new.html", {"form": form}, status=status)


@within(Act.WHOLE)
def show(request: TenantRequest, pk: int) -> HttpResponse:
    """Three totals, the bridges between them, every line with its parts, its cells and its rows."""
    one = _one(request, pk)
    if form := form_of(request):
        if request.GET.get("table") == "lines":
            return as_table(form, f"reconciliation-{one.year}", LINES, _flat(one))
        return as_table(form, f"differences-{one.year}", COLUMNS, _parts(one))
    notes: dict[tuple[str, int], list[Any]] = {}
    for note in one.notes.select_related("by"):
        notes.setdefault((note.line, note.step), []).append(note)
    statements = {services.ref_of(each): each for each in one.statements.defer("rows", "record", "problems").all()}
    left = services.unsaid(one)
    bars, start = bridge(one.record)
    context = {
        "one": one, "views": [(name, words.VIEWS[name], one.record["totals"][name]) for name in VIEWS],
        "lines": [_line(request, one, each, notes, statements) for each in one.record["lines"]],
        "bridge": bars, "axis": start,
        "statements": list(statements.values()), "left": left, "stale": any(each.state != State.APPROVED for each in statements.values()),
        "again": urlencode([("statement", _now(each).pk) for each in statements.values()]),
        "may_say": request.membership.may(Act.CALCULATE) and not one.is_signed,
        "may_sign": request.membership.may(Act.APPROVE) and not one.is_signed,
        "own": request.user.pk == one.created_by_id or any(note.by_id == request.user.pk for each in notes.values() for note in each),
        "covered": list(one.record["covered"].values()), "allocated": _allocated(one),
    }  # fmt: skip
    return render(request, "reconciliation/reconciliation.html", context)


def _now(statement: Statement) -> Statement:
    """What stands in the place of a statement that was corrected."""
    return (
        statement.superseded_by.filter(state=State.APPROVED).first() or statement
        if statement.state == State.SUPERSEDED
        else statement
    )


def _allocated(one: Reconciliation) -> dict[str, Any] | None:
    """What the allocation took for verified, beside what the market counts here: whole tonnes against every digit."""
    if one.allocation is None:
        return None
    verified, counted = Decimal(one.allocation.totals.get("verified", 0)), Decimal(one.record["totals"]["ets"])
    units = len(one.allocation.record.get("units", ()))
    return {
        "verified": verified,
        "difference": verified - counted,
        "rounds": abs(verified - counted) <= Decimal(max(units, 1)) / 2,
        "units": units,
    }


def _line(
    request: TenantRequest, one: Reconciliation, line: dict[str, Any], notes: dict[tuple[str, int], list[Any]],
    statements: dict[str, Statement],
) -> dict[str, Any]:  # fmt: skip
    language = lang()
    steps = []
    for at, each in enumerate(line["differences"]):
        parts = [
            {
                **part,
                "name": words.kind(part["kind"]),
                "says": words.sentence(part, language),
                "value": Decimal(part["value"]),
            }
            for part in each["parts"]
            if abs(Decimal(part["value"])) >= DUST
        ]
        remainder = Decimal(each["remainder"])
        is_open = abs(remainder) >= services.SMALL
        said = notes.get((line["key"], at), [])
        if parts or is_open or said:
            first, second = services.STEPS[at]
            steps.append({
                "at": at, "from": words.VIEWS[first], "to": words.VIEWS[second], "parts": parts, "remainder": remainder, "open": is_open,
                "hint": words.HINTS.get(each["hint"], words.HINTS[""]), "notes": said, "total": Decimal(each["total"]),
            })  # fmt: skip
    sides = [(name, words.VIEWS[name], _side(request, one, line["sides"][name], statements)) for name in VIEWS]
    open_steps = [step for step in steps if step["open"]]
    return {
        **line, "title": line["title"][language], "said": words.scope_and_category(line["category"]), "sides": sides, "steps": steps,
        "open": bool(open_steps), "answered": all(step["notes"] for step in open_steps),
        "left": sum((step["remainder"] for step in open_steps), Decimal(0)), "why": _why(steps),
    }  # fmt: skip


def _why(steps: list[dict[str, Any]]) -> list[str]:
    """The line in a few words: the kinds of its largest parts."""
    parts = sorted((part for step in steps for part in step["parts"]), key=lambda part: -abs(part["value"]))
    return list(dict.fromkeys(str(part["name"]) for part in parts if abs(part["value"]) >= services.SMALL))[:3]


def _side(
    request: TenantRequest, one: Reconciliation, side: dict[str, Any] | None, statements: dict[str, Statement]
) -> dict[str, Any] | None:
    if side is None:
        return None
    key = request.organisation.key
    cells = []
    for ref, _entity, process, unit, parameter in side["cells"]:
        statement = statements.get(ref)
        where = " / ".join(part for part in (process, unit, parameter) if part)
        cells.append((where, reverse("statement", kwargs={"key": key, "pk": statement.pk}) if statement else ""))
    rows = []
    for row in side["rows"]:
        asked = {"scope": row["scope"], "category": row["category"], "factor_id": row["factor_id"]}
        address = f"{reverse('run-rows', kwargs={'key': key, 'pk': one.run.pk})}?{urlencode(asked)}"
        rows.append((row["activity_type"], row["factor_id"], address, row["t_co2e"]))
    return {**side, "cells": cells, "rows": rows}


def _flat(one: Reconciliation) -> Iterator[tuple[object, ...]]:
    for line in one.record["lines"]:
        masses = (None if line["sides"][view] is None else Decimal(line["sides"][view]["t_co2e"]) for view in VIEWS)
        left = sum((Decimal(each["remainder"]) for each in line["differences"]), Decimal(0))
        yield line["title"][lang()], line["category"], *masses, left


def _parts(one: Reconciliation) -> Iterator[tuple[object, ...]]:
    language = lang()
    said: dict[tuple[str, int], list[str]] = {}
    for note in one.notes.select_related("by"):
        said.setdefault((note.line, note.step), []).append(f"{note.by.name}: {note.text}")
    for line in one.record["lines"]:
        for at, each in enumerate(line["differences"]):
            head = (line["title"][language], line["category"], *services.STEPS[at])
            for part in each["parts"]:
                rule = part["rule"] or {"mark": "", "source": "; ".join(part["sources"])}
                yield (*head, part["kind"], Decimal(part["value"]), part["was"], part["now"], part["unit"],
                       words.sentence(part, language), rule["mark"], rule["source"])  # fmt: skip
            if Decimal(each["remainder"]):
                yield (
                    *head,
                    "unexplained",
                    Decimal(each["remainder"]),
                    "",
                    "",
                    "",
                    "; ".join(said.get((line["key"], at), [])),
                    "",
                    "",
                )


@within(Act.CALCULATE)
def say(request: TenantRequest, pk: int) -> HttpResponse:
    """A word on what is left of a line."""
    one = _one(request, pk)
    if request.method == "POST":
        step = request.POST.get("step", "")
        try:
            services.say(
                request.membership,
                one,
                request.POST.get("line", "")[:160],
                int(step) if step in ("0", "1") else 0,
                request.POST.get("text", ""),
            )
            messages.success(request, _("Kept, with your name."))
        except ValidationError as fault:
            _refused(request, fault)
    return redirect("reconciliation", key=request.organisation.key, pk=pk)


@within(Act.APPROVE)
def sign(request: TenantRequest, pk: int) -> HttpResponse:
    """The second person."""
    one = _one(request, pk)
    if request.method == "POST":
        try:
            services.sign(request.membership, one)
            messages.success(request, _("Signed."))
        except ValidationError as fault:
            _refused(request, fault)
    return redirect("reconciliation", key=request.organisation.key, pk=pk)


@within(Act.ENTER)
def hand_over(request: TenantRequest, pk: int) -> HttpResponse:
    """An approved statement becomes a batch of activities."""
    found = (
        Statement.objects.visible_to(request.user).of(request.organisation).select_related("organisation", "supersedes")
    )
    statement = get_object_or_404(found, pk=pk)
    if statement.state not in (State.APPROVED, State.SUPERSEDED):
        return redirect("statement", key=request.organisation.key, pk=pk)
    before = handing.earlier(statement)
    form = HandOverForm(
        request.POST or None,
        initial={
            "facility": before.facility if before else statement.name,
            "own": "own" if before is None or before.own else "library",
        },
    )
    if request.method == "POST" and form.is_valid():
        try:
            made = handing.hand_over(
                request.membership, statement, form.cleaned_data["facility"], own=form.cleaned_data["own"]
            )
            messages.success(
                request, _("Handed to the inventory. Its rows are checked, then somebody else approves them.")
            )
            return redirect("batch", key=request.organisation.key, pk=made.batch.pk)
        except ValidationError as fault:
            form.add_error(None, fault)
    count, left = handing.preview(statement, own=True)
    context = {
        "statement": statement, "form": form, "before": before, "count": count, "left": [each[lang()] for each in left],
        "facilities": Facility.objects.visible_to(request.user).of(request.organisation).order_by("name").values_list("name", flat=True)[:500],
        "superseded": statement.state == State.SUPERSEDED,
    }  # fmt: skip
    return render(request, "reconciliation/hand_over.html", context, status=422 if request.method == "POST" else 200)


def _refused(request: TenantRequest, fault: ValidationError) -> None:
    for message in fault.messages:
        messages.error(request, message)
