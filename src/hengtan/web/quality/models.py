"""Reporting entities, the versions of their quality plans, the evidence of their months, filings, reminders."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING, Any, ClassVar, Self

from django.conf import settings
from django.core.validators import MinValueValidator
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from hengtan.sectors.quality import REASONS
from hengtan.web.organisations.models import Membership, Organisation
from hengtan.web.organisations.owned import OwnedQuerySet
from hengtan.web.organisations.roles import MAY, Act
from hengtan.web.organisations.tenancy import TenantModel, TenantQuerySet, new_key
from hengtan.web.statements.models import OPEN, PERSON, State
from hengtan.web.vault.models import Outbox

if TYPE_CHECKING:
    from hengtan.web.accounts.models import User


class EntityQuerySet(OwnedQuerySet["ReportingEntity"]):
    """Entities: all of them to who reads the whole; one's own and those for which one gathers evidence to everybody."""

    def visible_to(self, user: User) -> Self:
        """See the class."""
        if not user.is_authenticated:
            return self.none()
        mine = Membership.objects.filter(user_id=user.pk, ended_at__isnull=True)
        own = Q(assignee_id=user.pk, organisation__in=mine.values("organisation"))
        return self.filter(Q(pk__in=super().visible_to(user).values("pk")) | own)


class ReportingEntity(TenantModel):
    """An enterprise that accounts by a guideline (重点排放单位). Statements belong to it that bear its name and guideline.

    assignee  who gathers the evidence of its months and is reminded of it
    """

    organisation = models.ForeignKey(Organisation, on_delete=models.CASCADE, related_name="reporting_entities")
    key = models.CharField(max_length=16, unique=True, default=new_key, editable=False)
    name = models.CharField(_("Enterprise"), max_length=120)
    method = models.CharField(_("Guideline"), max_length=60)
    assignee = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, blank=True, **PERSON)
    created_by = models.ForeignKey(settings.AUTH_USER_MODEL, **PERSON)
    created_at = models.DateTimeField(auto_now_add=True)
    sample = models.BooleanField(default=False)

    objects: ClassVar[EntityQuerySet] = EntityQuerySet.as_manager()  # type: ignore[assignment]

    class Meta:
        """By name; an enterprise once for each guideline."""

        ordering: ClassVar = ["name", "pk"]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["organisation", "name", "method"], name="entity_once_by_guideline")
        ]

    def __str__(self) -> str:
        return self.name


class OfEntity(TenantQuerySet[Any]):
    """What belongs to an entity is seen by who sees the entity."""

    def visible_to(self, user: User) -> Self:
        """See the class."""
        return self.filter(entity__in=ReportingEntity.objects.visible_to(user))


class Plan(TenantModel):
    """One version of a data quality control plan. An approved one never changes; a change is a new version with a reason.

    year        for which it is made; valid_from: from which day it counts, once approved
    why         one of ``hengtan.sectors.quality.REASONS``, "" for the first; reason: in words
    body        what ``hengtan.sectors.quality.body`` says; digest: of it in the vault, from when it is submitted
    """

    organisation = models.ForeignKey(Organisation, on_delete=models.CASCADE, related_name="quality_plans")
    entity = models.ForeignKey(ReportingEntity, on_delete=models.CASCADE, related_name="plans")
    key = models.CharField(max_length=16, unique=True, default=new_key, editable=False)
    version = models.PositiveSmallIntegerField(validators=[MinValueValidator(1)])
    year = models.PositiveSmallIntegerField()
    state = models.CharField(max_length=12, choices=State.choices, default=State.DRAFT)
    why = models.CharField(max_length=12, blank=True)
    reason = models.CharField(_("Reason"), max_length=500, blank=True)
    valid_from = models.DateField()
    body = models.JSONField(default=dict)
    digest = models.CharField(max_length=64, blank=True)
    supersedes = models.ForeignKey(
        "self", on_delete=models.PROTECT, null=True, blank=True, related_name="superseded_by"
    )
    created_by = models.ForeignKey(settings.AUTH_USER_MODEL, **PERSON)
    created_at = models.DateTimeField(auto_now_add=True)
    changed_at = models.DateTimeField(auto_now=True)
    submitted_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, **PERSON)
    submitted_at = models.DateTimeField(null=True)
    decided_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, **PERSON)
    decided_at = models.DateTimeField(null=True)
    comment = models.TextField(blank=True)
    entry = models.ForeignKey(Outbox, on_delete=models.PROTECT, null=True, related_name="+")

    objects: ClassVar[OfEntity] = OfEntity.as_manager()  # type: ignore[assignment]

    class Meta:
        """The newest version first; nobody approves what he made; one open version at a time."""

        ordering: ClassVar = ["entity__name", "-version"]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["entity", "version"], name="quality_plan_version_once"),
            models.UniqueConstraint(
                fields=["entity"],
                condition=Q(state__in=("draft", "submitted", "returned")),
                name="one_open_quality_plan",
            ),
            models.CheckConstraint(
                condition=~Q(state__in=(State.APPROVED, State.SUPERSEDED))
                | (Q(decided_by__isnull=False) & ~Q(decided_by=F("created_by")) & ~Q(decided_by=F("submitted_by"))),
                name="quality_plan_four_eyes",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.entity} V{self.version}"

    @property
    def is_open(self) -> bool:
        """Whether it can be changed."""
        return self.state in OPEN

    @property
    def sample(self) -> bool:
        """Whether it is of an invented enterprise."""
        return self.entity.sample

    @property
    def label(self) -> str:
        """V1, V2."""
        return f"V{self.version}"

    def why_in(self, lang: str) -> str:
        """The reason of the revision as the guideline puts it; "" for the first version."""
        return REASONS[self.why][lang == "zh"] if self.why in REASONS else ""


