"""Forecast, averages of the market, value at risk: worked by hand beside the formula."""

from datetime import date, timedelta
from decimal import Decimal
from itertools import pairwise
from math import exp, log, sqrt
from statistics import NormalDist

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hengtan.market.compliance import Emissions, Quote, average, due, months, value_at_risk
from hengtan.market.compliance.days import trading_days


def monthly(year, tonnes):
    return {f"{year}-{month:02d}": Decimal(t) for month, t in enumerate(tonnes, 1)}


def quote(day, close, volume=None, turnover=None):
    return Quote(day, Decimal(close), volume, None if turnover is None else Decimal(turnover))


def test_months_alone_go_on_at_their_mean_with_the_band_of_its_error():
    """Mean 100, s = sqrt((100+100+0)/2) = 10, 9 months to come: sd = 10 x sqrt(9 + 81/3) = 60, 1.28155 x 60 = 76.89."""
    found = due(Emissions(2026, months=monthly(2026, (90, 110, 100))))
    assert (found.expected_t, found.low_t, found.high_t) == (1200, 1124, 1277)


def test_last_years_months_give_growth_and_season():
    """r = 330/300 = 1.1; ahead 9 x 50 = 450, so 330 + 495 = 825. Ratios 1.0, 1.2, 1.1: s = 0.1;
    sd = 0.1 x sqrt(9 x 50² + 450²/3) = 0.1 x sqrt(22,500 + 67,500) = 30; 1.28155 x 30 = 38.45."""
    found = due(
        Emissions(2026, months=monthly(2026, (100, 120, 110)), last_year=monthly(2025, (100, 100, 100, *[50] * 9)))
    )
    assert (found.expected_t, found.low_t, found.high_t) == (825, 787, 864)


def test_a_whole_year_has_no_band_and_one_month_says_nothing_of_it():
    whole = due(Emissions(2026, months=monthly(2026, range(1, 13))))
    assert (whole.expected_t, whole.low_t, whole.high_t) == (78, 78, 78)
    assert due(Emissions(2026, months=monthly(2026, (10,)))).low_t is None


@given(st.lists(st.integers(1, 10_000), min_size=2, max_size=11))
def test_the_band_holds_what_is_expected_and_never_less_than_what_was_emitted(tonnes):
    found = due(Emissions(2026, months=monthly(2026, tonnes)))
    assert sum(tonnes) <= found.low_t <= found.expected_t <= found.high_t


# Case CN-H12: 2022, 6,218,972 t listed for 357,855,798.67 and 44,670,521 t in blocks for 2,456,148,895.61: 55.30
def test_the_average_is_turnover_over_volume():
    days = [
        quote(date(2022, 12, 29), "57.54", 6_218_972, "357855798.67"),
        quote(date(2022, 12, 30), "54.98", 44_670_521, "2456148895.61"),
    ]
    found = average(days, date(2022, 1, 1), date(2022, 12, 31))
    assert (found.price_cny_t, found.volume_t, found.turnover_cny) == (
        Decimal("55.30"),
        50_889_493,
        Decimal("2814004694.28"),
    )
    assert found.weighted


def test_without_volumes_it_is_the_mean_of_the_closes_and_says_so():
    found = average(
        [quote(date(2026, 1, 5), "90"), quote(date(2026, 1, 6), "91", 10)], date(2026, 1, 1), date(2026, 1, 31)
    )
    assert (found.price_cny_t, found.weighted) == (Decimal("90.50"), False)
    assert average([], date(2026, 1, 1), date(2026, 1, 31)) is None


def test_months_are_averaged_each_by_itself():
    days = [quote(date(2026, 1, 5), "90", 1), quote(date(2026, 2, 5), "91", 1), quote(date(2026, 2, 6), "92", 3)]
    assert {name: each.price_cny_t for name, each in months(days).items()} == {
        "2026-01": Decimal("90.00"),
        "2026-02": Decimal("91.75"),
    }


def closes(values):
    return [Quote(date(2026, 1, 1) + timedelta(days=at), value) for at, value in enumerate(values)]


def test_the_historical_value_at_risk_is_the_loss_of_its_rank():
    """Closes go up by 1, 2 ... 100 fen a day from 100.00: of 100 changes the 95th in order of its ratio."""
    values = [Decimal(100)]
    for step in range(1, 101):
        values.append(values[-1] + Decimal(step) / 100)
    ratios = sorted(float(after / before) - 1 for before, after in pairwise(values))
    found = value_at_risk(closes(values), 1000, Decimal("0.95"), 1)
    assert found.changes == 100
    assert float(found.historical_cny) == pytest.approx(ratios[94] * 1000 * float(values[-1]), abs=0.006)


def test_the_parametric_value_at_risk_is_that_of_a_normal_change():
    """Up and down by one per cent in turn: the daily standard deviation is ln 1.01."""
    values = [Decimal(100) if at % 2 == 0 else Decimal(101) for at in range(101)]
    found = value_at_risk(closes(values), 1000, Decimal("0.95"), 4)
    wanted = (exp(NormalDist().inv_cdf(0.95) * log(1.01) * sqrt(4)) - 1) * 1000 * 100
    assert float(found.parametric_cny) == pytest.approx(wanted, rel=1e-4)
    assert found.historical_cny == 0  # over four days nothing changes


def test_who_has_a_surplus_loses_when_prices_fall():
    falling = closes([Decimal(100) - Decimal(at) / 10 for at in range(101)])
    assert value_at_risk(falling, -1000, Decimal("0.95"), 1).historical_cny > 0
    assert value_at_risk(falling, 1000, Decimal("0.95"), 1).historical_cny == 0


def test_fewer_than_sixty_changes_say_nothing():
    assert value_at_risk(closes([Decimal(100)] * 60), 1, Decimal("0.95"), 1) is None
    assert value_at_risk(closes([Decimal(100)] * 61), 1, Decimal("0.95"), 1) is not None


def test_weekends_that_are_worked_and_holidays_are_no_trading_days():
    """State Council for 2026: 1 to 7 October off; Saturday 10 October worked."""
    assert trading_days(date(2026, 9, 30), date(2026, 10, 11)) == (2, True)
    assert trading_days(date(2030, 1, 4), date(2030, 1, 11)) == (5, False)
    assert trading_days(date(2026, 1, 1), date(2026, 1, 1)) == (0, True)
