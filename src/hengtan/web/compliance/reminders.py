"""Reminders of compliance plans and of the book: some days ahead, each once, to those who can do something about it."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from django.db import transaction
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from hengtan.web.accounts.models import User
from hengtan.web.assets.models import Account
from hengtan.web.jobs.clock import every
from hengtan.web.jobs.models import UNDER_WAY, Job
from hengtan.web.jobs.progress import Progress
from hengtan.web.jobs.registry import handler
from hengtan.web.jobs.services import enqueue
from hengtan.web.notices.services import tell, who_may
from hengtan.web.organisations.models import Organisation
from hengtan.web.organisations.roles import Act

from .book_due import of_book
from .due import Due, of_plans
from .models import CompliancePlan, Reminder, Step

REMIND = "compliance.remind"  # the job
AHEAD = (1, 7, 30)  # days before the day
WAITED = (30, 7, 1)  # days since what waits began to wait
AFTER_DAYS = 30  # what was due longer ago is told no more
MANY = 3  # more of one kind are told together


@handler(REMIND, title=_("Reminding of compliance and carbon assets"))
def run(job: Job, progress: Progress) -> dict[str, int]:
    """Each reminder once, however often the job is done."""
    progress.at("")
    return {"reminders": remind(job.organisation, timezone.localdate())}


@every(3600)
def look() -> None:
    """Organisations where something is near and was not told yet get a job."""
    today = timezone.localdate()
    planned = CompliancePlan.objects.filter(step=Step.APPROVED).order_by().values("organisation")
    booked = Account.objects.order_by().values("organisation")
    for organisation in Organisation.objects.filter(pk__in=planned.union(booked)).order_by("pk"):
        if Job.objects.of(organisation).filter(kind=REMIND, state__in=UNDER_WAY).exists():
            continue
        people = who_may(organisation, Act.ASSETS)
        if people and fresh(organisation, today):
            enqueue(organisation, REMIND, {}, people[0])


def fresh(organisation: Organisation, today: date) -> list[tuple[str, Due]]:
    """(mark, what is due) of everything whose hour has come and that was not told, by day; the mark stands for being told once."""
    found = []
    for each in [*of_plans(organisation), *of_book(organisation)]:
        stage = stage_of(each, today)
        if stage:
            found.append((f"{each.about}:{stage}", each if stage != "over" else over(each)))
    told = set(
        Reminder.objects.of(organisation)
        .filter(about__in=[mark for mark, _due in found])
        .values_list("about", flat=True)
    )
    return sorted(
        ((mark, each) for mark, each in found if mark not in told), key=lambda pair: (pair[1].day, pair[0])
    )  # fmt: skip


def stage_of(each: Due, today: date) -> str:
    """Which of its reminders it is time for, ``30``, ``7``, ``1`` or ``over``; "" for none."""
    days = (each.day - today).days
    if each.waits:
        return next((str(stage) for stage in WAITED if -days >= stage), "")
    if days < 0:
        return "over" if -days <= AFTER_DAYS and each.kind in OVERDUE else ""
    return next((str(stage) for stage in AHEAD if days <= stage), "")


OVERDUE = {
    "compliance.surrender": "compliance.surrender-over", "compliance.surrenders": "compliance.surrenders-over",
    "compliance.release": "compliance.release-over", "assets.contract": "assets.contract-over",
    "assets.certificates": "assets.certificates-over",
}  # fmt: skip


def over(each: Due) -> Due:
    """The same, when its day has passed."""
    return Due(each.about, OVERDUE[each.kind], each.day, each.address, each.values, each.act, each.but)


@transaction.atomic
def remind(organisation: Organisation, today: date) -> int:
    """Tells who can act of what is near, over or waiting; how many notices. A second worker tells nothing again."""
    new = [
        each
        for mark, each in fresh(organisation, today)
        if Reminder.objects.get_or_create(organisation=organisation, about=mark)[1]
    ]
    people = {act: who_may(organisation, act) for act in {each.act for each in new}}
    count = 0
    for person in {each.pk: each for some in people.values() for each in some}.values():
        mine = [each for each in new if person in people[each.act] and each.but != person.pk]
        for kind in dict.fromkeys(each.kind for each in mine):
            count += _tell(organisation, person, [each for each in mine if each.kind == kind])
    return count


def _tell(organisation: Organisation, person: User, some: Sequence[Due]) -> int:
    first = some[0]
    if len(some) <= MANY:
        return sum(len(tell(organisation, [person], each.kind, each.values, each.address)) for each in some)
    values = {"number": str(len(some)), "day": first.values.get("since") or first.day.isoformat()}
    page = "assets-queue" if first.kind == "assets.waits" else "assets" if first.kind.startswith("assets.") else ""
    here = reverse(page, kwargs={"key": organisation.key}) if page else first.address
    return len(tell(organisation, [person], f"{first.kind}-many", values, here))
