"""Dates as people write them: ISO, ``2023/1/5``, ``2023年1月5日``, ``20230105``, months, quarters, years, Excel serials.

>>> read_date("2023-02", "end")
datetime.date(2023, 2, 28)
>>> read_date("03/04/2023", "start")        # April or March?
'cell.date-ambiguous'

A month, quarter or year gives its first day in a start column and its last day in an end column. Two-digit years and
day/month orders that could be either way round are ambiguous, unless the company states the order in its aliases file.
"""

from __future__ import annotations

import re
from calendar import monthrange
from datetime import date, timedelta
from typing import Literal

from .numbers import FULL_WIDTH, is_formula_error

Side = Literal["start", "end"]
Order = Literal["", "day-first", "month-first"]

FIRST_YEAR, LAST_YEAR = 1900, 2199
SERIALS = range(20_000, 110_000)  # 1954 to 2201 in the 1900 system; eight digits are a date, six a month
_EPOCH = date(1899, 12, 30)  # Excel counts a 29 February 1900 that never was
EPOCH_SHIFT_1904 = 1462
_TIME = r"(?:[T ]\d{1,2}:\d{2}(?::\d{2}(?:\.\d+)?)?(?: ?Z| ?[+-]\d{2}:?\d{2})?)?"
_YMD = re.compile(rf"(\d{{4}})([-/.])(\d{{1,2}})\2(\d{{1,2}}){_TIME}")
_YMD_ZH = re.compile(rf"(\d{{4}}) ?年 ?(\d{{1,2}}) ?月 ?(\d{{1,2}}) ?[日号]?{_TIME}")
_COMPACT = re.compile(r"(\d{4})(\d{2})(\d{2})")
_YM = re.compile(r"(\d{4})[-/.](\d{1,2})|(\d{4}) ?年 ?(\d{1,2}) ?月份?")
_COMPACT_MONTH = re.compile(r"((?:19|20|21)\d{2})(0[1-9]|1[0-2])")
_QUARTER = re.compile(
    r"(\d{4})[- ]?Q([1-4])|Q([1-4])[-/ ]?(\d{4})|(\d{4}) ?年? ?第?([1-4一二三四]) ?季度?", re.IGNORECASE
)
_YEAR = re.compile(r"(\d{4}) ?年?度?")
_TWO_WAYS = re.compile(rf"(\d{{1,2}})([-/.])(\d{{1,2}})\2(\d{{4}}){_TIME}")
_SHORT_YEAR = re.compile(r"\d{1,2}[-/.]\d{1,2}[-/.]\d{2}|\d{2}[-/.]\d{1,2}[-/.]\d{1,2}")
_SERIAL = re.compile(r"(\d{5,6})(?:\.\d+)?")
_MONTHS = {name: number for number, names in enumerate(
    ("jan january", "feb february", "mar march", "apr april", "may", "jun june", "jul july", "aug august",
     "sep sept september", "oct october", "nov november", "dec december"), 1) for name in names.split()}  # fmt: skip
_NAMED_DMY = re.compile(r"(\d{1,2})(?:st|nd|rd|th)?[-/ .]+([A-Za-z]+)\.?[-/ ,]+(\d{4})")
_NAMED_MDY = re.compile(r"([A-Za-z]+)\.?[-/ ]+(\d{1,2})(?:st|nd|rd|th)?,?[-/ ]+(\d{4})")
_NAMED_MY = re.compile(r"([A-Za-z]+)\.?[-/ ,]+(\d{4})|(\d{4})[-/ ]+([A-Za-z]+)\.?")
_NAMED_SHORT = re.compile(r"\d{1,2}[-/ ]+[A-Za-z]+[-/ ]+\d{2}|[A-Za-z]+[-/ ]+\d{2}")
UNREADABLE, AMBIGUOUS = "cell.date-unreadable", "cell.date-ambiguous"


