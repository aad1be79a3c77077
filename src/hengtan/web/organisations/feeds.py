"""Addresses of calendars: secrets of a person in an organisation that end with the membership, and that he can renew.

A calendar signs in nowhere, so the address itself is the key. Renewing it makes every older one of that person lead nowhere.
"""

from __future__ import annotations

from collections.abc import Callable

from django.conf import settings
from django.contrib import messages
from django.core import signing
from django.db.models import F
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import translation
from django.utils.translation import gettext as _

from hengtan.web.shell.views import back

from . import wall
from .door import TenantRequest, within
from .models import Membership


def token(signer: signing.Signer, member: Membership) -> str:
    """What stands in the address."""
    return signer.sign(f"{member.pk}.{member.feeds}" if member.feeds else str(member.pk))


def member_of(signer: signing.Signer, given: str) -> Membership:
    """Whose address it is; 404 for one that never was, that was renewed, or whose person is gone."""
    try:
        pk, _dot, number = signer.unsign(given).partition(".")
        found = {"pk": int(pk), "feeds": int(number or 0)}
    except (signing.BadSignature, ValueError):
        raise Http404 from None
    with wall.opened():
        member = (
            Membership.objects.select_related("organisation", "user")
            .filter(ended_at=None, user__is_active=True, **found)
            .first()
        )
    if member is None:
        raise Http404
    return member


def address(request: TenantRequest, signer: signing.Signer, page: str) -> str:
    """Where the calendar of this person is read; ``page``: the name of its address."""
    path = reverse(page, kwargs={"token": token(signer, request.membership)})
    public = settings.CONFIGURATION.public_url
    return str(public + path if public else request.build_absolute_uri(path))


def served(
    request: HttpRequest,
    signer: signing.Signer,
    given: str,
    name: str,
    calendar: Callable[[HttpRequest, Membership], str],
) -> HttpResponse:
    """The calendar of whose address it is, in that person's language and within that organisation's wall."""
    member = member_of(signer, given)
    with wall.within(member.organisation_id), translation.override(member.user.language or settings.LANGUAGE_CODE):
        text = calendar(request, member)
    answer = HttpResponse(text, content_type="text/calendar; charset=utf-8")
    answer["Content-Disposition"] = f'attachment; filename="{name}.ics"'
    return answer


@within()
def renew(request: TenantRequest) -> HttpResponse:
    """New addresses for this person; the old ones lead nowhere from now on."""
    if request.method != "POST":
        return redirect("tasks", key=request.organisation.key)
    Membership.objects.filter(pk=request.membership.pk).update(feeds=F("feeds") + 1)
    messages.success(request, _("Your calendars have new addresses. The old ones no longer work: subscribe again."))
    return back(request)
