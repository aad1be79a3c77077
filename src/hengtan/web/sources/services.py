"""The one door to sources: set up, switched, run; issues retried, taken as a correction, ignored."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from hengtan.connectors.plugins import SECRET, connectors
from hengtan.problems import Problem
from hengtan.web.activities import services as activities
from hengtan.web.activities.models import Batch, SourceFile
from hengtan.web.activities.models import State as BatchState
from hengtan.web.activities.reading import understood
from hengtan.web.boundaries.models import Facility
from hengtan.web.jobs import services as jobs
from hengtan.web.jobs.models import UNDER_WAY as JOBS_UNDER_WAY
from hengtan.web.organisations.models import Membership, Organisation
from hengtan.web.sealed import seal, unseal
from hengtan.web.vault.services import record

from .models import Issue, IssueState, Rhythm, Source, SourceRun, Step, Taken, known_zone

RUN = "sources.run"  # the job
MOST_SOURCES, MOST_TEXT = 50, 20_000


@dataclass(frozen=True, slots=True)
class Given:
    """What a person says of a source. settings: by the names of the connector's fields; a secret that is empty stays as it is."""

    name: str
    settings: Mapping[str, str]
    rhythm: str = Rhythm.DAILY
    minutes: int = 60
    at: time = time(6)
    weekday: int = 0
    day: int = 3
    zone: str = "UTC"
    partial: bool = False
    words: str = ""
    facilities: Iterable[Facility] = field(default_factory=tuple)


@transaction.atomic
def make(membership: Membership, connector: str, given: Given) -> Source:
    """A source that is off; a dry run shows what it would bring."""
    organisation = Organisation.objects.select_for_update().get(pk=membership.organisation.pk)
    if connector not in connectors():
        raise ValidationError(_("This connector is not installed."))
    if Source.objects.of(organisation).count() >= MOST_SOURCES:
        raise ValidationError(_("At most %(most)d sources in one organisation.") % {"most": MOST_SOURCES})
    source = Source(organisation=organisation, connector=connector)
    _put(source, membership, given)
    record(organisation, "source.made", _told(source), membership.user)
    return source


@transaction.atomic
def change(source: Source, membership: Membership, given: Given) -> None:
    """Other settings; from now on it runs in the name of who changed them."""
    _put(source, membership, given)
    record(source.organisation, "source.changed", _told(source), membership.user)


def _put(source: Source, membership: Membership, given: Given) -> None:
    plug = connectors().get(source.connector)
    if plug is None:
        raise ValidationError(_("This connector is not installed."))
    known_zone(given.zone)
    if given.rhythm not in Rhythm.values or not (
        5 <= given.minutes <= 1440 and 0 <= given.weekday <= 6 and 1 <= given.day <= 28
    ):
        raise ValidationError(_("At least 5 minutes, at most a day; a day of the month from 1 to 28."))
    plain, hidden = dict[str, str](), secrets_of(source)
    for each in plug.fields:
        value = str(given.settings.get(each.name, "")).strip()
        if "\x00" in value or len(value) > MOST_TEXT:
            raise ValidationError({each.name: _("The text is too long.")})
        if each.kind == SECRET:
            if value:
                hidden[each.name] = value
            value = hidden.get(each.name, "")
        else:
            plain[each.name] = value or (each.default if each.kind != "text" else "")
        if each.required and not value and not plain.get(each.name):
            raise ValidationError({each.name: _("This is needed.")})
        if each.choices and plain[each.name] not in each.choices:
            raise ValidationError({each.name: _("Choose one of the list.")})
    source.name = given.name.replace("\x00", "").strip()[:100]
    if not source.name:
        raise ValidationError({"name": _("This is needed.")})
    source.settings, source.secrets = plain, seal(json.dumps(hidden), purpose(source.organisation)) if hidden else ""
    source.rhythm, source.minutes, source.at = given.rhythm, given.minutes, given.at
    source.weekday, source.day, source.zone = given.weekday, given.day, given.zone
    source.partial, source.words, source.run_by = given.partial, words_of(given.words), membership.user
    source.next_at = following(source, timezone.now()) if source.is_on else None
    source.save()
    source.facilities.set(given.facilities)


