"""First run, overview and settings of an organisation."""

from __future__ import annotations

from datetime import date

from allauth.core import ratelimit
from allauth.mfa.utils import is_mfa_enabled
from django.contrib import messages
from django.contrib.auth import login
from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.db.models import Count, Q, Sum
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters

from hengtan.web.boundaries.models import Facility, Unit

from . import first_run, wall
from .door import TenantRequest, within
from .forms import FirstRunForm, OrganisationForm
from .models import Membership, Organisation
from .roles import Act, Role

BACKEND = "allauth.account.auth_backends.AuthenticationBackend"


@never_cache
@sensitive_post_parameters("password", "code")
def welcome(request: HttpRequest) -> HttpResponse:
    """The first run, once."""
    if not first_run.wanted():
        return redirect("home")
    if not ratelimit.consume(request, action="first_run"):
        refused: HttpResponse = ratelimit.respond_429(request)
        return refused
    form = FirstRunForm(request.POST or None, initial={"code": request.GET.get("code", "")})
    if request.method == "POST" and form.is_valid():
        given = form.cleaned_data
        try:
            user, organisation = first_run.begin(
                email=given["email"],
                name=given["name"],
                password=given["password"],
                language=get_language() or "",
                organisation=Organisation(
                    name=given["organisation"], region=given["region"], approach=given["approach"]
                ),
            )
        except first_run.TooLateError:
            messages.warning(request, _("Somebody has set this installation up in the meantime."))
            return redirect("account_login")
        login(request, user, backend=BACKEND)
        return redirect("organisation", key=organisation.key)
    return render(request, "organisations/welcome.html", {"form": form}, status=422 if form.errors else 200)


@login_required
def home(request: HttpRequest) -> HttpResponse:
    """To the organisation last seen, or the only one, or the choice."""
    mine = Organisation.objects.visible_to(request.user).order_by("name")  # type: ignore[arg-type]
    found = list(mine)
    last = [each for each in found if each.key == request.session.get("organisation")] or found[:1]
    if last and (len(found) == 1 or request.session.get("organisation")):
        return redirect("organisation", key=last[0].key)
    return render(request, "organisations/choose.html", {"organisations": found})


@within()
def overview(request: TenantRequest) -> HttpResponse:
    """What the organisation holds, and what to do next."""
    organisation = request.organisation
    if request.session.get("organisation") != organisation.key:
        request.session["organisation"] = organisation.key
    facilities = Facility.objects.visible_to(request.user).of(organisation)
    counts = facilities.aggregate(
        all=Count("pk"), with_area=Count("pk", filter=Q(floor_area_m2__gt=0)), area=Sum("floor_area_m2")
    )
    regions = list(
        facilities.order_by().values("region")
        .annotate(number=Count("pk"), area=Sum("floor_area_m2")).order_by("-number", "region")
    )  # fmt: skip
    people = Membership.objects.of(organisation).filter(ended_at=None)
    context = {
        "counts": counts,
        "regions": regions,
        "largest": max((each["number"] for each in regions), default=1),
        "units": Unit.objects.of(organisation).count(),
        **people.aggregate(people=Count("pk"), contributors=Count("pk", filter=Q(role=Role.CONTRIBUTOR))),
        "today": date.today(),
        "may_boundary": request.membership.may(Act.BOUNDARY),
        "may_whole": request.membership.may(Act.WHOLE),
        "has_second_factor": is_mfa_enabled(request.user),
    }
    return render(request, "organisations/overview.html", context)


@within(Act.WHOLE, change=Act.SETTINGS)
def edit(request: TenantRequest) -> HttpResponse:
    """Name, place, approach."""
    form = OrganisationForm(request.POST or None, instance=request.organisation)
    if request.method == "POST" and form.is_valid():
        form.save()
        messages.success(request, _("Saved."))
        return redirect("organisation-settings", key=request.organisation.key)
    if form.errors:
        request.organisation.refresh_from_db()
    return render(
        request,
        "organisations/settings.html",
        {"form": form, "may_settings": request.membership.may(Act.SETTINGS)},
        status=422 if form.errors else 200,
    )


@login_required
def new(request: HttpRequest) -> HttpResponse:
    """A further organisation of this installation; for its administrator."""
    if not request.user.is_operator:  # type: ignore[union-attr]
        raise PermissionDenied
    form = OrganisationForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        with wall.opened(), transaction.atomic():  # it is nobody's yet
            organisation = form.save()
            Membership.objects.create(organisation=organisation, user_id=int(request.user.pk or 0), role=Role.OWNER)
        return redirect("organisation", key=organisation.key)
    return render(request, "organisations/new.html", {"form": form}, status=422 if form.errors else 200)
