"""Allowances by the plans of the national market.

Published cases: CN-H25 and CN-H32 of ``tests/cases/china_cases.json``. Where no published case exists, the number is worked by hand beside
the equation (sheet 02 of the rules: section 3.1 supply basis, 3.2 generation basis, 3.3 draft, 4 other sectors).
"""

import json
from decimal import Decimal
from fractions import Fraction
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hengtan.market.allocation import IntensityRule, allocate, plan_of, plans, read_plan, solve
from hengtan.market.allocation.power import load_correction
from hengtan.problems import HengtanError

CASES = {
    case["id"]: case
    for case in json.loads((Path(__file__).parents[1] / "cases/china_cases.json").read_text("utf-8"))["cases"]
}
RULE = IntensityRule(Fraction("0.15"), Fraction("0.2"), Fraction("0.03"))
UNIT = {
    "entity": "Plant", "unit_name": "1", "class": "I", "rated_mw": "660", "generation_mwh": "3000000", "supply_mwh": "2800000",
    "heat_gj": "0", "load_factor": "0.9", "heat_ratio": "0", "cooling": "water", "verified_t": "2300000",
}  # fmt: skip


def power(year, kind="benchmark", **cells):
    """The allocation of one unit."""
    return allocate([(2, UNIT | cells)], plan_of("power", year), year, kind)


def one(year, kind="benchmark", **cells):
    allocation = power(year, kind, **cells)
    assert not allocation.rejected, [problem.sentence() for problem in allocation.problems]
    return allocation.allotments[0]


def codes(allocation):
    return {problem.code for problem in allocation.problems}


def test_the_case_of_the_plan_of_2023_to_2024():
    case = CASES["CN-H25"]
    given, expected = case["inputs"], case["expected"]
    unit = one(
        given["year"], **{"class": given["class"]}, generation_mwh=str(given["generation_mwh"]),
        heat_gj=str(given["heat_gj"]), load_factor=str(given["load_factor"]),
    )  # fmt: skip
    terms = {term.symbol: term.value for term in unit.terms}
    assert round(float(terms["Ff"]), 6) == expected["Ff"]
    assert int(unit.power) == expected["Ae"]
    assert unit.heat == expected["Ah"]
    assert unit.initial == expected["A"]


def test_the_case_of_the_intensity_coefficient():
    case = CASES["CN-H32"]
    given, expected = case["inputs"], case["expected"]
    rows = [
        (row, {"entity": f"E{row}", "line": "1", "sector": "cement", "verified_t": str(given["verified_t"]),
               "intensity": str(intensity), "balance_value": str(given["benchmark"])})
        for row, intensity in enumerate(given["intensities"], 2)
    ]  # fmt: skip
    for year in (2025, 2026):
        found = allocate(rows, plan_of("cement", year), year).allotments
        terms = [{term.symbol: term.value for term in each.terms} for each in found]
        assert [float(each["X"]) * 100 for each in terms] == pytest.approx(expected["X_pct"])
        assert [float(each["alpha"]) for each in terms] == pytest.approx(expected["alpha"])
        assert [each.initial for each in found] == expected["allowances"]


