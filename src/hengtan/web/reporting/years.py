"""The page of the base year: what is chosen, what speaks for restating it, the years against it, the history."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal, InvalidOperation
from typing import Any

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _

from hengtan.inventory.effects import EFFECTS
from hengtan.web.boundaries.models import Denominator
from hengtan.web.organisations.door import TenantRequest, within
from hengtan.web.organisations.roles import Act
from hengtan.web.runs import words
from hengtan.web.runs.comparing import NAMES
from hengtan.web.runs.models import Run
from hengtan.web.runs.templatetags.masses import shown, tonnes
from hengtan.web.shell.tables import as_table, form_of

from . import base
from .models import BaseYear, Category

YEARS = ("run", "name", "first", "last", "scope1_kg", "scope2_kg", "scope3_kg", "total_kg", "change_kg", "change_pct", "denominator",
         "kg_per_unit", "intensity_change_pct")  # fmt: skip
HISTORY = ("chosen_at", "chosen_by", "category", "run", "run_before", "before_kg", "after_kg", *(f"{name}_kg" for name in EFFECTS), "percent",
           "threshold_pct", "reason", "ledger_index")  # fmt: skip


@within(Act.WHOLE)
def show(request: TenantRequest) -> HttpResponse:
    """Everything of the base year."""
    return _page(request)


def _page(request: TenantRequest, typed: Any = None, wrong: Sequence[str] = (), about: str = "") -> HttpResponse:
    organisation = request.organisation
    held, rule = base.current(organisation), base.policy(organisation)
    basis = request.GET.get("basis") or (held.basis if held else "location")
    basis = "market" if basis == "market" else "location"
    kind = request.GET.get("per", "")
    kind = kind if kind in Denominator.Kind.values else ""
    chosen = [int(each) for each in request.GET.getlist("run") if each.isdecimal() and len(each) < 18][: base.MOST_RUNS]
    offered = base.offered(organisation)
    lines = base.years(organisation, held, chosen, basis, kind) if held else []
    history = base.history(organisation)
    form, table = form_of(request), request.GET.get("table", "")
    if form and table == "history":
        return as_table(form, "base-year-history", HISTORY, (_history(each) for each in history))
    if form:
        return as_table(form, "base-year", YEARS, (_line(each) for each in lines))
    found = base.findings(organisation, held, rule.threshold_pct) if held and rule else []
    context = {
        "base": held, "policy": rule, "years": lines, "offered": offered, "shown": {each.run.pk for each in lines}, "basis": basis,
        "kinds": Denominator.Kind.choices, "per": kind, "unit": _unit(organisation, kind), "history": history, "found": found,
        "significant": [each for each in found if each.verdict.significant],
        "restatable": [each for each in found if each.same_year], "effects": [NAMES[name] for name in EFFECTS],
        "names": NAMES, "categories": [each for each in Category.choices if each[0] != Category.CHOSEN],
        "chart": _chart(request, lines) if lines else None, "may": request.membership.may(Act.REPORT),
        "typed": typed or {}, "wrong": wrong, "about": about,
    }  # fmt: skip
    return render(request, "reporting/base_year.html", context, status=422 if wrong else 200)


@within(Act.WHOLE, change=Act.REPORT)
def policy(request: TenantRequest) -> HttpResponse:
    """The threshold, which nobody but a person chooses, and the policy in words."""
    if request.method != "POST":
        return redirect("base-year", key=request.organisation.key)
    try:
        threshold = Decimal(request.POST.get("threshold_pct", "").strip())
    except InvalidOperation:
        return _page(request, request.POST, [_("Give the threshold as a number of percent, such as 5.")], "policy")
    return _done(
        request, "policy", _("The recalculation policy is kept."),
        lambda: base.set_policy(request.membership, threshold, request.POST.get("text", "")),
    )  # fmt: skip


@within(Act.WHOLE, change=Act.REPORT)
def choose(request: TenantRequest) -> HttpResponse:
    """This run from now on."""
    if request.method != "POST":
        return redirect("base-year", key=request.organisation.key)
    run, given = _run(request), request.POST
    if run is None:
        return _page(request, given, [_("Choose a run.")], "choose")
    return _done(
        request, "choose", _("The base year is chosen."),
        lambda: base.choose(request.membership, run, given.get("basis", ""), given.get("reason", "")),
    )  # fmt: skip


@within(Act.WHOLE, change=Act.REPORT)
def restate(request: TenantRequest) -> HttpResponse:
    """A newer run of the same period in its place."""
    if request.method != "POST":
        return redirect("base-year", key=request.organisation.key)
    run, given = _run(request), request.POST
    if run is None:
        return _page(request, given, [_("Choose a run.")], "restate")
    return _done(
        request, "restate", _("The base year is restated."),
        lambda: base.restate(request.membership, run, given.get("category", ""), given.get("reason", "")),
    )  # fmt: skip


def _done(request: TenantRequest, about: str, said: str, act: Any) -> HttpResponse:
    try:
        act()
    except ValidationError as wrong:
        return _page(request, request.POST, wrong.messages, about)
    messages.success(request, said)
    return redirect("base-year", key=request.organisation.key)


def _run(request: TenantRequest) -> Run | None:
    given = request.POST.get("run", "")
    if not given.isdecimal() or len(given) > 18:
        return None
    found = Run.objects.visible_to(request.user).of(request.organisation).filter(pk=int(given), done_at__isnull=False)
    run = found.first()
    if run is not None:
        run.organisation = request.organisation
    return run


def _unit(organisation: Any, kind: str) -> str:
    found = (
        Denominator.objects.of(organisation).filter(facility=None, kind=kind).order_by("-end").first() if kind else None
    )
    return found.unit if found else ""


def _line(year: base.Year) -> tuple[object, ...]:
    run = year.run
    return (run.code, run.name, run.first, run.last, *year.scopes, year.total, year.change, year.percent, year.denominator,
            year.intensity, year.intensity_percent)  # fmt: skip


def _history(row: BaseYear) -> tuple[object, ...]:
    change = row.change or {}
    effects = change.get("effects", {})
    return (
        row.chosen_at.isoformat(timespec="seconds"), row.chosen_by.name, row.category, row.run.code,
        row.replaces.run.code if row.replaces else "", *(_decimal(change.get(name)) for name in ("before", "after")),
        *(_decimal(effects.get(name)) for name in EFFECTS), _decimal(change.get("percent")), _decimal(change.get("threshold_pct")),
        row.reason, row.event.entry_index if row.event else None,
    )  # fmt: skip


def _decimal(value: str | None) -> Decimal | None:
    return Decimal(value) if value else None


def _chart(request: TenantRequest, lines: Sequence[base.Year]) -> dict[str, Any]:
    """A bar for each year, its scopes side by side in it; each opens its run."""
    rows = [
        {
            "name": f"{_span(year.run)} {year.run.code}", "parts": [float(tonnes(kg)) for kg in year.scopes],
            "told": [shown(tonnes(kg)) for kg in year.scopes],
            "total": f"{shown(tonnes(year.total, 0), 0)}{_signed(year)}",
            "href": reverse("run", kwargs={"key": request.organisation.key, "pk": year.run.pk}),
        }
        for year in lines
    ]  # fmt: skip
    used = [at for at in range(3) if any(row["parts"][at] for row in rows)] or [0]
    names = [str(words.SCOPES[at + 1]) for at in range(3)]
    return {"kind": "bars", "rows": rows, "used": used, "names": names, "colors": ["s1", "s2", "s3"], "unit": "tCO₂e"}


def _span(run: Run) -> str:
    if run.first is None or run.last is None:
        return ""
    return str(run.first.year) if run.first.year == run.last.year else f"{run.first.year}–{run.last.year}"


def _signed(year: base.Year) -> str:
    if year.percent is None:
        return ""
    return f"  {'+' if year.percent > 0 else ''}{shown(year.percent, 1)}%"
