"""Every plan, year and kind against its formula, written once more as it stands in sheet 02, sections 3 and 4, with random units.

Nothing here reads the plans of ``market/allocation/data`` but the benchmarks, which ``test_the_benchmarks_are_those_of_the_sheet`` pins.
"""

import math
import random
from fractions import Fraction

import pytest

from hengtan.market.allocation import CLASSES, allocate, plan_of

F = Fraction
# year, kind -> (t/MWh, t/GJ) of class I, II, III, IV, as ets_power_benchmarks.csv prints them
PRINTED = {
    (2019, "benchmark"): [("0.877", "0.126"), ("0.979", "0.126"), ("1.146", "0.126"), ("0.392", "0.059")],
    (2020, "benchmark"): [("0.877", "0.126"), ("0.979", "0.126"), ("1.146", "0.126"), ("0.392", "0.059")],
    (2021, "balance"): [("0.821", "0.111"), ("0.892", "0.111"), ("0.9627", "0.111"), ("0.393", "0.056")],
    (2021, "benchmark"): [("0.8218", "0.1111"), ("0.8773", "0.1111"), ("0.935", "0.1111"), ("0.392", "0.056")],
    (2022, "benchmark"): [("0.8177", "0.1105"), ("0.8729", "0.1105"), ("0.9303", "0.1105"), ("0.3901", "0.0557")],
    (2023, "balance"): [("0.7982", "0.1041"), ("0.8155", "0.1041"), ("0.8352", "0.1041"), ("0.3239", "0.0525")],
    (2023, "benchmark"): [("0.795", "0.1038"), ("0.809", "0.1038"), ("0.8285", "0.1038"), ("0.3305", "0.0536")],
    (2024, "benchmark"): [("0.791", "0.1033"), ("0.8049", "0.1033"), ("0.8244", "0.1033"), ("0.3288", "0.0533")],
    (2025, "benchmark"): [("0.7902", "0.1027"), ("0.8017", "0.1027"), ("0.8162", "0.1027"), ("0.3288", "0.0533")],
    (2026, "benchmark"): [("0.7894", "0.1021"), ("0.7985", "0.1021"), ("0.808", "0.1021"), ("0.3288", "0.0533")],
}  # fmt: skip


def test_the_benchmarks_are_those_of_the_sheet():
    for (year, kind), values in PRINTED.items():
        plan = plan_of("power", year)
        for unit_class, (power, heat) in zip(CLASSES, values, strict=True):
            found = plan.benchmark(year, unit_class, kind)
            assert (found.power, found.heat) == (F(power), F(heat)), (year, kind, unit_class)
    kinds = {(year, kind) for year in range(2019, 2027) for kind in plan_of("power", year).kinds(year)}
    assert kinds == set(PRINTED)


def ff_before(f):
    """3.1: 85 %: 1; 80-85 %: 1 + 0.0014 (85 - 100F); 75-80 %: 1.007 + 0.0016 (80 - 100F); below: 1.015^(16 - 20F)."""
    if f >= 0.85:
        return 1.0
    if f >= 0.80:
        return 1 + 0.0014 * (85 - 100 * f)
    return 1.007 + 0.0016 * (80 - 100 * f) if f >= 0.75 else 1.015 ** (16 - 20 * f)


def ff_draft(f):
    """3.3: 7.254 - 0.633 (1 - e^(-F/29.822)) - 5.643 (1 - e^(-F/6.871)) below 50 %, F in %, six decimals."""
    at = 100 * f
    found = 7.254 - 0.633 * (1 - math.exp(-at / 29.822)) - 5.643 * (1 - math.exp(-at / 6.871))
    return 1.0 if f >= 0.5 else round(found, 6)


