"""What happens by the clock: reminders of months that come due and of calibrations that run out."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta
from typing import Any

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from hengtan.sectors.calendar import rules
from hengtan.sectors.quality import calibrations
from hengtan.web.jobs.clock import every
from hengtan.web.jobs.models import UNDER_WAY, Job
from hengtan.web.jobs.progress import Progress
from hengtan.web.jobs.registry import handler
from hengtan.web.jobs.services import enqueue
from hengtan.web.notices.services import tell
from hengtan.web.organisations.models import Organisation

from .models import MonthReminder, Plan, ReportingEntity
from .months import lacking, standing
from .services import content, in_force
from .words import address_of_month, address_of_plan

REMIND = "quality.remind"  # the job
SOON_DAYS, AFTER_DAYS, CALIBRATION_DAYS = 7, 30, 30
Kind = MonthReminder.Kind


@handler(REMIND, title=_("Reminding of monthly evidence"))
def run(job: Job, progress: Progress) -> dict[str, Any]:
    """Each reminder once, however often the job is done."""
    progress.at("")
    return {"reminders": remind(job.organisation, timezone.localdate())}


@every(3600)
def look() -> None:
    """Organisations with an entity whose evidence somebody gathers get a job, once a day and hour of need."""
    today = timezone.localdate()
    found = ReportingEntity.objects.filter(assignee__isnull=False, assignee__is_active=True).select_related(
        "organisation", "assignee"
    )
    first: dict[int, ReportingEntity] = {}
    for entity in found.order_by("pk"):
        first.setdefault(entity.organisation_id, entity)
    for entity in first.values():
        busy = Job.objects.of(entity.organisation).filter(kind=REMIND, state__in=UNDER_WAY).exists()
        if not busy and entity.assignee is not None and next(_open(entity.organisation, today), None) is not None:
            enqueue(entity.organisation, REMIND, {}, entity.assignee)


def remind(organisation: Organisation, today: date) -> int:
    """Tells who gathers evidence of what is near, due or over; how many were told."""
    count = 0
    for entity, kind, about, values, address in list(_open(organisation, today)):
        with transaction.atomic():
            _row, is_new = MonthReminder.objects.get_or_create(
                organisation=organisation, entity=entity, kind=kind, about=about
            )
            if is_new and entity.assignee is not None:
                tell(organisation, [entity.assignee], f"quality.{kind}", values, address)
                count += 1
    return count


def _open(organisation: Organisation, today: date) -> Iterator[tuple[ReportingEntity, str, date, dict[str, Any], str]]:
    """What somebody is to be reminded of and was not yet."""
    entities = list(
        ReportingEntity.objects.of(organisation).exclude(assignee=None).select_related("assignee", "organisation")
    )
    if not entities:
        return
    told = set(MonthReminder.objects.of(organisation).values_list("entity_id", "kind", "about"))
    plans: dict[int, list[Plan]] = {}
    for plan in Plan.objects.of(organisation).filter(entity__in=entities).select_related("organisation"):
        plans.setdefault(plan.entity_id, []).append(plan)
    for pk, rows in standing(organisation, entities, _months(today), today).items():
        entity = next(each for each in entities if each.pk == pk)
        for row in rows:
            found = row.month
            kind = (
                _kind(found.days)
                if found.wants and found.state in ("missing", "partial") and found.filed_on is None
                else ""
            )
            if kind and found.due is not None and (pk, kind, found.month) not in told:
                values = {
                    "name": entity.name,
                    "month": f"{found.month:%Y-%m}",
                    "due": found.due.day.isoformat(),
                    "lacking": len(lacking(found)),
                }
                yield entity, kind, found.month, values, address_of_month(entity, found.month)
        valid = in_force(plans.get(pk, []), today)
        ending: dict[date, list[str]] = {}
        for each in calibrations(content(valid), today) if valid is not None else ():
            if each.days <= CALIBRATION_DAYS:
                ending.setdefault(each.next, []).append(f"{each.instrument} {each.serial}".strip())
        for day, names in ending.items():
            if valid is not None and (pk, Kind.CALIBRATION, day) not in told:
                values = {"name": entity.name, "instrument": ", ".join(names)[:200], "due": day.isoformat()}
                yield entity, Kind.CALIBRATION, day, values, address_of_plan(valid)


def _months(today: date) -> list[date]:
    """Months whose day can be near or just over."""
    first = today - timedelta(days=max(rule.days for rule in rules()) + AFTER_DAYS + 31)
    count = (today.year - first.year) * 12 + today.month - first.month
    return [date(first.year + (first.month - 1 + n) // 12, (first.month - 1 + n) % 12 + 1, 1) for n in range(count)]


def _kind(days: int | None) -> str:
    if days is None or days > SOON_DAYS or days < -AFTER_DAYS:
        return ""
    return Kind.OVERDUE if days < 0 else Kind.DUE if days == 0 else Kind.SOON
