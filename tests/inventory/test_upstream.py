"""Upstream of fuels and energy: published factors, nothing filled in, nothing counted twice."""

from decimal import Decimal

import pytest

from hengtan.factors import load_policy, open_library
from hengtan.inventory.keys import Key
from hengtan.inventory.plan import Plan, Rules, plan


@pytest.fixture(scope="module")
def library():
    return open_library()


def made(library, gwp="AR5", upstream=True, **key) -> Plan:
    rules = Rules(library, load_policy("default"), gwp, upstream=upstream)
    filled = {"region": "GB", "year": 2024, "rows": 1, "quantity": Decimal(1)} | key
    return plan([Key(0, **filled)], rules)


def upstream(found: Plan):
    return [line for line in found.lines if line.method == "upstream"]


def codes(found: Plan) -> list[str]:
    return [problem.code for problem in found.warnings.get(0, ())]


# UK Government GHG Conversion Factors 2024, sheets "WTT- fuels", "WTT- UK electricity", "Transmission and distribution",
# "WTT- heat and steam": kg CO2e per unit as printed.
PUBLISHED = [
    ("fuel.natural_gas", "kWh_gcv", "0.03021"),
    ("fuel.natural_gas", "kWh_ncv", "0.03347"),
    ("electricity", "kWh", str(Decimal("0.0459") + Decimal("0.0183") + Decimal("0.00397"))),
    ("electricity", "MWh", str((Decimal("0.0459") + Decimal("0.0183") + Decimal("0.00397")) * 1000)),
    ("heat", "kWh", str(Decimal("0.03341") + Decimal("0.00946") + Decimal("0.00176"))),
]


@pytest.mark.parametrize(("kind", "unit", "kg"), PUBLISHED)
def test_the_upstream_of_a_british_activity_is_the_sum_of_the_published_parts(library, kind, unit, kg):
    (line,) = upstream(made(library, activity_type=kind, unit=unit))
    assert line.coefficients["co2e_kg"] == Decimal(kg)
    assert (line.scope, line.category, line.basis) == (3, "3", "-")


def test_electricity_has_three_parts_and_every_one_is_named(library):
    (line,) = upstream(made(library, activity_type="electricity", unit="kWh"))
    assert line.factor_id.split(";") == [
        "uk-desnz-2024-15-917-4000-5",
        "uk-desnz-2024-13-402-4000-5",
        "uk-desnz-2024-15-918-4000-5",
    ]
    assert [term.factor_id for term in line.terms] == line.factor_id.split(";")
    assert all(term.source for term in line.terms)


def test_without_the_option_there_is_no_upstream(library):
    assert upstream(made(library, activity_type="electricity", unit="kWh", upstream=False)) == []


@pytest.mark.parametrize("kind", ["wtt.fuel.natural_gas", "td_losses.electricity", "wtt.electricity"])
def test_upstream_rows_that_the_person_gave_are_not_doubled(library, kind):
    unit = "kWh_gcv" if "gas" in kind else "kWh"
    found = made(library, activity_type=kind, unit=unit)
    assert len(found.lines) == 1


def test_a_row_that_states_what_is_derived_as_well_is_told(library):
    rules = Rules(library, load_policy("default"), upstream=True)
    keys = [
        Key(0, activity_type="electricity", unit="kWh", region="GB", year=2024, rows=1, quantity=Decimal(1)),
        Key(1, activity_type="td_losses.electricity", unit="kWh", region="GB", year=2024, rows=1, quantity=Decimal(1)),
    ]
    found = plan(keys, rules)
    assert [problem.code for problem in found.warnings[1]] == ["upstream.given-too"]


@pytest.mark.parametrize(
    ("kind", "unit", "region"),
    [("electricity", "kWh", "CN"), ("fuel.natural_gas", "万Nm3", "CN"), ("electricity", "kWh", "US-WA"),
     ("fuel.natural_gas", "scf", "US")],
)  # fmt: skip
def test_where_nobody_publishes_upstream_the_row_is_posted_and_one_warning_says_so(library, kind, unit, region):
    found = made(library, activity_type=kind, unit=unit, region=region)
    assert found.lines
    assert upstream(found) == []
    assert [problem.code for problem in found.told] == ["upstream.missing"] and "upstream.missing" not in codes(found)
    assert [problem.code for line in found.lines for problem in line.warnings].count("upstream.missing") == 1  # explain


