"""Planning as a job: the plan is found outside any transaction, kept in one."""

from __future__ import annotations

from typing import Any

from django.db import transaction
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from hengtan.market.compliance import case_of_text, plan
from hengtan.web.jobs.models import Job
from hengtan.web.jobs.progress import Progress
from hengtan.web.jobs.registry import handler

from . import services
from .models import CompliancePlan

PHASES = {"plan": _("finding the cheapest plan"), "keep": _("keeping the plan")}


def _address(job: Job) -> str:
    return reverse("compliance-plan", kwargs={"key": job.organisation.key, "pk": job.arguments["plan"]})


@handler(services.PLAN, title=_("Planning compliance"), phases=PHASES, address=_address)
def planned(job: Job, progress: Progress) -> dict[str, Any]:
    """One plan."""
    one = CompliancePlan.objects.of(job.organisation).select_related("organisation").get(pk=job.arguments["plan"])
    if one.is_done:
        return {"plan": one.pk}
    progress.at("plan")
    found = plan(case_of_text(services.given_of(one), "JSON"))
    progress.at("keep")
    with transaction.atomic():
        progress.hold()
        services.answered(one, found)
    return {"plan": one.pk, "status": found.status}