def expected(unit, year, kind):
    """A before rounding, in doubles."""
    index = CLASSES.index(unit["class"])
    power, heat = (float(each) for each in PRINTED[year, kind][index])
    f, q = unit["load_factor"], unit["heat_ratio"]
    coal, conventional = index < 3, index < 2
    if year <= 2022:
        load = ff_before(f) if conventional and (year >= 2021 or not unit["heat_gj"]) else 1
        cooling = 1.05 if coal and unit["cooling"] == "air" else 1
        corrected = unit["supply_mwh"] * power * cooling * (1 - (0.22 if coal else 0.6) * q) * load
    else:
        load = (1.015 ** (16 - 20 * f) if f < 0.65 else 1) if year <= 2024 else ff_draft(f)
        corrected = unit["generation_mwh"] * power * (load if conventional else 1)
    return corrected + unit["heat_gj"] * heat


def units(year, rng, count=60):
    for number in range(count):
        unit_class = CLASSES[number % 4]
        generation = round(rng.uniform(2e5, 5e6), 2)
        heat = round(rng.uniform(1e4, 4e6), 1) if number % 3 else 0
        yield {
            "entity": f"E{number // 3}", "unit_name": str(number), "class": unit_class, "rated_mw": {"I": 660, "II": 330}.get(unit_class, 300),
            "generation_mwh": generation, "supply_mwh": round(generation * 0.94, 2), "heat_gj": heat,
            "load_factor": round(rng.uniform(0.3, 1), 3), "heat_ratio": round(rng.uniform(0.01, 0.5), 3) if heat else 0,
            "cooling": rng.choice(["water", "air"]), "verified_t": rng.randint(200000, 4500000),
        }  # fmt: skip


@pytest.mark.parametrize(("year", "kind"), list(PRINTED))
def test_units_and_entities_follow_the_formula(year, kind):
    given = list(units(year, random.Random(year)))
    cells = [(row, {name: str(value) for name, value in unit.items()}) for row, unit in enumerate(given, 2)]
    allocation = allocate(cells, plan_of("power", year), year, kind)
    assert not allocation.rejected
    finals = {}
    for unit, found in zip(given, allocation.allotments, strict=True):
        exact = expected(unit, year, kind)
        assert abs(float(found.power + found.heat) - exact) <= 1e-8 * exact
        assert found.initial == math.floor(found.power + found.heat)  # rounded down once per unit
        final = max(found.initial, unit["verified_t"]) if unit["class"] == "IV" else found.initial
        assert found.final == final
        sums = finals.setdefault(unit["entity"], [0, 0, 0])
        for at, value in enumerate((found.initial, final, unit["verified_t"])):
            sums[at] += value
    for entity in allocation.entities:
        initial, final, verified = finals[entity.entity]
        capped = max(final, verified * 8 // 10)
        assert (entity.initial, entity.topped_up, entity.final) == (initial, capped - initial, capped)
        assert entity.to_buy == max(0, verified - capped)
        assert entity.gap_rate_pct == F(100 * (verified - capped), verified)


@pytest.mark.parametrize(("year", "sector"), [(2025, "steel"), (2025, "cement"), (2026, "aluminium")])
def test_lines_follow_the_formula_at_a_given_and_at_the_solved_value(year, sector):
    rng = random.Random(f"{year}{sector}")
    lines = [(rng.randint(10000, 5000000), F(rng.randint(800, 2400), 1000)) for _ in range(80)]
    for value in ("1.5", ""):
        cells = [
            (row, {"entity": f"E{row}", "line": "1", "sector": sector, "verified_t": str(e), "intensity": str(float(i)), "balance_value": value})
            for row, (e, i) in enumerate(lines, 2)
        ]  # fmt: skip
        found = allocate(cells, plan_of(sector, year), year)
        bp = found.balances[sector].value
        assert value == "" or bp == F("1.5")
        exact = F(0)
        for (emissions, intensity), line in zip(lines, found.allotments, strict=True):
            x = (bp - intensity) / bp
            alpha = F("0.03") if x >= F("0.2") else F("-0.03") if x <= F("-0.2") else F("0.15") * x
            assert line.final == math.floor(emissions * (1 + alpha))
            exact += emissions * (1 + alpha)
        if value == "":
            assert exact == sum(e for e, _ in lines)  # section 4: all that is allocated is all that was emitted
