"""``{% storage_card %}``: how much room the organisation's files take, and how much they may."""

from __future__ import annotations

from typing import Any

from django import template

from hengtan.web.vault.storage import room

register = template.Library()


@register.inclusion_tag("vault/storage_card.html", takes_context=True)
def storage_card(context: template.Context) -> dict[str, Any]:
    """With a form for whoever runs the installation."""
    request = context["request"]
    now = room(request.organisation)
    parts = []
    at = 0.0
    for name, number in (("facts", now.facts), ("runs", now.runs), ("other", now.other)):
        width = 100 * number / max(now.quota or now.used, 1)
        parts.append({"name": name, "bytes": number, "x": f"{at:.2f}%", "width": f"{min(width, 100 - at):.2f}%"})
        at = min(100.0, at + width)
    return {
        "organisation": request.organisation, "request": request, "room": now, "parts": parts, "zh": context.get("zh"),
        "gb": f"{now.quota / (1 << 30):g}" if now.quota else "", "may_quota": request.user.is_operator,
        "csrf_token": context.get("csrf_token"),
    }  # fmt: skip
