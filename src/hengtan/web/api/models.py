"""Tokens of programs, and the answers that they were given."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from django.conf import settings
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from hengtan.web.organisations.models import Organisation
from hengtan.web.organisations.owned import OwnedQuerySet
from hengtan.web.organisations.roles import Act
from hengtan.web.organisations.tenancy import TenantModel, TenantQuerySet

if TYPE_CHECKING:
    pass


class Scope(models.TextChoices):
    """What a token may do, as far as the role of its person allows it too."""

    READ = "read", _("Read data and results")
    ENTER = "enter", _("Enter data")
    APPROVE = "approve", _("Approve and return data, close months")
    CALCULATE = "calculate", _("Calculate, and choose the run that counts")
    REPORT = "report", _("Prepare, issue and withdraw reports, choose the base year")
    AUDIT = "audit", _("Work in the audit room")
    BOUNDARY = "boundary", _("Change units, facilities and denominators")
    CONNECT = "connect", _("Sources and webhooks")
    PEOPLE = "people", _("Invite people and give roles, change the organisation")


class TokenQuerySet(OwnedQuerySet["Token"]):
    """Tokens: one's own; those of others to who gives the roles."""

    owner = "user"
    all_to = Act.PEOPLE


class Token(TenantModel):
    """Lets a program act for a person in one organisation. Only its hash is stored; ``hint`` is how it begins."""

    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="tokens")
    organisation = models.ForeignKey(Organisation, on_delete=models.CASCADE, related_name="tokens")
    name = models.CharField(_("Name"), max_length=100)
    hint = models.CharField(max_length=12)
    sha256 = models.CharField(max_length=64, unique=True)
    scopes = models.JSONField(default=list)
    created_at = models.DateTimeField(auto_now_add=True)
    expires_at = models.DateTimeField()
    used_at = models.DateTimeField(null=True, blank=True)
    revoked_at = models.DateTimeField(null=True, blank=True)

    objects: ClassVar[TokenQuerySet] = TokenQuerySet.as_manager()  # type: ignore[assignment]

    class Meta:
        """The newest first."""

        ordering: ClassVar = ["-pk"]

    def __str__(self) -> str:
        return self.name

    @property
    def is_open(self) -> bool:
        """Whether it still lets in."""
        return self.revoked_at is None and self.expires_at > timezone.now()

    @property
    def scope_names(self) -> list[str]:
        """What it may do, in words."""
        return [str(Scope(each).label) for each in self.scopes]


class Answer(TenantModel):
    """What a call with an ``Idempotency-Key`` was answered: the same call again gets the same answer, and does nothing."""

    token = models.ForeignKey(Token, on_delete=models.CASCADE, related_name="answers")
    key = models.CharField(max_length=128)
    call = models.CharField(max_length=64)
    status = models.PositiveSmallIntegerField()
    body = models.JSONField()
    created_at = models.DateTimeField(auto_now_add=True)

    objects: ClassVar[TenantQuerySet[Answer]] = TenantQuerySet.as_manager()  # type: ignore[assignment]

    class Meta:
        """One answer for a key."""

        constraints: ClassVar = [models.UniqueConstraint(fields=["token", "key"], name="one_answer_for_a_key")]
