"""Rows behind a mark, facilities, problems: tables that lead on."""

from __future__ import annotations

import csv
import hashlib
import re
from dataclasses import replace
from typing import Any, cast
from urllib.parse import urlencode

from django.core.cache import caches
from django.core.paginator import Paginator
from django.http import HttpResponse
from django.shortcuts import redirect, render

from hengtan.inventory.posted import Asked, Posted, posted
from hengtan.web.organisations.door import TenantRequest, within
from hengtan.web.organisations.roles import Act
from hengtan.web.shell.tables import MOST_ROWS, as_table, form_of

from . import figures, services, words
from .gone import gone, told_if_spoilt
from .models import Run
from .proofs import vouching
from .views import basis_of, run_of

PAGE = 50
KEPT_S = 24 * 3600
AROUND = 10  # pages that are read at once: it takes hardly longer than one
MONTH = re.compile(r"(19|20)\d\d-(0[1-9]|1[0-2])")
FILTERS = (
    "gas",
    "scope",
    "category",
    "facility",
    "org_unit",
    "month",
    "match",
    "factor_id",
    "quality",
    "unlabelled",
    "until",
)
NAMED = ("category", "facility", "org_unit", "match", "factor_id")
COLUMNS = (
    "activity_id",
    "facility",
    "org_unit",
    "start",
    "end",
    "scope",
    "category",
    "basis",
    "co2e_kg",
    "factor_id",
    "match",
)


def asked(request: TenantRequest) -> Asked:
    """What the address says; nonsense in it is passed over."""
    given = request.GET
    scope = given.get("scope", "")
    month, until = given.get("month", ""), given.get("until", "")
    named: dict[str, Any] = {name: given[name][:400] if given.get(name) else None for name in NAMED}
    return Asked(
        basis=basis_of(request),
        scope=int(scope) if scope in ("0", "1", "2", "3") else None,
        gas=given["gas"] if given.get("gas") in words.GASES else None,
        month=month if MONTH.fullmatch(month) else None,
        until=until if MONTH.fullmatch(month) and MONTH.fullmatch(until) and month <= until else None,
        text=" ".join(given.get("q", "").split())[:100],
        quality="" if given.get("unlabelled") else given["quality"][:400] if given.get("quality") else None,
        facilities=services.facilities_of(request.membership),
        **named,
    )


