"""Issuing as a job: the files are written into the facts, then report, files and their events appear in one transaction.

A worker that dies before that leaves objects that nothing names; the next writes the same ones again.
"""

from __future__ import annotations

from typing import Any

from django.db import transaction
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from hengtan.problems import HengtanError, Problem
from hengtan.web.jobs.models import Job
from hengtan.web.jobs.progress import Cancelled, Progress
from hengtan.web.jobs.registry import handler
from hengtan.web.organisations.models import Membership
from hengtan.web.organisations.roles import Act
from hengtan.web.runs.proofs import vouching
from hengtan.web.vault.services import facts

from . import rendering, services
from .models import Report, State

PHASES = {
    "proof": _("verifying the run"),
    "files": _("writing the report"),
    "sign": _("signing it into the ledger"),
}


def _address(job: Job) -> str:
    return reverse("report", kwargs={"key": job.organisation.key, "pk": job.arguments["report"]})


@handler(services.ISSUE, title=_("Issuing a report"), phases=PHASES, address=_address)
def issue(job: Job, progress: Progress) -> dict[str, Any]:
    """One report."""
    found = Report.objects.of(job.organisation).select_related(
        "organisation", "run__organisation", "previous__organisation"
    )
    report = found.get(pk=job.arguments["report"])
    if report.is_public:
        return {"report": report.pk}
    member = Membership.objects.of(job.organisation).filter(user=job.created_by, ended_at=None).first()
    if report.state != State.ISSUING or member is None or not member.may(Act.REPORT):
        raise Cancelled
    progress.at("proof")
    held = vouching(report.run, rows=True)
    if not held.ok:
        raise HengtanError(held.problem or Problem("verify.entry-unlike"))
    store, made = facts(job.organisation), []
    for name, form, lang, content in rendering.files(report, lambda done, of: progress.at("files", done, of)):
        made.append((name, form, lang, store.put_bytes(content), len(content)))
    progress.at("sign")
    with transaction.atomic():
        progress.hold()
        report = services.written(report, made)
    return {"report": report.pk, "number": report.code, "files": len(made)}
