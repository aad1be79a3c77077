"""Pages of the book: postings, one with its legs and proof, units and where they came from, the statement of an account, results."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import date
from typing import Any
from uuid import uuid4

from django.contrib import messages
from django.core.paginator import Paginator
from django.db.models import Exists, OuterRef, QuerySet
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _

from hengtan.ledger import Refused
from hengtan.market.book import fen, read_record
from hengtan.market.book.event import KINDS_OF_EVENT
from hengtan.market.book.kept import quotes as all_quotes
from hengtan.market.book.posting import FINAL, PLACES
from hengtan.market.book.value import METHODS, Method, Valuation, valuation
from hengtan.problems import HengtanError, Problem
from hengtan.web.organisations.door import TenantRequest, within
from hengtan.web.organisations.roles import Act
from hengtan.web.shell.tables import as_table, form_of
from hengtan.web.vault import services as vault

from . import services, words
from .models import Account, Batch, Claim, Logged, Lot, Posting
from .views import PAGE, context_of, entities_of

POSTINGS = (
    "number",
    "day",
    "kind",
    "event",
    "entity",
    "quantity",
    "reverses",
    "proposed_by",
    "approved_by",
    "posted_at",
    "ledger_entry",
)
UNITS = ("instrument", "kind", "account", "place", "quantity", "unit", "series", "first", "last", "batch", "origin", "since", "vintage", "project",
         "methodology", "registered_on", "produced_on", "market", "contract")  # fmt: skip
STATEMENT = ("posting", "day", "kind", "event", "instrument", "change", "after", "contract")
POSITIONS = ("entity", "instrument", "quantity", "cost_cny", "quote_cny", "quote_day", "value_cny", "unrealised_cny")
RESULTS = ("posting", "day", "entity", "instrument", "use", "quantity", "proceeds_cny", "cost_cny", "result_cny")
MOST_VALUED = 20_000
"""Postings up to which the page of one works its cost out."""


def day_of(text: str) -> date | None:
    """A day of the address; None for what is none."""
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None


def _postings(request: TenantRequest) -> QuerySet[Posting]:
    found = Posting.objects.visible_to(request.user).of(request.organisation)
    asked = request.GET
    if asked.get("kind") in KINDS_OF_EVENT:
        found = found.filter(kind=asked["kind"])
    if asked.get("entity"):
        found = found.filter(entity=asked["entity"][:200])
    if code := asked.get("instrument", "")[:200]:
        lots = Lot.objects.filter(organisation=OuterRef("organisation"), posting=OuterRef("number"), code=code)
        found = found.filter(Exists(lots))
    if first := day_of(asked.get("first", "")):
        found = found.filter(day__gte=first)
    if last := day_of(asked.get("last", "")):
        found = found.filter(day__lte=last)
    return found


@within(Act.WHOLE)
def postings(request: TenantRequest) -> HttpResponse:
    """All, the newest first; filters in the address."""
    found = _postings(request).select_related("proposal__decision")
    logged = {each.posting: each.event.entry_index for each in Logged.objects.visible_to(request.user).of(request.organisation).select_related("event").defer("event__record", "event__entry")} if form_of(request) else {}  # fmt: skip
    if form := form_of(request):
        rows = list(found)
        people = services.names(
            {each.proposal.proposed_by for each in rows} | {each.proposal.decision.decided_by for each in rows}
        )
        lines = (
            (each.number, each.day, each.kind, words.sentence(json.loads(each.proposal.event)), each.entity, each.quantity, each.reverses,
             people.get(each.proposal.proposed_by, ""), people.get(each.proposal.decision.decided_by, ""), each.posted_at.isoformat(timespec="seconds"),
             logged.get(each.number)) for each in rows
        )  # fmt: skip
        return as_table(form, "postings", POSTINGS, lines)
    page = Paginator(found, PAGE).get_page(request.GET.get("page"))
    rows = list(page)
    people = services.names(
        {each.proposal.proposed_by for each in rows} | {each.proposal.decision.decided_by for each in rows}
    )
    reversed_by = dict(
        Posting.objects.of(request.organisation)
        .filter(reverses__in=[each.number for each in rows])
        .values_list("reverses", "number")
    )
    shown = [
        {"row": each, "told": words.sentence(json.loads(each.proposal.event)), "by": people.get(each.proposal.proposed_by, "—"),
         "approved": people.get(each.proposal.decision.decided_by, "—"), "reversed": reversed_by.get(each.number)} for each in rows
    ]  # fmt: skip
    codes = (
        Batch.objects.visible_to(request.user)
        .of(request.organisation)
        .order_by("code")
        .values_list("code", flat=True)
        .distinct()
    )
    context = context_of(
        request, "assets-postings", page=page, shown=shown, kinds=[(each, words.kind(each)) for each in KINDS_OF_EVENT], codes=codes,
        entities=entities_of(request), asked=request.GET, filtered=any(request.GET.get(name) for name in ("kind", "entity", "instrument", "first", "last")),
        query=_query(request),
    )  # fmt: skip
    return render(request, "assets/postings.html", context)


def _query(request: TenantRequest) -> str:
    asked = request.GET.copy()
    asked.pop("page", None)
    return asked.urlencode()


def _valued(request: TenantRequest, method: Method, until: date | None = None) -> Valuation:
    with services.reading(request.organisation) as store:
        entities = {each.key: each.entity for each in store.accounts()}
        return valuation(
            (read_record(each) for each in store.records()),
            entities,
            method,
            until=until,
            quotes=all_quotes(store),
            at=until or timezone.localdate(),
        )


@within(Act.WHOLE)
def posting(request: TenantRequest, pk: int) -> HttpResponse:
    """Legs, money, cost, who, and the proof of its entry."""
    row = get_object_or_404(_one(request), pk=pk)
    return _posting_page(request, row, [], "")


def _one(request: TenantRequest) -> QuerySet[Posting]:
    return Posting.objects.visible_to(request.user).of(request.organisation).select_related("proposal__decision")


def _posting_page(
    request: TenantRequest, row: Posting, wrong: list[dict[str, str]], reason: str, status: int = 200
) -> HttpResponse:
    of = request.organisation
    told = read_record(row.record)
    numbers = {lot.batch for lot in (*told.spent, *told.made)}
    batches = {each.number: each for each in Batch.objects.of(of).filter(number__in=numbers)}
    legs = []
    for sign, lots in ((-1, told.spent), (1, told.made)):
        for lot in lots:
            batch = batches[lot.batch]
            legs.append({
                "sign": sign, "batch": batch, "quantity": sign * lot.quantity, "unit": words.unit(batch.kind), "account": lot.account,
                "place": words.PLACES[lot.place], "contract": lot.contract,
                "numbers": f"{batch.series.partition('|')[2]}:{lot.first}–{lot.last}" if batch.series else f"{lot.first}–{lot.last}",
            })  # fmt: skip
    logged = Logged.objects.of(of).filter(posting=row.number).select_related("event").first()
    worth: list[Any] = []
    if Posting.objects.of(of).count() <= MOST_VALUED:
        found = _valued(request, "average")
        worth = [each for each in found.results if each.number == row.number]
    people = services.names({row.proposal.proposed_by, row.proposal.decision.decided_by})
    reversal = Posting.objects.of(of).filter(reverses=row.number).first()
    is_final = any(lot.place in FINAL for lot in told.made)
    context = context_of(
        request, "assets-postings", row=row, told=words.sentence(told.event), fields=words.fields(told.event), legs=legs, worth=worth,
        money=[(words.MONEY.get(each.what, each.what), each) for each in told.money], claim=told.claim,
        purpose=words.PURPOSES.get(told.claim.purpose, told.claim.purpose) if told.claim else "", event=logged and logged.event,
        by=people.get(row.proposal.proposed_by, "—"), approved=people.get(row.proposal.decision.decided_by, "—"), reversal=reversal,
        reverses=Posting.objects.of(of).filter(number=row.reverses).first() if row.reverses else None,
        may_reverse=request.membership.may(Act.ASSETS) and reversal is None and not row.reverses and not is_final, is_final=is_final,
        wrong=wrong, reason=reason, token=uuid4().hex, uses=words.USES,
    )  # fmt: skip
    return render(request, "assets/posting.html", context, status=status)


@within(Act.WHOLE, change=Act.ASSETS)
def reverse(request: TenantRequest, pk: int) -> HttpResponse:
    """Proposes to take it back, with a reason; somebody else approves."""
    row = get_object_or_404(_one(request), pk=pk)
    if request.method != "POST":
        return redirect("assets-posting", key=request.organisation.key, pk=pk)
    reason, token = request.POST.get("reason", ""), request.POST.get("token", "")[:40] or uuid4().hex
    try:
        made = services.reverse(request.membership, row.number, reason, key=f"form:{token}")
        messages.success(request, _("Proposed. It is posted when somebody else approves it."))
        return redirect("assets-proposal", key=request.organisation.key, pk=made.id)
    except HengtanError as fault:
        return _posting_page(request, row, words.said(fault.problems), reason, 422)


@within(Act.WHOLE)
def proof(request: TenantRequest, pk: int) -> HttpResponse:
    """The record of a posting, or its proof (``?what=proof``): two files that ``hengtan verify`` takes offline."""
    row = get_object_or_404(_one(request), pk=pk)
    logged = (
        Logged.objects.of(request.organisation).filter(posting=row.number).select_related("event__organisation").first()
    )
    if logged is None:
        return redirect("assets-posting", key=request.organisation.key, pk=pk)
    name = f"posting-{row.number}.json"
    if request.GET.get("what") == "proof":
        try:
            data = vault.proof(logged.event)
        except Refused as fault:
            data = None
            for each in words.said([Problem(fault.code, values=fault.values)]):
                messages.error(request, each["reason"])
        if data is None:
            if logged.event.entry_index is None:
                messages.info(request, _("Its entry is on the way into the ledger; try again in a minute."))
            return redirect("assets-posting", key=request.organisation.key, pk=pk)
        name += ".tlog-proof"
    else:
        data = logged.event.record.encode()
    answer = HttpResponse(data, content_type="application/octet-stream")
    answer["Content-Disposition"] = f'attachment; filename="{name}"'
    answer["X-Content-Type-Options"] = "nosniff"
    return answer


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
        request, "assets-units", page=page, shown=shown, asked=request.GET, places=words.PLACES.items(), query=_query(request),
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


@within(Act.WHOLE)
def batch(request: TenantRequest, pk: int) -> HttpResponse:
    """Units that came in together: what they are, the posting that brought them, every lot they have been in."""
    of = request.organisation
    one = get_object_or_404(Batch.objects.visible_to(request.user).of(of), pk=pk)
    lots = list(Lot.objects.of(of).filter(batch=one.number).order_by("posting", "first_number")[:1000])
    numbers = {one.posting} | {lot.posting for lot in lots} | {lot.spent_by for lot in lots if lot.spent_by}
    rows = {each.number: each for each in Posting.objects.of(of).filter(number__in=numbers).select_related("proposal")}
    history: list[dict[str, Any]] = [
        {"lot": lot, "quantity": lot.last_number - lot.first_number + 1, "place": words.PLACES[lot.place], "came": rows.get(lot.posting),
         "came_told": words.kind(rows[lot.posting].kind), "went": rows.get(lot.spent_by or 0)} for lot in lots
    ]  # fmt: skip
    if form := form_of(request):
        columns = ("account", "place", "first", "last", "quantity", "since_posting", "until_posting", "contract")
        lines = ((each["lot"].account, each["lot"].place, str(each["lot"].first_number), str(each["lot"].last_number), each["quantity"],
                  each["lot"].posting, each["lot"].spent_by, each["lot"].contract) for each in history)  # fmt: skip
        return as_table(form, f"batch-{one.number}", columns, lines)
    facts = [
        (words.FIELDS["instrument_kind"], words.instrument(one.kind)), (words.FIELDS["vintage"], str(one.vintage or "")), (words.FIELDS["project"], one.project),
        (words.FIELDS["methodology"], one.methodology), (words.FIELDS["registered_on"], str(one.registered_on or "")),
        (words.FIELDS["produced_on"], f"{one.produced_on:%Y-%m}" if one.produced_on else ""), (words.FIELDS["region"], one.region),
        (words.FIELDS["market"], one.market),
    ]  # fmt: skip
    context = context_of(
        request, "assets-units", one=one, history=history, facts=[each for each in facts if each[1]], unit=words.unit(one.kind),
        quantity=one.last_number - one.first_number + 1, source=words.SOURCES.get(one.origin, one.origin), posting=rows.get(one.posting),
        series=one.series.partition("|")[2],
    )  # fmt: skip
    return render(request, "assets/batch.html", context)


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
    until = day_of(request.GET.get("until", ""))
    found = _valued(request, method, until)
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
                    fen(each.result) if each.use == "sale" else "",
                )
                for each in found.results
            )
            return as_table(form, f"results-{method}", RESULTS, lines)
        positions = (
            (each.entity, each.code, each.quantity, fen(each.cost), fen(each.quote.close) if each.quote else "", each.quote.day if each.quote else "",
             "" if each.value is None else fen(each.value), "" if each.unrealised is None else fen(each.unrealised)) for each in found.positions
        )  # fmt: skip
        return as_table(form, f"positions-{method}", POSITIONS, positions)
    sold = [each for each in found.results if each.use == "sale"]
    known = [each for each in found.positions if each.unrealised is not None]
    page = Paginator(found.results[::-1], PAGE).get_page(request.GET.get("page"))
    pks = dict(
        Posting.objects.of(request.organisation)
        .filter(number__in={each.number for each in page})
        .values_list("number", "pk")
    )
    context = context_of(
        request, "assets-results", method=method, until=until, positions=found.positions, page=page,
        shown=[(each, words.USES.get(each.use, each.use), pks.get(each.number)) for each in page], query=_query(request),
        realised=sum(each.result for each in sold), expense=sum(each.cost for each in found.results if each.use != "sale"),
        cost=sum(each.cost for each in found.positions), unrealised=sum(each.unrealised or 0 for each in known) if known else None,
        unpriced=len(found.positions) - len(known),
    )  # fmt: skip
    return render(request, "assets/results.html", context)


def claims(request: TenantRequest) -> list[dict[str, Any]]:
    """Uses of certificates: purpose, beneficiary, year, MWh, posting."""
    of = request.organisation
    lots = Lot.objects.visible_to(request.user).of(of).filter(place="retired", spent_by=None)
    numbers = set(Batch.objects.of(of).filter(kind__in=("gec", "green_power")).values_list("number", flat=True))
    by_posting: dict[int, list[Lot]] = {}
    for lot in lots.filter(batch__in=numbers):
        by_posting.setdefault(lot.posting, []).append(lot)
    pks = dict(Posting.objects.of(of).filter(number__in=by_posting).values_list("number", "pk"))
    days = dict(Posting.objects.of(of).filter(number__in=by_posting).values_list("number", "day"))
    return [
        {"claim": each, "purpose": words.PURPOSES.get(each.purpose, each.purpose), "quantity": sum(lot.last_number - lot.first_number + 1 for lot in by_posting[each.posting]),
         "lots": by_posting[each.posting], "pk": pks[each.posting], "day": days[each.posting],
         "numbers": "; ".join(f"{lot.series.partition('|')[2]}:{lot.first_number}–{lot.last_number}" for lot in by_posting[each.posting][:6])}
        for each in Claim.objects.visible_to(request.user).of(of).filter(posting__in=by_posting)
    ]  # fmt: skip
