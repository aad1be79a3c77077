"""Reconciliations, what people say of what they leave open, and statements that became activities."""

from __future__ import annotations

from decimal import Decimal
from typing import Any, ClassVar

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from hengtan.web.activities.models import Batch
from hengtan.web.market.models import Allocation
from hengtan.web.organisations.models import Organisation
from hengtan.web.organisations.tenancy import TenantModel, TenantQuerySet, new_key
from hengtan.web.runs.models import Run
from hengtan.web.statements.models import Statement
from hengtan.web.vault.models import Outbox

PERSON: dict[str, Any] = {"on_delete": models.PROTECT, "related_name": "+"}


class Reconciliation(TenantModel):
    """Statements of a year beside a run. What it found never changes: a correction makes another one.

    facilities  of the run that belong to the enterprise; empty: all of them
    record      what ``hengtan.sectors.reconcile.as_record`` makes of it; taken: the digests of the statements as they were then
    remainder   unexplained, t CO2e, signs dropped, of all lines
    digest      of the signed record in the vault
    """

    organisation = models.ForeignKey(Organisation, on_delete=models.CASCADE, related_name="reconciliations")
    key = models.CharField(max_length=16, unique=True, default=new_key, editable=False)
    name = models.CharField(_("Name"), max_length=120)
    year = models.PositiveSmallIntegerField(_("Year"))
    statements = models.ManyToManyField(Statement, related_name="reconciliations")
    taken = models.JSONField(default=dict)
    run = models.ForeignKey(Run, on_delete=models.PROTECT, related_name="reconciliations")
    allocation = models.ForeignKey(Allocation, on_delete=models.SET_NULL, null=True, blank=True, related_name="+")
    facilities = models.JSONField(default=list)
    record = models.JSONField(default=dict)
    remainder = models.CharField(max_length=40, default="0")
    created_by = models.ForeignKey(settings.AUTH_USER_MODEL, **PERSON)
    created_at = models.DateTimeField(auto_now_add=True)
    signed_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, **PERSON)
    signed_at = models.DateTimeField(null=True)
    digest = models.CharField(max_length=64, blank=True)
    entry = models.ForeignKey(Outbox, on_delete=models.PROTECT, null=True, related_name="+")

    objects: ClassVar[TenantQuerySet[Reconciliation]] = TenantQuerySet.as_manager()  # type: ignore[assignment]

    class Meta:
        """The newest first; nobody signs what he made."""

        ordering: ClassVar = ["-pk"]
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=Q(signed_by=None, signed_at=None)
                | (Q(signed_by__isnull=False, signed_at__isnull=False) & ~Q(signed_by=F("created_by"))),
                name="reconciliation_four_eyes",
            )
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def is_signed(self) -> bool:
        """Whether a second person stands for it."""
        return self.signed_by_id is not None

    @property
    def is_explained(self) -> bool:
        """Whether nothing is left over, to the tonne's hundredth."""
        return abs(Decimal(self.remainder)) < Decimal("0.01")


class ReconciliationNote(TenantModel):
    """What a person says of a difference that no rule explains. step: 0 market to enterprise, 1 enterprise to inventory."""

    reconciliation = models.ForeignKey(Reconciliation, on_delete=models.CASCADE, related_name="notes")
    line = models.CharField(max_length=160)
    step = models.PositiveSmallIntegerField()
    text = models.CharField(_("Explanation"), max_length=1000)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, **PERSON)
    at = models.DateTimeField(auto_now_add=True)

    objects: ClassVar[TenantQuerySet[ReconciliationNote]] = TenantQuerySet.as_manager()  # type: ignore[assignment]

    class Meta:
        """In the order in which they were said."""

        ordering: ClassVar = ["pk"]

    def __str__(self) -> str:
        return self.text


class HandOver(TenantModel):
    """A statement that became activities of a batch. own: pinned to factors of its own values; left: titles of what no activity holds."""

    statement = models.ForeignKey(Statement, on_delete=models.PROTECT, related_name="hand_overs")
    batch = models.OneToOneField(Batch, on_delete=models.CASCADE, related_name="hand_over")
    facility = models.CharField(max_length=500)
    own = models.BooleanField(default=True)
    left = models.JSONField(default=list)
    created_by = models.ForeignKey(settings.AUTH_USER_MODEL, **PERSON)
    created_at = models.DateTimeField(auto_now_add=True)

    objects: ClassVar[TenantQuerySet[HandOver]] = TenantQuerySet.as_manager()  # type: ignore[assignment]

    class Meta:
        """The newest first."""

        ordering: ClassVar = ["-pk"]

    def __str__(self) -> str:
        return self.facility
