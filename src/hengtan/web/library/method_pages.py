"""Pages of methods: those that ship, one with its equation and published case, and those of the organisation."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import Http404, HttpResponse, QueryDict
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _

from hengtan.gases import SETS
from hengtan.methods import find, methods
from hengtan.problems import HengtanError, Problem
from hengtan.units import symbols
from hengtan.web.activities.models import OPEN, State
from hengtan.web.organisations.door import TenantRequest, within
from hengtan.web.organisations.roles import Act
from hengtan.web.shell.tables import as_table
from hengtan.web.shell.tables import form_of as asked_form

from . import own_methods, proposals, usage, words
from .deciding import decided, differing
from .method_words import case_of_source, cases_of, equations_of, shown
from .models import Json, OwnMethod
from .own_methods import RESULTS
from .proposals import in_force

MOST_YAML, BLANKS = 200_000, 2
HINTS = {
    "types": "fuel.*", "equation": "amount * carbon_content * co2_per_c", "unit": "GJ_ncv/unit",
    "value": "0.99 | 2024/ | 2024-01-01 | MEE, table A.1 | read",
}  # fmt: skip
EXAMPLE = """id: own-boiler-2025
title: {en: Gas boiler by measured carbon, zh: 按实测含碳量计算的燃气锅炉}
standard: "where the equation stands: standard, chapter, number"
applies: [fuel.*]
unit: GJ_ncv
fuel: true
inputs:
  carbon_kg_per_gj:
    unit: kg C/GJ_ncv
    title: {en: Carbon per unit of energy, zh: 单位热值含碳量}
    range: [1, 60]
parameters:
  oxidation:
    unit: "1"
    title: {en: Fraction oxidised, zh: 氧化率}
    measurable: true
    range: [0, 1]
    values:
      - {value: "0.99", valid: 2024/, published: 2024-01-01, source: "guideline, table", mark: known}
equation:
  co2: amount * carbon_kg_per_gj * oxidation * co2_per_c
"""


def row_of(request: TenantRequest, pk: int) -> OwnMethod:
    """The version, when this person may see it."""
    found = OwnMethod.objects.visible_to(request.user).of(request.organisation)
    return get_object_or_404(
        found.select_related("organisation", "created_by", "submitted_by", "decided_by", "supersedes"), pk=pk
    )


@within()
def index(request: TenantRequest) -> HttpResponse:
    """The organisation's own, then those that ship."""
    here, text = words.lang(), " ".join(request.GET.get("q", "").split())[:100]
    shipped: list[dict[str, Any]] = [
        {"id": each.id, "title": each.title[here], "standard": each.standard, "inputs": [*each.amount_inputs, *each.inputs],
         "applies": each.patterns, "equation": each.equation, "cases": len(cases_of(each.id))}
        for each in methods().values()
    ]  # fmt: skip
    if text:
        shipped = [
            each for each in shipped if text.casefold() in f"{each['id']} {each['title']} {each['standard']}".casefold()
        ]
    form = asked_form(request)
    if form:
        columns = ("id", "title", "standard", "applies", "inputs", "equation")
        rows = ([each["id"], each["title"], each["standard"], ", ".join(each["applies"]), ", ".join(each["inputs"]),
                 each["equation"]] for each in shipped)  # fmt: skip
        return as_table(form, _("methods"), columns, rows)
    own = OwnMethod.objects.visible_to(request.user).of(request.organisation).select_related("created_by", "decided_by")
    context = {
        "shipped": shipped, "own": own.exclude(state=State.SUPERSEDED)[:200], "tab": "methods", "text": text,
        "may": request.membership.may(Act.CALCULATE),
    }  # fmt: skip
    return render(request, "library/methods.html", context)


@within()
def method(request: TenantRequest) -> HttpResponse:
    """One that ships."""
    method_id = request.GET.get("id", "")[:100]
    if not method_id:
        return redirect("methods", key=request.organisation.key)
    one = find(method_id)
    if one is None:
        row = in_force(OwnMethod, request.organisation).filter(method_id=method_id).first()
        if row is None:
            raise Http404
        return redirect("own-method", key=request.organisation.key, pk=row.pk)
    context = shown(one) | {
        "method": one, "cases": [case_of_source(one, each) for each in cases_of(one.id)], "tab": "methods",
        "used": [each | {"kg": None} for each in usage.of_method(request.membership, one.id)], "file": Path(one.file).name,
    }  # fmt: skip
    return render(request, "library/method.html", context)


