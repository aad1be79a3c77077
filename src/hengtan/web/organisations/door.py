"""The door of an organisation's pages: who does not belong finds nothing there, who may not is told who may."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any

from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest
from django.http.response import HttpResponseBase
from django_htmx.middleware import HtmxDetails

from hengtan.web.accounts.models import User

from .models import Membership, Organisation
from .roles import MAY, Act, Role


class TenantRequest(HttpRequest):
    """A request of somebody who belongs to the organisation of the address."""

    user: User
    htmx: HtmxDetails
    organisation: Organisation
    membership: Membership
    memberships: list[Membership]


def memberships_of(user: User) -> list[Membership]:
    """Where the person belongs, each with its organisation, by name."""
    found = Membership.objects.filter(user=user, ended_at=None).select_related("organisation")
    return list(found.order_by("organisation__name"))


class NotYours(PermissionDenied):
    """The role does not allow it; ``roles`` do."""

    def __init__(self, act: Act) -> None:
        super().__init__(act.value)
        self.roles = [role.label for role in Role if role in MAY[act]]


def within(act: Act = Act.READ, *, change: Act | None = None) -> Callable[[Callable[..., HttpResponseBase]], Any]:
    """Let in who may ``act``; what is sent (not only read) needs ``change``."""

    def wrap(view: Callable[..., HttpResponseBase]) -> Any:
        @login_required
        @wraps(view)
        def inner(request: TenantRequest, key: str, **more: Any) -> HttpResponseBase:
            request.memberships = memberships_of(request.user)  # all of them: every page names the others
            membership = next((each for each in request.memberships if each.organisation.key == key), None)
            if membership is None:
                raise Http404
            request.membership, request.organisation = membership, membership.organisation
            membership.user = request.user
            for needed in (act, change if request.method == "POST" else None):
                if needed is not None and not membership.may(needed):
                    raise NotYours(needed)
            return view(request, **more)

        return inner

    return wrap
