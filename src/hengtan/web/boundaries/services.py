"""Changes of the boundary: one transaction each, dated, and refused where time or the tree would contradict itself."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal
from typing import TypeVar

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.translation import gettext as _

from hengtan.web.organisations.models import Organisation

from .models import Facility, FacilityPlace, Unit, UnitPlace

DAY = timedelta(days=1)
AnyPlace = TypeVar("AnyPlace", FacilityPlace, UnitPlace)


@transaction.atomic
def add_facility(
    facility: Facility, *, unit: Unit | None, approach: str, share_pct: Decimal, since: date | None
) -> Facility:
    """A facility and its first place."""
    facility.save()
    FacilityPlace.objects.create(
        organisation=facility.organisation,
        facility=facility,
        unit=unit,
        approach=approach,
        share_pct=share_pct,
        valid_from=since,
    )
    return facility


@transaction.atomic
def move_facility(
    facility: Facility, *, unit: Unit | None, approach: str, share_pct: Decimal, since: date
) -> FacilityPlace:
    """From that day on it belongs elsewhere; until the day before it stays where it was."""
    Facility.objects.select_for_update().get(pk=facility.pk)
    last = facility.places.last()
    place = FacilityPlace(organisation=facility.organisation, facility=facility)
    if last is not None:
        place = _following(last, place, since)
    place.unit, place.approach, place.share_pct, place.valid_from, place.valid_to = (
        unit,
        approach,
        share_pct,
        since,
        None,
    )
    place.save()
    return place


@transaction.atomic
def close_facility(facility: Facility, last_day: date) -> FacilityPlace:
    """That day is the last on which it belongs to the organisation."""
    Facility.objects.select_for_update().get(pk=facility.pk)
    last = facility.places.last()
    if last is None or (last.valid_from and last_day < last.valid_from):
        raise ValidationError(_("The last day lies before the day from which the newest line holds."))
    last.valid_to = last_day
    last.save()
    return last


@transaction.atomic
def add_unit(organisation: Organisation, name: str, *, parent: Unit | None, since: date | None) -> Unit:
    """A unit and its place in the tree."""
    unit = Unit.objects.create(organisation=organisation, name=name)
    UnitPlace.objects.create(organisation=organisation, unit=unit, parent=parent, valid_from=since)
    return unit


@transaction.atomic
def move_unit(unit: Unit, *, parent: Unit | None, since: date) -> UnitPlace:
    """From that day on it stands under another unit; refused where it would stand under itself on any day."""
    Organisation.objects.select_for_update().get(pk=unit.organisation_id)
    last = unit.places.last()
    place = UnitPlace(organisation=unit.organisation, unit=unit)
    if last is not None:
        place = _following(last, place, since)
    place.parent, place.valid_from, place.valid_to = parent, since, None
    if parent is not None and _is_below(parent, unit, since):
        raise ValidationError(_("%(parent)s stands under %(unit)s itself.") % {"parent": parent, "unit": unit})
    place.save()
    return place


def _following(last: AnyPlace, fresh: AnyPlace, since: date) -> AnyPlace:
    """The place to write: ``fresh`` after ``last`` has ended the day before, or ``last`` itself when it began that very day."""
    if last.valid_from and since < last.valid_from:
        raise ValidationError(
            _("A later line holds from %(day)s; give that day or a later one.") % {"day": last.valid_from}
        )
    if last.valid_from == since:
        return last
    if last.valid_to is None or last.valid_to >= since:
        last.valid_to = since - DAY
        last.save()
    return fresh


def _is_below(candidate: Unit, above: Unit, since: date) -> bool:
    """Whether ``candidate`` is ``above`` or stands under it on any day from ``since`` on."""
    if candidate.pk == above.pk:
        return True
    parents: dict[int, list[tuple[int, date, date]]] = {}
    for place in UnitPlace.objects.of(above.organisation).exclude(parent=None):
        parents.setdefault(place.unit_id, []).append(
            (place.parent_id, place.valid_from or date.min, place.valid_to or date.max)
        )
    waiting = [(candidate.pk, since, date.max)]
    seen = set()
    while waiting:
        unit, first, last = waiting.pop()
        for parent, begins, ends in parents.get(unit, []):
            span = (parent, max(first, begins), min(last, ends))
            if span[1] > span[2] or span in seen:
                continue
            if parent == above.pk:
                return True
            seen.add(span)
            waiting.append(span)
    return False
