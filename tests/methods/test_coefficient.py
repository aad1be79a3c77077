"""A coefficient is exact, follows two clocks, shows what was measured, and refuses rather than guesses."""

from datetime import date
from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hengtan.methods import MethodError, coefficient, find, load_method, methods, near
from hengtan.units import conversion, parse

CETS = "cn-cets-2024-combustion"


def run(method, inputs=None, **given):
    return coefficient(
        find(method),
        {name: Decimal(value) for name, value in (inputs or {}).items()},
        **({"unit": "t", "year": 2024} | given),
    )


def codes(method, inputs=None, **given):
    with pytest.raises(MethodError) as told:
        run(method, inputs, **given)
    for problem in told.value.problems:
        assert "?" not in problem.sentence("en"), problem
        assert "?" not in problem.sentence("zh"), problem
    return {problem.code for problem in told.value.problems}


def test_defaults_are_shown_as_defaults_with_their_source():
    result = run(CETS, activity_type="fuel.coal.bituminous")
    assert result["co2_kg"] == Fraction("23.736") * Fraction("0.02618") * Fraction("0.99") * Fraction(44, 12) * 1000
    terms = {term.name: term for term in result.trace.terms}
    assert terms["ncv_gj_per_unit"].origin == "default"
    assert terms["ncv_gj_per_unit"].source.startswith("CETS-AG-03.01")
    assert terms["ncv_gj_per_unit"].published == date(2025, 1, 31)
    assert result["ch4_kg"] is None  # the guideline counts CO2 alone: not stated, and not 0
    assert result["co2e_kg"] == result["co2_kg"]


def test_a_measured_value_overrides_and_is_shown_as_measured():
    result = run(CETS, {"ncv_gj_per_unit": "20"}, activity_type="fuel.coal.bituminous")
    terms = {term.name: term for term in result.trace.terms}
    assert terms["ncv_gj_per_unit"].origin == "measured"
    assert terms["carbon_content_tc_per_gj"].origin == "default"
    assert "measured, given in the row" in "\n".join(result.trace.lines("en"))
    assert "实测" in "\n".join(result.trace.lines("zh"))


def test_the_same_fuel_differs_between_rule_sets():
    old, new = (run(name, activity_type="fuel.coal.bituminous")["co2_kg"] for name in ("cn-ndrc-combustion", CETS))
    assert float(new / old) == pytest.approx(1.0889, abs=1e-3)


@given(st.sampled_from(["t", "kg", "g", "lb", "short_ton"]))
def test_the_unit_of_the_row_makes_no_difference_to_the_emission(unit):
    per_unit = run(CETS, activity_type="fuel.diesel", unit=unit)["co2_kg"]
    assert per_unit == run(CETS, activity_type="fuel.diesel")["co2_kg"] * conversion(parse(unit), parse("t"), fuel=True)


def test_litres_need_a_density_to_be_tonnes():
    assert codes(CETS, activity_type="fuel.diesel", unit="L") == {"method.input-missing"}
    per_litre = run(CETS, {"density_kg_per_L": "0.84"}, activity_type="fuel.diesel", unit="L")
    assert per_litre["co2_kg"] == run(CETS, activity_type="fuel.diesel")["co2_kg"] * Fraction("0.84") / 1000
    assert "density_kg_per_L" in {term.name for term in per_litre.trace.terms}


def test_a_density_does_not_turn_plain_cubic_metres_into_normal_ones():
    assert codes(CETS, {"density_kg_per_L": "0.84"}, activity_type="fuel.natural_gas", unit="m3") == {"unit.mismatch"}


def test_a_type_that_the_table_lacks_is_told_with_those_that_it_has():
    assert codes(CETS, activity_type="fuel.peat") == {"method.parameter-none"}
    everything = {"ncv_gj_per_unit": "10", "carbon_content_tc_per_gj": "0.028", "oxidation": "0.98"}
    assert run(CETS, everything, activity_type="fuel.peat")["co2_kg"] > 0


def test_a_measured_value_in_the_wrong_unit_is_told():
    """5,500 kcal/kg or MJ per kg x 1000 typed as GJ per t."""
    assert codes(CETS, {"ncv_gj_per_unit": "5500"}, activity_type="fuel.coal.bituminous") == {
        "method.input-implausible"
    }
    assert codes(CETS, {"ncv_gj_per_unit": "389.31"}, activity_type="fuel.natural_gas", unit="Nm3") == {
        "method.input-implausible"
    }


def test_a_share_written_as_per_cent_is_told():
    assert codes(CETS, {"oxidation": "98"}, activity_type="fuel.diesel") == {"method.input-range"}


