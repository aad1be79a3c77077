"""Pages of units: the tree as of a day, new, edit and move."""

from __future__ import annotations

from datetime import date

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.db import transaction
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _

from hengtan.web.organisations.door import TenantRequest, within
from hengtan.web.organisations.roles import Act

from . import services
from .facilities import asked_day
from .forms import UnitForm
from .models import FacilityPlace, Unit
from .tree import tree


@within(Act.WHOLE)
def index(request: TenantRequest) -> HttpResponse:
    """The tree."""
    day = asked_day(request)
    context = {
        "tree": tree(request.organisation, day),
        "direct": FacilityPlace.objects.of(request.organisation).on(day).filter(unit=None).count(),
        "day": day,
        "today": date.today(),
        "may": request.membership.may(Act.BOUNDARY),
    }
    return render(request, "boundaries/units.html", context)


@within(Act.BOUNDARY)
def new(request: TenantRequest) -> HttpResponse:
    """A unit."""
    form = UnitForm(request.POST or None, organisation=request.organisation)
    if request.method == "POST" and form.is_valid():
        given = form.cleaned_data
        services.add_unit(request.organisation, given["name"], parent=given["parent"], since=given["since"])
        messages.success(request, _("%(name)s is added.") % {"name": given["name"]})
        return redirect("units", key=request.organisation.key)
    return render(request, "boundaries/unit_new.html", {"form": form}, status=422 if form.errors else 200)


@within(Act.WHOLE, change=Act.BOUNDARY)
def edit(request: TenantRequest, pk: int) -> HttpResponse:
    """Its name and its place, and where it stood before."""
    unit = get_object_or_404(Unit.objects.visible_to(request.user).of(request.organisation), pk=pk)
    places = list(unit.places.select_related("parent"))
    now = places[-1] if places else None
    initial = {"name": unit.name, "parent": now.parent_id if now else None}
    form = UnitForm(request.POST or None, organisation=request.organisation, unit=unit, initial=initial)
    if request.method == "POST" and form.is_valid():
        given = form.cleaned_data
        moved = now is None or given["parent"] != now.parent
        try:
            if moved and given["since"] is None:
                raise ValidationError({"since": _("Give the day from which it belongs there.")})
            with transaction.atomic():
                unit.name = given["name"]
                unit.save()
                if moved:
                    services.move_unit(unit, parent=given["parent"], since=given["since"])
        except ValidationError as wrong:
            form.add_error(None, wrong)
        else:
            messages.success(request, _("Saved."))
            return redirect("units", key=request.organisation.key)
    context = {
        "form": form,
        "unit": Unit.objects.get(pk=pk),
        "places": places[::-1],
        "may": request.membership.may(Act.BOUNDARY),
    }
    return render(request, "boundaries/unit.html", context, status=422 if form.errors else 200)
