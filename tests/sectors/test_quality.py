"""Data quality control plans: what they must hold, what a statement does otherwise, instruments, versions, months of evidence."""

import json
from datetime import date

import pytest

from hengtan.sectors import read_statement, sector_methods
from hengtan.sectors.quality import (
    Want,
    against,
    body,
    calibrations,
    changes,
    check,
    month_of,
    plausible,
    read_plan,
    suggested,
    wanted,
)

from .plans import POWER, power

METHOD = sector_methods()["cn-power-2022"]


def codes(given, method=METHOD, year=2026):
    return [each.code for each in check(read_plan(given), method, year)]


def test_a_whole_plan_is_found_whole_and_comes_back_as_it_was():
    assert codes(POWER) == []
    assert body(read_plan(POWER)) == POWER
    assert json.loads(json.dumps(body(read_plan(POWER)))) == POWER


@pytest.mark.parametrize(
    ("given", "code"),
    [
        (power(entity={**POWER["entity"], "registry": ""}), "quality.entity-missing"),
        (power(entity={**POWER["entity"], "credit_code": "91350100M000100Y44"}), "quality.credit-code"),
        (power(boundary=""), "quality.entity-missing"),
        (power(facilities=POWER["facilities"] * 2), "quality.facility-twice"),
        (power(0, unit_name="Unit 9"), "quality.facility-unknown"),
        (power(lines=[]), "quality.no-line"),
        (power(lines=[POWER["lines"][5]]), "quality.no-source"),
        (power(lines=[*POWER["lines"], POWER["lines"][5]]), "quality.line-twice"),
        (power(5, parameter="colour"), "quality.parameter-unknown"),
        (power(0, obtained=""), "quality.obtained"),
        (power(0, obtained="guessed"), "quality.obtained"),
        (power(0, department=""), "quality.field-missing"),
        (power(0, missing=""), "quality.field-missing"),
        (power(0, instrument=""), "quality.instrument-missing"),
        (power(0, serial=""), "quality.field-missing"),
        (power(0, interval_months="13"), "quality.interval"),
        (power(0, interval_months="0"), "quality.interval"),
        (power(0, calibrated_on="last year"), "quality.day"),
        (power(0, accuracy="1.0"), "quality.accuracy"),
        (power(0, meter="gas", accuracy="2.5"), "quality.accuracy"),
        (power(0, meter="scales"), "quality.choice"),
        (power(1, laboratory=""), "quality.field-missing"),
        (power(1, accreditation="none"), "quality.accreditation"),
        (power(5, obtained="default"), "quality.no-default"),
        (power(management={}), "quality.management-missing"),
    ],
)
def test_each_mistake_is_told(given, code):
    found = check(read_plan(given), METHOD, 2026)
    assert code in {each.code for each in found}
    for each in found:
        assert each.reason("zh") != each.reason("en")
        assert "{" not in each.sentence("zh") + each.sentence("en")


def test_a_gas_meter_of_class_two_is_good_enough():
    assert codes(power(0, meter="gas", accuracy="2.0级")) == []


def test_a_value_that_the_guideline_alone_gives_may_not_be_measured():
    given = power(4, parameter="coal.conventional.cc_unmeasured", obtained="measured")
    assert "quality.only-default" in codes(given)


def test_what_the_calculation_needs_is_planned_or_follows_from_what_is():
    without = power(lines=[each for each in POWER["lines"] if not each["parameter"].endswith(".amount")])
    told = [each for each in check(read_plan(without), METHOD, 2026) if each.code == "quality.parameter-missing"]
    assert [each.values["parameter"] for each in told] == ["coal.conventional.amount"]
    # carbon as received is no line: it follows from air-dried carbon and both moistures; without them it is to be said
    dry = [each for each in POWER["lines"] if ".m_a" not in each["parameter"]]
    told = check(read_plan(power(lines=dry)), METHOD, 2026)
    assert [each.values["parameter"] for each in told] == ["coal.conventional.c_ar"]
    given = [{**POWER["lines"][4], "parameter": f"coal.conventional.{name}"} for name in ("ncv", "cc_unmeasured")]
    assert codes(power(lines=[*dry, *given])) == []  # that nothing is measured is said
    oil = {**POWER["lines"][0], "parameter": "fuel.shale_oil.amount", "unit_name": "Unit 1"}
    other = sector_methods()["cn-steel-2024"]
    plan = read_plan({"method": other.id, "lines": [{**oil, "unit_name": "", "parameter": "fuel.straw.amount"}]})
    missing = [
        each.values["parameter"] for each in check(plan, other, 2026) if each.code == "quality.parameter-missing"
    ]
    assert missing == ["fuel.straw.cc", "fuel.straw.ncv"]  # of a fuel that no table has, every value is to be given


