"""Events go into the ledger as a job."""

from __future__ import annotations

import time
from datetime import timedelta
from typing import Any

from django.apps import apps
from django.db import models
from django.db.models import Min
from django.db.models.functions import Cast
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from hengtan.durable import FileLock
from hengtan.web.jobs.clock import every
from hengtan.web.jobs.models import UNDER_WAY, Job
from hengtan.web.jobs.progress import Progress
from hengtan.web.jobs.registry import handler
from hengtan.web.jobs.services import enqueue
from hengtan.web.organisations.models import Organisation
from hengtan.web.organisations.tenancy import TenantModel

from .models import Leaving, Outbox
from .services import DROP, ERASE, SEQUENCE, erase, facts, home, sequence
from .storage import room


@handler(SEQUENCE, title=_("Entering events into the ledger"))
def run(job: Job, _progress: Progress) -> dict[str, Any]:
    """All that wait, each once."""
    return {"events": sequence(job.organisation)}


LOCK_S, REST = 60.0, timedelta(hours=1)
PASSING = {"jobs.Job", "api.Answer", "notices.Notice", "vault.Outbox", "vault.Leaving"}  # they name, they do not need


@every(600)
def look() -> None:
    """Objects that have rested long enough: a job looks whether anything names them."""
    rested = Leaving.objects.filter(since__lt=timezone.now() - REST)
    first = rested.order_by().values("organisation").annotate(first=Min("pk")).values_list("first", flat=True)
    for each in Leaving.objects.filter(pk__in=list(first)).select_related("organisation", "by"):
        if not Job.objects.of(each.organisation).filter(kind=DROP, state__in=UNDER_WAY).exists():
            enqueue(each.organisation, DROP, {}, each.by)


@handler(DROP, title=_("Removing files that nobody needs"))
def drop(job: Job, progress: Progress) -> dict[str, Any]:
    """Of the objects that have rested those that no row of the tenant names, and that nobody is about to name."""
    organisation, gone = job.organisation, list[str]()
    rested = list(Leaving.objects.of(organisation).filter(since__lt=timezone.now() - REST).order_by("pk"))
    for number, row in enumerate(rested):
        progress.at("", number, len(rested))
        with FileLock(home(organisation) / "dropping", wait_s=LOCK_S):
            mark = home(organisation) / "wanted" / row.digest
            if mark.exists() and time.time() - mark.stat().st_mtime < REST.total_seconds():
                continue
            if not is_named(organisation, row.digest):
                facts(organisation).remove([row.digest])
                gone.append(row.digest)
            mark.unlink(missing_ok=True)
        row.delete()
    if gone:
        room(organisation, fresh=True)
    return {"removed": gone}


def is_named(organisation: Organisation, digest: str) -> bool:
    """Whether any row of the tenant, of whichever app, names the object."""
    for model in apps.get_models():
        if not issubclass(model, TenantModel) or model._meta.label in PASSING:
            continue
        rows = model._default_manager.filter(organisation=organisation).order_by()
        for field in model._meta.get_fields():
            if isinstance(field, models.CharField) and (field.max_length or 0) >= len(digest):
                if rows.filter(**{field.name: digest}).exists():
                    return True
            elif isinstance(field, models.JSONField | models.TextField) and not isinstance(field, models.CharField):
                told = rows.annotate(as_text=Cast(field.name, models.TextField()))
                if told.filter(as_text__contains=digest).exists():
                    return True
    return False


@handler(ERASE, title=_("Erasing personal records"))
def erase_events(job: Job, progress: Progress) -> dict[str, Any]:
    """What the events say that the job names; those that wait are logged first."""
    progress.at("")
    sequence(job.organisation)
    rows = Outbox.objects.of(job.organisation).filter(pk__in=job.arguments["events"])
    return {"erased": erase(job.organisation, rows)}
