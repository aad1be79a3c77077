"""The app of carbon assets."""

from __future__ import annotations

from django.apps import AppConfig


class AssetsConfig(AppConfig):
    """Holdings, postings, imports, reconciliation."""

    name = "hengtan.web.assets"
    label = "assets"

    def ready(self) -> None:
        """What people are told of it is known from here on."""
        from . import intake, many, told  # noqa: F401, PLC0415  models must be there first
