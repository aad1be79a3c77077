"""The app of notices."""

from __future__ import annotations

from django.apps import AppConfig


class NoticesConfig(AppConfig):
    """Notices."""

    name = "hengtan.web.notices"
    label = "notices"

    def ready(self) -> None:
        """Its job and its hour are known from here on."""
        from . import mails  # noqa: F401, PLC0415  models must be there first