def test_a_life_cycle_intensity_gets_no_upstream_on_top(library):
    found = made(library, activity_type="electricity", unit="kWh", region="DE", year=2023)
    assert found.lines[0].factor_id.startswith("owid")
    assert upstream(found) == []
    assert "upstream.life-cycle" in codes(found)


def test_a_pinned_factor_without_a_type_finds_its_upstream_by_what_it_is(library):
    found = made(library, factor_id="uk-desnz-2024-1-100-1004-6", unit="kWh_gcv", region="")
    (line,) = upstream(found)
    assert line.coefficients["co2e_kg"] == Decimal("0.03021")


def test_refrigerants_have_no_upstream_and_no_warning(library):
    found = made(library, activity_type="refrigerant.R-410A", unit="kg")
    assert upstream(found) == []
    assert [code for code in codes(found) if code.startswith("upstream")] == []


def test_a_part_that_cannot_be_converted_to_the_set_is_told_not_taken(library):
    found = made(library, gwp="AR6", activity_type="fuel.natural_gas", unit="kWh_gcv")
    assert upstream(found) == []
    (told,) = found.told
    assert told.code == "upstream.missing" and "AR6" in told.reason() and "AR6" in told.reason("zh")


def test_what_is_missing_is_told_once_for_a_type_and_place_with_its_rows_and_years(library):
    rules = Rules(library, load_policy("default"), upstream=True)
    rows = [("electricity", "kWh", "CN", 2022), ("electricity", "MWh", "CN", 2023), ("electricity", "kWh", "CN-44", 2023),
            ("fuel.natural_gas", "万Nm3", "CN", 2023)]  # fmt: skip
    keys = [
        Key(number, activity_type=kind, unit=unit, region=region, year=year, rows=10 + number, quantity=Decimal(1))
        for number, (kind, unit, region, year) in enumerate(rows)
    ]
    found = plan(keys, rules)
    told = [(p.values["type"], p.values["region"], p.values["year"], p.values["rows"]) for p in found.told]
    assert told == [
        ("electricity", "CN", "2022-2023", "21"), ("electricity", "CN-44", "2023", "12"), ("fuel.natural_gas", "CN", "2023", "13")
    ]  # fmt: skip
    assert "21" in found.told[0].reason() and "21" in found.told[0].reason("zh")


def test_nobody_who_publishes_is_told_apart_from_a_unit_that_does_not_convert(library):
    nobody = made(library, activity_type="electricity", unit="kWh", region="CN").told[0]
    assert "No publisher" in nobody.reason() and "公布值" in nobody.reason("zh") and nobody.values["cause"] == ""
    unit = made(library, activity_type="fuel.natural_gas", unit="kWh_gcv", gwp="AR6").told[0]
    assert unit.values["cause"] == "gwp.not-convertible" and "No publisher" not in unit.reason()


def test_upstream_takes_the_same_share_as_the_activity(library):
    from hengtan.inventory.organisation import parse_organisation

    line = {"facility": "A", "approach": "equity", "share_pct": "40"}
    rules = Rules(library, load_policy("default"), organisation=parse_organisation([line], "org.csv"), upstream=True)
    key = Key(0, activity_type="fuel.natural_gas", unit="kWh_gcv", region="GB", year=2024, facility="A", rows=1,
              quantity=Decimal(1))  # fmt: skip
    (found,) = upstream(plan([key], rules))
    assert found.coefficients["co2e_kg"] == Decimal("0.03021") * Decimal("0.4")


def test_a_zero_without_a_unit_has_an_upstream_of_zero_quantity(library):
    found = made(library, activity_type="electricity", unit="", zero=True, quantity=Decimal(0))
    assert len(upstream(found)) == 1


def test_an_electric_car_takes_upstream_and_grid_losses_of_its_electricity(library):
    (line,) = upstream(made(library, activity_type="vehicle.car.medium.bev", unit="km"))
    assert len(line.factor_id.split(";")) == 2
