"""Periods: months, quarters, years; how they follow each other and how they are called."""

from __future__ import annotations

from calendar import monthrange
from datetime import date, timedelta

from django.db import models
from django.utils.translation import gettext_lazy as _


class Every(models.TextChoices):
    """How long a period is, and so how often a figure is asked for; once: never again."""

    MONTH = "month", _("Every month")
    QUARTER = "quarter", _("Every quarter")
    YEAR = "year", _("Every year")
    ONCE = "once", _("Once")


LENGTH = {Every.MONTH: 1, Every.QUARTER: 3, Every.YEAR: 12}


def begin_of(every: str, day: date) -> date:
    """The first day of the period in which the day lies."""
    months = LENGTH.get(Every(every), 1)
    return date(day.year, (day.month - 1) // months * months + 1, 1)


def end_of(every: str, first: date) -> date:
    """The last day of the period that begins on the day."""
    return following(every, first) - timedelta(days=1)


def following(every: str, first: date) -> date:
    """The first day of the next one."""
    month = first.month - 1 + LENGTH.get(Every(every), 1)
    return date(first.year + month // 12, month % 12 + 1, 1)


def months_of(first: date, last: date) -> list[str]:
    """``2025-01`` and so on, both inclusive."""
    count = (last.year - first.year) * 12 + last.month - first.month + 1
    return [f"{first.year + (first.month - 1 + n) // 12}-{(first.month - 1 + n) % 12 + 1:02}" for n in range(count)]


def called(first: date, last: date) -> str:
    """2025-05, 2025-Q2, 2025, or both days."""
    whole = first.day == 1 and last.day == monthrange(last.year, last.month)[1]
    months = len(months_of(first, last))
    if whole and months == 1:
        return f"{first:%Y-%m}"
    if whole and months == 3 and first.month in (1, 4, 7, 10):
        return f"{first.year}-Q{first.month // 3 + 1}"
    if whole and months == 12 and first.month == 1:
        return str(first.year)
    return f"{first} – {last}"
