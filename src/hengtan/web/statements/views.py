"""Pages of statements: the list, a new one, one with what it comes to, its grid, its file, its report, its decision."""

from __future__ import annotations

import json
import tempfile
from pathlib import Path
from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied, ValidationError
from django.core.paginator import Paginator
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from hengtan.connectors.statement_template import write_statement_template
from hengtan.methods.said import said
from hengtan.problems import HengtanError
from hengtan.reports.html import page as html_page
from hengtan.reports.pdf import paper
from hengtan.reports.statement_book import statement_workbook
from hengtan.reports.statement_form import statement_document
from hengtan.sectors import sector_methods
from hengtan.sectors.earlier import differences, jumps
from hengtan.web.organisations.door import TenantRequest, within
from hengtan.web.organisations.roles import Act
from hengtan.web.runs.words import lang
from hengtan.web.shell.tables import as_table, form_of

from . import grid, services
from .forms import StatementForm
from .models import State, Statement

PAGE = 50
KINDS = {
    "pdf": "application/pdf",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "html": "text/html; charset=utf-8",
    "csv": "text/csv; charset=utf-8",
    "json": "application/json",
}
OBTAINED = {
    "measured": gettext_lazy("measured"),
    "calculated": gettext_lazy("calculated"),
    "design": gettext_lazy("design"),
    "default": gettext_lazy("default"),
}
COLUMNS = ("name", "method", "year", "state", "t_co2e", "rows", "errors", "created_by", "decided_by")
HEAVY = ("rows", "problems", "about")


def _statement(request: TenantRequest, pk: int, *, change: bool = False) -> Statement:
    found = Statement.objects.visible_to(request.user).of(request.organisation)
    statement = get_object_or_404(
        found.select_related("organisation", "created_by", "submitted_by", "decided_by", "supersedes", "entry"), pk=pk
    )
    if change and not _may_change(request, statement):
        raise PermissionDenied
    return statement


def _may_change(request: TenantRequest, statement: Statement) -> bool:
    own = statement.created_by_id == request.user.pk
    return request.membership.may(Act.ENTER) and (own or request.membership.may(Act.BOUNDARY))


@within()
def index(request: TenantRequest) -> HttpResponse:
    """All that this person may see."""
    found = Statement.objects.visible_to(request.user).of(request.organisation)
    found = found.select_related("created_by", "decided_by").defer(*HEAVY)
    if form := form_of(request):
        return as_table(form, "statements", COLUMNS, (_line(each) for each in found))
    page = Paginator(found, PAGE).get_page(request.GET.get("page"))
    shown = [(each, _title(each.method), _totals(each)) for each in page]
    context = {"page": page, "shown": shown, "may_enter": request.membership.may(Act.ENTER)}
    return render(request, "statements/statements.html", context)


def _line(each: Statement) -> tuple[object, ...]:
    total = ", ".join(f"{name} {value}" for name, value in _totals(each))
    decided = each.decided_by.name if each.decided_by else ""
    return (
        each.name,
        each.method,
        each.year,
        each.state,
        total,
        len(each.record.get("values", ())),
        each.errors,
        each.created_by.name,
        decided,
    )


def _title(method: str) -> str:
    known = sector_methods().get(method)
    return known.title[lang()] if known else method


def _totals(statement: Statement) -> list[tuple[str, str]]:
    return [(each["entity"], each["t_co2e"]) for each in statement.record.get("by_entity", ())]


@within(Act.ENTER)
def new(request: TenantRequest) -> HttpResponse:
    """Guideline, year, enterprise; or a correction of an approved one."""
    corrected = None
    if given := request.GET.get("corrects", ""):
        if not given.isdecimal() or len(given) > 15:
            raise Http404
        corrected = _statement(request, int(given))
    initial = {"year": timezone.localdate().year - 1, "name": request.organisation.name}
    if corrected is not None:
        initial = {"method": corrected.method, "year": corrected.year, "name": corrected.name, **corrected.about}
    form = StatementForm(lang(), request.POST or None, initial=initial)
    if request.method == "POST" and form.is_valid():
        asked = form.cleaned_data
        try:
            made = services.make(
                request.membership, asked["name"], asked["method"], asked["year"], form.about(), corrected
            )
            return redirect(
                "statement-entry" if corrected is None else "statement", key=request.organisation.key, pk=made.pk
            )
        except ValidationError as fault:
            form.add_error(None, fault)
    status = 422 if request.method == "POST" else 200
    return render(request, "statements/new.html", {"form": form, "corrected": corrected}, status=status)