def words_of(text: str) -> dict[str, dict[str, str]]:
    """``度 = kWh`` a line: of units and of activity types, told apart by what stands on the right."""
    found: dict[str, dict[str, str]] = {}
    for number, line in enumerate(text.replace("\x00", "").splitlines()[:500], 1):
        if not line.strip():
            continue
        theirs, sign, ours = (part.strip() for part in line.partition("="))
        kind = next((each for each in ("activity_type", "unit") if ours and understood(each, ours)), "")
        if not sign or not theirs or not kind:
            raise ValidationError({"words": _("Line %(number)d: give your word = a unit or an activity type that is known.") % {"number": number}})  # fmt: skip
        found.setdefault(kind, {})[theirs[:200]] = ours
    return found


def as_lines(words: Mapping[str, Mapping[str, str]]) -> str:
    """As a person typed them."""
    return "\n".join(f"{theirs} = {ours}" for each in words.values() for theirs, ours in each.items())


def purpose(organisation: Organisation) -> str:
    """What the secrets of sources of this organisation are sealed for."""
    return f"source {organisation.key}"


def secrets_of(source: Source) -> dict[str, str]:
    """Opened, for the connector alone."""
    return dict(json.loads(unseal(source.secrets, purpose(source.organisation)))) if source.secrets else {}


def following(source: Source, after: datetime) -> datetime:
    """When it runs next, in its time zone."""
    if source.rhythm == Rhythm.MINUTES:
        return after + timedelta(minutes=source.minutes)
    here = after.astimezone(ZoneInfo(source.zone))
    for days in range(33):
        day = here.date() + timedelta(days=days)
        wanted = {
            Rhythm.DAILY: True,
            Rhythm.WEEKLY: day.weekday() == source.weekday,
            Rhythm.MONTHLY: day.day == source.day,
        }
        due = datetime.combine(day, source.at, ZoneInfo(source.zone)).astimezone(UTC)
        if wanted[Rhythm(source.rhythm)] and due > after:
            return due
    raise AssertionError


@transaction.atomic
def switch(source: Source, on: bool, by: Membership) -> None:
    """On or off."""
    after = following(source, timezone.now()) if on else None
    if Source.objects.filter(pk=source.pk, is_on=not on).update(is_on=on, next_at=after):
        record(source.organisation, "source.on" if on else "source.off", _told(source), by.user)


@transaction.atomic
def run(source: Source, *, dry: bool = False) -> SourceRun:
    """Once, now; the run that is under way already, if there is one."""
    source = Source.objects.select_for_update(of=("self",)).select_related("organisation", "run_by").get(pk=source.pk)
    before = SourceRun.objects.filter(source=source, ended_at=None, job__state__in=JOBS_UNDER_WAY, dry=dry).first()
    if before is not None:
        return before
    made = SourceRun.objects.create(organisation=source.organisation, source=source, dry=dry)
    made.job = jobs.enqueue(source.organisation, RUN, {"run": made.pk}, source.run_by)
    made.save(update_fields=["job"])
    return made


# what stands in the way
def tell_issue(
    source: Source, key: str, name: str, problem: Problem | dict[str, Any], digest: str = "", taken: Taken | None = None
) -> bool:  # fmt: skip
    """Puts it in the queue; whether it is new there. What somebody ignored stays ignored."""
    told = without_nul(jobs.as_json([problem])[0] if isinstance(problem, Problem) else problem)
    key, name = without_nul(key), without_nul(name)
    issue, new = Issue.objects.get_or_create(
        source=source, key=key[:300],
        defaults={"organisation": source.organisation, "name": name[:255], "problem": told, "digest": digest, "taken": taken},
    )  # fmt: skip
    if not new and issue.state != IssueState.IGNORED:
        new = issue.state == IssueState.SOLVED
        issue.state, issue.problem, issue.count = IssueState.OPEN, told, issue.count + 1
        issue.digest, issue.taken = digest or issue.digest, taken or issue.taken
        issue.save()
    return new


