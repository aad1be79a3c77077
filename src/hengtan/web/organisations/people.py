"""People of an organisation: list, invitations, roles; and the page behind an invitation's link."""

from __future__ import annotations

from allauth.core import ratelimit
from django.conf import settings
from django.contrib import messages
from django.contrib.auth import login, logout
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters

from hengtan.web.accounts.forms import NewPersonForm
from hengtan.web.accounts.models import User
from hengtan.web.accounts.services import new_person

from . import services, wall
from .door import TenantRequest, within
from .forms import InvitationForm, MembershipForm
from .models import Invitation, Membership
from .roles import Act, Role, may_give
from .views import BACKEND


@within()
def people(request: TenantRequest) -> HttpResponse:
    """Who belongs here, and who is invited."""
    members = (
        Membership.objects.of(request.organisation).filter(ended_at=None).select_related("user")
        .prefetch_related("facilities").order_by("user__name")
    )  # fmt: skip
    invitations = (
        Invitation.objects.of(request.organisation).filter(accepted_at=None, revoked_at=None)
        .select_related("invited_by").order_by("-created_at")
    )  # fmt: skip
    may = request.membership.may(Act.PEOPLE)
    context = {
        "members": members,
        "invitations": invitations if may else [],
        "may": may,
        "roles": [(role, role.says) for role in Role],
        "now": timezone.now(),
    }
    return render(request, "organisations/people.html", context)


@within(Act.PEOPLE)
def invite(request: TenantRequest) -> HttpResponse:
    """Send a link; it is also shown once, for those who would rather pass it on themselves."""
    form = InvitationForm(request.POST or None, giver=request.membership)
    if request.method == "POST" and form.is_valid():
        given = form.cleaned_data
        invitation, token = services.invite(request.membership, given["email"], given["role"], given["facilities"])
        return _sent(request, invitation, token)
    return render(request, "organisations/invite.html", {"form": form}, status=422 if form.errors else 200)


@within(Act.PEOPLE)
def resend(request: TenantRequest, pk: int) -> HttpResponse:
    """Another link for the same person; the old one no longer works."""
    old = get_object_or_404(Invitation.objects.of(request.organisation), pk=pk, accepted_at=None, revoked_at=None)
    if request.method != "POST":
        return redirect("people", key=request.organisation.key)
    fresh, token = services.invite(request.membership, old.email, old.role, old.facilities.all())
    return _sent(request, fresh, token)


def _sent(request: TenantRequest, invitation: Invitation, token: str) -> HttpResponse:
    link = link_of(request, token)
    services.send(invitation, link)
    return render(request, "organisations/invited.html", {"invitation": invitation, "link": link})


def link_of(request: TenantRequest, token: str) -> str:
    """The address behind which an invitation is accepted."""
    path = reverse("invitation", kwargs={"token": token})
    public = settings.CONFIGURATION.public_url
    return str(public + path if public else request.build_absolute_uri(path))


@within(Act.PEOPLE)
def revoke(request: TenantRequest, pk: int) -> HttpResponse:
    """The link no longer works."""
    invitation = get_object_or_404(Invitation.objects.of(request.organisation), pk=pk)
    if request.method == "POST":
        Invitation.objects.filter(pk=invitation.pk, accepted_at=None).update(revoked_at=timezone.now())
        messages.success(request, _("The invitation is withdrawn."))
    return redirect("people", key=request.organisation.key)


@within(Act.PEOPLE)
def member(request: TenantRequest, pk: int) -> HttpResponse:
    """Another role, other facilities, or the end of a membership."""
    found = get_object_or_404(Membership.objects.of(request.organisation).select_related("user"), pk=pk, ended_at=None)
    form = MembershipForm(request.POST or None, instance=found, giver=request.membership)
    may = may_give(request.membership.role, Membership.objects.get(pk=found.pk).role)
    if request.method == "POST":
        try:
            if "end" in request.POST:
                services.end(request.membership, Membership.objects.get(pk=found.pk))
                messages.success(request, _("%(name)s no longer belongs to this organisation.") % {"name": found.user})
                return redirect("people", key=request.organisation.key)
            if form.is_valid():
                given = form.cleaned_data
                services.give_role(request.membership, found, given["role"], given["facilities"])
                messages.success(request, _("Saved."))
                return redirect("people", key=request.organisation.key)
        except ValidationError as wrong:
            form.add_error(None, wrong)
    context = {"form": form, "member": found, "may": may}
    return render(request, "organisations/member.html", context, status=422 if form.errors else 200)


@never_cache
@sensitive_post_parameters("password")
def invitation(request: HttpRequest, token: str) -> HttpResponse:
    """Behind the link: sign in or choose a password, and be in."""
    if not ratelimit.consume(request, action="invitation"):
        refused: HttpResponse = ratelimit.respond_429(request)
        return refused
    try:
        found = services.of_token(token)
    except services.LinkIsDeadError:
        return render(request, "organisations/link_is_dead.html", status=410)
    with wall.also(found.organisation_id):
        return _shown(request, token, found)


def _shown(request: HttpRequest, token: str, found: Invitation) -> HttpResponse:
    user = request.user
    known = User.objects.filter(email=found.email).exists()
    state = "other" if user.is_authenticated and user.email != found.email else "known" if known else "new"
    form = NewPersonForm(request.POST if request.method == "POST" and state == "new" else None)
    form.address = found.email
    if request.method == "POST":
        if state == "other":
            logout(request)
            return redirect("invitation", token=token)
        if state == "known" and not user.is_authenticated:
            return redirect(f"{reverse('account_login')}?next={request.path}")
        if state == "known" or form.is_valid():
            return _let_in(request, token, found, form)
    context = {"form": form, "invitation": found, "state": state, "token": token}
    return render(request, "organisations/invitation.html", context, status=422 if form.errors else 200)


def _let_in(request: HttpRequest, token: str, found: Invitation, form: NewPersonForm) -> HttpResponse:
    user = request.user
    try:
        with transaction.atomic():
            if not isinstance(user, User):
                given = form.cleaned_data
                user = new_person(
                    email=found.email, name=given["name"], password=given["password"], language=get_language() or ""
                )
            services.accept(token, user)
    except (services.LinkIsDeadError, IntegrityError):
        return render(request, "organisations/link_is_dead.html", status=410)
    if not request.user.is_authenticated:
        login(request, user, backend=BACKEND)
    messages.success(request, _("Welcome to %(organisation)s.") % {"organisation": found.organisation})
    return redirect("organisation", key=found.organisation.key)
