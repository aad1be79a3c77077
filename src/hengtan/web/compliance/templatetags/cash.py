"""Money as it is written on these pages: 元, from ten thousand on 万元; in English CNY, from a million on CNY m."""

from __future__ import annotations

from decimal import Decimal

from django import template

from hengtan.web.compliance import money

register = template.Library()


@register.filter
def cash(value: Decimal | None) -> str:
    """The number: 809.19."""
    return "—" if value is None else money.number(value)


@register.filter
def cash_unit(value: Decimal | None) -> str:
    """Its unit: 万元."""
    return "" if value is None else money.unit(value)


@register.simple_tag
def cash_range(low: Decimal, high: Decimal) -> str:
    """4,106 – 8,213 万元."""
    return money.span(low, high)
