"""Events go into the ledger as a job."""

from __future__ import annotations

from typing import Any

from django.utils.translation import gettext_lazy as _

from hengtan.web.jobs.models import Job
from hengtan.web.jobs.progress import Progress
from hengtan.web.jobs.registry import handler

from .services import SEQUENCE, sequence


@handler(SEQUENCE, title=_("Entering events into the ledger"))
def run(job: Job, _progress: Progress) -> dict[str, Any]:
    """All that wait, each once."""
    return {"events": sequence(job.organisation)}