BY_HAND = [
    # 3.1: A = Qe Be Fl Fr Ff + Qh Bh. Conventional coal, pure condensing, 2019: 2,800,000 x 0.877 = 2,455,600
    (2019, {}, 2455600),
    # air cooling 1.05; load factor 0.82: 1 + 0.0014 x (85 - 82) = 1.0042; 2,455,600 x 1.05 x 1.0042 = 2,589,209.196
    (2019, {"cooling": "air", "load_factor": "0.82"}, 2589209),
    # load factor 0.78: 1.007 + 0.0016 x (80 - 78) = 1.0102; 2,455,600 x 1.0102 = 2,480,647.12
    (2020, {"load_factor": "0.78"}, 2480647),
    # load factor 0.70: 1.015^(16 - 14) = 1.030225; 2,455,600 x 1.030225 = 2,529,820.51
    (2020, {"load_factor": "0.70"}, 2529820),
    # heat: Fr = 1 - 0.22 x 0.2 = 0.956, no load correction in 2019; 2,455,600 x 0.956 + 1,000,000 x 0.126 = 2,473,553.6
    (2019, {"heat_ratio": "0.2", "heat_gj": "1000000", "load_factor": "0.70"}, 2473553),
    # 2022: the load correction covers co-generating units; 2,800,000 x 0.8177 x 0.956 x 1.030225 + 1,000,000 x 0.1105
    #   = 2,289,560 x 0.98489510 + 110,500 = 2,365,476.42
    (2022, {"heat_ratio": "0.2", "heat_gj": "1000000", "load_factor": "0.70"}, 2365476),
    # class III has no load correction: 2,800,000 x 0.9303 = 2,604,840
    (2022, {"class": "III", "load_factor": "0.5"}, 2604840),
    # gas 2021: Fl 1 whatever the cooling, Fr = 1 - 0.6 x 0.3 = 0.82; 2,800,000 x 0.392 x 0.82 + 500,000 x 0.056 = 928,032
    (2021, {"class": "IV", "cooling": "", "heat_ratio": "0.3", "heat_gj": "500000", "load_factor": ""}, 928032),
    # 3.2: A = Qe Be Ff + Qh Bh; 2024, F = 0.65 is not below 65 %: 3,000,000 x 0.791 = 2,373,000
    (2024, {"load_factor": "0.65", "cooling": "air"}, 2373000),
    # F = 0.5: 1.015^6 = 1.093443264; 3,000,000 x 0.8049 x 1.093443264 = 2,640,337.4 (class II)
    (2024, {"load_factor": "0.5", "class": "II", "rated_mw": "399"}, 2640337),
    # 3.3 draft: 1 from 50 % on
    (2025, {"load_factor": "0.5"}, 2370600),
]


@pytest.mark.parametrize(("year", "cells", "allowances"), BY_HAND)
def test_units_worked_by_hand(year, cells, allowances):
    assert one(year, **cells).initial == allowances


def test_the_draft_correction_is_rounded_to_six_decimals():
    # 7.254 - 0.633 (1 - e^(-40/29.822)) - 5.643 (1 - e^(-40/6.871)): e^-1.341292 = 0.261507, e^-5.821569 = 0.002963
    #   = 7.254 - 0.633 x 0.738493 - 5.643 x 0.997037 = 7.254 - 0.467466 - 5.626280 = 1.160254
    found = load_correction(plan_of("power", 2025).load, Fraction("0.4"))
    assert (found * 10**6).denominator == 1
    assert float(found) == pytest.approx(1.160254, abs=2e-6)


def test_balance_values_are_another_kind():
    # 3,000,000 x 0.7982 = 2,394,600
    assert one(2023, "balance").initial == 2394600
    with pytest.raises(HengtanError) as raised:
        power(2024, "balance")
    assert raised.value.problems[0].code == "ets.plan-kind"


def test_a_gas_unit_is_raised_to_its_emissions_and_a_coal_unit_is_not():
    gas = one(2023, **{"class": "IV"}, load_factor="", verified_t="1200000")
    assert (gas.initial, gas.final, gas.rule) == (991500, 1200000, "gas-exempt")
    rich = one(2023, **{"class": "IV"}, load_factor="", verified_t="900000")
    assert (rich.final, rich.rule) == (991500, "benchmark")
    assert one(2023, verified_t="9000000").final == 2385000


def test_the_gap_of_an_entity_is_capped_at_a_fifth_of_its_emissions():
    # two units: 2,385,000 each; verified 7,000,001 together; 0.8 x 7,000,001 = 5,600,000.8
    rows = [(2, UNIT | {"verified_t": "4000000"}), (3, UNIT | {"unit_name": "2", "verified_t": "3000001"})]
    (entity,) = allocate(rows, plan_of("power", 2023), 2023).entities
    assert (entity.initial, entity.final, entity.topped_up) == (4770000, 5600000, 830000)
    assert (entity.verified, entity.to_buy) == (7000001, 1400001)
    assert round(float(entity.gap_rate_pct), 2) == 20.0


def test_issuing_and_clawing_back_in_stages():
    # 70 % of last year's 3,000,001 t = 2,100,000.7; the final allocation is 2,385,000
    (entity,) = power(2023, previous_verified_t="3000001").entities
    assert (entity.pre_allocation, entity.to_issue) == (2100000, 285000)
    (entity,) = power(2023, previous_verified_t="4000000", verified_t="1000000").entities
    assert (entity.pre_allocation, entity.to_issue) == (2800000, -415000)
    # borrowing 2021-2022: the gap is 2,900,000 - 2,301,040 = 598,960 (20.65 %, capped to 580,000); half of it
    (entity,) = power(2021, verified_t="2900000").entities
    assert (entity.final, entity.to_buy, entity.may_borrow) == (2320000, 580000, 290000)
    assert power(2021, verified_t="2400000").entities[0].may_borrow == 0  # a gap of 4 %


