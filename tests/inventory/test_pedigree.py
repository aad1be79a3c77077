"""Pedigree scores give the published intervals."""

import doctest

import pytest

from hengtan.inventory import pedigree
from hengtan.inventory.pedigree import combined_gsd2, lognormal_interval, pedigree_gsd2
from published_cases import json_cases

CASES = json_cases()


def matrix(case):
    return {name: [float(part) for part in parts] for name, parts in case["inputs"]["coefficients"].items()}


def scores(given):
    return {name: int(score) for name, score in given.items()}


def test_missing_scores_count_as_the_worst():
    case = CASES["BC-PEDIGREE-0"]
    assert pedigree_gsd2(scores(case["inputs"]["scores"]), matrix(case)) == pytest.approx(
        float(case["expected"]["gsd2"]), rel=1e-12
    )
    assert pedigree_gsd2({}) == pedigree_gsd2(dict.fromkeys(pedigree.COEFFICIENTS, 1))


def test_activity_and_factor_combine_to_the_published_interval():
    case = CASES["BC-SOURCE"]
    given, expected = case["inputs"], {name: float(value) for name, value in case["expected"].items()}
    parts = [pedigree_gsd2(scores(given[name]), matrix(case)) for name in ("activity_scores", "factor_scores")]
    gsd2 = combined_gsd2(parts)
    value = float(given["value"] * given["factor"])
    assert value == expected["emission"]
    assert gsd2 == pytest.approx(expected["gsd2"], rel=1e-12)
    assert lognormal_interval(value, gsd2) == pytest.approx((expected["ci_low"], expected["ci_high"]), rel=1e-12)
    assert gsd2 - 1 == pytest.approx(expected["alpha"], rel=1e-12)


def test_the_best_scores_leave_no_uncertainty():
    assert pedigree_gsd2(dict.fromkeys(pedigree.COEFFICIENTS, 5)) == 1


def test_scores_and_questions_that_do_not_exist_are_refused():
    with pytest.raises(ValueError, match="reliability"):
        pedigree_gsd2({"reliability": 6})
    with pytest.raises(KeyError, match="colour"):
        pedigree_gsd2({"colour": 3})
    with pytest.raises(ValueError, match="at least 1"):
        lognormal_interval(10, 0.5)


def test_the_example_runs():
    assert doctest.testmod(pedigree).failed == 0
