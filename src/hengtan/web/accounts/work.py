"""Copies of what is kept of a person are made as a job, and go after a week."""

from __future__ import annotations

from typing import Any

from django.utils.translation import gettext_lazy as _

from hengtan.web.jobs.clock import every
from hengtan.web.jobs.models import Job
from hengtan.web.jobs.progress import Progress
from hengtan.web.jobs.registry import handler
from hengtan.web.notices.kinds import register

from .models import Export
from .personal import tidy, write

EXPORT = "accounts.export"  # the job


@handler(EXPORT, title=_("Collecting what is kept of me"))
def run(job: Job, progress: Progress) -> dict[str, Any]:
    """A copy for the person who asked for it, and for nobody else."""
    progress.at("")
    export = Export.objects.filter(pk=job.arguments["export"], person=job.created_by).first()
    if export is not None:
        write(export)
    return {}


@every(3600)
def look() -> None:
    """Copies that nobody took go."""
    tidy()


register("person.copied", _("The copy of what is kept of you is ready."), "download")
