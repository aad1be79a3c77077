"""Money from fen, and what events are called."""

from __future__ import annotations

from django import template

from hengtan.market.rules.yearly import MarketYear
from hengtan.web.assets import words
from hengtan.web.runs.words import lang

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


@register.filter
def abs_num(count: int) -> str:
    """Without its sign."""
    return f"{abs(count):,}"


@register.filter
def year_source(year: MarketYear) -> str:
    """Who published its figures, in the language of the page."""
    return words.year_source(year)


@register.filter
def year_name(year: str) -> str:
    """``2026 to 08-19`` as the page speaks."""
    return year.replace(" to ", "（至 ") + "）" if lang() == "zh" and " to " in year else year
