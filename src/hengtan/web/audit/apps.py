"""The app of the audit room."""

from __future__ import annotations

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class AuditConfig(AppConfig):
    """Engagements, samples, history, verification."""

    name = "hengtan.web.audit"
    label = "audit"

    def ready(self) -> None:
        """The worker learns how to draw, verify and pack; people can be told; changes of the boundary and of roles are kept."""
        from hengtan.web.notices.kinds import register  # noqa: PLC0415  models are there from now on

        from . import (  # noqa: PLC0415
            watching,
            work,  # noqa: F401  registers its handlers
        )

        register("audit.asked", _("%(by)s asks in the audit room (%(name)s): %(text)s"), "search", task=True)
        register("audit.answered", _("%(by)s answered in the audit room (%(name)s): %(text)s"), "search", task=True)
        register("audit.closed", _("%(by)s closed the engagement “%(name)s”: %(text)s"), "shield-check")
        watching.begin()
