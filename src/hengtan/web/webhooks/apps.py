"""The app of webhooks."""

from __future__ import annotations

from django.apps import AppConfig


class WebhooksConfig(AppConfig):
    """Webhooks."""

    name = "hengtan.web.webhooks"
    label = "webhooks"

    def ready(self) -> None:
        """The worker learns how to send, and when."""
        from . import sending  # noqa: F401, PLC0415  registers its handler and its hour
