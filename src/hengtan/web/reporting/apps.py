"""The app of reports."""

from __future__ import annotations

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class ReportingConfig(AppConfig):
    """Issued reports, base year."""

    name = "hengtan.web.reporting"
    label = "reporting"

    def ready(self) -> None:
        """The worker learns how to issue; people can be told of reports."""
        from hengtan.web.notices.kinds import register  # noqa: PLC0415  models are there from now on

        from . import work  # noqa: F401, PLC0415  registers its handler

        register("report.waiting", _("%(by)s prepared a report (%(name)s). It waits to be issued."), "clock", task=True)
        register(
            "report.returned", _("%(by)s did not issue the report (%(name)s): %(comment)s"), "arrow-back-up", task=True
        )
        register("report.withdrawn", _("%(by)s withdrew the report “%(name)s”: %(comment)s"), "x")