def test_all_problems_of_a_row_come_at_once():
    assert codes("cn-wastewater-by-volume", {"mcf": "3"}, unit="t") == {
        "unit.mismatch",
        "method.input-missing",
        "method.input-range",
    }


def test_a_method_is_not_applied_to_what_it_is_not_for():
    assert codes(CETS, activity_type="electricity") == {"method.not-for-type"}


def test_what_was_not_published_yet_is_not_seen():
    assert codes(CETS, activity_type="fuel.diesel", as_of=date(2024, 12, 31)) == {"method.unpublished"}
    assert run(CETS, activity_type="fuel.diesel", as_of=date(2025, 1, 31)).warnings == ()


def test_a_period_outside_the_validity_is_warned():
    result = run(CETS, activity_type="fuel.diesel", year=2021)
    assert {problem.code for problem in result.warnings} == {"method.outside-validity"}
    assert all(problem.severity == "warning" for problem in result.warnings)
    assert "2021" in result.warnings[0].sentence("zh")


def test_a_parameter_follows_the_year():
    values = [run("cn-aluminium-anode", year=year)["co2_kg"] for year in (2016, 2023, 2024)]
    assert values[0] == values[1] == Fraction("1503.04")
    assert values[2] == Fraction("1470.832")


def test_a_number_that_was_not_verified_is_marked_to_the_end():
    lines = run("cn-power-combustion", activity_type="fuel.coal.power.unmeasured").trace.lines
    assert "not verified against the source" in "\n".join(lines("en"))
    assert "未经原始来源核实" in "\n".join(lines("zh"))


def test_a_factor_of_zero_is_a_value():
    assert (
        run("purchased-electricity", unit="MWh", factor={"co2e_kg": Decimal(0)}, activity_type="electricity")["co2e_kg"]
        == 0
    )


def test_a_missing_factor_is_told():
    assert codes("purchased-heat", unit="GJ", activity_type="heat") == {"method.factor-missing"}


def test_a_gas_that_the_factor_does_not_state_stays_unstated():
    result = run("factor", unit="kWh", factor={"co2e_kg": Decimal("0.2")})
    assert result["co2_kg"] is None
    assert result["ch4_kg"] is None


@pytest.mark.parametrize(
    ("activity_type", "gwp_set", "weight"),
    [
        ("refrigerant.R-410A", "AR5", "1923.5"),
        ("refrigerant.SF6", "AR6", "25200"),
        ("refrigerant.R-134a", "SAR", "1300"),
        ("refrigerant.CO2", "AR4", "1"),
    ],
)
def test_a_released_gas_weighs_by_the_set_that_is_asked_for(activity_type, gwp_set, weight):
    result = run("gas-release", unit="kg", activity_type=activity_type, gwp_set=gwp_set)
    assert result["co2e_kg"] == Fraction(weight)
    assert (
        run("gas-release", unit="t", activity_type=activity_type, gwp_set=gwp_set)["co2e_kg"] == Fraction(weight) * 1000
    )


def test_of_a_blend_with_hcfc_the_kyoto_part_counts_unless_all_gases_are_asked_for():
    """UK 2025: R-401A 18 kg with the Kyoto gases alone."""
    assert round(run("gas-release", unit="kg", activity_type="refrigerant.R-401A")["co2e_kg"]) == 18
    assert run("gas-release", unit="kg", activity_type="refrigerant.R-401A.all_gases")["co2e_kg"] > 1000
    assert run("gas-release", unit="kg", activity_type="refrigerant.R-406A")["co2e_kg"] > 1000  # holds no Kyoto gas


def test_a_set_without_a_value_for_the_gas_is_refused():
    assert codes("gas-release", unit="kg", activity_type="refrigerant.NF3", gwp_set="SAR") == {"gwp.unknown-value"}


def test_methane_from_wastewater_is_biogenic():
    result = run("cn-wastewater", {"mcf": "0.8"}, unit="kg_COD", gwp_set="AR6")
    assert result["co2e_kg"] == Fraction("0.2") * 27
    assert result.methane == "biogenic"


def test_wood_by_ipcc_keeps_its_co2_outside_the_scopes():
    result = run("ipcc-combustion", activity_type="fuel.wood", gwp_set="AR6")
    assert result["co2_kg"] == 0
    assert result["biogenic_co2_kg"] == Fraction("15.6") * 112
    assert result.methane == "biogenic"
    assert run("ipcc-combustion", activity_type="fuel.diesel").methane == "fossil"


