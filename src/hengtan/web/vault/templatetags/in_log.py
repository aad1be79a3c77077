"""``{% in_log event %}``: the entry of an event in the ledger.

An event is sealed a moment after the page that shows it is made: until then it asks again (``{% until_over %}``).
"""

from __future__ import annotations

from typing import Any

from django import template

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
