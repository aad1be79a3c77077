"""A statement as rows of an allocation: what it says, what it lacks, and what a person says beside it."""

from fractions import Fraction

import pytest

from hengtan.market.allocation import allocate, plan_of
from hengtan.sectors import calculate, read_statement, sector_methods
from hengtan.sectors.covered import ASKED, LINE_ROW, POWER_ROW, SECTORS, covered_rows
from hengtan.sectors.record import record


def stated(method, rows, year=2024):
    """Rows (process, unit, parameter, value, unit of measure) as a record."""
    known = sector_methods()[method]
    cells = [
        (at, {"entity": "W", "process": process, "unit_name": unit, "parameter": name, "value": value, "unit": measure, "obtained": "measured"})
        for at, (process, unit, name, value, measure) in enumerate(rows, 2)
    ]  # fmt: skip
    return record(calculate(read_statement(cells, known, year), known, year))


UNIT = [
    ("", "1", "coal.conventional.amount", "1200000", "t"),
    ("", "1", "coal.conventional.c_ar", "0.5", "t C/t"),
    ("", "1", "generation", "3000000", "MWh"),
    ("", "1", "own_use", "150000", "MWh"),
    ("", "1", "heat_supplied", "2000000", "GJ"),
    ("", "1", "heat_produced", "20000000", "GJ"),
    ("", "1", "rated_power", "660", "MW"),
    ("", "1", "running_hours", "7575.757575", "h"),
]


def test_a_power_unit_gives_the_row_that_the_plan_asks_for():
    """1,200,000 t x 0.5 x 0.99 x 44/12 = 2,178,000 t; 3,000,000 / (660 x 7575.757575) = 0.6; 2/20 = 0.1; 660 MW is class I."""
    rows, problems = covered_rows(stated("cn-power-2022", UNIT), "W", 2024)
    (row,) = rows
    assert problems == []
    assert round(Fraction(row.pop("load_factor")), 6) == Fraction("0.6")
    assert row == {
        "entity": "W", "unit_name": "1", "class": "I", "rated_mw": "660", "generation_mwh": "3000000", "supply_mwh": "2850000",
        "heat_gj": "2000000", "heat_ratio": "0.1", "cooling": "", "verified_t": "2178000", "special": "", "previous_verified_t": "",
    }  # fmt: skip


def test_the_allocation_takes_it_straight():
    """2024: 3,000,000 x 0.7910 x 1.015^(16 - 20 x 0.6) + 2,000,000 x Bh; the same row as a file gives the same allowances."""
    rows, _problems = covered_rows(stated("cn-power-2022", UNIT), "W", 2024)
    found = allocate([(2, rows[0])], plan_of("power", 2024), 2024)
    assert [each.severity for each in found.problems if each.severity == "error"] == []
    assert found.entities[0].verified == 2178000
    assert found.allotments[0].initial > 0


@pytest.mark.parametrize(
    ("fuel", "rated", "wanted"),
    [("coal.conventional", "399", "II"), ("coal.conventional", "400", "I"), ("coal.unconventional", "300", "III"),
     ("fuel.natural_gas", "400", "IV"), ("fuel.diesel", "100", "")],
)  # fmt: skip
def test_the_class_follows_from_fuel_and_rated_power(fuel, rated, wanted):
    measure = "万Nm3" if fuel.endswith("gas") else "t"
    rows = [
        ("", "1", f"{fuel}.amount", "100", measure),
        *[row for row in UNIT[2:] if row[2] != "rated_power"],
        ("", "1", "rated_power", rated, "MW"),
    ]
    found, problems = covered_rows(stated("cn-power-2022", rows), "W", 2024)
    assert found[0]["class"] == wanted
    assert [each.values["what"] for each in problems if each.code == "covered.lacks"] == ([] if wanted else ["class"])


def test_what_the_statement_lacks_is_told_with_its_column():
    rows = [row for row in UNIT if row[2] not in ("rated_power", "generation", "heat_supplied", "heat_produced")]
    found, problems = covered_rows(stated("cn-power-2022", rows), "W", 2024)
    assert {(each.code, each.column) for each in problems} == {
        ("covered.lacks", "class"), ("covered.lacks", "load_factor"), ("covered.lacks", "rated_mw"), ("covered.lacks", "generation_mwh"),
        ("covered.no-heat", "heat_gj"),
    }  # fmt: skip
    assert found[0]["heat_gj"] == "0"


