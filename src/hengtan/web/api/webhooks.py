"""Webhooks and their deliveries."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.shortcuts import get_object_or_404
from ninja import Router, Schema
from pydantic import Field

from hengtan.web.organisations.roles import Act
from hengtan.web.webhooks import services
from hengtan.web.webhooks.models import Delivery, Endpoint

from .boundary import _shown
from .door import Call, need
from .wire import PAGING, REFUSED, WRITES, Page, Paging, ask, lang, once, page

router = Router(tags=["Webhooks"])


class WebhookIn(Schema):
    """Where events are sent. The address must be one that the installation allows."""

    url: str = Field(max_length=500, examples=["https://hooks.example.com/carbon"])
    events: list[str] = Field(min_length=1, max_length=20, examples=[["batch.approved", "run.done"]])
    note: str = Field("", max_length=200)


class SecretIn(Schema):
    """With what deliveries are signed: `whsec_` and 24 to 64 random bytes in base64. It is made by who calls, kept encrypted, and never told."""

    secret: str = Field(min_length=32, max_length=100)


class NewWebhook(WebhookIn, SecretIn):
    """An endpoint and its secret."""


class WebhookOut(Schema):
    """An endpoint. ``off_reason``: empty when a person switched it off, ``failing`` or ``gone``."""

    id: int
    url: str
    events: list[str]
    note: str
    on: bool
    off_reason: str
    failing_since: datetime | None
    old_secret_until: datetime | None
    created_at: datetime


class DeliveryOut(Schema):
    """One event on its way to one endpoint; ``message`` is the ``webhook-id`` of every try."""

    id: int
    message: str
    event: str
    state: str
    tries: int
    created_at: datetime
    sent_at: datetime | None
    status: int | None
    answer: str
    why: str
    body: str


def _webhook(row: Endpoint) -> dict[str, Any]:
    return {
        "id": row.pk, "url": row.url, "events": row.events, "note": row.note, "on": row.is_on, "off_reason": row.off_reason,
        "failing_since": row.failing_since, "old_secret_until": row.old_until if row.has_old_secret else None,
        "created_at": row.created_at,
    }  # fmt: skip


def _delivery(row: Delivery) -> dict[str, Any]:
    return {
        "id": row.pk, "message": row.message, "event": row.event, "state": row.state, "tries": row.tries,
        "created_at": row.created_at, "sent_at": row.sent_at, "status": row.status, "answer": row.answer,
        "why": str(row.why.get(lang(), "")), "body": row.body,
    }  # fmt: skip


def _mine(call: Call) -> Any:
    found = Endpoint.objects.visible_to(call.user).of(call.organisation)
    return found.select_related("organisation", "created_by")


def _one(call: Call, pk: int) -> Endpoint:
    row: Endpoint = get_object_or_404(_mine(call), pk=pk)
    return row


def _now(call: Call, pk: int) -> Any:
    return _shown(WebhookOut, _webhook(_one(call, pk)))


@router.get("/webhooks", response={200: Page[WebhookOut], **REFUSED})
def webhooks(request: Call, paging: Paging = PAGING) -> Any:
    """All of the organisation."""
    need(request, Act.CONNECT)
    return page(_mine(request), paging, _webhook)


@router.post("/webhooks", response={201: WebhookOut, **WRITES})
@once
def new_webhook(request: Call, given: NewWebhook) -> tuple[int, Any]:
    """Makes one; it is on at once."""
    need(request, Act.CONNECT)
    row, _secret = services.make(request.membership, given.url, given.events, given.note, given.secret)
    return 201, _now(request, row.pk)


@router.get("/webhooks/{int:pk}", response={200: WebhookOut, **REFUSED})
def webhook(request: Call, pk: int) -> Any:
    """One."""
    need(request, Act.CONNECT)
    return _webhook(_one(request, pk))


@router.put("/webhooks/{int:pk}", response={200: WebhookOut, **WRITES})
@once
def change_webhook(request: Call, pk: int, given: WebhookIn) -> tuple[int, Any]:
    """Another address, other events."""
    need(request, Act.CONNECT)
    services.change(_one(request, pk), request.membership, given.url, given.events, given.note)
    return 200, _now(request, pk)


@router.post("/webhooks/{int:pk}/rotate", response={200: WebhookOut, **WRITES})
@once
def rotate(request: Call, pk: int, given: SecretIn) -> tuple[int, Any]:
    """Another secret; the one before signs too for 24 hours."""
    need(request, Act.CONNECT)
    services.rotate(_one(request, pk), request.membership, given.secret)
    return 200, _now(request, pk)


@router.post("/webhooks/{int:pk}/on", response={200: WebhookOut, **WRITES})
@once
def on(request: Call, pk: int) -> tuple[int, Any]:
    """It hears what happens from now on."""
    need(request, Act.CONNECT)
    services.switch(_one(request, pk), True, request.membership)
    return 200, _now(request, pk)


@router.post("/webhooks/{int:pk}/off", response={200: WebhookOut, **WRITES})
@once
def off(request: Call, pk: int) -> tuple[int, Any]:
    """It hears nothing any more; what waits is given up."""
    need(request, Act.CONNECT)
    services.switch(_one(request, pk), False, request.membership)
    return 200, _now(request, pk)


@router.post("/webhooks/{int:pk}/ping", response={202: DeliveryOut, **WRITES})
@once
def ping(request: Call, pk: int) -> tuple[int, Any]:
    """Sends a test."""
    need(request, Act.CONNECT)
    return 202, _shown(DeliveryOut, _delivery(services.ping(_one(request, pk))))


@router.get("/webhooks/{int:pk}/deliveries", response={200: Page[DeliveryOut], **REFUSED})
def deliveries(request: Call, pk: int, paging: Paging = PAGING, state: str = ask("", max_length=8)) -> Any:
    """What was sent to one, and what came back; kept for 90 days."""
    need(request, Act.CONNECT)
    rows = Delivery.objects.of(request.organisation).filter(endpoint=_one(request, pk))
    return page(rows.filter(state=state) if state else rows, paging, _delivery)


@router.post("/deliveries/{int:pk}/redeliver", response={202: DeliveryOut, **WRITES})
@once
def redeliver(request: Call, pk: int) -> tuple[int, Any]:
    """Once more, under the same id."""
    need(request, Act.CONNECT)
    mine = Delivery.objects.visible_to(request.user).of(request.organisation)
    row = get_object_or_404(mine.select_related("endpoint__created_by", "organisation"), pk=pk)
    services.redeliver(row)
    row.refresh_from_db()
    return 202, _shown(DeliveryOut, _delivery(row))