@pytest.mark.parametrize("method", sector_methods().values(), ids=lambda method: method.id)
def test_every_guideline_suggests_lines_that_it_knows(method):
    _facilities, lines = suggested(method, (), 2024)
    plan = read_plan({"method": method.id, "lines": [{"parameter": each.parameter} for each in lines]})
    assert "quality.parameter-unknown" not in {each.code for each in check(plan, method, 2024)}


def test_a_plan_begins_with_what_a_statement_gave_and_what_the_guideline_gives_beside_it():
    given = [("", "Unit 1", "coal.conventional.amount", "measured"), ("", "Unit 1", "generation", ""), ("", "", "colour", "measured")]  # fmt: skip
    facilities, lines = suggested(METHOD, given, 2024)
    assert [each.unit_name for each in facilities] == ["Unit 1"]
    assert {(each.parameter, each.obtained) for each in lines} == {
        ("coal.conventional.amount", "measured"), ("generation", ""), ("coal.conventional.of", "default"),
        ("coal.conventional.ncv", "default"), ("coal.conventional.cc_unmeasured", "default"),
    }  # fmt: skip


@pytest.mark.parametrize("given", [{"lines": 3}, {"lines": ["x"]}, {"entity": []}, {"facilities": {}}, {"lines": [{}] * 2001}])  # fmt: skip
def test_what_has_another_shape_is_no_plan(given):
    with pytest.raises(ValueError, match=r"lines|entity|facilities"):
        read_plan(given)


# a statement beside its plan


def stated(*rows, year=2026):
    names = ("unit_name", "parameter", "month", "value", "unit", "obtained")
    cells = [(at, {"entity": "甬江电力", **dict(zip(names, row, strict=True))}) for at, row in enumerate(rows, 2)]
    return read_statement(cells, METHOD, year)


def compared(*rows, plan=POWER):
    return against(read_plan(plan), stated(*rows), METHOD, 2026)


WHOLE = [("Unit 1", each["parameter"], "", "1", "t" if each["parameter"].endswith("amount") else "MWh" if each["parameter"] == "generation" else "1", each["obtained"])
         for each in POWER["lines"] if not each["parameter"].endswith((".of", ".c_ad"))]  # fmt: skip
WHOLE += [("Unit 1", "coal.conventional.c_ad", "", "0.5", "t C/t", "measured")]


def test_a_statement_that_follows_its_plan_has_no_problem():
    read = stated(*[(*row[:3], "0.1", *row[4:]) for row in WHOLE])
    assert read.problems == []
    assert against(read_plan(POWER), read, METHOD, 2026) == []


def test_a_value_obtained_otherwise_is_told_with_its_months():
    rows = [("Unit 1", "coal.conventional.amount", "1", "5", "t", "measured"), ("Unit 1", "coal.conventional.amount", "2", "5", "t", "calculated"), ("Unit 1", "coal.conventional.amount", "3", "5", "t", "")]  # fmt: skip
    found = [each for each in compared(*rows) if each.code != "quality.not-stated"]
    assert [(each.code, each.values["months"], each.row) for each in found] == [
        ("quality.obtained-differs", "2", 3),
        ("quality.obtained-unsaid", "3", 4),
    ]
    assert "计算值" in found[0].reason("zh")
    assert "measured" in found[0].reason("en")


