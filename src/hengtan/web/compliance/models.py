"""A compliance plan: what was given, what came out, who stands for it."""

from __future__ import annotations

from typing import Any, ClassVar

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from hengtan.web.jobs.models import Job
from hengtan.web.organisations.models import Organisation
from hengtan.web.organisations.tenancy import TenantModel, TenantQuerySet, new_key
from hengtan.web.vault.models import Outbox

PERSON: dict[str, Any] = {"on_delete": models.PROTECT, "related_name": "+"}


class Status(models.TextChoices):
    """What came out."""

    WORKING = "working", _("Planning")
    OPTIMAL = "optimal", _("Proven cheapest")
    WITHIN = "within", _("Within a proven gap")
    INFEASIBLE = "infeasible", _("No plan keeps the rules")


class Step(models.TextChoices):
    """Where it is on its way to approval."""

    DRAFT = "draft", _("Plan drafted")
    SUBMITTED = "submitted", _("Waits for approval")
    APPROVED = "approved", _("Plan approved")
    RETURNED = "returned", _("Plan returned")


class CompliancePlan(TenantModel):
    """What it found never changes; other data make another plan.

    digest   of the input (JSON) in the vault; record: plan.json, empty until the job is done; record_digest: of it in the vault
    cost_cny expected over the scenarios; broken: how many rules the data break
    """

    organisation = models.ForeignKey(Organisation, on_delete=models.CASCADE, related_name="compliance_plans")
    key = models.CharField(max_length=16, unique=True, default=new_key, editable=False)
    title = models.CharField(_("Name"), max_length=200)
    as_of = models.DateField()
    years = models.JSONField(default=list)
    sample = models.BooleanField(default=False)
    digest = models.CharField(max_length=64)
    status = models.CharField(max_length=12, choices=Status.choices, default=Status.WORKING)
    cost_cny = models.DecimalField(max_digits=20, decimal_places=2, null=True)
    gap_t = models.BigIntegerField(default=0)
    broken = models.PositiveIntegerField(default=0)
    record = models.JSONField(default=dict)
    record_digest = models.CharField(max_length=64, blank=True)
    job = models.ForeignKey(Job, on_delete=models.SET_NULL, null=True, related_name="+")
    step = models.CharField(max_length=10, choices=Step.choices, default=Step.DRAFT)
    created_by = models.ForeignKey(settings.AUTH_USER_MODEL, **PERSON)
    created_at = models.DateTimeField(auto_now_add=True)
    submitted_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, **PERSON)
    decided_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, **PERSON)
    decided_at = models.DateTimeField(null=True)
    comment = models.CharField(max_length=1000, blank=True)
    entry = models.ForeignKey(Outbox, on_delete=models.PROTECT, null=True, related_name="+")

    objects: ClassVar[TenantQuerySet[CompliancePlan]] = TenantQuerySet.as_manager()  # type: ignore[assignment]

    class Meta:
        """The newest first; nobody decides about what he made or submitted."""

        ordering: ClassVar = ["-pk"]
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=Q(decided_by=None) | (~Q(decided_by=F("created_by")) & ~Q(decided_by=F("submitted_by"))),
                name="compliance_four_eyes",
            ),
            models.CheckConstraint(
                condition=~Q(step="approved") | Q(decided_by__isnull=False, status__in=["optimal", "within"], broken=0),
                name="compliance_approved_keeps_rules",
            ),
        ]

    def __str__(self) -> str:
        return self.title

    @property
    def is_done(self) -> bool:
        """Whether the job has answered."""
        return self.status != Status.WORKING

    @property
    def is_sound(self) -> bool:
        """Whether it keeps every rule."""
        return self.status in (Status.OPTIMAL, Status.WITHIN) and not self.broken


class Reminder(TenantModel):
    """That people were reminded of something: each stage of each thing once, also when a worker died in the middle.

    about  what, and which of its reminders: ``surrender:2025:...:7``
    """

    organisation = models.ForeignKey(Organisation, on_delete=models.CASCADE, related_name="compliance_reminders")
    about = models.CharField(max_length=300)
    made_at = models.DateTimeField(auto_now_add=True)

    objects: ClassVar[TenantQuerySet[Reminder]] = TenantQuerySet.as_manager()  # type: ignore[assignment]

    class Meta:
        """Each once."""

        constraints: ClassVar = [
            models.UniqueConstraint(fields=["organisation", "about"], name="one_compliance_reminder")
        ]

    def __str__(self) -> str:
        return self.about


class Assigned(TenantModel):
    """A proposal or posting of somebody's own hand that a person says is a step of a plan. The ledger keeps it, also when it is taken back.

    proposal  its number in the book; step: line and kind, ``4:surrender``
    """

    organisation = models.ForeignKey(Organisation, on_delete=models.CASCADE, related_name="compliance_assigned")
    plan = models.ForeignKey(CompliancePlan, on_delete=models.CASCADE, related_name="assigned")
    proposal = models.PositiveBigIntegerField()
    step = models.CharField(max_length=40)
    reason = models.CharField(max_length=300, blank=True)
    assigned_by = models.ForeignKey(settings.AUTH_USER_MODEL, **PERSON)
    assigned_at = models.DateTimeField(auto_now_add=True)

    objects: ClassVar[TenantQuerySet[Assigned]] = TenantQuerySet.as_manager()  # type: ignore[assignment]

    class Meta:
        """Each to one step at most."""

        constraints: ClassVar = [
            models.UniqueConstraint(fields=["organisation", "proposal"], name="one_step_of_a_proposal")
        ]

    def __str__(self) -> str:
        return f"{self.proposal} {self.step}"
