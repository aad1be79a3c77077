"""The page where a person sets what concerns himself alone."""

from __future__ import annotations

from typing import cast

from allauth.core import ratelimit
from django.contrib import messages
from django.contrib.auth import logout
from django.contrib.auth.decorators import login_required
from django.core.exceptions import ValidationError
from django.db import transaction
from django.http import FileResponse, Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone, translation
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters

from hengtan.web.jobs.services import enqueue
from hengtan.web.organisations.models import Membership
from hengtan.web.vault.services import record

from . import personal
from .forms import ProfileForm
from .models import Export, User


@login_required
def profile(request: HttpRequest) -> HttpResponse:
    """Name, language, time zone, appearance; ways to sign in."""
    form = ProfileForm(request.POST or None, instance=request.user)
    if request.method == "POST" and form.is_valid():
        user = form.save()
        if user.language:
            translation.activate(user.language)
        messages.success(request, _("Saved."))
        return redirect("profile")
    if form.errors:
        form.instance.refresh_from_db()
    return render(request, "accounts/profile.html", {"form": form}, status=422 if form.errors else 200)


@login_required
def mine(request: HttpRequest) -> HttpResponse:
    """What is kept of the person: a copy to take away, and the way to the end."""
    user = cast("User", request.user)
    if request.method == "POST":
        if not Export.objects.filter(person=user, ready_at=None).exists() and not ask_for_copy(user):
            messages.error(request, _("You belong to no organisation: ask whoever runs this installation."))
        else:
            messages.success(request, _("It is being collected. You are told when it is ready."))
        return redirect("my-data")
    exports = list(Export.objects.filter(person=user)[:5])
    context = {
        "exports": exports,
        "collecting": any(each.ready_at is None for each in exports),
        "hindrances": personal.hindrances(user),
        "days": personal.KEPT.days,
    }
    return render(request, "accounts/my_data.html", context)


@transaction.atomic
def ask_for_copy(user: User) -> bool:
    """A job collects it, in the name of the person; False where there is no organisation in which a job could run."""
    member = Membership.objects.filter(user=user, ended_at=None).select_related("organisation").order_by("pk").first()
    if member is None:
        return False
    export = Export.objects.create(person=user)
    enqueue(member.organisation, "accounts.export", {"export": export.pk}, user)
    record(member.organisation, "person.copy-asked", {"person": str(user.pk)}, user)
    return True


@never_cache
@login_required
def take(request: HttpRequest, pk: int) -> HttpResponseBase:
    """The copy, for its person alone."""
    export = get_object_or_404(Export, pk=pk, person=cast("User", request.user), ready_at__isnull=False)
    path = personal.folder() / f"{export.key}.zip"
    if not path.exists():
        raise Http404
    Export.objects.filter(pk=pk).update(taken_at=timezone.now())
    answer = FileResponse(
        path.open("rb"), content_type="application/zip", as_attachment=True, filename="hengtan-my-data.zip"
    )
    answer["X-Content-Type-Options"] = "nosniff"
    return answer


@sensitive_post_parameters("password")
@login_required
def erase(request: HttpRequest) -> HttpResponse:
    """The end of an account, after the password."""
    user = cast("User", request.user)
    wrong = ""
    if request.method == "POST":
        if not ratelimit.consume(request, action="erase", user=user):
            return cast("HttpResponse", ratelimit.respond_429(request))
        given = request.POST.get("password", "")
        right = user.check_password(given) if user.has_usable_password() else given.strip().lower() == user.email
        if not right:
            wrong = _("This is not your password.")
        else:
            try:
                personal.erase(user)
                logout(request)
                return render(request, "accounts/erased.html")
            except ValidationError as fault:
                wrong = fault.messages[0]
    context = {"wrong": wrong, "hindrances": personal.hindrances(user), "by_address": not user.has_usable_password()}
    return render(request, "accounts/erase.html", context, status=422 if wrong else 200)
