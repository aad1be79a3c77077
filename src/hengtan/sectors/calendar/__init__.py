"""Days of the Chinese carbon market: when the evidence of a month is due, the days of a year, and rules that count working days.

>>> from datetime import date
>>> due("cn-power-2022", date(2026, 1, 1)).day.isoformat()
'2026-03-12'
>>> after_working_days(date(2026, 9, 24), 3).isoformat()
'2026-09-30'
>>> [each.id for each in yearly(2026) if each.day == date(2026, 12, 31)]
['surrender', 'quality-plan']

Natural days (自然日) are counted without the day from which they run and are not moved where they end on a holiday: the earlier day is the
safe one. Working days (工作日) follow the arrangement of the State Council; a year that is not published yet is refused.
"""

from .deadlines import Due, Rule, Span, Yearly, due, published_years, rules, spans, yearly
from .working import Notice, after_working_days, is_working_day, last_known_year, notice_of

__all__ = [
    "Due",
    "Notice",
    "Rule",
    "Span",
    "Yearly",
    "after_working_days",
    "due",
    "is_working_day",
    "last_known_year",
    "notice_of",
    "published_years",
    "rules",
    "spans",
    "yearly",
]
