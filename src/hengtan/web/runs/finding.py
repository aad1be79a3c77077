"""What the find field finds in inventories and their data: a number, a cell, an activity, a factor, a facility, a batch, a run, a digest.

Numbers, activities, cells and factors are looked for in the inventory that counts.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from decimal import Decimal
from typing import Any
from urllib.parse import urlencode

from django.db.models import Q
from django.urls import NoReverseMatch, reverse
from django.utils.translation import gettext as _

from hengtan.engine import asking, fetch, read_parquet
from hengtan.factors import open_library
from hengtan.facts import FactRefused
from hengtan.inventory.posted import Asked, posted
from hengtan.inventory.totals import EXACT
from hengtan.web.activities.models import Batch, SourceFile, State
from hengtan.web.boundaries.models import Facility
from hengtan.web.organisations.door import TenantRequest
from hengtan.web.shell.finding import Hit, finder
from hengtan.web.vault.services import facts

from . import services, words
from .gone import missing
from .models import Run
from .templatetags.masses import shown, tonnes

NUMBER = re.compile(r"([-−]?\d[\d,， ]*(?:\.\d+)?)\s*(kg|t|吨|千克)?(?:\s*CO2e|\s*CO₂e)?", re.IGNORECASE)
CELL = re.compile(r"(?:(?P<sheet>.{1,60})!)?\$?(?P<column>[A-Za-z]{1,3})\$?(?P<row>[1-9]\d{0,6})")
DIGEST = re.compile(r"[0-9a-f]{6,64}", re.IGNORECASE)
EACH = 6  # of one kind
LONGEST_NUMBER = 19  # a sign, digits and a point of what a mass can hold


def _current(request: TenantRequest) -> Run | None:
    run = services.current(request.organisation)
    if run is not None:
        run.organisation = request.organisation
    return run


def _address(name: str, request: TenantRequest, pk: int, **asked: Any) -> str:
    at = reverse(name, kwargs={"key": request.organisation.key, "pk": pk})
    return f"{at}?{urlencode(asked)}" if asked else at


@finder
def runs(request: TenantRequest, text: str) -> Iterator[Hit]:
    """R-0003, its name, the beginning of its digest."""
    told = Q(name__icontains=text)
    if number := re.fullmatch(r"R-?0*(\d{1,9})", text, re.IGNORECASE):
        told |= Q(number=int(number[1]))
    if DIGEST.fullmatch(text):
        told |= Q(digest__startswith=text.lower()) | Q(run_sha256__startswith=text.lower())
    found = Run.objects.visible_to(request.user).of(request.organisation).filter(told)
    for run in found.only("number", "name", "digest", "run_sha256")[:EACH]:
        exact = text.upper() == run.code or text.lower() in (run.digest, run.run_sha256)
        yield Hit(_("Run"), "calculator", f"{run.code} {run.name}", _address("run", request, run.pk), exact=exact)


@finder
def batches(request: TenantRequest, text: str) -> Iterator[Hit]:
    """By name, by the digest of its rows, by a file of it or that file's digest."""
    told = Q(name__icontains=text) | Q(key=text)
    if DIGEST.fullmatch(text):
        told |= Q(parquet__startswith=text.lower())
    mine = Batch.objects.visible_to(request.user).of(request.organisation)
    for batch in mine.filter(told).only("name", "state", "key", "parquet")[:EACH]:
        exact = text in (batch.key, batch.parquet)
        yield Hit(
            _("Batch"), "database", batch.name, _address("batch", request, batch.pk), batch.get_state_display(), exact
        )
    told = Q(name__icontains=text)
    if DIGEST.fullmatch(text):
        told |= Q(digest__startswith=text.lower())
    files = SourceFile.objects.of(request.organisation).filter(told, batch__in=mine).select_related("batch")
    for file in files[:EACH]:
        yield Hit(_("File"), "file-spreadsheet", file.name, _address("batch", request, file.batch_id), file.batch.name)


@finder
def facilities(request: TenantRequest, text: str) -> Iterator[Hit]:
    """By a part of the name."""
    found = Facility.objects.visible_to(request.user).of(request.organisation).filter(name__icontains=text)
    run = _current(request)
    for each in found.order_by("name")[:EACH]:
        same = each.name.lower() == text.lower()
        yield Hit(
            _("Facility"), "building-factory-2", each.name, _address("facility", request, each.pk), each.region, same
        )
        if run is not None and same:
            rows = _address("run-rows", request, run.pk, facility=each.name)
            yield Hit(_("Rows of a facility"), "table", each.name, rows, run.code)


@finder
def activities(request: TenantRequest, text: str) -> Iterator[Hit]:
    """The rows with this id, cell or number in the inventory that counts."""
    run, seen = _current(request), services.facilities_of(request.membership)
    if run is None or missing(run):
        return
    asked = [(Asked(activities=[text], facilities=seen), True)]
    if cell := CELL.fullmatch(text):
        ids = _of_cell(request, cell["sheet"] or "", f"{cell['column'].upper()}{cell['row']}")
        asked.append((Asked(activities=ids, facilities=seen), len(ids) == 1))
    if between := _between(text):
        yield from _sums(request, run, text)
        asked += [(Asked(basis=basis, between=between, facilities=seen), False) for basis in ("location", "market")]
    for each, exact in asked:
        if each.activities == []:
            continue
        for row in posted(run.folder, each, EACH).rows:
            address = _address("run-explain", request, run.pk, id=row["activity_id"], basis=each.basis)
            title = f"{shown(tonnes(row['co2e_kg']))} tCO₂e"
            note = " · ".join(
                filter(None, (row["activity_id"], row["facility"], str(words.category(row["category"] or ""))))
            )
            yield Hit(_("Row"), "table", title, address, note, exact)


