"""What workers look at for sources: hours that have come, and files that are on their way through check and submission."""

from __future__ import annotations

from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import timezone

from hengtan.problems import Problem
from hengtan.web.activities import services as activities
from hengtan.web.activities.models import Batch
from hengtan.web.activities.reading import lacking
from hengtan.web.jobs.clock import every
from hengtan.web.jobs.models import UNDER_WAY as JOBS_UNDER_WAY
from hengtan.web.jobs.models import State as JobState

from . import services
from .models import UNDER_WAY, Source, Step, Taken

MOST = 100  # of one look


@every(10)
def due() -> None:
    """Sources whose hour has come run, once however many workers look: who moves the hour on, asks for the run."""
    now = timezone.now()
    for source in Source.objects.filter(is_on=True, next_at__lte=now).order_by("next_at")[:MOST]:
        with transaction.atomic():
            mine = Source.objects.filter(pk=source.pk, is_on=True, next_at=source.next_at)
            if mine.update(next_at=services.following(source, now)):
                services.run(source)


@every(2)
def advance() -> None:
    """Each file that came in goes one step on, when its job is over."""
    ready = Taken.objects.exclude(step=Step.DONE).exclude(batch__job__state__in=JOBS_UNDER_WAY)
    for pk in ready.order_by("pk").values_list("pk", flat=True)[:MOST]:
        with transaction.atomic():
            held = Taken.objects.select_for_update(of=("self",)).select_related(
                "source__organisation", "source__run_by", "batch__job"
            )
            taken = held.filter(pk=pk).exclude(step=Step.DONE).first()
            if taken is not None:
                _step(taken)


def _step(taken: Taken) -> None:
    batch = taken.batch
    if batch is None or not batch.is_open:  # somebody discarded the draft, or it is submitted
        _to(taken, Step.DONE)
        services.solved(taken.source, taken=taken)
    elif taken.step not in UNDER_WAY or (batch.job is not None and batch.job.state in JOBS_UNDER_WAY):
        return
    elif batch.job is None or batch.job.state != JobState.DONE:
        _stuck(taken, batch)
    elif taken.step == Step.OUTLINE:
        _assign(taken, batch)
    elif taken.step == Step.CHECK:
        _submit(taken, batch)
    else:  # submitted, but all rows were refused in the meantime
        _refused(taken, batch)


def _to(taken: Taken, step: Step) -> None:
    Taken.objects.filter(pk=taken.pk).update(step=step)


def _tell(taken: Taken, problem: Problem | dict[str, Any], more: str = "") -> None:
    code = problem.code if isinstance(problem, Problem) else problem["code"]
    services.tell_issue(taken.source, f"file/{taken.pk}/{code}{more}", taken.name, problem, taken=taken)


def _stuck(taken: Taken, batch: Batch) -> None:
    found = list(batch.job.problems) if batch.job else []
    for problem in found[:20] or [Problem("source.fault", values={"why": batch.job.reference if batch.job else "—"})]:
        _tell(taken, problem)
    _to(taken, Step.STUCK)


def _assign(taken: Taken, batch: Batch) -> None:
    """As the last file of this form was read, with the words that are known."""
    source = taken.source
    missing = sorted({name for form in batch.mapping["forms"] if form["use"] == "table" for name in lacking(form)})
    if missing or all(form["use"] == "skip" for form in batch.mapping["forms"]):
        _tell(taken, Problem("source.mapping", values={"columns": ", ".join(missing) or "—"}))
        _to(taken, Step.STUCK)
        return
    before = Taken.objects.filter(source=source, step=Step.DONE, batch__isnull=False).exclude(pk=taken.pk)
    last = before.select_related("batch").first()
    known = last.batch.mapping.get("values", {}) if last and last.batch else {}
    words = {kind: {**known.get(kind, {}), **source.words.get(kind, {})} for kind in ("unit", "activity_type")}
    mapping = {**batch.mapping, "values": words}
    scope = list(source.facilities.values_list("name", flat=True))
    if scope:
        mapping["facilities"] = scope
    activities.assign(batch, source.run_by, mapping)
    _to(taken, Step.CHECK)


def _submit(taken: Taken, batch: Batch) -> None:
    shown = batch.preview
    if not shown.get("good") or (shown.get("rejected") and not taken.source.partial):
        _refused(taken, batch)
        return
    if shown.get("rejected"):
        _groups(taken, batch)
    try:
        activities.submit(batch, taken.source.run_by)
        _to(taken, Step.SUBMIT)
    except ValidationError:
        _refused(taken, batch)


def _refused(taken: Taken, batch: Batch) -> None:
    _groups(taken, batch)
    _to(taken, Step.STUCK)


def _groups(taken: Taken, batch: Batch) -> None:
    """Each kind of problem in its rows, with how many and where first."""
    for number, group in enumerate(batch.preview.get("groups", [])[:50]):
        if group["severity"] != "error":
            continue
        cells = ", ".join(str(row[2]) for row in group.get("rows", [])[:5])
        place = {"en": f"rows {cells} ({group['count']})", "zh": f"第 {cells} 行（共 {group['count']} 处）"}
        told = {
            "code": group["code"],
            "severity": "error",
            "place": place,
            "reason": group["reason"],
            "mend": group["mend"],
        }
        _tell(taken, told, f"/{number}")