def read_date(given: str, side: Side, order: Order = "", shift_days: int = 0) -> date | str | None:
    """The day; None for an empty cell; or the code of what is wrong.

    shift_days  1462 for serial numbers of a workbook that counts from 1904
    """
    text = given.translate(FULL_WIDTH).strip()
    if not text:
        return None
    if is_formula_error(text):
        return "cell.formula-error"
    for pattern in (_YMD, _YMD_ZH, _COMPACT):
        if (m := pattern.fullmatch(text)) is not None:
            year, month, day = (int(m[1]), int(m[m.re.groups - 1]), int(m[m.re.groups]))
            return _day(year, month, day)
    if (m := _YM.fullmatch(text)) is not None:
        if re.fullmatch(r"\d{4}\.\d", text):
            return AMBIGUOUS  # 2023.10 loses its 0 in a spreadsheet: January or October
        return _months(int(m[1] or m[3]), int(m[2] or m[4]), 1, side)
    if (m := _QUARTER.fullmatch(text)) is not None:
        in_year, quarter = (m[1] or m[4] or m[5]), (m[2] or m[3] or m[6])
        number = "一二三四".find(quarter) + 1 or int(quarter)
        return _months(int(in_year), 3 * number - 2, 3, side)
    if (m := _YEAR.fullmatch(text)) is not None:
        return _months(int(m[1]), 1, 12, side)
    if (m := _TWO_WAYS.fullmatch(text)) is not None:
        return _either_way(int(m[1]), int(m[3]), int(m[4]), order)
    if (m := _COMPACT_MONTH.fullmatch(text)) is not None:
        if isinstance(_day(2000 + int(text[:2]), int(text[2:4]), int(text[4:])), date):
            return AMBIGUOUS  # 201112: December 2011, or 12 November 2020
        return _months(int(m[1]), int(m[2]), 1, side)
    if (m := _SERIAL.fullmatch(text)) is not None:
        number = int(m[1])
        return _EPOCH + timedelta(days=number + shift_days) if number in SERIALS else UNREADABLE
    if _SHORT_YEAR.fullmatch(text) or _NAMED_SHORT.fullmatch(text):
        return AMBIGUOUS
    return _named(text, side)


def _named(text: str, side: Side) -> date | str:
    if (m := _NAMED_DMY.fullmatch(text)) is not None and m[2].lower() in _MONTHS:
        return _day(int(m[3]), _MONTHS[m[2].lower()], int(m[1]))
    if (m := _NAMED_MDY.fullmatch(text)) is not None and m[1].lower() in _MONTHS:
        return _day(int(m[3]), _MONTHS[m[1].lower()], int(m[2]))
    if (m := _NAMED_MY.fullmatch(text)) is not None and (m[1] or m[4]).lower() in _MONTHS:
        return _months(int(m[2] or m[3]), _MONTHS[(m[1] or m[4]).lower()], 1, side)
    return UNREADABLE


def _either_way(first: int, second: int, year: int, order: Order) -> date | str:
    if order:
        return _day(year, second, first) if order == "day-first" else _day(year, first, second)
    day_first, month_first = _day(year, second, first), _day(year, first, second)
    if isinstance(day_first, date) and isinstance(month_first, date):
        return day_first if day_first == month_first else AMBIGUOUS
    return day_first if isinstance(day_first, date) else month_first


def _day(year: int, month: int, day: int) -> date | str:
    if not FIRST_YEAR <= year <= LAST_YEAR or not 1 <= month <= 12 or not 1 <= day <= monthrange(year, month)[1]:
        return UNREADABLE
    return date(year, month, day)


def _months(year: int, first: int, count: int, side: Side) -> date | str:
    last = first + count - 1
    if not FIRST_YEAR <= year <= LAST_YEAR or not 1 <= first <= last <= 12:
        return UNREADABLE
    return date(year, first, 1) if side == "start" else date(year, last, monthrange(year, last)[1])
