"""The rule library: sector guidelines and allocation plans, every number with its source and mark."""

from __future__ import annotations

from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render

from hengtan.market.allocation import plans, shown
from hengtan.methods.said import said
from hengtan.sectors import sector_methods
from hengtan.sectors.method import CATEGORIES
from hengtan.sectors.record import inputs
from hengtan.web.organisations.door import TenantRequest, within
from hengtan.web.runs.words import lang
from hengtan.web.shell.tables import as_table, form_of

COLUMNS = ("id", "name", "unit", "default", "mark", "source")


@within()
def index(request: TenantRequest) -> HttpResponse:
    """Guidelines and plans."""
    context = {
        "methods": [
            (each, each.title[lang()], each.sector[lang()], said(each.standard, lang()))
            for each in sector_methods().values()
        ],
        "plans": [(each, each.title[lang()], _mark(each.source), _said(each.source)) for each in plans().values()],
    }
    return render(request, "statements/rules.html", context)


@within()
def guideline(request: TenantRequest) -> HttpResponse:
    """One guideline (``?id=``): parameters, equations, notes."""
    if not request.GET.get("id"):
        return redirect("rules", key=request.organisation.key)
    method = sector_methods().get(request.GET["id"])
    if method is None:
        raise Http404
    rows = [{**row, "source": said(row["source"], lang())} for row in inputs(method)]
    if form := form_of(request):
        lines = (
            (row["id"], row["title"][lang()], row["unit"], row["default"] or "", row["mark"], row["source"])
            for row in rows
        )
        return as_table(form, method.id, COLUMNS, lines)
    context = {
        "method": method, "title": method.title[lang()],
        "rows": [{**row, "title": row["title"][lang()]} for row in rows],
        "standard": said(method.standard, lang()), "stated": said(method.source, lang()),
        "sources": [(each, each.title[lang()], CATEGORIES[each.category][lang()], said(each.source, lang())) for each in method.sources],
        "ratios": [(each, each.title[lang()]) for each in method.ratios],
        "notes": [note[lang()] for note in method.notes],
    }  # fmt: skip
    return render(request, "statements/guideline.html", context)


@within()
def plan(request: TenantRequest) -> HttpResponse:
    """One allocation plan (``?id=``): benchmarks, corrections, caps, special cases."""
    if not request.GET.get("id"):
        return redirect("rules", key=request.organisation.key)
    found = plans().get(request.GET["id"])
    if found is None:
        raise Http404
    numbers = [
        (f"{year} · {unit_class} · {kind}", f"{shown(each.power)} t/MWh, {shown(each.heat)} t/GJ", each.source)
        for (year, unit_class, kind), each in found.benchmarks.items()
    ]
    numbers += [
        (name, ", ".join(f"{key} {shown(value)}" for key, value in rule.numbers.items()), rule.source)
        for name, rule in found.rules.items()
    ]
    if found.load is not None:
        numbers += [
            (f"Ff, F ≥ {shown(lowest)}", equation.text, found.load.source) for lowest, equation in found.load.bands
        ]
    numbers += [(case.title[lang()], case.allocation, case.source) for case in found.special]
    rows = [(name, value, _mark(source), _said(source)) for name, value, source in numbers]
    if form := form_of(request):
        return as_table(form, found.id, ("name", "value", "mark", "source"), rows)
    context = {
        "plan": found,
        "title": found.title[lang()],
        "rows": rows,
        "notes": [note[lang()] for note in found.notes],
        "mark": _mark(found.source),
    }
    return render(request, "statements/plan.html", context)


def _said(source: str) -> str:
    return said(source.partition(": ")[2], lang())


def _mark(source: str) -> str:
    return "R" if source.startswith("read:") else "K"
