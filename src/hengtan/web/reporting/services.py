"""The one door to reports: prepare, issue by a second person, give back, withdraw."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from django.core.exceptions import PermissionDenied, ValidationError
from django.db import transaction
from django.db.models import Max
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from hengtan.api.about import FIELDS
from hengtan.reports.sentences import Words
from hengtan.web.accounts.models import User
from hengtan.web.jobs.models import UNDER_WAY
from hengtan.web.jobs.services import enqueue
from hengtan.web.notices.services import tell, who_may
from hengtan.web.organisations.models import Membership, Organisation
from hengtan.web.organisations.roles import Act
from hengtan.web.runs.models import Run
from hengtan.web.vault.models import Outbox
from hengtan.web.vault.services import record
from hengtan.web.webhooks.services import announce

from .models import About, Report, ReportFile, State

ISSUE = "reporting.issue"  # the job
MOST_FIELD = 4000  # characters


def about_of(organisation: Organisation) -> dict[str, str]:
    """What the company said of itself last; its name to begin with."""
    kept = About.objects.of(organisation).first()
    return {"name": organisation.name} | (dict(kept.fields) if kept else {})


def told(fields: Mapping[str, Any]) -> dict[str, str]:
    """The fields that reports print, as far as something stands in them. ValidationError for what is too long."""
    found = {name: clean(str(fields[name])) for name in FIELDS if clean(str(fields.get(name) or ""))}
    for name, text in found.items():
        if len(text) > MOST_FIELD:
            raise ValidationError({name: [_("At most %(most)d characters.") % {"most": MOST_FIELD}]})
    return found


def clean(words: str) -> str:
    """What a person wrote, without signs that nobody sees and no database takes."""
    return " ".join("".join(each if each.isprintable() else " " for each in words).split())


@transaction.atomic
def prepare(
    membership: Membership, run: Run, standard: str, languages: Sequence[str], formats: Sequence[str],
    about: Mapping[str, Any], replaces: Report | None = None, previous: Run | None = None,
) -> Report:  # fmt: skip
    """A report that somebody else may issue. What it says of the company is kept for the next one."""
    if not membership.may(Act.REPORT):
        raise PermissionDenied
    if not run.is_done:
        raise ValidationError(_("This run is not done."))
    if not languages or not formats:
        raise ValidationError(_("Choose at least one language and one format."))
    organisation, fields = membership.organisation, told(about)
    if replaces is not None and replaces.state not in (State.ISSUED, State.WITHDRAWN):
        raise ValidationError(_("Only a report that was issued can be replaced, and only once."))
    About.objects.update_or_create(
        organisation=organisation, defaults={"fields": fields, "changed_by": membership.user}
    )
    report = Report.objects.create(
        organisation=organisation, run=run, standard=standard, languages=list(languages), formats=list(formats),
        about=fields, replaces=replaces, previous=previous, prepared_by=membership.user,
    )  # fmt: skip
    record(organisation, "report.prepared", _named(report), membership.user)
    _tell(report, "report.waiting", who_may(organisation, Act.REPORT, but=[membership.user.pk]), membership.user)
    return report


@transaction.atomic
def issue(report: Report, by: Membership) -> None:
    """A worker writes the files and signs them into the ledger. Nobody issues what he prepared himself."""
    report = _waiting(report, by)
    if by.user.pk == report.prepared_by_id:
        raise ValidationError(_("Nobody issues a report that they prepared themselves. Ask a colleague who may."))
    _replaceable(report)
    report.state, report.decided_by, report.decided_at = State.ISSUING, by.user, timezone.now()
    report.job = enqueue(report.organisation, ISSUE, {"report": report.pk}, by.user)
    report.save(update_fields=["state", "decided_by", "decided_at", "job"])


@transaction.atomic
def give_back(report: Report, by: Membership, comment: str) -> None:
    """It is not issued; why, is kept. Who prepared it may take it back."""
    report = _waiting(report, by)
    if not clean(comment):
        raise ValidationError(_("Say why it is not issued."))
    report.state, report.decided_by, report.decided_at = State.RETURNED, by.user, timezone.now()
    report.comment = clean(comment)[:MOST_FIELD]
    report.save(update_fields=["state", "decided_by", "decided_at", "comment"])
    record(report.organisation, "report.returned", _named(report) | {"comment": report.comment}, by.user)
    if by.user.pk != report.prepared_by_id:
        _tell(report, "report.returned", [report.prepared_by], by.user, report.comment)


@transaction.atomic
def withdraw(report: Report, by: Membership, reason: str) -> None:
    """It no longer holds; it stays to be seen, with the reason."""
    if not by.may(Act.REPORT):
        raise PermissionDenied
    report = _held(report)
    if report.state != State.ISSUED:
        raise ValidationError(_("Only a report that is issued and was not replaced can be withdrawn."))
    if not clean(reason):
        raise ValidationError(_("Say why the report is withdrawn."))
    report.state, report.withdrawn_by, report.withdrawn_at = State.WITHDRAWN, by.user, timezone.now()
    report.reason = clean(reason)[:MOST_FIELD]
    report.save(update_fields=["state", "withdrawn_by", "withdrawn_at", "reason"])
    digests = {"files": {file.name: file.digest for file in report.files.all()}}
    record(report.organisation, "report.withdrawn", _named(report) | digests | {"reason": report.reason}, by.user)
    _tell(
        report, "report.withdrawn", who_may(report.organisation, Act.REPORT, but=[by.user.pk]), by.user, report.reason
    )


def written(report: Report, files: Iterable[tuple[str, str, str, str, int]]) -> Report:
    """In the transaction of the job that wrote them: the report has a number, each file (name, format, language, digest, bytes) an entry.

    Every entry names all the files, so that one that was kept back is missed.
    """
    Organisation.objects.select_for_update().get(pk=report.organisation_id)
    report = _held(report)
    if report.state != State.ISSUING:
        return report
    last = Report.objects.of(report.organisation).aggregate(last=Max("number"))["last"] or 0
    report.number, report.state, report.issued_at = last + 1, State.ISSUED, timezone.now()
    if report.replaces is not None:
        _replaceable(report)
        old = _held(report.replaces)
        if old.state == State.ISSUED:
            old.state = State.SUPERSEDED
            old.save(update_fields=["state"])
        record(report.organisation, "report.superseded", _named(old) | {"by_report": report.code}, report.decided_by)
    named = [(f"{report.code}-{name}", form, language, digest, size) for name, form, language, digest, size in files]
    together = {name: digest for name, _format, _language, digest, _size in named}
    for name, form, language, digest, size in named:
        what = {"file": name, "sha256": digest, "facts": [digest], "language": language, "issued_together": together}
        event = record(report.organisation, "report.issued", _named(report) | what, report.decided_by)
        ReportFile.objects.create(
            organisation=report.organisation, report=report, name=name, format=form, language=language,
            digest=digest, bytes=size, event=event,
        )  # fmt: skip
    report.save(update_fields=["number", "state", "issued_at"])
    announce(report.organisation, "report.issued", {
        "report": report.key, "number": report.code, "standard": str(report.standard), "run": report.run.key,
        "replaces": report.replaces.key if report.replaces else None,
        "files": [{"name": name, "sha256": digest} for name, digest in together.items()],
    })  # fmt: skip
    if report.decided_by is not None:
        told_to = who_may(report.organisation, Act.REPORT, but=[report.decided_by_id])
        _tell(report, "report.issued", told_to, report.decided_by)
    return report


def events_of(report: Report) -> list[Outbox]:
    """What the ledger was told of its files."""
    return [file.event for file in report.files.select_related("event") if file.event is not None]


def about_shown(report: Report, lang: str) -> list[tuple[str, str]]:
    """What it says of the company, each with the title that the report prints."""
    words = Words(lang)
    return [(words(f"org.{name}"), report.about[name]) for name in FIELDS if report.about.get(name)]


def _named(report: Report) -> dict[str, object]:
    return {
        "report": report.key, "number": report.code if report.number else "", "run": report.run.code,
        "run_sha256": report.run.run_sha256, "standard": str(report.standard), "prepared_by": report.prepared_by.name,
        "replaces": report.replaces.code if report.replaces else "",
    }  # fmt: skip


def _tell(report: Report, kind: str, people: Iterable[User], by: User, comment: str = "") -> None:
    address = reverse("report", kwargs={"key": report.organisation.key, "pk": report.pk})
    name = f"{report.code} {report.run.name}" if report.number else report.run.name
    tell(report.organisation, people, kind, {"by": by.name, "name": name, "comment": comment}, address)


def _held(report: Report) -> Report:
    held = Report.objects.select_for_update(of=("self",))
    return held.select_related("organisation", "run", "prepared_by", "decided_by", "replaces", "job").get(pk=report.pk)


def _waiting(report: Report, by: Membership) -> Report:
    """The report, locked, as long as nobody has decided; one whose job failed may be given back."""
    if not by.may(Act.REPORT):
        raise PermissionDenied
    report = _held(report)
    failed = report.state == State.ISSUING and (report.job is None or report.job.state not in (*UNDER_WAY, "done"))
    if report.state != State.PREPARED and not failed:
        raise ValidationError(_("Somebody has decided on this report in the meantime."))
    return report


def _replaceable(report: Report) -> None:
    old = report.replaces
    if old is not None and Report.objects.filter(replaces=old, number__isnull=False).exists():
        raise ValidationError(_("%(code)s has been replaced in the meantime.") % {"code": old.code})
