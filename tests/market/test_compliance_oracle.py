"""The plan against a second opinion that reads the same JSON and shares no code: a few hundred random cases each time, thousands in ``make test-all``."""

import json
from decimal import Decimal
from fractions import Fraction

import jsonschema
import pytest

from hengtan.market.compliance import case_of_text, plan, record, schema
from hengtan.market.compliance.exact import broken

from .compliance_oracle import least
from .compliance_random import made

OUTPUT = jsonschema.Draft202012Validator(schema("output"))


def compared(seed):
    """One random case: the plan is as cheap as the second opinion's, breaks no rule, and its record keeps the schema."""
    given = made(seed)
    found = plan(case_of_text(json.dumps(given), "case.json"), alternatives=seed % 5 == 0)
    OUTPUT.validate(record(found))
    best = least(given)
    if best is None:
        assert (found.status, found.cost_cny) == ("infeasible", None), seed
        assert found.binding, seed
        return found
    assert found.cost_cny is not None, (seed, [each.code for each in found.binding])
    assert broken(found.given, found.tonnes) == [], seed
    above = Fraction(found.net_cny) - best
    half = Fraction(51, 10_000)  # of a fen: probabilities of parts of a fen are rounded once
    assert -half <= above <= Fraction(found.gap_cny) + half, (seed, found.status, float(above))
    assert sum((each.cost_cny for each in found.lines), Decimal(0)) == found.futures[found.central].cost_cny, seed
    return found


@pytest.mark.parametrize("block", range(3))
def test_random_cases_are_as_cheap_as_a_second_opinion_says(block):
    for seed in range(block * 35, block * 35 + 35):
        compared(seed)


def without(given, what):
    """The input in which something cannot be had."""
    given = json.loads(json.dumps(given))
    if what == "no-credits":
        given["offers"] = [each for each in given.get("offers", []) if each["kind"] == "CEA"]
        for price in (price for each in given.get("scenarios", []) for price in each["prices"]):
            price.pop("ccer_cny_t", None)
    elif what == "no-transfers":
        given["transfers"] = {"allowed": False}
    else:
        for holding in (holding for each in given["entities"] for holding in each["holdings"]):
            holding.get("pledge", {}).pop("free_on", None)
            holding.get("pledge", {}).pop("release_cny", None)
    return given


def test_other_assumptions_cost_what_the_altered_case_costs_from_scratch():
    seen = set()
    for seed in range(430, 455):
        given = made(seed)
        found = plan(case_of_text(json.dumps(given), "case.json"))
        if found.net_cny is None:
            continue
        for each in found.alternatives:
            if each.id not in ("no-credits", "no-transfers", "no-release"):
                continue
            seen.add(each.id)
            assert each.more_cny is None or each.more_cny >= -found.gap_cny - Decimal("0.01"), (seed, each.id)
            other = plan(case_of_text(json.dumps(without(given, each.id)), "case.json"), alternatives=False)
            assert (each.cost_cny is None) == (other.cost_cny is None), (seed, each.id)
            if other.net_cny is not None:
                apart = abs(found.net_cny + each.more_cny - other.net_cny)
                assert apart <= max(each.gap_cny, other.gap_cny) + Decimal("0.01"), (seed, each.id)
    assert len(seen) == 3


@pytest.mark.long
@pytest.mark.parametrize("block", range(100))
def test_thousands_of_random_cases_are_as_cheap_as_a_second_opinion_says(block):
    for seed in range(1000 + block * 50, 1000 + block * 50 + 50):
        compared(seed)
