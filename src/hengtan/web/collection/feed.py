"""One's tasks as an iCalendar feed (RFC 5545), behind an address that nobody can guess; it dies with the membership."""

from __future__ import annotations

from datetime import timedelta

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
from hengtan.web.shell.ical import Event, calendar_text

from .models import Request
from .state import TO_DO, State, states
from .words import activity_title

SIGNER = signing.Signer(salt="hengtan tasks feed")
MOST = 500


def address(request: TenantRequest) -> str:
    """Where the person's calendar is read."""
    return feeds.address(request, SIGNER, "tasks-feed")


@never_cache
def tasks(request: HttpRequest, token: str) -> HttpResponse:
    """What is asked of the person of the address and not given yet."""
    return feeds.served(request, SIGNER, token, "tasks", _calendar)


def _calendar(request: HttpRequest, member: Membership) -> str:
    organisation, today = member.organisation, timezone.localdate()
    found = Request.objects.of(organisation).filter(assignee=member.user, withdrawn_at=None, due__gt=today - timedelta(days=365))  # fmt: skip
    rows = list(found.select_related("series", "facility", "batch")[:MOST])
    stand = states(organisation, rows, today)
    public = settings.CONFIGURATION.public_url or request.build_absolute_uri("/").rstrip("/")
    events = []
    for each in rows:
        if stand[each.pk] in (*TO_DO, State.NOT_DUE):
            what = f"{activity_title(each.series.activity_type)}, {each.facility.name}, {each.period}"
            path = reverse("request", kwargs={"key": organisation.key, "pk": each.pk})
            events.append(Event(f"request-{each.pk}.{organisation.key}", each.due, what, f"{public}{path}"))
    return calendar_text("tasks", _("Data to give"), events)
