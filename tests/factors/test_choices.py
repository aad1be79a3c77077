"""Look-ups with the factor row id that the publisher's own table gives, and the kg that follow from its numbers."""

from __future__ import annotations

import csv
import re
from fractions import Fraction
from pathlib import Path

import pytest

from hengtan.factors import Choice, Query, coefficients, load_policy, open_library, resolve

CASES = Path(__file__).parents[1] / "cases"


def rows(name: str) -> list[dict[str, str]]:
    with (CASES / name).open(encoding="utf-8") as file:
        return list(csv.DictReader(file))


# The five descriptions of factor_lookups.csv in the words of an activity table.
LOOKUPS = {
    "UK grid electricity, scope 2 location-based": ("electricity", "kWh"),
    "Natural gas burned in a UK boiler, metered on gross CV": ("fuel.natural_gas", "kWh (Gross CV)"),
    "Long-haul flight to/from UK, economy, with radiative forcing": ("travel.air.long_haul.economy", "p.km"),
    "US natural gas combustion, HHV basis, AR5 GWPs": ("fuel.natural_gas", "mmBtu_hhv"),
    "Spend on iron and steel mill products, NAICS 331110, with margins": ("spend.naics.331110", "USD_2022"),
}


@pytest.mark.parametrize("case", rows("factor_lookups.csv"), ids=lambda case: case["query_description"])
def test_a_published_look_up_finds_the_row_and_the_kilograms(case: dict[str, str]) -> None:
    name, unit = LOOKUPS[case["query_description"]]
    query = Query(name, unit, case["region"], int(case["year"]))
    choice = resolve(query, basis="location", library=open_library(), policy=load_policy("default"))
    assert isinstance(choice, Choice), choice
    wanted = re.search(r"csv:([\w.-]+)", case["source"])
    assert wanted and choice.factor.factor_id == wanted[1]
    assert choice.match == "exact"
    found = coefficients(choice.factor, "AR5")
    assert not isinstance(found, tuple)
    kg = Fraction(case["quantity"]) * choice.per_unit * found.co2e_kg
    assert kg == Fraction(case["expected_kg_co2e"])


@pytest.mark.parametrize(
    "case",
    rows("factor_choices.csv"),
    ids=lambda case: f"{case['activity_type']}-{case['unit']}-{case['region']}-{case['year']}-{case['basis']}",
)
def test_the_row_of_the_publishers_table_is_chosen(case: dict[str, str]) -> None:
    query = Query(case["activity_type"], case["unit"], case["region"], int(case["year"]))
    choice = resolve(query, basis=case["basis"], library=open_library(), policy=load_policy("default"), gwp=case["gwp"])
    assert isinstance(choice, Choice), [problem.reason() for problem in choice]
    assert (choice.factor.factor_id, choice.match) == (case["factor_id"], case["match"])
    assert (str(choice.scope or ""), choice.category) == (case["scope"], case["category"])
    assert choice.factor.activity_unit == case["factor_unit"]
    found = coefficients(choice.factor, case["gwp"])
    assert not isinstance(found, tuple), found
    if case["published_co2e_kg"]:
        assert found.co2e_kg == Fraction(case["published_co2e_kg"])
    for name in ("co2_kg", "ch4_kg", "n2o_kg", "biogenic_co2_kg"):
        if case[name]:
            assert getattr(found, name) == Fraction(case[name])


def test_there_are_more_than_forty_look_ups_of_our_own() -> None:
    assert len(rows("factor_choices.csv")) > 40