class MonthEvidence(TenantModel):
    """A file that stands behind values of a month. It is withdrawn with a reason or replaced, never deleted.

    month       its first day; stands_for: [[process, unit, parameter], ...]
    """

    organisation = models.ForeignKey(Organisation, on_delete=models.CASCADE, related_name="month_evidence")
    entity = models.ForeignKey(ReportingEntity, on_delete=models.CASCADE, related_name="evidence")
    month = models.DateField()
    stands_for = models.JSONField(default=list)
    name = models.CharField(max_length=255)
    digest = models.CharField(max_length=64)
    bytes = models.PositiveBigIntegerField()
    kind = models.CharField(max_length=8)
    added_by = models.ForeignKey(settings.AUTH_USER_MODEL, **PERSON)
    added_at = models.DateTimeField(auto_now_add=True)
    withdrawn_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, **PERSON)
    withdrawn_at = models.DateTimeField(null=True)
    reason = models.CharField(_("Reason"), max_length=300, blank=True)

    objects: ClassVar[OfEntity] = OfEntity.as_manager()  # type: ignore[assignment]

    class Meta:
        """In the order in which they came."""

        ordering: ClassVar = ["pk"]
        indexes: ClassVar = [models.Index(fields=["entity", "month"], name="evidence_of_month")]
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=Q(withdrawn_at=None, withdrawn_by=None)
                | Q(withdrawn_at__isnull=False, withdrawn_by__isnull=False) & ~Q(reason=""),
                name="month_evidence_is_withdrawn_by_somebody",
            )
        ]

    def __str__(self) -> str:
        return self.name


class Filing(TenantModel):
    """That the evidence of a month was put on the management platform, as a person says; the last one counts.

    filed_on  the day that he says; made_at: when he said it; receipt: what the platform gave
    """

    organisation = models.ForeignKey(Organisation, on_delete=models.CASCADE, related_name="month_filings")
    entity = models.ForeignKey(ReportingEntity, on_delete=models.CASCADE, related_name="filings")
    month = models.DateField()
    filed_on = models.DateField()
    receipt = models.CharField(max_length=120, blank=True)
    made_by = models.ForeignKey(settings.AUTH_USER_MODEL, **PERSON)
    made_at = models.DateTimeField(auto_now_add=True)

    objects: ClassVar[OfEntity] = OfEntity.as_manager()  # type: ignore[assignment]

    class Meta:
        """In the order in which they were told."""

        ordering: ClassVar = ["pk"]

    def __str__(self) -> str:
        return f"{self.month:%Y-%m}: {self.filed_on}"


class MonthReminder(TenantModel):
    """That somebody was reminded of a month, or of a calibration: each kind once, also when a worker died in the middle.

    about  the first day of the month, or the day on which a calibration runs out
    """

    class Kind(models.TextChoices):
        """Before, on the last day, after; a calibration that is near."""

        SOON = "soon", _("before it was due")
        DUE = "due", _("on the day")
        OVERDUE = "overdue", _("when it was overdue")
        CALIBRATION = "calibration", _("calibration")

    organisation = models.ForeignKey(Organisation, on_delete=models.CASCADE, related_name="month_reminders")
    entity = models.ForeignKey(ReportingEntity, on_delete=models.CASCADE, related_name="reminders")
    kind = models.CharField(max_length=12, choices=Kind.choices)
    about: date = models.DateField()  # type: ignore[assignment]
    made_at = models.DateTimeField(auto_now_add=True)

    objects: ClassVar[OfEntity] = OfEntity.as_manager()  # type: ignore[assignment]

    class Meta:
        """Each once."""

        constraints: ClassVar = [
            models.UniqueConstraint(fields=["entity", "kind", "about"], name="one_month_reminder_of_a_kind")
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.about}"


# who may see and change what: by the act, and by whose it is
def may_enter(membership: Membership, entity: ReportingEntity) -> bool:
    """Who may enter, for his own entity, the one that is given to him, or as one who runs the inventory."""
    mine = membership.user.pk in (entity.created_by_id, entity.assignee_id)
    return membership.may(Act.ENTER) and (mine or membership.role in MAY[Act.BOUNDARY])
