"""The form of an event, and what stands beside it while somebody fills it."""

from __future__ import annotations

import re
from uuid import uuid4

from django.contrib import messages
from django.http import HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _

from hengtan.problems import HengtanError
from hengtan.web.organisations.door import TenantRequest, within
from hengtan.web.organisations.roles import Act

from . import planned, purposes, services, words
from .beside import beside
from .forms import GROUPS, OF, EventForm
from .models import Account, Batch, Lot
from .views import context_of

PLANNED = re.compile(r"[a-z0-9]{6,16}:[1-9][0-9]{0,5}:(?P<kind>[a-z_]{1,12}):[1-9][0-9]{0,3}", re.ASCII)


def _form(request: TenantRequest, kind: str, data: QueryDict | None) -> EventForm:
    of, user = request.organisation, request.user
    accounts = list(Account.objects.visible_to(user).of(of))
    codes = set(Batch.objects.visible_to(user).of(of).values_list("code", flat=True).distinct())
    codes |= {f"CEA{year % 100}" for year in range(2021, timezone.localdate().year + 1)}
    bound = Lot.objects.visible_to(user).of(of).filter(spent_by=None).exclude(contract="")
    return EventForm(
        kind, data, accounts=accounts, codes=codes, contracts=set(bound.values_list("contract", flat=True).distinct()),
        entities={each.entity for each in accounts}, initial={name: value for name, value in request.GET.items() if name in OF[kind]},
    )  # fmt: skip


def _step(request: TenantRequest, kind: str) -> str:
    """The step of a plan that the form was opened for, or that was chosen on it; empty for none."""
    found = PLANNED.fullmatch(request.POST.get("step") or request.GET.get("step", ""))
    return found[0] if found and found["kind"] == kind else ""


@within(Act.ASSETS)
def new(request: TenantRequest) -> HttpResponse:
    """Which kind; then its form: ``?kind=``, with fields to begin with; ``?step=``: for a step of a compliance plan.

    A step under which it does not fit is left out and said. Sent with ``check`` it shows what stands beside it and proposes nothing: the way without a script.
    """
    kind = request.GET.get("kind", "")
    if kind not in OF:
        groups = [(title, [(each, words.kind(each), purposes.DOES[each]) for each in kinds]) for title, kinds in GROUPS]
        return render(request, "assets/kinds.html", context_of(request, "assets-new", groups=groups))
    of = request.organisation
    form = _form(request, kind, request.POST if request.method == "POST" else None)
    wrong: list[dict[str, str]] = []
    token = request.POST.get("token", "")[:40] or uuid4().hex
    only_looks = "check" in request.POST
    step = _step(request, kind)
    if request.method == "POST" and not only_looks and form.is_valid():
        try:
            told = form.told()
            taken = planned.asked(of, step, told) if step else None
            made = services.propose(
                request.membership, told, key=f"plan:{step}" if taken else f"form:{token}", source="form"
            )
            if step and not taken:
                messages.warning(request, _("It does not fit the step of the plan, so it is proposed by itself."))
            if made.is_new:
                messages.success(request, _("Proposed. It is posted when somebody else approves it."))
            else:
                messages.info(request, _("This form was sent before; this is what came of it."))
            return redirect("assets-proposal", key=of.key, pk=made.id)
        except HengtanError as fault:
            wrong = form.refuse(fault.problems)
    if only_looks:
        form.full_clean()
    context = context_of(
        request, "assets-new", form=form, title=words.kind(kind), wrong=wrong, token=token, has_accounts=bool(form.accounts),
        step=planned.asked(of, step) if step else None, does=purposes.DOES[kind], articles=purposes.ARTICLES.get(kind, ()), rules=purposes.rules(kind),
        beside=beside(of, kind, form.typed(), form.picked, offers=not step),
    )  # fmt: skip
    return render(
        request, "assets/event.html", context, status=422 if request.method == "POST" and not only_looks else 200
    )


@within(Act.ASSETS)
def beside_form(request: TenantRequest) -> HttpResponse:
    """The part of the page that follows what is typed."""
    kind = request.GET.get("kind", "")
    if kind not in OF:
        return redirect("assets-new", key=request.organisation.key)
    form = _form(request, kind, request.GET)
    found = beside(request.organisation, kind, form.typed(), form.picked, offers=not _step(request, kind))
    return render(request, "assets/beside.html", {"beside": found, "kind": kind})
