"""The app of boundaries."""

from __future__ import annotations

from django.apps import AppConfig


class BoundariesConfig(AppConfig):
    """Units and facilities."""

    name = "hengtan.web.boundaries"
    label = "boundaries"
