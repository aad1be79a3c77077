"""A file of events on its way to the queue: read, looked at, proposed as a whole or not at all, withdrawn while nobody decided."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from django.db import transaction
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from hengtan.connectors.table import read_table
from hengtan.market.book import many
from hengtan.market.book.many import Row
from hengtan.market.book.template import events_of, templates
from hengtan.problems import HengtanError, Problem
from hengtan.web.jobs.models import Job
from hengtan.web.jobs.progress import Progress
from hengtan.web.jobs.registry import handler
from hengtan.web.jobs.services import enqueue
from hengtan.web.organisations.models import Membership
from hengtan.web.vault import services as vault

from . import deciding, services
from .models import Intake

KIND = "assets.intake"
NOW_BYTES = 300_000
"""Files up to which the request reads them itself."""
NOW_ROWS = services.MOST_AT_ONCE
MOST_ROWS, MOST_BYTES = 200_000, 50 << 20
PREVIEW = 20
MOST_REFUSED = 20_000
MOST_TOLD = 60
"""Refused rows that are told with the file itself; the others are in its table."""
Tell = Callable[[str, int, int], None]
State = Intake.State


def silent(_phase: str, _done: int, _total: int) -> None:
    """Nobody waits for news."""


@dataclass(frozen=True, slots=True)
class Looked:
    """The events of a file, and what is wrong with it."""

    rows: int
    events: list[Row]
    wrong: list[Problem]


def begin(membership: Membership, name: str, what: str, path: Path) -> Intake:
    """The file is kept; nothing of it is proposed yet. Raises HengtanError ``table.too-large``."""
    if (size := path.stat().st_size) > MOST_BYTES:
        told = {"size": f"{size / (1 << 20):.1f}", "most": str(MOST_BYTES >> 20)}
        raise HengtanError(Problem("table.too-large", file=name, values=told))
    digest = vault.keep_file(membership.organisation, path)
    short = " ".join("".join(each if each.isprintable() else " " for each in name).split())[-180:] or "file"
    return Intake.objects.create(
        organisation=membership.organisation, name=short, what=what, digest=digest, created_by=membership.user
    )


def ask(intake: Intake, membership: Membership, step: str, reason: str = "") -> Job:
    """A job reads it, proposes it (``propose``), or withdraws it (``withdraw``, with the reason)."""
    with transaction.atomic():
        asked = {"intake": intake.pk, "step": step, "reason": reason}
        job = enqueue(membership.organisation, KIND, asked, membership.user)
        intake.job = job
        intake.save(update_fields=["job"])
    return job


def look(intake: Intake, tell: Tell = silent) -> Looked:
    """Reads the file and asks the book of each row. Raises HengtanError for what is no such table."""
    template = templates()[intake.what]
    tell("open", 0, 0)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / f"table{Path(intake.name).suffix[:8]}"
        path.write_bytes(vault.facts(intake.organisation).read(intake.digest))
        tell("read", 0, 0)
        table = read_table(path, intake.name, template.headers, template.numbers)
    if len(table.rows) > MOST_ROWS:
        told = {"field": "rows", "value": str(len(table.rows)), "most": f"{MOST_ROWS:,}"}
        raise HengtanError(Problem("book.event-whole", file=intake.name, values=told))
    wrong = list(table.problems)
    bad = {each.row for each in wrong}
    events, more = events_of(
        template, _counted(((row, cells) for row, cells in table.rows if row not in bad), len(table.rows), tell)
    )
    wrong += [replace(each, file=intake.name) for each in more]
    if not events and not wrong:
        raise HengtanError(Problem("table.no-header", file=intake.name, values={"names": ", ".join(template.needs)}))
    with services.reading(intake.organisation) as store:
        wrong += many.checked(store, events, intake.name, lambda done: tell("check", done, len(events)))
    return Looked(len(table.rows), events, sorted(wrong, key=lambda each: each.row or 0))


def _counted(rows: Iterator[Any], total: int, tell: Tell) -> Iterator[Any]:
    for done, row in enumerate(rows):
        if done % 1000 == 0:
            tell("rows", done, total)
        yield row


def keep(intake: Intake, looked: Looked) -> None:
    """What was found, for the page."""
    told = [dict(event.text) for _row, _key, event in looked.events]
    intake.rows, intake.wrong = looked.rows, len(looked.wrong)
    intake.preview = [[row, event] for (row, _key, _event), event in zip(looked.events[:PREVIEW], told, strict=False)]
    intake.sums = [[each.kind, each.code, each.count, each.units, each.cny] for each in deciding.sums(told)]
    intake.refused = [_kept(each) for each in looked.wrong[:MOST_REFUSED]]
    intake.state = State.WRONG if looked.wrong else State.READY
    intake.save(update_fields=["rows", "wrong", "preview", "sums", "refused", "state"])


def _kept(problem: Problem) -> dict[str, Any]:
    return {
        "code": problem.code, "sheet": problem.sheet, "row": problem.row, "column": problem.column, "values": dict(problem.values),
    }  # fmt: skip


def refused(intake: Intake) -> list[Problem]:
    """As problems again, to be told in whichever language."""
    return [
        Problem(each["code"], file=intake.name, sheet=each["sheet"], row=each["row"], column=each["column"], values=each["values"]) for each in intake.refused
    ]  # fmt: skip


def void(intake: Intake) -> list[str]:
    """Sources of the same organisation that were withdrawn: their rows may be proposed again."""
    return [each.source for each in Intake.objects.of(intake.organisation).filter(state=State.WITHDRAWN)]


def propose(
    intake: Intake, membership: Membership, looked: Looked, hold: Callable[[], None] = lambda: None
) -> tuple[int, int]:
    """(new, known), in one transaction with the state of the file. Raises HengtanError, and keeps what it says."""
    if looked.wrong:
        raise HengtanError(looked.wrong)
    with transaction.atomic():
        locked = Intake.objects.select_for_update().get(pk=intake.pk)
        if locked.state == State.PROPOSED:
            return locked.new, locked.known
        hold()
        new, known = services.propose_all(membership, looked.events, intake.source, void(intake), looked=True)
        intake.new, intake.known, intake.state = new, known, State.PROPOSED
        intake.save(update_fields=["new", "known", "state"])
    return new, known


def withdraw(intake: Intake, membership: Membership, reason: str) -> int:
    """All its events leave the queue, if nobody decided one of them; how many there were, 0 for none."""
    with services.writing(membership) as store:
        locked = Intake.objects.select_for_update().get(pk=intake.pk)
        if locked.state != State.PROPOSED:
            return 0
        count = many.withdrawn(store, intake.source, services.who(membership), reason)
        if count:
            Intake.objects.filter(pk=intake.pk).update(state=State.WITHDRAWN)
            told = {"file": intake.digest, "name": intake.name, "events": str(count), "reason": reason}
            vault.record(membership.organisation, "assets.withdrawn", told, by=membership.user)
    return count


def _address(job: Job) -> str:
    return reverse("assets-intake", kwargs={"key": job.organisation.key, "pk": job.arguments["intake"]})


@handler(
    KIND,
    title=_("Events of a file"),
    phases={
        "open": _("opening the file"), "read": _("reading the table"), "rows": _("reading rows"), "check": _("asking the book of each row"),
        "write": _("putting them into the queue"), "withdraw": _("taking them out of the queue"),
    },
    address=_address,
)  # fmt: skip
def run(job: Job, progress: Progress) -> dict[str, Any]:
    """Reads; with the step ``propose`` proposes, with ``withdraw`` withdraws: each in one transaction, so that a death leaves the queue as it was."""
    intake = Intake.objects.of(job.organisation).select_related("organisation").get(pk=job.arguments["intake"])
    membership = Membership.objects.select_related("organisation", "user").get(
        organisation=job.organisation, user=job.created_by, ended_at=None
    )
    if job.arguments["step"] == "withdraw":
        progress.at("withdraw", 0, 0)
        return {"withdrawn": withdraw(intake, membership, job.arguments["reason"])}
    if job.arguments["step"] == "propose" and intake.state in (State.PROPOSED, State.WITHDRAWN):
        return {"new": intake.new, "known": intake.known}
    try:
        looked = look(intake, progress.at)
    except HengtanError as fault:
        looked = Looked(0, [], list(fault.problems))
    if job.arguments["step"] != "propose" or looked.wrong:
        keep(intake, looked)
        return {"rows": looked.rows, "wrong": len(looked.wrong)}
    progress.at("write", 0, len(looked.events))
    try:
        new, known = propose(intake, membership, looked, progress.hold)
    except HengtanError as fault:
        keep(intake, replace(looked, wrong=list(fault.problems)))
        return {"rows": looked.rows, "wrong": len(fault.problems)}
    return {"new": new, "known": known}
