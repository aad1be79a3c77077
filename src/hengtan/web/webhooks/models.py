"""Where events are sent, and what was sent."""

from __future__ import annotations

from datetime import timedelta
from typing import ClassVar
from urllib.parse import urlsplit

from django.conf import settings
from django.db import models
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy as pgettext

from hengtan.web.organisations.models import ConnectedQuerySet
from hengtan.web.organisations.tenancy import TenantModel

PING = "ping"
SOON = timedelta(minutes=1)
EVENTS: dict[str, str | Promise] = {
    "batch.submitted": _("Activity data submitted"),
    "batch.approved": _("Activity data approved"),
    "batch.returned": _("Activity data returned"),
    "run.done": _("A run is calculated"),
    "factor.approved": _("A factor is approved"),
    "report.issued": _("A report is issued"),
}


class State(models.TextChoices):
    """Of a delivery."""

    WAITING = "waiting", pgettext("delivery", "Waiting")
    DONE = "done", pgettext("delivery", "Delivered")
    FAILED = "failed", pgettext("delivery", "Given up")


class EndpointQuerySet(ConnectedQuerySet["Endpoint"]):
    """Endpoints."""


class DeliveryQuerySet(ConnectedQuerySet["Delivery"]):
    """Deliveries."""


class Endpoint(TenantModel):
    """An address of another system that hears events.

    secret, old_secret   sealed; the old one signs beside the new one until ``old_until``
    failing_since        the first failure after which nothing was delivered
    off_reason           why it is off; empty when a person switched it off: ``failing`` or ``gone``
    """

    url = models.CharField(_("Address"), max_length=500)
    note = models.CharField(pgettext("webhook", "What it is for"), max_length=200, blank=True)
    events = models.JSONField(default=list)
    secret = models.TextField()
    old_secret = models.TextField(blank=True)
    old_until = models.DateTimeField(null=True, blank=True)
    is_on = models.BooleanField(default=True)
    failing_since = models.DateTimeField(null=True, blank=True)
    off_at = models.DateTimeField(null=True, blank=True)
    off_reason = models.CharField(max_length=20, blank=True)
    created_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    created_at = models.DateTimeField(auto_now_add=True)

    objects: ClassVar[EndpointQuerySet] = EndpointQuerySet.as_manager()  # type: ignore[assignment]

    class Meta:
        """As they were made."""

        ordering: ClassVar = ["pk"]

    def __str__(self) -> str:
        return self.host

    @property
    def host(self) -> str:
        """What may be told of its address to everybody: the rest may let in whoever knows it."""
        return urlsplit(self.url).netloc

    @property
    def event_names(self) -> list[str]:
        """What it hears, in words."""
        return [str(EVENTS[each]) for each in self.events if each in EVENTS]

    @property
    def has_old_secret(self) -> bool:
        """Whether the one before still signs."""
        return bool(self.old_secret) and self.old_until is not None and self.old_until > timezone.now()


class Delivery(TenantModel):
    """One event on its way to one endpoint. It is written in the transaction of what happened.

    message  the same however often it is sent, so that the other side can tell
    body     exactly what is sent
    tries    since it was last asked for; due_at: when the next is due, or when the worker that has it is given up
    status, answer, why   of the last try; log: of the last twenty
    """

    endpoint = models.ForeignKey(Endpoint, on_delete=models.CASCADE, related_name="deliveries")
    message = models.CharField(max_length=40)
    event = models.CharField(max_length=40)
    body = models.TextField()
    state = models.CharField(max_length=8, choices=State.choices, default=State.WAITING)
    tries = models.PositiveSmallIntegerField(default=0)
    due_at = models.DateTimeField()
    created_at = models.DateTimeField(auto_now_add=True)
    sent_at = models.DateTimeField(null=True, blank=True)
    status = models.PositiveSmallIntegerField(null=True, blank=True)
    answer = models.TextField(blank=True)
    why = models.JSONField(default=dict)
    log = models.JSONField(default=list)

    objects: ClassVar[DeliveryQuerySet] = DeliveryQuerySet.as_manager()  # type: ignore[assignment]

    class Meta:
        """The newest first; what waits is found without the rest."""

        ordering: ClassVar = ["-pk"]
        constraints: ClassVar = [models.UniqueConstraint(fields=["endpoint", "message"], name="one_delivery_a_message")]
        indexes: ClassVar = [
            models.Index(fields=["due_at"], name="deliveries_due", condition=models.Q(state="waiting")),
            models.Index(fields=["endpoint", "-id"], name="deliveries_of_endpoint"),
        ]

    def __str__(self) -> str:
        return self.message

    @property
    def event_name(self) -> str:
        """What happened, in words."""
        return str(EVENTS.get(self.event, self.event)) if self.event != PING else str(_("Test"))

    @property
    def is_under_way(self) -> bool:
        """Whether something comes of it within a minute; what failed waits for hours at last."""
        return self.state == State.WAITING and self.due_at <= timezone.now() + SOON
