"""``{% in_log event %}``: the entry of an event in the ledger; and parts of a page that stay up to date until it is there.

An event is sealed a moment after the page that shows it is made. Such a part asks for its own page again, and takes its place.
"""

from __future__ import annotations

from typing import Any

from django import template
from django.utils.html import format_html
from django.utils.safestring import SafeString

from hengtan.web.vault.models import Outbox

register = template.Library()


@register.inclusion_tag("vault/in_log.html", takes_context=True)
def in_log(context: template.Context, event: Outbox | None, asks: bool = True) -> dict[str, Any]:
    """The number of its entry, or that it is on the way; nothing where there is no event.

    asks: False inside a part that asks for itself.
    """
    return {
        "event": event,
        "request": context["request"],
        "asks": asks and event is not None and event.entry_index is None,
    }


@register.simple_tag(takes_context=True)
def until_in_log(context: template.Context, waits: object, part: str) -> SafeString | str:
    """Attributes of the element with the id ``part``, which comes anew every two seconds while something in it ``waits``."""
    if not waits:
        return ""
    return format_html(
        'hx-get="{}" hx-trigger="every 2s" hx-select="#{}" hx-target="this" hx-swap="outerHTML"',
        context["request"].get_full_path(), part,
    )  # fmt: skip
