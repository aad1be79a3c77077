"""The one door to webhooks: endpoints made, changed, switched; events announced; deliveries asked for again."""

from __future__ import annotations

import base64
import binascii
import json
import secrets
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime, timedelta

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import timezone
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from hengtan.problems import HengtanError
from hengtan.web.accounts.models import User
from hengtan.web.jobs import services as jobs
from hengtan.web.jobs.models import Job
from hengtan.web.jobs.models import State as JobState
from hengtan.web.organisations.models import Membership, Organisation
from hengtan.web.outbound import way_out
from hengtan.web.sealed import seal, unseal
from hengtan.web.vault.services import record

from .models import EVENTS, PING, Delivery, Endpoint, State

SEND = "webhooks.send"  # the job
BEGINS = "whsec_"
MOST_ENDPOINTS = 20
OVERLAP = timedelta(hours=24)


def announce(organisation: Organisation, event: str, data: Mapping[str, object]) -> int:
    """Tells the endpoints that hear this event, in the caller's transaction; how many there are."""
    if not transaction.get_connection().in_atomic_block:
        raise transaction.TransactionManagementError("an event is announced in the transaction of what happened")
    if event not in EVENTS:
        raise ValueError(f"{event} is not announced to anybody")
    found = Endpoint.objects.of(organisation).filter(is_on=True).select_related("created_by")
    return _write(organisation, [each for each in found if event in each.events], event, data)


def _write(organisation: Organisation, endpoints: Iterable[Endpoint], event: str, data: Mapping[str, object]) -> int:
    now, message = timezone.now(), f"msg_{secrets.token_hex(16)}"
    told = {"type": event, "timestamp": _iso(now), "data": {"organisation": organisation.key, **data}}
    body = json.dumps(told, ensure_ascii=False, separators=(",", ":"))
    made = [
        Delivery(organisation=organisation, endpoint=each, message=message, event=event, body=body, due_at=now)
        for each in endpoints
    ]
    if made:
        Delivery.objects.bulk_create(made)
        ask_to_send(organisation, made[0].endpoint.created_by)
    return len(made)


def _iso(moment: datetime) -> str:
    return moment.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def ask_to_send(organisation: Organisation, by: User) -> None:
    """A job that sends what is due, unless one waits already."""
    if not Job.objects.of(organisation).filter(kind=SEND, state=JobState.QUEUED).exists():
        jobs.enqueue(organisation, SEND, {}, by)


# endpoints
@transaction.atomic
def make(
    membership: Membership, url: str, events: Iterable[str], note: str = "", secret: str = ""
) -> tuple[Endpoint, str]:  # fmt: skip
    """An endpoint and its secret, which is shown now and never again; ``secret``: one that the other side has already."""
    organisation = Organisation.objects.select_for_update().get(pk=membership.organisation.pk)
    if Endpoint.objects.of(organisation).count() >= MOST_ENDPOINTS:
        raise ValidationError(_("At most %(most)d webhooks in one organisation.") % {"most": MOST_ENDPOINTS})
    text = _good(secret) if secret else new_secret()
    endpoint = Endpoint.objects.create(
        organisation=organisation, url=_allowed(organisation, url), note=_note(note), events=_known(events),
        secret=seal(text, purpose(organisation)), created_by=membership.user,
    )  # fmt: skip
    record(organisation, "webhook.made", _told(endpoint), membership.user)
    return endpoint, text


@transaction.atomic
def change(endpoint: Endpoint, by: Membership, url: str, events: Iterable[str], note: str) -> None:
    """Another address, other events."""
    endpoint.url, endpoint.events = _allowed(endpoint.organisation, url), _known(events)
    endpoint.note = _note(note)
    endpoint.save(update_fields=["url", "events", "note"])
    record(endpoint.organisation, "webhook.changed", _told(endpoint), by.user)


