"""The evidence of a month: files that stand behind its values, and that it was put on the management platform."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date

from django.core.exceptions import PermissionDenied, ValidationError
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from hengtan.sectors.quality import Want
from hengtan.web.activities.evidence import Attached
from hengtan.web.organisations.models import Membership
from hengtan.web.vault.services import record

from .models import Filing, MonthEvidence, ReportingEntity, may_enter
from .services import method_of

MOST_OF_MONTH, MOST_VALUES, FIRST_YEAR = 500, 500, 2013


def month_from(text: str) -> date:
    """``2026-03`` as its first day; ValueError for another thing."""
    if len(text) != 7 or text[4] != "-":
        raise ValueError(text)
    found = date.fromisoformat(f"{text}-01")
    if not FIRST_YEAR <= found.year <= 2100:
        raise ValueError(text)
    return found


@transaction.atomic
def attach(
    entity: ReportingEntity, month: date, by: Membership, files: Sequence[Attached], values: Iterable[Want]
) -> list[MonthEvidence]:
    """The files stand behind these values of the month."""
    held = _changeable(entity, by)
    wanted = list(dict.fromkeys(values))
    if not wanted:
        raise ValidationError(_("Choose the values that the file stands for."))
    if len(wanted) > MOST_VALUES:
        raise ValidationError(_("At most %(number)d values at once.") % {"number": MOST_VALUES})
    method = method_of(held)
    unknown = [each.parameter for each in wanted if method.find(each.parameter) is None]
    if unknown:
        raise ValidationError(_("The guideline has no parameter “%(name)s”.") % {"name": unknown[0][:100]})
    if (month.year, month.month) > (timezone.localdate().year, timezone.localdate().month):
        raise ValidationError(_("This month has not begun."))
    if held.evidence.filter(month=month, withdrawn_at=None).count() + len(files) > MOST_OF_MONTH:
        raise ValidationError(_("A month holds at most %(number)d files.") % {"number": MOST_OF_MONTH})
    made = []
    for file in files:
        row = MonthEvidence.objects.create(
            organisation=held.organisation, entity=held, month=month, name=file.name, digest=file.digest, bytes=file.bytes,
            kind=file.kind, stands_for=[[each.process, each.unit_name, each.parameter] for each in wanted], added_by=by.user,
        )  # fmt: skip
        record(held.organisation, "month-evidence.added", _told(row), by.user)
        made.append(row)
    return made


@transaction.atomic
def withdraw(evidence: MonthEvidence, by: Membership, reason: str) -> None:
    """It stands behind nothing any more; it stays to be seen, with the reason."""
    if not reason.strip():
        raise ValidationError(_("Say why it is withdrawn."))
    _changeable(evidence.entity, by)
    held = (
        MonthEvidence.objects.select_for_update(of=("self",))
        .select_related("entity")
        .filter(pk=evidence.pk, withdrawn_at=None)
        .first()
    )
    if held is None:
        raise ValidationError(_("That file was withdrawn already."))
    held.withdrawn_at, held.withdrawn_by, held.reason = timezone.now(), by.user, reason.strip()[:300]
    held.save(update_fields=["withdrawn_at", "withdrawn_by", "reason"])
    record(evidence.organisation, "month-evidence.withdrawn", _told(held) | {"reason": held.reason}, by.user)


@transaction.atomic
def file(entity: ReportingEntity, month: date, by: Membership, filed_on: date, receipt: str) -> Filing:
    """Notes that the month was put on the management platform on a day, as the person says."""
    held = _changeable(entity, by)
    after = date(month.year + month.month // 12, month.month % 12 + 1, 1)
    if filed_on < after:
        raise ValidationError(_("A month is filed after it has ended."))
    if filed_on > timezone.localdate():
        raise ValidationError(_("This day is still to come."))
    row = Filing.objects.create(
        organisation=held.organisation, entity=held, month=month, filed_on=filed_on, receipt=receipt.strip()[:120], made_by=by.user
    )  # fmt: skip
    told = {
        "entity": held.name,
        "method": held.method,
        "month": f"{month:%Y-%m}",
        "filed_on": filed_on.isoformat(),
        "receipt": row.receipt,
    }
    record(held.organisation, "month.filed", told, by.user)
    return row


def _told(row: MonthEvidence) -> dict[str, object]:
    return {
        "entity": row.entity.name, "method": row.entity.method, "month": f"{row.month:%Y-%m}", "name": row.name, "sha256": row.digest,
        "bytes": str(row.bytes), "values": [" / ".join(filter(None, each)) for each in row.stands_for],
    }  # fmt: skip


def _changeable(entity: ReportingEntity, by: Membership) -> ReportingEntity:
    held = ReportingEntity.objects.select_for_update(of=("self",)).select_related("organisation").get(pk=entity.pk)
    if not may_enter(by, held):
        raise PermissionDenied
    return held
