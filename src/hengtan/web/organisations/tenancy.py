"""The one wall between tenants: rows reach a person through ``visible_to`` or not at all."""

from __future__ import annotations

import secrets
from typing import TYPE_CHECKING, Any, Self, TypeVar

from django.db import models

if TYPE_CHECKING:
    from hengtan.web.accounts.models import User

    from .models import Organisation

ALPHABET = "23456789abcdefghjkmnpqrstuvwxyz"
Row = TypeVar("Row", bound=models.Model)


def new_key() -> str:
    """The name of an organisation in addresses: 10 characters that cannot be guessed or misread."""
    return "".join(secrets.choice(ALPHABET) for _ in range(10))


class TenantQuerySet(models.QuerySet[Row]):
    """Rows of tenants.

    Models declare ``objects: ClassVar[TenantQuerySet[...]] = TenantQuerySet.as_manager()`` and tell mypy to let it be: the
    stubs type ``as_manager`` as a bare Manager, which knows neither ``visible_to`` nor ``of``; with ``as_manager`` typed here
    instead, their plugin no longer finds the managers of relations.
    """

    def visible_to(self, user: User) -> Self:
        """The rows of the organisations to which this person belongs now."""
        if not user.is_authenticated:
            return self.none()
        return self.filter(organisation__memberships__user_id=user.pk, organisation__memberships__ended_at__isnull=True)

    def of(self, organisation: Organisation) -> Self:
        """The rows of one tenant; for the inside, after the person was let in."""
        return self.filter(organisation=organisation)


class TenantModel(models.Model):
    """Belongs to one organisation."""

    organisation: Any = models.ForeignKey("organisations.Organisation", on_delete=models.CASCADE, related_name="+")

    class Meta:
        """No table of its own."""

        abstract = True
