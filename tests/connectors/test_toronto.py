"""A real filing: the City of Toronto's energy use of 2018 (examples/toronto)."""

import csv
from collections import Counter
from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest

from hengtan.connectors import read

EXAMPLE = Path(__file__).parents[2] / "examples" / "toronto"


@pytest.fixture(scope="module")
def intake():
    return read([EXAMPLE / "toronto_2018_energy_ghg_report.xlsx"], template="ontario_bps")


@pytest.fixture(scope="module")
def lines(intake):
    return intake.sources[0].data.to_pylist()


def test_every_operation_gives_electricity_and_gas(intake, lines):
    assert (len(intake.reference.operations), intake.rows, intake.problems) == (1481, 2962, ())
    assert Counter(line["activity_type"] for line in lines) == {"electricity": 1481, "fuel.natural_gas": 1481}
    assert {(line["start"], line["end"]) for line in lines} == {(date(2018, 1, 1), date(2018, 12, 31))}
    assert len({line["activity_id"] for line in lines}) == 2962


def test_the_example_row_and_the_blank_row_are_no_data(lines):
    rows = {line["row"] for line in lines}
    assert min(rows) == 10
    assert 1471 not in rows
    assert not any(line["facility"] == "Stephenson Building" for line in lines)


def test_a_number_is_found_at_its_cell(lines):
    line = next(line for line in lines if line["activity_id"] == "TOR18-1190-L")
    assert (line["cell"], line["quantity"], line["unit"], line["unit_as_given"], line["facility"]) == (
        "L1190", "6802374.340276999", "m3", "Cubic meter", "Main Treatment Plant")  # fmt: skip


def test_three_quantities_of_zero_without_a_unit_are_read_as_zero(lines):
    bare = [line for line in lines if line["activity_type"] == "electricity" and line["unit_as_given"]]
    assert [(line["row"], line["quantity"], line["unit"], line["unit_as_given"]) for line in bare] == [
        (row, "0", "kWh", "0") for row in (210, 573, 710)]  # fmt: skip


def test_three_pairs_of_operations_stand_twice(lines):
    def key(line):
        return tuple(line[k] for k in ("facility", "activity_type", "start", "end", "quantity", "unit", "org_unit"))

    twice = [k for k, count in Counter(map(key, lines)).items() if count > 1]
    assert {k[0] for k in twice} == {"15 Price St", "Nashdene Yard", "TTC Various Locations"}
    assert len(twice) == 6


def test_published_and_recomputed_totals_are_those_of_the_filing(intake, lines):
    with (EXAMPLE / "ontario_2018_factors.csv").open(encoding="utf-8") as file:
        factors = {row["factor_id"]: Decimal(row["co2e_kg"]) for row in csv.DictReader(file)}
    reference = intake.reference
    sums = Counter()
    for line in lines:
        amount = Decimal(line["quantity"]).quantize(Decimal("0.000001"))
        sums[reference.activities[line["activity_id"]]] += amount * factors[line["factor_id"]]
    agree = [i for i, o in enumerate(reference.operations)
             if abs(sums[i] - o.published_kg) <= o.published_kg * reference.tolerance_pct / 100]  # fmt: skip
    assert f"{reference.total_kg:.2f}" == "170144741.78"
    assert f"{sum(sums.values()):.2f}" == "161981152.46"
    assert len(agree) == 1468
