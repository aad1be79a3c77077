"""Money in the words of the page's language, and columns of it whose parts add up as they are shown."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import ROUND_HALF_UP, Decimal

from hengtan.web.runs.words import lang

WAN, MILLION = Decimal(10_000), Decimal(1_000_000)


def _scale(value: Decimal) -> tuple[Decimal, str]:
    if lang() == "zh":
        return (WAN, "万元") if abs(value) >= WAN else (Decimal(1), "元")
    return (MILLION, "CNY m") if abs(value) >= MILLION else (Decimal(1), "CNY")


def unit(value: Decimal) -> str:
    """``万元`` from 10,000 on, else ``元``; ``CNY m`` from a million on, else ``CNY``."""
    return _scale(value)[1]


def number(value: Decimal) -> str:
    """In its unit, two decimals."""
    return _told(value / _scale(value)[0], 2)


def span(low: Decimal, high: Decimal) -> str:
    """Both ends in the unit of the higher one; without decimals where they say nothing."""
    scale, name = _scale(high)
    places = 0 if high / scale >= 1000 else 2
    return f"{_told(low / scale, places)} – {_told(high / scale, places)} {name}"


def column(values: Sequence[Decimal | None]) -> tuple[str, list[str], str]:
    """(unit, cells, total) with two decimals: in 万元 where the parts as shown add up to the total as shown, else to the fen."""
    known = [each for each in values if each is not None]
    total, large = sum(known, Decimal(0)), max((abs(each) for each in known), default=Decimal(0)) >= WAN
    in_wan = lang() == "zh" and large and sum((_rounded(each / WAN, 2) for each in known), Decimal(0)) == _rounded(total / WAN, 2)  # fmt: skip
    scale = WAN if in_wan else Decimal(1)
    name = "万元" if in_wan else "元" if lang() == "zh" else "CNY"
    return name, ["—" if each is None else _told(each / scale, 2) for each in values], _told(total / scale, 2)


def _rounded(value: Decimal, places: int) -> Decimal:
    return value.quantize(Decimal(1).scaleb(-places), ROUND_HALF_UP)


def _told(value: Decimal, places: int) -> str:
    return f"{_rounded(value, places):,.{places}f}".replace("-", "−")
