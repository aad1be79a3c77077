"""The app of reconciliations."""

from __future__ import annotations

from django.apps import AppConfig


class ReconciliationConfig(AppConfig):
    """Three boundaries side by side."""

    name = "hengtan.web.reconciliation"
    label = "reconciliation"
