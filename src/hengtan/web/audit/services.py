"""The one door to the audit room: open, sample, test, ask, answer, close. The verifier writes here and nowhere else."""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from decimal import Decimal, InvalidOperation
from typing import Any

from django.core.exceptions import PermissionDenied, ValidationError
from django.db import transaction
from django.db.models import Max
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from hengtan.inventory.run import text
from hengtan.inventory.sampling import Side, evaluate
from hengtan.inventory.totals import EXACT
from hengtan.web.accounts.models import User
from hengtan.web.jobs.services import enqueue
from hengtan.web.notices.services import tell, who_may
from hengtan.web.organisations.models import Membership, Organisation
from hengtan.web.organisations.roles import Act
from hengtan.web.reporting.services import clean
from hengtan.web.runs.models import Run
from hengtan.web.vault.services import keep_file, record

from .models import Attachment, Engagement, Item, Opinion, Package, Question, Reply, Result, Verification

SAMPLE, VERIFY, PACKAGE = "audit.sample", "audit.verify", "audit.package"  # the jobs
MOST_WORDS = 4000
MOST_FILE = 20 * 2**20
LARGEST = Decimal(10) ** 18  # kg


@transaction.atomic
def begin(membership: Membership, run: Run, given: Mapping[str, Any]) -> Engagement:
    """An engagement with the sample that a worker draws for it; what was decided before it was drawn stands in the ledger."""
    _verifier(membership)
    if not run.is_done:
        raise ValidationError(_("This run is not done."))
    organisation = Organisation.objects.select_for_update().get(pk=membership.organisation.pk)
    last = Engagement.objects.of(organisation).aggregate(last=Max("number"))["last"] or 0
    made = Engagement(
        organisation=organisation, number=last + 1, run=run, opened_by=membership.user, name=clean(str(given["name"])),
        level=given["level"], standard=clean(str(given["standard"])), verifier=clean(str(given["verifier"])), basis=given["basis"],
        materiality_pct=given["materiality_pct"], performance_pct=given["performance_pct"], confidence=given["confidence"],
        seed=clean(str(given.get("seed") or "")) or secrets.token_hex(8),
    )  # fmt: skip
    for name in ("materiality_pct", "performance_pct"):
        if not 0 < Decimal(getattr(made, name)) <= 100:
            raise ValidationError({name: [_("Between 0 and 100 percent.")]})
    made.clean_fields(
        exclude=["organisation", "run", "opened_by", "job", "plan", "closed_by", "closed_at", "closed_event"]
    )
    made.save()
    made.job = enqueue(organisation, SAMPLE, {"engagement": made.pk}, membership.user)
    made.save(update_fields=["job"])
    record(organisation, "audit.opened", _named(made) | {
        "level": made.level, "standard": made.standard, "verifier": made.verifier, "basis": made.basis,
        "materiality_pct": str(made.materiality_pct), "performance_pct": str(made.performance_pct),
        "confidence": str(made.confidence), "seed": made.seed,
    }, membership.user)  # fmt: skip
    return made


@transaction.atomic
def test(item: Item, by: Membership, result: str, audited: str = "", note: str = "") -> Item:
    """What testing the row came to; every change keeps old and new in the ledger."""
    _verifier(by)
    held = (
        Item.objects.select_for_update(of=("self",))
        .select_related("engagement__organisation", "engagement__run")
        .get(pk=item.pk)
    )
    _must_be_open(held.engagement)
    if result not in Result.values:
        raise ValidationError({"result": [_("Choose a result.")]})
    kg = ""
    if result == Result.DIFFERENCE:
        kg = _mass(audited)
        if Decimal(kg) == held.book:
            raise ValidationError({"audited_kg": [_("This is the company's own figure. Then the row is agreed.")]})
    old = {"result": held.result, "audited_kg": held.audited_kg, "note": held.note}
    new = {"result": result, "audited_kg": kg, "note": clean(note)[:MOST_WORDS]}
    if old == new:
        return held
    held.result, held.audited_kg, held.note = new["result"], new["audited_kg"], new["note"]
    held.tested_by, held.tested_at = by.user, timezone.now()
    held.save(update_fields=["result", "audited_kg", "note", "tested_by", "tested_at"])
    what = {"activity_id": held.activity_id, "book_kg": held.book_kg, "old": old, "new": new}
    record(held.engagement.organisation, "audit.tested", _named(held.engagement) | what, by.user)
    return held


