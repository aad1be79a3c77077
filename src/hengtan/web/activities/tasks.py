"""The long work: looking into files, checking rows, taking them into the facts. Each may be done twice without harm.

Nothing is shown half done: what a job found is written in one transaction at its end, and only as long as nobody asked for something else.
The Parquet file of a batch is in the facts before the row in the database names it; a worker that dies in between leaves an object
that nothing names, and the next one writes the same object again.
"""

from __future__ import annotations

from collections.abc import Callable

from django.db import transaction
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from hengtan.facts.rows import parquet
from hengtan.problems import HengtanError, Problem
from hengtan.web.boundaries.models import Facility, FacilityPlace
from hengtan.web.jobs.models import Job
from hengtan.web.jobs.progress import Cancelled, Progress
from hengtan.web.jobs.registry import handler
from hengtan.web.organisations.models import Membership, Organisation
from hengtan.web.vault.services import keep_file, record
from hengtan.web.webhooks.services import announce

from . import services
from .evidence import count
from .judging import Judged, control_totals, judge
from .models import OPEN, Batch, Json, PeriodLock, Remembered, State
from .preview import preview
from .reading import again, opened, outline_of, read, signature, suggested, to_remember
from .signals import stuck

PHASES = {
    "open": _("opening the files"),
    "read": _("reading the rows"),
    "factors": _("opening the factors"),
    "stage": _("laying out the rows"),
    "check": _("checking the rows"),
    "group": _("grouping the rows"),
    "plan": _("choosing factors"),
    "tell": _("listing the problems"),
    "twins": _("looking for double entries"),
    "apply": _("calculating"),
    "total": _("adding up"),
    "uncertainty": _("adding up"),
    "control": _("reconciling"),
    "keep": _("keeping the rows"),
}


def _address(job: Job) -> str:
    return reverse("batch", kwargs={"key": job.organisation.key, "pk": job.arguments["batch"]})


def _batch(job: Job) -> Batch:
    found = Batch.objects.of(job.organisation).filter(pk=job.arguments["batch"], job=job, state__in=OPEN)
    batch = found.select_related("organisation", "supersedes").first()
    if batch is None:
        raise Cancelled
    return batch


def _membership(job: Job) -> Membership:
    """Of who asked: what he may no longer do, his job may not do either."""
    found = Membership.objects.of(job.organisation).filter(user=job.created_by, ended_at=None)
    membership = found.select_related("organisation", "user").first()
    if membership is None:
        raise Cancelled
    return membership


def _tell(progress: Progress) -> Callable[[str], None]:
    def tell(phase: str) -> None:
        if phase in PHASES:
            progress.at(phase)

    return tell


@handler(services.OUTLINE, title=_("Looking into the files"), phases=PHASES, address=_address)
def outline(job: Job, progress: Progress) -> Json:
    """What stands in the files, and how they may be read."""
    progress.at("open")
    batch = _batch(job)
    wanted = job.arguments.get("headers", {})
    with opened(batch) as files:
        found = outline_of(files)
        for number, told in enumerate(found):
            row = wanted.get(f"{told['file']}/{told['sheet']}")
            if row:
                found[number] = again(files, told, int(row))
    memory = {each.signature: each.mapping for each in Remembered.objects.of(job.organisation)}
    names = frozenset(Facility.objects.of(job.organisation).values_list("name", flat=True))
    forms = [suggested(told, memory.get(signature(told)), names) for told in found]
    if all(form["use"] == "skip" for form in forms) and found:
        largest = max(range(len(found)), key=lambda number: found[number]["rows"])
        forms[largest]["use"] = "table"
    with transaction.atomic():
        progress.hold()
        kept = services.still_open(batch, job).update(
            outline=found, mapping={"forms": forms, "values": batch.mapping.get("values", {})}, preview={}
        )
    return {"sheets": len(found), "kept": kept}


