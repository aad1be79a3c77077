"""Pages of runs: the list, a new one, the dashboard, the choice, the files."""

from __future__ import annotations

import mimetypes
from datetime import UTC
from decimal import Decimal
from typing import Any, cast

from django.contrib import messages
from django.core.paginator import Paginator
from django.db.models import QuerySet
from django.http import FileResponse, Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _

from hengtan.inventory.totals import EXACT, SUMS
from hengtan.problems import HengtanError
from hengtan.web.jobs.views import progress
from hengtan.web.library import services as library
from hengtan.web.organisations.door import TenantRequest, within
from hengtan.web.organisations.roles import Act
from hengtan.web.shell.tables import as_table, form_of

from . import claims, figures, services, taking, words
from .dashboard import Dashboard
from .forms import RunForm
from .gone import gone, told_if_spoilt
from .models import Run
from .proofs import vouching

PAGE = 50
HOT_ROWS = 500
CHARTS = ("months", "units", "categories", "facilities")
FILES = ("report.pdf", "report.xlsx", "report.html", "run.json", "summary.json", "emissions.parquet", "factors.parquet",
         "problems.csv", "run.json.tlog-proof", "report.pdf.tlog-proof", "report.xlsx.tlog-proof", "report.html.tlog-proof")  # fmt: skip


TABLES = {  # of the dashboard: their names and their numbers
    "months": (("month",), figures.COLUMNS),
    "categories": (("scope", "category"), figures.COLUMNS),
    "facilities": (("facility",), figures.COLUMNS),
    "units": (("org_unit",), figures.COLUMNS),
    "types": (("activity_type",), figures.COLUMNS),
    "matches": (("match",), ("rows", "location_kg", "market_kg")),
}


def run_of(request: TenantRequest, pk: int, *more: str) -> Run:
    """The run of this tenant, or 404."""
    found = Run.objects.visible_to(request.user).of(request.organisation)
    return get_object_or_404(found.select_related("organisation", "created_by", *more), pk=pk)


def basis_of(request: TenantRequest) -> str:
    """Which way scope 2 is shown."""
    return "market" if request.GET.get("basis") == "market" else "location"


@within()
def inventory(request: TenantRequest) -> HttpResponse:
    """The run that was chosen, else the list."""
    run = services.current(request.organisation)
    if run is None:
        return redirect("runs", key=request.organisation.key)
    return redirect("run", key=request.organisation.key, pk=run.pk)


@within()
def index(request: TenantRequest) -> HttpResponse:
    """All runs, the newest first; sums are shown to who sees all rows."""
    found = (
        Run.objects.visible_to(request.user)
        .of(request.organisation)
        .select_related("organisation", "created_by", "job")
        .defer("figures", "summary")
    )
    chosen, whole = services.current(request.organisation), request.membership.may(Act.WHOLE)
    form = form_of(request)
    if form:
        return _runs_table(form, request, found, whole=whole)
    page = Paginator(found, PAGE).get_page(request.GET.get("page"))
    context = {
        "page": page, "current": chosen, "may": request.membership.may(Act.CALCULATE), "whole": whole,
        "under_way": any(not run.is_done and run.job is not None and not run.job.is_over for run in page),
    }  # fmt: skip
    return render(request, "runs/runs.html", context)


@within(Act.CALCULATE)
def new(request: TenantRequest) -> HttpResponse:
    """What is calculated, from which data, by which set; then the job."""
    of, wrong = request.organisation, list[dict[str, str]]()
    sources = services.approved(of)
    form = RunForm(request.POST or None, initial={"name": "", "gwp": "AR5"})
    groups = claims.offered(of) if sources else []
    if request.method == "POST" and form.is_valid() and sources:
        wanted = taking.wanted_of(request.POST, groups)
        try:
            run = claims.start_with(of, request.user, form.cleaned_data["name"], sources, form.options(), wanted)
            return redirect("run", key=of.key, pk=run.pk)
        except HengtanError as fault:
            wrong = [{"reason": each.reason(words.lang()), "mend": each.mend(words.lang())} for each in fault.problems]
    context = {
        "form": form, "sources": sources, "batches": services.approved_batches(of), "in_use": library.in_use(of), "wrong": wrong,
        "claimed": taking.shown(of, groups, request.POST), "names": taking.names(of) if groups else [],
        "rules": taking.rules() if groups else [],
    }  # fmt: skip
    return render(request, "runs/new.html", context, status=422 if form.errors or wrong else 200)


