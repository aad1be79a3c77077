"""The days of approved compliance plans as an iCalendar feed."""

from __future__ import annotations

from datetime import date

from django.conf import settings
from django.core import signing
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache

from hengtan.web.organisations import feeds
from hengtan.web.organisations.door import TenantRequest
from hengtan.web.organisations.models import Membership
from hengtan.web.organisations.roles import Act
from hengtan.web.runs.words import lang
from hengtan.web.shell.ical import Event, calendar_text

from . import services

SIGNER = signing.Signer(salt="hengtan compliance feed")


def address(request: TenantRequest) -> str:
    """Where the person's calendar of compliance is read."""
    return feeds.address(request, SIGNER, "compliance-feed")


@never_cache
def feed(request: HttpRequest, token: str) -> HttpResponse:
    """What approved plans have to have done by when, and the days of the market beside it."""
    return feeds.served(request, SIGNER, token, "compliance", _calendar)


def _calendar(request: HttpRequest, member: Membership) -> str:
    public = settings.CONFIGURATION.public_url or request.build_absolute_uri("/").rstrip("/")
    events: dict[str, Event] = {}
    rows = services.days(member.organisation, member.user, timezone.localdate()) if member.may(Act.WHOLE) else []
    for number, (one, each) in enumerate(rows):
        whose = one.key if each["id"] == "plan" else member.organisation.key
        uid = f"{each['id']}-{number if each['id'] == 'plan' else each['day']}.{whose}"
        here = reverse("compliance-plan", kwargs={"key": member.organisation.key, "pk": one.pk})
        events.setdefault(uid, Event(uid, date.fromisoformat(each["day"]), each["title"][lang()], public + here))
    return calendar_text("compliance", _("Compliance deadlines"), events.values())