def _of_cell(request: TenantRequest, sheet: str, cell: str) -> list[str]:
    """The activities whose quantity stands in this cell of a file that counts."""
    store, paths = facts(request.organisation), []
    digests = Batch.objects.of(request.organisation).filter(state=State.APPROVED).values_list("parquet", flat=True)
    for digest in digests:
        try:
            paths.append(str(store.path(digest)))
        except FactRefused:
            continue
    found: list[str] = []
    with asking() as con:
        for path in paths:
            rows = con.read_parquet(path)
            if "source_cell" not in rows.columns:
                continue
            rows = rows.filter(rows.source_cell == cell)
            if sheet:
                rows = rows.filter(rows.source_sheet == sheet.strip("'"))
            found += fetch(rows.select("activity_id").limit(EACH)).column("activity_id").to_pylist()
    return found[:EACH]


def _between(text: str) -> tuple[Decimal, Decimal] | None:
    """kg of all that is shown like this: 12,922.40 stands for what lies within half a hundredth of a tonne."""
    told = NUMBER.fullmatch(text)
    if told is None:
        return None
    digits = re.sub(r"[,， ]", "", told[1]).replace("−", "-")
    if not 3 <= len(digits.strip("-0.")) <= LONGEST_NUMBER:
        return None
    value, unit = Decimal(digits), (told[2] or "t").lower()
    half = Decimal(5).scaleb(int(value.as_tuple().exponent) - 1)
    grade = 0 if unit in ("kg", "千克") else 3
    return EXACT.scaleb(value - half, grade), EXACT.scaleb(value + half, grade)


def _sums(request: TenantRequest, run: Run, text: str) -> Iterator[Hit]:
    """Totals, facilities, units, categories and months of the dashboard that are shown like this."""
    seen = services.facilities_of(request.membership)
    told: dict[str, Any] = (run.figures or {}) if seen is None else services.figures_of(run, seen)
    wanted = _between(text)
    if wanted is None:
        return
    parts = (("facilities", "facility"), ("units", "org_unit"), ("categories", "category"), ("months", "month"))
    for basis in ("location", "market"):
        total = sum(
            (Decimal(told["totals"][name]) for name in ("scope1_kg", f"scope2_{basis}_kg", "scope3_kg")), Decimal(0)
        )
        if wanted[0] <= total <= wanted[1]:
            title = f"{shown(tonnes(total))} tCO₂e"
            yield Hit(
                _("Total"), "equal", title, _address("run", request, run.pk, basis=basis), str(words.BASES[basis])
            )
        for scope in (1, 2, 3):
            name = f"scope2_{basis}_kg" if scope == 2 else f"scope{scope}_kg"
            if wanted[0] <= Decimal(told["totals"][name]) <= wanted[1]:
                title = f"{shown(tonnes(told['totals'][name]))} tCO₂e"
                address = _address("run-rows", request, run.pk, basis=basis, scope=scope)
                yield Hit(_("Sum"), "equal", title, address, str(words.SCOPES[scope]))
        for part, column in parts:
            for row in told[part]:
                if wanted[0] <= Decimal(row[f"{basis}_kg"]) <= wanted[1]:
                    name = str(words.category(row[column])) if column == "category" else row[column]
                    title = f"{shown(tonnes(row[f'{basis}_kg']))} tCO₂e"
                    yield Hit(
                        _("Sum"),
                        "equal",
                        title,
                        _address("run-rows", request, run.pk, basis=basis, **{column: row[column]}),
                        name,
                    )


@finder
def factors(request: TenantRequest, text: str) -> Iterator[Hit]:
    """By id: its page where there is one, and the rows that were calculated with it."""
    run = _current(request)
    if len(text) < 4 or run is None or not (run.folder / "plan.parquet").exists():
        return
    used = {
        each
        for each in read_parquet(run.folder / "plan.parquet", ["line_factor_id"]).column(0).unique().to_pylist()
        if each
    }
    for name in sorted(name for name in used if text.lower() in name.lower())[:EACH]:
        page = _factor_page(request, name)
        if page:
            yield Hit(_("Factor"), "math-function", name, page, exact=name == text)
        rows = _address("run-rows", request, run.pk, factor_id=name)
        yield Hit(_("Rows with a factor"), "table", name, rows, run.code, exact=name == text and not page)
    if text not in used and (page := _factor_page(request, text)) and text in open_library():
        yield Hit(_("Factor"), "math-function", text, page, exact=True)


def _factor_page(request: TenantRequest, name: str) -> str:
    try:
        return reverse("factor", kwargs={"key": request.organisation.key, "factor_id": name})
    except NoReverseMatch:
        return ""
