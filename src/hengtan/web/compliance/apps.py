"""The app of compliance plans."""

from __future__ import annotations

from django.apps import AppConfig


class ComplianceConfig(AppConfig):
    """Surrender at least cost."""

    name = "hengtan.web.compliance"
    label = "compliance"

    def ready(self) -> None:
        """Jobs, hours, notices and what the book asks of plans are known from here on."""
        from . import assigned, reminders, words, work  # noqa: F401, PLC0415  models must be there first