@within()
def show(request: TenantRequest, pk: int) -> HttpResponse:
    """What it comes to, how complete it is, what is wrong, and what may be done."""
    statement = _statement(request, pk)
    method = services.method_of(statement)
    before = (
        Statement.objects.visible_to(request.user).of(request.organisation)
        .filter(method=statement.method, year=statement.year - 1, state=State.APPROVED, name=statement.name).first()
    )  # fmt: skip
    language = lang()
    titles = {each.id: each.title[language] for each in method.ratios}
    context = {
        "statement": statement, "method": method, "title": method.title[language], "record": statement.record,
        "standard": said(method.standard, language),
        "sources": [_source(each, language) for each in statement.record.get("by_source", ())],
        "values": [
            {**each, "title": each["title"][language], "obtained": "; ".join(str(OBTAINED[part]) for part in each["obtained"].split("; ") if part)}
            for each in grid.completeness(statement.record)
        ],
        "ratios": [{**each, "title": titles.get(each["ratio"], each["ratio"])} for each in statement.record.get("ratios", ())],
        "months": range(1, 13),
        "problems": [{**each, "reason": each["reason"][language], "mend": each["mend"][language]} for each in statement.problems[:100]],
        "jumps": [each.reason(language) for each in jumps(statement.record, before.record)] if before else [],
        "before": before,
        "may_change": statement.is_open and _may_change(request, statement),
        "may_decide": statement.state == State.SUBMITTED and request.membership.may(Act.APPROVE),
        "own": request.user.pk in (statement.created_by_id, statement.submitted_by_id),
        "may_enter": request.membership.may(Act.ENTER),
        "by": statement.superseded_by.exclude(state=State.SUPERSEDED).first(),
        "others": Statement.objects.visible_to(request.user).of(request.organisation).filter(method=statement.method).exclude(pk=pk).only("pk", "name", "year", "state", "organisation")[:20],
    }  # fmt: skip
    return render(request, "statements/statement.html", context)


def _source(each: dict[str, Any], language: str) -> dict[str, Any]:
    place = " / ".join(part for part in (each["process"], each["unit_name"]) if part)
    steps = [
        {**step, "values": [{**value, "source": said(value["source"], language)} for value in step["values"]]}
        for step in each["steps"]
    ]
    return {
        **each,
        "title": each["title"][language],
        "place": place,
        "steps": steps,
        "stated_in": said(each["stated_in"], language),
    }


@within(Act.ENTER)
def entry(request: TenantRequest, pk: int) -> HttpResponse:
    """The grid of one place."""
    statement = _statement(request, pk, change=True)
    if not statement.is_open:
        return redirect("statement", key=request.organisation.key, pk=pk)
    method = services.method_of(statement)
    asked = request.POST if request.method == "POST" else request.GET
    place = (statement.name, asked.get("process", "")[:80].strip(), asked.get("unit", "")[:80].strip())
    wrong: list[str] = []
    rows = statement.rows
    if request.method == "POST":
        try:
            rows = grid.typed(request.POST.get("packed", ""), place, method)
            statement = services.fill(statement, rows, only=place)
            if request.POST.get("next") == "stay":
                messages.success(request, _("Kept."))
                return redirect(f"{request.path}?process={place[1]}&unit={place[2]}")
            return redirect("statement", key=request.organisation.key, pk=pk)
        except ValueError:
            wrong = [
                _(
                    "The grid did not arrive whole. It is sent by the script of this page; import a file where scripts are off."
                )
            ]
        except ValidationError as fault:
            wrong = list(fault.messages)
    context = {
        "statement": statement, "method": method, "place": place, "wrong": wrong,
        "blocks": list(grid.blocks(method, rows, place, statement.year, lang(), request.GET.getlist("add")[:50])),
        "places": grid.places(statement.rows, statement.name), "months": range(1, 13),
        "processes": [(name, title[lang()]) for name, title in method.processes.items()],
        "obtained": OBTAINED.items(),
        "here": _here(statement, place),
    }  # fmt: skip
    return render(request, "statements/entry.html", context, status=422 if wrong else 200)


def _here(statement: Statement, place: tuple[str, str, str]) -> list[dict[str, Any]]:
    """Problems of the rows of a place."""
    rows = {number for number, row in enumerate(statement.rows, 2) if tuple(row[:3]) == place}
    found = [each for each in statement.problems if each["row"] in rows]
    return [{**each, "reason": each["reason"][lang()], "mend": each["mend"][lang()]} for each in found[:40]]