# --- own methods
@within(Act.CALCULATE)
def new(request: TenantRequest) -> HttpResponse:
    """A form; a correction (``?corrects=``) begins with what is in force."""
    corrects, given = None, request.GET.get("corrects", "")
    if given.isascii() and given.isdecimal() and len(given) < 19:
        corrects = row_of(request, int(given))
        if corrects.state != State.APPROVED:
            return redirect("own-method", key=request.organisation.key, pk=corrects.pk)
    return _editor(request, None, corrects)


@within(Act.CALCULATE)
def edit(request: TenantRequest, pk: int) -> HttpResponse:
    """A draft, or one that was returned."""
    row = row_of(request, pk)
    if not proposals.may_change(row, request.membership):
        return redirect("own-method", key=request.organisation.key, pk=pk)
    return _editor(request, row, row.supersedes)


def _editor(request: TenantRequest, row: OwnMethod | None, corrects: OwnMethod | None) -> HttpResponse:
    sent = request.method == "POST"
    before = row or corrects
    body = before.body if before is not None else EXAMPLE
    case, reason = (before.case, row.reason if row else "") if before is not None else ({}, "")
    form = own_methods.form_of(body)
    expert = request.GET.get("as") == "yaml" or form is None
    wrong: list[str] = []
    if sent:
        body, form = given(request, expert=expert)
        case, reason = case_of(request.POST), request.POST.get("reason", "")[:2000]
        if "more" not in request.POST:
            try:
                made = own_methods.propose(request.membership, body, case, reason, row, corrects)
                if "submit" in request.POST:
                    own_methods.submit(made, request.membership)
                    messages.success(request, _("Submitted. A colleague decides."))
                else:
                    messages.success(request, _("The draft is kept. Submit it when nothing is wrong any more."))
                return redirect("own-method", key=request.organisation.key, pk=made.pk)
            except HengtanError as error:
                wrong = [each.sentence(words.lang()) for each in error.problems[:20]]
                return _kept(request, made, wrong)
            except ValidationError as error:
                wrong = list(error.messages)
                if "made" in locals():
                    return _kept(request, made, wrong)
    context = {
        "row": row, "corrects": corrects, "expert": expert, "body": body, "form": _padded(form), "case": _case_form(case), "reason": reason,
        "wrong": wrong, "results": RESULTS, "sets": SETS, "units": symbols(), "tab": "methods", "hints": HINTS, "origins": ("fossil", "biogenic", "carbon", "unknown"), **checked(body, case),
    }  # fmt: skip
    return render(request, "library/method_form.html", context, status=422 if wrong else 200)


def _kept(request: TenantRequest, row: OwnMethod, wrong: list[str]) -> HttpResponse:
    """The draft is kept though it cannot be submitted; its page says why."""
    for each in wrong:
        messages.error(request, each)
    return redirect("own-method-edit", key=request.organisation.key, pk=row.pk)


def given(request: TenantRequest, *, expert: bool) -> tuple[str, Json | None]:
    """The method file that was sent, as text or field by field."""
    if expert:
        file = request.FILES.get("file")
        text = request.POST.get("body", "")
        if file is not None and (file.size or 0) <= MOST_YAML:
            text = b"".join(file.chunks()).decode("utf-8-sig", "replace")
        return text[:MOST_YAML].replace("\r\n", "\n"), None
    post = request.POST
    flat = {name: " ".join(post.get(name, "").split())[:400] for name in
            ("id", "title_en", "title_zh", "standard", "applies", "unit", "fuel", "methane", "factor")}  # fmt: skip
    names = ("name", "unit", "title_en", "title_zh", "low", "high", "default")
    form: Json = {
        **flat,
        "inputs": _rows(post, "input", names), "parameters": _rows(post, "parameter", (*names[:-1], "values", "measurable")),
        "equations": _rows(post, "equation", ("result", "text")),
    }  # fmt: skip
    return own_methods.as_yaml(form), form


def _rows(post: QueryDict, kind: str, names: tuple[str, ...]) -> list[Json]:
    columns = {name: post.getlist(f"{kind}-{name}") for name in names}
    length = max((len(each) for each in columns.values()), default=0)
    rows = [
        {name: (each[at] if at < len(each) else "").strip()[:4000] for name, each in columns.items()}
        for at in range(min(length, 80))
    ]
    return [row for row in rows if any(row.values()) and (row.get("name") or row.get("text") or row.get("unit"))]


def case_of(post: QueryDict) -> Json:
    """The case that was sent; inputs and factor as lines ``name = number``."""
    flat = {
        name: " ".join(post.get(f"case-{name}", "").split())[:400]
        for name in ("activity_type", "quantity", "unit", "year", "gwp", "source")
    }
    return {
        **flat, "inputs": _pairs(post.get("case-inputs", "")), "factor": _pairs(post.get("case-factor", "")),
        "expected": {name: post.get(f"case-{name}", "").strip()[:80] for name in RESULTS if post.get(f"case-{name}", "").strip()},
    }  # fmt: skip


