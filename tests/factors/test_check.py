"""The quality gate: one broken file per mistake."""

import pytest

from hengtan.factors import check
from hengtan.factors.library import open_library
from hengtan.factors.quality import range_of, ranges
from hengtan.problems import HengtanError

from .test_library import factor_file

GRID = {
    "factor_id": "ACME-GRID",
    "name": "Grid",
    "category": "purchased_electricity",
    "scope": "2",
    "activity_unit": "kWh",
    "co2_kg": "0.58",
    "co2e_kg": "0.58",
}


def told(tmp_path, *rows):
    return [(p.code, p.row, p.column) for p in check(factor_file(tmp_path, *rows))]


def test_nothing_is_said_against_a_good_file(tmp_path):
    assert told(tmp_path, {}, GRID) == []


@pytest.mark.parametrize(
    ("change", "code", "column"),
    [
        ({"co2_kg": "5800", "co2e_kg": "5800"}, "factor.out-of-range", "co2e_kg"),
        ({"co2_kg": "0.0000001", "co2e_kg": "0.0000001"}, "factor.out-of-range", "co2e_kg"),
        ({"activity_unit": "TJ", "co2_kg": "580000000", "co2e_kg": "580000000"}, "factor.out-of-range", "co2e_kg"),
        ({"activity_unit": "MWh", "co2_kg": "9e9", "co2e_kg": ""}, "factor.out-of-range", "co2_kg"),
        ({"co2_kg": "580", "co2e_kg": "580"}, "factor.unusual", "co2e_kg"),
        ({"activity_unit": "kilobushel"}, "factor.unit-unknown", "activity_unit"),
        ({"source_title": ""}, "factor.source-missing", "source_title"),
        ({"co2e_kg": "abc"}, "factor.number-unreadable", "co2e_kg"),
        ({"co2_kg": "-0.5", "co2e_kg": "0.1"}, "factor.negative", "co2_kg"),
        ({"co2e_kg": "0.2"}, "factor.parts-exceed", "co2e_kg"),
        ({"gwp_set": "AR9"}, "factor.gwp-unknown", "gwp_set"),
        ({"gwp_set": "", "co2_kg": ""}, "factor.gwp-missing", "gwp_set"),
        ({"region": "XQ"}, "factor.region-unknown", "region"),
        ({"region": ""}, "factor.region-missing", "region"),
        ({"valid_to": "2023-01-01"}, "factor.dates-reversed", "valid_to"),
        ({"category": "elektrik"}, "factor.category-other", "category"),
        ({"activity_unit": "CNY_2023"}, "factor.range-none", "co2e_kg"),
    ],
)
def test_a_mistake_is_told_with_its_row_and_column(tmp_path, change, code, column):
    assert told(tmp_path, {}, GRID | change) == [(code, 3, column)]


@pytest.mark.parametrize(
    ("first", "second", "overlap"),
    [
        (("2023-01-01", "2023-12-31"), ("2023-12-31", "2024-12-31"), True),
        (("2023-01-01", ""), ("2024-01-01", "2024-12-31"), True),
        (("", ""), ("2024-01-01", "2024-12-31"), True),
        (("2023-01-01", "2023-12-31"), ("2024-01-01", "2024-12-31"), False),
    ],
)
def test_two_numbers_for_the_same_day_are_told(tmp_path, first, second, overlap):
    rows = [
        GRID | {"factor_id": f"G{at}", "valid_from": start, "valid_to": end}
        for at, (start, end) in enumerate((first, second))
    ]
    assert told(tmp_path, *rows) == ([("factor.overlap", 3, "valid_from")] if overlap else [])


def test_another_region_unit_or_gwp_set_is_no_overlap(tmp_path):
    other = [
        {"factor_id": "B", "region": "CN-44"},
        {"factor_id": "C", "activity_unit": "MWh", "co2_kg": "580", "co2e_kg": "580"},
    ]
    rows = [GRID, *(GRID | one for one in other), GRID | {"factor_id": "D", "gwp_set": "AR6"}]
    assert told(tmp_path, *rows) == []


def test_a_row_that_cannot_be_computed_is_still_looked_at_for_the_rest(tmp_path):
    assert [
        code for code, *_ in told(tmp_path, GRID | {"activity_unit": "kilobushel", "gwp_set": "AR9", "region": "XQ"})
    ] == [
        "factor.unit-unknown",
        "factor.gwp-unknown",
        "factor.region-unknown",
    ]


@pytest.mark.parametrize("content", [b"", b"factor_id,activity_unit\n", b"name,unit\nx,kWh\n", b"\x00\xff\x00"])
def test_a_file_without_factors_cannot_be_checked(tmp_path, content):
    path = tmp_path / "own.csv"
    path.write_bytes(content)
    with pytest.raises(HengtanError):
        check(path)


def test_a_range_is_converted_to_the_unit_asked_for():
    library = open_library()
    per_kwh, per_mwh = (range_of(library, "purchased_electricity", unit) for unit in ("kWh", "MWh"))
    assert per_mwh.low == pytest.approx(1000 * per_kwh.low)
    assert per_mwh.high == pytest.approx(1000 * per_kwh.high)
    assert range_of(library, "hotel", "kWh") is None


def test_our_own_library_passes_its_own_gate():
    """No row is a thousand times off: by construction for ranges, so only their spread is looked at."""
    assert all(one.low > 0 for by_unit in ranges(open_library()).values() for one in by_unit.values())
