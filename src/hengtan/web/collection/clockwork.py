"""What happens by the clock: requests of the next period, reminders."""

from __future__ import annotations

from typing import Any

from django.db import transaction
from django.db.models import Min, Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from hengtan.web.accounts.models import User
from hengtan.web.jobs.clock import every
from hengtan.web.jobs.models import Job, State
from hengtan.web.jobs.progress import Progress
from hengtan.web.jobs.registry import handler
from hengtan.web.jobs.services import enqueue
from hengtan.web.organisations.models import Organisation

from .models import Series
from .services import make_ahead, remind_of, waiting

REMIND = "collection.remind"  # the job


@handler(REMIND, title=_("Reminding of data that are due"))
def run(job: Job, progress: Progress) -> dict[str, Any]:
    """Each reminder once, however often the job is done."""
    progress.at("")
    return {"requests": remind_of(job.organisation, timezone.localdate())}


@every(900)
def look() -> None:
    """Periods that come near get their requests; organisations where a day has come get a job."""
    today = timezone.localdate()
    for series in Series.objects.filter(ended_at=None).filter(Q(last=None) | Q(last__gte=today)):
        with transaction.atomic():
            make_ahead(series, today)
    found = waiting(today).order_by().values("organisation").annotate(person=Min("assignee"))
    for each in found:
        organisation = Organisation.objects.get(pk=each["organisation"])
        if not Job.objects.of(organisation).filter(kind=REMIND, state__in=(State.QUEUED, State.RUNNING)).exists():
            enqueue(organisation, REMIND, {}, User.objects.get(pk=each["person"]))
