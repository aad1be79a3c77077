"""Health, and what a browser may load: only what comes from here; nothing inline, nothing evaluated."""

from __future__ import annotations

from collections.abc import Callable
from urllib.parse import urlsplit

from django.conf import settings
from django.db import DatabaseError, connection
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import resolve_url

from hengtan import __version__

Answer = Callable[[HttpRequest], HttpResponse]


def _issuer() -> str:
    """The origin to which the form of single sign-on leads on; browsers follow a form no further than the policy says."""
    parts = urlsplit(settings.CONFIGURATION.oidc_url)
    return f" {parts.scheme}://{parts.netloc}" if parts.netloc else ""


POLICY = "; ".join(
    (
        "default-src 'none'",
        "script-src 'self'",
        "style-src 'self'",
        "img-src 'self' data:",  # the QR code of the second factor; arrows of Tabler's selects
        "font-src 'self'",
        "connect-src 'self'",
        f"form-action 'self'{_issuer()}",
        "frame-ancestors 'none'",
        "base-uri 'none'",
    )
)


def content_security_policy(get_response: Answer) -> Answer:
    """On every answer. Pages of signed-in people are not kept by anybody in between."""

    def answer(request: HttpRequest) -> HttpResponse:
        response = get_response(request)
        if not response.has_header("Content-Security-Policy"):  # files of people, reports to look at have stricter ones
            response["Content-Security-Policy"] = POLICY
        response["Permissions-Policy"] = "camera=(self), geolocation=(), microphone=(), payment=(), usb=()"
        if not response.has_header("Cache-Control"):
            response["Cache-Control"] = "private, no-cache"
        return response

    return answer


def signed_out(get_response: Answer) -> Answer:
    """The page to sign in never stands inside another one.

    A part that asks for itself (``{% until_over %}``) has its page loaded again, which then leads to it; to others nothing is answered,
    because something may be typed beside them.
    """
    login = resolve_url(settings.LOGIN_URL)

    def answer(request: HttpRequest) -> HttpResponse:
        response = get_response(request)
        if "HX-Request" not in request.headers or not response.headers.get("Location", "").startswith(f"{login}?"):
            return response
        asked, shown = request.headers.get("HX-Trigger"), request.headers.get("HX-Target")
        return HttpResponse(headers={"HX-Refresh": "true"}) if asked and asked == shown else HttpResponse(status=401)

    return answer


def health(get_response: Answer) -> Answer:
    """``/healthz``: 200 when the database answers, else 503; asked by load balancers, by any host name."""

    def answer(request: HttpRequest) -> HttpResponse:
        if request.path != "/healthz":
            return get_response(request)
        try:
            with connection.cursor() as cursor:
                cursor.execute("SELECT 1")
        except DatabaseError:
            return JsonResponse({"status": "database", "version": __version__}, status=503)
        return JsonResponse({"status": "ok", "version": __version__})

    return answer
