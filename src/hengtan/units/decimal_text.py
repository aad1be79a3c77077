"""Numbers of tables as exact fractions, and fractions as plain decimal text."""

from __future__ import annotations

from fractions import Fraction


def fraction(text: str) -> Fraction:
    """Of plain decimal text, such as ``-12.50``.

    >>> fraction("-12.50")
    Fraction(-25, 2)

    ``Fraction`` itself reads every form of a number, and takes its time; exponents are left to it.
    """
    whole, point, part = text.partition(".")
    if "e" in text or "E" in text:
        return Fraction(text)
    return Fraction(int(whole + part), 10 ** len(part)) if point else Fraction(int(whole))


def shown(value: Fraction, decimals: int = 12) -> str:
    """Plain decimal text, without zeros at the end: exact where that many decimals are enough, else rounded half-even."""
    if value.denominator == 1:
        return str(value.numerator)
    scaled, rest = divmod(abs(value.numerator) * 10**decimals, value.denominator)
    scaled += 2 * rest > value.denominator or (2 * rest == value.denominator and scaled % 2)
    text = f"{scaled:0{decimals + 1}d}"
    whole, part = text[:-decimals], text[-decimals:].rstrip("0")
    text = f"{whole}.{part}" if part else whole
    return f"-{text}" if value < 0 and scaled else text


def fixed(value: Fraction, decimals: int) -> str:
    """Decimal text with so many decimals, rounded half away from zero."""
    scaled = (2 * abs(value.numerator) * 10**decimals + value.denominator) // (2 * value.denominator)
    text = f"{scaled:0{decimals + 1}d}"
    text = f"{text[:-decimals]}.{text[-decimals:]}" if decimals else text
    return f"-{text}" if value < 0 and scaled else text
