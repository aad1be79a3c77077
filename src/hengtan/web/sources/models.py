"""Sources, their runs, what was taken, what stands in the way, and readings of meters."""

from __future__ import annotations

from typing import ClassVar
from zoneinfo import available_timezones

from django.conf import settings as installation
from django.core.exceptions import ValidationError
from django.db import models
from django.db.models import Q
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy as pgettext

from hengtan.connectors.plugins import Connector, connectors
from hengtan.web.activities.models import Batch
from hengtan.web.jobs.models import Job
from hengtan.web.jobs.models import State as JobState
from hengtan.web.organisations.models import ConnectedQuerySet
from hengtan.web.organisations.tenancy import TenantModel, new_key


class Rhythm(models.TextChoices):
    """How often."""

    MINUTES = "minutes", _("every so many minutes")
    DAILY = "daily", _("every day")
    WEEKLY = "weekly", _("every week")
    MONTHLY = "monthly", _("every month")


class Step(models.TextChoices):
    """How far a file is that came in."""

    OUTLINE = "outline", _("is looked into")
    CHECK = "check", _("is checked")
    SUBMIT = "submit", _("is submitted")
    DONE = "done", pgettext("file of a source", "submitted")
    STUCK = "stuck", _("waits for a person")


UNDER_WAY = (Step.OUTLINE, Step.CHECK, Step.SUBMIT)


class IssueState(models.TextChoices):
    """Of what stands in the way."""

    OPEN = "open", pgettext("issue", "open")
    SOLVED = "solved", pgettext("issue", "solved")
    IGNORED = "ignored", pgettext("issue", "ignored")


class SourceQuerySet(ConnectedQuerySet["Source"]):
    """Sources."""


class SourceRunQuerySet(ConnectedQuerySet["SourceRun"]):
    """Runs of sources."""


class TakenQuerySet(ConnectedQuerySet["Taken"]):
    """What came in."""


class IssueQuerySet(ConnectedQuerySet["Issue"]):
    """What stands in the way."""


class MeterQuerySet(ConnectedQuerySet["Meter"]):
    """Meters."""


class MeterReadingQuerySet(ConnectedQuerySet["MeterReading"]):
    """Readings."""


def known_zone(name: str) -> None:
    """A time zone of the world."""
    if name not in available_timezones():
        raise ValidationError(_("“%(name)s” is no time zone; give one like Asia/Shanghai."), params={"name": name})


