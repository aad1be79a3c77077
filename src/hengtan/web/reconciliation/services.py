"""The one door: reconcile, say something of what is left, sign. Each change is one transaction with its ledger entry."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from decimal import Decimal
from typing import Any

from django.core.exceptions import PermissionDenied, ValidationError
from django.db import transaction
from django.db.models import QuerySet, Sum
from django.utils import timezone
from django.utils.translation import gettext as _

from hengtan.inventory.cube_rows import whole
from hengtan.sectors.reconcile import Posted, Taken, as_record, grid_factors, inventory_sums, reconcile
from hengtan.web.market.models import Allocation
from hengtan.web.organisations.models import Membership
from hengtan.web.organisations.roles import Act
from hengtan.web.runs.models import Cube, Run
from hengtan.web.statements.models import State, Statement
from hengtan.web.vault import services as vault

from .models import Reconciliation, ReconciliationNote

SMALL = Decimal("0.01")
"""t CO2e: what is left below this needs nobody's word."""
MOST_STATEMENTS = 20
STEPS = (("ets", "enterprise"), ("enterprise", "inventory"))


def ref_of(statement: Statement) -> str:
    """How cells and activities name a statement."""
    return f"ST-{statement.key}"


def usable(membership: Membership) -> QuerySet[Statement]:
    """Approved ones that this person sees."""
    found = Statement.objects.visible_to(membership.user).of(membership.organisation)
    return found.filter(state=State.APPROVED)


@transaction.atomic
def make(
    membership: Membership,
    name: str,
    statements: Sequence[Statement],
    run: Run,
    facilities: Iterable[str] = (),
    allocation: Allocation | None = None,
) -> Reconciliation:
    """Lines up and explains; what it finds is kept. Raises ValidationError for what cannot be compared."""
    if not membership.may(Act.CALCULATE):
        raise PermissionDenied
    if not statements or len(statements) > MOST_STATEMENTS:
        raise ValidationError(
            _("Choose at least one approved statement, at most %(most)d.") % {"most": MOST_STATEMENTS}
        )
    years = {each.year for each in statements}
    if len(years) > 1:
        raise ValidationError(_("The statements are of different years. Choose those of one year."))
    if any(each.state != State.APPROVED for each in statements):
        raise ValidationError(_("Only approved statements are reconciled."))
    if not run.is_done:
        raise ValidationError(_("This run has no result yet."))
    year, chosen = years.pop(), sorted(set(facilities))
    taken = [Taken(ref_of(each), each.record) for each in statements]
    gwp_set = str((run.summary or {}).get("gwp_set", "AR5"))
    found = reconcile(
        taken, inventory_sums(run.folder, posted(run, chosen), year, gwp_set), year, gwp_set, grid_factors()
    )
    made = Reconciliation(
        organisation=membership.organisation, name=name, year=year, run=run, allocation=allocation, facilities=chosen,
        record=as_record(found), remainder=f"{sum((line.remainder for line in found.lines), Decimal(0)):f}",
        taken={each.key: each.record_digest for each in statements}, created_by=membership.user,
    )  # fmt: skip
    told = {
        "reconciliation": made.key, "year": str(year), "run": run.code, "run_sha256": run.run_sha256, "statements": made.taken,
        "totals": made.record["totals"], "remainder": made.remainder,
    }  # fmt: skip
    made.entry = vault.record(membership.organisation, "reconciliation.made", told, by=membership.user)
    made.save()
    made.statements.set(statements)
    return made


def posted(run: Run, facilities: Sequence[str]) -> list[Posted]:
    """The sums of a run by type, scope, category, factor and month, location-based, of these facilities or of all."""
    cube = Cube.objects.of(run.organisation).filter(run=run, scope__isnull=False).exclude(basis="market")
    if facilities:
        cube = cube.filter(facility__in=facilities)
    names = ("activity_type", "scope", "category", "factor_id", "month")
    sums = (
        cube.order_by()
        .values(*names)
        .annotate(sum_kg=Sum("kg"), sum_nano=Sum("nano"), sum_atto=Sum("atto"), sum_rows=Sum("rows"))
    )
    return [
        Posted(
            row["activity_type"], row["scope"], row["category"], row["factor_id"], row["month"],
            whole(row["sum_kg"], row["sum_nano"], row["sum_atto"]), int(row["sum_rows"]),
        )
        for row in sums
    ]  # fmt: skip


