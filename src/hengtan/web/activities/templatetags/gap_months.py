"""``{% gap_months months near entry %}``: the twelve cells of a source in the calendar of gaps, in one step, for there are hundreds on a page."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from django import template
from django.utils.html import format_html
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext as _

from hengtan.web.shell.templatetags.ht import icon

register = template.Library()


@register.simple_tag
def gap_months(months: Sequence[tuple[str, str]], near: Collection[str], entry: str) -> SafeString:
    """months: ``2025-01`` with its state; near: those that a phone shows, ``01``; entry: where a missing one is typed, "" for who may not."""
    told = {
        "approved": ("check", _("approved")), "submitted": ("clock", _("Waiting for approval")),
        "missing": ("alert-triangle", _("missing: type it") if entry else _("missing")), "closed": ("lock", _("missing, and closed")),
    }  # fmt: skip
    inside = {
        state: format_html('{}<span class="ht-vh">{}</span>', icon(name), words)
        for state, (name, words) in told.items()
    }
    link = format_html("{}", entry)  # escaped once: a month needs no escaping
    cells = []
    for month, state in months:
        mark: str
        if state not in inside:
            mark = format_html('<span class="mut3">·<span class="ht-vh">{}</span></span>', _("not due"))
        elif state == "missing" and entry:
            mark = f'<a href="{link}{month}" title="{month}">{inside[state]}</a>'
        else:
            mark = f'<span title="{month}">{inside[state]}</span>'
        cells.append(f'<td class="m {state}{"" if month[5:] in near else " hide-m"}">{mark}</td>')
    return mark_safe("".join(cells))  # noqa: S308  made of the above alone
