"""Pages of the shared library: search, one factor, its years, several side by side."""

from __future__ import annotations

from decimal import Decimal
from functools import cache
from typing import Any
from urllib.parse import urlencode

from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _

from hengtan.factors import Factor, describe, open_library
from hengtan.factors.factor import AMOUNTS
from hengtan.factors.search import Found, found, index_for
from hengtan.factors.userfile import factor_of
from hengtan.inventory.totals import EXACT
from hengtan.problems import HengtanError
from hengtan.web.activities.models import State
from hengtan.web.organisations.door import TenantRequest, within
from hengtan.web.organisations.roles import Act
from hengtan.web.shell.tables import as_table, form_of

from . import usage, words
from .models import OwnFactor
from .proposals import in_force

PAGE, MOST, COMPARED = 25, 5000, 6
SEARCHED = ("name", "name_zh", "category", "activity_unit", "region", "source_title")
FILTERS = ("region", "year", "unit", "category", "dataset", "stated")
COLUMNS = ("factor_id", "name", "co2e_or_gas_kg", "gas", "activity_unit", "region", "valid_from", "valid_to", "gwp_set",
           "category", "dataset", "source_title", "licence", "published", "published_source", "retrieved_from")  # fmt: skip


@cache
def choices() -> dict[str, list[str]]:
    """What the filters offer; the library never changes while it is open."""
    library = open_library()
    columns = index_for(library).columns
    return {
        "category": sorted(set(columns["category"])), "unit": sorted(set(columns["unit"])), "dataset": list(library.datasets),
        "stated": [*words.STATED],
    }  # fmt: skip


def asked(request: TenantRequest) -> dict[str, Any]:
    """What the address says; a year that is none, and what no filter offers, is passed over."""
    given = {name: request.GET.get(name, "").strip()[:100] for name in FILTERS}
    year = given["year"]
    return {
        "region": given["region"] or None, "unit": given["unit"] or None,
        "year": int(year) if year.isascii() and year.isdecimal() and len(year) == 4 else None,
        **{name: given[name] if given[name] in choices()[name] else None for name in ("category", "dataset", "stated")},
    }  # fmt: skip


