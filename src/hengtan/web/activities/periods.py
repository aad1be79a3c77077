"""Pages of closed months."""

from __future__ import annotations

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _

from hengtan.web.organisations.door import TenantRequest, within
from hengtan.web.organisations.roles import Act

from . import services
from .models import PeriodLock


@within(Act.READ, change=Act.BOUNDARY)
def index(request: TenantRequest) -> HttpResponse:
    """What is closed and was; closing more."""
    wrong: list[str] = []
    first, last, reason = (request.POST.get(name, "").strip() for name in ("first", "last", "reason"))
    if request.method == "POST":
        try:
            services.close(request.membership, first, last, reason[:300])
            messages.success(request, _("Closed. What touches these months is refused from now on."))
            return redirect("periods", key=request.organisation.key)
        except ValidationError as fault:
            wrong = list(fault.messages)
    locks = PeriodLock.objects.visible_to(request.user).of(request.organisation)
    context = {
        "locks": locks.select_related("closed_by", "opened_by"),
        "may": request.membership.may(Act.BOUNDARY),
        "wrong": wrong, "first": first, "last": last, "reason": reason,
    }  # fmt: skip
    return render(request, "activities/periods.html", context, status=422 if wrong else 200)


@within(Act.BOUNDARY)
def reopen(request: TenantRequest, pk: int) -> HttpResponse:
    """The months of one lock take data again."""
    found = PeriodLock.objects.visible_to(request.user).of(request.organisation)
    lock = get_object_or_404(found.select_related("organisation"), pk=pk)
    if request.method == "POST":
        try:
            services.reopen(request.membership, lock, request.POST.get("reason", "")[:300])
            messages.success(request, _("Open again."))
        except ValidationError as wrong:
            messages.error(request, wrong.messages[0])
    return redirect("periods", key=request.organisation.key)
