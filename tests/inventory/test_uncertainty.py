"""Intervals of 95 %: published cases, laws of variance, correlation, Monte Carlo against the closed form."""

import json
from decimal import Decimal
from math import isclose, sqrt
from pathlib import Path

import pytest

from hengtan.connectors import read
from hengtan.engine import Engine
from hengtan.factors import load_policy, open_library
from hengtan.inventory.keys import Key
from hengtan.inventory.pedigree import combined_gsd2, lognormal_interval, pedigree_gsd2
from hengtan.inventory.problem_file import Problems
from hengtan.inventory.quality_scores import half_width, pedigree
from hengtan.inventory.rules import Rules
from hengtan.inventory.run import Options, calculate
from hengtan.inventory.simulate import simulated
from hengtan.inventory.spread import Spread, Z, fitted
from hengtan.inventory.stated import Amount
from hengtan.inventory.uncertainty_sums import CERTAIN, Model, Weight, closed_form, moments, rounded

PUBLISHED = Path(__file__).parents[1] / "cases" / "published_ghg_cases.json"
CASES = {case["id"]: case for case in json.loads(PUBLISHED.read_text("utf-8"))}


# --- published -------------------------------------------------------------------------------------------------------


def test_scores_that_are_missing_count_as_the_worst_as_published():
    case = CASES["BC-PEDIGREE-0"]
    published = case["expected"]["gsd2"]
    assert isclose(pedigree_gsd2({}, case["inputs"]["coefficients"]), published, rel_tol=1e-12)
    # A cell that holds scores, all of them missing, cannot be written; one known best score is the nearest.
    found = pedigree("completeness=5")
    assert found == Spread.of_gsd2(pedigree_gsd2({"completeness": 5}))


def test_activity_times_factor_with_scores_on_both_gives_the_published_interval():
    case = CASES["BC-SOURCE"]
    given, expected = case["inputs"], case["expected"]
    parts = [pedigree_gsd2(given[f"{kind}_scores"]) for kind in ("activity", "factor")]
    gsd2 = combined_gsd2(parts)
    assert isclose(gsd2, expected["gsd2"], rel_tol=1e-12)
    low, high = lognormal_interval(given["value"] * given["factor"], gsd2)
    assert isclose(low, expected["ci_low"], rel_tol=1e-12)
    assert isclose(high, expected["ci_high"], rel_tol=1e-12)


def test_the_closed_form_gives_the_published_interval_of_one_source():
    case = CASES["BC-SOURCE"]
    given, expected = case["inputs"], case["expected"]
    activity = Spread.of_gsd2(pedigree_gsd2(given["activity_scores"]))
    model = one_key(12, activity, {"F": 100.0}, {"F": Spread.of_gsd2(pedigree_gsd2(given["factor_scores"]))})
    low, high = closed_form(model, "scope1")
    assert isclose(low, expected["ci_low"], rel_tol=1e-9)
    assert isclose(high, expected["ci_high"], rel_tol=1e-9)


# --- what cells say --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("text", ["5;1;2;4;5", "5；1；2；4；5", " 5, 1, 2, 4, 5 ", "5|1|2|4|5"])
def test_bare_scores_stand_in_the_order_of_the_matrix(text):
    scores = {"reliability": 5, "technical": 1, "geographic": 2, "temporal": 4, "completeness": 5}
    assert pedigree(text) == Spread.of_gsd2(pedigree_gsd2(scores))


@pytest.mark.parametrize(
    "text",
    ["temporal=2; geographic=4; reliability=5; technical=1; completeness=5", "可靠性=5；技术=1；地理=4；时间=2；完整性=5",
     "Reliability: 5, Technical: 1, Temporal: 2, Geographic: 4, Completeness: 5"],
)  # fmt: skip
def test_named_scores_may_stand_in_any_order(text):
    assert pedigree(text) == Spread.of_gsd2(pedigree_gsd2(CASES["BC-SOURCE"]["inputs"]["activity_scores"]))


def test_an_empty_place_is_a_missing_score():
    scores = {"reliability": 5, "geographic": 2, "temporal": 4, "completeness": 5}
    assert pedigree("5;;2;4;5") == Spread.of_gsd2(pedigree_gsd2(scores))


@pytest.mark.parametrize("text", ["measured", "A", "3", "实测", "tier 2", "good; invoices"])
def test_a_label_is_no_score(text):
    assert pedigree(text) is None


