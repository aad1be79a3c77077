"""What every template may use: navigation, the tenant, the other tenants, appearance and language."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.http import HttpRequest
from django.utils.translation import get_language

from hengtan.web.notices.services import unread
from hengtan.web.organisations.door import memberships_of

from .navigation import navigation


def page(request: HttpRequest) -> dict[str, Any]:
    """One query for signed-in people within an organisation, two elsewhere, none for others."""
    user = getattr(request, "user", None)
    zh = (get_language() or "").startswith("zh")
    theme = request.COOKIES.get("theme", "")
    context: dict[str, Any] = {
        "zh": zh,
        "other_language": ("en", "EN", "English") if zh else ("zh-hans", "中", "中文"),
        "theme": theme if theme in ("light", "dark") else "",
        "sign_on": settings.CONFIGURATION.oidc_name if settings.SOCIALACCOUNT_PROVIDERS else "",
    }
    if user is None or not user.is_authenticated:
        return context
    context["theme"] = user.theme
    memberships = getattr(request, "memberships", None) or memberships_of(user)
    current = getattr(request, "organisation", None)
    key = current.key if current else request.session.get("organisation")
    mine = [each for each in memberships if each.organisation.key == key] or memberships[:1]
    match = request.resolver_match
    if mine:
        mine[0].organisation = current or mine[0].organisation
        context |= {
            "membership": mine[0],
            "organisation": mine[0].organisation,
            "unread_notices": unread(user, mine[0].organisation),
            "other_memberships": [each for each in memberships if each is not mine[0]],
            "navigation": navigation(mine[0], match.url_name if match else None),
        }
        context["tabs"] = [link for _title, links in context["navigation"] for link in links if link.tab][:4]
    return context
