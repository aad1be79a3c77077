"""Pages of units: where every range lies, and a batch with every place its units have been in."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from django.core.paginator import Paginator
from django.db.models import QuerySet
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, render

from hengtan.market.book.posting import PLACES
from hengtan.web.organisations.door import TenantRequest, within
from hengtan.web.organisations.roles import Act
from hengtan.web.shell.tables import as_table, form_of

from . import words
from .book_pages import query_of
from .models import Account, Batch, Lot, Posting
from .views import PAGE, context_of

UNITS = ("instrument", "kind", "account", "place", "quantity", "unit", "series", "first", "last", "batch", "origin", "since", "vintage", "project",
         "methodology", "registered_on", "produced_on", "market", "contract")  # fmt: skip


def _lots(request: TenantRequest) -> QuerySet[Lot]:
    found = Lot.objects.visible_to(request.user).of(request.organisation).filter(spent_by=None)
    asked = request.GET
    place = asked.get("place", "")
    found = found.filter(place=place) if place in PLACES else found.exclude(place="out") if place != "all" else found
    for name, column in (("instrument", "code"), ("account", "account")):
        if asked.get(name):
            found = found.filter(**{column: asked[name][:200]})
    if number := asked.get("number", "").strip():
        digits = int(number) if number.isascii() and number.isdigit() and len(number) < 19 else -1
        found = found.filter(first_number__lte=digits, last_number__gte=digits)
    return found


@within(Act.WHOLE)
def units(request: TenantRequest) -> HttpResponse:
    """Every lot with its numbers and where it came from."""
    found, of = _lots(request), request.organisation
    if form := form_of(request):
        batches = {each.number: each for each in Batch.objects.visible_to(request.user).of(of)}
        return as_table(form, "units", UNITS, _unit_lines(found, batches))
    page = Paginator(found, PAGE).get_page(request.GET.get("page"))
    rows = list(page)
    batches = {
        each.number: each
        for each in Batch.objects.visible_to(request.user).of(of).filter(number__in={each.batch for each in rows})
    }
    shown = [
        {"lot": each, "batch": batches[each.batch], "quantity": each.last_number - each.first_number + 1, "place": words.PLACES[each.place],
         "source": words.SOURCES.get(batches[each.batch].origin, batches[each.batch].origin), "unit": words.unit(batches[each.batch].kind),
         "series": batches[each.batch].series.partition("|")[2]} for each in rows
    ]  # fmt: skip
    mine = Batch.objects.visible_to(request.user).of(of)
    context = context_of(
        request, "assets-units", page=page, shown=shown, asked=request.GET, places=words.PLACES.items(), query=query_of(request),
        codes=mine.order_by("code").values_list("code", flat=True).distinct(), accounts=Account.objects.visible_to(request.user).of(of),
        filtered=any(request.GET.get(name) for name in ("place", "instrument", "account", "number")),
    )  # fmt: skip
    return render(request, "assets/units.html", context)


def _unit_lines(lots: QuerySet[Lot], batches: dict[int, Batch]) -> Iterator[tuple[object, ...]]:
    for lot in lots.iterator():
        of = batches[lot.batch]
        yield (lot.code, of.kind, lot.account, lot.place, lot.last_number - lot.first_number + 1, words.unit(of.kind), of.series.partition("|")[2],
               str(lot.first_number), str(lot.last_number), lot.batch, of.origin, of.day, of.vintage or "", of.project, of.methodology, of.registered_on,
               of.produced_on, of.market, lot.contract)  # fmt: skip


def _way(posting: Posting) -> tuple[str, str]:
    """(by which way units came, from whom or from which account) as the event says it."""
    told = json.loads(posting.proposal.event)
    way = str(told.get("way", ""))
    whom = told.get("counterparty") or (told.get("account", "") if posting.kind == "transfer" else "")
    return str(words.WAYS.get(way, way)), str(whom)


@within(Act.WHOLE)
def batch(request: TenantRequest, pk: int) -> HttpResponse:
    """Units that came in together: what they are, the posting that brought them, every lot they have been in."""
    of = request.organisation
    one = get_object_or_404(Batch.objects.visible_to(request.user).of(of), pk=pk)
    lots = list(Lot.objects.of(of).filter(batch=one.number).order_by("posting", "first_number")[:1000])
    if number := request.GET.get("number", "").strip():
        digits = int(number) if number.isascii() and number.isdigit() and len(number) < 19 else -1
        lots = [lot for lot in lots if lot.first_number <= digits <= lot.last_number]
    entities = dict(Account.objects.of(of).values_list("key", "entity"))
    numbers = {one.posting} | {lot.posting for lot in lots} | {lot.spent_by for lot in lots if lot.spent_by}
    rows = {each.number: each for each in Posting.objects.of(of).filter(number__in=numbers).select_related("proposal")}
    history: list[dict[str, Any]] = [
        {"lot": lot, "quantity": lot.last_number - lot.first_number + 1, "place": words.PLACES[lot.place], "came": rows.get(lot.posting),
         "entity": entities.get(lot.account, ""), "came_told": words.kind(rows[lot.posting].kind), "by": _way(rows[lot.posting]), "went": rows.get(lot.spent_by or 0)} for lot in lots
    ]  # fmt: skip
    if form := form_of(request):
        columns = (
            "account",
            "entity",
            "place",
            "first",
            "last",
            "quantity",
            "since_posting",
            "since",
            "way",
            "from",
            "until_posting",
            "until",
            "contract",
        )
        lines = ((each["lot"].account, each["entity"], each["lot"].place, str(each["lot"].first_number), str(each["lot"].last_number), each["quantity"],
                  each["lot"].posting, each["came"].day, *each["by"], each["lot"].spent_by, each["went"].day if each["went"] else "", each["lot"].contract) for each in history)  # fmt: skip
        return as_table(form, f"batch-{one.number}", columns, lines)
    facts = [
        (words.FIELDS["instrument_kind"], words.instrument(one.kind)), (words.FIELDS["vintage"], str(one.vintage or "")), (words.FIELDS["project"], one.project),
        (words.FIELDS["methodology"], one.methodology), (words.FIELDS["registered_on"], str(one.registered_on or "")),
        (words.FIELDS["produced_on"], f"{one.produced_on:%Y-%m}" if one.produced_on else ""), (words.FIELDS["region"], one.region),
        (words.FIELDS["market"], one.market),
    ]  # fmt: skip
    context = context_of(
        request, "assets-units", one=one, history=history, facts=[each for each in facts if each[1]], unit=words.unit(one.kind),
        quantity=one.last_number - one.first_number + 1, source=words.SOURCES.get(one.origin, one.origin), posting=rows.get(one.posting), number=number,
        series=one.series.partition("|")[2],
    )  # fmt: skip
    return render(request, "assets/batch.html", context)