def test_special_cases_get_what_they_emitted_or_are_left_out():
    draft = one(2025, special="biomass-above-20", verified_t="123")
    assert (draft.initial, draft.final) == (123, 123)
    allocation = power(2023, special="special-fuel")
    assert allocation.allotments[0].final == 0
    assert not allocation.entities  # its emissions are not owed under this plan


REFUSED = [
    ({"load_factor": "90"}, "ets.share-above-one"),
    ({"heat_ratio": "1.2", "heat_gj": "1"}, "ets.share-above-one"),
    ({"rated_mw": "300"}, "ets.class-rated"),
    ({"class": "II"}, "ets.class-rated"),
    ({"class": "V"}, "ets.class-unknown"),
    ({"generation_mwh": ""}, "ets.output-missing"),
    ({"supply_mwh": "3000001"}, "ets.supply-above-generation"),
    ({"generation_mwh": "-1", "supply_mwh": ""}, "ets.negative"),
    ({"verified_t": ""}, "ets.verified-missing"),
    ({"load_factor": ""}, "ets.load-missing"),
    ({"special": "magic"}, "ets.special-unknown"),
    ({"entity": ""}, "ets.name-missing"),
]


@pytest.mark.parametrize(("cells", "code"), REFUSED)
def test_a_unit_that_cannot_be_is_refused_with_rule_and_mend(cells, code):
    allocation = power(2023, **cells)
    assert allocation.rejected == 1
    assert not allocation.entities
    (problem,) = [each for each in allocation.problems if each.code == code]
    for lang in ("en", "zh"):
        assert problem.reason(lang)
        assert problem.mend(lang)
        assert "?" not in problem.sentence(lang)


@pytest.mark.parametrize(
    ("cells", "code"),
    [
        ({"cooling": "wind"}, "ets.cooling-unknown"),
        ({"heat_gj": "5", "heat_ratio": ""}, "ets.heat-ratio-missing"),
        ({"heat_ratio": "0.1"}, "ets.heat-missing"),
    ],
)
def test_the_supply_basis_asks_for_more(cells, code):
    assert code in codes(power(2019, **cells))


def test_one_bad_unit_leaves_its_entity_without_a_total_and_the_others_whole():
    rows = [(2, UNIT), (3, UNIT | {"unit_name": "2", "load_factor": "3"}), (4, UNIT | {"entity": "Other"})]
    allocation = allocate(rows, plan_of("power", 2023), 2023)
    assert [each.name for each in allocation.allotments] == ["1", "1"]
    assert [each.entity for each in allocation.entities] == ["Other"]
    assert "ets.entity-incomplete" in codes(allocation)


def test_a_unit_that_stands_twice_is_refused_both_times():
    allocation = allocate([(2, UNIT), (3, UNIT)], plan_of("power", 2023), 2023)
    assert allocation.rejected == 2
    assert codes(allocation) >= {"ets.twin"}


# --- steel, cement, aluminium


def line(row, emissions, intensity, **more):
    return (row, {"entity": f"E{row}", "line": "1", "sector": "steel", "verified_t": str(emissions),
                  "intensity": str(intensity)} | more)  # fmt: skip


def test_in_2024_allowances_equal_the_verified_emissions():
    found = allocate([line(2, 1234567, "")], plan_of("steel", 2024), 2024)
    assert (found.allotments[0].final, found.entities[0].to_buy) == (1234567, 0)


def test_the_balance_value_of_two_lines_by_hand():
    # E 100 at I 1, E 300 at I 2, both within the band: sum E = sum E (1 + 0.15 (1 - I/BP)) -> BP = sum(E I)/sum(E) = 700/400 = 1.75
    # X = 0.4286 is outside, so line 1 gets +3 %: 100 x 0.03 + 300 x 0.15 x (1 - 2/BP) = 0 -> 1 - 2/BP = -0.066667 -> BP = 1.875
    # X of line 1 = 0.4667 (outside, agrees), of line 2 = -0.0667 (inside, agrees)
    balance = solve([(Fraction(100), Fraction(1)), (Fraction(300), Fraction(2))], RULE)
    assert balance.value == Fraction("1.875")
    assert (balance.inside, balance.better, balance.worse, balance.residual) == (1, 1, 0, 0)
    assert balance.is_unique