def without_nul(told: Any) -> Any:
    """What a database can keep; files and meters of others may hold anything."""
    if isinstance(told, dict):
        return {name: without_nul(each) for name, each in told.items()}
    if isinstance(told, list):
        return [without_nul(each) for each in told]
    return told.replace("\x00", "�") if isinstance(told, str) else told


def solved(source: Source, keys_begin: str = "", taken: Taken | None = None) -> None:
    """What stood in the way no longer does."""
    found = Issue.objects.filter(source=source, state=IssueState.OPEN)
    found = found.filter(taken=taken) if taken else found.filter(key__startswith=keys_begin)
    found.update(state=IssueState.SOLVED)


@transaction.atomic
def ignore(issue: Issue, by: Membership, reason: str) -> None:
    """It is left as it is; why, is kept."""
    reason = reason.replace("\x00", "").strip()[:300]
    if not reason:
        raise ValidationError(_("Say why it may be left."))
    found = Issue.objects.filter(pk=issue.pk, state=IssueState.OPEN)
    if found.update(state=IssueState.IGNORED, closed_by=by.user, closed_reason=reason):
        what = {
            "source": issue.source.key,
            "what": issue.name,
            "code": issue.problem.get("code", ""),
            "reason": reason,
        }
        record(issue.organisation, "source.ignored", what, by.user)


@transaction.atomic
def retry(issue: Issue, by: Membership) -> Batch | None:
    """Once more: a changed file as a correction of what came in before, a stuck file from the beginning, anything else by a run."""
    issue = Issue.objects.select_for_update(of=("self",)).select_related("source__organisation", "source__run_by", "taken__batch").get(pk=issue.pk)  # fmt: skip
    taken, batch = issue.taken, issue.taken.batch if issue.taken else None
    if issue.state != IssueState.OPEN:
        return batch
    if taken is not None and issue.digest and issue.digest != taken.digest:
        if batch is not None and batch.state == BatchState.SUBMITTED:
            raise ValidationError(_("“%(name)s” waits for a decision. Decide on it first.") % {"name": batch.name})
        if batch is not None and batch.is_open:
            raise ValidationError(_("“%(name)s” is still a draft. Submit or discard it first.") % {"name": batch.name})
        batch = begin(issue.source, by, issue.name, issue.digest, batch)
        Taken.objects.filter(pk=taken.pk).update(digest=issue.digest, batch=batch, step=Step.OUTLINE)
        Issue.objects.filter(pk=issue.pk).update(state=IssueState.SOLVED, closed_by=by.user)
        return batch
    if taken is not None and batch is not None and batch.is_open:
        activities.look_again(batch, issue.source.run_by, {})
        Taken.objects.filter(pk=taken.pk).update(step=Step.OUTLINE)
    else:
        run(issue.source)
    Issue.objects.filter(pk=issue.pk).update(state=IssueState.SOLVED, closed_by=by.user)
    return None


def begin(source: Source, membership: Membership, name: str, digest: str, supersedes: Batch | None = None) -> Batch:
    """A batch of one file that is in the vault."""
    from hengtan.web.vault.services import facts  # noqa: PLC0415

    size = facts(source.organisation).path(digest).stat().st_size
    given = activities.Given(name, digest, size, "", SourceFile.Role.ACTIVITIES)
    old = supersedes if supersedes is not None and supersedes.state == BatchState.APPROVED else None
    return activities.begin(membership, f"{source.name}: {name}"[:200], [given], old)


def _told(source: Source) -> dict[str, object]:
    """For the ledger: no secret, and no address that could be one."""
    return {
        "source": source.key, "name": source.name, "connector": source.connector, "rhythm": str(source.rhythm), "zone": source.zone,
    }  # fmt: skip
