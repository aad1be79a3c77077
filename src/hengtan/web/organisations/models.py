"""Organisations, memberships, invitations."""

from __future__ import annotations

import hashlib
import secrets
from datetime import timedelta
from typing import TYPE_CHECKING, ClassVar, Self

from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from hengtan.factors.regions import find_region, near_regions

from .roles import MAY, Act, Role
from .tenancy import Row, TenantModel, TenantQuerySet, new_key

if TYPE_CHECKING:
    from hengtan.web.accounts.models import User

INVITATION_LASTS = timedelta(days=7)


class Approach(models.TextChoices):
    """How what is partly owned counts (GHG Protocol Corporate Standard, chapter 3)."""

    OPERATIONAL = "operational_control", _("Operational control")
    FINANCIAL = "financial_control", _("Financial control")
    EQUITY = "equity_share", _("Equity share")


def known_region(code: str) -> None:
    """Refuses what the factor library does not know as a place, and names what comes near."""
    if find_region(code) is None:
        near = ", ".join(near_regions(code, 3))
        raise ValidationError(
            _("“%(code)s” is not a place we know. Near to it: %(near)s.")
            if near
            else _("“%(code)s” is not a place we know. Give a code like CN-33, CA-ON or GB."),
            params={"code": code, "near": near},
        )


class RegionField(models.CharField):  # type: ignore[type-arg]
    """A place by the code that factors know; a name or alias becomes its code."""

    def to_python(self, value: object) -> str:
        """CN-44 for 广东 and Guangdong."""
        text = str(value or "").strip()
        region = find_region(text) if text else None
        return region.code if region else text


class OrganisationQuerySet(models.QuerySet["Organisation"]):
    """Tenants."""

    def visible_to(self, user: User) -> Self:
        """Those to which this person belongs now."""
        if not user.is_authenticated:
            return self.none()
        return self.filter(memberships__user_id=user.pk, memberships__ended_at__isnull=True)


class Organisation(models.Model):
    """A tenant: a company, group, city or park that keeps one inventory."""

    key = models.CharField(max_length=16, unique=True, default=new_key, editable=False)
    name = models.CharField(_("Name of the organisation"), max_length=200)
    region = RegionField(_("Country or region"), max_length=20, validators=[known_region])
    approach = models.CharField(
        _("Consolidation approach"), max_length=24, choices=Approach.choices, default=Approach.OPERATIONAL
    )
    created_at = models.DateTimeField(auto_now_add=True)

    objects: ClassVar[OrganisationQuerySet] = OrganisationQuerySet.as_manager()  # type: ignore[assignment]

    def __str__(self) -> str:
        return self.name


class Membership(TenantModel):
    """A person in an organisation. It is ended, not deleted: what he did keeps its author.

    feeds   how often the addresses of his calendars were renewed (``feeds.py``)
    """

    organisation = models.ForeignKey(Organisation, on_delete=models.CASCADE, related_name="memberships")
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="memberships")
    role = models.CharField(_("Role"), max_length=12, choices=Role.choices)
    facilities = models.ManyToManyField("boundaries.Facility", blank=True, related_name="contributors")
    began_at = models.DateTimeField(auto_now_add=True)
    ended_at = models.DateTimeField(null=True, blank=True)
    feeds = models.PositiveIntegerField(default=0, editable=False)

    objects: ClassVar[TenantQuerySet[Membership]] = TenantQuerySet.as_manager()  # type: ignore[assignment]

    class Meta:
        """One at a time."""

        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["organisation", "user"], condition=models.Q(ended_at__isnull=True), name="one_role_at_a_time"
            )
        ]

    def __str__(self) -> str:
        return f"{self.user}, {self.get_role_display()}"

    def may(self, act: Act) -> bool:
        """Whether the role allows it."""
        return self.ended_at is None and Role(self.role) in MAY[act]


class ConnectedQuerySet(TenantQuerySet[Row]):
    """Rows of whoever connects other systems."""

    def visible_to(self, user: User) -> Self:
        """Those of the organisations where this person may do that now."""
        if not user.is_authenticated:
            return self.none()
        mine = Membership.objects.filter(user_id=user.pk, ended_at__isnull=True, role__in=MAY[Act.CONNECT])
        return self.filter(organisation__in=mine.values("organisation"))


class Invitation(TenantModel):
    """A link that lets one person in, once, for a week. Only the hash of its token is stored."""

    organisation = models.ForeignKey(Organisation, on_delete=models.CASCADE, related_name="invitations")
    email = models.EmailField(_("E-mail"))
    role = models.CharField(_("Role"), max_length=12, choices=Role.choices, default=Role.CONTRIBUTOR)
    facilities = models.ManyToManyField("boundaries.Facility", blank=True, related_name="+")
    token_sha256 = models.CharField(max_length=64, unique=True, editable=False)
    invited_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    created_at = models.DateTimeField(auto_now_add=True)
    expires_at = models.DateTimeField()
    accepted_at = models.DateTimeField(null=True, blank=True)
    revoked_at = models.DateTimeField(null=True, blank=True)

    objects: ClassVar[TenantQuerySet[Invitation]] = TenantQuerySet.as_manager()  # type: ignore[assignment]

    def __str__(self) -> str:
        return self.email

    @property
    def is_open(self) -> bool:
        """Whether its link still works."""
        return self.accepted_at is None and self.revoked_at is None and self.expires_at > timezone.now()

    def renew(self) -> str:
        """A new token, whose link works from now on; the old one no longer does."""
        token = secrets.token_urlsafe(32)
        self.token_sha256 = hashed(token)
        self.expires_at = timezone.now() + INVITATION_LASTS
        return token


class Installation(models.Model):
    """One row, made by the first run: who is second finds it there."""

    id = models.PositiveSmallIntegerField(primary_key=True, default=1)
    began_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        """Only one."""

        constraints: ClassVar = [models.CheckConstraint(condition=models.Q(id=1), name="one_installation")]


class Tally(models.Model):
    """How often something was done since its window began, by all processes together; see ``limits``."""

    key = models.CharField(max_length=200, primary_key=True)
    taken = models.BigIntegerField()
    until_ms = models.BigIntegerField(db_index=True)

    def __str__(self) -> str:
        return self.key


def hashed(token: str) -> str:
    """SHA-256 of a token."""
    return hashlib.sha256(token.encode()).hexdigest()
