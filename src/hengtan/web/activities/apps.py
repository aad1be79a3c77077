"""The app of activity data."""

from __future__ import annotations

from django.apps import AppConfig


class ActivitiesConfig(AppConfig):
    """Batches and what makes them."""

    name = "hengtan.web.activities"
    label = "activities"

    def ready(self) -> None:
        """Its jobs are known from here on."""
        from . import tasks  # noqa: F401, PLC0415  models must be there first