def test_until_2022_the_cooling_is_asked_for_and_a_person_may_say_it():
    statement = stated("cn-power-2022", UNIT, 2022)
    _rows, problems = covered_rows(statement, "W", 2022)
    assert [each.column for each in problems] == ["cooling"]
    rows, problems = covered_rows(
        statement, "W", 2022, given={"1": {"cooling": "air", "verified_t": "2170000", "entity": "X"}}
    )
    assert (rows[0]["cooling"], rows[0]["verified_t"], rows[0]["entity"]) == ("air", "2170000", "W")
    assert [(each.code, each.values["what"], each.values["stated"]) for each in problems] == [
        ("covered.given", "cooling", "-"), ("covered.given", "verified_t", "2178000")
    ]  # fmt: skip


def test_emissions_at_the_enterprise_are_at_no_unit():
    rows = [*UNIT, ("", "", "fuel.diesel.amount", "10", "t")]
    _rows, problems = covered_rows(stated("cn-power-2022", rows), "W", 2024)
    assert [each.code for each in problems] == ["covered.no-unit"]


def test_last_years_statement_gives_what_a_pre_allocation_is_a_share_of():
    before = stated("cn-power-2022", [("", "1", "coal.conventional.amount", "1000000", "t"), UNIT[1]], 2023)
    rows, _problems = covered_rows(stated("cn-power-2022", UNIT), "W", 2024, before)
    assert rows[0]["previous_verified_t"] == "1815000"


def test_steel_is_one_line_whose_intensity_is_of_ironmaking_and_sintering():
    """Sintering 100 t anthracite x 25.024 x 0.02749 x 44/12 = 252.23 t; the intensity divides both processes by the hot metal."""
    rows = [
        ("", "", "material.limestone.amount", "1000", "t"), ("", "", "hot_metal", "1000", "t"),
        ("sintering", "", "fuel.anthracite.amount", "100", "t"), ("ironmaking", "", "fuel.anthracite.amount", "200", "t"),
    ]  # fmt: skip
    (row,), problems = covered_rows(stated("cn-steel-2024", rows, 2025), "W", 2025)
    assert problems == []
    assert row["verified_t"] == "440"
    assert Fraction(row["intensity"]) == (Fraction("252.23") + Fraction("504.47")) / 1000
    _rows, problems = covered_rows(stated("cn-steel-2024", rows[:2], 2025), "W", 2025)
    assert [each.column for each in problems] == ["intensity"]


def test_cement_and_aluminium_are_lines_with_output_and_emissions():
    clinker = [
        ("", "Line 1", "clinker.portland.output", "1000", "t"),
        ("", "Line 2", "clinker.portland.output", "2000", "t"),
    ]
    rows, _problems = covered_rows(stated("cn-cement-2024", clinker, 2025), "W", 2025)
    assert [(row["line"], row["output_t"], row["verified_t"]) for row in rows] == [
        ("Line 1", "1000", "535"),
        ("Line 2", "2000", "1070"),
    ]
    rows, _problems = covered_rows(stated("cn-aluminium-2024", [("", "A", "aluminium", "1000", "t")], 2025), "W", 2025)
    assert [(row["line"], row["sector"], row["output_t"]) for row in rows] == [("A", "aluminium", "1000")]


def test_a_guideline_without_allowances_is_refused():
    _rows, problems = covered_rows(stated("cn-paper-2015", [("", "", "fuel.diesel.amount", "1", "t")]), "W", 2024)
    assert [each.code for each in problems] == ["covered.sector"]


def test_columns_are_those_of_the_allocation():
    from hengtan.market.allocation.file import INDUSTRY_COLUMNS, POWER_COLUMNS

    assert set(POWER_ROW) <= set(POWER_COLUMNS)
    assert set(LINE_ROW) <= set(INDUSTRY_COLUMNS)
    assert set(SECTORS.values()) == set(ASKED)
