"""The room of an organisation is given by whoever runs the installation."""

from __future__ import annotations

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _

from hengtan.web.organisations.door import TenantRequest, within
from hengtan.web.organisations.roles import Act

from .storage import give_room

MOST_GB = 1_000_000


@within(Act.WHOLE)
def give(request: TenantRequest) -> HttpResponse:
    """Another quota."""
    if request.method == "POST":
        if not request.user.is_operator:
            raise PermissionDenied
        text = request.POST.get("gb", "").strip().replace(",", ".")
        try:
            gb = float(text) if text else None
        except ValueError:
            gb = -1.0
        if gb is not None and not 0 <= gb <= MOST_GB:
            messages.error(request, _("Give the room as a number of GB."))
        else:
            give_room(request.organisation, request.user, gb)
            messages.success(request, _("The room is set."))
    return redirect("organisation-settings", key=request.organisation.key)
