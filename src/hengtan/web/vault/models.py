"""The outbox: what happened, written in the transaction in which it happened, on its way into the ledger."""

from __future__ import annotations

from typing import ClassVar

from django.conf import settings
from django.db import models

from hengtan.web.organisations.models import Organisation
from hengtan.web.organisations.tenancy import TenantModel, TenantQuerySet


class Outbox(TenantModel):
    """One event. Its entry is decided when the row is written, so that it is appended once however often that is tried.

    record      what the entry commits to, RFC 8785 JSON; salt: 64 hex digits, empty once the ledger keeps both
    entry       the public bytes of the log
    entry_index where it stands in the log; None while it waits
    """

    organisation = models.ForeignKey(Organisation, on_delete=models.CASCADE, related_name="events")
    kind = models.CharField(max_length=60)
    record = models.TextField()
    salt = models.CharField(max_length=64, blank=True)
    commitment = models.CharField(max_length=64, unique=True)
    entry = models.TextField()
    entry_index = models.PositiveBigIntegerField(null=True, blank=True)
    created_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+")
    created_at = models.DateTimeField(auto_now_add=True)
    logged_at = models.DateTimeField(null=True, blank=True)

    objects: ClassVar[TenantQuerySet[Outbox]] = TenantQuerySet.as_manager()  # type: ignore[assignment]

    class Meta:
        """In the order in which they were written."""

        ordering: ClassVar = ["pk"]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["organisation", "entry_index"], name="one_event_at_a_place")
        ]
        indexes: ClassVar = [
            models.Index(fields=["organisation"], condition=models.Q(entry_index=None), name="outbox_waiting")
        ]

    def __str__(self) -> str:
        return self.kind

    @property
    def is_logged(self) -> bool:
        """Whether the ledger holds it."""
        return self.entry_index is not None


class Quota(TenantModel):
    """How much room an organisation has for its files, in GB; without a row that of the installation. 0: no limit."""

    organisation = models.OneToOneField(Organisation, on_delete=models.CASCADE, related_name="quota")
    gb = models.FloatField()
    set_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    set_at = models.DateTimeField(auto_now=True)

    objects: ClassVar[TenantQuerySet[Quota]] = TenantQuerySet.as_manager()  # type: ignore[assignment]


class Leaving(TenantModel):
    """An object that something that is gone had named. After an hour it goes, where nothing names it then."""

    digest = models.CharField(max_length=64)
    since = models.DateTimeField(auto_now_add=True)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")

    objects: ClassVar[TenantQuerySet[Leaving]] = TenantQuerySet.as_manager()  # type: ignore[assignment]

    class Meta:
        """Each once."""

        constraints: ClassVar = [
            models.UniqueConstraint(fields=["organisation", "digest"], name="an_object_leaves_once")
        ]
