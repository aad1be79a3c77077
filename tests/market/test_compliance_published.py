"""Figures that others print: ranks and multipliers behind the value at risk and the band of a forecast."""

from datetime import date, timedelta
from decimal import Decimal
from math import log
from statistics import NormalDist

import pytest

from hengtan.market.compliance import Quote, value_at_risk
from hengtan.market.compliance.forecast import Z_90

# Hyndman and Athanasopoulos, Forecasting: Principles and Practice, 2nd edition, section 3.5, table 3.1 (otexts.org/fpp2/prediction-intervals.html):
# per cent that an interval holds, and how many standard deviations it reaches to either side
MULTIPLIERS = (
    (50, "0.67"), (55, "0.76"), (60, "0.84"), (65, "0.93"), (70, "1.04"), (75, "1.15"), (80, "1.28"), (85, "1.44"),
    (90, "1.64"), (95, "1.96"), (96, "2.05"), (97, "2.17"), (98, "2.33"), (99, "2.58"),
)  # fmt: skip

# Percentiles by the nearest rank, the worked examples of the article "Percentile" in Wikipedia: per cent, ordered list, value
RANKS = (
    (50, (15, 20, 35, 40, 50), 35),
    (50, (3, 6, 7, 8, 8, 10, 13, 15, 16, 20), 8),
    (75, (3, 6, 7, 8, 8, 10, 13, 15, 16, 20), 15),
    (50, (3, 6, 7, 8, 8, 9, 10, 13, 15, 16, 20), 9),
    (75, (3, 6, 7, 8, 8, 9, 10, 13, 15, 16, 20), 15),
)


def quotes(changes):
    """Daily quotes that move by so many per cent of what they are, one after the other."""
    closes = [Decimal(100)]
    for change in changes:
        closes.append(closes[-1] * (100 + change) / 100)
    return [Quote(date(2025, 1, 1) + timedelta(days=at), close) for at, close in enumerate(closes)]


@pytest.mark.parametrize(("percent", "ordered", "wanted"), RANKS)
def test_the_historical_value_at_risk_takes_the_nearest_rank(percent, ordered, wanted):
    """Each change twenty times over, for sixty are asked for: the rank of a share stays within the same value."""
    days = quotes([Decimal(each) for each in ordered] * 20)
    found = value_at_risk(days, 100, Decimal(percent) / 100, 1)
    assert float(found.historical_cny) == pytest.approx(wanted * float(days[-1].close_cny_t), rel=1e-9, abs=0.01)


@pytest.mark.parametrize(("percent", "multiplier"), MULTIPLIERS)
def test_the_parametric_value_at_risk_reaches_as_many_standard_deviations_as_the_table_says(percent, multiplier):
    """An interval of 90 per cent leaves 5 on either side, so that it ends where a loss is passed with a confidence of 0.95."""
    closes = [Decimal(100) if at % 2 == 0 else Decimal(101) for at in range(101)]  # standard deviation ln 1.01
    days = [Quote(date(2026, 1, 1) + timedelta(days=at), close) for at, close in enumerate(closes)]
    found = value_at_risk(days, 1_000_000, Decimal(percent + 100) / 200, 1)
    reach = log(1 + float(found.parametric_cny) / (1_000_000 * 100)) / log(1.01)
    assert f"{reach:.2f}" == multiplier


def test_from_the_tenth_to_the_ninetieth_percentile_lie_eighty_per_cent():
    assert f"{Z_90:.2f}" == dict(MULTIPLIERS)[80]
    assert pytest.approx(NormalDist().inv_cdf(0.9), abs=1e-5) == Z_90
