"""Pages of allocations: the list, a new one, one with its entities, the steps of a unit, what differs from another."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

from django import forms
from django.core.paginator import Paginator
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from hengtan.market.allocation import plans
from hengtan.market.allocation.file import INDUSTRY_COLUMNS, POWER_COLUMNS
from hengtan.market.allocation.written import entity_steps, step_text
from hengtan.methods.said import said
from hengtan.problems import HengtanError
from hengtan.web.organisations.door import TenantRequest, within
from hengtan.web.organisations.roles import Act
from hengtan.web.runs.words import lang
from hengtan.web.shell.tables import as_table, form_of
from hengtan.web.statements.models import Statement

from . import services
from .models import Allocation, Kind

PAGE = 50
ENTITIES = (
    "entity",
    "initial",
    "topped_up",
    "final",
    "verified",
    "to_buy",
    "gap_rate_pct",
    "pre_allocation",
    "to_issue",
    "may_borrow",
)
UNITS = ("entity", "name", "power", "heat", "initial", "final", "verified", "rule")
NUMERIC = frozenset(("initial", "topped_up", "final", "verified", "to_buy", "pre_allocation", "to_issue", "may_borrow"))


class AllocationForm(forms.Form):
    """Year, values, file."""

    year = forms.TypedChoiceField(label=_("Year of the emissions"), coerce=int)
    kind = forms.ChoiceField(label=_("Values"), choices=Kind.choices, initial=Kind.BENCHMARK)
    name = forms.CharField(label=_("Name"), max_length=120)
    file = forms.FileField(label=_("Units or lines (XLSX, CSV)"))

    def __init__(self, *args: Any, **more: Any) -> None:
        super().__init__(*args, **more)
        years = sorted({year for plan in plans().values() for year in plan.years}, reverse=True)
        self.fields["year"].choices = [(year, str(year)) for year in years]  # type: ignore[attr-defined]  # a ChoiceField


def _allocation(request: TenantRequest, pk: int) -> Allocation:
    found = (
        Allocation.objects.visible_to(request.user)
        .of(request.organisation)
        .select_related("organisation", "created_by", "entry", "again_of")
    )
    return get_object_or_404(found, pk=pk)


@within(Act.WHOLE)
def index(request: TenantRequest) -> HttpResponse:
    """All, the newest first."""
    found = Allocation.objects.visible_to(request.user).of(request.organisation).select_related("created_by")
    found = found.defer("record", "entities", "problems")
    if form := form_of(request):
        columns = ("name", "year", "plan", "draft", *services.SUMS, "created_by", "created_at")
        lines = ((each.name, each.year, each.plan, each.draft, *(each.totals.get(name) for name in services.SUMS),
                  each.created_by.name, each.created_at.isoformat(timespec="seconds")) for each in found)  # fmt: skip
        return as_table(form, "allocations", columns, lines)
    page = Paginator(found, PAGE).get_page(request.GET.get("page"))
    stale = services.stale(page)
    context = {
        "page": page,
        "shown": [(each, each.pk in stale) for each in page],
        "may": request.membership.may(Act.CALCULATE),
    }
    return render(request, "market/allocations.html", context)


@within(Act.CALCULATE)
def new(request: TenantRequest) -> HttpResponse:
    """A file, a year."""
    initial = {"year": timezone.localdate().year - 1, "name": request.organisation.name}
    form = AllocationForm(request.POST or None, request.FILES or None, initial=initial)
    wrong: list[str] = []
    if request.method == "POST" and form.is_valid():
        given = form.cleaned_data
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / f"units{Path(given['file'].name).suffix[:8]}"
            with path.open("wb") as file:
                for chunk in given["file"].chunks():
                    file.write(chunk)
            try:
                made = services.make(
                    request.membership, given["name"], given["year"], Kind(given["kind"]), path, given["file"].name
                )
                return redirect("allocation", key=request.organisation.key, pk=made.pk)
            except HengtanError as fault:
                wrong = [problem.sentence(lang()) for problem in fault.problems[:20]]
    status = 422 if request.method == "POST" else 200
    return render(
        request,
        "market/new.html",
        {"form": form, "wrong": wrong, "power": POWER_COLUMNS[:-3], "industry": INDUSTRY_COLUMNS[:-4]},
        status=status,
    )


@within(Act.WHOLE)
def show(request: TenantRequest, pk: int) -> HttpResponse:
    """Entities, units, what was refused."""
    one = _allocation(request, pk)
    if form := form_of(request):
        if request.GET.get("table") == "units":
            lines = (tuple(_plain(unit.get(name), name) for name in UNITS) for unit in one.record["units"])
            return as_table(form, f"allocation-{one.year}", UNITS, lines)
        rows = (tuple(_plain(row.get(name), name) for name in ENTITIES) for row in one.entities)
        return as_table(form, f"entities-{one.year}", ENTITIES, rows)
    language = lang()
    plan = one.record.get("plan", {})
    keys = [each["key"] for each in one.statements]
    statements = (
        Statement.objects.of(request.organisation).filter(key__in=keys).defer("rows", "record", "problems")
        if keys
        else []
    )
    gone = services.stale([one]).get(one.pk, [])
    context = {
        "statements": list(statements), "gone": gone, "may": request.membership.may(Act.CALCULATE),
        "after": urlencode([("statement", each.pk) for each in services.successors(request.organisation, keys)]) if gone else "",
        "shipped": one.plan in plans() and not one.rules,
        "one": one, "title": plan.get("title", {}).get(language, one.plan),
        "entities": sorted(one.entities, key=lambda row: (-int(row["to_buy"]), -int(row["verified"])))[:200],
        "units": Paginator(one.record.get("units", []), 100).get_page(request.GET.get("page")),
        "balance": one.record.get("balance", {}),
        "explained": "rules" in one.record.get("plan", {}),
        "problems": [{**each, "reason": each["reason"][language], "mend": each["mend"][language]} for each in one.problems[:60]],
        "others": Allocation.objects.visible_to(request.user).of(request.organisation).exclude(pk=pk).defer("record", "entities", "problems")[:10],
    }  # fmt: skip
    return render(request, "market/allocation.html", context)


def _plain(value: Any, name: str) -> object:
    return int(value) if name in NUMERIC and value not in (None, "") else "" if value is None else value


@within(Act.WHOLE)
def unit(request: TenantRequest, pk: int) -> HttpResponse:
    """The steps of one unit or line: ``?entity=...&unit=...``."""
    one = _allocation(request, pk)
    asked = (request.GET.get("entity", ""), request.GET.get("unit", ""))
    if not any(asked):
        return redirect("allocation", key=request.organisation.key, pk=pk)
    if not asked[1]:
        return _entity(request, one, asked[0])
    found = next((each for each in one.record.get("units", ()) if (each["entity"], each["name"]) == asked), None)
    if found is None:
        raise Http404
    values = {term["symbol"]: term["value"] for term in found["terms"]}
    terms = [{**term, "stated": said(term["source"].partition(": ")[2], lang())} for term in found["terms"]]
    context = {"one": one, "unit": found, "terms": terms, "lines": _lines(found, values),
               "title": one.record["plan"]["title"][lang()], "case": found["rule"].partition(":")[2]}  # fmt: skip
    return render(request, "market/unit.html", context)


def _entity(request: TenantRequest, one: Allocation, name: str) -> HttpResponse:
    """The steps of an entity: its units, exemptions, the cap, the stages of issuing."""
    row = next((each for each in one.entities if each["entity"] == name), None)
    rules = one.record.get("plan", {}).get("rules")
    if row is None or rules is None or "units_final" not in row:
        raise Http404
    steps = [
        {**step, "text": step_text(step, lang()), "stated": said(step["source"], lang())}
        for step in entity_steps(row, rules)
    ]
    context = {"one": one, "name": name, "steps": steps, "title": one.record["plan"]["title"][lang()]}
    return render(request, "market/entity.html", context)


def _lines(found: dict[str, Any], values: dict[str, str]) -> list[str]:
    """The equation in symbols and in numbers."""
    if found["power"] is not None:
        names = [each for each in ("Qe", "Be", "Fl", "Fr", "Ff") if each in values]
        return [
            f"{' × '.join(names)} = {' × '.join(values[each] for each in names)} = {found['power']}",
            f"Qh × Bh = {values['Qh']} × {values['Bh']} = {found['heat']}",
            f"A = {found['power']} + {found['heat']}",
        ]
    if "alpha" in values:
        return [
            f"X = (BP − I) / BP = ({values['BP']} − {values['I']}) / {values['BP']} = {values['X']}",
            f"α = {values['alpha']}",
            f"A = E × (1 + α) = {values['E']} × (1 + {values['alpha']})",
        ]
    return []


@within(Act.WHOLE)
def compare(request: TenantRequest, pk: int) -> HttpResponse:
    """What another allocation gives each entity: ``?with=``; the draft against the final text, say."""
    one, given = _allocation(request, pk), request.GET.get("with", "")
    if not given:
        return redirect("allocation", key=request.organisation.key, pk=pk)
    if not given.isdecimal() or len(given) > 15:
        raise Http404
    other = _allocation(request, int(given))
    sides = [{row["entity"]: int(row["final"]) for row in each.entities} for each in (one, other)]
    rows = []
    for name in dict.fromkeys([*sides[0], *sides[1]]):
        a, b = sides[0].get(name), sides[1].get(name)
        rows.append((name, a, b, None if a is None or b is None else b - a))
    rows.sort(key=lambda row: -abs(row[3] or 0))
    if form := form_of(request):
        return as_table(form, "allocations-compared", ("entity", "a", "b", "difference"), rows)
    total = (sum(sides[0].values()), sum(sides[1].values()))
    return render(
        request,
        "market/compare.html",
        {"one": one, "other": other, "rows": rows[:500], "total": total, "change": total[1] - total[0]},
    )