def test_what_the_plan_does_not_have_and_what_the_statement_does_not_give_are_told():
    found = {
        (each.code, each.values["parameter"])
        for each in compared(("Unit 1", "running_hours", "1", "700", "h", "measured"))
    }
    assert ("quality.not-in-plan", "running_hours") in found
    assert ("quality.not-stated", "generation") in found
    assert ("quality.not-stated", "coal.conventional.of") not in found  # the guideline gives it


def test_months_after_the_calibration_ran_out_are_told():
    rows = [("Unit 1", "coal.conventional.amount", str(month), "5", "t", "measured") for month in (1, 7, 8)]
    plan = power(0, calibrated_on="2026-01-10", interval_months="6")  # holds until 10 July: August is over
    found = [each for each in compared(*rows, plan=plan) if each.code == "quality.calibration-over"]
    assert [(each.values["months"], each.values["until"]) for each in found] == [("8", "2026-07-10")]


# instruments, versions, months


def test_each_instrument_is_due_once_and_the_first_comes_first():
    plan = read_plan({**POWER, "lines": [*POWER["lines"], {**POWER["lines"][0], "parameter": "coal.conventional.ncv"}, {**POWER["lines"][5], "parameter": "own_use", "serial": "E-2", "calibrated_on": "2025-11-30", "interval_months": "3"}]})  # fmt: skip
    found = calibrations(plan, date(2026, 3, 1))
    assert [(each.serial, each.next.isoformat(), each.days) for each in found] == [
        ("E-2", "2026-02-28", -1),  # 30 November and three months: February ends on the 28th
        ("P1-001", "2027-01-10", 315),
        ("E-1", "2027-01-10", 315),
    ]
    assert found[1].parameters == ("coal.conventional.amount", "coal.conventional.ncv")


def test_two_versions_tell_what_differs():
    new = power(0, serial="P1-002", calibrated_on="2026-06-01")
    new["lines"] = [*new["lines"][:5], {"unit_name": "Unit 1", "parameter": "own_use", "obtained": "measured"}]
    new["boundary"] = "Units 1 and 2"
    found = changes(read_plan(POWER), read_plan(new))
    assert [(each.section, each.of[1], each.field, each.before, each.after) for each in found if each.field] == [
        ("boundary", "", "boundary", "Unit 1", "Units 1 and 2"),
        ("lines", "coal.conventional.amount", "serial", "P1-001", "P1-002"),
        ("lines", "coal.conventional.amount", "calibrated_on", "2026-01-10", "2026-06-01"),
    ]
    whole = [each for each in found if not each.field]
    assert [(each.of[1], bool(each.before), each.after) for each in whole] == [
        ("generation", True, ""),
        ("own_use", False, "measured"),
    ]
    assert changes(read_plan(new), read_plan(new)) == []


JANUARY = date(2026, 1, 1)


def month(today, given=3, proven=(), filed_on=None):
    wants = [Want("", "Unit 1", name) for name in ("coal.conventional.amount", "generation", "running_hours")]
    there = [(wants[at], day) for at, day in proven]
    return month_of(METHOD, JANUARY, today, wants, wants[:given], there, filed_on)


def test_a_month_needs_what_its_rule_names_of_what_the_plan_has():
    plan = read_plan(POWER)
    assert [each.parameter.rpartition(".")[2] for each in wanted(plan, METHOD, JANUARY)] == [
        "amount", "c_ad", "m_ar", "m_ad", "generation",
    ]  # fmt: skip
    steel = sector_methods()["cn-steel-2024"]
    lines = [{"parameter": "crude_steel", "obtained": "measured"}, {"parameter": "electricity", "obtained": "default"}]
    assert [
        each.parameter for each in wanted(read_plan({"method": steel.id, "lines": lines}), steel, date(2025, 1, 1))
    ] == ["crude_steel"]


