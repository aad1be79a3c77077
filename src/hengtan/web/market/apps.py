"""The app of the carbon market."""

from __future__ import annotations

from django.apps import AppConfig


class MarketConfig(AppConfig):
    """Allowances by plan."""

    name = "hengtan.web.market"
    label = "market"
