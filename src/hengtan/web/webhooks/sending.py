"""Deliveries are sent by a job, signed as Standard Webhooks has it, and tried again for three days.

A worker takes a delivery by moving its due time on; one that dies in the middle leaves it to be sent again after that, under the same id.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import random
import time
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from django.db import transaction
from django.db.models import F, Min
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from hengtan import __version__
from hengtan.problems import HengtanError
from hengtan.web.jobs.clock import every
from hengtan.web.jobs.models import Job
from hengtan.web.jobs.progress import Progress
from hengtan.web.jobs.registry import handler
from hengtan.web.notices.kinds import register
from hengtan.web.notices.services import tell, who_may
from hengtan.web.organisations.roles import Act
from hengtan.web.outbound import Answer, way_out

from . import services
from .models import PING, Delivery, DeliveryQuerySet, Endpoint, State

PAUSES = (
    5,
    300,
    1800,
    7200,
    18000,
    36000,
    50400,
    72000,
    86400,
)  # seconds after each failure; after the last it is given up
TIMEOUT_S, HELD, FAILING = 10, timedelta(minutes=2), timedelta(days=5)
KEPT = timedelta(days=90)
MOST_OF_A_JOB_S, ANSWER, LOG = 60, 500, 20
GONE = 410


register("webhook.failing", _("The webhook to %(name)s was switched off: nothing could be delivered since %(since)s."), "alert-triangle", task=True)  # fmt: skip
register("webhook.gone", _("The webhook to %(name)s was switched off: the other side says that it is gone (410)."), "alert-triangle", task=True)  # fmt: skip


def signed(secrets: Sequence[str], message: str, moment: int, body: str) -> dict[str, str]:
    """The headers by which the other side knows that it is from here, and unaltered."""
    content = f"{message}.{moment}.{body}".encode()
    keys = [base64.b64decode(each.removeprefix(services.BEGINS)) for each in secrets]
    marks = [base64.b64encode(hmac.new(key, content, hashlib.sha256).digest()).decode() for key in keys]
    return {
        "webhook-id": message,
        "webhook-timestamp": str(moment),
        "webhook-signature": " ".join(f"v1,{mark}" for mark in marks),
    }


def _due() -> DeliveryQuerySet:
    return Delivery.objects.filter(state=State.WAITING, due_at__lte=timezone.now())


@handler(services.SEND, title=_("Sending webhooks"), phases={"send": _("sending deliveries")}, elsewhere=True)
def run(job: Job, progress: Progress) -> dict[str, Any]:
    """What is due, the oldest first. Others do not wait for an endpoint that fails, nor other jobs for this one."""
    until, sent, failed, slow = time.monotonic() + MOST_OF_A_JOB_S, 0, 0, set[int]()
    while time.monotonic() < until:
        progress.at("send", sent)
        progress.check()
        found = _due().of(job.organisation).exclude(endpoint__in=slow).order_by("due_at", "pk").first()
        if found is None:
            break
        delivery = _taken(found)
        if delivery is None:
            continue
        if _sent(delivery):
            sent += 1
        else:
            failed += 1
            slow.add(delivery.endpoint_id)
    return {"sent": sent, "failed": failed}


def _taken(found: Delivery) -> Delivery | None:
    """Ours from now on, for two minutes."""
    mine = Delivery.objects.filter(pk=found.pk, state=State.WAITING, due_at=found.due_at)
    if not mine.update(due_at=timezone.now() + HELD, tries=F("tries") + 1):
        return None
    return Delivery.objects.select_related("endpoint__organisation", "endpoint__created_by").get(pk=found.pk)


def _sent(delivery: Delivery) -> bool:
    endpoint, now = delivery.endpoint, timezone.now()
    answer: Answer | None = None
    why: dict[str, str] = {}
    try:
        headers = {
            "Content-Type": "application/json", "User-Agent": f"hengtan/{__version__}", "Connection": "close",
            **signed(services.secrets_of(endpoint), delivery.message, int(now.timestamp()), delivery.body),
        }  # fmt: skip
        way = way_out(endpoint.organisation.key)
        answer = way.post(endpoint.url, delivery.body.encode(), headers, timeout_s=TIMEOUT_S)
    except HengtanError as wrong:
        why = {lang: wrong.problems[0].reason(lang) for lang in ("en", "zh")}
    good = answer is not None and 200 <= answer.status < 300
    with transaction.atomic():
        _note(delivery, answer, why, now, good)
        if good:
            Endpoint.objects.filter(pk=endpoint.pk).update(failing_since=None)
        else:
            _failed(endpoint, answer, now)
    return good


def _note(delivery: Delivery, answer: Answer | None, why: dict[str, str], now: datetime, good: bool) -> None:
    """What came of it, unless the delivery was asked for again or taken by somebody else meanwhile."""
    held = Delivery.objects.select_for_update(of=("self",)).filter(
        pk=delivery.pk, tries=delivery.tries, due_at=delivery.due_at
    )
    row = held.first()
    if row is None:
        return
    row.sent_at, row.why, row.status = now, why, answer.status if answer else None
    row.answer = answer.body.decode("utf-8", "replace").replace("\x00", "�")[:ANSWER] if answer else ""
    told = {
        "at": now.isoformat(timespec="seconds"), "status": row.status, "answer": row.answer, "why": why,
        "ms": round(answer.seconds * 1000) if answer else None,
    }  # fmt: skip
    row.log = [*row.log, told][-LOG:]
    if good:
        row.state = State.DONE
    elif row.event == PING or row.tries > len(PAUSES):
        row.state = State.FAILED
    else:
        row.due_at = now + timedelta(seconds=PAUSES[row.tries - 1] * random.uniform(0.9, 1.1))  # noqa: S311  no secret
    row.save()


def _failed(endpoint: Endpoint, answer: Answer | None, now: datetime) -> None:
    Endpoint.objects.filter(pk=endpoint.pk, failing_since=None, is_on=True).update(failing_since=now)
    endpoint.refresh_from_db(fields=["failing_since", "is_on"])
    gone = answer is not None and answer.status == GONE
    long = endpoint.failing_since is not None and now - endpoint.failing_since >= FAILING
    if not (endpoint.is_on and (gone or long)):
        return
    reason = "gone" if gone else "failing"
    if services.switch(endpoint, False, None, reason):
        since = f"{endpoint.failing_since:%Y-%m-%d}" if endpoint.failing_since else ""
        tell(
            endpoint.organisation, who_may(endpoint.organisation, Act.CONNECT), f"webhook.{reason}",
            {"name": endpoint.host, "since": since},
            reverse("webhook", kwargs={"key": endpoint.organisation.key, "pk": endpoint.pk}),
        )  # fmt: skip


@every(5)
def look() -> None:
    """Deliveries whose time has come: their jobs are asked for."""
    first = _due().order_by().values("organisation").annotate(first=Min("pk"))
    waiting = Delivery.objects.filter(pk__in=list(first.values_list("first", flat=True)))
    for each in waiting.select_related("organisation", "endpoint__created_by"):
        services.ask_to_send(each.organisation, each.endpoint.created_by)


@every(3600)
def tidy() -> None:
    """What was delivered or given up long ago goes."""
    Delivery.objects.exclude(state=State.WAITING).filter(created_at__lt=timezone.now() - KEPT).delete()
