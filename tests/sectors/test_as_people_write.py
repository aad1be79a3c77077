"""Statements as people write them: units, titles, months, shares, and what they forget."""

from fractions import Fraction

import pytest

from hengtan.gases import gwp
from hengtan.sectors import sector_methods
from hengtan.sectors.record import inputs, record, sources
from hengtan.sectors.statement import converted
from sectors.test_statement import codes, only, row, run

POWER = sector_methods()["cn-power-2022"]
ALUMINIUM = sector_methods()["cn-aluminium-2024"]
OTHER = sector_methods()["cn-other-industry-2015"]
STEEL = sector_methods()["cn-steel-2024"]


def test_steam_and_hot_water_are_counted_together():
    """CN-H38: 26,924.6 GJ of steam and 293.076 GJ of hot water at 0.11 t/GJ are 2,993.94 t."""
    rows = [row("steam_bought", 10000, "t"), row("steam_enthalpy", "2776.2", "kJ/kg"),
            row("hot_water_bought", 1000, "t"), row("hot_water_temperature", 90, "℃")]  # fmt: skip
    assert round(float(only(run(OTHER, *rows), "heat").co2_t), 2) == 2993.94
    beside = run(STEEL, *rows)
    assert float(only(beside, "heat").co2_t) == 2993.94
    assert beside.total() == 0  # the guidelines of the national market count no purchased heat


def test_the_published_coal_case_is_reached_from_calorific_value_and_carbon_per_heat():
    """CN-H36: 1,000,000 t x 20 GJ/t x 0.02618 tC/GJ x 0.99 x 44/12 = 1,900,668 t."""
    rows = [row("coal.conventional.amount", 1000000, "t"), row("coal.conventional.ncv", 20, "GJ/t"),
            row("coal.conventional.cc", "0.02618", "tC/GJ"), row("coal.conventional.of", 99, "%")]  # fmt: skip
    assert only(run(POWER, *rows), "coal").co2_t == 1900668


UNITS = [
    ("%", "t C/t", Fraction(1, 100)),
    ("kgC/kg", "t C/t", 1),
    ("tC/TJ", "t C/GJ", Fraction(1, 1000)),
    ("kcal/kg", "GJ/t", Fraction("0.0041868")),
    ("大卡/千克", "GJ/t", Fraction("0.0041868")),
    ("MJ/Nm3", "GJ/万Nm3", 10),
    ("10⁴Nm³", "万Nm3", 1),
    ("10^4Nm3", "万Nm3", 1),
    ("万千瓦时", "MWh", 10),
    ("吨", "t", 1),
    ("tCO2/万千瓦时", "t CO2/MWh", Fraction(1, 10)),
    ("t/MWh", "t CO2/MWh", 1),
    ("tCO2/GJ", "t C/GJ", None),  # carbon is not CO2
    ("tce", "t", None),
    ("m3", "万Nm3", None),
]


@pytest.mark.parametrize(("given", "wanted", "factor"), UNITS)
def test_units_are_read_as_they_are_written_in_reports(given, wanted, factor):
    assert converted(given, wanted) == factor


@pytest.mark.parametrize("month", ["", "全年", "year"])
def test_the_year_has_several_names_and_a_parameter_may_be_called_by_its_title(month):
    result = run(ALUMINIUM, row("铝液产量", 100, "吨", month, obtained="Measured"))
    assert (codes(result), float(only(result, "anode").co2_t)) == ([], 147.0832)


@pytest.mark.parametrize("month", ["3", "03", "3月", "2024-03", "2024-03-01"])
def test_a_month_has_several_ways_to_be_written(month):
    result = run(ALUMINIUM, row("aluminium", 100, "t", month))
    assert list(only(result, "anode").steps[0].used[0].months) == [3]


@pytest.mark.parametrize("month", ["0", "13", "1-2", "12/31", "2024", "Q1"])
def test_what_is_no_one_month_is_refused(month):
    assert codes(run(ALUMINIUM, row("aluminium", 100, "t", month))) == ["sector.month"]


