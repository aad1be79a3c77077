"""Batches of activity data, the files they come from, how sources are read, and the months that are closed."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING, Any, ClassVar

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from hengtan.web.jobs.models import Job
from hengtan.web.organisations.models import Organisation
from hengtan.web.organisations.owned import OwnedQuerySet
from hengtan.web.organisations.tenancy import TenantModel, TenantQuerySet, new_key

if TYPE_CHECKING:
    from typing import Self

    from hengtan.web.accounts.models import User


class State(models.TextChoices):
    """Where a batch stands."""

    DRAFT = "draft", _("Draft")
    SUBMITTED = "submitted", _("Waiting for approval")
    APPROVED = "approved", _("Approved")
    RETURNED = "returned", _("Returned")
    SUPERSEDED = "superseded", _("Superseded")


OPEN = (State.DRAFT, State.RETURNED)


class BatchQuerySet(OwnedQuerySet["Batch"]):
    """Batches: all to who reads the whole organisation, to a contributor those that are his own."""


class Batch(TenantModel):
    """Rows that came together and are approved together. After it is submitted nothing in it changes; a later batch supersedes it.

    mapping     how its files are read: ``reading.Mapping`` as JSON
    fixes       what a person changed in cells before it was submitted, oldest first, with old and new
    preview     what the last check found: counts, control totals, problems with their cells; empty when it has to be checked again
    parquet     digest of its rows among the tenant's facts, once submitted
    rows_proven how many of its rows have evidence of their own
    months      the months that its rows touch, ``2024-01``
    """

    organisation = models.ForeignKey(Organisation, on_delete=models.CASCADE, related_name="batches")
    key = models.CharField(max_length=16, unique=True, default=new_key, editable=False)
    name = models.CharField(_("Name"), max_length=200)
    state = models.CharField(max_length=12, choices=State.choices, default=State.DRAFT)
    mapping = models.JSONField(default=dict)
    outline = models.JSONField(default=list)
    fixes = models.JSONField(default=list)
    preview = models.JSONField(default=dict)
    rows_in = models.PositiveIntegerField(default=0)
    rows_good = models.PositiveIntegerField(default=0)
    rows_rejected = models.PositiveIntegerField(default=0)
    rows_proven = models.PositiveIntegerField(default=0)
    controls = models.JSONField(default=list)
    months = models.JSONField(default=list)
    first_day = models.DateField(null=True)
    last_day = models.DateField(null=True)
    parquet = models.CharField(max_length=64, blank=True)
    comment = models.TextField(blank=True)
    job = models.ForeignKey(Job, on_delete=models.SET_NULL, null=True, related_name="+")
    supersedes = models.ForeignKey(
        "self", on_delete=models.PROTECT, null=True, blank=True, related_name="superseded_by"
    )
    created_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    created_at = models.DateTimeField(auto_now_add=True)
    submitted_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+")
    submitted_at = models.DateTimeField(null=True)
    decided_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+")
    decided_at = models.DateTimeField(null=True)
    superseded_at = models.DateTimeField(null=True)

    objects: ClassVar[BatchQuerySet] = BatchQuerySet.as_manager()  # type: ignore[assignment]

    class Meta:
        """Four eyes and the books are kept by the database too."""

        ordering: ClassVar = ["-pk"]
        indexes: ClassVar = [models.Index(fields=["organisation", "state"], name="batches_by_state")]
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=~Q(decided_by=F("created_by")) & ~Q(decided_by=F("submitted_by")) | Q(decided_by=None),
                name="nobody_decides_on_own_batch",
            ),
            models.CheckConstraint(
                condition=Q(state="draft")
                | Q(state="returned", decided_by__isnull=False)
                | Q(state="submitted", submitted_by__isnull=False, submitted_at__isnull=False)
                | Q(
                    state__in=["approved", "superseded"],
                    submitted_by__isnull=False, decided_by__isnull=False, decided_at__isnull=False,
                ),
                name="a_batch_says_who_and_when",
            ),
            models.CheckConstraint(
                condition=Q(state__in=["draft", "returned"]) | ~Q(parquet=""), name="a_submitted_batch_has_rows"
            ),
            models.CheckConstraint(
                condition=Q(rows_in=F("rows_good") + F("rows_rejected")), name="rows_in_are_good_or_rejected"
            ),
        ]  # fmt: skip

    def __str__(self) -> str:
        return self.name

    @property
    def is_open(self) -> bool:
        """Whether the person who entered it may still change it."""
        return self.state in OPEN


class SourceFile(TenantModel):
    """A file of a batch, kept in the vault. A factor file is approved with the rows that name its factors."""

    class Role(models.TextChoices):
        """What it is."""

        ACTIVITIES = "activities", _("Activity data")
        FACTORS = "factors", _("Factors")

    batch = models.ForeignKey(Batch, on_delete=models.CASCADE, related_name="files")
    role = models.CharField(max_length=12, choices=Role.choices, default=Role.ACTIVITIES)
    name = models.CharField(max_length=255)
    digest = models.CharField(max_length=64)
    bytes = models.PositiveBigIntegerField()
    kind = models.CharField(max_length=8, blank=True)

    objects: ClassVar[TenantQuerySet[SourceFile]] = TenantQuerySet.as_manager()  # type: ignore[assignment]

    class Meta:
        """In the order in which they were given; one name once."""

        ordering: ClassVar = ["pk"]
        constraints: ClassVar = [models.UniqueConstraint(fields=["batch", "name"], name="one_file_of_a_name")]

    def __str__(self) -> str:
        return self.name


class Evidence(TenantModel):
    """A bill, a photograph, a sheet that stands behind rows of a batch. It is withdrawn or replaced, never deleted.

    kind  by its content: pdf, png, jpeg, gif, webp, heic, csv, xlsx, xls, ods
    rows  the ids of the rows to which a person attached it; empty: those that name it, else the batch
    """

    batch = models.ForeignKey(Batch, on_delete=models.CASCADE, related_name="evidence")
    name = models.CharField(max_length=255)
    digest = models.CharField(max_length=64)
    bytes = models.PositiveBigIntegerField()
    kind = models.CharField(max_length=8)
    rows = models.JSONField(default=list)
    added_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    added_at = models.DateTimeField(auto_now_add=True)
    withdrawn_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+")
    withdrawn_at = models.DateTimeField(null=True)
    reason = models.CharField(_("Reason"), max_length=300, blank=True)
    replaced_by = models.ForeignKey("self", on_delete=models.SET_NULL, null=True, related_name="replaces")

    stands_for: list[str]  # ids of rows, put there by the page

    objects: ClassVar[TenantQuerySet[Evidence]] = TenantQuerySet.as_manager()  # type: ignore[assignment]

    class Meta:
        """In the order in which they were added."""

        ordering: ClassVar = ["pk"]
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=Q(withdrawn_at=None, withdrawn_by=None)
                | Q(withdrawn_at__isnull=False, withdrawn_by__isnull=False) & ~Q(reason=""),
                name="evidence_is_withdrawn_by_somebody",
            )
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def is_picture(self) -> bool:
        """Whether browsers show it as an image."""
        return self.kind in ("png", "jpeg", "gif", "webp")


class TypedQuerySet(OwnedQuerySet["Typed"]):
    """What was typed: nobody sees what another is typing."""

    owner = "person"

    def visible_to(self, user: User) -> Self:
        """One's own, in the organisations to which one belongs now."""
        return super().visible_to(user).filter(person_id=user.pk)


