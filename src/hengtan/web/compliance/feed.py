"""The days of approved compliance plans as an iCalendar feed."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any

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
from .due import digest
from .models import CompliancePlan

ALARMS = (7, 1)  # days before; the application itself reminds as well
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
    for one, each in rows:
        path = reverse("compliance-plan", kwargs={"key": member.organisation.key, "pk": one.pk})
        uid, title = _uid(one, each), _title(one, each)
        events.setdefault(uid, Event(uid, date.fromisoformat(each["day"]), title, public + path, ALARMS))
    return calendar_text("compliance", _("Compliance deadlines"), events.values())


def _uid(one: CompliancePlan, each: Mapping[str, Any]) -> str:
    """The same each time that the feed is read: a day of the rules belongs to the organisation, another to its plan."""
    if each["id"] != "plan":
        return f"{each['id']}-{each['day']}.{one.organisation.key}"
    of_line = digest(each["day"], each["entity"], str(each["year"]), each["title"]["en"])
    return f"plan-{of_line}.{one.key}"


def _title(one: CompliancePlan, each: Mapping[str, Any]) -> str:
    """With the entity where a plan has several, and said to be expected or invented where it is."""
    title = str(each["title"][lang()])
    names = {position["entity"]: position["name"] for position in one.record["positions"]}
    if each["entity"] and len(names) > 1:
        title = f"{names.get(each['entity'], each['entity'])}: {title}"
    mark = _("sample data") if one.sample and each["id"] == "plan" else _("expected, not announced")
    if not (each["expected"] or (one.sample and each["id"] == "plan")):
        return title
    return _("%(title)s (%(marks)s)") % {"title": title, "marks": mark}
