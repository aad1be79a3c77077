"""A statement: the values of one year by one guideline, what they come to, and who vouched for them."""

from __future__ import annotations

from typing import Any, ClassVar

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from hengtan.web.organisations.models import Organisation
from hengtan.web.organisations.owned import OwnedQuerySet
from hengtan.web.organisations.tenancy import TenantModel, new_key
from hengtan.web.vault.models import Outbox

PERSON: dict[str, Any] = {"on_delete": models.PROTECT, "related_name": "+"}


class State(models.TextChoices):
    """Where a statement stands. An approved one never changes; a correction is a new one that takes its place."""

    DRAFT = "draft", _("Draft")
    SUBMITTED = "submitted", _("Submitted")
    APPROVED = "approved", _("Approved")
    RETURNED = "returned", _("Returned")
    SUPERSEDED = "superseded", _("Superseded")


OPEN = (State.DRAFT, State.RETURNED)


class StatementQuerySet(OwnedQuerySet["Statement"]):
    """Who reads the whole sees all of them; who entered one sees it."""


class Statement(TenantModel):
    """One enterprise, one year, one guideline.

    rows      list of the columns of ``hengtan.sectors.statement.COLUMNS`` as text, in the order of the form
    record    what ``hengtan.sectors.record`` makes of them; problems: what is wrong, in both languages
    digest    of the statement file that was submitted, in the vault; record_digest: of its statement.json
    sample    synthetic, and told so where it is shown
    """

    organisation = models.ForeignKey(Organisation, on_delete=models.CASCADE, related_name="statements")
    key = models.CharField(max_length=16, unique=True, default=new_key, editable=False)
    name = models.CharField(_("Name"), max_length=120)
    method = models.CharField(_("Guideline"), max_length=60)
    year = models.PositiveSmallIntegerField(_("Year"))
    about = models.JSONField(default=dict)
    state = models.CharField(max_length=12, choices=State.choices, default=State.DRAFT)
    rows = models.JSONField(default=list)
    record = models.JSONField(default=dict)
    problems = models.JSONField(default=list)
    rejected = models.PositiveIntegerField(default=0)
    errors = models.PositiveIntegerField(default=0)
    digest = models.CharField(max_length=64, blank=True)
    record_digest = models.CharField(max_length=64, blank=True)
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
    sample = models.BooleanField(default=False)

    objects: ClassVar[StatementQuerySet] = StatementQuerySet.as_manager()  # type: ignore[assignment]

    class Meta:
        """The newest first; nobody approves what he entered."""

        ordering: ClassVar = ["-year", "-pk"]
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=~Q(state=State.APPROVED)
                | (~Q(decided_by=F("created_by")) & ~Q(decided_by=F("submitted_by"))),
                name="statement_four_eyes",
            )
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def is_open(self) -> bool:
        """Whether it can be changed."""
        return self.state in OPEN