@within()
def index(request: TenantRequest) -> HttpResponse:
    """Search: the organisation's own first, then the library."""
    text, wanted = " ".join(request.GET.get("q", "").split())[:200], asked(request)
    number = int(request.GET["page"]) if request.GET.get("page", "").isdecimal() and len(request.GET["page"]) < 5 else 1
    number, problems = max(number, 1), []
    form = form_of(request)
    try:
        limit, offset = (MOST, 0) if form else (PAGE, (number - 1) * PAGE)
        hits = found(open_library(), text, **wanted, limit=limit, offset=offset)
    except HengtanError as error:
        hits, problems = Found(0, []), [each.sentence(words.lang()) for each in error.problems]
    if form:
        return as_table(form, _("factors"), COLUMNS, (_row(hit.factor) for hit in hits.hits))
    query = urlencode([(name, value) for name, value in request.GET.items() if name != "page" and value])
    context = {
        "text": text, "asked": wanted, "choices": choices(), "categories": _categories(), "stated": words.STATED,
        "lines": [words.line(hit.factor) | {"more": len(hit.others)} for hit in hits.hits], "count": hits.count,
        "own": [words.line(each) for each in own_factors(request, text)] if number == 1 else [], "problems": problems,
        "number": number, "pages": -(-hits.count // PAGE), "query": query,
        "first": (number - 1) * PAGE + 1, "last": (number - 1) * PAGE + len(hits.hits), "size": len(open_library()),
        "may_enter": request.membership.may(Act.ENTER), "tab": "library",
        "filtered": bool(text or any(wanted.values())),
    }  # fmt: skip
    name = "library/hits.html" if request.htmx and request.htmx.target == "hits" else "library/index.html"
    return render(request, name, context)


def own_factors(request: TenantRequest, text: str) -> list[Factor]:
    """The organisation's own that hold every word, while one searches."""
    if not text:
        return []
    wanted = text.casefold().split()[:8]
    found = []
    for row in in_force(OwnFactor, request.organisation)[
        :MOST
    ]:  # in Python: JSON holds Chinese as \\u escapes on SQLite
        told = " ".join((row.factor_id, *(str(row.cells.get(name, "")) for name in SEARCHED))).casefold()
        if all(word in told for word in wanted):
            found.append(as_factor(row))
    return found[:10]


def as_factor(row: OwnFactor) -> Factor:
    """An own factor as the library has them; a cell that cannot be read is empty."""
    return factor_of(row.cells)


def _categories() -> list[tuple[str, str]]:
    here = words.lang()
    return sorted(((name, describe.category(name, here)) for name in choices()["category"]), key=lambda each: each[1])


def _row(factor: Factor) -> list[object]:
    amount, gas = words.value(factor)
    return [
        factor.factor_id, factor.title(words.lang()), amount, gas, factor.activity_unit, factor.region, factor.valid_from,
        factor.valid_to, factor.gwp_set, factor.category, factor.dataset, factor.source_title, factor.licence,
        describe.published(factor, words.lang()), factor.published_source, factor.retrieved_from,
    ]  # fmt: skip


@within()
def factor(request: TenantRequest) -> HttpResponse:
    """One factor with all that is known of it, its other years, and where it was used."""
    factor_id = request.GET.get("id", "")[:200]
    if not factor_id:
        return redirect("library", key=request.organisation.key)
    library = open_library()
    one = library.get(factor_id)
    if one is None:
        return _own(request, factor_id)
    series = years(one)
    form = form_of(request)
    if form:
        names = ("factor_id", "valid_from", "valid_to", "amount_kg", "gas", "activity_unit", "change_pct", "published")
        rows = ([line["id"], line["factor"].valid_from, line["factor"].valid_to, line["amount"], line["gas"], line["unit"],
                 line["change"], describe.published(line["factor"])] for line in series)  # fmt: skip
        return as_table(form, f"{factor_id}-years", names, rows)
    context = {
        "factor": one, "line": words.line(one), "cells": words.cells(one), "series": series, "tab": "library",
        "gases": _gases(one), "used": usage.of_factor(request.membership, factor_id),
        "published": describe.published(one, words.lang()), "terms": describe.terms(one.licence, words.lang()),
        "charts": {"chart-years": _chart(request, series)} if len(series) > 1 else {},
        "may_enter": request.membership.may(Act.ENTER), "reachable": one.source_url.startswith(("https://", "http://")),
        "back": request.GET.get("back", ""),
    }  # fmt: skip
    return render(request, "library/factor.html", context)


def _own(request: TenantRequest, factor_id: str) -> HttpResponse:
    """The page of an own factor, by its id."""
    rows = OwnFactor.objects.visible_to(request.user).of(request.organisation).filter(factor_id=factor_id)
    row = rows.order_by("-decided_at").filter(state=State.APPROVED).first() or rows.first()
    if row is None:
        raise Http404
    return redirect("own-factor", key=request.organisation.key, pk=row.pk)


def years(one: Factor) -> list[dict[str, Any]]:
    """The same series over the years, the oldest first, with the change against the line before in percent."""
    family = [*index_for(open_library()).relatives(one.factor_id), one]
    family.sort(key=lambda each: (str(each.valid_from or ""), each.factor_id))
    lines, before = [], None
    for each in family:
        line = words.line(each)
        line["change"], line["here"] = None, each.factor_id == one.factor_id
        same = before is not None and before["gas"] == line["gas"] and before["amount"]
        if before is not None and same and line["amount"] is not None:
            part = EXACT.divide(EXACT.subtract(line["amount"], before["amount"]) * 100, before["amount"])
            line["change"] = EXACT.quantize(part, Decimal("0.1"))
        lines.append(line)
        before = line
    return lines


def _gases(one: Factor) -> list[tuple[str, Decimal | None]]:
    here = words.lang()
    return [(describe.NAMES[name][here], getattr(one, name)) for name in AMOUNTS]


def _chart(request: TenantRequest, series: list[dict[str, Any]]) -> dict[str, Any]:
    """Years on the axis, one mark each; years without a value are gaps."""
    page = reverse("library-factor", kwargs={"key": request.organisation.key})
    by_year = {
        line["factor"].valid_from.year: line
        for line in series
        if line["factor"].valid_from and line["amount"] is not None
    }
    if not by_year:
        return {}
    labels = [str(year) for year in range(min(by_year), max(by_year) + 1)]
    lines = [by_year.get(int(label)) for label in labels]
    first = next(line for line in lines if line)
    return {
        "kind": "months", "labels": labels, "shown": labels, "unit": f"kg {first['gas']}/{first['unit']}",
        "series": [
            {
                "name": first["gas"], "color": "accent", "values": [float(line["amount"]) if line else None for line in lines],
                "told": [f"{line['amount']:f}" if line else None for line in lines],
            }
        ],
        "href": [f"{page}?{urlencode({'id': line['id']})}" if line else None for line in lines], "toldUnit": "", "places": _places(lines),
    }  # fmt: skip


def _places(lines: list[dict[str, Any] | None]) -> int:
    """Digits behind the point that an axis of these amounts needs."""
    most = max((line["amount"] for line in lines if line), default=Decimal(0))
    return max(0, 1 - most.adjusted()) if most and most < 10 else 0


@within()
def compare(request: TenantRequest) -> HttpResponse:
    """Several factors side by side, column by column; what differs is marked."""
    library = open_library()
    ids = list(dict.fromkeys(each[:200] for each in request.GET.getlist("id") if each))[:COMPARED]
    if not ids:
        return redirect("library", key=request.organisation.key)
    own = {each.factor_id: each for each in in_force(OwnFactor, request.organisation).filter(factor_id__in=ids)}
    factors = [each for name in ids if (each := as_factor(own[name]) if name in own else library.get(name)) is not None]
    if not factors:
        raise Http404
    columns = [words.cells(each) for each in factors]
    rows = []
    for lined in zip(*columns, strict=True):
        values = [cell for _name, _title, cell, _remark in lined]
        if any(values):
            told = [(cell, remark) for _name, _title, cell, remark in lined]
            rows.append({"name": lined[0][0], "title": lined[0][1], "cells": told, "same": len(set(values)) == 1,
                         "number": lined[0][0] in (*AMOUNTS, "lcv_mj_per_unit", "uncertainty_pct")})  # fmt: skip
    form = form_of(request)
    if form:
        lines = ([row["name"], *(cell for cell, _remark in row["cells"])] for row in rows)
        return as_table(form, _("factors compared"), ["column", *(each.factor_id for each in factors)], lines)
    context = {
        "lines": [words.line(each) for each in factors], "rows": rows, "tab": "library",
        "difference": _difference(factors), "without": [
            (each.factor_id, urlencode([("id", other.factor_id) for other in factors if other is not each])) for each in factors
        ],
    }  # fmt: skip
    return render(request, "library/compare.html", context)


def _difference(factors: list[Factor]) -> list[Decimal | None]:
    """Each against the first in percent, where both state the same gas per the same unit."""
    first, gas = words.value(factors[0])
    found: list[Decimal | None] = []
    for each in factors:
        amount, other = words.value(each)
        alike = first and amount is not None and gas == other and each.activity_unit == factors[0].activity_unit
        if not alike or first is None or amount is None:
            found.append(None)
        else:
            found.append(EXACT.quantize(EXACT.divide((amount - first) * 100, first), Decimal("0.1")))
    return found
