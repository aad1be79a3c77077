"""The app of compliance plans."""

from __future__ import annotations

from django.apps import AppConfig


class ComplianceConfig(AppConfig):
    """Surrender at least cost."""

    name = "hengtan.web.compliance"
    label = "compliance"

    def ready(self) -> None:
        """Jobs, hours and notices are known from here on."""
        from . import reminders, words, work  # noqa: F401, PLC0415  models must be there first
