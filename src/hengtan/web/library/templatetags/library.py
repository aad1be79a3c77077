"""Amounts as they were published, units with their signs, signed percents."""

from __future__ import annotations

from decimal import Decimal

from django import template
from django.utils.html import format_html
from django.utils.safestring import SafeString

from hengtan.web.runs.templatetags.masses import unit as _unit

register = template.Library()


@register.filter
def amount(value: Decimal | None) -> str:
    """Its digits as published, in groups of three before the point."""
    if value is None:
        return "—"
    whole, point, rest = f"{value:f}".partition(".")
    minus = "−" if whole.startswith("-") else ""
    return f"{minus}{int(whole.lstrip('-') or 0):,}{point}{rest}"


@register.filter
def signed_percent(percent: Decimal | None) -> SafeString:
    """+1.3 % in the colour of its direction; an em dash for none."""
    if percent is None:
        return format_html('<span class="mut3">{}</span>', "—")
    if not percent:
        return format_html('<span class="mut">{}</span>', "0.0%")
    text = f"{abs(percent):,.1f}%"
    return format_html(
        '<span class="{}">{}{}</span>', "up" if percent > 0 else "down", "+" if percent > 0 else "−", text
    )


register.filter("unit", _unit)
