"""Months and years, weights and bases, what may not be, and what it all adds up to."""

from fractions import Fraction

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hengtan.sectors import calculate, read_statement, sector_methods
from hengtan.sectors.earlier import differences, jumps
from hengtan.sectors.record import record

STEEL = sector_methods()["cn-steel-2024"]
POWER = sector_methods()["cn-power-2022"]


def row(parameter, value, unit, month="", obtained="measured", process="", unit_name="", entity="Plant", source=""):
    return {"entity": entity, "process": process, "unit_name": unit_name, "parameter": parameter, "month": str(month),
            "value": str(value), "unit": unit, "obtained": obtained, "source": source}  # fmt: skip


def run(method, *rows, year=None):
    return calculate(read_statement(list(enumerate(rows, 2)), method, year), method, year)


def codes(result, severity="error"):
    return [problem.code for problem in result.problems if problem.severity == severity]


def only(result, source):
    (one,) = [each for each in result.sources if each.source.id == source]
    return one


def used(result, source, parameter):
    return next(value for step in only(result, source).steps for value in step.used if value.name == parameter)


def test_a_calorific_value_of_the_year_is_weighted_by_consumption_and_rounded_as_the_guideline_says():
    # 100 t at 20 and 300 t at 24: (2,000 + 7,200)/400 = 23, not 22
    result = run(
        STEEL,
        row("fuel.bituminous.amount", 100, "t", 1), row("fuel.bituminous.amount", 300, "t", 2),
        row("fuel.bituminous.ncv", 20, "GJ/t", 1), row("fuel.bituminous.ncv", 24, "GJ/t", 2),
    )  # fmt: skip
    assert used(result, "fuel", "fuel.bituminous.ncv").value == 23
    # 400 x 23 x 0.02618 x 44/12 = 883.1387 -> 883.14
    assert only(result, "fuel").co2_t == Fraction("883.14")
    assert "sector.months-missing" in codes(result, "warning")


def test_three_decimals_of_the_weighted_value():
    # (1 x 20 + 2 x 21)/3 = 20.6667 -> 20.667
    result = run(
        STEEL,
        row("fuel.lignite.amount", 1, "t", 1), row("fuel.lignite.amount", 2, "t", 2),
        row("fuel.lignite.ncv", 20, "GJ/t", 1), row("fuel.lignite.ncv", 21, "GJ/t", 2),
    )  # fmt: skip
    assert used(result, "fuel", "fuel.lignite.ncv").value == Fraction("20.667")


def test_months_that_are_weighted_need_months_of_what_weighs_them():
    result = run(
        STEEL,
        row("fuel.lignite.amount", 3, "t"),
        row("fuel.lignite.ncv", 20, "GJ/t", 1),
        row("fuel.lignite.ncv", 21, "GJ/t", 2),
    )
    assert codes(result) == ["sector.weight-missing"]
    assert not result.sources
    assert [entity for entity in record(result)["by_entity"] if entity["complete"]] == []


def test_once_measured_a_value_may_not_return_to_the_default():
    amounts = [row("fuel.bituminous.amount", 10, "t", month) for month in (1, 2, 3)]
    back = run(
        STEEL,
        *amounts,
        row("fuel.bituminous.ncv", 24, "GJ/t", 1),
        row("fuel.bituminous.ncv", "23.736", "GJ/t", 3, "default"),
    )
    assert "sector.back-to-default" in codes(back)
    later = run(
        STEEL,
        *amounts,
        row("fuel.bituminous.ncv", "23.736", "GJ/t", 1, "default"),
        *(row("fuel.bituminous.ncv", 24, "GJ/t", m) for m in (2, 3)),
    )
    assert codes(later) == []
    left_out = run(STEEL, *amounts, row("fuel.bituminous.ncv", 24, "GJ/t", 1))
    assert "sector.back-to-default" in codes(left_out)