def open_lines(one: Reconciliation) -> list[tuple[dict[str, Any], int, Decimal]]:
    """(line, step, t CO2e) of what no rule explains, the largest first."""
    found = [
        (line, step, Decimal(line["differences"][step]["remainder"]))
        for line in one.record.get("lines", ())
        for step in (0, 1)
        if abs(Decimal(line["differences"][step]["remainder"])) >= SMALL
    ]
    return sorted(found, key=lambda each: -abs(each[2]))


def unsaid(one: Reconciliation) -> int:
    """Open differences of which nobody has said anything yet."""
    said = set(one.notes.values_list("line", "step"))
    return sum((line["key"], step) not in said for line, step, _left in open_lines(one))


@transaction.atomic
def say(membership: Membership, one: Reconciliation, line: str, step: int, text: str) -> ReconciliationNote:
    """A person explains what is left of a line."""
    if not membership.may(Act.CALCULATE):
        raise PermissionDenied
    kept = Reconciliation.objects.select_for_update(of=("self",)).get(pk=one.pk)
    if kept.is_signed:
        raise ValidationError(_("It is signed: nothing is said of it any more. Make another one."))
    if not text.strip():
        raise ValidationError(_("Say what explains the difference."))
    if not any(each["key"] == line and at == step for each, at, _left in open_lines(kept)):
        raise ValidationError(_("Nothing is left open there."))
    note = ReconciliationNote.objects.create(
        organisation=kept.organisation,
        reconciliation=kept,
        line=line,
        step=step,
        text=text.strip()[:1000],
        by=membership.user,
    )
    told = {"reconciliation": kept.key, "line": line, "step": str(step), "text": note.text}
    vault.record(kept.organisation, "reconciliation.noted", told, by=membership.user)
    return note


@transaction.atomic
def sign(membership: Membership, one: Reconciliation) -> Reconciliation:
    """A second person stands for it: neither who made it nor who explained what was left."""
    if not membership.may(Act.APPROVE):
        raise PermissionDenied
    kept = Reconciliation.objects.select_for_update(of=("self",)).get(pk=one.pk)
    if kept.is_signed:
        raise ValidationError(_("It is signed already."))
    if membership.user.pk == kept.created_by_id or kept.notes.filter(by=membership.user).exists():
        raise ValidationError(_("Nobody signs what he made or explained himself: somebody else does."))
    if left := unsaid(kept):
        raise ValidationError(
            _("%(count)d differences are neither explained by a rule nor by a person.") % {"count": left}
        )
    if stale(kept):
        raise ValidationError(_("A statement was corrected since. Reconcile again."))
    notes = [
        {"line": each.line, "step": each.step, "text": each.text, "by": each.by.name}
        for each in kept.notes.select_related("by")
    ]
    signed = {"record": kept.record, "taken": kept.taken, "facilities": kept.facilities, "notes": notes}
    kept.digest = vault.keep_file(kept.organisation, json.dumps(signed, ensure_ascii=False, sort_keys=True).encode())
    kept.signed_by, kept.signed_at = membership.user, timezone.now()
    told = {"reconciliation": kept.key, "record": kept.digest, "remainder": kept.remainder, "notes": str(len(notes))}
    kept.entry = vault.record(kept.organisation, "reconciliation.signed", told, by=membership.user)
    kept.save(update_fields=["digest", "signed_by", "signed_at", "entry"])
    return kept


def stale(one: Reconciliation) -> bool:
    """Whether a statement that went in is no longer the approved one."""
    return one.statements.exclude(state=State.APPROVED).exists()
