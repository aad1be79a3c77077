"""Trading days of the exchange: Monday to Friday without public holidays, as far as they are published."""

from __future__ import annotations

from datetime import date, timedelta

from chinese_calendar.constants import holidays


def trading_days(after: date, until: date) -> tuple[int, bool]:
    """Days of trading later than ``after`` up to and with ``until``, and whether all holidays of the span are published.

    >>> trading_days(date(2026, 9, 30), date(2026, 10, 9))
    (2, True)
    """
    first, last = min(holidays).year, max(holidays).year
    count, sure = 0, True
    for ahead in range(1, max((until - after).days, 0) + 1):
        day = after + timedelta(days=ahead)
        if day.weekday() >= 5:  # a weekend that is worked is no day of trading
            continue
        sure = sure and first <= day.year <= last
        count += day not in holidays
    return count, sure
