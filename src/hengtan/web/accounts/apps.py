"""The app of people."""

from __future__ import annotations

from django.apps import AppConfig


class AccountsConfig(AppConfig):
    """People."""

    name = "hengtan.web.accounts"
    label = "accounts"

    def ready(self) -> None:
        """Its job is known from here on."""
        from . import work  # noqa: F401, PLC0415  models must be there first
