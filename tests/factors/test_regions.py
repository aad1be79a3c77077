from __future__ import annotations

import pytest

from hengtan.factors import find_region, open_library, parents
from hengtan.factors.regions import near_regions


@pytest.mark.parametrize(
    ("code", "chain"),
    [
        ("CN-44", ("CN-GRID-SOUTH", "CN")),
        ("CN-50", ("CN-GRID-SOUTHWEST", "CN")),
        ("CN-15", ("CN",)),  # Inner Mongolia lies in two grids: neither half is guessed
        ("CN-GRID-EAST", ("CN",)),
        ("US-WA", ("US",)),
        ("US-eGRID-CAMX", ("US",)),
        ("CA-ON", ("CA",)),
        ("DE-BY", ("DE",)),
        ("GB-SCT", ("GB",)),
        ("GCP-europe-west1", ("BE",)),
        ("FR", ()),
        ("EU27", ()),
        ("GLO", ()),
        ("XK", ()),
    ],
)
def test_a_place_steps_up_as_the_contract_says(code: str, chain: tuple[str, ...]) -> None:
    assert parents(code) == chain


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("CN-GD", "CN-44"),
        ("cn-44", "CN-44"),
        ("广东", "CN-44"),
        ("广东省", "CN-44"),
        ("南方电网", "CN-GRID-SOUTH"),
        ("NA", "NA"),  # Namibia, not a missing value
        ("UK", "GB"),
        ("中国", "CN"),
        ("CN-HK", "HK"),
        ("CN-TW", "TW"),
        (" GB ", "GB"),
        ("ZZ", None),
        ("CA-XX", None),
        ("US-eGRID-NOPE", None),
        ("Atlantis", None),
    ],
)
def test_a_place_is_known_by_code_or_name_or_not_at_all(text: str, code: str | None) -> None:
    region = find_region(text)
    assert (region.code if region else None) == code


def test_every_region_of_the_library_is_known() -> None:
    held = set()
    for part in open_library().parts:
        held |= set(part.columns("region")["region"].unique().to_pylist())
    assert {code for code in held if code and find_region(code) is None} == set()


def test_every_country_has_a_chinese_name_and_provinces_a_grid() -> None:
    assert find_region("DE").title == {"en": "Germany", "zh": "德国"}
    numbers = [
        "11",
        "12",
        "13",
        "14",
        "15",
        "21",
        "22",
        "23",
        "31",
        "32",
        "33",
        "34",
        "35",
        "36",
        "37",
        "41",
        "42",
        "43",
        "44",
        "45",
        "46",
        "50",
        "51",
        "52",
        "53",
        "54",
        "61",
        "62",
        "63",
        "64",
        "65",
    ]
    for number in numbers:
        assert parents(f"CN-{number}")[-1] == "CN"
        assert (len(parents(f"CN-{number}")) == 2) is (number != "15")


def test_an_unknown_place_brings_the_near_ones() -> None:
    assert "DE" in near_regions("Germny")
