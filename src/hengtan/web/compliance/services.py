"""The one door: take in, plan, submit, decide. Each change is one transaction with its ledger entry."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from typing import Any

from django.core.exceptions import PermissionDenied, ValidationError
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from hengtan.market.compliance import Case, Plan, case_of_text, record
from hengtan.problems import HengtanError, Problem
from hengtan.web.jobs.services import enqueue
from hengtan.web.market.models import Allocation
from hengtan.web.organisations.models import Membership, Organisation
from hengtan.web.organisations.roles import Act
from hengtan.web.vault import services as vault

from . import words
from .models import CompliancePlan, Status, Step

PLAN = "compliance.plan"  # the job
LARGEST = 2_000_000  # bytes of an input
MOST_CELLS = 10_000  # entities x years x scenarios that one job plans


def make(membership: Membership, text: str, name: str = "") -> CompliancePlan:
    """Checks and keeps what is given, and asks for the plan. Raises HengtanError with everything that is wrong; nothing is kept then."""
    if not membership.may(Act.ASSETS):
        raise PermissionDenied
    if len(text) > LARGEST or len(text.encode("utf-8", "replace")) > LARGEST:
        raise HengtanError(Problem("comply.too-large", values={"bytes": f"{LARGEST:,}", "most": f"{MOST_CELLS:,}"}))
    case = case_of_text(text, "JSON")
    if len(case.entities) * len(case.years) * max(len(case.scenarios), 1) > MOST_CELLS:
        raise HengtanError(Problem("comply.too-large", values={"bytes": f"{LARGEST:,}", "most": f"{MOST_CELLS:,}"}))
    with transaction.atomic():
        return _kept(membership, case, text, name)


def _kept(membership: Membership, case: Case, text: str, name: str) -> CompliancePlan:
    organisation = membership.organisation
    made = CompliancePlan(
        organisation=organisation, title=(name or case.title or organisation.name)[:200], as_of=case.as_of, years=list(case.years),
        sample=case.sample, digest=vault.keep_file(organisation, text.encode()), created_by=membership.user,
    )  # fmt: skip
    made.entry = vault.record(
        organisation, "compliance.asked", {"plan": made.key, "input_sha256": made.digest}, by=membership.user
    )
    made.save()
    made.job = enqueue(organisation, PLAN, {"plan": made.pk}, membership.user)
    made.save(update_fields=["job"])
    return made


def answered(one: CompliancePlan, found: Plan) -> CompliancePlan:
    """In the caller's transaction: the plan that was found is kept and told to the ledger; twice is as once."""
    kept = CompliancePlan.objects.select_for_update(of=("self",)).get(pk=one.pk)
    if kept.is_done:
        return kept
    kept.record = record(found)
    content = json.dumps(kept.record, ensure_ascii=False, sort_keys=True).encode()
    kept.record_digest = vault.keep_file(kept.organisation, content)
    kept.status, kept.cost_cny, kept.broken = Status(found.status), found.cost_cny, len(found.broken)
    kept.gap_t = sum(each.gap_t for each in found.positions)
    told = {
        "plan": kept.key, "input_sha256": kept.digest, "plan_sha256": kept.record_digest, "status": found.status,
        "cost_cny": "" if found.cost_cny is None else str(found.cost_cny),
    }  # fmt: skip
    kept.entry = vault.record(kept.organisation, "compliance.planned", told, by=kept.created_by)
    kept.save()
    return kept


@transaction.atomic
def submit(membership: Membership, one: CompliancePlan) -> CompliancePlan:
    """A plan that keeps the rules asks for a second person."""
    if not membership.may(Act.ASSETS):
        raise PermissionDenied
    kept = CompliancePlan.objects.select_for_update(of=("self",)).get(pk=one.pk)
    if kept.step not in (Step.DRAFT, Step.RETURNED):
        raise ValidationError(_("This plan was submitted already."))
    if not kept.is_sound:
        raise ValidationError(_("Only a plan that keeps every rule is submitted."))
    kept.step, kept.submitted_by, kept.decided_by, kept.decided_at = Step.SUBMITTED, membership.user, None, None
    kept.entry = vault.record(kept.organisation, "compliance.submitted", _told(kept), by=membership.user)
    kept.save()
    words.tell_submitted(kept, membership.user)
    return kept


