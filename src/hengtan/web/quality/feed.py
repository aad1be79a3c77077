"""The days of one's entities as an iCalendar feed: months of evidence, the days of the carbon market, calibrations."""

from __future__ import annotations

from datetime import date, timedelta

from django.conf import settings
from django.core import signing
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache

from hengtan.sectors.calendar import yearly
from hengtan.sectors.quality import calibrations
from hengtan.web.organisations import feeds
from hengtan.web.organisations.door import TenantRequest
from hengtan.web.organisations.models import Membership
from hengtan.web.runs.words import lang
from hengtan.web.shell.ical import Event, calendar_text

from .models import Plan, ReportingEntity
from .months import standing
from .services import content, in_force
from .words import address_of_month, address_of_plan

SIGNER = signing.Signer(salt="hengtan evidence feed")
BACK_MONTHS, AHEAD_MONTHS = 3, 12


def address(request: TenantRequest) -> str:
    """Where the person's calendar of evidence is read."""
    return feeds.address(request, SIGNER, "evidence-feed")


@never_cache
def feed(request: HttpRequest, token: str) -> HttpResponse:
    """What is due of the entities that the person of the address sees."""
    return feeds.served(request, SIGNER, token, "evidence", _calendar)


def _calendar(request: HttpRequest, member: Membership) -> str:
    organisation, today = member.organisation, timezone.localdate()
    public = settings.CONFIGURATION.public_url or request.build_absolute_uri("/").rstrip("/")
    entities = list(ReportingEntity.objects.visible_to(member.user).of(organisation).select_related("organisation"))
    names = {each.pk: each for each in entities}
    events = []
    for pk, rows in standing(organisation, entities, months_around(today), today).items():
        for row in rows:
            found = row.month
            if found.due is None or found.state == "complete" or found.filed_on is not None:
                continue
            title = _("Evidence of %(month)s: %(name)s") % {"month": f"{found.month:%Y-%m}", "name": names[pk].name}
            uid = f"evidence-{found.month:%Y%m}.{names[pk].key}"
            events.append(Event(uid, found.due.day, title, public + address_of_month(names[pk], found.month)))
    here = reverse("deadlines", kwargs={"key": organisation.key})
    for year in (today.year, today.year + 1) if entities else ():
        for each in yearly(year):
            uid = f"{each.id}-{'-'.join(each.sectors)}-{each.day:%Y%m%d}.{organisation.key}"
            events.append(Event(uid, each.day, each.title[lang()], f"{public}{here}?year={year}"))
    plans: dict[int, list[Plan]] = {}
    for plan in Plan.objects.of(organisation).filter(entity__in=entities).select_related("organisation"):
        plans.setdefault(plan.entity_id, []).append(plan)
    for pk, found_plans in plans.items():
        valid = in_force(found_plans, today)
        for number, due in enumerate(calibrations(content(valid), today) if valid is not None else ()):
            if valid is not None and due.days > -31:
                title = _("Calibration: %(instrument)s, %(name)s") % {
                    "instrument": f"{due.instrument} {due.serial}".strip(),
                    "name": names[pk].name,
                }
                events.append(
                    Event(
                        f"calibration-{number}-{due.next:%Y%m%d}.{names[pk].key}",
                        due.next,
                        title,
                        public + address_of_plan(valid),
                    )
                )
    return calendar_text(
        "evidence", _("Monthly evidence and deadlines"), sorted(events, key=lambda each: (each.day, each.uid))
    )


def months_around(today: date) -> list[date]:
    """Some months back and a year ahead."""
    first = (today.replace(day=1) - timedelta(days=BACK_MONTHS * 28)).replace(day=1)
    return [
        date(first.year + (first.month - 1 + n) // 12, (first.month - 1 + n) % 12 + 1, 1)
        for n in range(BACK_MONTHS + AHEAD_MONTHS + 1)
    ]
