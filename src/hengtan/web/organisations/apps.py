"""The app of tenants."""

from __future__ import annotations

from django.apps import AppConfig


class OrganisationsConfig(AppConfig):
    """Tenants."""

    name = "hengtan.web.organisations"
    label = "organisations"
