"""Masses in tonnes and quantities with their own digits."""

from __future__ import annotations

from decimal import ROUND_HALF_EVEN, Decimal, InvalidOperation

from django import template

QUANTUM = Decimal("0.000001")
register = template.Library()


@register.filter
def tonnes(kg: Decimal | None) -> str:
    """Kilograms as tonnes with two decimals; an em dash for what is not there."""
    return "—" if kg is None else f"{kg / 1000:,.2f}".replace("-", "−")


@register.filter
def digits(text: object) -> str:
    """A quantity as it is posted, with six decimals at most, its thousands set apart."""
    try:
        shown = f"{Decimal(str(text)).quantize(QUANTUM, ROUND_HALF_EVEN):,f}".rstrip("0").rstrip(".")
        return shown.replace("-", "−")
    except (InvalidOperation, ValueError):
        return str(text or "—")


@register.filter
def unit(name: str) -> str:
    """With raised digits: m³."""
    return str(name or "").replace("m3", "m³").replace("m2", "m²")
