"""Every published case, end to end through ``hengtan calculate``; the id of a test is the id of its case."""

from __future__ import annotations

import csv
from decimal import Decimal
from fractions import Fraction

import pytest

from golden.calculating import Calculator, activity
from golden.cases import LATER, RUNS, TOLERANCE, Desk
from published_cases import CASES, close, json_cases

PUBLISHED = json_cases()


@pytest.mark.parametrize("name", RUNS)
def test_the_command_line_reaches_the_number_that_is_published(name: str, run: Calculator) -> None:
    case = PUBLISHED[name]
    tolerance = case.get("tolerance", {})
    rel = TOLERANCE.get(name, case.get("rel_tol", tolerance.get("rel", 0)))
    pairs = list(RUNS[name](case["inputs"], case["expected"], Desk(run)))
    assert pairs
    for ours, published in pairs:
        assert close(Fraction(ours), published, rel, tolerance.get("abs", 0)), (float(ours), published)


def test_every_case_is_computed_or_says_where_it_belongs() -> None:
    assert len(PUBLISHED) == 35 + 8
    assert set(RUNS) | set(LATER) == set(PUBLISHED)
    assert not set(RUNS) & set(LATER)


# description -> activity type, category, scope 3 or fuel: what a person writes who does not know the factor
TYPES = {
    "UK grid electricity, scope 2 location-based": ("electricity", "location"),
    "Natural gas burned in a UK boiler, metered on gross CV": ("fuel.natural_gas", "-"),
    "Long-haul flight to/from UK, economy, with radiative forcing": ("travel.air.long_haul.economy", "-"),
    "US natural gas combustion, HHV basis, AR5 GWPs": ("fuel.natural_gas", "-"),
    "Spend on iron and steel mill products, NAICS 331110, with margins": ("spend.naics.331110", "-"),
}


def lookups() -> list[dict[str, str]]:
    with (CASES / "factor_lookups.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


@pytest.mark.parametrize("case", lookups(), ids=lambda case: case["query_description"])
def test_a_look_up_gives_the_same_by_its_type_and_by_its_pinned_factor(case: dict[str, str], run: Calculator) -> None:
    kind, basis = TYPES[case["query_description"]]
    factor = case["source"].partition(":")[2].partition(" ")[0]
    whole = {"quantity": case["quantity"], "unit": case["unit"].replace("kWh (gross CV)", "kWh_gcv"), "region": case["region"],
             "start": f"{case['year']}-02-01", "end": f"{case['year']}-02-28"}  # fmt: skip
    done = run.table(
        [
            activity("typed", activity_type=kind, **whole),
            activity("pinned", activity_type="", factor_id=factor, **whole),
            activity("as written", activity_type=kind, **{**whole, "unit": case["unit"]}),
        ]
    )
    assert done.code == 0, done.problems
    for name, match in (("typed", "exact"), ("pinned", "pinned"), ("as written", "exact")):
        row = done.one(name, basis)
        assert row["co2e_kg"] == Decimal(case["expected_kg_co2e"]), name
        assert (row["factor_id"], row["match"]) == (factor, match)
