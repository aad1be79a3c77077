"""What it costs not to surrender: Order 775."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from decimal import ROUND_HALF_UP, Decimal

from .law import Law, law, laws

FEN = Decimal("0.01")


@dataclass(frozen=True, slots=True)
class Fine:
    """CNY from and to, the price that it hangs on (CNY/t), and the rule."""

    low_cny: Decimal
    high_cny: Decimal
    price_cny_t: Decimal
    law: Law


def fine(shortfall_t: int, average_price_cny_t: Decimal) -> Fine:
    """The range of the fine for a shortfall; the price is the average of the month before the deadline.

    >>> each = fine(84320, Decimal("97.40"))
    >>> each.low_cny, each.high_cny
    (Decimal('41063840.00'), Decimal('82127680.00'))
    """
    if shortfall_t < 0 or average_price_cny_t < 0:
        raise ValueError("below zero")
    rule = law("penalty.not-surrendered")
    low, high = (
        (shortfall_t * average_price_cny_t * rule.values[key]).quantize(FEN, ROUND_HALF_UP) for key in ("low", "high")
    )
    return Fine(low, high, average_price_cny_t, rule)


def fined(deadline: date, known: date | None = None) -> bool:
    """Whether the Order is in force at the deadline. known: the day whose rules are seen, where that is an earlier one.

    >>> fined(date(2023, 12, 31)), fined(date(2024, 12, 31)), fined(date(2024, 12, 31), known=date(2024, 1, 10))
    (False, True, False)
    """
    return _holds(law("penalty.not-surrendered"), deadline, known)


def fine_month(deadline: date) -> tuple[date, date]:
    """First and last day of the month before the deadline: the same day a month earlier, and the day before the deadline.

    >>> fine_month(date(2026, 12, 31))
    (datetime.date(2026, 11, 30), datetime.date(2026, 12, 30))
    """
    year, month = (deadline.year, deadline.month - 1) if deadline.month > 1 else (deadline.year - 1, 12)
    last = (date(year + month // 12, month % 12 + 1, 1) - date(year, month, 1)).days
    return date(year, month, min(deadline.day, last)), date.fromordinal(deadline.toordinal() - 1)


def penalties(on: date, known: date | None = None) -> list[Law]:
    """The rules of Order 775 in force on a day, such as a deadline. known: the day whose rules are seen, where that is an earlier one."""
    return [each for each in laws().values() if each.id.startswith("penalty.") and _holds(each, on, known)]


def _holds(rule: Law, on: date, known: date | None) -> bool:
    return rule.holds(None, on) and (known is None or rule.published <= known)
