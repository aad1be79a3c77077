"""Money from fen, and what events are called."""

from __future__ import annotations

from django import template

from hengtan.web.assets import words

register = template.Library()


@register.filter
def yuan(amount: int | None) -> str:
    """9,740.00."""
    return words.yuan(amount)


@register.filter
def wan(amount: int) -> str:
    """Fen in ten thousand yuan, two decimals."""
    whole = (abs(amount) + 5000) // 10_000
    return f"{'−' if amount < 0 else ''}{whole // 100:,}.{whole % 100:02}"


@register.filter
def million(count: int | None) -> str:
    """In millions, one decimal."""
    return "—" if count is None else f"{count / 1e6:,.1f}"


@register.filter
def event_kind(name: str) -> str:
    """In the language of the page."""
    return words.kind(name)
