"""What every page of the room shows, and pages of what waits: the queue, one proposal; accounts."""

from __future__ import annotations

import json
from typing import Any
from urllib.parse import urlencode

from django.contrib import messages
from django.core.paginator import Paginator
from django.db.models import Count, Max
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _

from hengtan.market.book import read_event
from hengtan.market.book.decide import Account as BookAccount
from hengtan.problems import HengtanError
from hengtan.web.organisations.door import TenantRequest, within
from hengtan.web.organisations.roles import Act
from hengtan.web.shell.tables import as_table, form_of

from . import deciding, planned, services, words
from .forms import AccountForm, DecideForm
from .models import Account, Batch, Lot, Posting, Proposal

PAGE = 50
MOST_SOURCES = 12
"""A step of a compliance plan: its form is proposed under the step's own key, so that the step is proposed once."""
QUEUE = ("proposal", "kind", "event", "proposed_by", "proposed_at", "source", "state", "decided_by", "reason")


def context_of(request: TenantRequest, here: str, /, **more: Any) -> dict[str, Any]:
    """What every page of the room shows."""
    return {
        "here": here, "waits": services.waiting(request.organisation), "may_propose": request.membership.may(Act.ASSETS),
        "may_approve": request.membership.may(Act.APPROVE), "me": services.who(request.membership), **more,
    }  # fmt: skip


def entities_of(request: TenantRequest) -> list[str]:
    """Who holds accounts."""
    return sorted(
        set(Account.objects.visible_to(request.user).of(request.organisation).values_list("entity", flat=True))
    )


def year_of(request: TenantRequest, name: str = "year") -> int:
    """The year of the address, else last year: the one that is surrendered now."""
    text = request.GET.get(name, "")
    last = timezone.localdate().year - 1
    return int(text) if text.isascii() and text.isdigit() and len(text) == 4 and 2019 <= int(text) <= last + 3 else last


def proposals(request: TenantRequest) -> Any:
    """Those that this person sees, with what was decided."""
    return Proposal.objects.visible_to(request.user).of(request.organisation).select_related("decision")


@within(Act.WHOLE)
def queue(request: TenantRequest) -> HttpResponse:
    """What waits; ``?state=`` for what was decided."""
    state = request.GET.get("state", "pending")
    found = proposals(request)
    found = found.filter(decision=None) if state == "pending" else found.filter(decision__verdict=state).order_by("-pk")
    source = request.GET.get("source", "")[:200]
    source = source if source.isprintable() else ""
    found = found.filter(source=source) if source else found
    if form := form_of(request):
        rows = list(found)
        people = services.names(
            {each.proposed_by for each in rows} | {each.decision.decided_by for each in rows if state != "pending"}
        )
        lines = (
            (each.pk, each.kind, words.sentence(json.loads(each.event)), people.get(each.proposed_by, ""), each.proposed_at.isoformat(timespec="seconds"),
             each.source, state, people.get(each.decision.decided_by, "") if state != "pending" else "",
             each.decision.reason if state != "pending" else "") for each in rows
        )  # fmt: skip
        return as_table(form, f"proposals-{state}", QUEUE, lines)
    page = Paginator(found, PAGE).get_page(request.GET.get("page"))
    people = services.names(
        {each.proposed_by for each in page}
        | ({each.decision.decided_by for each in page} if state != "pending" else set())
    )
    events = {each.pk: json.loads(each.event) for each in page}
    of = request.organisation
    kinds = dict(Batch.objects.visible_to(request.user).of(of).values_list("code", "kind").order_by().distinct())
    entities = dict(Account.objects.visible_to(request.user).of(of).values_list("key", "entity"))
    shown = [
        {
            "row": each, "told": words.sentence(events[each.pk]), "by": people.get(each.proposed_by, ""),
            "entity": entities.get(events[each.pk].get("account"), events[each.pk].get("entity", "")), "unit": words.unit_of(events[each.pk], kinds), "day": events[each.pk].get("day", ""),
            "units": deciding.units_of(events[each.pk]), "cny": deciding.money_of(events[each.pk], deciding.units_of(events[each.pk])),
            "mine": each.proposed_by == services.who(request.membership),
            "decided": None if state == "pending" else (people.get(each.decision.decided_by, ""), each.decision),
        }
        for each in page
    ]  # fmt: skip
    context = context_of(
        request, "assets-queue", page=page, shown=shown, state=state, source=source, ticked="all" in request.GET,
        sources=_sources(request) if state == "pending" else [], query=urlencode({"state": state} | ({"source": source} if source else {})),
        may_tick=state == "pending" and request.membership.may(Act.APPROVE) and any(not each["mine"] for each in shown),
    )  # fmt: skip
    return render(request, "assets/queue.html", context)


