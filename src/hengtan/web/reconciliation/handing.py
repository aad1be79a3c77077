"""An approved statement becomes a batch of activities, so that the same data is entered once."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Sequence

from django.core.exceptions import PermissionDenied, ValidationError
from django.db import transaction
from django.utils.translation import gettext as _

from hengtan.sectors.reconcile import Taken, handed, own_factors
from hengtan.sectors.reconcile.handing import FACTOR_COLUMNS
from hengtan.web.activities import services as data
from hengtan.web.activities.models import Batch, SourceFile
from hengtan.web.activities.models import State as BatchState
from hengtan.web.organisations.models import Membership
from hengtan.web.organisations.roles import Act
from hengtan.web.statements.models import State, Statement
from hengtan.web.vault import services as vault

from .models import HandOver
from .services import ref_of

COLUMNS = ("activity_id", "facility", "activity_type", "start", "end", "quantity", "unit", "factor_id", "evidence")
TAGS = ("statement", "statement_process", "statement_unit", "statement_parameter")
ALIVE = (BatchState.DRAFT, BatchState.RETURNED, BatchState.SUBMITTED)


@transaction.atomic
def hand_over(membership: Membership, statement: Statement, facility: str, *, own: bool) -> HandOver:
    """A batch that asks for approval once its rows are checked; it takes the place of what an earlier statement handed over."""
    if not membership.may(Act.ENTER):
        raise PermissionDenied
    statement = Statement.objects.select_for_update(of=("self",)).get(pk=statement.pk)
    if statement.state != State.APPROVED:
        raise ValidationError(_("Only an approved statement is handed to the inventory."))
    if not facility.strip():
        raise ValidationError(_("Name the facility to which the activities belong."))
    taken = Taken(ref_of(statement), statement.record)
    activities, left = handed(taken, statement.year, own=own)
    if not activities:
        raise ValidationError(_("Nothing in this statement is an activity of the inventory."))
    before = earlier(statement)
    if before is not None and before.batch.state in ALIVE:
        raise ValidationError(
            _("“%(name)s” is still on its way. Decide on it, or discard it, first.") % {"name": before.batch.name}
        )
    rows = [
        (
            each.id, facility.strip()[:500], each.activity_type, each.start.isoformat(), each.end.isoformat(), each.quantity, each.unit,
            each.factor_id, "", taken.ref, each.place[1], each.place[2], each.parameter,
        )
        for each in activities
    ]  # fmt: skip
    columns = (*COLUMNS, *TAGS)
    name = _("%(name)s %(year)d, from the statement") % {"name": statement.name, "year": statement.year}
    given = _kept(membership, f"statement-{statement.key}.csv", columns, rows, SourceFile.Role.ACTIVITIES)
    batch = data.type_in(membership, name[:200], given, columns, len(rows), submit=True)
    batch.mapping = {**batch.mapping, "typed": False}
    if before is not None and before.batch.state == BatchState.APPROVED:
        batch.supersedes = before.batch
    batch.save(update_fields=["mapping", "supersedes"])
    factors = own_factors(taken, statement.year) if own else []
    if factors:
        lines = [[row[column] for column in FACTOR_COLUMNS] for row in factors]
        file = _kept(membership, f"factors-{statement.key}.csv", FACTOR_COLUMNS, lines, SourceFile.Role.FACTORS)
        SourceFile.objects.create(
            organisation=membership.organisation,
            batch=batch,
            role=file.role,
            name=file.name,
            digest=file.digest,
            bytes=file.bytes,
            kind="csv",
        )
    made = HandOver.objects.create(
        organisation=membership.organisation, statement=statement, batch=batch, facility=facility.strip()[:500], own=own,
        left=[dict(each) for each in left], created_by=membership.user,
    )  # fmt: skip
    told = {
        "statement": statement.key, "record": statement.record_digest, "batch": batch.key, "rows": str(len(rows)), "file": given.digest,
        "supersedes": batch.supersedes.key if batch.supersedes else "",
    }  # fmt: skip
    vault.record(membership.organisation, "statement.handed-over", told, by=membership.user)
    return made


def earlier(statement: Statement) -> HandOver | None:
    """The last batch of this statement, or of one that it corrects, that still counts or may."""
    chain, one = [statement.pk], statement
    while one.supersedes is not None:
        one = one.supersedes
        chain.append(one.pk)
    found = HandOver.objects.of(statement.organisation).filter(statement__in=chain).select_related("batch")
    return found.exclude(batch__state=BatchState.SUPERSEDED).first()


def preview(statement: Statement, *, own: bool) -> tuple[int, list[dict[str, str]]]:
    """How many activities it becomes, and the titles of what none of them holds."""
    activities, left = handed(Taken(ref_of(statement), statement.record), statement.year, own=own)
    return len(activities), [dict(each) for each in left]


def batches_of(statements: Iterable[Statement]) -> dict[int, Batch]:
    """By statement the batch that stands for it now."""
    found = HandOver.objects.filter(statement__in=list(statements)).select_related("batch").order_by("pk")
    return {each.statement_id: each.batch for each in found}


def _kept(
    membership: Membership, name: str, columns: Sequence[str], rows: Iterable[Sequence[str]], role: str
) -> data.Given:
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(columns)
    writer.writerows(rows)
    content = text.getvalue().encode()
    return data.Given(name, vault.keep_file(membership.organisation, content), len(content), "csv", role)
