"""The app of the vault."""

from __future__ import annotations

from django.apps import AppConfig


class VaultConfig(AppConfig):
    """Facts, ledger, outbox."""

    name = "hengtan.web.vault"
    label = "vault"
