"""What an organisation brings of its own: factors, resolution policies, methods.

Each is a proposal that one person makes and another decides on. What is approved is never edited: a correction is a new
version that takes its place, and both stay to be seen.
"""

from __future__ import annotations

from typing import Any, ClassVar

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from hengtan.web.activities.models import OPEN, State
from hengtan.web.jobs.models import Job
from hengtan.web.organisations.models import Organisation
from hengtan.web.organisations.tenancy import TenantModel, TenantQuerySet, new_key

Json = dict[str, Any]


def decided_by_two(name: str) -> list[models.BaseConstraint]:
    """Four eyes and the history, kept by the database too; ``name`` makes the names of the constraints differ."""
    return [
        models.CheckConstraint(
            condition=~Q(decided_by=F("created_by")) & ~Q(decided_by=F("submitted_by")) | Q(decided_by=None),
            name=f"nobody_decides_on_own_{name}",
        ),
        models.CheckConstraint(
            condition=Q(state="draft")
            | Q(state="returned", decided_by__isnull=False)
            | Q(state="submitted", submitted_by__isnull=False, submitted_at__isnull=False)
            | Q(
                state__in=["approved", "superseded"],
                submitted_by__isnull=False, decided_by__isnull=False, decided_at__isnull=False,
            ),
            name=f"{name}_says_who_and_when",
        ),
    ]  # fmt: skip


class Proposal(TenantModel):
    """Made by one person, decided on by another.

    version     1, 2, 3 of the same thing; reason: why it was made or changed
    sha256      digest of its content among the facts, once submitted
    supersedes  the version whose place it takes when it is approved
    hands       who changed or submitted it beside its maker, by key of the person: nobody of them decides
    """

    organisation = models.ForeignKey(Organisation, on_delete=models.CASCADE, related_name="+")
    key = models.CharField(max_length=16, unique=True, default=new_key, editable=False)
    version = models.PositiveIntegerField(default=1)
    state = models.CharField(max_length=12, choices=State.choices, default=State.DRAFT)
    reason = models.TextField(_("Reason"), blank=True)
    comment = models.TextField(blank=True)
    sha256 = models.CharField(max_length=64, blank=True)
    supersedes: Any = models.ForeignKey(
        "self", on_delete=models.PROTECT, null=True, blank=True, related_name="successors"
    )
    created_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    created_at = models.DateTimeField(auto_now_add=True)
    submitted_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+")
    submitted_at = models.DateTimeField(null=True)
    decided_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+")
    decided_at = models.DateTimeField(null=True)
    superseded_at = models.DateTimeField(null=True)
    hands = models.JSONField(default=list, editable=False)

    class Meta:
        """No table of its own."""

        abstract = True

    @property
    def is_open(self) -> bool:
        """Whether who made it may still change it."""
        return self.state in OPEN

    @property
    def named(self) -> str:
        """What people call it: an id with its version."""
        raise NotImplementedError


class OwnFactor(Proposal):
    """An emission factor of the organisation.

    cells     the 28 columns of a factor file, as text, as they were typed
    document  digest of the source document among the facts
    warnings  what the quality gate told when it was submitted, in both languages
    """

    factor_id = models.CharField(max_length=200)
    cells = models.JSONField(default=dict)
    warnings = models.JSONField(default=list)
    document = models.CharField(max_length=64, blank=True)
    document_name = models.CharField(max_length=255, blank=True)
    document_bytes = models.PositiveBigIntegerField(default=0)
    document_kind = models.CharField(max_length=8, blank=True)

    objects: ClassVar[TenantQuerySet[OwnFactor]] = TenantQuerySet.as_manager()  # type: ignore[assignment]

    class Meta:
        """The newest first; of one id one version counts."""

        ordering: ClassVar = ["-pk"]
        indexes: ClassVar = [models.Index(fields=["organisation", "state"], name="own_factors_by_state")]
        constraints: ClassVar = [
            *decided_by_two("factor"),
            models.UniqueConstraint(
                fields=["organisation", "factor_id"], condition=Q(state="approved"), name="one_approved_factor_of_an_id"
            ),
            models.UniqueConstraint(fields=["organisation", "factor_id", "version"], name="one_factor_of_a_version"),
        ]

    def __str__(self) -> str:
        return self.named

    @property
    def named(self) -> str:
        """OWN-steam v2."""
        return f"{self.factor_id} v{self.version}"


class OwnPolicy(Proposal):
    """Rules by which factors are chosen, in place of those that ship. One is in force.

    body    the policy file, YAML
    effect  what it would change in the approved activities: see ``effects``; empty until that is computed
    """

    body = models.TextField()
    effect = models.JSONField(default=dict)
    job = models.ForeignKey(Job, on_delete=models.SET_NULL, null=True, related_name="+")

    objects: ClassVar[TenantQuerySet[OwnPolicy]] = TenantQuerySet.as_manager()  # type: ignore[assignment]

    class Meta:
        """The newest first."""

        ordering: ClassVar = ["-version"]
        constraints: ClassVar = [
            *decided_by_two("policy"),
            models.UniqueConstraint(
                fields=["organisation"], condition=Q(state="approved"), name="one_policy_in_force"
            ),
            models.UniqueConstraint(fields=["organisation", "version"], name="one_policy_of_a_version"),
        ]  # fmt: skip

    def __str__(self) -> str:
        return self.named

    @property
    def named(self) -> str:
        """policy-v3: how rows and reports name it."""
        return f"policy-v{self.version}"


class OwnMethod(Proposal):
    """An equation of the organisation, with the case that proves it.

    body  the method file, YAML; case: what is given and what must be reached; reached: what was, when it was submitted
    """

    method_id = models.CharField(max_length=80)
    body = models.TextField()
    case = models.JSONField(default=dict)
    reached = models.JSONField(default=dict)

    objects: ClassVar[TenantQuerySet[OwnMethod]] = TenantQuerySet.as_manager()  # type: ignore[assignment]

    class Meta:
        """The newest first; of one id one version counts."""

        ordering: ClassVar = ["-pk"]
        constraints: ClassVar = [
            *decided_by_two("method"),
            models.UniqueConstraint(
                fields=["organisation", "method_id"], condition=Q(state="approved"), name="one_approved_method_of_an_id"
            ),
            models.UniqueConstraint(fields=["organisation", "method_id", "version"], name="one_method_of_a_version"),
        ]

    def __str__(self) -> str:
        return self.named

    @property
    def named(self) -> str:
        """own-boiler v1."""
        return f"{self.method_id} v{self.version}"