def _pairs(text: str) -> dict[str, str]:
    lines = (line.partition("=") for line in text.splitlines()[:80] if "=" in line)
    return {name.strip()[:60]: value.strip()[:80] for name, _sign, value in lines if name.strip()}


def _case_form(case: Json) -> Json:
    lines = {
        name: "\n".join(f"{key} = {value}" for key, value in (case.get(name) or {}).items())
        for name in ("inputs", "factor")
    }
    expected = [(name, (case.get("expected") or {}).get(name, "")) for name in RESULTS]
    return {"gwp": "AR5", **case, **lines, "expected": expected}


def _padded(form: Json | None) -> Json | None:
    if form is None:
        return None
    blank = dict.fromkeys(
        ("name", "unit", "title_en", "title_zh", "low", "high", "default", "values", "measurable", "result", "text"), ""
    )
    return {**form, **{name: [*form[name], *[blank] * BLANKS] for name in ("inputs", "parameters", "equations")}}


def checked(body: str, case: Json) -> dict[str, Any]:
    """What is wrong with a method and where, else its equation, and what its case reaches."""
    here = words.lang()
    try:
        one = own_methods.read(body)
    except HengtanError as error:
        return {
            "faults": [_fault(each, here) for each in error.problems[:40]],
            "equations": [],
            "reached": [],
            "case_wrong": [],
        }
    case_wrong: list[str] = []
    reached: list[own_methods.Reached] = []
    try:
        reached = own_methods.run_case(one, case)
    except HengtanError as error:
        case_wrong = [each.sentence(here) for each in error.problems]
    except ValidationError as error:
        case_wrong = list(error.messages)
    return {"faults": [], "equations": equations_of(one), "reached": reached, "case_wrong": case_wrong}


def _fault(problem: Problem, here: str) -> dict[str, str]:
    told = problem.values.get("where_zh" if here == "zh" else "where") or problem.values.get("where", "")
    return {"where": told, "reason": problem.reason(here), "mend": problem.mend(here), "code": problem.code}


@within(Act.CALCULATE)
def check(request: TenantRequest) -> HttpResponse:
    """The fragment that a form asks for while one types."""
    if request.method != "POST":
        return redirect("methods", key=request.organisation.key)
    body, _form = given(request, expert="body" in request.POST)
    return render(request, "library/method_checked.html", checked(body, case_of(request.POST)))


@within()
def show(request: TenantRequest, pk: int) -> HttpResponse:
    """One version of an own method."""
    row = row_of(request, pk)
    told = checked(row.body, row.case)
    try:
        one = shown(own_methods.read(row.body))
    except HengtanError:
        one = {
            "title": row.method_id,
            "equations": [],
            "inputs": [],
            "parameters": [],
            "note": "",
            "needs_factor": False,
        }
    versions = (
        OwnMethod.objects.of(request.organisation)
        .filter(method_id=row.method_id)
        .select_related("created_by", "decided_by")
    )
    context = one | told | {
        "row": row, "tab": "methods", "versions": list(versions[:50]), "case": _case_form(row.case), "own": request.user.pk in proposals.own_hands(row),
        "equations": one["equations"], "diff": differing(row.supersedes.body, row.body) if row.supersedes else [],
        "may_decide": row.state == State.SUBMITTED and request.membership.may(Act.APPROVE), "may": request.membership.may(Act.CALCULATE),
        "mine": proposals.may_change(row, request.membership), "hands": proposals.others(row),
        "used": [{"run": run, "rows": run.rows_posted, "kg": None} for run in usage.of_file(request.membership, row.sha256, "method")],
        "successor": row.successors.exclude(state__in=OPEN).order_by("pk").last(),
    }  # fmt: skip
    return render(request, "library/own_method.html", context)


@within()
def decide(request: TenantRequest, pk: int) -> HttpResponse:
    """Submit, discard, approve or return."""
    row = row_of(request, pk)
    return decided(
        request, row, lambda: own_methods.submit(row, request.membership), "own-method", "methods",
        _("Approved. Every later run is given it."),
    )  # fmt: skip


@within()
def file(request: TenantRequest, pk: int) -> HttpResponse:
    """The method file, as ``hengtan calculate --method`` reads it."""
    row = row_of(request, pk)
    answer = HttpResponse(row.body, content_type="application/yaml; charset=utf-8")
    answer["Content-Disposition"] = f'attachment; filename="{row.method_id}-v{row.version}.yaml"'
    answer["X-Content-Type-Options"] = "nosniff"
    return answer
