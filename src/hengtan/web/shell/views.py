"""Language, appearance, and the pages that say what went wrong."""

from __future__ import annotations

import logging
import secrets

from django.conf import settings
from django.contrib.auth.decorators import login_required
from django.contrib.auth.views import redirect_to_login
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.utils import translation
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.http import require_POST

from hengtan.web.accounts.models import User

YEAR_S = 365 * 24 * 3600
log = logging.getLogger("hengtan.web")


@require_POST
def language(request: HttpRequest) -> HttpResponse:
    """Chinese or English from now on: kept with the person, or in a cookie for who is not signed in."""
    chosen = request.POST.get("language", "")
    answer = back(request)
    if chosen in dict(settings.LANGUAGES):
        translation.activate(chosen)
        if isinstance(request.user, User):
            User.objects.filter(pk=request.user.pk).update(language=chosen)
        answer.set_cookie(
            settings.LANGUAGE_COOKIE_NAME, chosen, max_age=YEAR_S, samesite="Lax", secure=settings.SESSION_COOKIE_SECURE
        )
    return answer


@require_POST
def appearance(request: HttpRequest) -> HttpResponse:
    """Light or dark from now on."""
    chosen = request.POST.get("theme", "")
    answer = back(request)
    if chosen in ("light", "dark"):
        if isinstance(request.user, User):
            User.objects.filter(pk=request.user.pk).update(theme=chosen)
        answer.set_cookie("theme", chosen, max_age=YEAR_S, samesite="Lax", secure=settings.SESSION_COOKIE_SECURE)
    return answer


@login_required
def more(request: HttpRequest) -> HttpResponse:
    """The whole navigation, for phones."""
    return render(request, "shell/more.html")


def back(request: HttpRequest) -> HttpResponseRedirect:
    """To the page it came from, if that is one of ours."""
    to = request.POST.get("next", "")
    safe = url_has_allowed_host_and_scheme(to, {request.get_host()}, require_https=request.is_secure())
    return HttpResponseRedirect(to if safe and to.startswith("/") else "/")


def bad_request(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    """400."""
    return render(request, "shell/error.html", {"kind": "bad"}, status=400)


def forbidden(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    """403: who may."""
    return render(request, "shell/error.html", {"kind": "role", "roles": getattr(exception, "roles", [])}, status=403)


def form_too_old(request: HttpRequest, reason: str = "") -> HttpResponse:
    """403: the form was not ours, or lay open for too long. Who is not signed in any more signs in first, and comes back to the page."""
    if request.path.startswith("/o/") and not request.user.is_authenticated:
        return redirect_to_login(request.get_full_path())
    return render(request, "shell/error.html", {"kind": "old"}, status=403)


def not_found(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    """404, also for what is somebody else's."""
    return render(request, "shell/error.html", {"kind": "none"}, status=404)


def too_often(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    """429: somebody guesses, or is in a hurry. Every limit of a page is one of a minute, but for a password that was wrong five times."""
    answer = render(request, "shell/error.html", {"kind": "often"}, status=429)
    answer["Retry-After"] = "60"
    return answer


def fault(request: HttpRequest) -> HttpResponse:
    """500: a number that finds it in the log, no details."""
    number = "-".join((secrets.token_hex(2), secrets.token_hex(2))).upper()
    log.exception("fault %s at %s %s", number, request.method, request.path)
    return render(request, "shell/fault.html", {"number": number}, status=500)