@transaction.atomic
def attach(item: Item, by: Membership, name: str, data: bytes) -> Attachment:
    """A file beside a row."""
    _verifier(by)
    _must_be_open(item.engagement)
    if not data:
        raise ValidationError(_("The file is empty."))
    if len(data) > MOST_FILE:
        raise ValidationError(_("At most %(most)d MB.") % {"most": MOST_FILE // 2**20})
    digest = keep_file(item.engagement.organisation, data)
    made = Attachment.objects.create(
        organisation=item.engagement.organisation, item=item, name=clean(name)[-200:] or "file", digest=digest, bytes=len(data),
        added_by=by.user,
    )  # fmt: skip
    what = {"activity_id": item.activity_id, "file": made.name, "sha256": digest, "facts": [digest]}
    record(item.engagement.organisation, "audit.evidence", _named(item.engagement) | what, by.user)
    return made


@transaction.atomic
def ask(engagement: Engagement, by: Membership, words: str, item: Item | None = None) -> Question:
    """The company is told of it."""
    _verifier(by)
    _must_be_open(engagement)
    made = Question.objects.create(
        organisation=engagement.organisation, engagement=engagement, item=item, text=_words(words), asked_by=by.user
    )
    if item is not None and item.result == Result.OPEN:
        test(item, by, Result.QUESTION, note=item.note)
    what = {"question": str(made.pk), "text": made.text, "activity_id": item.activity_id if item else ""}
    record(engagement.organisation, "audit.asked", _named(engagement) | what, by.user)
    _tell(engagement, "audit.asked", who_may(engagement.organisation, Act.REPORT), by.user, made.text)
    return made


@transaction.atomic
def reply(question: Question, by: Membership, words: str, *, settled: bool = False) -> Reply | None:
    """The company answers; the verifier answers back, or settles it, with words or without."""
    verifier = by.may(Act.AUDIT)
    if not verifier and not by.may(Act.REPORT):
        raise PermissionDenied
    held = Question.objects.select_for_update(of=("self",)).select_related("engagement__organisation", "engagement__run", "asked_by").get(
        pk=question.pk
    )  # fmt: skip
    _must_be_open(held.engagement)
    if settled and not verifier:
        raise PermissionDenied
    if held.state == Question.State.SETTLED:
        raise ValidationError(_("This question is settled."))
    made = None
    if not settled or clean(words):
        made = Reply.objects.create(organisation=held.organisation, question=held, text=_words(words), said_by=by.user)
    held.state = Question.State.SETTLED if settled else Question.State.ASKED if verifier else Question.State.ANSWERED
    held.save(update_fields=["state"])
    kind = "audit.settled" if settled else "audit.answered"
    what = {"question": str(held.pk), "text": made.text if made else ""}
    record(held.engagement.organisation, kind, _named(held.engagement) | what, by.user)
    if not settled:
        people = who_may(held.engagement.organisation, Act.REPORT) if verifier else [held.asked_by]
        _tell(held.engagement, "audit.answered", people, by.user, made.text if made else "")
    return made


@transaction.atomic
def close(engagement: Engagement, by: Membership, opinion: str, statement: str) -> Engagement:
    """The verifier's statement; from then on nothing in it changes."""
    _verifier(by)
    held = (
        Engagement.objects.select_for_update(of=("self",)).select_related("organisation", "run").get(pk=engagement.pk)
    )
    _must_be_open(held)
    if not held.plan:
        raise ValidationError(_("The sample is not drawn yet."))
    if opinion not in Opinion.values:
        raise ValidationError({"opinion": [_("Choose an opinion.")]})
    left = held.items.filter(result__in=(Result.OPEN, Result.QUESTION)).count()
    if left and opinion != Opinion.DISCLAIMED:
        raise ValidationError(
            _("%(left)d rows of the sample are not tested. Test them, or disclaim an opinion.") % {"left": left}
        )
    held.opinion, held.statement, held.closed_by, held.closed_at = opinion, _words(statement), by.user, timezone.now()
    told = summary(held)
    held.closed_event = record(held.organisation, "audit.closed", _named(held) | {
        "opinion": held.opinion, "statement": held.statement, "verifier": held.verifier, "level": held.level, "standard": held.standard,
        "materiality_kg": held.plan["materiality_kg"], "tested": str(told["tested"]), "sample": str(told["count"]),
        "over": _side(told["over"]), "under": _side(told["under"]),
    }, by.user)  # fmt: skip
    held.save(update_fields=["opinion", "statement", "closed_by", "closed_at", "closed_event"])
    _tell(held, "audit.closed", who_may(held.organisation, Act.REPORT), by.user, str(Opinion(opinion).label))
    return held


@transaction.atomic
def verify(engagement: Engagement, by: Membership) -> Verification:
    """A worker does what ``hengtan verify`` does; anybody who reads the whole may ask for it."""
    made = Verification.objects.create(organisation=engagement.organisation, engagement=engagement, asked_by=by.user)
    made.job = enqueue(engagement.organisation, VERIFY, {"verification": made.pk}, by.user)
    made.save(update_fields=["job"])
    return made


@transaction.atomic
def export(engagement: Engagement, by: Membership) -> Package:
    """A worker writes the package."""
    if not by.may(Act.AUDIT) and not by.may(Act.REPORT):
        raise PermissionDenied
    made = Package.objects.create(organisation=engagement.organisation, engagement=engagement, asked_by=by.user)
    made.job = enqueue(engagement.organisation, PACKAGE, {"package": made.pk}, by.user)
    made.save(update_fields=["job"])
    return made


def summary(engagement: Engagement) -> dict[str, Any]:
    """How far it is, and what the sample says: projected misstatement and its limit on either side, against materiality."""
    items = list(engagement.items.all())
    tested = [item for item in items if item.result in (Result.AGREED, Result.DIFFERENCE)]
    told: dict[str, Any] = {
        "count": len(items), "tested": len(tested), "open": sum(item.result == Result.OPEN for item in items),
        "asked": sum(item.result == Result.QUESTION for item in items),
        "differences": sum(item.result == Result.DIFFERENCE for item in items),
    }  # fmt: skip
    if not engagement.plan:
        return told
    interval, materiality = Decimal(engagement.plan["interval_kg"]), Decimal(engagement.plan["materiality_kg"])
    over, under = evaluate(
        [(item.book, item.audited or item.book) if item.audited is None else (item.book, item.audited) for item in tested if not item.hits],
        [(item.book, item.audited, item.hits) for item in tested if item.hits and item.audited is not None],
        interval, engagement.confidence,
    )  # fmt: skip
    worst = max(over.limit_kg, under.limit_kg)
    return told | {
        "over": over, "under": under, "net_kg": under.projected_kg - over.projected_kg, "limit_kg": worst, "materiality_kg": materiality,
        "within": worst <= materiality, "complete": len(tested) == len(items),
    }  # fmt: skip


def _side(side: Side) -> dict[str, str]:
    return {"found_kg": text(side.found_kg), "projected_kg": text(side.projected_kg), "limit_kg": text(side.limit_kg)}


def _mass(audited: str) -> str:
    try:
        kg = Decimal(clean(audited).replace(",", "").replace("−", "-"))
    except InvalidOperation:
        raise ValidationError({"audited_kg": [_("Give your figure as a number.")]}) from None
    if not kg.is_finite() or not 0 <= kg < LARGEST or kg != EXACT.quantize(kg, Decimal(1).scaleb(-18)):
        raise ValidationError({"audited_kg": [_("Give a mass of 0 or more, with at most 18 decimals.")]})
    return text(kg)


def _words(words: str) -> str:
    said = clean(words)[:MOST_WORDS]
    if not said:
        raise ValidationError(_("Write something."))
    return said


def _verifier(membership: Membership) -> None:
    if not membership.may(Act.AUDIT):
        raise PermissionDenied


def _must_be_open(engagement: Engagement) -> None:
    if not engagement.is_open:
        raise ValidationError(_("The engagement is closed: nothing in it changes any more."))


def _named(engagement: Engagement) -> dict[str, object]:
    return {"engagement": engagement.code, "run": engagement.run.code, "run_sha256": engagement.run.run_sha256}


def _tell(engagement: Engagement, kind: str, people: list[User], by: User, words: str) -> None:
    address = reverse("engagement", kwargs={"key": engagement.organisation.key, "pk": engagement.pk})
    values = {"by": by.name, "name": engagement.name, "text": words}
    tell(engagement.organisation, [each for each in people if each.pk != by.pk], kind, values, address)
