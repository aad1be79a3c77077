"""Allocations as they were worked out: which file, which plan, what came out."""

from __future__ import annotations

from typing import Any, ClassVar

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from hengtan.web.organisations.models import Organisation
from hengtan.web.organisations.tenancy import TenantModel, TenantQuerySet, new_key
from hengtan.web.vault.models import Outbox

PERSON: dict[str, Any] = {"on_delete": models.PROTECT, "related_name": "+"}


class Kind(models.TextChoices):
    """Which values count where a plan has both."""

    BENCHMARK = "benchmark", _("Benchmark")
    BALANCE = "balance", _("Balance value")


class Allocation(TenantModel):
    """Never changed: another file or another plan makes another one.

    digest   of the file, in the vault; record: what ``hengtan.market.allocation.written`` makes of the units
    entities rows of entities.csv; problems: what was refused or is to be looked at, in both languages
    statements  what the file was made from: key, name, method and digest of each approved statement; empty for a file of one's own
    again_of    the allocation whose file was worked out once more; rules: the file of a plan of one's own, "" for a shipped one
    """

    organisation = models.ForeignKey(Organisation, on_delete=models.CASCADE, related_name="allocations")
    key = models.CharField(max_length=16, unique=True, default=new_key, editable=False)
    name = models.CharField(_("Name"), max_length=120)
    year = models.PositiveSmallIntegerField(_("Year"))
    kind = models.CharField(_("Values"), max_length=12, choices=Kind.choices, default=Kind.BENCHMARK)
    plan = models.CharField(max_length=60)
    draft = models.BooleanField(default=False)
    file_name = models.CharField(max_length=200)
    digest = models.CharField(max_length=64)
    record = models.JSONField(default=dict)
    entities = models.JSONField(default=list)
    totals = models.JSONField(default=dict)
    problems = models.JSONField(default=list)
    rows_in = models.PositiveIntegerField(default=0)
    rejected = models.PositiveIntegerField(default=0)
    statements = models.JSONField(default=list)
    again_of = models.ForeignKey("self", on_delete=models.SET_NULL, null=True, blank=True, related_name="runs_again")
    rules = models.CharField(max_length=64, blank=True)
    created_by = models.ForeignKey(settings.AUTH_USER_MODEL, **PERSON)
    created_at = models.DateTimeField(auto_now_add=True)
    entry = models.ForeignKey(Outbox, on_delete=models.PROTECT, null=True, related_name="+")

    objects: ClassVar[TenantQuerySet[Allocation]] = TenantQuerySet.as_manager()  # type: ignore[assignment]

    class Meta:
        """The newest first."""

        ordering: ClassVar = ["-pk"]

    def __str__(self) -> str:
        return self.name
