"""The app of runs."""

from __future__ import annotations

from django.apps import AppConfig


class RunsConfig(AppConfig):
    """Runs and what they say."""

    name = "hengtan.web.runs"
    label = "runs"

    def ready(self) -> None:
        """The worker learns how to calculate, the find field where to look."""
        from . import finding, work  # noqa: F401, PLC0415  they register what they can
