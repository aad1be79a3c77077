"""The app of sources."""

from __future__ import annotations

from django.apps import AppConfig


class SourcesConfig(AppConfig):
    """Sources."""

    name = "hengtan.web.sources"
    label = "sources"

    def ready(self) -> None:
        """The worker learns how to fetch, and when."""
        from . import clock, work  # noqa: F401, PLC0415  register handlers and hours
