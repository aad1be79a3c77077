"""Dates as people write them."""

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hengtan.connectors.dates import read_date

DAY = date(2023, 1, 5)


@pytest.mark.parametrize(
    "written",
    [
        "2023-01-05", "2023/1/5", "2023.1.5", "2023年1月5日", "2023 年 1 月 5 日", "2023年01月05号", "20230105", "２０２３－０１－０５",
        "2023-01-05T03:04:05Z", "2023-01-05 23:59", "2023-01-05T23:59:59+08:00", "5 Jan 2023", "Jan 5, 2023", "5-January-2023",
        "44931", "44931.75", " 2023-01-05 ",
    ],
)  # fmt: skip
def test_one_day_is_read_from_many_writings(written):
    assert read_date(written, "start") == read_date(written, "end") == DAY


@pytest.mark.parametrize(
    ("written", "first", "last"),
    [
        ("2024-02", "2024-02-01", "2024-02-29"), ("2023/12", "2023-12-01", "2023-12-31"), ("2023年4月", "2023-04-01", "2023-04-30"),
        ("202306", "2023-06-01", "2023-06-30"), ("Jan/2018", "2018-01-01", "2018-01-31"), ("2023", "2023-01-01", "2023-12-31"),
        ("2023年", "2023-01-01", "2023-12-31"), ("2023年度", "2023-01-01", "2023-12-31"), ("2023Q2", "2023-04-01", "2023-06-30"),
        ("Q4 2023", "2023-10-01", "2023-12-31"), ("2023年第三季度", "2023-07-01", "2023-09-30"), ("2023.12", "2023-12-01", "2023-12-31"),
    ],
)  # fmt: skip
def test_a_month_quarter_or_year_gives_its_first_day_as_start_and_its_last_as_end(written, first, last):
    assert read_date(written, "start") == date.fromisoformat(first)
    assert read_date(written, "end") == date.fromisoformat(last)


@pytest.mark.parametrize(
    "written", ["03/04/2023", "3-4-2023", "05-Jan-23", "5/1/23", "23-01-05", "2023.1", "201112", "Jan-23"]
)
def test_a_date_that_could_be_another_is_a_problem(written):
    assert read_date(written, "start") == "cell.date-ambiguous"


@pytest.mark.parametrize(
    ("written", "day"), [("13/04/2023", "2023-04-13"), ("04/13/2023", "2023-04-13"), ("04/04/2023", "2023-04-04")]
)
def test_a_day_and_month_that_fit_only_one_way_are_read_so(written, day):
    assert read_date(written, "start") == date.fromisoformat(day)


def test_a_stated_order_settles_day_and_month():
    assert read_date("03/04/2023", "start", "day-first") == date(2023, 4, 3)
    assert read_date("03/04/2023", "start", "month-first") == date(2023, 3, 4)
    assert read_date("13/04/2023", "start", "month-first") == "cell.date-unreadable"


@pytest.mark.parametrize("written", ["2023-02-30", "2023-13", "2023-00-10", "abc", "0000-01-01", "31/04/2023", "FY2023", "12345",
                                     "2023/02-01", "99999999", "TRUE", "5", "-44931", "12:30"])  # fmt: skip
def test_what_is_no_date_is_a_problem(written):
    assert read_date(written, "start") == "cell.date-unreadable"


def test_a_workbook_that_counts_from_1904_is_shifted():
    assert read_date("43469", "start", shift_days=1462) == DAY


@given(st.dates(date(1955, 1, 1), date(2190, 12, 31)))
def test_every_day_comes_back_from_iso_compact_and_serial(day):
    serial = str((day - date(1899, 12, 30)).days)
    for text in (day.isoformat(), f"{day:%Y%m%d}", f"{day.year}年{day.month}月{day.day}日", serial):
        assert read_date(text, "end") == day
    assert read_date(f"{day:%Y-%m}", "end") - read_date(f"{day:%Y-%m}", "start") >= timedelta(27)


@given(st.text(alphabet="0123456789-/.年月日QTZ: JanFeb", max_size=14))
def test_any_text_gives_a_day_a_code_or_nothing(text):
    assert read_date(text, "start") is None or isinstance(read_date(text, "start"), date | str)
