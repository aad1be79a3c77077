"""The app of tenants."""

from __future__ import annotations

from django.apps import AppConfig
from django.contrib.auth.signals import user_logged_in
from django.db.backends.signals import connection_created
from django.db.models.signals import post_migrate


class OrganisationsConfig(AppConfig):
    """Tenants."""

    name = "hengtan.web.organisations"
    label = "organisations"

    def ready(self) -> None:
        """The wall of the database follows migrations, new connections and people who sign in."""
        from . import limits, wall  # noqa: F401, PLC0415  know models; old counts are forgotten by the clock

        post_migrate.connect(wall.raise_wall, sender=self, dispatch_uid="wall")
        connection_created.connect(wall.tell_again, dispatch_uid="wall")
        user_logged_in.connect(wall.signed_in, dispatch_uid="wall")
