"""A coefficient shared over months: the parts add up to the whole exactly."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal
from fractions import Fraction

from hypothesis import given
from hypothesis import strategies as st

from hengtan.inventory.totals import month_parts

COEFFICIENTS = st.integers(-(10**19), 10**19).map(lambda i: Decimal(i).scaleb(-12))


@given(COEFFICIENTS, st.dates(date(1990, 1, 1), date(2100, 1, 1)), st.integers(0, 4000))
def test_the_parts_add_up_to_the_whole_and_follow_the_days(whole: Decimal, start: date, days: int) -> None:
    end = start + timedelta(days=days)
    parts = list(month_parts(whole, start, end))
    assert sum(Fraction(part) for _, part in parts) == Fraction(whole)
    months = [month for month, _ in parts]
    assert months == sorted(set(months)) and months[0] == f"{start:%Y-%m}" and months[-1] == f"{end:%Y-%m}"
    count = (end.year - start.year) * 12 + end.month - start.month + 1
    assert len(parts) == count
    for month, part in parts[:-1]:
        year, number = map(int, month.split("-"))
        first = max(start, date(year, number, 1))
        last = (date(year + number // 12, number % 12 + 1, 1)) - timedelta(days=1)
        share = Fraction(whole) * ((last - first).days + 1) / (days + 1)
        assert abs(Fraction(part) - share) <= Fraction(1, 2 * 10**12)
        assert part == part.quantize(Decimal("1e-12"))