def test_a_process_is_known_however_its_name_is_spelt():
    for name in ("sintering", "Sintering", "烧结"):
        assert (
            only(run(STEEL, row("fuel.anthracite.amount", 1, "t", process=name)), "process").place.process
            == "sintering"
        )


def test_the_minutes_of_the_anode_effect_may_name_their_unit():
    for unit in ("min", "1", "分钟/(槽·日)"):
        result = run(ALUMINIUM, row("aluminium", 100000, "t"), row("anode_effect_minutes", "0.2", unit))
        assert only(result, "anode_effect").co2e_t == Fraction("22136.4")
    measured = run(ALUMINIUM, row("aluminium", 1000, "t"), row("cf4_factor", "0.05", "kg/t"))
    # C2F6 is a tenth of it: 1000 x (0.05 x 6630 + 0.005 x 11100)/1000 = 387
    assert only(measured, "anode_effect").co2e_t == 387


def test_year_and_months_that_do_not_fit_are_refused_or_told():
    some = run(ALUMINIUM, row("aluminium", 1200, "t"), row("aluminium", 100, "t", 1))
    assert codes(some) == ["sector.year-and-months"]
    assert record(some)["by_entity"][0]["complete"] is False
    months = [row("aluminium", 100, "t", month) for month in range(1, 13)]
    assert codes(run(ALUMINIUM, row("aluminium", 1200, "t"), *months), "warning") == []
    assert codes(run(ALUMINIUM, row("aluminium", 1300, "t"), *months), "warning") == ["sector.year-differs"]
    mean = [row("fuel.bituminous.amount", 10, "t", 1), row("fuel.bituminous.amount", 30, "t", 2),
            row("fuel.bituminous.ncv", 20, "GJ/t", 1), row("fuel.bituminous.ncv", 24, "GJ/t", 2)]  # fmt: skip
    plain = run(OTHER, *mean, row("fuel.bituminous.ncv", 22, "GJ/t"))  # the weighted mean is 23
    assert "sector.mean-differs" in codes(plain, "warning")
    assert "sector.mean-differs" not in codes(run(OTHER, *mean, row("fuel.bituminous.ncv", 23, "GJ/t")), "warning")


def test_a_conversion_that_is_begun_is_not_replaced_by_a_default():
    amount = row("coal.conventional.amount", 100, "t")
    begun = run(POWER, amount, row("coal.conventional.c_ad", "0.5", "tC/t"), row("coal.conventional.ncv", 21, "GJ/t"))
    assert codes(begun) == ["sector.missing"]
    assert codes(run(OTHER, row("steam_bought", 10, "t"))) == ["sector.missing"]  # not 0 GJ


def test_what_a_figure_beside_the_emissions_lacks_is_no_fault_of_the_statement():
    result = run(POWER, row("coal.conventional.amount", 100, "t"), row("generation", 200, "MWh"))
    assert codes(result) == []
    assert {each.id for each in result.ratios} == {"generation_intensity"}


def test_net_fuel_of_steel_is_what_was_bought_less_what_left():
    rows = [row("fuel.coke.bought", 1000, "t", 1), row("fuel.coke.resold", 1200, "t", 2)]
    # -200 t x 28.435 x 0.02942 x 44/12 = -613.476
    assert float(only(run(STEEL, *rows), "fuel").co2_t) == -613.48


def test_cement_tells_its_intensity_and_its_carbide_slag_rate():
    """Sheet 01 section 6: m x 0.480/(Q x EF) = 100,000 x 0.48/535,000; E/Q = (535,000 - 48,000)/1,000,000."""
    result = run(sector_methods()["cn-cement-2024"], row("clinker.portland.output", 1000000, "t"),
                 row("material.carbide_slag.amount", 100000, "t"))  # fmt: skip
    assert {each.id: each.value for each in result.ratios} == {
        "intensity": Fraction("0.487"), "carbide_slag_rate": Fraction(48000, 535000),
    }  # fmt: skip


