"""Days of the carbon market: natural days after a month, working days by the notices of the State Council, days of a year."""

from datetime import date, timedelta

import pytest

from hengtan.problems import HengtanError
from hengtan.sectors.calendar import (
    after_working_days,
    due,
    is_working_day,
    last_known_year,
    notice_of,
    published_years,
    rules,
    spans,
    yearly,
)

# the notices themselves, copied by hand: days off from and to, and weekends worked
NOTICES = {
    2024: (  # 国办发明电〔2023〕7号; New Year and Dragon Boat join a weekend
        ["01-01/01-01", "02-10/02-17", "04-04/04-06", "05-01/05-05", "06-10/06-10", "09-15/09-17", "10-01/10-07"],
        ["02-04", "02-18", "04-07", "04-28", "05-11", "09-14", "09-29", "10-12"],
    ),
    2025: (  # 国办发明电〔2024〕12号
        ["01-01/01-01", "01-28/02-04", "04-04/04-06", "05-01/05-05", "05-31/06-02", "10-01/10-08"],
        ["01-26", "02-08", "04-27", "09-28", "10-11"],
    ),
    2026: (  # 国务院办公厅, 2025-11-04
        ["01-01/01-03", "02-15/02-23", "04-04/04-06", "05-01/05-05", "06-19/06-21", "09-25/09-27", "10-01/10-07"],
        ["01-04", "02-14", "02-28", "05-09", "09-20", "10-10"],
    ),
}


@pytest.mark.parametrize("year", NOTICES)
def test_every_day_of_a_year_is_worked_or_not_as_the_notice_says(year):
    off, worked = NOTICES[year]
    spans_off = [tuple(date.fromisoformat(f"{year}-{day}") for day in span.split("/")) for span in off]
    instead = {date.fromisoformat(f"{year}-{day}") for day in worked}
    day = date(year, 1, 1)
    while day.year == year:
        rests = any(first <= day <= last for first, last in spans_off) or (day.weekday() > 4 and day not in instead)
        assert is_working_day(day) == (not rests), day
        day += timedelta(days=1)
    assert notice_of(year).mark == "R"


@pytest.mark.parametrize(
    ("start", "count", "end"),
    [
        (date(2026, 9, 24), 3, date(2026, 9, 30)),  # Mid-Autumn 25 to 27; 28, 29, 30
        (date(2026, 2, 13), 1, date(2026, 2, 14)),  # a Saturday that is worked
        (date(2026, 2, 13), 7, date(2026, 3, 2)),  # 14, then 24 to 27, 28 (a Saturday), 2 March
        (date(2024, 9, 30), 7, date(2024, 10, 15)),  # 8 to 11, 12 (a Saturday), 14, 15
    ],
)
def test_working_days_are_counted_from_the_day_after(start, count, end):
    assert after_working_days(start, count) == end


def test_a_year_without_an_arrangement_is_refused_and_never_guessed():
    with pytest.raises(HengtanError) as refused:
        after_working_days(date(last_known_year(), 12, 30), 5)
    problem = refused.value.problems[0]
    assert problem.code == "calendar.year-unknown"
    assert str(last_known_year() + 1) in problem.reason("zh")
    with pytest.raises(HengtanError):
        is_working_day(date(2003, 5, 1))
    assert notice_of(2010).mark == "K"


@pytest.mark.parametrize(
    ("month", "day"),
    [  # worked by hand: the month's end and forty days
        (date(2026, 1, 1), date(2026, 3, 12)),
        (date(2026, 2, 1), date(2026, 4, 9)),
        (date(2024, 2, 1), date(2024, 4, 9)),  # 29 February + 40
        (date(2026, 12, 1), date(2027, 2, 9)),
    ],
)
def test_the_evidence_of_a_month_is_due_forty_natural_days_after_its_end(month, day):
    found = due("cn-power-2022", month)
    assert found.day == day
    assert found.rule.mark == "R"


def test_a_month_or_a_guideline_without_a_rule_has_no_day():
    assert due("cn-paper-2015", date(2026, 1, 1)) is None
    assert due("cn-steel-2024", date(2025, 12, 1)) is None
    assert due("cn-steel-2024", date(2026, 1, 1)).day == date(2026, 3, 12)
    assert due("cn-power-2022", date(2022, 12, 1)) is None


def test_the_days_of_2026_are_those_of_the_notice_and_no_year_borrows_them():
    found = {(each.id, each.sectors): each.day.isoformat() for each in yearly(2026)}
    assert found["annual-report", ()] == "2026-03-31"
    assert found["pre-allocation", ("power",)] == "2026-06-30"
    assert found["pre-allocation", ("steel", "cement", "aluminium")] == "2026-04-10"
    assert found["verification", ("steel", "cement", "aluminium")] == "2026-07-31"
    assert found["surrender", ()] == found["quality-plan", ()] == "2026-12-31"
    assert found["carry-over", ()] == "2026-06-10"
    assert yearly(2027) == []
    assert published_years() == [2021, 2023, 2024, 2025, 2026]


def test_every_rule_says_where_it_stands_and_how_sure_that_is():
    everything = [*rules(), *(each for year in published_years() for each in yearly(year)), *spans().values()]
    for each in everything:
        assert each.source, each.id
        assert each.mark in ("R", "K"), each.id
        assert set(each.title) == {"en", "zh"}, each.id
    assert {each.mark for each in spans().values()} == {"K"}
    assert spans()["verification-objection"].ends(date(2026, 9, 24)) == date(2026, 10, 12)