@pytest.mark.parametrize("method_id", ["cn-cement-2024", "cn-chemicals-2013"])
def test_that_holds_for_every_guideline_but_the_one_that_decides_by_month(method_id):
    """Sheet 01 section 9.1, and section 4: power units decide month by month."""
    method = sector_methods()[method_id]
    rows = [row("fuel.bituminous.amount", 10, "t", month) for month in (1, 2)]
    assert codes(run(method, *rows, row("fuel.bituminous.ncv", 24, "GJ/t", 1))) == ["sector.back-to-default"]
    power = [row("coal.conventional.amount", 10, "t", month) for month in (1, 2)]
    assert codes(run(POWER, *power, row("coal.conventional.c_ar", "0.5", "tC/t", 1))) == []


def test_the_calorific_value_of_coke_is_the_default_alone_in_steel():
    assert codes(run(STEEL, row("fuel.coke.amount", 10, "t"), row("fuel.coke.ncv", 28, "GJ/t"))) == [
        "sector.only-default"
    ]
    cement = sector_methods()["cn-cement-2024"]
    assert codes(run(cement, row("fuel.coke.amount", 10, "t"), row("fuel.coke.ncv", 28, "GJ/t"))) == []


def test_the_carbon_content_of_steel_is_the_default_alone():
    result = run(STEEL, row("fuel.coke.amount", 10, "t"), row("fuel.coke.cc", "0.03", "tC/GJ"))
    assert codes(result) == ["sector.only-default"]


def test_what_is_called_a_default_is_the_default():
    assert codes(run(STEEL, row("fuel.coke.ncv", 28, "GJ/t", obtained="default"))) == ["sector.not-the-default"]


@pytest.mark.parametrize(
    ("given_rows", "expected"),
    [
        # C_ar = C_ad (100 - M_ar)/(100 - M_ad) = 0.55 x 88/97 = 0.4989691
        ([("c_ad", "0.55", "tC/t"), ("m_ar", 12, "%"), ("m_ad", 3, "%")], Fraction(55, 100) * Fraction(88, 97)),
        # C_ar = C_d (100 - M_ar)/100 = 0.6 x 0.88
        ([("c_d", "0.6", "tC/t"), ("m_ar", 12, "%")], Fraction("0.528")),
        # calorific value measured, carbon not: 21 GJ/t x 0.03085
        ([("ncv", 21, "GJ/t")], Fraction("0.64785")),
        # nothing measured: 26.7 x 0.03085
        ([], Fraction("26.7") * Fraction("0.03085")),
    ],
)
def test_carbon_content_on_other_bases_and_the_values_where_nothing_is_measured(given_rows, expected):
    rows = [
        row("coal.conventional.amount", 1000, "t"),
        *(row(f"coal.conventional.{name}", *rest) for name, *rest in given_rows),
    ]
    result = run(POWER, *rows)
    assert codes(result) == []
    assert used(result, "coal", "coal.conventional.c_ar").value == expected
    assert only(result, "coal").co2_t == 1000 * expected * Fraction("0.99") * 44 / 12


def test_coal_of_which_nothing_is_measured_takes_the_penalty_values():
    result = run(POWER, row("coal.unconventional.amount", 1000, "t"))
    assert codes(result) == []
    assert only(result, "coal").co2_t == 1000 * Fraction("26.7") * Fraction("0.02858") * Fraction("0.99") * 44 / 12


def test_a_month_without_a_measurement_takes_the_penalty_value_of_that_month():
    result = run(
        POWER, row("coal.conventional.amount", 100, "t", 1), row("coal.conventional.amount", 300, "t", 2),
        row("coal.conventional.c_ar", "0.5", "tC/t", 1),
    )  # fmt: skip
    assert codes(result) == []
    assert "sector.month-by-default" in codes(result, "warning")
    assert (
        used(result, "coal", "coal.conventional.c_ar").value
        == (50 + 300 * Fraction("26.7") * Fraction("0.03085")) / 400
    )


