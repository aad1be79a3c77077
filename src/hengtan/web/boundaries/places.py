"""Suggestions of regions, denominators of the whole organisation, and the organisation file."""

from __future__ import annotations

import csv
import io

from django.contrib import messages
from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from hengtan.factors.regions import find_region, near_regions
from hengtan.web.organisations.door import TenantRequest, within
from hengtan.web.organisations.roles import Act

from .forms import DenominatorForm
from .models import Denominator, Facility, FacilityPlace

FORMULA = ("=", "+", "-", "@", "\t", "\r")


@login_not_required
def regions(request: HttpRequest) -> HttpResponse:
    """Places near to what is typed, as options; public, as the factor library is."""
    text = " ".join(request.GET.get("q", "").split())[:40]
    exact = find_region(text) if text else None
    codes = list(dict.fromkeys([*([exact.code] if exact else []), *(near_regions(text, 8) if len(text) > 1 else [])]))
    lang = "zh" if (get_language() or "").startswith("zh") else "en"
    options = [(code, region.title[lang]) for code in codes if (region := find_region(code))]
    return render(request, "boundaries/region_options.html", {"options": options})


@within(Act.WHOLE, change=Act.BOUNDARY)
def denominators(request: TenantRequest) -> HttpResponse:
    """What the intensity of the whole organisation is divided by."""
    form = DenominatorForm(request.POST or None, instance=Denominator(organisation=request.organisation))
    if request.method == "POST" and form.is_valid():
        form.save()
        messages.success(request, _("Saved."))
        return redirect("denominators", key=request.organisation.key)
    found = Denominator.objects.visible_to(request.user).of(request.organisation).filter(facility=None)
    context = {"form": form, "denominators": found, "may": request.membership.may(Act.BOUNDARY)}
    return render(request, "boundaries/denominators.html", context, status=422 if form.errors else 200)


@within()
def organisation_file(request: TenantRequest) -> HttpResponse:
    """The facilities as ``hengtan calculate --org`` reads them; nothing in it is taken for a formula by a spreadsheet."""
    seen = Facility.objects.visible_to(request.user).of(request.organisation)
    places = FacilityPlace.objects.of(request.organisation).filter(facility__in=seen)
    text = io.StringIO()
    rows = csv.writer(text)
    rows.writerow(("facility", "org_unit", "region", "approach", "share_pct", "valid_from", "valid_to"))
    for place in places.select_related("facility", "unit").order_by("facility__name", "valid_from"):
        cells = (
            place.facility.name, place.unit or "", place.facility.region, place.approach,
            f"{place.share_pct.normalize():f}", place.valid_from or "", place.valid_to or "",
        )  # fmt: skip
        rows.writerow([f"'{cell}" if str(cell).startswith(FORMULA) else cell for cell in cells])
    answer = HttpResponse("\ufeff" + text.getvalue(), content_type="text/csv; charset=utf-8")
    answer["Content-Disposition"] = 'attachment; filename="organisation.csv"'
    return answer
