"""The app of factors, policies and methods."""

from __future__ import annotations

from django.apps import AppConfig


class LibraryConfig(AppConfig):
    """Own factors, policies, methods."""

    name = "hengtan.web.library"
    label = "library"

    def ready(self) -> None:
        """The worker learns to show what a policy would change; people are told of policies and methods."""
        from . import effects, notices  # noqa: F401, PLC0415  they register
