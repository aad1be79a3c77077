"""The one door: make, fill, submit, decide. Each change is one transaction with its ledger entry."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from hengtan.connectors.numbers import Convention, read_number
from hengtan.connectors.statement_file import statement_table
from hengtan.connectors.table import too_long
from hengtan.problems import HengtanError, Problem
from hengtan.sectors import SectorMethod, calculate, read_statement, sector_methods
from hengtan.sectors.quality import plausible
from hengtan.sectors.record import record
from hengtan.sectors.statement import COLUMNS
from hengtan.web.organisations.models import Membership
from hengtan.web.vault import services as vault

from .models import State, Statement

MOST_ROWS = 20_000
PLACE = ("entity", "process", "unit_name")
Row = list[str]


def method_of(statement: Statement) -> SectorMethod:
    """The guideline; a statement of one that this installation no longer has is a fault of the installation."""
    return sector_methods()[statement.method]


@transaction.atomic
def make(
    membership: Membership,
    name: str,
    method: str,
    year: int,
    about: Mapping[str, str],
    supersedes: Statement | None = None,
) -> Statement:
    """An empty draft, or a copy of the approved one that it is to correct."""
    if supersedes is not None and supersedes.state != State.APPROVED:
        raise ValidationError(_("Only an approved statement is corrected by a new one."))
    statement = Statement(
        organisation=membership.organisation, name=name, method=method, year=year, about=dict(about),
        created_by=membership.user, supersedes=supersedes, sample=bool(supersedes and supersedes.sample),
    )  # fmt: skip
    if supersedes is not None:
        statement.rows = supersedes.rows
        _work_out(statement)
    statement.save()
    return statement


def fill(statement: Statement, rows: Iterable[Sequence[str]], *, only: tuple[str, str, str] | None = None) -> Statement:
    """Takes the rows in and works them out; ``only``: of this place (enterprise, process, unit) they are all, the others stay."""
    given = [
        [" ".join(str(cell).split())[:300] for cell in [*row, *[""] * len(COLUMNS)][: len(COLUMNS)]] for row in rows
    ]
    with transaction.atomic():
        kept = Statement.objects.select_for_update().get(pk=statement.pk)
        if not kept.is_open:
            raise ValidationError(_("This statement is not open any more."))
        if only is not None:
            given = [*(row for row in kept.rows if tuple(row[:3]) != only), *given]
        if len(given) > MOST_ROWS:
            raise ValidationError(_("A statement holds at most %(most)d values.") % {"most": MOST_ROWS})
        kept.rows = given
        _work_out(kept)
        kept.save()
    return kept


def from_file(statement: Statement, path: Path, name: str) -> tuple[list[Row], list[Problem]]:
    """The rows of a statement file, and its cells that are no numbers. Raises HengtanError for what is no statement."""
    table = statement_table(path, name)
    unreadable = {problem.row for problem in table.problems}
    rows = [[cells.get(column, "") for column in COLUMNS] for row, cells in table.rows if row not in unreadable]
    names = sorted({row[0] for row in rows if row[0]})
    if len(names) > 1:
        values = {"names": ", ".join(names[:5]), "enterprise": statement.name}
        raise HengtanError(Problem("sector.one-enterprise", file=name, values=values))
    for row in rows:
        row[0] = statement.name  # a statement is of one enterprise, however the file spells it
    return rows, list(table.problems)


def _work_out(statement: Statement) -> None:
    """Result and problems of the rows, kept beside them."""
    method = method_of(statement)
    rows = [(number, dict(zip(COLUMNS, row, strict=True))) for number, row in enumerate(statement.rows, 2)]
    plain: list[tuple[int, Mapping[str, str]]] = []
    wrong: list[Problem] = []
    for number, cells in rows:
        try:
            plain.append((number, {**cells, "value": _plain(cells["value"])}))
        except ValueError:
            wrong.append(Problem("table.number", row=number, column="value", values={"value": cells["value"]}))
    read = read_statement(plain, method, statement.year)
    result = calculate(read, method, statement.year)
    found = [*wrong, *result.problems, *plausible(read, method)]
    problems = sorted(found, key=lambda each: (each.row or 0, each.code))
    statement.record = record(result)
    statement.problems = [_told(each) for each in problems]
    statement.rejected = len(read.bad) + len(wrong)
    statement.errors = sum(each.severity == "error" for each in problems)


def _plain(text: str) -> str:
    """A number as people type it; ValueError for what is none."""
    reading = read_number(text, Convention.POINT)
    if reading.problem or reading.text in ("nan", "inf") or too_long(reading.text):
        raise ValueError(text)
    return reading.text or ""


def _told(problem: Problem) -> dict[str, Any]:
    return {
        "code": problem.code, "severity": problem.severity, "row": problem.row, "column": problem.column,
        "parameter": problem.values.get("parameter", ""),
        "reason": {lang: problem.reason(lang) for lang in ("en", "zh")}, "mend": {lang: problem.mend(lang) for lang in ("en", "zh")},
    }  # fmt: skip


def statement_csv(rows: Iterable[Sequence[str]]) -> bytes:
    """The statement file of ``hengtan sector calculate``."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\r\n")
    writer.writerow(COLUMNS)
    writer.writerows(rows)
    return b"\xef\xbb\xbf" + text.getvalue().encode()