def test_figures_of_a_unit():
    rows = [row("coal.conventional.amount", 200000, "t"), row("coal.conventional.c_ar", "0.5", "tC/t"), row("generation", 500000, "MWh"),
            row("own_use", 25000, "MWh"), row("heat_supplied", 100000, "GJ"), row("heat_produced", 1000000, "GJ"),
            row("rated_power", 660, "MW", obtained="design"), row("running_hours", 1000, "h")]  # fmt: skip
    result = run(POWER, *rows)
    found = {each.id: each.value for each in result.ratios}
    emissions = only(result, "coal").co2_t  # 363,000
    assert emissions == 363000
    assert found["load_factor"] == Fraction(500000, 660000)
    assert found["heat_ratio"] == Fraction(1, 10)
    assert found["supply_intensity"] == emissions * Fraction(9, 10) / 475000
    assert found["heat_intensity"] == emissions / 10 / 100000


REFUSED = [
    (row("fuel.coal.amount", 1, "t"), []),  # an item of one's own is let in; its other values are then missing
    (row("fuels.coke.amount", 1, "t"), ["sector.parameter-unknown"]),
    (row("fuel.coke.amount", 1, "MWh"), ["sector.unit"]),
    (row("fuel.coke.amount", 1, "GJ_gcv"), ["sector.unit"]),
    (row("fuel.coke.amount", -1, "t"), ["sector.range"]),
    (row("fuel.coke.amount", 1, "t", 13), ["sector.month"]),
    (row("fuel.coke.amount", 1, "t", obtained="guessed"), ["sector.obtained"]),
    (row("fuel.coke.amount", "", "t"), ["sector.value-missing"]),
    (row("fuel.coke.amount", 1, "t", process="weaving"), ["sector.process-unknown"]),
    (row("fuel.coke.amount", 1, "t", entity=""), ["sector.entity-missing"]),
]


@pytest.mark.parametrize(("bad", "expected"), REFUSED)
def test_a_row_that_cannot_be_is_refused_with_rule_and_mend(bad, expected):
    statement = read_statement([(2, bad)], STEEL)
    assert [problem.code for problem in statement.problems] == expected
    for problem in statement.problems:
        assert "?" not in problem.sentence("en")
        assert "?" not in problem.sentence("zh")


def test_a_share_above_one_is_refused():
    aviation = sector_methods()["cn-aviation-2013"]
    assert codes(run(aviation, row("flight.jet.amount", 1, "t"), row("flight.jet.bio_share", 1.2, "1"))) == [
        "sector.range"
    ]
    assert codes(run(aviation, row("flight.jet.amount", 1, "t"), row("flight.jet.bio_share", 20, "%"))) == []


def test_the_same_place_and_month_twice_is_refused_both_times():
    result = run(STEEL, row("fuel.coke.amount", 1, "t", 1), row("fuel.coke.amount", 2, "t", 1))
    assert codes(result) == ["sector.twice"]
    assert not result.sources


def test_a_form_that_nobody_filled_in_says_nothing():
    blank = row("fuel.coke.amount", "", "t", 1, obtained="", entity="")
    statement = read_statement([(2, blank)], STEEL)
    assert (statement.rows_in, list(statement.problems)) == (0, [])


def test_a_default_that_differs_by_year_is_that_of_the_year_else_the_newest_and_told():
    other = sector_methods()["cn-other-industry-2015"]
    bought = row("electricity_bought", 100, "MWh")
    told = {}
    for year, expected in ((2022, "53.66"), (2023, "53.06"), (2025, "53.06"), (None, "53.06")):
        result = run(other, bought, year=year)
        assert (codes(result), only(result, "electricity").co2_t) == ([], Fraction(expected))
        told[year] = codes(result, "warning")
    newest = ["sector.default-of-year"]
    assert told == {2022: [], 2023: [], 2025: newest, None: newest}
    assert codes(run(other, bought, year=2019)) == ["sector.missing"]


