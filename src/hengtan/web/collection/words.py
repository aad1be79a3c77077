"""What people are told of requests."""

from __future__ import annotations

from django.conf import settings
from django.dispatch import receiver
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from hengtan.factors import find_type
from hengtan.problems import Problem
from hengtan.web.activities.models import Batch
from hengtan.web.activities.signals import stuck
from hengtan.web.notices.kinds import VALUES, register
from hengtan.web.notices.services import tell

from .services import address, values


def activity_title(code: str) -> str:
    """An activity type in the language of now."""
    found = find_type(code) if code else None
    return found.title["zh" if (get_language() or "").startswith("zh") else "en"] if found else code


VALUES["activity"] = activity_title
register("collection.asked", _("%(by)s asks you for %(activity)s of %(facility)s, %(period)s, until %(due)s."), "send", task=True)  # fmt: skip
register("collection.asked-many", _("%(by)s asks you for %(number)s figures of %(activity)s, the first until %(due)s."), "send", task=True)  # fmt: skip
register("collection.soon", _("%(activity)s of %(facility)s, %(period)s, is due on %(due)s."), "clock", task=True)
register("collection.soon-many", _("%(number)s figures are due soon, the first on %(due)s."), "clock", task=True)
register("collection.due", _("%(activity)s of %(facility)s, %(period)s, is due today."), "clock", task=True)
register("collection.due-many", _("%(number)s figures are due today."), "clock", task=True)
register("collection.overdue", _("%(activity)s of %(facility)s, %(period)s, was due on %(due)s and is missing."), "alert-triangle", task=True)  # fmt: skip
register("collection.overdue-many", _("%(number)s figures are overdue, the first since %(due)s."), "alert-triangle", task=True)  # fmt: skip
register("collection.reminded", _("%(by)s reminds you: %(activity)s of %(facility)s, %(period)s, was asked for until %(due)s."), "bell", task=True)  # fmt: skip
register("collection.stuck", _("%(activity)s of %(facility)s, %(period)s, could not be submitted: %(reason)s"), "alert-triangle", task=True)  # fmt: skip


@receiver(stuck)
def tell_stuck(sender: object, batch: Batch, problems: list[Problem], **more: object) -> None:
    """Who gave a figure that was to be submitted by itself hears that it was not, and why."""
    if not batch.mapping.get("submit"):
        return
    for request in batch.requests.select_related("organisation", "series", "facility"):
        for person in (batch.created_by,):
            language = person.language or settings.LANGUAGE_CODE
            reason = problems[0].reason("zh" if language.startswith("zh") else "en") if problems else "—"
            tell(
                batch.organisation, [person], "collection.stuck", values(request) | {"reason": reason}, address(request)
            )
