"""Pages of accounts and results: the statement of an account between two days, what holdings cost and what came of them."""

from __future__ import annotations

from datetime import date
from typing import Any

from django.core.paginator import Paginator
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, render
from django.utils import timezone

from hengtan.market.book import fen, read_record
from hengtan.market.book.value import METHODS, Method
from hengtan.web.organisations.door import TenantRequest, within
from hengtan.web.organisations.roles import Act
from hengtan.web.shell.tables import as_table, form_of

from . import services, words
from .book_pages import day_of, query_of, valued_of
from .models import Account, Posting
from .views import PAGE, context_of

STATEMENT = ("posting", "day", "kind", "event", "instrument", "change", "after", "contract")
POSITIONS = ("entity", "instrument", "quantity", "cost_cny", "quote_cny", "quote_day", "value_cny", "unrealised_cny")
RESULTS = ("posting", "day", "entity", "instrument", "use", "quantity", "proceeds_cny", "cost_cny", "result_cny")


@within(Act.WHOLE)
def account(request: TenantRequest, pk: int) -> HttpResponse:
    """The statement of an account between two days."""
    one = get_object_or_404(Account.objects.visible_to(request.user).of(request.organisation), pk=pk)
    today = timezone.localdate()
    first = day_of(request.GET.get("first", "")) or date(today.year, 1, 1)
    last = day_of(request.GET.get("last", "")) or today
    with services.reading(request.organisation) as store:
        opening, lines, closing = store.statement(one.key, first, last)
    events = {line.number: words.sentence(read_record(line.record).event) for line in lines}
    if form := form_of(request):
        rows = (
            *(("", first, "opening", "", code, "", count, "") for code, count in opening.items()),
            *((each.number, each.day, each.kind, events[each.number], each.code, each.change, each.after, each.contract) for each in lines),
            *(("", last, "closing", "", code, "", count, "") for code, count in closing.items()),
        )  # fmt: skip
        return as_table(form, f"statement-{one.key}-{first}-{last}", STATEMENT, rows)
    pks = dict(Posting.objects.of(request.organisation).filter(number__in=set(events)).values_list("number", "pk"))
    shown = [
        {"line": each, "kind": words.kind(each.kind), "told": events[each.number], "pk": pks[each.number]}
        for each in lines[:1000]
    ]
    context = context_of(
        request,
        "assets-accounts",
        one=one,
        first=first,
        last=last,
        opening=opening,
        closing=closing,
        shown=shown,
        more=len(lines) - len(shown),
    )
    return render(request, "assets/account.html", context)


@within(Act.WHOLE)
def results(request: TenantRequest) -> HttpResponse:
    """What holdings cost, what came of them, what they are worth by the user's quotes."""
    asked = request.GET.get("method", "")
    method: Method = asked if asked in METHODS else "average"
    until, since = day_of(request.GET.get("until", "")), day_of(request.GET.get("since", ""))
    found = valued_of(request, method, until)
    used = [each for each in found.results if since is None or each.day >= since]
    if form := form_of(request):
        if request.GET.get("table") == "results":
            lines = (
                (
                    each.number,
                    each.day,
                    each.entity,
                    each.code,
                    each.use,
                    each.quantity,
                    fen(each.proceeds),
                    fen(each.cost),
                    fen(each.result) if each.is_realised else "",
                )
                for each in used
            )
            return as_table(form, f"results-{method}", RESULTS, lines)
        positions = (
            (each.entity, each.code, each.quantity, fen(each.cost), fen(each.quote.close) if each.quote else "", each.quote.day if each.quote else "",
             "" if each.value is None else fen(each.value), "" if each.unrealised is None else fen(each.unrealised)) for each in found.positions
        )  # fmt: skip
        return as_table(form, f"positions-{method}", POSITIONS, positions)
    sold = [each for each in used if each.is_realised]
    every: list[Any] = [*found.positions, *found.owed]
    known = [each for each in every if each.unrealised is not None]
    page = Paginator(used[::-1], PAGE).get_page(request.GET.get("page"))
    pks = dict(
        Posting.objects.of(request.organisation)
        .filter(number__in={each.number for each in page})
        .values_list("number", "pk")
    )
    context = context_of(
        request, "assets-results", method=method, until=until, since=since, positions=found.positions, page=page,
        shown=[(each, words.USES.get(each.use, each.use), pks.get(each.number)) for each in page], query=query_of(request),
        realised=sum(each.result for each in sold), expense=sum(each.cost for each in used if not each.is_realised),
        cost=sum(each.cost for each in found.positions), unrealised=sum(each.unrealised or 0 for each in known) if known else None,
        unpriced=len(found.positions) + len(found.owed) - len(known), owed=found.owed,
        rows=[(each, words.said([each.void])[0] if each.void else None) for each in found.positions], borrowed=words.kind("borrow"),
    )  # fmt: skip
    return render(request, "assets/results.html", context)
