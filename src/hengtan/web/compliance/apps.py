"""The app of compliance plans."""

from __future__ import annotations

from django.apps import AppConfig


class ComplianceConfig(AppConfig):
    """Surrender at least cost."""

    name = "hengtan.web.compliance"
    label = "compliance"

    def ready(self) -> None:
        """Who plans."""
        from . import work  # noqa: F401, PLC0415  the job is registered when models are there