@pytest.mark.parametrize(
    ("today", "given", "proven", "filed_on", "state", "late", "overdue"),
    [
        (date(2025, 12, 31), 0, [], None, "future", None, False),
        (date(2026, 1, 20), 3, [], None, "running", None, False),
        (date(2026, 2, 10), 0, [], None, "missing", None, False),
        (date(2026, 3, 12), 3, [], None, "partial", None, False),  # the last day
        (date(2026, 3, 13), 3, [], None, "partial", None, True),
        (date(2026, 3, 13), 0, [], None, "missing", None, True),
        (date(2026, 3, 1), 3, [0, 1, 2], None, "complete", 0, False),
        (date(2026, 5, 1), 2, [0, 1, 2], None, "partial", None, True),  # evidence without the value
        (date(2026, 5, 1), 3, [0, 1, 2], date(2026, 3, 17), "complete", 5, False),
        (date(2026, 5, 1), 3, [0, 1], date(2026, 3, 12), "partial", 0, True),
    ],
)
def test_a_month_stands_as_its_values_evidence_and_days_say(today, given, proven, filed_on, state, late, overdue):
    found = month(today, given, [(at, date(2026, 2, 20)) for at in proven], filed_on)
    assert (found.state, found.late, found.is_overdue) == (state, late, overdue)


def test_evidence_that_came_after_the_day_is_told_as_late():
    found = month(date(2026, 4, 1), 3, [(0, date(2026, 2, 1)), (1, date(2026, 2, 1)), (2, date(2026, 3, 20))])
    assert (found.state, found.late) == ("complete", 8)
    again = month(
        date(2026, 4, 1),
        3,
        [(0, date(2026, 2, 1)), (1, date(2026, 2, 1)), (2, date(2026, 3, 20)), (2, date(2026, 3, 1))],
    )
    assert again.late == 0  # the first file of a value counts


# what is unlikely


def remarks(*rows):
    return [(each.code, each.values["month"], each.row, each.severity) for each in plausible(stated(*rows), METHOD)]


def by_month(parameter, unit, *values, obtained="measured"):
    return [("Unit 1", parameter, str(month), value, unit, obtained) for month, value in enumerate(values, 1)]


def test_a_month_that_jumps_by_more_than_a_tenth_is_told():
    even = by_month("coal.conventional.c_ad", "t C/t", "0.50", "0.51", "0.49", "0.50")
    assert remarks(*even) == []
    slipped = by_month("coal.conventional.c_ad", "t C/t", "0.50", "0.51", "0.56", "0.50")  # 0.56 / 0.5033 = +11.3 %
    assert remarks(*slipped) == [("quality.month-jumps", "3", 4, "warning")]
    told = plausible(stated(*slipped), METHOD)[0]
    assert told.values["change"] == "+11.3"
    assert "11.3" in told.reason("zh")
    assert remarks(*slipped[:3]) == []  # three months make no mean
    assert remarks(*by_month("coal.conventional.ncv", "GJ/t", "21", "21", "26.7", "21", obtained="default")) == []


def test_fuel_per_mwh_is_laid_month_beside_month():
    power = by_month("generation", "MWh", "1000", "2000", "1000", "1000")
    coal = by_month(
        "coal.conventional.amount", "t", "400", "800", "400", "480"
    )  # twice the power, twice the coal; then 0.48
    assert remarks(*power, *coal) == [("quality.fuel-per-mwh", "4", 9, "warning")]


def test_carbon_and_heat_belong_together():
    heat = by_month("coal.conventional.ncv", "GJ/t", "21.0", "21.0")
    carbon = by_month("coal.conventional.c_ar", "t C/t", "0.57", "0.75")  # 0.0271 and 0.0357 t C/GJ
    assert remarks(*heat, *carbon) == [("quality.carbon-per-heat", "2", 5, "warning")]


def test_a_part_is_not_more_than_its_whole_and_a_unit_not_beyond_its_power():
    rows = [("Unit 1", "own_use", "1", "50", "MWh", "measured"), ("Unit 1", "generation", "1", "40", "MWh", "measured"), ("Unit 1", "rated_power", "", "660", "MW", "design"),
            ("Unit 1", "generation", "2", "500000", "MWh", "measured"), ("Unit 1", "running_hours", "2", "744", "h", "measured")]  # fmt: skip
    assert remarks(*rows) == [  # 660 MW x 744 h = 491,040 MWh
        ("quality.more-than-whole", "1", 2, "warning"),
        ("quality.beyond-rated", "2", 5, "warning"),
    ]