def test_the_amount_is_a_sum_of_columns():
    method = find("refrigerant-simplified")
    assert method.amount_terms() == {
        "quantity": 1,
        "new_charge": 1,
        "new_capacity": -1,
        "disposed_capacity": 1,
        "disposed_recovered": -1,
    }
    assert method.amount({"quantity": Decimal(10)}) == 10
    assert find("factor").amount_terms() == {"quantity": 1}


def test_a_required_column_of_the_amount_is_not_taken_as_zero():
    with pytest.raises(MethodError) as told:
        find("refrigerant-mass-balance").amount({"quantity": Decimal(10)})
    assert {problem.code for problem in told.value.problems} == {"method.input-missing"}


def test_an_amount_below_zero_is_told():
    with pytest.raises(MethodError) as told:
        find("cn-wastewater").amount({"quantity": Decimal(1), "sludge_cod": Decimal(2)})
    assert told.value.problems[0].code == "method.amount-negative"


def test_cells_are_read_as_numbers_or_told():
    method = find(CETS)
    assert method.read({"oxidation": "98%", "ncv_gj_per_unit": " 2.3e1 ", "other": "x", "carbon_content_tc_per_gj": ""}) == {
        "oxidation": Decimal("0.98"), "ncv_gj_per_unit": Decimal("23"),
    }  # fmt: skip
    with pytest.raises(MethodError) as told:
        method.read({"oxidation": "much", "ncv_gj_per_unit": "nan"})
    assert [problem.code for problem in told.value.problems] == ["method.input-unreadable"] * 2


class TestSpend:
    FACTOR = {"co2e_kg": Decimal("0.787")}  # noqa: RUF012

    def test_money_of_the_factors_year_is_not_adjusted(self):
        assert find("spend").factor_unit("USD_2022") == "USD_2022"
        assert run("spend", unit="USD_2022", factor=self.FACTOR)["co2e_kg"] == Fraction("0.787")

    def test_money_of_another_year_is_adjusted_only_by_the_index_that_is_given(self):
        inputs = {"price_year": Decimal(2022), "price_index": Decimal("1.08")}
        assert find("spend").factor_unit("USD_2021", inputs) == "USD_2022"
        assert run("spend", inputs, unit="USD_2021", factor=self.FACTOR)["co2e_kg"] == Fraction("0.787") * Fraction(
            "1.08"
        )

    def test_a_year_without_an_index_and_an_index_without_a_year_are_refused(self):
        assert codes("spend", {"price_year": "2022"}, unit="USD_2021", factor=self.FACTOR) == {"unit.price-index"}
        assert codes("spend", {"price_index": "1.08"}, unit="USD_2021", factor=self.FACTOR) == {"method.input-missing"}

    def test_money_without_a_year_is_refused(self):
        assert codes("spend", unit="USD", factor=self.FACTOR) == {"unit.price-year"}


def test_a_parameter_can_go_by_region(tmp_path):
    (tmp_path / "grid.csv").write_text(
        "region,grid,valid,published,source,mark\nCN,0.5306,2023,2025-12-31,Announcement 47 of 2025,read\nGB,0.2,2023,2023-06-01,made up,known\n",
        "utf-8",
    )
    (tmp_path / "own.yaml").write_text(
        "id: own\ntitle: {en: Own, zh: 自有}\nstandard: s\nunit: MWh\ntable: {file: grid.csv, key: region}\n"
        "parameters: {grid: {unit: t CO2/MWh, title: {en: Grid, zh: 电网}, column: grid}}\nequation: {co2: amount * grid}\n",
        "utf-8",
    )
    method = load_method(tmp_path / "own.yaml")
    assert coefficient(method, {}, unit="kWh", year=2023, region="CN")["co2_kg"] == Fraction("0.5306")
    assert coefficient(method, {}, unit="MWh", year=2023, region="GB")["co2_kg"] == 200


def test_a_trace_goes_into_json():
    trace = run(CETS, activity_type="fuel.diesel").trace.as_dict()
    assert trace["method"] == CETS
    assert [term["name"] for term in trace["terms"]] == [
        "ncv_gj_per_unit",
        "carbon_content_tc_per_gj",
        "oxidation",
        "co2_per_c",
    ]
    assert trace["terms"][0]["value"] == "42.652"


def test_unknown_methods_are_not_found_but_those_near_are_named():
    assert find("cn-cets-combustion") is None
    assert CETS in near("cn-cets-2024-combusion")


def test_every_method_has_an_equation_to_print():
    assert all(method.equation for method in methods().values())
