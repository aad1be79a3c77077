"""The app of carbon assets."""

from __future__ import annotations

from django.apps import AppConfig


class AssetsConfig(AppConfig):
    """Holdings, postings, imports, reconciliation."""

    name = "hengtan.web.assets"
    label = "assets"