@pytest.mark.parametrize(
    "text", ["5;1;2", "5;1;2;4;6", "0;1;2;3;4", "reliability=7", "colour=3", "reliability=5;reliability=4"]
)
def test_scores_that_are_wrong_are_not_guessed(text):
    with pytest.raises(ValueError):
        pedigree(text)


@pytest.mark.parametrize("text", ["10", "10 %", "±10%", "10.0", "１０％", "1e1"])
def test_a_half_width_is_read_as_people_write_it(text):
    assert half_width(text) == Spread.of_half_width(10)


@pytest.mark.parametrize("text", ["-5", "about 5", "nan", "inf", "5-10"])
def test_a_half_width_that_is_none_is_refused(text):
    with pytest.raises(ValueError):
        half_width(text)


# --- laws ------------------------------------------------------------------------------------------------------------


def one_key(quantity, activity, per_unit, spreads, number=0, name="scope1") -> Model:
    amount = Amount()
    if activity:
        amount = Amount(
            Decimal(quantity),
            quantity * activity.mean,
            quantity**2 * activity.variance,
            quantity**3 * activity.third,
        )
    key = Key(number, activity_type=f"type {number}", rows=1, quantity=Decimal(quantity))
    return Model(spreads, {name: {number: Weight(key, amount, per_unit)}})


def together(*models: Model) -> Model:
    whole = Model()
    for model in models:
        whole.spreads |= model.spreads
        for name, weights in model.sums.items():
            whole.sums.setdefault(name, {}).update(weights)
    return whole


@pytest.mark.parametrize("percent", [0, 5, 30, 31, 100, 400])
def test_a_single_source_comes_back_as_it_was_stated(percent):
    spread = Spread.of_half_width(percent)
    low, high = closed_form(one_key(1000, spread, {CERTAIN: 1.0}, {}), "scope1")
    expected = spread.interval()
    assert isclose(low, 1000 * expected[0], rel_tol=1e-9)
    assert isclose(high, 1000 * expected[1], rel_tol=1e-9)


def test_a_certain_part_shifts_the_interval_and_does_not_widen_it():
    factor = {"F": Spread.of_half_width(80)}
    low, high = closed_form(one_key(1, None, {"F": 100.0, CERTAIN: 900.0}, factor), "scope1")
    assert isclose(low, 900 + 100 / 1.8, rel_tol=1e-9)
    assert isclose(high, 900 + 180, rel_tol=1e-9)


def test_two_rows_with_one_factor_move_together_and_with_two_factors_they_do_not():
    ten = Spread.of_half_width(10)
    same = together(one_key(100, None, {"A": 1.0}, {"A": ten}), one_key(100, None, {"A": 1.0}, {"A": ten}, 1))
    apart = together(one_key(100, None, {"A": 1.0}, {"A": ten}), one_key(100, None, {"B": 1.0}, {"B": ten}, 1))
    assert closed_form(same, "scope1") == pytest.approx((180, 220))
    half = 10 * sqrt(2)
    assert closed_form(apart, "scope1") == pytest.approx((200 - half, 200 + half))


def test_variances_of_independent_parts_add_up():
    parts = [
        one_key(100 * (number + 1), Spread.of_half_width(5 + number), {f"F{number}": 0.5},
                {f"F{number}": Spread.of_half_width(20 * number)}, number)
        for number in range(4)
    ]  # fmt: skip
    for at in range(3):
        apart = sum(moments(part, "scope1")[at] for part in parts)
        assert moments(together(*parts), "scope1")[at] == pytest.approx(apart, rel=1e-12)


def test_the_errors_of_a_product_combine_as_the_guidelines_say():
    # IPCC 2006, volume 1, chapter 3, Approach 1: relative half-widths of a product combine as the root of squares.
    model = one_key(1000, Spread.of_half_width(3), {"F": 2.0}, {"F": Spread.of_half_width(4)})
    mean, variance, _ = moments(model, "scope1")
    assert Z * sqrt(variance) / mean == pytest.approx(0.05, rel=1e-3)


def test_scaling_every_emission_scales_the_interval():
    spread = {"F": Spread.of_half_width(60)}
    one = closed_form(one_key(10, Spread.of_half_width(50), {"F": 2.0}, spread), "scope1")
    ten = closed_form(one_key(100, Spread.of_half_width(50), {"F": 2.0}, spread), "scope1")
    assert ten == pytest.approx((10 * one[0], 10 * one[1]))