@within(Act.ENTER)
def take_file(request: TenantRequest, pk: int) -> HttpResponse:
    """A statement file in place of what is there."""
    statement = _statement(request, pk, change=True)
    if request.method != "POST":
        return redirect("statement", key=request.organisation.key, pk=pk)
    upload = request.FILES.get("file")
    if upload is None:
        messages.error(request, _("Choose a file."))
        return redirect("statement", key=request.organisation.key, pk=pk)
    name = str(upload.name or "statement")
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / f"statement{Path(name).suffix[:8]}"
        with path.open("wb") as file:
            for chunk in upload.chunks():
                file.write(chunk)
        try:
            rows, problems = services.from_file(statement, path, name)
            kept = services.fill(statement, rows)
        except HengtanError as fault:
            for problem in fault.problems[:5]:
                messages.error(request, problem.sentence(lang()))
            return redirect("statement", key=request.organisation.key, pk=pk)
        except ValidationError as fault:
            _say(request, fault)
            return redirect("statement", key=request.organisation.key, pk=pk)
    for problem in problems[:5]:
        messages.warning(request, problem.sentence(lang()))
    messages.success(request, _("%(count)d values are taken from %(name)s.") % {"count": len(kept.rows), "name": name})
    return redirect("statement", key=request.organisation.key, pk=pk)


@within(Act.ENTER)
def submit(request: TenantRequest, pk: int) -> HttpResponse:
    """Asks for approval."""
    statement = _statement(request, pk, change=True)
    if request.method != "POST":
        return redirect("statement", key=request.organisation.key, pk=pk)
    try:
        services.submit(request.membership, statement)
        messages.success(request, _("Submitted. Somebody else approves it."))
    except ValidationError as fault:
        _say(request, fault)
    return redirect("statement", key=request.organisation.key, pk=pk)


@within(Act.APPROVE)
def decide(request: TenantRequest, pk: int) -> HttpResponse:
    """Approves or returns."""
    statement = _statement(request, pk)
    if request.method != "POST":
        return redirect("statement", key=request.organisation.key, pk=pk)
    try:
        services.decide(
            request.membership,
            statement,
            approve="approve" in request.POST,
            comment=request.POST.get("comment", "").strip()[:1000],
        )
    except ValidationError as fault:
        _say(request, fault)
    return redirect("statement", key=request.organisation.key, pk=pk)


@within()
def download(request: TenantRequest, pk: int) -> HttpResponse:
    """The report as PDF, XLSX, HTML; the statement as CSV; its record as JSON."""
    statement = _statement(request, pk)
    form = request.GET.get("form", "pdf")
    if form not in KINDS:
        raise Http404
    if not statement.record:
        return redirect("statement", key=request.organisation.key, pk=pk)
    data: bytes
    if form == "csv":
        data = services.statement_csv([_safe(row) for row in statement.rows])
    elif form == "json":
        data = json.dumps(statement.record, ensure_ascii=False, indent=1).encode()
    else:
        language = "en" if request.GET.get("lang") == "en" else "zh" if request.GET.get("lang") == "zh" else lang()
        problems = [
            {**each, "reason": each["reason"][language], "mend": each["mend"][language]} for each in statement.problems
        ]
        document = statement_document(
            statement.record, statement.about, problems, statement.digest, language, wide=form == "xlsx"
        )
        data = (
            paper(document)
            if form == "pdf"
            else statement_workbook(document)
            if form == "xlsx"
            else html_page(document).encode()
        )
    answer = HttpResponse(data, content_type=KINDS[form])
    answer["Content-Disposition"] = f'attachment; filename="statement-{statement.key}.{form}"'
    answer["X-Content-Type-Options"] = "nosniff"
    return answer


def _say(request: TenantRequest, fault: ValidationError) -> None:
    for message in fault.messages:
        messages.error(request, message)


def _safe(row: list[str]) -> list[str]:
    """Names that a spreadsheet would take for a formula are quoted; numbers stay as they are."""
    return [
        f"'{cell}" if cell[:1] in ("=", "@", "+", "\t") or (cell[:1] == "-" and not cell[1:2].isdigit()) else cell
        for cell in row
    ]


@within(Act.ENTER)
def template(request: TenantRequest, pk: int) -> HttpResponse:
    """The workbook to fill in."""
    statement = _statement(request, pk)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "form.xlsx"
        write_statement_template(path, services.method_of(statement), lang())
        answer = HttpResponse(path.read_bytes(), content_type=KINDS["xlsx"])
    answer["Content-Disposition"] = f'attachment; filename="{statement.method}.xlsx"'
    return answer


@within()
def compare(request: TenantRequest, pk: int) -> HttpResponse:
    """Figures in which another statement of the guideline differs: the verifier's, or last year's."""
    statement = _statement(request, pk)
    given = request.GET.get("with", "")
    if not given:
        return redirect("statement", key=request.organisation.key, pk=pk)
    if not given.isdecimal() or len(given) > 15:
        raise Http404
    other = _statement(request, int(given))
    rows = list(differences(statement.record, other.record)) if statement.record and other.record else []
    columns = ("entity", "process", "unit_name", "figure", "a", "b", "difference")
    if form := form_of(request):
        return as_table(form, "differences", columns, (tuple(row[name] for name in columns) for row in rows))
    return render(request, "statements/compare.html", {"statement": statement, "other": other, "rows": rows})