def test_processes_of_steel_stand_beside_the_total_of_the_enterprise():
    result = run(
        STEEL,
        row("fuel.coke.amount", 1000, "t"),
        row("fuel.coke.amount", 400, "t", process="炼铁"), row("output_fuel.bfg.amount", 100, "万Nm3", process="ironmaking"),
    )  # fmt: skip
    found = record(result)
    # 400 x 28.435 x 0.02942 x 44/12 = 1226.95; 100 x 33.000 x 0.0708 x 44/12 = 856.68
    process = next(each for each in found["by_process"] if each["process"] == "ironmaking")
    assert process["t_co2"] == "370.27"
    (entity,) = found["by_entity"]
    assert entity["t_co2"] == "3067.38"
    assert entity["summary_t"] == "3067"
    assert only(result, "process").source.counts is False


def test_what_is_removed_is_subtracted_and_a_note_stands_outside():
    paper = sector_methods()["cn-paper-2015"]
    result = run(
        paper,
        row("limestone", 1000, "t"),
        row("methane_recovered", 1, "t"),
        row("biomass.bark.amount", 10, "t"),
        row("biomass.bark.ef", 1.5, "tCO2/t"),
    )
    (entity,) = record(result)["by_entity"]
    assert entity["t_co2e"] == "384"  # 405 - 21
    assert entity["equation"] == "limestone - methane_recovered"
    assert {each["source"] for each in record(result)["by_source"]} == {"limestone", "methane_recovered", "biomass"}


def test_a_value_that_no_equation_reads_is_told():
    assert codes(run(STEEL, row("fuel.coke.amount", 1, "t", process="power")), "warning") == ["sector.not-used"]


def test_the_implied_factor_that_jumps_by_eleven_per_cent_is_told():
    before = record(
        run(POWER, row("coal.conventional.amount", 1000, "t"), row("coal.conventional.c_ar", "0.50", "tC/t"))
    )
    now = record(run(POWER, row("coal.conventional.amount", 1000, "t"), row("coal.conventional.c_ar", "0.555", "tC/t")))
    (problem,) = jumps(now, before)
    assert problem.code == "sector.jump"
    assert problem.values["change"] == "+11.0"
    assert jumps(now, now) == []
    near = record(
        run(POWER, row("coal.conventional.amount", 1000, "t"), row("coal.conventional.c_ar", "0.549", "tC/t"))
    )
    assert jumps(near, before) == []


def test_the_differences_of_company_and_verifier_are_listed():
    company = record(
        run(POWER, row("coal.conventional.amount", 1000, "t"), row("coal.conventional.c_ar", "0.50", "tC/t"))
    )
    verifier = record(
        run(POWER, row("coal.conventional.amount", 1010, "t"), row("coal.conventional.c_ar", "0.50", "tC/t"))
    )
    found = {each["figure"]: each["difference"] for each in differences(company, verifier)}
    assert found["coal.conventional.amount (t)"] == "10"
    assert found["total (t CO2e)"] == found["coal (t CO2e)"] == "18.15"


MONTHLY = st.lists(st.tuples(st.integers(1, 10**6), st.decimals("15", "30", places=3)), min_size=1, max_size=12)


@given(MONTHLY)
@settings(max_examples=60, deadline=None)
def test_without_rounding_the_year_is_the_sum_of_its_months(months):
    method = sector_methods()["cn-other-industry-2015"]
    rows = []
    for month, (amount, ncv) in enumerate(months, 1):
        rows += [row("fuel.bituminous.amount", amount, "t", month), row("fuel.bituminous.ncv", ncv, "GJ/t", month)]
    expected = (
        sum(Fraction(amount) * Fraction(str(ncv)) for amount, ncv in months)
        * Fraction("0.02618")
        * Fraction("0.93")
        * 44
        / 12
    )
    assert only(run(method, *rows), "fuel").co2_t == expected


@given(st.permutations(range(6)))
@settings(max_examples=20, deadline=None)
def test_the_order_of_the_rows_does_not_matter(order):
    rows = [row("fuel.coke.amount", 10 + each, "t", each + 1) for each in range(6)]
    one = only(run(STEEL, *rows), "fuel").co2_t
    assert only(run(STEEL, *(rows[each] for each in order)), "fuel").co2_t == one