def test_moments_of_a_lognormal_come_back_from_the_fit():
    spread = Spread.of_half_width(150)
    fit = fitted(spread.mean, spread.variance, spread.third)
    assert fit.shift == pytest.approx(0, abs=1e-9)
    assert fit.sigma == pytest.approx(spread.sigma)
    assert fitted(-spread.mean, spread.variance, -spread.third).interval() == pytest.approx(
        tuple(-bound for bound in reversed(spread.interval()))
    )


def mixed() -> Model:
    shared = {"F0": Spread.of_half_width(8), "F1": Spread.of_half_width(70), "F2": Spread.of_half_width(25)}
    keys = [
        one_key(100.0 + 37 * n, Spread.of_half_width([None, 5, 45, 90][n % 4]) if n % 4 else None,
                {f"F{n % 3}": 1.0 + n / 7, CERTAIN: 0.2}, shared, n)
        for n in range(12)
    ]  # fmt: skip
    return together(*keys)


def test_the_closed_form_agrees_with_monte_carlo_within_the_error_of_sampling():
    model = mixed()
    low, high = closed_form(model, "scope1")
    drawn_low, drawn_high = simulated(model, 200_000)["scope1"]
    width = high - low
    assert abs(drawn_low - low) < 0.01 * width
    assert abs(drawn_high - high) < 0.01 * width


def test_monte_carlo_draws_the_same_digits_every_time_and_other_draws_are_near():
    assert simulated(mixed(), 20_000) == simulated(mixed(), 20_000)
    assert simulated(mixed(), 20_000) != simulated(mixed(), 30_000)


def test_a_factor_draws_the_same_errors_whatever_else_is_in_the_run():
    spread = Spread.of_half_width(10)
    alone = one_key(100, None, {"A": 1.0}, {"A": spread})
    more = together(alone, one_key(100, None, {"B": 1.0}, {"B": spread}, 1, "scope3"))
    assert simulated(alone, 1000)["scope1"] == simulated(more, 1000)["scope1"]


def test_bounds_are_rounded_to_seven_digits_of_their_width():
    assert rounded(516.2597423212065, 2789.2936093088983) == {"p2_5_kg": "516.26", "p97_5_kg": "2789.294"}
    assert rounded(1200.0, 1200.0) == {"p2_5_kg": "1200", "p97_5_kg": "1200"}


# --- whole runs ------------------------------------------------------------------------------------------------------

FACTORS = """factor_id,name,activity_unit,co2e_kg,gwp_set,scope,ghgp_category,category,uncertainty_pct,source_title,licence
own-gas,Gas of ours,kWh_gcv,0.2,AR5,1,,stationary_combustion,10,our lab,ours
own-oil,Oil of ours,kWh_gcv,0.3,AR5,1,,stationary_combustion,,our lab,ours
own-wild,Wild guess,kWh_gcv,0.5,AR5,1,,stationary_combustion,120,our lab,ours
"""
HEAD = "activity_id,facility,activity_type,start,end,quantity,unit,region,factor_id,uncertainty_pct,data_quality\n"


def run(folder, rows, *, draws=0, threads=2):
    (folder / "own.csv").write_text(FACTORS, "utf-8")
    text = HEAD + "".join(
        f"{n},plant,,2024-01-01,2024-01-31,{quantity},kWh_gcv,GB,{factor},{pct},{quality}\n"
        for n, (quantity, factor, pct, quality) in enumerate(rows, 1)
    )
    path = folder / "rows.csv"
    path.write_text(text, "utf-8")
    rules = Rules(open_library([folder / "own.csv"]), load_policy("default"))
    problems = Problems()
    taken = read([path])
    found = calculate(
        taken.sources, rules, Options(draws=draws), folder / "out", engine=Engine(threads=threads), problems=problems
    )
    return found


def bounds(found, scope="scope1"):
    said = found.summary["uncertainty"][scope]
    return float(said["p2_5_kg"]), float(said["p97_5_kg"])


def test_where_nothing_is_stated_there_is_no_interval_and_the_manifest_says_so(tmp_path):
    found = run(tmp_path, [(1000, "own-oil", "", "")])
    assert found.summary["uncertainty"] == {}
    assert found.manifest["uncertainty"]["stated"]["scope1"]["unstated_pct"] == "100"


def test_an_unstated_part_adds_no_width_and_its_share_is_said(tmp_path):
    found = run(tmp_path, [(1000, "own-gas", "", ""), (1000, "own-oil", "", "")])
    assert bounds(found) == pytest.approx((500 - 20, 500 + 20))
    assert found.manifest["uncertainty"]["stated"]["scope1"] == {
        "factor_pct": "40", "activity_pct": "0", "unstated_pct": "60",
    }  # fmt: skip