@within()
@told_if_spoilt
def index(request: TenantRequest, pk: int) -> HttpResponse:
    """The rows, the largest first."""
    run = run_of(request, pk)
    if not run.is_done:
        return redirect("run", key=request.organisation.key, pk=pk)
    if lost := gone(request, run):
        return lost
    wanted = asked(request)
    form = form_of(request)
    if form:
        found = posted(run.folder, wanted, MOST_ROWS)
        name = f"{run.code}-rows" if found.count <= MOST_ROWS else f"{run.code}-rows-largest-{MOST_ROWS}"
        return as_table(form, name, COLUMNS, ([row[each] for each in COLUMNS] for row in found.rows))
    number = int(request.GET["page"]) if request.GET.get("page", "").isdecimal() and len(request.GET["page"]) < 7 else 1
    found = _page_of(run, wanted, max(number, 1))
    context = {
        "run": run, "asked": wanted, "found": found, "chips": _chips(request), "query": _query(request),
        "number": number, "pages": max(1, -(-found.count // PAGE)), "first": (number - 1) * PAGE + 1,
        "last": (number - 1) * PAGE + len(found.rows), "basis": wanted.basis, "several": _several(found.rows), "proof": vouching(run),
    }  # fmt: skip
    return render(request, "runs/row_list.html" if request.htmx else "runs/rows.html", context)


def _page_of(run: Run, wanted: Asked, number: int) -> Posted:
    """A page of rows. A run never changes, so what was found is kept, with the pages around it, for who asks the same."""
    told = hashlib.sha256(repr(wanted).encode()).hexdigest()
    key = f"rows:{run.key}:{told}:"
    kept = caches["here"].get(f"{key}{number}")
    if kept is not None:
        return cast(Posted, kept)
    first = (number - 1) // AROUND * AROUND
    found = posted(run.folder, wanted, PAGE * AROUND, first * PAGE)
    pages = {
        first + at + 1: replace(found, rows=found.rows[at * PAGE : (at + 1) * PAGE])
        for at in range(AROUND)
        if at == 0 or len(found.rows) > at * PAGE
    }
    caches["here"].set_many({f"{key}{one}": page for one, page in pages.items()}, KEPT_S)
    return pages.get(number) or replace(found, rows=[])


@within()
def facilities(request: TenantRequest, pk: int) -> HttpResponse:
    """Every facility with its sums."""
    run = run_of(request, pk)
    if not run.is_done:
        return redirect("run", key=request.organisation.key, pk=pk)
    seen = services.facilities_of(request.membership)
    found = services.every_facility(run, seen)
    basis = basis_of(request)
    form = form_of(request)
    if form:
        names = ("facility", "org_unit", *figures.COLUMNS)
        return as_table(form, f"{run.code}-facilities", names, ([row[name] for name in names] for row in found))
    found.sort(key=lambda row: (-row[f"{basis}_kg"], row["facility"]))
    page = Paginator(found, PAGE).get_page(request.GET.get("page"))
    for row in page:
        row["second"], row["total"] = row[f"scope2_{basis}_kg"], row[f"{basis}_kg"]
    context = {"run": run, "page": page, "basis": basis, "query": urlencode({"basis": basis})}
    return render(request, "runs/facilities.html", context)


@within(Act.WHOLE)
@told_if_spoilt
def problems(request: TenantRequest, pk: int) -> HttpResponse:
    """What was told of the rows: each code with its first case, its sentences and how often; one code in full."""
    run = run_of(request, pk)
    if not run.is_done or run.figures is None:
        return redirect("run", key=request.organisation.key, pk=pk)
    if lost := gone(request, run):
        return lost
    code = request.GET.get("code", "")
    listed = _listed(run, code) if code else []
    page = Paginator(listed, PAGE).get_page(request.GET.get("page"))
    form = form_of(request)
    if form:
        names = ("code", "severity", "count", "reason", "mend")
        told = ([_told(each, name) for name in names] for each in run.figures["problems"])
        of_code = (tuple(row.values()) for row in listed)
        columns = tuple(listed[0]) if listed else names
        return as_table(form, f"{run.code}-problems", columns, of_code if listed else told)
    context = {
        "run": run,
        "problems": run.figures["problems"],
        "code": code,
        "page": page,
        "query": urlencode({"code": code}),
    }
    return render(request, "runs/problems.html", context)


def _told(problem: dict[str, Any], name: str) -> Any:
    """A sentence in the language of the page; codes and counts as they are."""
    value = problem.get(name, "")
    return value.get(words.lang(), "") if isinstance(value, dict) else value


def _listed(run: Run, code: str) -> list[dict[str, str]]:
    with (run.folder / "problems.csv").open(encoding="utf-8-sig", newline="") as file:
        return [row for row in csv.DictReader(file) if row["code"] == code]


def _several(rows: list[dict[str, Any]]) -> bool:
    return any((row["start"].year, row["start"].month) != (row["end"].year, row["end"].month) for row in rows)


def _query(request: TenantRequest) -> str:
    """The address without its page."""
    return urlencode([(name, value) for name, value in request.GET.items() if name not in ("page", "format") and value])


def _chips(request: TenantRequest) -> list[dict[str, str]]:
    """What is filtered, each with the address that no longer does."""
    found = []
    for name in FILTERS:
        if request.GET.get(name):
            left = [
                (other, value)
                for other, value in request.GET.items()
                if other not in (name, "page", "format") and value
            ]
            found.append({"name": name, "value": request.GET[name], "without": urlencode(left)})
    return found
