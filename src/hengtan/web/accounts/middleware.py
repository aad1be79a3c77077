"""A signed-in person's language and time zone hold for his requests."""

from __future__ import annotations

from collections.abc import Callable
from zoneinfo import ZoneInfo

from django.http import HttpRequest, HttpResponse
from django.utils import timezone, translation


def as_the_person_likes(get_response: Callable[[HttpRequest], HttpResponse]) -> Callable[[HttpRequest], HttpResponse]:
    """After AuthenticationMiddleware; people who chose nothing keep what their browser asks for."""

    def answer(request: HttpRequest) -> HttpResponse:
        user = request.user
        if user.is_authenticated:
            if user.language:
                translation.activate(user.language)
                request.LANGUAGE_CODE = translation.get_language() or ""
            if user.time_zone:
                with timezone.override(ZoneInfo(user.time_zone)):
                    return get_response(request)
        return get_response(request)

    return answer
