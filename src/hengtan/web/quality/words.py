"""What people are told of plans and months, and where these are found."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING

from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from hengtan.web.notices.kinds import register

if TYPE_CHECKING:
    from .models import Plan, ReportingEntity


def address_of_plan(plan: Plan) -> str:
    """Of the page of a version."""
    return reverse("quality-plan", kwargs={"key": plan.organisation.key, "pk": plan.pk})


def address_of_month(entity: ReportingEntity, month: date) -> str:
    """Of the page of a month."""
    return reverse("evidence-month", kwargs={"key": entity.organisation.key, "pk": entity.pk}) + f"?month={month:%Y-%m}"


register("quality.submitted", _("%(by)s submitted the data quality control plan of %(name)s, %(version)s. It waits for your decision."), "clock", task=True)  # fmt: skip
register("quality.approved", _("%(by)s approved the data quality control plan of %(name)s, %(version)s."), "check")
register("quality.returned", _("%(by)s returned the data quality control plan of %(name)s, %(version)s: %(comment)s"), "arrow-back-up", task=True)  # fmt: skip
register("quality.soon", _("The evidence of %(name)s for %(month)s is due on %(due)s; %(lacking)s values still lack something."), "clock", task=True)  # fmt: skip
register("quality.due", _("The evidence of %(name)s for %(month)s is due today; %(lacking)s values still lack something."), "clock", task=True)  # fmt: skip
register("quality.overdue", _("The evidence of %(name)s for %(month)s was due on %(due)s and is not complete: %(lacking)s values lack something."), "alert-triangle", task=True)  # fmt: skip
register("quality.calibration", _("%(instrument)s of %(name)s is calibrated until %(due)s."), "alert-triangle", task=True)  # fmt: skip
