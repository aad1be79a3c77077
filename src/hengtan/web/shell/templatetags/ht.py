"""``{% icon "home" %}``, numbers as they are written here, the same in Chinese and English, and parts of a page that ask again."""

from __future__ import annotations

from decimal import Decimal, InvalidOperation
from functools import lru_cache

from django import template
from django.templatetags.static import static
from django.utils.html import format_html
from django.utils.safestring import SafeString

from hengtan.factors import find_region

register = template.Library()


@register.simple_tag
@lru_cache(maxsize=512)
def icon(name: str) -> SafeString:
    """An icon of the sprite; it says nothing to a screen reader, the word beside it does."""
    return format_html(
        '<svg class="ht-i" aria-hidden="true"><use href="{}#{}"></use></svg>', static("hengtan/icons.svg"), name
    )


@register.filter
def num(value: object, places: int = 0) -> str:
    """161,981.15, with U+2212 as minus; an em dash for what is not there."""
    if value is None or value == "":
        return "—"
    try:
        return f"{Decimal(str(value)):,.{places}f}".replace("-", "−")
    except InvalidOperation:
        return str(value)


@register.filter
def plain(value: Decimal | None) -> str:
    """Its digits without the zeros that the column adds."""
    if value is None:
        return "—"
    text = f"{value:,f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


@register.filter
def percent_of(part: int, whole: int) -> str:
    """Of a bar: 37.5%."""
    return f"{100 * part / whole if whole else 0:.1f}%"


@register.simple_tag(takes_context=True)
def place(context: template.Context, code: str) -> SafeString:
    """The name of a region in the language of the page, and its code; many subdivisions have the code alone."""
    region = find_region(code)
    title = region.title["zh" if context.get("zh") else "en"] if region else code
    if title == code:
        return format_html('<span class="mono">{}</span>', code)
    return format_html('{} <span class="mono mut3">{}</span>', title, code)


@register.simple_tag(takes_context=True)
def until_over(context: template.Context, waits: object, part: str) -> SafeString | str:
    """Attributes of the element with the id ``part``, which comes anew every two seconds while something in it ``waits``.

    Nobody has to load a page again to hear that what was under way is over. The element asks for the page on which it stands.
    """
    if not waits:
        return ""
    return format_html(
        'hx-get="{}" hx-trigger="every 2s" hx-select="#{}" hx-target="this" hx-swap="outerHTML"',
        context["request"].get_full_path(), part,
    )  # fmt: skip
