"""A job: what is to be done, how far it is, what came of it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from hengtan.web.organisations.owned import OwnedQuerySet
from hengtan.web.organisations.tenancy import TenantModel, new_key

from . import registry

if TYPE_CHECKING:
    pass


class State(models.TextChoices):
    """Queued and running are under way; the others are the end, until it is tried again."""

    QUEUED = "queued", _("Waiting")
    RUNNING = "running", _("Running")
    DONE = "done", _("Done")
    FAILED = "failed", _("Failed")
    CANCELLED = "cancelled", _("Cancelled")


UNDER_WAY = (State.QUEUED, State.RUNNING)


class JobQuerySet(OwnedQuerySet["Job"]):
    """Jobs: one's own; those of others to who reads the whole organisation."""


class Job(TenantModel):
    """One piece of long work.

    kind        the handler, ``app.what``; ``arguments`` are what it is given
    done total  how far it is, in what the phase counts; total 0: not known
    problems    what the person gave wrong: code, place, reason and mend in both languages
    reference   of an internal error, to be found in the log
    attempts    how often a worker took it; who writes with an older number is no longer heard
    worker      who has it, as ``worker.alive`` understands it
    """

    key = models.CharField(max_length=16, unique=True, default=new_key, editable=False)
    kind = models.CharField(max_length=60)
    arguments = models.JSONField(default=dict)
    state = models.CharField(max_length=10, choices=State.choices, default=State.QUEUED)
    phase = models.CharField(max_length=60, blank=True)
    done = models.PositiveBigIntegerField(default=0)
    total = models.PositiveBigIntegerField(default=0)
    result = models.JSONField(default=dict)
    problems = models.JSONField(default=list)
    reference = models.CharField(max_length=20, blank=True)
    attempts = models.PositiveSmallIntegerField(default=0)
    worker = models.CharField(max_length=80, blank=True)
    cancel_asked = models.BooleanField(default=False)
    created_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    created_at = models.DateTimeField(auto_now_add=True)
    started_at = models.DateTimeField(null=True, blank=True)
    heartbeat_at = models.DateTimeField(null=True, blank=True)
    ended_at = models.DateTimeField(null=True, blank=True)

    objects: ClassVar[JobQuerySet] = JobQuerySet.as_manager()  # type: ignore[assignment]

    class Meta:
        """The newest first; what is under way is found without the rest."""

        ordering: ClassVar = ["-pk"]
        indexes: ClassVar = [
            models.Index(fields=["id"], name="jobs_under_way", condition=Q(state__in=["queued", "running"])),
            models.Index(fields=["organisation", "-id"], name="jobs_of_organisation"),
        ]

    def __str__(self) -> str:
        return str(self.title)

    @property
    def title(self) -> str | Promise:
        """What it does, in words."""
        return registry.title(self.kind)

    @property
    def phase_title(self) -> str | Promise:
        """What it does at the moment."""
        return registry.phase(self.kind, self.phase)

    @property
    def is_over(self) -> bool:
        """Nothing more happens unless somebody asks."""
        return self.state not in UNDER_WAY

    @property
    def percent(self) -> int | None:
        """How much of the phase is done; None when that is not known."""
        return min(100, 100 * self.done // self.total) if self.total else None

    @property
    def href(self) -> str:
        """Where its result is seen; empty when nowhere."""
        return registry.address(self)

    def told(self, lang: str) -> list[dict[str, Any]]:
        """Its problems in one language: code, place, reason, mend."""
        return [
            {"code": each["code"], **{name: each[name].get(lang, "") for name in ("place", "reason", "mend")}}
            for each in self.problems
        ]