def test_rows_that_share_a_factor_share_its_error_and_not_that_of_their_quantities(tmp_path):
    found = run(tmp_path, [(1000, "own-gas", "0", ""), (1000, "own-gas", "", ""), (3000, "own-oil", "20", ""),
                           (3000, "own-oil", "20", "")])  # fmt: skip
    variance = 40**2 + 2 * 180**2
    low, high = bounds(found)
    assert (high - low) / 2 == pytest.approx(sqrt(variance), rel=1e-5)
    assert bounds(found, "total") == bounds(found)


def test_scores_of_one_row_give_its_lognormal_interval(tmp_path):
    found = run(tmp_path, [(4000, "own-oil", "", "5;1;4;2;5")])
    gsd2 = pedigree_gsd2(CASES["BC-SOURCE"]["inputs"]["activity_scores"])
    assert bounds(found) == pytest.approx((1200 / gsd2, 1200 * gsd2), rel=1e-5)


def test_a_stated_half_width_comes_before_scores(tmp_path):
    found = run(tmp_path, [(1000, "own-oil", "10", "1;1;1;1;1")])
    assert bounds(found) == pytest.approx((270, 330))


def test_a_cell_that_cannot_be_read_is_told_and_the_row_is_posted_without_width(tmp_path):
    found = run(
        tmp_path, [(1000, "own-oil", "about 5", ""), (1000, "own-oil", "", "9;9;9;9;9"), (1000, "own-gas", "", "")]
    )
    assert found.summary["rows_posted"] == 3
    assert found.problems.counts["uncertainty.pct-unreadable"] == 1
    assert found.problems.counts["uncertainty.scores-unreadable"] == 1
    told = next(problem for problem in found.problems.listed if problem.code == "uncertainty.pct-unreadable")
    assert (told.row, told.activity_id) == (2, "1")
    assert "about 5" in told.reason("zh")
    assert bounds(found) == pytest.approx((800 - 20, 800 + 20))


def test_the_interval_does_not_depend_on_threads_or_the_order_of_rows(tmp_path):
    rows = [(n * n + 0.37, ("own-gas", "own-oil", "own-wild")[n % 3], str(n % 40), "5;4;3;2;1" if n % 5 else "measured")
            for n in range(1, 400)]  # fmt: skip
    answers = []
    for number, (order, threads) in enumerate([(rows, 1), (rows, 4), (rows[::-1], 2)]):
        folder = tmp_path / str(number)
        folder.mkdir()
        found = run(folder, order, threads=threads)
        drawn = run(folder, order, threads=threads, draws=5000)
        answers.append((found.summary["uncertainty"], drawn.summary["uncertainty"], found.manifest["uncertainty"]))
    assert answers[0] == answers[1] == answers[2]


def test_draws_agree_with_the_closed_form_in_a_whole_run(tmp_path):
    rows = [(1000 + n, ("own-gas", "own-wild")[n % 2], "15", "") for n in range(50)]
    closed, drawn = run(tmp_path, rows), run(tmp_path, rows, draws=100_000)
    (low, high), near = bounds(closed), bounds(drawn)
    assert near == pytest.approx((low, high), abs=0.01 * (high - low))
    assert drawn.manifest["uncertainty"]["method"] == "monte-carlo"


def test_upstream_of_a_row_shares_the_error_of_its_quantity(tmp_path):
    text = HEAD + "1,plant,fuel.natural_gas,2024-01-01,2024-12-31,1000,kWh_gcv,GB,,10,\n"
    path = tmp_path / "rows.csv"
    path.write_text(text, "utf-8")
    rules = Rules(open_library(), load_policy("default"), upstream=True)
    found = calculate(read([path]).sources, rules, Options(upstream=True), None)
    total = 1000 * (0.1829 + 0.03021)
    assert bounds(found, "total") == pytest.approx((0.9 * total, 1.1 * total))


def test_data_quality_labels_are_counted_and_add_up(tmp_path):
    found = run(
        tmp_path, [(1000, "own-oil", "", "measured"), (500, "own-oil", "", "measured"), (100, "own-gas", "", "")]
    )
    assert found.manifest["data_quality"] == [
        {"label": "measured", "rows": 2, "co2e_kg": "450"},
        {"label": "", "rows": 1, "co2e_kg": "20"},
    ]
