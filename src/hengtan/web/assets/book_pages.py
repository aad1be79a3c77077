"""Pages of the book: postings, one with its legs and proof, its reversal."""

from __future__ import annotations

import json
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
from hengtan.market.book import read_record
from hengtan.market.book.event import KINDS_OF_EVENT
from hengtan.market.book.kept import quotes as all_quotes
from hengtan.market.book.movements import valued
from hengtan.market.book.posting import FINAL
from hengtan.market.book.value import Method, Valuation
from hengtan.problems import HengtanError, Problem
from hengtan.web.organisations.door import TenantRequest, within
from hengtan.web.organisations.roles import Act
from hengtan.web.shell.tables import as_table, form_of
from hengtan.web.vault import services as vault

from . import services, words
from .models import Batch, Logged, Lot, Posting
from .views import PAGE, context_of, entities_of, of_plans

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
        query=query_of(request),
    )  # fmt: skip
    return render(request, "assets/postings.html", context)


def query_of(request: TenantRequest) -> str:
    """The filters of the address without its page."""
    asked = request.GET.copy()
    asked.pop("page", None)
    return asked.urlencode()


def valued_of(request: TenantRequest, method: Method, until: date | None = None) -> Valuation:
    """Cost and results after the events of a day, at the quotes of that day."""
    with services.reading(request.organisation) as store:
        return valued(store, method, until=until, quotes=all_quotes(store), at=until or timezone.localdate())


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
        found = valued_of(request, "average")
        worth = [each for each in found.results if each.number == row.number]
    people = services.names({row.proposal.proposed_by, row.proposal.decision.decided_by})
    reversal = Posting.objects.of(of).filter(reverses=row.number).first()
    is_final = any(lot.place in FINAL for lot in told.made)
    context = context_of(
        request, "assets-postings", row=row, told=words.sentence(told.event), fields=words.fields(told.event), legs=legs, worth=worth,
        money=[(words.MONEY.get(each.what, each.what), each) for each in told.money], claim=told.claim,
        purpose=words.PURPOSES.get(told.claim.purpose, told.claim.purpose) if told.claim else "", event=logged and logged.event,
        waits=logged is None or logged.event.entry_index is None, by=people.get(row.proposal.proposed_by, "—"), approved=people.get(row.proposal.decision.decided_by, "—"), reversal=reversal,
        reverses=Posting.objects.of(of).filter(number=row.reverses).first() if row.reverses else None,
        may_reverse=request.membership.may(Act.ASSETS) and reversal is None and not row.reverses and not is_final, is_final=is_final,
        wrong=wrong, reason=reason, token=uuid4().hex, uses=words.USES, **of_plans(request, row.proposal, json.loads(row.proposal.event), open_=reversal is None),
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
