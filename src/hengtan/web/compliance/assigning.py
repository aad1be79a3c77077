"""The page's way to say that an event is a step of a plan, and to take it back."""

from __future__ import annotations

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils.translation import gettext as _

from hengtan.web.assets.models import Posting, Proposal
from hengtan.web.organisations.door import TenantRequest, within
from hengtan.web.organisations.roles import Act

from . import assigned
from .models import CompliancePlan


@within(Act.WHOLE, change=Act.ASSETS)
def assign(request: TenantRequest, pk: int) -> HttpResponse:
    """``proposal`` is the step ``step``; with ``act=undo`` it is none any more. Both need a reason where something is posted."""
    plans = CompliancePlan.objects.visible_to(request.user).of(request.organisation)
    one = get_object_or_404(plans.select_related("organisation"), pk=pk)
    if request.method != "POST":
        return redirect("compliance-plan", key=request.organisation.key, pk=pk)
    given = request.POST
    text = given.get("proposal", "")
    number = int(text) if text.isascii() and text.isdigit() and len(text) < 16 else 0
    row = get_object_or_404(Proposal.objects.visible_to(request.user).of(request.organisation), pk=number)
    try:
        if given.get("act") == "undo":
            assigned.undo(request.membership, one, row.pk, given.get("reason", ""))
            messages.success(request, _("The step of the plan is open again."))
        else:
            step = ":".join(given.get("step", "").split(":")[1:3])
            assigned.assign(request.membership, one, step, row.pk, given.get("reason", ""))
            messages.success(
                request, _("It stands for the step of the plan from now on; the ledger keeps who said so.")
            )
    except ValidationError as fault:
        messages.error(request, fault.messages[0])
    posting = Posting.objects.of(request.organisation).filter(proposal_id=row.pk).first()
    if posting is not None:
        return redirect("assets-posting", key=request.organisation.key, pk=posting.pk)
    return redirect("assets-proposal", key=request.organisation.key, pk=row.pk)