@transaction.atomic
def decide(membership: Membership, one: CompliancePlan, *, approve: bool, comment: str = "") -> CompliancePlan:
    """Somebody who neither made nor submitted it approves it, or returns it with a reason."""
    if not membership.may(Act.APPROVE):
        raise PermissionDenied
    kept = CompliancePlan.objects.select_for_update(of=("self",)).get(pk=one.pk)
    if kept.step != Step.SUBMITTED:
        raise ValidationError(_("This plan does not wait for approval."))
    if membership.user.pk in (kept.created_by_id, kept.submitted_by_id):
        raise ValidationError(_("Nobody approves a plan of his own: somebody else does."))
    if not approve and not comment.strip():
        raise ValidationError(_("Say why the plan is returned."))
    kept.step = Step.APPROVED if approve else Step.RETURNED
    kept.decided_by, kept.decided_at, kept.comment = membership.user, timezone.now(), comment.strip()[:1000]
    kind = "compliance.approved" if approve else "compliance.returned"
    kept.entry = vault.record(kept.organisation, kind, _told(kept) | {"comment": kept.comment}, by=membership.user)
    kept.save()
    words.tell_decided(kept, membership.user)
    return kept


def _told(one: CompliancePlan) -> dict[str, str]:
    return {"plan": one.key, "plan_sha256": one.record_digest, "cost_cny": str(one.cost_cny)}


def given_of(one: CompliancePlan) -> str:
    """The input as it came."""
    return vault.facts(one.organisation).read(one.digest).decode()


def from_allocation(one: Allocation, today: date) -> dict[str, Any]:
    """The beginning of an input: entities of an allocation with verified emissions and final allowances.

    What an allocation does not know is left out and asked for by the schema: prices, and the sector where several share a plan.
    """
    power = str(one.record.get("plan", {}).get("id", one.plan)).startswith("power")
    entities = [
        {
            "id": str(row["entity"])[:100], "name": str(row["entity"])[:100], **({"sector": "power"} if power else {}),
            "emissions": [{"year": one.year, "verified_t": int(row["verified"])}],
            "holdings": [{"id": f"CEA{one.year % 100:02d}", "kind": "CEA", "vintage": one.year, "origin": "allocated", "t": int(row["final"])}],
        }
        for row in one.entities[:500]
    ]  # fmt: skip
    return _begun(one.name, today, one.year, entities)


def _begun(
    title: str, today: date, year: int, entities: list[Mapping[str, Any]] | list[dict[str, Any]]
) -> dict[str, Any]:
    return {
        "hengtan": "comply.input", "version": 1, "title": title, "as_of": today.isoformat(), "years": [year], "entities": entities,
        "transfers": {"allowed": len(entities) > 1},
        "offers": [{"id": "CEA", "kind": "CEA", "vintage": year, "price_cny_t": "", "delivered": today.isoformat()}],
    }  # fmt: skip


def days(organisation: Organisation, user: Any, today: date) -> list[tuple[CompliancePlan, dict[str, Any]]]:
    """(plan, day) of approved plans from today on, in their order: days of the rules once, those of a plan while it is the newest of the entity and year."""
    found = CompliancePlan.objects.visible_to(user).of(organisation).filter(step=Step.APPROVED)
    rows, rules, planned = list[tuple[CompliancePlan, dict[str, Any]]](), set[tuple[str, str]](), set[tuple[str, int]]()
    for one in found.select_related("organisation").order_by("-pk"):
        mine = {(each["entity"], each["year"]) for each in one.record["positions"]} - planned
        for each in one.record["calendar"]:
            name = (each["day"], each["id"])
            of_plan = each["id"] == "plan"
            whose = (each["entity"], each["year"] or one.record["years"][-1])
            if date.fromisoformat(each["day"]) >= today and (whose in mine if of_plan else name not in rules):
                rows.append((one, each))
                rules |= set() if of_plan else {name}
        planned |= mine
    return sorted(rows, key=lambda row: (row[1]["day"], row[0].pk))


def money(text: str | None) -> Decimal | None:
    """Money of a record."""
    return None if text is None else Decimal(text)
