"""The page of notices."""

from __future__ import annotations

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _

from hengtan.web.organisations.door import TenantRequest, within

from . import services
from .models import Notice

PAGE = 50


@within()
def index(request: TenantRequest) -> HttpResponse:
    """One's own, the newest first; all count as read when that is asked."""
    if request.method == "POST":
        services.read(request.user, request.organisation)
        messages.success(request, _("All notices count as read."))
        return redirect("notices", key=request.organisation.key)
    found = Notice.objects.visible_to(request.user).of(request.organisation)
    unread = "unread" in request.GET
    context = {
        "page": Paginator(found.filter(read_at=None) if unread else found, PAGE).get_page(request.GET.get("page")),
        "unread": unread,
    }
    return render(request, "notices/notices.html", context)


@within()
def follow(request: TenantRequest, pk: int) -> HttpResponse:
    """To the thing; the notice counts as read."""
    notice = get_object_or_404(Notice.objects.visible_to(request.user).of(request.organisation), pk=pk)
    if request.method != "POST":
        return redirect("notices", key=request.organisation.key)
    services.read(request.user, request.organisation, pk)
    if "stay" in request.POST:
        return redirect("notices", key=request.organisation.key)
    return redirect(notice.address)
