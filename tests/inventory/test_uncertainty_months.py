"""Intervals of months: cases by hand beside their equations, laws, whole runs."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal
from math import isclose, sqrt

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hengtan.connectors import read
from hengtan.engine import Engine
from hengtan.factors import load_policy, open_library
from hengtan.inventory.problem_file import Problems
from hengtan.inventory.replay import differences
from hengtan.inventory.rules import Rules
from hengtan.inventory.run import Options, calculate
from hengtan.inventory.totals import month_parts
from hengtan.inventory.uncertainty_months import day_shares

FACTORS = """factor_id,name,activity_unit,co2e_kg,gwp_set,scope,ghgp_category,category,uncertainty_pct,source_title,licence
own-gas,Gas of ours,kWh_gcv,0.2,AR5,1,,stationary_combustion,10,our lab,ours
own-oil,Oil of ours,kWh_gcv,0.3,AR5,1,,stationary_combustion,,our lab,ours
own-coke,Coke of ours,kWh_gcv,0.4,AR5,1,,stationary_combustion,5,our lab,ours
"""
HEAD = "activity_id,facility,start,end,quantity,unit,region,factor_id,uncertainty_pct\n"


def run(folder, rows, *, name="out", draws=0, threads=2, out=True):
    """rows: (start, end, quantity, factor, uncertainty_pct)."""
    (folder / "own.csv").write_text(FACTORS, "utf-8")
    text = HEAD + "".join(
        f"{n},plant,{start},{end},{quantity},kWh_gcv,GB,{factor},{pct}\n"
        for n, (start, end, quantity, factor, pct) in enumerate(rows, 1)
    )
    (folder / "rows.csv").write_text(text, "utf-8")
    rules = Rules(open_library([folder / "own.csv"]), load_policy("default"))
    taken = read([folder / "rows.csv"])
    return calculate(
        taken.sources, rules, Options(draws=draws), folder / name if out else None, engine=Engine(threads=threads),
        problems=Problems(),
    )  # fmt: skip


def months(found):
    return found.summary["uncertainty_by_month"]


def bounds(found, month, scope="scope1"):
    said = months(found)[month][scope]
    return float(said["p2_5_kg"]), float(said["p97_5_kg"])


JAN, FEB = ("2024-01-01", "2024-01-31"), ("2024-02-01", "2024-02-29")


def test_two_fuels_of_a_month_combine_as_the_guidelines_say(tmp_path):
    # 2006 IPCC Guidelines, volume 1, chapter 3. Equation 3.1, a product: U = sqrt(U_quantity^2 + U_factor^2)
    #   gas   1000 kWh x 0.2 = 200 kg, sqrt(10^2 + 0^2) = 10 % -> 20 kg
    #   coke  1000 kWh x 0.4 = 400 kg, sqrt(5^2 + 0^2)  =  5 % -> 20 kg
    # Equation 3.2, a sum: U x = sqrt(20^2 + 20^2) = 28.2843 kg around 600 kg
    found = run(tmp_path, [(*JAN, 1000, "own-gas", ""), (*JAN, 1000, "own-coke", "")])
    assert bounds(found, "2024-01") == pytest.approx((600 - 28.2843, 600 + 28.2843), abs=1e-3)


def test_a_quantity_and_its_factor_combine_as_a_product(tmp_path):
    # Equation 3.1: sqrt(3^2 + 5^2) = 5.8310 % of 400 kg = 23.324 kg; the product of the errors themselves adds 0.06 %.
    low, high = bounds(run(tmp_path, [(*JAN, 1000, "own-coke", "3")]), "2024-01")
    assert (high - low) / 2 == pytest.approx(400 * sqrt(0.03**2 + 0.05**2), rel=1e-3)


def test_rows_of_a_month_that_share_a_factor_add_up_their_half_widths(tmp_path):
    # Fully correlated: U x = 10 % of 200 kg + 10 % of 400 kg = 60 kg, not sqrt(20^2 + 40^2) = 44.7 kg.
    found = run(tmp_path, [(*JAN, 1000, "own-gas", ""), (*JAN, 2000, "own-gas", "")])
    assert bounds(found, "2024-01") == pytest.approx((600 - 60, 600 + 60))


def test_the_band_of_a_single_month_is_that_of_the_run(tmp_path):
    rows = [(*JAN, 1000 + 37 * n, ("own-gas", "own-oil", "own-coke")[n % 3], ("", "4", "60")[n % 3]) for n in range(30)]
    found = run(tmp_path, rows)
    assert months(found) == {"2024-01": found.summary["uncertainty"]}


def test_a_month_holds_its_own_rows_alone(tmp_path):
    found = run(tmp_path, [(*JAN, 1000, "own-gas", ""), (*FEB, 3000, "own-coke", "7")])
    alone = run(tmp_path, [(*FEB, 3000, "own-coke", "7")], name="alone")
    assert bounds(found, "2024-01") == pytest.approx((180, 220))
    assert months(found)["2024-02"] == alone.summary["uncertainty"]


def test_a_row_over_two_months_has_in_each_the_share_of_its_days_with_its_whole_relative_error(tmp_path):
    # 16 days of January and 15 of February of 31 days; 300 kg in all, its quantity stated within 20 %.
    found = run(tmp_path, [("2024-01-16", "2024-02-15", 1000, "own-oil", "20")])
    for month, days in (("2024-01", 16), ("2024-02", 15)):
        mass = 300 * days / 31
        assert bounds(found, month) == pytest.approx((mass * 0.8, mass * 1.2), rel=1e-6)


def test_a_split_row_and_a_whole_one_are_independent_within_a_month(tmp_path):
    found = run(tmp_path, [("2024-01-16", "2024-02-15", 1000, "own-oil", "20"), (*JAN, 1000, "own-oil", "10")])
    mass = 300 * 16 / 31
    half = sqrt((0.2 * mass) ** 2 + 30**2)
    assert bounds(found, "2024-01") == pytest.approx((mass + 300 - half, mass + 300 + half), rel=1e-6)


def test_months_in_which_nothing_is_stated_have_no_band(tmp_path):
    found = run(tmp_path, [(*JAN, 1000, "own-gas", ""), (*FEB, 1000, "own-oil", "")])
    assert set(months(found)) == {"2024-01"}
    assert months(run(tmp_path, [(*JAN, 1000, "own-oil", "")], name="none")) == {}


def test_an_unstated_part_of_a_month_adds_no_width(tmp_path):
    found = run(tmp_path, [(*JAN, 1000, "own-gas", ""), (*JAN, 1000, "own-oil", "")])
    assert bounds(found, "2024-01") == pytest.approx((500 - 20, 500 + 20))
    assert months(found)["2024-01"]["total"] == months(found)["2024-01"]["scope1"]


def test_the_band_holds_the_sum_of_its_month_and_the_order_of_rows_and_threads_change_no_digit(tmp_path):
    rows = [
        (str(day := date(2024, 1, 1) + timedelta(days=5 * n)), str(day + timedelta(days=n % 45)), n * n + 0.37,
         ("own-gas", "own-oil", "own-coke")[n % 3], ("", "12", "45")[n % 5 % 3])
        for n in range(1, 120)
    ]  # fmt: skip
    one = run(tmp_path, rows, name="one", threads=1)
    other = run(tmp_path, rows, name="other", threads=4)
    back = run(tmp_path, rows[::-1], name="back")
    assert months(one) == months(other) == months(back)
    for month, scopes in months(one).items():
        kg = float(one.summary["by_month"][month]["scope1_kg"])
        assert float(scopes["scope1"]["p2_5_kg"]) < kg < float(scopes["scope1"]["p97_5_kg"]), month
    assert set(months(one)) == set(one.summary["by_month"])


def test_draws_change_the_interval_of_the_run_and_not_those_of_its_months(tmp_path):
    rows = [(*JAN, 1000, "own-gas", "9"), (*FEB, 1000, "own-coke", "")]
    closed, drawn = run(tmp_path, rows, name="closed"), run(tmp_path, rows, name="drawn", draws=2000)
    assert closed.summary["uncertainty"] != drawn.summary["uncertainty"]
    assert months(closed) == months(drawn)


def test_a_dry_run_tells_the_same_months(tmp_path):
    rows = [(*JAN, 1000, "own-gas", "9"), ("2024-01-20", "2024-03-10", 1000, "own-coke", "3")]
    assert months(run(tmp_path, rows)) == months(run(tmp_path, rows, out=False))


def test_a_replay_compares_months_where_the_kept_run_has_them(tmp_path):
    rows = [(*JAN, 1000, "own-gas", "9")]
    run(tmp_path, rows, name="kept")
    run(tmp_path, [(*JAN, 1000, "own-gas", "8")], name="wider")
    told = [each.what for each in differences(tmp_path / "kept", tmp_path / "wider")]
    assert "uncertainty_by_month 2024-01 scope1 p2_5_kg" in told
    older = tmp_path / "kept" / "summary.json"
    older.write_text(older.read_text("utf-8").replace('"uncertainty_by_month"', '"not_known_then"'), "utf-8")
    assert not [
        each for each in differences(tmp_path / "kept", tmp_path / "wider") if each.what.startswith("uncertainty_by")
    ]


@given(st.dates(date(1990, 1, 1), date(2100, 1, 1)), st.integers(0, 4000))
def test_shares_of_days_are_those_by_which_masses_are_split(start, days):
    end = start + timedelta(days=days)
    whole = Decimal("100000")
    parts = dict(month_parts(whole, start, end))
    shares = dict(day_shares(start, end))
    assert list(parts) == list(shares)
    assert isclose(sum(shares.values()), 1, rel_tol=1e-12)
    assert all(isclose(float(whole) * shares[month], float(part), rel_tol=1e-9) for month, part in parts.items())
