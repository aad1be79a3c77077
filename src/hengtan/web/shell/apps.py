"""The app of the shared parts."""

from __future__ import annotations

from django.apps import AppConfig


class ShellConfig(AppConfig):
    """Shared parts."""

    name = "hengtan.web.shell"
    label = "shell"
