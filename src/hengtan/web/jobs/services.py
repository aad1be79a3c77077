"""Asking for work, trying it again, stopping it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from django.utils import timezone

from hengtan.problems import Problem
from hengtan.web.accounts.models import User
from hengtan.web.organisations.models import Organisation

from .models import UNDER_WAY, Job, State


def enqueue(organisation: Organisation, kind: str, arguments: Mapping[str, Any], by: User) -> Job:
    """In the caller's transaction: what is rolled back was never asked for."""
    return Job.objects.create(organisation=organisation, kind=kind, arguments=dict(arguments), created_by=by)


def retry(job: Job) -> bool:
    """Once more from the beginning; only what failed or was cancelled."""
    return bool(
        Job.objects.filter(pk=job.pk, state__in=(State.FAILED, State.CANCELLED)).update(
            state=State.QUEUED, attempts=0, phase="", done=0, total=0, problems=[], reference="", cancel_asked=False,
            started_at=None, ended_at=None, heartbeat_at=None, worker="",
        )
    )  # fmt: skip


def cancel(job: Job) -> bool:
    """At once when it waits; when it runs, at the next place where it can stop."""
    waiting = Job.objects.filter(pk=job.pk, state=State.QUEUED)
    if waiting.update(state=State.CANCELLED, ended_at=timezone.now(), cancel_asked=True):
        return True
    return bool(Job.objects.filter(pk=job.pk, state__in=UNDER_WAY).update(cancel_asked=True))


def as_json(problems: Iterable[Problem]) -> list[dict[str, Any]]:
    """Problems as a job keeps them: both languages, because nobody knows yet who reads them."""
    return [
        {
            "code": each.code,
            "severity": each.severity,
            "place": {lang: each.place(lang) for lang in ("en", "zh")},
            "reason": {lang: each.reason(lang) for lang in ("en", "zh")},
            "mend": {lang: each.mend(lang) for lang in ("en", "zh")},
        }
        for each in problems
    ]
