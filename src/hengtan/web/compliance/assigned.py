"""What somebody proposed without the plan and a person then gave to a step of it: by the form at once, from the queue, or after it was posted."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from django.core.exceptions import PermissionDenied, ValidationError
from django.db import transaction
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from hengtan.web.assets import planned
from hengtan.web.assets.deciding import units_of
from hengtan.web.assets.models import Posting, Proposal
from hengtan.web.assets.words import kind as kind_title
from hengtan.web.organisations.models import Membership, Organisation
from hengtan.web.organisations.roles import Act
from hengtan.web.vault import services as vault

from . import steps
from .fit import around, fits
from .models import Assigned, CompliancePlan, Step
from .steps import Part

MOST_PLANS, MOST_OFFERED = 3, 3


def fitting(organisation: Organisation, told: Mapping[str, Any]) -> list[planned.Step]:
    """Open steps of approved plans that an event could be; of two plans of a year the newer counts."""
    units = units_of(told)
    if told.get("kind") not in steps.KINDS or not (units or told.get("kind") == "release"):
        return []
    accounts, kinds = around(organisation)
    found: list[planned.Step] = []
    for one in _counting(organisation):
        parts = steps.parts(one.record)
        steps.seen(organisation, one, parts)
        for part in parts:
            amount = units or part.open_t
            if part.open_t and amount <= part.open_t and fits(part, told, accounts, kinds):
                found.append(_offer(one, part, amount == part.open_t))
    return sorted(found, key=lambda each: not each.exact)[:MOST_OFFERED]


def asked(organisation: Organisation, key: str, told: Mapping[str, Any] | None = None) -> planned.Step | None:
    """The open step of an approved plan under a key ``PLAN:LINE:KIND:ATTEMPT``; with an event only where it fits."""
    name, line, kind, attempt = key.split(":")
    one = (
        CompliancePlan.objects.of(organisation)
        .filter(key=name, step=Step.APPROVED)
        .select_related("organisation")
        .first()
    )
    if one is None:
        return None
    parts = steps.parts(one.record)
    steps.seen(organisation, one, parts)
    part = next((each for each in parts if each.key == f"{line}:{kind}"), None)
    if (
        part is None
        or int(attempt) > part.attempts + 1
        or (told is not None and part.kind != "release" and not fits(part, told, *around(organisation)))
    ):
        return None
    return _offer(one, part, exact=True)


def _counting(organisation: Organisation) -> list[CompliancePlan]:
    approved = CompliancePlan.objects.of(organisation).filter(step=Step.APPROVED).order_by("-pk")
    found, years = list[CompliancePlan](), set[int]()
    for one in approved.only("pk", "key", "title", "years", "record", "organisation", "step", "created_at", "as_of")[
        :MOST_PLANS
    ]:
        if not years >= set(one.years):
            found.append(one)
        years |= set(one.years)
    return found


def _title(one: CompliancePlan, part: Part) -> str:
    said = {
        "step": part.line,
        "kind": kind_title(part.kind),
        "t": f"{part.open_t or part.t:,}",
        "unit": part.unit,
        "entity": part.entity[0],
        "plan": one.title,
    }
    return _("step %(step)s of the plan “%(plan)s”: %(kind)s, %(t)s t %(unit)s, %(entity)s") % said


def _offer(one: CompliancePlan, part: Part, exact: bool) -> planned.Step:
    key = {"key": one.organisation.key, "pk": one.pk}
    return planned.Step(
        f"{one.key}:{part.key}:{part.attempts + 1}", _title(one, part), exact,
        f"{reverse('compliance-plan', kwargs=key)}#step-{part.line}", reverse("compliance-plan-assign", kwargs=key),
    )  # fmt: skip


def stands(organisation: Organisation, proposal: int) -> planned.Taken | None:
    """The step for which a proposal stands, by its key or because somebody said so."""
    row = (
        Assigned.objects.of(organisation)
        .filter(proposal=proposal)
        .select_related("plan__organisation", "assigned_by")
        .first()
    )
    if row is not None:
        one, key, said = row.plan, row.step, (row.reason, row.assigned_by.name)
    else:
        mark = (
            Proposal.objects.of(organisation)
            .filter(pk=proposal, key__startswith="plan:")
            .values_list("key", flat=True)
            .first()
        )
        _plan, name, line, kind = (mark or ":::").split(":")[:4]
        found = CompliancePlan.objects.of(organisation).filter(key=name).select_related("organisation").first()
        if found is None:
            return None
        one, key, said = found, f"{line}:{kind}", ("", "")
    part = next((each for each in steps.parts(one.record) if each.key == key), None) if one.is_done else None
    if part is None:
        return None
    at = {"key": organisation.key, "pk": one.pk}
    undo = reverse("compliance-plan-assign", kwargs=at) if row is not None else ""
    return planned.Taken(_title(one, part), f"{reverse('compliance-plan', kwargs=at)}#step-{part.line}", *said, undo)


def assign(membership: Membership, one: CompliancePlan, key: str, proposal: int, reason: str) -> Assigned:
    """Says that a proposal of one's own hand is a step of an approved plan. key: line and kind, ``4:surrender``.

    What is posted already needs a reason. Raises ValidationError for what does not fit, PermissionDenied.
    """
    _may(membership)
    of, reason = membership.organisation, clean(reason)
    with transaction.atomic():
        Organisation.objects.select_for_update().get(pk=of.pk)
        row = Proposal.objects.of(of).filter(pk=proposal).select_related("decision").first()
        decision = getattr(row, "decision", None)
        if row is None or (decision is not None and decision.verdict == "rejected"):
            raise ValidationError(_("This event was turned down."))
        if row.key.startswith("plan:") or Assigned.objects.of(of).filter(proposal=proposal).exists():
            raise ValidationError(_("This event stands for a step already."))
        if decision is not None and not reason:
            raise ValidationError(_("Say why what is posted already is this step."))
        posting = Posting.objects.of(of).filter(proposal_id=proposal).first() if decision is not None else None
        if posting is not None and Posting.objects.of(of).filter(reverses=posting.number).exists():
            raise ValidationError(_("This posting was reversed."))
        parts = steps.parts(one.record) if one.step == Step.APPROVED else []
        steps.seen(of, one, parts)
        part, told = next((each for each in parts if each.key == key), None), json.loads(row.event)
        if part is None or not fits(part, told, *around(of)) or not 0 < (units_of(told) or part.open_t) <= part.open_t:
            raise ValidationError(_("The event does not fit this step, or the step is not open for so much."))
        made = Assigned.objects.create(
            organisation=of, plan=one, proposal=proposal, step=key, reason=reason, assigned_by=membership.user
        )
        _record(membership, "compliance.step-assigned", made, reason)
    return made


def undo(membership: Membership, one: CompliancePlan, proposal: int, reason: str) -> None:
    """Takes it back, with a reason: the step is open again. Raises ValidationError, PermissionDenied."""
    _may(membership)
    reason = clean(reason)
    with transaction.atomic():
        row = (
            Assigned.objects.of(membership.organisation)
            .filter(plan=one, proposal=proposal)
            .select_related("plan")
            .first()
        )
        if row is None:
            raise ValidationError(_("This event stands for no step of the plan."))
        if not reason:
            raise ValidationError(_("Say why it is not this step."))
        _record(membership, "compliance.step-unassigned", row, reason)
        row.delete()


def clean(reason: str) -> str:
    """On one line, without what no database keeps."""
    return " ".join("".join(each if each.isprintable() else " " for each in reason).split())[:300]


def _may(membership: Membership) -> None:
    if not (membership.may(Act.WHOLE) and membership.may(Act.ASSETS)):
        raise PermissionDenied


def _record(membership: Membership, kind: str, row: Assigned, reason: str) -> None:
    told = {
        "plan": row.plan.key,
        "step": row.step,
        "proposal": str(row.proposal),
        "reason": reason,
        "day": timezone.localdate().isoformat(),
    }
    vault.record(membership.organisation, kind, told, by=membership.user)


planned.answers(planned.Plans(fitting, asked, stands))
