"""Runs and their cube.

A run is what one calculation said: its folder never changes. Masses of the cube are exact on every database: whole kilograms
and two parts of nine digits each, whose sums are sums of integers.
"""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path
from typing import ClassVar

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from hengtan.web.jobs.models import Job
from hengtan.web.organisations.models import Organisation
from hengtan.web.organisations.tenancy import TenantModel, TenantQuerySet, new_key
from hengtan.web.vault.services import home


class GWP(models.TextChoices):
    """Sets of global warming potentials."""

    AR5 = "AR5", "AR5"
    AR6 = "AR6", "AR6"
    AR4 = "AR4", "AR4"
    SAR = "SAR", "SAR"


class Run(TenantModel):
    """One calculation.

    number       counted in its organisation: R-0003
    options      as ``hengtan.api.Request`` takes them: period, gwp, as_of, template, draws, lang
    sources      files that it is calculated from: name, digest in the facts, role (input, factors, organisation ...)
    summary      summary.json; figures: what the dashboard shows beside it; both None until it is done
    entry_index  of the ledger's entry that vouches for run.json
    chosen_at    somebody said that this is the inventory to look at; the last one who did is heard
    sample       of the demo: shown with a mark
    """

    organisation = models.ForeignKey(Organisation, on_delete=models.CASCADE, related_name="runs")
    key = models.CharField(max_length=16, unique=True, default=new_key, editable=False)
    number = models.PositiveIntegerField()
    name = models.CharField(_("Name"), max_length=120)
    options = models.JSONField(default=dict)
    sources = models.JSONField(default=list)
    job = models.ForeignKey(Job, on_delete=models.SET_NULL, null=True, related_name="+")
    previous = models.ForeignKey("self", on_delete=models.SET_NULL, null=True, blank=True, related_name="+")
    first = models.DateField(null=True)
    last = models.DateField(null=True)
    rows_in = models.PositiveBigIntegerField(null=True)
    rows_posted = models.PositiveBigIntegerField(null=True)
    totals = models.JSONField(null=True)
    summary = models.JSONField(null=True)
    figures = models.JSONField(null=True)
    digest = models.CharField(max_length=64, blank=True)
    run_sha256 = models.CharField(max_length=64, blank=True)
    entry_index = models.PositiveBigIntegerField(null=True)
    sample = models.BooleanField(default=False)
    created_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    created_at = models.DateTimeField(auto_now_add=True)
    done_at = models.DateTimeField(null=True)
    chosen_at = models.DateTimeField(null=True)
    chosen_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+")

    objects: ClassVar[TenantQuerySet[Run]] = TenantQuerySet.as_manager()  # type: ignore[assignment]

    class Meta:
        """The newest first."""

        ordering: ClassVar = ["-number"]
        constraints: ClassVar = [models.UniqueConstraint(fields=["organisation", "number"], name="run_number")]

    def __str__(self) -> str:
        return f"{self.code} {self.name}"

    @property
    def code(self) -> str:
        """R-0003."""
        return f"R-{self.number:04d}"

    @property
    def is_done(self) -> bool:
        """Whether there is a result."""
        return self.done_at is not None

    @property
    def home(self) -> Path:
        """Inputs and result of this run."""
        return home(self.organisation) / "runs" / self.key

    @property
    def folder(self) -> Path:
        """The result: what ``hengtan calculate --out`` writes."""
        return self.home / "result"


class Cube(TenantModel):
    """The masses of a run by all that they are asked for. ``kg + nano x 10^-9 + atto x 10^-18`` is exact, and so are sums."""

    run = models.ForeignKey(Run, on_delete=models.CASCADE, related_name="cube")
    basis = models.CharField(max_length=8)
    scope = models.SmallIntegerField(null=True)
    category = models.CharField(max_length=40)
    activity_type = models.CharField(max_length=120)
    facility = models.CharField(max_length=300)
    org_unit = models.CharField(max_length=300)
    month = models.CharField(max_length=7)
    match = models.CharField(max_length=16)
    factor_id = models.TextField()
    rows = models.BigIntegerField()
    kg = models.BigIntegerField()
    nano = models.BigIntegerField()
    atto = models.BigIntegerField()
    biogenic_kg = models.BigIntegerField()
    biogenic_nano = models.BigIntegerField()
    biogenic_atto = models.BigIntegerField()

    objects: ClassVar[TenantQuerySet[Cube]] = TenantQuerySet.as_manager()  # type: ignore[assignment]

    class Meta:
        """Asked for by run, and by run and facility; with the tenant first, or SQLite takes the index of tenants alone."""

        indexes: ClassVar = [models.Index(fields=["organisation", "run", "facility"], name="cube_by_facility")]

    def __str__(self) -> str:
        return f"{self.facility} {self.month}"


class RunClaim(TenantModel):
    """A claim of certificates in the book, as one run took it into market-based scope 2. It never changes but for ``used_mwh``.

    posting      of the claim in the book; numbers: serial ranges of the certificates, ends inclusive
    counted_for  whose consumption it may cover: the name of a unit or facility; empty: the whole organisation
    claimed_mwh  what the posting claimed; mwh: what of it was free for this run (runs of other days of the year used the rest)
    used_mwh     what covers consumption that was posted; None until the run is done
    """

    run = models.ForeignKey(Run, on_delete=models.CASCADE, related_name="claims")
    posting = models.PositiveBigIntegerField()
    code = models.CharField(max_length=300)
    kind = models.CharField(max_length=20)
    numbers = models.TextField()
    year = models.PositiveSmallIntegerField()
    beneficiary = models.CharField(max_length=300)
    counted_for = models.CharField(max_length=200, blank=True)
    claimed_mwh = models.BigIntegerField()
    mwh = models.DecimalField(max_digits=24, decimal_places=6)
    used_mwh = models.DecimalField(max_digits=24, decimal_places=6, null=True)

    objects: ClassVar[TenantQuerySet[RunClaim]] = TenantQuerySet.as_manager()  # type: ignore[assignment]

    class Meta:
        """In the order of the book; a run takes a claim once."""

        ordering: ClassVar = ["posting"]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["run", "posting"], name="one_claim_once_a_run"),
            models.CheckConstraint(
                condition=models.Q(mwh__gt=0, mwh__lte=models.F("claimed_mwh")), name="free_of_a_claim"
            ),
            models.CheckConstraint(
                condition=models.Q(used_mwh=None) | models.Q(used_mwh__gte=0, used_mwh__lte=models.F("mwh")),
                name="used_of_a_claim",
            ),
        ]
        indexes: ClassVar = [models.Index(fields=["organisation", "posting"], name="runs_of_a_claim")]

    def __str__(self) -> str:
        return f"{self.code}:{self.posting}"

    @property
    def unused_mwh(self) -> Decimal | None:
        """What covered nothing, because less was used."""
        return None if self.used_mwh is None else self.mwh - self.used_mwh
