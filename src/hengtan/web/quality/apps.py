"""The app of quality plans and monthly evidence."""

from __future__ import annotations

from django.apps import AppConfig


class QualityConfig(AppConfig):
    """Registers the job of reminders and the notices."""

    name = "hengtan.web.quality"
    label = "quality"

    def ready(self) -> None:
        """What is registered by being imported."""
        from . import clockwork, words  # noqa: F401, PLC0415  # models are there from now on