@within()
def show(request: TenantRequest, pk: int) -> HttpResponse:
    """The dashboard of a run that is done; before that, how far it is."""
    run = run_of(request, pk, "job", "previous", "chosen_by")
    if not run.is_done:
        context: dict[str, Any] = {"run": run}
        if run.job is not None:
            run.job.organisation = request.organisation
            context |= progress(request, run.job)
        return render(request, "runs/waiting.html", context)
    seen = services.facilities_of(request.membership)
    told: dict[str, Any] = (
        {"month_bands": None, **(run.figures or {})} if seen is None else services.figures_of(run, seen)
    )
    basis = basis_of(request)
    form = form_of(request)
    if form:
        if request.GET.get("table") == "claims" and seen is None:
            return as_table(form, f"{run.code}-claims", taking.COLUMNS, taking.lines(run))
        return _table(form, run, told, request.GET.get("table", ""), basis)
    board = Dashboard(run, told, basis, services.run_before(run) if seen is None else None)
    drawn = {name: getattr(board, name) for name in CHARTS}
    map_ = board.map(services.places(run, [row["facility"] for row in told["facilities"]]))
    if map_:
        drawn["map"] = map_
    context = {
        "run": run, "board": board, "map": map_, "basis": basis, "figures": told, "whole": seen is None,
        "current": services.current(request.organisation), "may": request.membership.may(Act.CALCULATE),
        "proof": vouching(run), "charts": {f"chart-{name}": chart for name, chart in drawn.items()},
        "intensity": intensity_of_area(told, basis), "intensities": board.intensities(services.denominators(run)) if seen is None else [], "files": [name for name in FILES if (run.folder / name).exists()] if seen is None else [],
        "problems": [each for each in told.get("problems", ()) if each["count"]], "claimed": taking.told(run) if seen is None else None,
    }  # fmt: skip
    return render(request, "runs/dashboard.html", context)


@within()
@told_if_spoilt
def hot(request: TenantRequest, pk: int) -> HttpResponse:
    """The rows that emit most: the part of a dashboard that is read from the rows themselves, and as a table."""
    run = run_of(request, pk)
    if not run.is_done:
        return redirect("run", key=request.organisation.key, pk=pk)
    if lost := gone(request, run):
        return lost
    seen, basis, form = services.facilities_of(request.membership), basis_of(request), form_of(request)
    if form:
        rows = services.hot_spots(run, seen, HOT_ROWS)[basis]
        names = ("facility", "activity_id", "activity_type", "scope")
        lines = ([*(row[name] for name in names), Decimal(row["co2e_kg"])] for row in rows)
        return as_table(form, f"{run.code}-hot-spots-{basis}", (*names, "co2e_kg"), lines)
    told = (
        (run.figures or {})
        if seen is None
        else {**services.figures_of(run, seen), "hot": services.hot_spots_of(run, seen)}
    )
    return render(request, "runs/hot.html", {"run": run, "board": Dashboard(run, told, basis)})


@within(Act.CALCULATE)
def choose(request: TenantRequest, pk: int) -> HttpResponse:
    """This is the one."""
    run = run_of(request, pk)
    if request.method == "POST" and run.is_done:
        services.choose(run, request.user)
        messages.success(request, _("This run is now the inventory that everybody sees first."))
    return redirect("run", key=request.organisation.key, pk=run.pk)