@handler(services.CHECK, title=_("Checking the rows"), phases=PHASES, address=_address)
def check(job: Job, progress: Progress) -> Json:
    """What would become of the rows."""
    batch = _batch(job)
    judged = _judged(batch, job, progress)
    shown = preview(judged, batch.mapping, batch.fixes)
    with transaction.atomic():
        progress.hold()
        kept = services.still_open(batch, job).update(preview=shown)
        for form, told in zip(batch.mapping["forms"], batch.outline, strict=False):
            if form["use"] == "table" and not batch.mapping.get("typed"):
                Remembered.objects.update_or_create(
                    organisation=job.organisation,
                    signature=signature(told),
                    defaults={"mapping": to_remember(form, told)},
                )
        if kept:
            services.go_on(batch, job.created_by, bool(judged.posted) and not judged.rejected)
            if not judged.posted or judged.rejected:
                stuck.send(sender=Batch, batch=batch, problems=judged.problems.listed)
    return {"rows_in": judged.rows_in, "rejected": judged.rejected}


def _judged(batch: Batch, job: Job, progress: Progress) -> Judged:
    progress.at("open")
    with opened(batch) as files:
        progress.at("read")
        rows = read(batch, files)
        if not rows.sources:
            raise HengtanError(Problem("file.no-rows", ", ".join(files)))
        return judge(batch, rows, _membership(job), _tell(progress))


@handler(services.SUBMIT, title=_("Taking the rows in"), phases=PHASES, address=_address)
def submit(job: Job, progress: Progress) -> Json:
    """The good rows into the facts; then, in one transaction, facilities, batch and the event for the ledger.

    When another batch was taken in or a month was closed since the rows were judged, they are judged again.
    """
    while True:
        batch, before = _batch(job), _standing(job)
        judged = _judged(batch, job, progress)
        kept = _kept(batch, job, judged, progress)
        with transaction.atomic():
            progress.hold()
            Organisation.objects.select_for_update().get(pk=job.organisation.pk)
            if _standing(job) == before:
                return _submitted(batch, job, judged, kept)


def _standing(job: Job) -> list[tuple[str, int]]:
    """What decides besides the rows: the batches that hold ids, the months that are closed."""
    others = Batch.objects.of(job.organisation).filter(state__in=(State.SUBMITTED, State.APPROVED))
    locks = PeriodLock.objects.of(job.organisation).filter(opened_at=None)
    batches = [("batch", pk) for pk in others.order_by("pk").values_list("pk", flat=True)]
    return batches + [("lock", pk) for pk in locks.order_by("pk").values_list("pk", flat=True)]


def _kept(batch: Batch, job: Job, judged: Judged, progress: Progress) -> str:
    """The digest of the good rows; nothing for none."""
    if not judged.posted:
        return ""
    table = judged.table()
    if table.num_rows != len(judged.posted) or judged.rows_in != table.num_rows + judged.rejected:
        raise RuntimeError(f"{table.num_rows} rows are kept of {judged.rows_in}, {judged.rejected} are rejected")
    progress.at("keep", total=table.num_rows)
    return keep_file(job.organisation, parquet(table))


def _submitted(batch: Batch, job: Job, judged: Judged, digest: str) -> Json:
    held = services.still_open(batch, job).select_related("organisation", "supersedes").first()
    if held is None:
        raise Cancelled
    held.preview = preview(judged, batch.mapping, batch.fixes)
    if not digest:  # all of them were refused meanwhile: it stays a draft, and says why
        held.save(update_fields=["preview"])
        return {"rows": 0}
    _facilities(job, judged)
    held.controls, held.parquet = control_totals(judged), digest
    held.rows_in, held.rows_good, held.rows_rejected = judged.rows_in, len(judged.posted), judged.rejected
    held.months, (held.first_day, held.last_day) = list(judged.months), judged.days
    held.state, held.submitted_by, held.submitted_at = State.SUBMITTED, job.created_by, timezone.now()
    held.decided_by = held.decided_at = None
    held.save()
    count(held)
    record(job.organisation, "batch.submitted", services.told(held), job.created_by)
    announce(job.organisation, "batch.submitted", services.announced(held))
    services.tell_deciders(held)
    return {"rows": held.rows_good}


def _facilities(job: Job, judged: Judged) -> None:
    """Facilities that the rows name and the organisation does not have yet."""
    organisation = job.organisation
    have = set(Facility.objects.of(organisation).values_list("name", flat=True))
    fresh = [
        Facility(organisation=organisation, name=name, region=region or organisation.region)
        for name, region in judged.new_facilities
        if name not in have
    ]
    Facility.objects.bulk_create(fresh, batch_size=500)
    FacilityPlace.objects.bulk_create(
        [FacilityPlace(organisation=organisation, facility=each, approach=organisation.approach) for each in fresh],
        batch_size=500,
    )
