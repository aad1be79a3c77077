"""The app of the vault."""

from __future__ import annotations

from django.apps import AppConfig


class VaultConfig(AppConfig):
    """Facts, ledger, outbox."""

    name = "hengtan.web.vault"
    label = "vault"

    def ready(self) -> None:
        """The worker learns how to log."""
        from . import work  # noqa: F401, PLC0415  registers its handler