@within(Act.WHOLE)
def file(request: TenantRequest, pk: int) -> HttpResponse:
    """A file of the run as it lies in its folder; only what holds for the whole organisation, so not for contributors."""
    run = run_of(request, pk)
    name = request.GET.get("name", "")
    if not run.is_done or not name:
        return redirect("run", key=request.organisation.key, pk=run.pk)
    if name not in FILES:
        raise Http404
    try:
        opened = (run.folder / name).open("rb")
    except OSError:
        raise Http404 from None
    kind = mimetypes.guess_type(name)[0] or "application/octet-stream"
    answer = FileResponse(opened, as_attachment=True, filename=f"{run.code}-{name}", content_type=kind)
    return cast("HttpResponse", answer)  # of the same base


def _runs_table(form: str, request: TenantRequest, found: QuerySet[Run], *, whole: bool) -> HttpResponse:
    """Every run; sums for who sees all rows. Times in UTC."""
    names = ["run", "name", "first", "last", "gwp_set", "calculated_utc", "by", "chosen_utc", "digest"]
    sums = ["rows_in", "rows_posted", *SUMS] if whole else []

    def row(run: Run) -> list[object]:
        totals = run.totals or {}
        times = [
            each.astimezone(UTC).isoformat(timespec="seconds") if each else "" for each in (run.done_at, run.chosen_at)
        ]
        told = [
            run.code,
            run.name,
            run.first,
            run.last,
            run.options.get("gwp") or "AR5",
            times[0],
            run.created_by.name,
            times[1],
            run.digest,
        ]
        if whole:
            told += [
                run.rows_in,
                run.rows_posted,
                *(Decimal(totals[name]) if name in totals else None for name in SUMS),
            ]
        return told

    return as_table(form, f"{request.organisation.key}-runs", [*names, *sums], map(row, found))


def _table(form: str, run: Run, told: Any, wanted: str, basis: str) -> HttpResponse:
    if wanted == "gases":
        gases = Dashboard(run, told, basis).gases
        return as_table(
            form,
            f"{run.code}-gases",
            ("gas", "kg", "co2e_kg"),
            ([row["name"], row["kg"], row["co2e_kg"]] for row in gases),
        )
    if wanted not in TABLES or wanted not in told:
        raise Http404
    named, counted = TABLES[wanted]
    if wanted == "months" and told.get("month_bands"):
        return _months_table(form, run, told)
    rows = ([*(row[name] for name in named), *(Decimal(row[name]) for name in counted)] for row in told[wanted])
    return as_table(form, f"{run.code}-{wanted}", (*named, *counted), rows)


def _months_table(form: str, run: Run, told: Any) -> HttpResponse:
    """With the 95 % interval of the total, location-based; empty where nothing is stated."""

    def row(month: Any) -> list[Any]:
        band = (told["month_bands"].get(month["month"]) or {}).get("total") or {}
        bounds = [Decimal(band[name]) if name in band else None for name in ("p2_5_kg", "p97_5_kg")]
        return [month["month"], *(Decimal(month[name]) for name in figures.COLUMNS), *bounds]

    names = ("month", *figures.COLUMNS, "location_p2_5_kg", "location_p97_5_kg")
    return as_table(form, f"{run.code}-months", names, map(row, told["months"]))


def intensity_of_area(told: Any, basis: str) -> dict[str, Any] | None:
    """kg CO2e per m2 of the facilities whose floor area is known; value: as it is shown, exact: before it is rounded."""
    area = told.get("area")
    if not area or not Decimal(area["m2"]):
        return None
    kg, square = Decimal(area[f"{basis}_kg"]), Decimal(area["m2"])
    exact = EXACT.quantize(EXACT.divide(kg, square), Decimal("1e-12"))
    value = exact.quantize(Decimal("0.01"))
    return {"value": value, "exact": exact, "facilities": area["facilities"], "kg": kg, "m2": square}