def test_where_nothing_lies_in_the_band_every_value_between_balances():
    balance = solve([(Fraction(1), Fraction(1)), (Fraction(1), Fraction(10))], RULE)
    assert not balance.is_unique
    # line 1 is better from BP = 1/0.8 on, line 2 worse up to BP = 10/1.2
    assert (balance.low, balance.high) == (Fraction("1.25"), Fraction(10) / Fraction("1.2"))
    assert balance.residual == 0


LINES = st.lists(
    st.tuples(st.integers(1, 10**7).map(Fraction), st.decimals("0.05", "20", places=4).map(Fraction)),
    min_size=1,
    max_size=40,
)


@given(LINES)
@settings(max_examples=150, deadline=None)
def test_at_the_balance_value_all_that_is_allocated_equals_all_that_was_emitted(lines):
    balance = solve(lines, RULE)
    total = sum(e * (1 + RULE.alpha(RULE.x(balance.value, i))) for e, i in lines)
    assert total == sum(e for e, _ in lines)
    for other, sign in ((balance.low * Fraction(999, 1000), -1), (balance.high * Fraction(1001, 1000), 1)):
        assert sign * sum(e * RULE.alpha(RULE.x(other, i)) for e, i in lines) > 0  # and at no other


@given(LINES, st.integers(2, 9))
@settings(max_examples=40, deadline=None)
def test_the_balance_value_scales_with_the_intensities_and_not_with_the_emissions(lines, times):
    value = solve(lines, RULE).value
    assert solve([(e, i * times) for e, i in lines], RULE).value == value * times
    assert solve([(e * times, i) for e, i in lines], RULE).value == value


def test_the_file_is_the_sector_unless_it_gives_the_value():
    rows = [line(2, 100, 1), line(3, 300, 2)]
    solved = allocate(rows, plan_of("steel", 2025), 2025)
    assert solved.balances["steel"].value == Fraction("1.875")
    assert [each.final for each in solved.allotments] == [103, 297]
    given = allocate([line(2, 100, 1, balance_value="1"), line(3, 300, 2)], plan_of("steel", 2025), 2025)
    assert [each.final for each in given.allotments] == [100, 291]
    differing = [line(2, 100, 1, balance_value="1"), line(3, 300, 2, balance_value="2")]
    assert codes(allocate(differing, plan_of("steel", 2025), 2025)) >= {"ets.balance-differs"}


def test_a_special_line_gets_what_it_emitted_and_does_not_move_the_balance():
    rows = [line(2, 100, 1, sector="cement"), line(3, 300, 2, sector="cement"),
            line(4, 9999, 5, sector="cement", special="carbide-slag", special_rate="0.16")]  # fmt: skip
    found = allocate(rows, plan_of("cement", 2025), 2025)
    assert found.allotments[2].final == 9999
    assert found.balances["cement"].value == Fraction("1.875")
    below = allocate([*rows[:2], line(4, 9999, 5, sector="cement", special="carbide-slag", special_rate="0.16")],
                     plan_of("cement", 2026), 2026)  # fmt: skip
    assert below.allotments[2].rule == "intensity"  # the draft begins at 30 %


def test_the_intensity_of_cement_follows_from_its_output_and_that_of_steel_does_not():
    row = line(2, 860, "", sector="cement", output_t="1000", balance_value="0.86")
    assert allocate([row], plan_of("cement", 2025), 2025).allotments[0].final == 860
    assert codes(allocate([line(2, 860, "", output_t="1000")], plan_of("steel", 2025), 2025)) >= {
        "ets.intensity-missing"
    }


# --- plans as data


def test_every_number_of_a_plan_has_a_source_and_a_mark():
    for plan in plans().values():
        sources = [plan.source, plan.published_source, *(rule.source for rule in plan.rules.values())]
        sources += [each.source for each in plan.benchmarks.values()] + [case.source for case in plan.special]
        sources += [plan.load.source] if plan.load else []
        assert all(source.startswith(("read: ", "known: ")) for source in sources), plan.id
        assert plan.draft == ("draft" in plan.id)