class Typed(TenantModel):
    """What a person is typing into the grid and has not sent: kept while he types, until he sends it.

    batch  whose rows are typed again; None: those of a new one
    """

    person = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+")
    batch = models.ForeignKey(Batch, on_delete=models.CASCADE, null=True, related_name="+")
    name = models.CharField(max_length=200, blank=True)
    rows = models.JSONField(default=list)
    saved_at = models.DateTimeField(auto_now=True)

    objects: ClassVar[TypedQuerySet] = TypedQuerySet.as_manager()  # type: ignore[assignment]

    class Meta:
        """One at a time for a batch, and one for a new one."""

        constraints: ClassVar = [
            models.UniqueConstraint(fields=["organisation", "person", "batch"], name="one_typing_of_a_batch"),
            models.UniqueConstraint(
                fields=["organisation", "person"], condition=Q(batch=None), name="one_typing_of_a_new_batch"
            ),
        ]


class Remembered(TenantModel):
    """How sheets with these headers were read last time."""

    signature = models.CharField(max_length=64)
    mapping = models.JSONField(default=dict)
    used_at = models.DateTimeField(auto_now=True)

    objects: ClassVar[TenantQuerySet[Remembered]] = TenantQuerySet.as_manager()  # type: ignore[assignment]

    class Meta:
        """One for each form of sheet."""

        constraints: ClassVar = [
            models.UniqueConstraint(fields=["organisation", "signature"], name="one_memory_of_a_form")
        ]


class Pace(models.TextChoices):
    """How often a source has data."""

    MONTH = "month", _("Monthly")
    QUARTER = "quarter", _("Quarterly")
    YEAR = "year", _("Yearly")


class SourcePace(TenantModel):
    """That a source (an activity of a facility) has data by the quarter or by the year; the others have by the month."""

    facility = models.CharField(max_length=500)
    activity = models.CharField(max_length=200)
    pace = models.CharField(max_length=8, choices=Pace.choices)
    set_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    set_at = models.DateTimeField(auto_now=True)

    objects: ClassVar[TenantQuerySet[SourcePace]] = TenantQuerySet.as_manager()  # type: ignore[assignment]

    class Meta:
        """One for a source."""

        constraints: ClassVar = [
            models.UniqueConstraint(fields=["organisation", "facility", "activity"], name="one_pace_of_a_source")
        ]


class PeriodLock(TenantModel):
    """Months that are closed, first and last inclusive: no batch that touches them is submitted or approved while they are."""

    first_month = models.DateField(_("From"))
    last_month = models.DateField(_("To"))
    closed_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    closed_at = models.DateTimeField(auto_now_add=True)
    reason = models.CharField(_("Reason"), max_length=300, blank=True)
    opened_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+")
    opened_at = models.DateTimeField(null=True)
    opened_reason = models.CharField(_("Reason"), max_length=300, blank=True)

    objects: ClassVar[TenantQuerySet[PeriodLock]] = TenantQuerySet.as_manager()  # type: ignore[assignment]

    class Meta:
        """The latest months first."""

        ordering: ClassVar = ["-last_month", "-pk"]
        constraints: ClassVar = [
            models.CheckConstraint(condition=Q(first_month__lte=F("last_month")), name="lock_begins_before_it_ends"),
            models.CheckConstraint(
                condition=Q(opened_at=None, opened_by=None) | Q(opened_at__isnull=False, opened_by__isnull=False),
                name="a_lock_is_opened_by_somebody",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.first_month:%Y-%m} – {self.last_month:%Y-%m}"

    def holds(self, month: str) -> bool:
        """Whether the month (``2024-01``) is closed by it."""
        return self.opened_at is None and f"{self.first_month:%Y-%m}" <= month <= f"{self.last_month:%Y-%m}"


def month_of(text: str) -> date:
    """``2024-01`` as its first day; ValueError when it is none."""
    return date.fromisoformat(f"{text}-01")


Json = dict[str, Any]
