"""Pages of what comes from outside: files, registries' statements and the breaks between them and the book, quotes."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from pathlib import Path
from typing import Any

from django.contrib import messages
from django.core.paginator import Paginator
from django.db.models import Count, Q
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from hengtan.market.book.kept import quotes as all_quotes
from hengtan.market.book.quote import averages
from hengtan.market.book.template import Template, templates
from hengtan.market.rules import market_years
from hengtan.problems import HengtanError
from hengtan.web.organisations.door import TenantRequest, within
from hengtan.web.organisations.models import Membership
from hengtan.web.organisations.roles import Act
from hengtan.web.runs.words import lang
from hengtan.web.shell.tables import as_table, form_of

from . import market_files, services, words
from .book_pages import day_of
from .models import Break, Statement
from .pictures import days_chart, unit_of, years_chart
from .views import PAGE, context_of

BREAKS = (
    "break",
    "account",
    "day",
    "kind",
    "instrument",
    "numbers",
    "ours",
    "theirs",
    "state",
    "closed_by",
    "reason",
    "statement",
)
QUOTES = ("symbol", "day", "open", "high", "low", "close", "listed_t", "listed_cny", "block_t", "block_cny", "source")
YEARS = (
    "year",
    "trading_days",
    "volume_t",
    "turnover_cny",
    "average_cny_t",
    "low_cny_t",
    "high_cny_t",
    "year_end_cny_t",
    "source",
)


def take(membership: Membership, what: str, path: Path, name: str, given: Mapping[str, Any]) -> str:
    """Quotes or a statement are taken in; a sentence of what came of it. Raises HengtanError with every row that is refused."""
    if what == "quotes":
        new, known = market_files.take_quotes(membership, path, name, correct=given.get("correct", False))
        return _("%(new)d prices are new, %(known)d were known.") % {"new": new, "known": known}
    _number, count, new_one = market_files.take_statement(membership, path, name, given["account"], given["day"])
    if not new_one:
        return _("This statement was taken in before.")
    if not count:
        return _("The statement agrees with the book.")
    return ngettext(
        "One break: somebody closes it with a reason.", "%(count)d breaks: somebody closes each with a reason.", count
    ) % {"count": count}


def headers_of(template: Template) -> list[str]:
    """The header of each column in the language of the page."""
    here = lang()
    found = []
    for name, headers in template.columns.items():
        chinese = [each for each in headers if any(letter > "\u2e80" for letter in each)]
        found.append(chinese[0] if here == "zh" and chinese else headers[0] if headers else name)
    return found


@within(Act.WHOLE)
def template_file(request: TenantRequest) -> HttpResponse:
    """The columns of a template with its sample rows: ``?id=trades&format=xlsx``."""
    template = templates().get(request.GET.get("id", "trades"))
    if template is None:
        raise Http404
    rows = [[row.get(name, "") for name in template.columns] for row in template.example]
    return as_table(form_of(request) or "csv", f"hengtan-{template.id}", headers_of(template), rows)


@within(Act.WHOLE)
def reconciliation(request: TenantRequest) -> HttpResponse:
    """Statements and breaks; ``?state=all`` shows the closed ones too."""
    of = request.organisation
    found = Break.objects.visible_to(request.user).of(of).select_related("statement", "closing")
    state = "all" if request.GET.get("state") == "all" else "open"
    if state == "open":
        found = found.filter(closing=None)
    if form := form_of(request):
        rows = list(found)
        people = services.names({each.closing.closed_by for each in rows if hasattr(each, "closing")})
        lines = (
            (each.pk, each.statement.account, each.statement.day, each.kind, each.code, each.numbers.partition("|")[2] or each.numbers, each.ours, each.theirs,
             "closed" if hasattr(each, "closing") else "open", people.get(each.closing.closed_by, "") if hasattr(each, "closing") else "",
             each.closing.reason if hasattr(each, "closing") else "", each.statement.source) for each in rows
        )  # fmt: skip
        return as_table(form, "breaks", BREAKS, lines)
    return _reconciliation_page(request, found, state, None, "")


def _reconciliation_page(
    request: TenantRequest, found: Any, state: str, at: int | None, reason: str, wrong: Any = (), status: int = 200
) -> HttpResponse:
    of = request.organisation
    page = Paginator(found, PAGE).get_page(request.GET.get("page"))
    counted = (
        Statement.objects.visible_to(request.user)
        .of(of)
        .annotate(many=Count("breaks"), left=Count("breaks", filter=Q(breaks__closing=None)))
    )
    statements = list(counted[:20])
    rows = list(page)
    people = services.names(
        {each.imported_by for each in statements}
        | {each.closing.closed_by for each in rows if hasattr(each, "closing")}
    )
    shown = [
        {"row": each, "title": words.BREAKS[each.kind], "difference": each.ours - each.theirs, "numbers": each.numbers.partition("|")[2] or each.numbers,
         "closed": getattr(each, "closing", None), "closed_by": people.get(each.closing.closed_by, "") if hasattr(each, "closing") else "",
         "reason": reason if each.pk == at else "", "wrong": wrong if each.pk == at else ()} for each in rows
    ]  # fmt: skip
    context = context_of(
        request,
        "assets-reconciliation",
        page=page,
        shown=shown,
        state=state,
        statements=[(each, people.get(each.imported_by, "—")) for each in statements],
    )
    return render(request, "assets/reconciliation.html", context, status=status)


@within(Act.WHOLE, change=Act.ASSETS)
def close_break(request: TenantRequest, pk: int) -> HttpResponse:
    """Why it is none any more."""
    found = Break.objects.visible_to(request.user).of(request.organisation).select_related("statement", "closing")
    get_object_or_404(found, pk=pk)
    if request.method == "POST":
        reason = request.POST.get("reason", "")[:300]
        try:
            services.close_break(request.membership, pk, reason)
            messages.success(request, _("Closed, with your reason."))
        except HengtanError as fault:
            return _reconciliation_page(
                request, found.filter(closing=None), "open", pk, reason, words.said(fault.problems), 422
            )
    return redirect("assets-reconciliation", key=request.organisation.key)


@within(Act.WHOLE)
def quotes(request: TenantRequest) -> HttpResponse:
    """The user's quotes by symbol, what a period comes to, and the published years."""
    with services.reading(request.organisation) as store:
        every = all_quotes(store)
    symbols = sorted({each.symbol for each in every})
    asked = request.GET.get("symbol", "")
    symbol = asked if asked in symbols else "CEA" if "CEA" in symbols or not symbols else symbols[0]
    mine = [each for each in every if each.symbol == symbol]
    first = day_of(request.GET.get("first", "")) or (mine[0].day if mine else date(2021, 7, 16))
    last = day_of(request.GET.get("last", "")) or (mine[-1].day if mine else timezone.localdate())
    within_days = [each for each in mine if first <= each.day <= last]
    if form := form_of(request):
        if request.GET.get("table") == "years":
            years = ((each.year, each.trading_days, each.volume_t, each.turnover_cny, each.average_cny_t, each.low_cny_t, each.high_cny_t, each.year_end_cny_t,
                      words.year_source(each)) for each in market_years())  # fmt: skip
            return as_table(form, "cea-years", YEARS, years)
        lines = (
            (each.symbol, each.day, *(None if value is None else words.yuan(value).replace(",", "") for value in (each.open, each.high, each.low, each.close)),
             each.listed_t, words.yuan(each.listed_fen).replace(",", ""), each.block_t, words.yuan(each.block_fen).replace(",", ""), each.source)
            for each in within_days
        )  # fmt: skip
        return as_table(form, f"quotes-{symbol}", QUOTES, lines)
    page = Paginator(within_days[::-1], PAGE).get_page(request.GET.get("page"))
    context = context_of(
        request, "assets-quotes", symbols=symbols, symbol=symbol, unit=unit_of(symbol), first=first, last=last, page=page, sums=averages(mine, first, last) if within_days else None,
        chart=days_chart(within_days, symbol) if within_days else None, years=market_years(), years_chart=years_chart(), query=_query(request),
        shown=[(each, *(words.yuan(value) for value in (each.open, each.high, each.low, each.close)), words.yuan(each.listed_fen + each.block_fen)) for each in page],
    )  # fmt: skip
    return render(request, "assets/quotes.html", context)


def _query(request: TenantRequest) -> str:
    asked = request.GET.copy()
    asked.pop("page", None)
    return asked.urlencode()