class Source(TenantModel):
    """A connector with its settings and its hours.

    settings  what is no secret; secrets: the rest, sealed JSON
    words     the company's own names of units and activity types: {"unit": {"度": "kWh"}}
    partial   rows that are refused do not keep the others of their file back
    run_by    in whose name its batches are submitted: who set it up last, who therefore does not approve them
    """

    key = models.CharField(max_length=16, unique=True, default=new_key, editable=False)
    name = models.CharField(_("Name"), max_length=100)
    connector = models.CharField(max_length=60)
    settings = models.JSONField(default=dict)
    secrets = models.TextField(blank=True)
    words = models.JSONField(default=dict)
    partial = models.BooleanField(default=False)
    facilities = models.ManyToManyField("boundaries.Facility", blank=True, related_name="+")
    rhythm = models.CharField(max_length=8, choices=Rhythm.choices, default=Rhythm.DAILY)
    minutes = models.PositiveSmallIntegerField(default=60)
    at = models.TimeField()
    weekday = models.PositiveSmallIntegerField(default=0)
    day = models.PositiveSmallIntegerField(default=3)
    zone = models.CharField(max_length=60, default="UTC", validators=[known_zone])
    is_on = models.BooleanField(default=False)
    next_at = models.DateTimeField(null=True, blank=True)
    run_by = models.ForeignKey(installation.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    created_at = models.DateTimeField(auto_now_add=True)

    objects: ClassVar[SourceQuerySet] = SourceQuerySet.as_manager()  # type: ignore[assignment]

    class Meta:
        """As they were made; those whose hour comes are found without the rest."""

        ordering: ClassVar = ["pk"]
        indexes: ClassVar = [models.Index(fields=["next_at"], name="sources_due", condition=Q(is_on=True))]

    def __str__(self) -> str:
        return self.name

    @property
    def plug(self) -> Connector | None:
        """None when it is no longer installed."""
        return connectors().get(self.connector)


class SourceRun(TenantModel):
    """One fetch. result: counts; of a dry run what would come in."""

    source = models.ForeignKey(Source, on_delete=models.CASCADE, related_name="runs")
    job = models.ForeignKey(Job, on_delete=models.SET_NULL, null=True, related_name="+")
    dry = models.BooleanField(default=False)
    asked_at = models.DateTimeField(auto_now_add=True)
    ended_at = models.DateTimeField(null=True, blank=True)
    failed = models.BooleanField(default=False)
    result = models.JSONField(default=dict)

    objects: ClassVar[SourceRunQuerySet] = SourceRunQuerySet.as_manager()  # type: ignore[assignment]

    class Meta:
        """The newest first."""

        ordering: ClassVar = ["-pk"]

    def __str__(self) -> str:
        return f"{self.asked_at:%Y-%m-%d %H:%M}"

    @property
    def state(self) -> str:
        """``waiting``, ``running``, ``done`` or ``failed``."""
        if self.ended_at is not None:
            return "failed" if self.failed else "done"
        if self.job is None or self.job.state in (JobState.FAILED, JobState.CANCELLED, JobState.DONE):
            return "failed"
        return "waiting" if self.job.state == JobState.QUEUED else "running"

    @property
    def state_title(self) -> str | Promise:
        """In words."""
        return STATES[self.state]


STATES: dict[str, str | Promise] = {
    "waiting": pgettext("run of a source", "Waiting"),
    "running": pgettext("run of a source", "Running"),
    "done": pgettext("run of a source", "Done"),
    "failed": pgettext("run of a source", "Failed"),
}


class Taken(TenantModel):
    """What came in, so that it never does twice.

    key     ``sha256:...`` of a file, or what the connector calls it (``aws/spend/2026-01``)
    digest  of the content that stands in the vault; mark: by which the connector knows it
    """

    source = models.ForeignKey(Source, on_delete=models.CASCADE, related_name="taken")
    key = models.CharField(max_length=200)
    digest = models.CharField(max_length=64)
    mark = models.CharField(max_length=400, blank=True)
    name = models.CharField(max_length=255)
    batch = models.ForeignKey(Batch, on_delete=models.SET_NULL, null=True, related_name="+")
    step = models.CharField(max_length=8, choices=Step.choices, default=Step.OUTLINE)
    at = models.DateTimeField(auto_now_add=True)

    objects: ClassVar[TakenQuerySet] = TakenQuerySet.as_manager()  # type: ignore[assignment]

    class Meta:
        """The newest first."""

        ordering: ClassVar = ["-pk"]
        constraints: ClassVar = [models.UniqueConstraint(fields=["source", "key"], name="taken_once")]
        indexes: ClassVar = [
            models.Index(fields=["source", "mark"], name="taken_by_mark"),
            models.Index(fields=["id"], name="taken_under_way", condition=~Q(step="done")),
        ]

    def __str__(self) -> str:
        return self.name


class Issue(TenantModel):
    """What could not come in, until it is solved or somebody says why it may be left.

    key      the same for the same thing, however often it is met
    problem  code, reason and mend in both languages, as jobs keep them
    digest   of the content, where there is one that could still be taken
    """

    source = models.ForeignKey(Source, on_delete=models.CASCADE, related_name="issues")
    key = models.CharField(max_length=300)
    name = models.CharField(max_length=255)
    problem = models.JSONField(default=dict)
    digest = models.CharField(max_length=64, blank=True)
    taken = models.ForeignKey(Taken, on_delete=models.CASCADE, null=True, related_name="issues")
    state = models.CharField(max_length=8, choices=IssueState.choices, default=IssueState.OPEN)
    count = models.PositiveIntegerField(default=1)
    first_at = models.DateTimeField(auto_now_add=True)
    last_at = models.DateTimeField(auto_now=True)
    closed_by = models.ForeignKey(installation.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+")
    closed_reason = models.CharField(max_length=300, blank=True)

    objects: ClassVar[IssueQuerySet] = IssueQuerySet.as_manager()  # type: ignore[assignment]

    class Meta:
        """The newest first."""

        ordering: ClassVar = ["-pk"]
        constraints: ClassVar = [models.UniqueConstraint(fields=["source", "key"], name="one_issue_of_a_key")]

    def __str__(self) -> str:
        return self.name


class Meter(TenantModel):
    """A meter that tells its register.

    what    facility, activity type, unit
    closed  the midnight (its day) up to which the use came in; settled: the moment of the reading that stands for it
    """

    source = models.ForeignKey(Source, on_delete=models.CASCADE, related_name="meters")
    name = models.CharField(max_length=200)
    what = models.JSONField(default=dict)
    closed = models.DateField(null=True)
    settled = models.DateTimeField(null=True)

    objects: ClassVar[MeterQuerySet] = MeterQuerySet.as_manager()  # type: ignore[assignment]

    class Meta:
        """By name."""

        ordering: ClassVar = ["name"]
        constraints: ClassVar = [models.UniqueConstraint(fields=["source", "name"], name="one_meter_of_a_name")]

    def __str__(self) -> str:
        return self.name


class MeterReading(TenantModel):
    """What a register showed at a moment."""

    meter = models.ForeignKey(Meter, on_delete=models.CASCADE, related_name="readings")
    at = models.DateTimeField()
    value = models.DecimalField(max_digits=27, decimal_places=12)

    objects: ClassVar[MeterReadingQuerySet] = MeterReadingQuerySet.as_manager()  # type: ignore[assignment]

    class Meta:
        """In the order of time; one at a moment."""

        ordering: ClassVar = ["at"]
        constraints: ClassVar = [models.UniqueConstraint(fields=["meter", "at"], name="one_reading_at_a_moment")]
