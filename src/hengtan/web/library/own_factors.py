"""Factors of an organisation: typed or imported, held to the quality gate, corrected by a new version."""

from __future__ import annotations

import csv
import io
import tempfile
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

from django.core.exceptions import PermissionDenied, ValidationError
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from hengtan.factors import check
from hengtan.factors.tabular import read_sheet
from hengtan.problems import HengtanError, Problem
from hengtan.web.activities.models import OPEN, State
from hengtan.web.jobs.services import as_json
from hengtan.web.organisations.models import Membership, Organisation
from hengtan.web.organisations.roles import Act

from .documents import Document
from .models import OwnFactor
from .proposals import in_force, next_version, opened, submitted
from .services import ALL_COLUMNS, factor_file
from .taken import ids_of_batches
from .words import lang

MOST_ROWS, LONGEST = 500, 2000
OWN = "own"  # the dataset of factors that name none


def cleaned(cells: Mapping[str, str]) -> dict[str, str]:
    """The columns of a factor file, each as one line of text."""
    found = {name: " ".join(str(cells.get(name) or "").split())[:LONGEST] for name in ALL_COLUMNS}
    found["factor_id"] = found["factor_id"][:200]
    found["dataset"] = found["dataset"] or OWN
    return found


def gate(organisation: Organisation, rows: Sequence[Mapping[str, str]], *, but: Iterable[int] = ()) -> list[Problem]:
    """What ``hengtan factors check`` tells of these rows, and ids that are taken in this organisation; the first row is 2.

    but  own factors (by key of the database) that these rows take the place of
    """
    with tempfile.NamedTemporaryFile(suffix=".csv") as file:
        file.write(_as_file(rows))
        file.flush()
        try:
            found = check(Path(file.name), _("the form") if len(rows) == 1 else _("the file"))
        except HengtanError as error:
            found = list(error.problems)
    taken = set(in_force(OwnFactor, organisation).exclude(pk__in=but).values_list("factor_id", flat=True))
    taken |= ids_of_batches(organisation)
    for number, row in enumerate(rows, start=2):
        if row.get("factor_id") in taken:
            values = {"factor_id": row["factor_id"]}
            found.append(Problem("factor.id-taken", row=number, column="factor_id", values=values))
    return sorted(found, key=lambda problem: (problem.row or 0, problem.severity))


def _as_file(rows: Iterable[Mapping[str, str]]) -> bytes:
    text = io.StringIO()
    lines = csv.writer(text, lineterminator="\n")
    lines.writerow(ALL_COLUMNS)
    lines.writerows([row.get(name, "") for name in ALL_COLUMNS] for row in rows)
    return text.getvalue().encode()


def errors(problems: Iterable[Problem]) -> list[Problem]:
    """Those that keep a factor from being submitted."""
    return [each for each in problems if each.severity == "error"]


@transaction.atomic
def propose(
    by: Membership,
    cells: Mapping[str, str],
    reason: str,
    document: Document | None = None,
    corrects: OwnFactor | None = None,
) -> OwnFactor:
    """A draft. A correction keeps the id of what it corrects, and its document unless another is given."""
    _may(by)
    kept = cleaned(cells)
    if corrects is not None:
        if corrects.state != State.APPROVED:
            raise ValidationError(_("Only what is in force is corrected."))
        kept["factor_id"] = corrects.factor_id
        if (
            OwnFactor.objects.of(by.organisation)
            .filter(supersedes=corrects, state__in=(*OPEN, State.SUBMITTED))
            .exists()
        ):
            raise ValidationError(_("A correction of it is under way already."))
    row = OwnFactor(
        organisation=by.organisation, factor_id=kept["factor_id"], cells=kept, reason=reason.strip()[:LONGEST],
        version=next_version(OwnFactor, by.organisation, factor_id=kept["factor_id"]), created_by=by.user, supersedes=corrects,
    )  # fmt: skip
    if corrects is not None and document is None:
        document = Document(corrects.document, corrects.document_name, corrects.document_bytes, corrects.document_kind)
    _attach(row, document)
    row.save()
    return row


@transaction.atomic
def change(
    row: OwnFactor, by: Membership, cells: Mapping[str, str], reason: str, document: Document | None = None
) -> OwnFactor:
    """A draft as it is now."""
    row = opened(row, by)
    kept = cleaned(cells)
    if row.supersedes_id:
        kept["factor_id"] = row.factor_id
    elif kept["factor_id"] != row.factor_id:
        row.factor_id = kept["factor_id"]
        row.version = next_version(OwnFactor, row.organisation, factor_id=row.factor_id)
    row.cells, row.reason = kept, reason.strip()[:LONGEST]
    _attach(row, document)
    row.save()
    return row


@transaction.atomic
def submit(row: OwnFactor, by: Membership) -> None:
    """Others may decide on it. Raises HengtanError while the gate finds errors."""
    _may(by)
    row = opened(row, by)
    found = gate(row.organisation, [row.cells], but=[row.supersedes_id] if row.supersedes_id else [])
    if errors(found):
        raise HengtanError(errors(found))
    if row.supersedes_id and not row.reason:
        raise ValidationError(_("Say why it is corrected."))
    if not row.cells["retrieved_from"]:
        told = f"{row.document_name} sha256:{row.document}" if row.document else row.cells["source_title"] or "-"
        row.cells["retrieved_from"] = f"read: {told}" if row.document else f"known: {told}"
    row.cells["published"] = row.cells["published"] or str(timezone.localdate())
    row.warnings = as_json(each for each in found if each.severity != "error")
    submitted(row, by, factor_file([row]))


@transaction.atomic
def import_file(by: Membership, path: Path, name: str, document: Document) -> list[OwnFactor]:
    """A draft of every row of a factor file, which is their document. Raises HengtanError where it cannot be read at all."""
    _may(by)
    lines = read_sheet(path, "factor_id", name).lines
    if not lines:
        raise HengtanError(Problem("factor.file-empty", file=name))
    if len(lines) > MOST_ROWS:
        raise ValidationError(_("At most %(most)d factors at once.") % {"most": MOST_ROWS})
    known = {each.factor_id: each for each in in_force(OwnFactor, by.organisation)}
    made = []
    for line in lines:
        cells = cleaned(line.cells)
        old = known.get(cells["factor_id"])
        if old is not None and all(old.cells.get(each, "") == cells[each] for each in ALL_COLUMNS if cells[each]):
            continue  # it says what is in force already
        reason = _("Imported from %(name)s") % {"name": name}
        made.append(propose(by, cells, reason, document, old))
    if not made:
        raise ValidationError(_("Every factor of the file is in force already as it stands there."))
    return made


def told_in_words(problems: Iterable[Problem]) -> list[dict[str, str]]:
    """Problems as a page shows them: column, sentence, mend."""
    here = lang()
    return [
        {"code": each.code, "column": each.column, "severity": each.severity, "row": str(each.row or ""),
         "reason": each.reason(here), "mend": each.mend(here)}
        for each in problems
    ]  # fmt: skip


def _attach(row: OwnFactor, document: Document | None) -> None:
    if document is not None:
        row.document, row.document_name = document.digest, document.name
        row.document_bytes, row.document_kind = document.bytes, document.kind


def _may(by: Membership) -> None:
    if not by.may(Act.ENTER):
        raise PermissionDenied
