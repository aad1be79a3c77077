"""The app of statements."""

from __future__ import annotations

from django.apps import AppConfig


class StatementsConfig(AppConfig):
    """Statements by sector guidelines, and the rules they follow."""

    name = "hengtan.web.statements"
    label = "statements"
