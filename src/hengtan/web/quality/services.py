"""The one door to plans: make, fill, submit, decide, revise. Each change is one transaction with its ledger entry."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import date
from typing import Any

from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from hengtan.connectors.numbers import Convention, read_number
from hengtan.problems import Problem
from hengtan.sectors import SectorMethod, sector_methods
from hengtan.sectors.quality import REASONS, against, body, check, read_plan, suggested
from hengtan.sectors.quality import Plan as Content
from hengtan.sectors.statement import COLUMNS, read_statement
from hengtan.web.notices.services import tell, who_may
from hengtan.web.organisations.models import Membership
from hengtan.web.organisations.roles import Act
from hengtan.web.statements.models import OPEN, State, Statement
from hengtan.web.vault import services as vault

from .models import Plan, ReportingEntity
from .words import address_of_plan

UNDER_WAY = (*OPEN, State.SUBMITTED)
DECIDED = (State.APPROVED, State.SUPERSEDED)
KEEPS = (
    "credit_code",
    "registry",
    "legal_representative",
    "industry",
    "address",
    "contact",
)  # of the entity in a statement


def method_of(entity: ReportingEntity) -> SectorMethod:
    """The guideline; an entity of one that this installation no longer has is a fault of the installation."""
    return sector_methods()[entity.method]


def content(plan: Plan) -> Content:
    """What the version says."""
    return read_plan(plan.body)


def problems(plan: Plan) -> list[Problem]:
    """What it must still hold."""
    return check(content(plan), method_of(plan.entity), plan.year)


def statement_of(entity: ReportingEntity, year: int) -> Statement | None:
    """The statement of the year: the approved one, else the latest that is under way."""
    found = Statement.objects.of(entity.organisation).filter(name=entity.name, method=entity.method, year=year)
    rows = {each.state: each for each in found.exclude(state=State.SUPERSEDED).order_by("pk")}
    return next(
        (rows[state] for state in (State.APPROVED, State.SUBMITTED, State.DRAFT, State.RETURNED) if state in rows), None
    )


@transaction.atomic
def make(
    membership: Membership, name: str, method: str, year: int, valid_from: date, statement: Statement | None = None
) -> Plan:
    """The first version for an enterprise and guideline: a draft with what a statement gave, else what the guideline asks of everybody."""
    if method not in sector_methods():
        raise ValidationError(_("No such guideline."))
    entity, is_new = ReportingEntity.objects.of(membership.organisation).get_or_create(
        organisation=membership.organisation, name=name, method=method, defaults={"created_by": membership.user, "assignee": membership.user}
    )  # fmt: skip
    if not is_new and entity.plans.exists():
        raise ValidationError(_("%(name)s has a plan by this guideline already: revise that one.") % {"name": name})
    given = [(row[1], row[2], row[3], row[7]) for row in statement.rows] if statement is not None else []
    facilities, lines = suggested(method_of(entity), _plain(method_of(entity), given), year)
    about = statement.about if statement is not None else {}
    kept = {key: str(about.get(key, "")) for key in KEEPS if about.get(key)}
    first = Content(
        method, {"name": name, **kept}, str(about.get("boundary", "")), facilities, lines, {}
    )  # fmt: skip
    return Plan.objects.create(
        organisation=membership.organisation, entity=entity, version=1, year=year, valid_from=valid_from, body=body(first),
        created_by=membership.user,
    )  # fmt: skip


def _plain(method: SectorMethod, given: list[tuple[str, str, str, str]]) -> list[tuple[str, str, str, str]]:
    """Places and ways as the domain writes them: rows of statements may call a process by its title."""
    known = {title: name for name, titles in method.processes.items() for title in titles.values()}
    obtained = {"实测": "measured", "实测值": "measured", "计算": "calculated", "计算值": "calculated", "设计值": "design",
                "设计": "design", "缺省值": "default", "缺省": "default", "默认值": "default"}  # fmt: skip
    return [(known.get(process, process), unit, name, obtained.get(way, way)) for process, unit, name, way in given]


@transaction.atomic
def revise(membership: Membership, plan: Plan, why: str, reason: str, year: int, valid_from: date) -> Plan:
    """A new version with all that the approved one says: for a change, or for the next year."""
    held: Plan = Plan.objects.select_for_update(of=("self",)).select_related("entity", "organisation").get(pk=plan.pk)
    if held.state != State.APPROVED:
        raise ValidationError(_("Only an approved plan is revised."))
    if why not in REASONS:
        raise ValidationError(_("Choose why it is revised."))
    if why == "other" and not reason:
        raise ValidationError(_("Say the reason in words."))
    if held.entity.plans.filter(state__in=UNDER_WAY).exists():
        raise ValidationError(_("A new version is under way already."))
    try:
        with transaction.atomic():
            return Plan.objects.create(
                organisation=held.organisation, entity=held.entity, version=held.version + 1, year=year, why=why, reason=reason[:500],
                valid_from=valid_from, body=held.body, supersedes=held, created_by=membership.user,
            )  # fmt: skip
    except IntegrityError:
        raise ValidationError(_("A new version is under way already.")) from None


@transaction.atomic
def fill(plan: Plan, given: Mapping[str, Any], *, seen: str | None = None, valid_from: date | None = None) -> Plan:
    """What the version says from now on; ValidationError where it is not open. ``seen``: the state of it that the person had before him."""
    held: Plan = Plan.objects.select_for_update(of=("self",)).select_related("entity", "organisation").get(pk=plan.pk)
    if not held.is_open:
        raise ValidationError(_("This version is not open any more."))
    if seen is not None and seen != mark_of(held):
        raise ValidationError(
            _(
                "Somebody changed this plan meanwhile. What you typed is still here: look at the plan, then keep it again."
            )
        )
    try:
        held.body = body(read_plan({**given, "method": held.entity.method}))
    except ValueError:
        raise ValidationError(_("This is no plan: it has another shape, or too many lines.")) from None
    held.body["entity"]["name"] = held.entity.name
    if valid_from is not None:
        held.valid_from = valid_from
    held.save()
    return held


def mark_of(plan: Plan) -> str:
    """What changes whenever the version does."""
    return plan.changed_at.isoformat()


@transaction.atomic
def submit(membership: Membership, plan: Plan) -> Plan:
    """Asks for approval; what it says is kept by its digest."""
    held: Plan = Plan.objects.select_for_update(of=("self",)).select_related("entity", "organisation").get(pk=plan.pk)
    if not held.is_open:
        raise ValidationError(_("This version is not open any more."))
    found = [each for each in problems(held) if each.severity == "error"]
    if found:
        raise ValidationError(
            _("The plan still lacks something: %(count)d points are listed beside it.") % {"count": len(found)}
        )
    held.digest = vault.keep_file(held.organisation, json.dumps(held.body, ensure_ascii=False, sort_keys=True).encode())
    held.state, held.submitted_by, held.submitted_at, held.comment = (
        State.SUBMITTED,
        membership.user,
        timezone.now(),
        "",
    )
    held.save()
    _record(held, "quality-plan.submitted", membership)
    people = who_may(held.organisation, Act.APPROVE, but=(membership.user.pk, held.created_by_id))
    values = {"by": membership.user.name, "name": held.entity.name, "version": f"V{held.version}"}
    tell(held.organisation, people, "quality.submitted", values, address_of_plan(held))
    return held


@transaction.atomic
def decide(membership: Membership, plan: Plan, *, approve: bool, comment: str) -> Plan:
    """Approves or returns what somebody else made."""
    held: Plan = (
        Plan.objects.select_for_update(of=("self",))
        .select_related("entity", "organisation", "created_by")
        .get(pk=plan.pk)
    )
    if held.state != State.SUBMITTED:
        raise ValidationError(_("This version does not wait for a decision."))
    if membership.user.pk in (held.created_by_id, held.submitted_by_id):
        raise ValidationError(_("Nobody approves what he made: somebody else decides."))
    if not approve and not comment:
        raise ValidationError(_("Say what is to be mended."))
    held.state = State.APPROVED if approve else State.RETURNED
    held.decided_by, held.decided_at, held.comment = membership.user, timezone.now(), comment
    if approve and held.supersedes_id is not None:
        Plan.objects.filter(pk=held.supersedes_id).update(state=State.SUPERSEDED)
    held.entry = _record(held, "quality-plan.approved" if approve else "quality-plan.returned", membership)
    held.save()
    values = {
        "by": membership.user.name,
        "name": held.entity.name,
        "version": f"V{held.version}",
        "comment": comment or "—",
    }
    kind = "quality.approved" if approve else "quality.returned"
    tell(held.organisation, [held.created_by], kind, values, address_of_plan(held))
    return held


def _record(plan: Plan, kind: str, membership: Membership) -> Any:
    event = {
        "plan": plan.key, "entity": plan.entity.name, "method": plan.entity.method, "version": str(plan.version), "year": str(plan.year),
        "valid_from": plan.valid_from.isoformat(), "why": plan.why, "reason": plan.reason, "file": plan.digest,
        "supersedes": plan.supersedes.key if plan.supersedes else "", "comment": plan.comment,
    }  # fmt: skip
    return vault.record(plan.organisation, kind, event, by=membership.user)


def in_force(plans: list[Plan], day: date) -> Plan | None:
    """Of the versions of an entity the one that counts on a day."""
    found = [each for each in plans if each.state in DECIDED and each.valid_from <= day]
    return max(found, key=lambda each: (each.valid_from, each.version), default=None)


def compared(plan: Plan, statement: Statement) -> list[Problem]:
    """What the statement does otherwise than the plan says."""
    method = method_of(plan.entity)
    rows = [(number, dict(zip(COLUMNS, row, strict=True))) for number, row in enumerate(statement.rows, 2)]
    numbers: list[tuple[int, Mapping[str, str]]] = []
    for number, cells in rows:
        reading = read_number(cells["value"], Convention.POINT)
        if not reading.problem and reading.text not in ("nan", "inf"):  # of others the statement itself tells
            numbers.append((number, {**cells, "value": reading.text or ""}))
    return against(content(plan), read_statement(numbers, method, statement.year), method, statement.year)
