"""Units, facilities, denominators."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.shortcuts import get_object_or_404
from ninja import Router, Schema
from pydantic import Field

from hengtan.web.boundaries import services
from hengtan.web.boundaries.forms import DenominatorForm, FacilityForm, PlaceForm, UnitForm
from hengtan.web.boundaries.models import Denominator, Facility, FacilityPlace, Unit, UnitPlace
from hengtan.web.organisations.roles import Act

from .door import Call, need
from .wire import PAGING, REFUSED, WRITES, Page, Paging, ask, once, page

router = Router(tags=["Boundary"])


class UnitIn(Schema):
    """A company, division, department or site group."""

    name: str = Field(max_length=200)
    parent: int | None = None
    since: date | None = Field(None, description="The day from which it belongs there; empty: always.")


class UnitOut(Schema):
    """A unit and where it stands now, by the newest line of its history."""

    id: int
    name: str
    parent: int | None
    since: date | None


class PlaceIn(Schema):
    """Where a facility belongs and how much of it counts, from a day on."""

    unit: int | None = None
    approach: str = "operational_control"
    share_pct: Decimal = Decimal(100)
    valid_from: date | None = None


class FacilityIn(Schema):
    """A site, building, plant, fleet or data centre."""

    name: str = Field(max_length=200, description="As bills and meters name it.")
    region: str = Field(max_length=100, description="Code or name: CN-33, 浙江, Germany.")
    floor_area_m2: Decimal | None = None
    address: str = ""
    latitude: Decimal | None = None
    longitude: Decimal | None = None


class NewFacility(FacilityIn, PlaceIn):
    """A facility with its first place."""


class PlaceOut(Schema):
    """A line of a facility's history."""

    unit: int | None
    approach: str
    share_pct: str
    valid_from: date | None
    valid_to: date | None


class FacilityOut(Schema):
    """A facility with all its places, oldest first. Decimal numbers are text."""

    id: int
    name: str
    region: str
    floor_area_m2: str | None
    address: str
    latitude: str | None
    longitude: str | None
    places: list[PlaceOut]


class Closing(Schema):
    """The last day on which a facility belongs to the organisation."""

    last_day: date


class Moving(Schema):
    """From that day on a unit stands under another."""

    parent: int | None = None
    since: date


class DenominatorIn(Schema):
    """What an intensity is divided by."""

    facility: int | None = Field(None, description="Empty: of the whole organisation.")
    kind: str = Field(examples=["output"])
    start: date
    end: date
    value: Decimal
    unit: str = ""


class DenominatorOut(Schema):
    """As it is kept; the value as text."""

    id: int
    facility: int | None
    kind: str
    start: date
    end: date
    value: str
    unit: str


def _plain(value: Decimal | None) -> str | None:
    return None if value is None else f"{value.normalize():f}"


def _facility(row: Facility) -> dict[str, Any]:
    return {
        "id": row.pk, "name": row.name, "region": row.region, "address": row.address,
        **{name: _plain(getattr(row, name)) for name in ("floor_area_m2", "latitude", "longitude")},
        "places": [_place(place) for place in row.places.all()],
    }  # fmt: skip


def _place(place: FacilityPlace) -> dict[str, Any]:
    return {
        "unit": place.unit_id, "approach": place.approach, "share_pct": _plain(place.share_pct),
        "valid_from": place.valid_from, "valid_to": place.valid_to,
    }  # fmt: skip


def _unit(row: Unit) -> dict[str, Any]:
    places: list[UnitPlace] = list(row.places.all())
    last = places[-1] if places else None
    return {
        "id": row.pk, "name": row.name,
        "parent": last.parent_id if last else None, "since": last.valid_from if last else None,
    }  # fmt: skip


def _denominator(row: Denominator) -> dict[str, Any]:
    return {
        "id": row.pk, "facility": row.facility_id, "kind": row.kind, "start": row.start, "end": row.end,
        "value": _plain(row.value), "unit": row.unit,
    }  # fmt: skip


def checked(*given: forms.BaseForm) -> None:
    """The forms of the pages say what is wrong here too."""
    wrong: dict[str, list[str]] = {}
    for form in given:
        if not form.is_valid():
            for name, faults in form.errors.items():
                wrong.setdefault(name, []).extend(str(fault) for fault in faults)
    if wrong:
        raise ValidationError(wrong)


def _facilities(call: Call) -> Any:
    return Facility.objects.visible_to(call.user).of(call.organisation).distinct().prefetch_related("places")


@router.get("/facilities", response={200: Page[FacilityOut], **REFUSED})
def facilities(request: Call, paging: Paging = PAGING, q: str = ask("", max_length=200)) -> Any:
    """Those that the person may see; ``q``: a part of the name or region."""
    need(request, Act.READ)
    rows = _facilities(request)
    if q:
        rows = rows.filter(name__icontains=q) | rows.filter(region__icontains=q)
    return page(rows, paging, _facility)


