"""Working days of the mainland: weekdays without holidays, and the weekends on which one works instead.

Which days these are is kept by ``chinesecalendar``; the notices of the State Council that we compared it with are named here.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from functools import cache

from chinese_calendar import is_workday
from chinese_calendar.constants import holidays

from hengtan.problems import HengtanError, Problem

MOST = 3650  # nobody counts further


@dataclass(frozen=True, slots=True)
class Notice:
    """The arrangement of a year. mark: R where every day of it was compared with the notice, K where the library alone says it."""

    year: int
    source: str
    mark: str


_READ = {
    2024: "国务院办公厅关于2024年部分节假日安排的通知, 国办发明电〔2023〕7号, 2023-10-25",
    2025: "国务院办公厅关于2025年部分节假日安排的通知, 国办发明电〔2024〕12号, 2024-11-12",
    2026: "国务院办公厅关于2026年部分节假日安排的通知, 2025-11-04",
}


@cache
def last_known_year() -> int:
    """The last year of which the days are known."""
    return int(max(holidays).year)


def notice_of(year: int) -> Notice:
    """Who says which days of the year are worked. Raises HengtanError ``calendar.year-unknown``."""
    first, last = min(holidays).year, last_known_year()
    if not first <= year <= last:
        raise HengtanError(Problem("calendar.year-unknown", values={"year": str(year), "last": str(last)}))
    return Notice(year, _READ[year], "R") if year in _READ else Notice(year, "chinesecalendar", "K")


def is_working_day(day: date) -> bool:
    """Whether the day is worked. Raises HengtanError ``calendar.year-unknown``."""
    notice_of(day.year)
    return bool(is_workday(day))


def after_working_days(start: date, count: int) -> date:
    """The last day of a span of so many working days that runs from a day, which is not counted itself.

    Raises HengtanError ``calendar.year-unknown`` where the span reaches into a year whose arrangement is not published.
    """
    if not 0 < count <= MOST:
        raise ValueError(count)
    day, left = start, count
    while left:
        day += timedelta(days=1)
        left -= is_working_day(day)
    return day
