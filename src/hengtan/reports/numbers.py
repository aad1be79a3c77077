"""How numbers look in a report: rounded once, half to even, from exact decimals.

>>> tonnes(Decimal("161981152.45541784986"))
'161,981.15'
>>> tonnes(Decimal("3.2145"))
'3.21 kg'
>>> signed_tonnes(Decimal("-449310"))
'−449.31'

Tonnes of CO2e with two decimals, digits grouped by three in both languages, the minus sign U+2212, percent with one
decimal; a mass below 0.01 t is said in kg. ``None`` is never a number: callers say what is missing in words.
"""

from __future__ import annotations

from decimal import ROUND_HALF_EVEN, Context, Decimal, InvalidOperation, localcontext
from typing import Any

MINUS = "−"
_WIDE = Context(prec=60, rounding=ROUND_HALF_EVEN)
_CENT = Decimal("0.01")


def exact(value: Any) -> Decimal | None:
    """The value as an exact decimal: text, int or Decimal. ``None``, empty text and what is not finite give None."""
    if value is None or value == "":
        return None
    try:
        number = value if isinstance(value, Decimal) else Decimal(str(value))
    except InvalidOperation:
        return None
    return number if number.is_finite() else None


def add(*values: Decimal | None) -> Decimal:
    """The exact sum; what is None is left out."""
    with localcontext(_WIDE):
        return sum((value for value in values if value is not None), Decimal(0))


def minus(left: Decimal, right: Decimal) -> Decimal:
    """The exact difference."""
    with localcontext(_WIDE):
        return left - right


def ratio(part: Decimal, whole: Decimal) -> Decimal | None:
    """``part / whole`` with 60 digits; None where the whole is 0."""
    return _WIDE.divide(part, whole) if whole else None


def rounded(value: Decimal, places: int) -> Decimal:
    """Half to even; a result of 0 has no sign."""
    return _WIDE.add(_WIDE.quantize(value, Decimal(1).scaleb(-places)), Decimal(0))


def grouped(value: Decimal | int, places: int = 0) -> str:
    """``12345.678`` as ``12,345.68`` for two places."""
    return f"{rounded(Decimal(value), places):,f}".replace("-", MINUS)


def tonnes(kg: Decimal, places: int = 2) -> str:
    """A mass in t; below 0.01 t in kg, so that a small value does not look like none."""
    if kg and abs(kg) < 10 and places >= 2:
        return f"{small(kg)} kg"
    return grouped(_WIDE.scaleb(kg, -3), places)


def small(kg: Decimal) -> str:
    """A mass below 10 kg with two decimals, or its three leading digits when it is smaller than that."""
    if abs(kg) >= _CENT:
        return grouped(kg, 2)
    return plain(_WIDE.quantize(kg, Decimal(1).scaleb(kg.adjusted() - 2))) if kg else "0.00"


def signed_tonnes(kg: Decimal) -> str:
    """A change in t, always with its sign unless it is 0."""
    value = rounded(_WIDE.scaleb(kg, -3), 2)
    return ("+" if value > 0 else "") + grouped(value, 2)


def percent(share: Decimal | None, places: int = 1) -> str:
    """A share of 1 as percent, without the sign: ``0.628`` is ``62.8``; an em dash where there is no whole."""
    return "—" if share is None else grouped(_WIDE.scaleb(share, 2), places)


def plain(value: Decimal) -> str:
    """A factor as it was published: all digits, no exponent, no grouping before four digits."""
    text = f"{value:f}"
    whole, _, digits = text.partition(".")
    whole = f"{int(whole):,}" if len(whole.lstrip("-")) > 4 else whole
    return (f"{whole}.{digits}" if digits else whole).replace("-", MINUS)


def tonnes_number(kg: Decimal | None) -> float | None:
    """The mass in t for a spreadsheet cell: nine decimals (mg), then the nearest double."""
    return None if kg is None else float(rounded(_WIDE.scaleb(kg, -3), 9))
