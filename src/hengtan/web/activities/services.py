"""The one door to activity data: begin, read, check, mend, submit, approve, return, supersede; close months."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from typing import Any

from django.core.exceptions import PermissionDenied, ValidationError
from django.db import transaction
from django.db.models import Q
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from hengtan.web.accounts.models import User
from hengtan.web.jobs import services as jobs
from hengtan.web.jobs.models import UNDER_WAY, Job
from hengtan.web.notices.services import tell, who_may
from hengtan.web.organisations.models import Membership, Organisation
from hengtan.web.organisations.roles import Act
from hengtan.web.vault.services import facts, let_go, record
from hengtan.web.webhooks.services import announce

from .models import OPEN, Batch, Json, PeriodLock, SourceFile, State, month_of

TYPED = "typed"
OUTLINE, CHECK, SUBMIT = "activities.outline", "activities.check", "activities.submit"


@dataclass(frozen=True, slots=True)
class ApprovedSource:
    """A file that a run calculates from. role: ``input`` (rows, Parquet) or ``factors``; sha256: its digest in the facts."""

    name: str
    sha256: str
    role: str
    batch: str
    rows: int
    path: Path


def approved_sources(organisation: Organisation, as_of: datetime | None = None) -> list[ApprovedSource]:
    """What stood approved at a moment (now), oldest batch first: rows of batches, then the factor files that came with them."""
    found = Batch.objects.of(organisation).filter(state__in=(State.APPROVED, State.SUPERSEDED))
    if as_of is None:
        found = found.filter(state=State.APPROVED)
    else:
        found = found.filter(decided_at__lte=as_of).filter(Q(superseded_at=None) | Q(superseded_at__gt=as_of))
    store, inputs, factors = facts(organisation), [], dict[str, ApprovedSource]()
    for batch in found.order_by("decided_at", "pk").prefetch_related("files"):
        name = f"{batch.key}.parquet"
        inputs.append(
            ApprovedSource(name, batch.parquet, "input", batch.key, batch.rows_good, store.path(batch.parquet))
        )
        for file in batch.files.all():
            if file.role == SourceFile.Role.FACTORS:
                path = store.path(file.digest)
                factors.setdefault(file.digest, ApprovedSource(file.name, file.digest, "factors", batch.key, 0, path))
    return [*inputs, *factors.values()]


@dataclass(frozen=True, slots=True)
class Given:
    """An uploaded file that is in the vault already."""

    name: str
    digest: str
    bytes: int
    kind: str
    role: str


@transaction.atomic
def begin(membership: Membership, name: str, files: Iterable[Given], supersedes: Batch | None = None) -> Batch:
    """A draft with its files; a worker looks at them."""
    batch = Batch.objects.create(
        organisation=membership.organisation, name=name, created_by=membership.user, supersedes=supersedes
    )
    for file in files:
        SourceFile.objects.create(
            organisation=membership.organisation, batch=batch, role=file.role, name=file.name,
            digest=file.digest, bytes=file.bytes, kind=file.kind,
        )  # fmt: skip
    _ask(batch, OUTLINE, membership.user)
    return batch


@transaction.atomic
def type_in(
    membership: Membership,
    name: str,
    file: Given,
    columns: Sequence[str],
    rows: int,
    batch: Batch | None = None,
    *,
    submit: bool = False,
) -> Batch:
    """A draft whose rows were typed, or typed again; checked at once, since nobody has to say which column is what.

    submit: it is submitted as soon as the check finds every row good.
    """
    batch = _open(batch) if batch else Batch(organisation=membership.organisation, created_by=membership.user)
    places = {column: at for at, column in enumerate(columns)}
    form = {"file": file.name, "sheet": "", "header": 1, "use": "table", "template": ""}
    batch.name, batch.fixes, batch.preview = name, [], {}
    batch.mapping = {
        "typed": True,
        "submit": submit,
        "forms": [{**form, "columns": places, "constants": {}}],
        "values": {},
    }
    batch.outline = [
        {
            "file": file.name, "kind": "csv", "sheet": "", "visible": True, "rows": rows, "header": 1, "template": "",
            "headers": list(columns), "samples": [[] for _column in columns], "columns": places,
        }
    ]  # fmt: skip
    batch.save()
    SourceFile.objects.update_or_create(
        batch=batch, name=file.name,
        defaults={
            "organisation": membership.organisation, "digest": file.digest, "bytes": file.bytes,
            "kind": file.kind, "role": file.role,
        },
    )  # fmt: skip
    _ask(batch, CHECK, membership.user)
    return batch


@transaction.atomic
def look_again(batch: Batch, by: User, headers: Mapping[str, int]) -> None:
    """The column names stand in other rows: ``file/sheet`` -> row."""
    _ask(_open(batch), OUTLINE, by, {"headers": dict(headers)})


@transaction.atomic
def assign(batch: Batch, by: User, mapping: Json) -> None:
    """This is how the files are read; a worker checks what comes of it."""
    batch = _open(batch)
    batch.mapping, batch.preview = mapping, {}
    batch.save(update_fields=["mapping", "preview"])
    _ask(batch, CHECK, by)


def fix(batch: Batch, by: User, places: Iterable[tuple[str, str, int]], column: int, new: str, old: str = "") -> None:
    """Another content of cells (file, sheet, row), column from 0; checked again."""
    _change(batch, by, [(*place, "") for place in places], {"column": column, "old": old, "new": new})


def leave_out(batch: Batch, by: User, places: Iterable[tuple[str, str, int, str]]) -> None:
    """Rows (file, sheet, row, cell) are left out; cell: of a wide row the quantity that is meant, "" for all; checked again."""
    _change(batch, by, places, {"column": None, "old": "", "new": ""})


@transaction.atomic
def _change(batch: Batch, by: User, places: Iterable[tuple[str, str, int, str]], what: Json) -> None:
    batch, now = _open(batch), timezone.now().isoformat(timespec="seconds")
    kept = {_place(each): each for each in batch.fixes}
    for file, sheet, row, cell in places:
        made = {
            "file": file,
            "sheet": sheet,
            "row": row,
            "cell": cell,
            **what,
            "by": by.name,
            "by_id": by.pk,
            "at": now,
        }
        before = kept.pop(_place(made), None)
        kept[_place(made)] = {**made, "old": before["old"] if before else made["old"]}
    batch.fixes, batch.preview = list(kept.values()), {}
    batch.save(update_fields=["fixes", "preview"])
    _ask(batch, CHECK, by)


def _place(each: Json) -> tuple[str, str, int, str, int | None]:
    return each["file"], each["sheet"], each["row"], each["cell"], each["column"]


@transaction.atomic
def unfix(batch: Batch, by: User, numbers: Iterable[int]) -> None:
    """These changes are taken back; checked again."""
    batch, gone = _open(batch), set(numbers)
    batch.fixes = [each for number, each in enumerate(batch.fixes) if number not in gone]
    batch.preview = {}
    batch.save(update_fields=["fixes", "preview"])
    _ask(batch, CHECK, by)


@transaction.atomic
def submit(batch: Batch, by: User, name: str = "") -> None:
    """A worker takes the good rows into the facts; then others may approve them."""
    batch = _open(batch)
    if name and name != batch.name:
        batch.name = name
        batch.save(update_fields=["name"])
    if not batch.preview or not batch.preview.get("good"):
        raise ValidationError(_("There is no row that could be posted."))
    _ask(batch, SUBMIT, by)


def go_on(batch: Batch, by: User, good: bool) -> None:
    """In the transaction that keeps a check: what was to be submitted by itself is, when all is good."""
    if batch.mapping.get("submit") and good:
        _ask(batch, SUBMIT, by)


@transaction.atomic
def approve(batch: Batch, by: Membership) -> None:
    """The rows count from now on; what the batch supersedes no longer does."""
    batch = _decided(batch, by, State.APPROVED)
    closed = closed_months(batch.organisation, batch.months)
    if closed:
        raise ValidationError(_("%(month)s is closed: open it first, or return the batch.") % {"month": closed[0]})
    old = batch.supersedes
    if old is not None:
        moved = Batch.objects.filter(pk=old.pk, state=State.APPROVED)
        if not moved.update(state=State.SUPERSEDED, superseded_at=batch.decided_at):
            raise ValidationError(_("The batch that it corrects is no longer approved. Return this one."))
        record(batch.organisation, "batch.superseded", _told(old) | {"superseded_by": batch.key}, by.user)
    batch.save(update_fields=["state", "decided_by", "decided_at", "comment"])
    record(batch.organisation, "batch.approved", _told(batch), by.user)
    announce(batch.organisation, "batch.approved", announced(batch))
    _tell_hands(batch, "batch.approved", {"by": by.user.name, "name": batch.name})


@transaction.atomic
def give_back(batch: Batch, by: Membership, comment: str) -> None:
    """Returned with what is to be mended."""
    if not comment.strip():
        raise ValidationError(_("Say what is to be mended."))
    batch = _decided(batch, by, State.RETURNED)
    batch.comment = comment.strip()
    batch.save(update_fields=["state", "decided_by", "decided_at", "comment"])
    record(batch.organisation, "batch.returned", _told(batch) | {"comment": batch.comment}, by.user)
    announce(batch.organisation, "batch.returned", announced(batch))
    _tell_hands(batch, "batch.returned", {"by": by.user.name, "name": batch.name, "comment": batch.comment})


@transaction.atomic
def discard(batch: Batch, by: User) -> None:
    """A draft that never was submitted goes, which is recorded; its files leave the vault where nothing else names them."""
    batch = _open(batch)
    if batch.submitted_at is not None:
        raise ValidationError(_("It was submitted before: its history stays. Correct it, or leave it as it is."))
    if batch.job is not None:
        jobs.cancel(batch.job)
    digests = [*batch.files.values_list("digest", flat=True), *batch.evidence.values_list("digest", flat=True)]
    record(batch.organisation, "batch.discarded", _told(batch), by)
    organisation = batch.organisation
    batch.delete()
    if digests:
        let_go(organisation, digests, by)


def _decided(batch: Batch, by: Membership, state: State) -> Batch:
    if not by.may(Act.APPROVE):
        raise PermissionDenied
    batch = Batch.objects.select_for_update(of=("self",)).select_related("organisation").get(pk=batch.pk)
    if batch.state != State.SUBMITTED:
        raise ValidationError(_("Somebody has decided on it in the meantime."))
    if by.user.pk in hands(batch):
        raise ValidationError(_("Nobody approves what they entered themselves. Ask a colleague who may approve."))
    batch.state, batch.decided_by, batch.decided_at = state, by.user, timezone.now()
    return batch


def _open(batch: Batch) -> Batch:
    """The batch, locked, as long as the person may change it; work under way for it is stopped."""
    held = Batch.objects.select_for_update(of=("self",)).select_related("organisation", "job", "supersedes")
    batch = held.get(pk=batch.pk)
    if not batch.is_open:
        raise ValidationError(_("It is submitted: nothing in it changes any more. A correction is a new batch."))
    if batch.job is not None and batch.job.state in UNDER_WAY:
        if batch.job.kind == SUBMIT:
            raise ValidationError(_("It is being submitted. Wait until that is done."))
        jobs.cancel(batch.job)
    return batch


def _ask(batch: Batch, kind: str, by: User, more: Mapping[str, Any] | None = None) -> Job:
    batch.job = jobs.enqueue(batch.organisation, kind, {"batch": batch.pk, **(more or {})}, by)
    batch.save(update_fields=["job"])
    return batch.job


def hands(batch: Batch) -> set[int | None]:
    """Who entered anything of it, by id: nobody of them decides on it."""
    return {batch.created_by_id, batch.submitted_by_id, *(each["by_id"] for each in batch.fixes)}


def tell_deciders(batch: Batch) -> None:
    """In the transaction that submits it: those who may decide on it hear of it."""
    deciders = who_may(batch.organisation, Act.APPROVE, but=hands(batch))
    by = batch.submitted_by.name if batch.submitted_by else ""
    tell(batch.organisation, deciders, "batch.submitted", {"by": by, "name": batch.name, "rows": batch.rows_good}, _address(batch))  # fmt: skip


def _tell_hands(batch: Batch, kind: str, values: Mapping[str, object]) -> None:
    entered = User.objects.filter(pk__in=[batch.created_by_id, batch.submitted_by_id])
    tell(batch.organisation, entered, kind, values, _address(batch))


def _address(batch: Batch) -> str:
    return reverse("batch", kwargs={"key": batch.organisation.key, "pk": batch.pk})


def announced(batch: Batch) -> dict[str, object]:
    """What other systems are told of a batch."""
    return {
        "batch": batch.key, "name": batch.name, "state": str(batch.state), "rows_good": batch.rows_good,
        "rows_rejected": batch.rows_rejected, "months": list(batch.months),
    }  # fmt: skip


def told(batch: Batch) -> dict[str, object]:
    """What the ledger is told of a batch."""
    return _told(batch)


def _told(batch: Batch) -> dict[str, object]:
    return {
        "batch": batch.key, "name": batch.name, "rows_sha256": batch.parquet,
        "rows_in": str(batch.rows_in), "rows_good": str(batch.rows_good), "rows_rejected": str(batch.rows_rejected),
        "supersedes": batch.supersedes.key if batch.supersedes else "",
        "files": [{"name": file.name, "sha256": file.digest, "role": str(file.role)} for file in batch.files.all()],
    }  # fmt: skip


# months
def closed_months(organisation: Organisation, months: Iterable[str]) -> list[str]:
    """Those of the months that are closed."""
    locks = list(PeriodLock.objects.of(organisation).filter(opened_at=None))
    return [month for month in months if any(lock.holds(month) for lock in locks)]


@transaction.atomic
def close(membership: Membership, first: str, last: str, reason: str = "") -> PeriodLock:
    """The months ``first`` to ``last`` (``2024-01``) are closed. What waits for a decision must be decided before."""
    if not membership.may(Act.BOUNDARY):
        raise PermissionDenied
    organisation = Organisation.objects.select_for_update().get(pk=membership.organisation.pk)
    try:
        lock = PeriodLock(
            organisation=organisation, first_month=month_of(first), last_month=month_of(last),
            closed_by=membership.user, reason=reason.strip(),
        )  # fmt: skip
    except ValueError:
        raise ValidationError(_("Give both months, as 2025-01.")) from None
    if lock.first_month > lock.last_month:
        raise ValidationError(_("The first month comes after the last."))
    months = _between(lock.first_month, lock.last_month)
    if all(closed_months(organisation, [month]) for month in months):
        raise ValidationError(_("These months are closed already."))
    waiting = Batch.objects.of(organisation).filter(state=State.SUBMITTED)
    held = [batch.name for batch in waiting if set(batch.months) & set(months)]
    if held:
        raise ValidationError(_("“%(name)s” waits for a decision and touches these months.") % {"name": held[0]})
    lock.save()
    record(organisation, "period.closed", {"first": first, "last": last, "reason": lock.reason}, membership.user)
    return lock


@transaction.atomic
def reopen(membership: Membership, lock: PeriodLock, reason: str) -> None:
    """The months of a lock take data again; why, is kept."""
    if not membership.may(Act.BOUNDARY):
        raise PermissionDenied
    if not reason.strip():
        raise ValidationError(_("Say why the months are opened again."))
    found = PeriodLock.objects.filter(pk=lock.pk, opened_at=None)
    if not found.update(opened_at=timezone.now(), opened_by=membership.user, opened_reason=reason.strip()):
        raise ValidationError(_("They are open already."))
    what = {"first": f"{lock.first_month:%Y-%m}", "last": f"{lock.last_month:%Y-%m}", "reason": reason.strip()}
    record(lock.organisation, "period.opened", what, membership.user)


def _between(first: date, last: date) -> list[str]:
    count = (last.year - first.year) * 12 + last.month - first.month + 1
    return [f"{first.year + (first.month - 1 + n) // 12}-{(first.month - 1 + n) % 12 + 1:02}" for n in range(count)]


def still_open(batch: Batch, job: Job) -> Any:
    """The row of a batch that a job may write: open, and not asked for something else meanwhile."""
    return Batch.objects.select_for_update(of=("self",)).filter(pk=batch.pk, job_id=job.pk, state__in=OPEN)
