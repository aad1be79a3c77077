"""Sampling by mass: the numbers of textbooks, and laws that hold for every population."""

from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hengtan.inventory.sampling import confidence_factor, draw, evaluate, first_point, plan

# AICPA Audit Guide "Audit Sampling", table "Confidence factors for monetary unit sample evaluation", as reprinted by
# Wiley (AICPA Audit Sampling, appendix C): risk of incorrect acceptance 1, 5, 10 and 20 %.
TABLE = {
    99: "4.61 6.64 8.41 10.05 11.61", 95: "3.00 4.75 6.30 7.76 9.16", 90: "2.31 3.89 5.33 6.69 8.00", 80: "1.61 3.00 4.28 5.52 6.73",
}  # fmt: skip
masses = st.lists(st.decimals("0.000001", "5000", places=6), min_size=1, max_size=60)


@pytest.mark.parametrize("confidence", TABLE)
def test_confidence_factors_are_those_of_the_table(confidence):
    assert " ".join(str(confidence_factor(confidence, n)) for n in range(5)) == TABLE[confidence]


def test_a_lecture_s_plan_comes_out():
    """University of Florida, ACG 5637, lecture 12 (after Messier, Glover and Prawitt): book value 2,500,000, tolerable misstatement 125,000;
    no misstatement found: interval 26,882 x 3.0 = 80,646."""
    over, under = evaluate([], [], Decimal(26882), 95)
    assert (over.projected_kg, over.limit_kg, under.limit_kg) == (0, 80646, 80646)
    told = plan(Decimal(2_500_000), Decimal(5), Decimal(100), 95)
    assert (told.materiality_kg, told.interval_kg.quantize(Decimal("0.01"))) == (125_000, Decimal("41666.67"))


def test_a_handout_s_projection_comes_out():
    """ "1004 MUS HO", steps 5 to 7: interval 11,333; book 100, audited 95; book 11,700, audited 11,488 (above the interval);
    book 65, audited 58.50: projected 567 + 212 + 1,133 = 1,912."""
    over, under = evaluate(
        [(Decimal(11700), Decimal(11488))],
        [(Decimal(100), Decimal(95), 1), (Decimal(65), Decimal("58.50"), 1)], Decimal(11333), 95,
    )  # fmt: skip
    assert over.projected_kg.quantize(Decimal(1)) == 1912
    assert over.found_kg == Decimal("223.50")
    assert under.projected_kg == 0
    # by the formula of the lecture: incremental allowance = sum of projections, largest first, x (factor i - factor i-1 - 1)
    assert over.allowance_kg == Decimal("1133.3") * Decimal("0.75") + Decimal("566.65") * Decimal("0.55")
    assert over.basic_kg == Decimal(11333) * 3


def test_understatements_are_projected_apart():
    over, under = evaluate([], [(Decimal(100), Decimal(150), 2)], Decimal(1000), 95)
    assert (over.projected_kg, under.projected_kg, under.found_kg) == (0, 1000, 50)


def test_the_start_follows_from_the_seed_and_lies_within_the_interval():
    assert first_point(Decimal(1000), "a") == first_point(Decimal(1000), "a") != first_point(Decimal(1000), "b")
    assert 0 < first_point(Decimal("0.000000000000000001"), "a") <= Decimal("0.000000000000000001")


@settings(max_examples=40, deadline=None)
@given(masses, st.decimals("0.5", "3000", places=3), st.text(max_size=20))
def test_every_point_is_in_one_row_and_every_row_of_the_interval_is_there(kgs, interval, seed):
    rows = [(f"r{at}", kg) for at, kg in enumerate(kgs)]
    told = draw(rows, interval, seed)
    assert told == draw(iter(rows), interval, seed)
    assert [row.activity_id for row in told.top] == [name for name, kg in rows if kg >= interval]
    low = [(name, kg) for name, kg in rows if kg < interval]
    assert told.low_kg == sum(kg for _, kg in low) and told.low_rows == len(low)
    points = 0 if told.start > told.low_kg else int((told.low_kg - told.start) // interval) + 1
    assert sum(row.hits for row in told.drawn) == points
    by_hand, passed, at = [], Decimal(0), told.start
    for name, kg in low:  # with a spreadsheet
        passed += kg
        if at <= passed:
            by_hand.append(name)
            at += interval
    assert [row.activity_id for row in told.drawn] == by_hand  # a row below the interval never holds two points
    assert 0 < told.start <= interval


def test_rows_of_nothing_cannot_be_drawn():
    told = draw([("zero", Decimal(0)), ("minus", Decimal(-5)), ("one", Decimal(1))], Decimal(1), "x")
    assert ([row.activity_id for row in told.top], told.rows) == (["one"], 1)