@transaction.atomic
def submit(membership: Membership, statement: Statement) -> Statement:
    """Asks for approval: file and result are kept by their digests."""
    kept = Statement.objects.select_for_update().get(pk=statement.pk)
    if not kept.is_open:
        raise ValidationError(_("This statement is not open any more."))
    if not kept.rows:
        raise ValidationError(_("There is nothing in this statement yet."))
    if kept.errors:
        raise ValidationError(_("Mend what is marked as an error first."))
    kept.digest = vault.keep_file(kept.organisation, statement_csv(kept.rows))
    kept.record_digest = vault.keep_file(
        kept.organisation, json.dumps(kept.record, ensure_ascii=False, sort_keys=True).encode()
    )
    kept.state, kept.submitted_by, kept.submitted_at, kept.comment = (
        State.SUBMITTED,
        membership.user,
        timezone.now(),
        "",
    )
    kept.save()
    _record(kept, "statement.submitted", membership)
    return kept


@transaction.atomic
def decide(membership: Membership, statement: Statement, *, approve: bool, comment: str) -> Statement:
    """Approves or returns what somebody else entered."""
    kept = Statement.objects.select_for_update().get(pk=statement.pk)
    if kept.state != State.SUBMITTED:
        raise ValidationError(_("This statement does not wait for a decision."))
    if membership.user.pk in (kept.created_by_id, kept.submitted_by_id):
        raise ValidationError(_("Nobody approves what he entered: somebody else decides."))
    if not approve and not comment:
        raise ValidationError(_("Say what is to be mended."))
    kept.state = State.APPROVED if approve else State.RETURNED
    kept.decided_by, kept.decided_at, kept.comment = membership.user, timezone.now(), comment
    if approve and kept.supersedes is not None:
        Statement.objects.filter(pk=kept.supersedes.pk).update(state=State.SUPERSEDED)
    kept.entry = _record(kept, "statement.approved" if approve else "statement.returned", membership)
    kept.save()
    return kept


def _record(statement: Statement, kind: str, membership: Membership) -> Any:
    totals = {each["entity"]: each["t_co2e"] for each in statement.record.get("by_entity", ())}
    event = {
        "statement": statement.key, "method": statement.method, "year": str(statement.year), "file": statement.digest,
        "record": statement.record_digest, "t_co2e": totals, "supersedes": statement.supersedes.key if statement.supersedes else "",
    }  # fmt: skip
    return vault.record(statement.organisation, kind, event, by=membership.user)