@transaction.atomic
def rotate(endpoint: Endpoint, by: Membership, secret: str = "") -> str:
    """A new secret, shown now alone; the old one signs too for a day, so that the other side can change when it likes."""
    text = _good(secret) if secret else new_secret()
    endpoint.old_secret, endpoint.old_until = endpoint.secret, timezone.now() + OVERLAP
    endpoint.secret = seal(text, purpose(endpoint.organisation))
    endpoint.save(update_fields=["secret", "old_secret", "old_until"])
    record(endpoint.organisation, "webhook.rotated", _told(endpoint), by.user)
    return text


@transaction.atomic
def switch(endpoint: Endpoint, on: bool, by: Membership | None, reason: str = "") -> bool:
    """On or off; what waits for one that is off is given up. Whether it was otherwise before."""
    now = timezone.now()
    off = {} if on else {"off_at": now, "off_reason": reason}
    moved = Endpoint.objects.filter(pk=endpoint.pk, is_on=not on).update(is_on=on, failing_since=None, **off)
    if not moved:
        return False
    if not on:
        waiting = Delivery.objects.filter(endpoint=endpoint, state=State.WAITING)
        waiting.update(state=State.FAILED, why={"en": "It was switched off.", "zh": "已停用。"})
    record(
        endpoint.organisation, "webhook.on" if on else "webhook.off", _told(endpoint) | {"reason": reason},
        by.user if by else endpoint.created_by,
    )  # fmt: skip
    return True


@transaction.atomic
def ping(endpoint: Endpoint) -> Delivery:
    """A test, to this one alone; one that is off hears it too."""
    _write(endpoint.organisation, [endpoint], PING, {})
    found = Delivery.objects.filter(endpoint=endpoint).first()
    assert found is not None
    return found


@transaction.atomic
def redeliver(delivery: Delivery) -> None:
    """Once more, under the same id."""
    again = Delivery.objects.filter(pk=delivery.pk).exclude(state=State.WAITING)
    if again.update(state=State.WAITING, tries=0, due_at=timezone.now(), why={}):
        ask_to_send(delivery.organisation, delivery.endpoint.created_by)


# secrets
def new_secret() -> str:
    """32 random bytes in the form that Standard Webhooks gives them."""
    return BEGINS + base64.b64encode(secrets.token_bytes(32)).decode()


def secrets_of(endpoint: Endpoint) -> list[str]:
    """With which it is signed now, the newest first."""
    stored = [endpoint.secret, *([endpoint.old_secret] if endpoint.has_old_secret else [])]
    return [unseal(each, purpose(endpoint.organisation)) for each in stored]


def purpose(organisation: Organisation) -> str:
    """What the secrets of webhooks of this organisation are sealed for."""
    return f"webhook {organisation.key}"


def _good(secret: str) -> str:
    try:
        raw = base64.b64decode(secret.strip().removeprefix(BEGINS), validate=True)
    except (binascii.Error, ValueError):
        raw = b""
    if not 24 <= len(raw) <= 64:
        raise ValidationError(_("A secret is whsec_ and 24 to 64 bytes in base64."))
    return BEGINS + base64.b64encode(raw).decode()


def _allowed(organisation: Organisation, url: str) -> str:
    try:
        way_out(organisation.key).check(url.strip())
    except HengtanError as wrong:
        lang = "zh" if (get_language() or "").startswith("zh") else "en"
        raise ValidationError([f"{each.reason(lang)} {each.mend(lang)}" for each in wrong.problems]) from None
    if len(url) > 500:
        raise ValidationError(_("The address is too long."))
    return url.strip()


def _note(text: str) -> str:
    return text.replace("\x00", "").strip()[:200]


def _known(events: Iterable[str]) -> list[str]:
    chosen = [each for each in EVENTS if each in set(events)]
    if not chosen:
        raise ValidationError(_("Choose at least one event."))
    return chosen


def _told(endpoint: Endpoint) -> dict[str, object]:
    return {"webhook": str(endpoint.pk), "host": endpoint.host, "events": list(endpoint.events)}