def _sources(request: TenantRequest) -> list[dict[str, Any]]:
    """Files whose events wait, the newest first: name, how many, up to which number."""
    waits = proposals(request).filter(decision=None).exclude(source__in=("", "form", "api"))
    found = waits.order_by().values("source").annotate(many=Count("pk"), upto=Max("pk")).order_by("-upto")
    return list(found[:MOST_SOURCES])


def of_plans(request: TenantRequest, row: Proposal, told: dict[str, Any], *, open_: bool) -> dict[str, Any]:
    """The step of a plan for which a proposal stands, or the steps that it could be (``open_``: while it is not turned down or reversed)."""
    stands = planned.stands(request.organisation, row.pk)
    offered = (
        planned.fitting(request.organisation, told)
        if stands is None and open_ and not row.key.startswith("plan:")
        else []
    )
    return {"stands": stands, "offered": offered}


def _proposal_page(
    request: TenantRequest, row: Proposal, form: DecideForm, wrong: list[dict[str, str]], status: int = 200
) -> HttpResponse:
    told = json.loads(row.event)
    decision = getattr(row, "decision", None)
    against = []
    if decision is None and not wrong:
        against = words.said(services.refusals(request.organisation, read_event(told, kept=True)))
    people = services.names({row.proposed_by, decision.decided_by if decision else ""})
    posting = Posting.objects.of(request.organisation).filter(proposal_id=row.pk).first() if decision else None
    context = context_of(
        request, "assets-queue", row=row, told=words.sentence(told), fields=words.fields(told), form=form, wrong=wrong, against=against,
        decision=decision, by=people.get(row.proposed_by, "—"), decided_by=people.get(decision.decided_by, "—") if decision else "",
        mine=row.proposed_by == services.who(request.membership), posting=posting, **of_plans(request, row, told, open_=decision is None or posting is not None),
    )  # fmt: skip
    return render(request, "assets/proposal.html", context, status=status)


@within(Act.WHOLE)
def proposal(request: TenantRequest, pk: int) -> HttpResponse:
    """One event, what speaks against it now, and the decision."""
    row = get_object_or_404(proposals(request), pk=pk)
    return _proposal_page(request, row, DecideForm(), [])


@within(Act.WHOLE)
def decide(request: TenantRequest, pk: int) -> HttpResponse:
    """By somebody else: approved, or turned down with a reason."""
    row = get_object_or_404(proposals(request), pk=pk)
    if request.method != "POST":
        return redirect("assets-proposal", key=request.organisation.key, pk=pk)
    form = DecideForm(request.POST)
    if not form.is_valid():
        return _proposal_page(request, row, form, [], 422)
    try:
        if form.cleaned_data["verdict"] == "approve":
            made = services.approve(request.membership, pk, form.cleaned_data["reason"])
            messages.success(
                request, _("Approved: posting %(number)s, with its entry in the ledger.") % {"number": made.number}
            )
        else:
            services.reject(request.membership, pk, form.cleaned_data["reason"])
            messages.success(request, _("Turned down, with your reason."))
    except HengtanError as fault:
        return _proposal_page(request, row, form, words.said(fault.problems), 422)
    if request.POST.get("back") == "queue":
        return redirect("assets-queue", key=request.organisation.key)
    return redirect("assets-proposal", key=request.organisation.key, pk=pk)


@within(Act.WHOLE, change=Act.ASSETS)
def accounts(request: TenantRequest) -> HttpResponse:
    """Registry accounts; a new one is opened here."""
    found = Account.objects.visible_to(request.user).of(request.organisation)
    sums = (
        Lot.objects.visible_to(request.user)
        .of(request.organisation)
        .filter(spent_by=None, place__in=("held", "frozen"))
    )
    codes = dict(
        sums.order_by().values("account").annotate(many=Count("code", distinct=True)).values_list("account", "many")
    )
    if form_name := form_of(request):
        lines = ((each.key, each.entity, each.registry, each.number, codes.get(each.key, 0)) for each in found)
        return as_table(
            form_name, "registry-accounts", ("account", "entity", "registry", "number", "instruments"), lines
        )
    form = AccountForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        given = {name: " ".join(value.split()) for name, value in form.cleaned_data.items()}
        try:
            services.open_account(
                request.membership, BookAccount(given["key"], given["entity"], given["registry"], given["number"])
            )
            messages.success(request, _("The account stands in the book."))
            return redirect("assets-accounts", key=request.organisation.key)
        except HengtanError as fault:
            for each in words.said(fault.problems):
                told = f"{each['reason']} {each['mend']}"
                form.add_error(None, told)
    page = Paginator(found, PAGE).get_page(request.GET.get("page"))
    shown = [(each, codes.get(each.key, 0)) for each in page]
    context = context_of(request, "assets-accounts", page=page, shown=shown, form=form)
    return render(request, "assets/accounts.html", context, status=422 if request.method == "POST" else 200)