def test_every_input_that_is_listed_may_be_given_as_it_is_listed():
    for method in sector_methods().values():
        for each in inputs(method):
            assert method.find(each["id"]) is not None, (method.id, each["id"])
            assert each["title"]["zh"], (method.id, each["id"])
    named = run(sector_methods()["cn-coal-2014"], row("mine.ventilated", 1000000, "m3"))
    assert only(named, "mine").co2e_t == 14070  # one mine needs no name


def test_a_guideline_that_is_not_of_the_year_says_so():
    assert "sector.not-in-force" in codes(run(ALUMINIUM, row("aluminium", 1, "t"), year=2019), "warning")
    assert codes(run(ALUMINIUM, row("aluminium", 1, "t"), year=2024), "warning") == []


def test_what_is_left_of_the_enterprise_beside_its_processes_is_told():
    """Sheet 01 section 5: other = enterprise - processes - power units: 3,067.38 - (1,226.95 - 856.68) = 2,697.11."""
    rows = [row("fuel.coke.amount", 1000, "t"), row("fuel.coke.amount", 400, "t", process="炼铁"),
            row("output_fuel.bfg.amount", 100, "万Nm3", process="炼铁")]  # fmt: skip
    other = next(each for each in record(run(STEEL, *rows))["by_process"] if each["process"] == "other")
    assert (other["t_co2"], other["equation"]) == ("2697.11", "enterprise - ironmaking")
    assert all(each["process"] != "other" for each in record(run(STEEL, rows[0]))["by_process"])


def test_the_sources_of_the_guideline_are_identified():
    """GB/T 32150: an enterprise says of each source of its guideline whether it has it."""
    (found,) = record(run(OTHER, row("fuel.bituminous.amount", 1, "t"), row("heat_bought", 1, "GJ")))["identified"]
    assert (found["stated"], len(found["not_stated"])) == (["fuel", "heat"], 7)
    assert set(found["not_stated"]) == {
        "carbonates", "wastewater", "ch4_used", "ch4_sold", "ch4_flared", "co2_recovery", "electricity",
    }  # fmt: skip


# sheet 01 sections 5 to 8 and sheet 01b: what each guideline has beyond fuel, power and heat, by the categories of GB/T 32150
IDENTIFIED = {
    "cn-grid-2013": {"fugitive": 2, "electricity": 1},
    "cn-coal-2014": {"combustion": 2, "fugitive": 4, "electricity": 1, "heat": 1},
    "cn-petrochemicals-2014": {"combustion": 3, "process": 7, "electricity": 1, "heat": 1, "removal": 4},
    "cn-oil-gas-2014": {"combustion": 3, "process": 1, "fugitive": 3, "electricity": 1, "heat": 1, "removal": 4},
    "cn-paper-2015": {
        "combustion": 1,
        "process": 1,
        "waste": 1,
        "electricity": 1,
        "heat": 1,
        "removal": 1,
        "beside": 1,
    },
    "cn-steel-2024": {"combustion": 2, "process": 2, "removal": 1, "beside": 2},
    "cn-power-2022": {"combustion": 2},
}


@pytest.mark.parametrize("method_id", list(IDENTIFIED))
def test_each_source_stands_in_its_category(method_id):
    found = {}
    for each in sources(sector_methods()[method_id]):
        found[each["category"]] = found.get(each["category"], 0) + 1
    assert found == IDENTIFIED[method_id]


def test_a_gas_that_the_set_of_the_guideline_lacks_is_counted_by_another_and_told():
    """100 kg x 0.9 x (1 - 0.5) / 1000 x 17,200 (AR4) = 774."""
    rows = [row("process_gas.NF3.amount", 100, "kg"), row("process_gas.NF3.used_share", 50, "%")]
    result = run(sector_methods()["cn-electronics-2015"], *rows)
    assert (codes(result), codes(result, "warning")) == ([], ["sector.gwp-beside"])
    assert only(result, "process_gas").co2e_t == 774


def test_every_gas_of_every_guideline_has_a_potential():
    for method in sector_methods().values():
        gases = {item.gas for group in method.groups.values() for item in group.items.values() if item.gas}
        for gas in gases - set(method.gwp_beside):
            assert gwp(gas, method.gwp) > 0, (method.id, gas)
