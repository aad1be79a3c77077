"""Where an entity stands by its holdings alone, and what is missing at both ends of what it may emit; worked by hand."""

from dataclasses import replace
from datetime import date

import pytest

from hengtan.market.compliance import Emissions, plan
from hengtan.market.compliance.standing import Held, refusals, standing, together

from .compliance_cases import TODAY, case, cea, entity, spot

NEW, OLD = date(2025, 5, 1), date(2016, 5, 1)
YONGJIANG = [
    Held("CEA", 972_400, 2025, "allocated"),
    Held("CEA", 40_000, 2025, "allocated", frozen=True),
    Held("CEA", 61_600, 2025, "carried-over"),
    Held("CEA", 593_160, 2026, "pre-allocated"),
    Held("CEA", 10_700, 2024, "allocated"),
    Held("CCER", 28_000, registered=NEW, inside=False),
    Held("CCER", 12_000, registered=OLD, inside=False),
]


def test_the_position_of_the_screen_follows_from_the_holdings_alone():
    """972,400 + 40,000 + 61,600 + 28,000 = 1,102,000; 1,186,320 - 1,102,000 = 84,320; 5 % of 1,186,320 = 59,316."""
    found = standing(YONGJIANG, 2025, TODAY, 1_186_320)
    assert (found.usable_t, found.pledged_t, found.carried_t, found.credits_t) == (1_102_000, 40_000, 61_600, 28_000)
    assert (found.cap_t, found.gap_t, found.spare_t) == (59_316, 84_320, 0)


def test_what_is_surrendered_already_is_neither_due_nor_at_hand_any_more():
    """61,600 surrendered and 28,000 offset: at hand 1,012,400; 1,186,320 - 89,600 - 1,012,400 = 84,320 as before."""
    left = [each for each in YONGJIANG if each.t not in (61_600, 28_000)]
    found = standing(left, 2025, TODAY, 1_186_320, surrendered_t=61_600, offset_t=28_000)
    assert (found.usable_t, found.gap_t) == (1_012_400, 84_320)


def test_credits_count_up_to_the_cap_and_what_was_used_of_it():
    """5 % of 1,000 = 50, of which 20 are used: 30 of 80 count."""
    found = standing([Held("CCER", 80, registered=NEW)], 2025, TODAY, 1000, surrendered_t=900, offset_t=20)
    assert (found.credits_t, found.eligible_t, found.gap_t) == (30, 80, 50)


def test_a_credit_from_inside_the_market_does_not_offset():
    assert refusals(Held("CCER", 1, registered=NEW, inside=True), 2025, TODAY)
    assert not refusals(Held("CCER", 1, registered=NEW, inside=False), 2025, TODAY)


def test_where_nobody_said_what_is_due_nothing_is_said_to_be_missing():
    found = standing(YONGJIANG, 2025, TODAY, None)
    assert (found.due_t, found.cap_t, found.gap_t) == (None, None, None)
    assert together([found, standing([], 2025, TODAY, 10)]).gap_t is None


def test_entities_add_up_and_one_with_plenty_does_not_hide_the_gap_of_another():
    one, two = (standing([Held("CEA", t, 2025)], 2025, TODAY, 100) for t in (130, 60))
    found = together([one, two])
    assert (found.due_t, found.allowances_t, found.gap_t, found.spare_t) == (200, 190, 40, 30)


@pytest.mark.parametrize(("low", "high", "wanted"), [(900, 1_100, (0, 120)), (None, None, (None, None))])
def test_the_gap_has_a_band_where_the_emissions_have_one(low, high, wanted):
    """980 held: at 900 nothing is missing, at 1,100 there are 120; at 1,000 it is 20."""
    one = replace(entity(holdings=(cea(980),)), emissions=(Emissions(2025, expected_t=1000, low_t=low, high_t=high),))
    (found,) = plan(case(one, offers=(spot(),))).positions
    assert (found.gap_t, found.gap_low_t, found.gap_high_t) == (20, *wanted)