@router.post("/facilities", response={201: FacilityOut, **WRITES})
@once
def new_facility(request: Call, given: NewFacility) -> tuple[int, Any]:
    """A facility and its first place."""
    need(request, Act.BOUNDARY)
    data = given.dict()
    form = FacilityForm(data, organisation=request.organisation)
    place = PlaceForm(data, organisation=request.organisation)
    checked(form, place)
    row = services.add_facility(
        form.save(commit=False), unit=place.cleaned_data["unit"], approach=place.cleaned_data["approach"],
        share_pct=place.cleaned_data["share_pct"], since=place.cleaned_data["valid_from"],
    )  # fmt: skip
    return 201, _shown(FacilityOut, _facility(row))


@router.get("/facilities/{int:pk}", response={200: FacilityOut, **REFUSED})
def facility(request: Call, pk: int) -> Any:
    """One, with its history."""
    need(request, Act.READ)
    return _facility(get_object_or_404(_facilities(request), pk=pk))


@router.put("/facilities/{int:pk}", response={200: FacilityOut, **WRITES})
@once
def edit_facility(request: Call, pk: int, given: FacilityIn) -> tuple[int, Any]:
    """What it is; where it belongs is changed by moving it."""
    need(request, Act.BOUNDARY)
    row = get_object_or_404(_facilities(request), pk=pk)
    form = FacilityForm(given.dict(), instance=row, organisation=request.organisation)
    checked(form)
    form.save()
    return 200, _shown(FacilityOut, _facility(row))


@router.post("/facilities/{int:pk}/move", response={200: FacilityOut, **WRITES})
@once
def move_facility(request: Call, pk: int, given: PlaceIn) -> tuple[int, Any]:
    """From ``valid_from`` on it belongs elsewhere or counts otherwise; nothing before changes."""
    need(request, Act.BOUNDARY)
    row = get_object_or_404(_facilities(request), pk=pk)
    form = PlaceForm(given.dict(), organisation=request.organisation, dated=True)
    checked(form)
    data = form.cleaned_data
    services.move_facility(
        row, unit=data["unit"], approach=data["approach"], share_pct=data["share_pct"], since=data["valid_from"]
    )
    return 200, _shown(FacilityOut, _facility(_facilities(request).get(pk=pk)))


@router.post("/facilities/{int:pk}/close", response={200: FacilityOut, **WRITES})
@once
def close_facility(request: Call, pk: int, given: Closing) -> tuple[int, Any]:
    """Its last day."""
    need(request, Act.BOUNDARY)
    row = get_object_or_404(_facilities(request), pk=pk)
    services.close_facility(row, given.last_day)
    return 200, _shown(FacilityOut, _facility(_facilities(request).get(pk=pk)))


@router.get("/units", response={200: Page[UnitOut], **REFUSED})
def units(request: Call, paging: Paging = PAGING) -> Any:
    """The tree of the organisation, as a list."""
    need(request, Act.WHOLE)
    return page(
        Unit.objects.visible_to(request.user).of(request.organisation).prefetch_related("places"), paging, _unit
    )


@router.post("/units", response={201: UnitOut, **WRITES})
@once
def new_unit(request: Call, given: UnitIn) -> tuple[int, Any]:
    """A unit and its place in the tree."""
    need(request, Act.BOUNDARY)
    form = UnitForm(given.dict(), organisation=request.organisation)
    checked(form)
    data = form.cleaned_data
    row = services.add_unit(request.organisation, data["name"], parent=data["parent"], since=data["since"])
    return 201, _shown(UnitOut, _unit(row))


@router.post("/units/{int:pk}/move", response={200: UnitOut, **WRITES})
@once
def move_unit(request: Call, pk: int, given: Moving) -> tuple[int, Any]:
    """From that day on it stands under another unit."""
    need(request, Act.BOUNDARY)
    mine = Unit.objects.visible_to(request.user).of(request.organisation)
    row = get_object_or_404(mine, pk=pk)
    parent = get_object_or_404(mine, pk=given.parent) if given.parent is not None else None
    services.move_unit(row, parent=parent, since=given.since)
    return 200, _shown(UnitOut, _unit(mine.get(pk=pk)))


@router.get("/denominators", response={200: Page[DenominatorOut], **REFUSED})
def denominators(request: Call, paging: Paging = PAGING) -> Any:
    """Output, revenue, employees, floor area, by period."""
    need(request, Act.WHOLE)
    return page(Denominator.objects.visible_to(request.user).of(request.organisation), paging, _denominator)


@router.post("/denominators", response={201: DenominatorOut, **WRITES})
@once
def new_denominator(request: Call, given: DenominatorIn) -> tuple[int, Any]:
    """Of a facility, or of the whole."""
    need(request, Act.BOUNDARY)
    at = get_object_or_404(_facilities(request), pk=given.facility) if given.facility is not None else None
    form = DenominatorForm(given.dict(), instance=Denominator(organisation=request.organisation, facility=at))
    checked(form)
    return 201, _shown(DenominatorOut, _denominator(form.save()))


def _shown(schema: type[Schema], told: dict[str, Any]) -> dict[str, Any]:
    """As JSON, so that it can be kept as the answer of an idempotent call."""
    return schema(**told).model_dump(mode="json")