def test_the_years_2019_to_2026_have_a_plan():
    assert [year for year in range(2019, 2027) if plan_of("power", year) is None] == []
    assert [year for year in range(2024, 2027) if plan_of("aluminium", year) is None] == []
    assert plan_of("steel", 2023) is None
    assert plan_of("power", 2027) is None


def test_a_plan_of_ones_own_is_read_and_a_broken_one_told_whole(tmp_path):
    text = (Path(__file__).parents[2] / "src/hengtan/market/allocation/data/industry-2025.yaml").read_text("utf-8")
    own = tmp_path / "own.yaml"
    own.write_text(text.replace('most: "0.03"', 'most: "0.02"').replace('band: "0.2"', 'band: "0.1"'), "utf-8")
    found = allocate([line(2, 1000, 1, balance_value="2")], read_plan(own), 2025)
    assert found.allotments[0].final == 1020
    own.write_text(text.replace("source: ", "sauce: ").replace('"0.15"', "0.15"), "utf-8")
    with pytest.raises(HengtanError) as raised:
        read_plan(own)
    assert len(raised.value.problems) > 3


def test_totals_are_whole_and_never_above_the_exact_sum():
    unit = one(2022, supply_mwh="2800001.37", heat_gj="17.3", heat_ratio="0.001")
    assert 0 <= Decimal(float(unit.power + unit.heat)) - unit.initial < 1


# --- what a file may say, and what follows for an entity


@pytest.mark.parametrize(
    ("cells", "expected"),
    [
        ({"class": "Ⅰ类"}, "I"),
        ({"class": "class I"}, "I"),
        ({"class": "1"}, "I"),
        ({"class": "300MW等级以上常规燃煤机组"}, "I"),
        ({"class": "燃煤矸石、煤泥、水煤浆等非常规燃煤机组（含燃煤循环流化床机组）"}, "III"),
        ({"class": "燃气机组"}, "IV"),
        ({"class": "gas", "cooling": "直接空冷"}, "IV"),
    ],
)
def test_classes_and_cooling_are_known_by_their_names_in_the_plans(cells, expected):
    assert one(2022, **cells) == one(2022, **{**cells, "class": expected})


def test_a_class_without_the_rated_power_is_taken_and_told():
    allocation = power(2023, rated_mw="")
    assert (allocation.rejected, allocation.allotments[0].initial) == (0, 2385000)
    assert "ets.rated-missing" in codes(allocation)


def test_an_entity_below_the_threshold_of_the_draft_gets_what_it_emitted():
    """3.3: entities below 26,000 t: allocation = verified emissions; 25,999 t in two units, and 26,000 t in one."""
    rows = [(2, UNIT | {"verified_t": "20000"}), (3, UNIT | {"unit_name": "2", "verified_t": "5999"}),
            (4, UNIT | {"entity": "Other", "verified_t": "26000"})]  # fmt: skip
    small, other = allocate(rows, plan_of("power", 2025), 2025).entities
    assert (small.final, small.verified, small.to_buy) == (25999, 25999, 0)
    assert other.final == 2370600
    assert allocate(rows[:2], plan_of("power", 2024), 2024).entities[0].final == 4746000  # the plan of 2024 has none


def test_a_special_case_that_counts_above_a_rate_needs_the_rate_and_then_an_intensity():
    cement = {"sector": "cement", "special": "电石渣替代率超过 15%"}
    asked = allocate([line(2, 100, 1, **cement)], plan_of("cement", 2025), 2025)
    assert codes(asked) >= {"ets.special-rate-missing"}
    below = allocate([line(2, 100, "", **cement, special_rate="0.1")], plan_of("cement", 2025), 2025)
    assert codes(below) >= {"ets.intensity-missing"}
    above = allocate([line(2, 100, "", **cement, special_rate="0.16")], plan_of("cement", 2025), 2025)
    assert above.allotments[0].rule == "special:carbide-slag"


def test_an_intensity_that_is_not_emissions_over_output_is_told():
    rows = [line(2, 860, "0.9", sector="cement", output_t="1000", balance_value="0.86")]
    allocation = allocate(rows, plan_of("cement", 2025), 2025)
    assert (allocation.rejected, codes(allocation)) == (0, {"ets.intensity-differs"})


@pytest.mark.parametrize("name", ["钢铁", "钢铁行业", "Iron and Steel", "steel"])
def test_sectors_have_their_names(name):
    assert allocate([line(2, 100, 1, sector=name)], plan_of("steel", 2025), 2025).rejected == 0
