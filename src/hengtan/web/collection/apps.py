"""The app of data collection."""

from __future__ import annotations

from django.apps import AppConfig


class CollectionConfig(AppConfig):
    """Requests for data."""

    name = "hengtan.web.collection"
    label = "collection"

    def ready(self) -> None:
        """What it tells people and what it does by the clock is known from here on."""
        from . import clockwork, words  # noqa: F401, PLC0415  models must be there first
