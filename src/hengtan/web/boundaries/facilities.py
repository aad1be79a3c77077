"""Pages of facilities: list as of a day, one with its history, new, edit, move."""

from __future__ import annotations

from datetime import date

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.core.paginator import Paginator
from django.db.models import Prefetch
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.dateparse import parse_date
from django.utils.translation import gettext as _

from hengtan.web.organisations.door import TenantRequest, within
from hengtan.web.organisations.roles import Act

from . import services
from .forms import ClosingForm, DenominatorForm, FacilityForm, PlaceForm
from .models import Denominator, Facility, FacilityPlace, Unit

PAGE = 50


def asked_day(request: TenantRequest) -> date:
    """The day of ``?on=``, today when there is none or it is no day."""
    try:
        return parse_date(request.GET.get("on", "")) or date.today()
    except ValueError:
        return date.today()


@within()
def index(request: TenantRequest) -> HttpResponse:
    """The facilities that this person may see, and where they belong on a day."""
    day, query, unit = asked_day(request), request.GET.get("q", "").strip(), request.GET.get("unit", "")
    found = Facility.objects.visible_to(request.user).of(request.organisation)
    whole = found.count()
    if query:
        found = found.filter(name__icontains=query) | found.filter(region__icontains=query)
    if unit.isdigit():
        found = found.filter(places__in=FacilityPlace.objects.on(day).filter(unit_id=int(unit)))
    places = Prefetch("places", FacilityPlace.objects.on(day).select_related("unit"), to_attr="now")
    page = Paginator(found.order_by("name").prefetch_related(places), PAGE).get_page(request.GET.get("page"))
    context = {
        "page": page,
        "day": day,
        "today": date.today(),
        "query": query,
        "unit": unit,
        "whole": whole,
        "units": Unit.objects.of(request.organisation),
        "may": request.membership.may(Act.BOUNDARY),
    }
    name = (
        "boundaries/facility_rows.html"
        if request.htmx and request.htmx.target == "rows"
        else "boundaries/facilities.html"
    )
    return render(request, name, context)


def _facility(request: TenantRequest, pk: int) -> Facility:
    return get_object_or_404(Facility.objects.visible_to(request.user).of(request.organisation), pk=pk)


@within()
def show(request: TenantRequest, pk: int) -> HttpResponse:
    """One facility: what it is, where it belonged since when, its denominators."""
    facility = _facility(request, pk)
    context = {
        "facility": facility,
        "places": list(facility.places.select_related("unit"))[::-1],
        "denominators": facility.denominators.all(),
        "contributors": facility.contributors.filter(ended_at=None).select_related("user"),
        "today": date.today(),
        "may": request.membership.may(Act.BOUNDARY),
    }
    return render(request, "boundaries/facility.html", context)


@within(Act.BOUNDARY)
def new(request: TenantRequest) -> HttpResponse:
    """A facility with its first place."""
    form = FacilityForm(request.POST or None, organisation=request.organisation)
    place = PlaceForm(request.POST or None, organisation=request.organisation)
    if request.method == "POST" and form.is_valid() & place.is_valid():
        given = place.cleaned_data
        services.add_facility(
            form.save(commit=False),
            unit=given["unit"],
            approach=given["approach"],
            share_pct=given["share_pct"],
            since=given["valid_from"],
        )
        messages.success(request, _("%(name)s is added.") % {"name": form.instance.name})
        if "again" in request.POST:
            return redirect("facility-new", key=request.organisation.key)
        return redirect("facility", key=request.organisation.key, pk=form.instance.pk)
    wrong = bool(form.errors or place.errors)
    return render(request, "boundaries/facility_new.html", {"form": form, "place": place}, status=422 if wrong else 200)


@within(Act.BOUNDARY)
def edit(request: TenantRequest, pk: int) -> HttpResponse:
    """What the facility is; where it belongs is changed by ``move``."""
    facility = _facility(request, pk)
    form = FacilityForm(request.POST or None, instance=facility, organisation=request.organisation)
    if request.method == "POST" and form.is_valid():
        form.save()
        messages.success(request, _("Saved."))
        return redirect("facility", key=request.organisation.key, pk=pk)
    context = {"form": form, "facility": _facility(request, pk)}
    return render(request, "boundaries/facility_edit.html", context, status=422 if form.errors else 200)


@within(Act.BOUNDARY)
def move(request: TenantRequest, pk: int) -> HttpResponse:
    """From a day on it belongs elsewhere, counts otherwise, or no longer belongs at all."""
    facility = _facility(request, pk)
    last = facility.places.last()
    closing = "close" in request.POST
    initial = (
        {"unit": last.unit_id, "approach": last.approach, "share_pct": f"{last.share_pct.normalize():f}"}
        if last
        else {}
    )
    form = PlaceForm(
        request.POST if request.method == "POST" and not closing else None,
        organisation=request.organisation, dated=True, initial=initial,
    )  # fmt: skip
    end = ClosingForm(request.POST if closing else None)
    used: PlaceForm | ClosingForm = end if closing else form
    if request.method == "POST" and used.is_valid():
        given = used.cleaned_data
        try:
            if closing:
                services.close_facility(facility, given["last_day"])
            else:
                services.move_facility(
                    facility,
                    unit=given["unit"],
                    approach=given["approach"],
                    share_pct=given["share_pct"],
                    since=given["valid_from"],
                )
        except ValidationError as wrong:
            used.add_error(None, wrong)
        else:
            messages.success(request, _("Saved."))
            return redirect("facility", key=request.organisation.key, pk=pk)
    context = {"form": form, "end": end, "facility": facility, "last": last}
    return render(request, "boundaries/facility_move.html", context, status=422 if used.errors else 200)


@within(Act.BOUNDARY)
def denominator(request: TenantRequest, pk: int) -> HttpResponse:
    """What its intensity is divided by in a period."""
    facility = _facility(request, pk)
    form = DenominatorForm(
        request.POST or None, instance=Denominator(organisation=request.organisation, facility=facility)
    )
    if request.method == "POST" and form.is_valid():
        form.save()
        messages.success(request, _("Saved."))
        return redirect("facility", key=request.organisation.key, pk=pk)
    context = {"form": form, "facility": facility}
    return render(request, "boundaries/denominator_new.html", context, status=422 if form.errors else 200)
