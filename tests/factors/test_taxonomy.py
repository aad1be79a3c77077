from __future__ import annotations

import csv
import subprocess
import sys
from collections import defaultdict

import pytest
from rich.cells import cell_len

from hengtan.factors import find_type, near_types, open_library, types
from hengtan.factors.mapping import Matcher, entries, stem
from hengtan.factors.placing import CATEGORIES
from hengtan.factors.taxonomy import CHOICE, folded, kinds
from hengtan.units import parse

# Every name that the contract gives as an example.
CONTRACT = [
    "electricity",
    "heat",
    "steam",
    "cooling",
    "fuel.diesel",
    "fuel.petrol",
    "fuel.natural_gas",
    "fuel.coal.bituminous",
    "refrigerant.R-410A",
    "travel.air",
    "freight.road",
    "hotel",
    "water.supply",
    "waste.landfill",
    "material.steel",
    "spend.naics.331110",
]


@pytest.mark.parametrize("name", CONTRACT)
def test_a_name_of_the_contract_is_a_type(name: str) -> None:
    kind = find_type(name)
    assert kind is not None
    assert kind.id == name


def test_there_are_more_than_250_types_without_the_generated_ones() -> None:
    assert len([name for name in types() if not name.startswith(("spend.", "wtt."))]) > 250


def test_every_naics_code_of_the_epa_has_a_type_with_and_without_margins() -> None:
    assert len([name for name in types() if name.startswith("spend.naics.")]) == 2 * 1016


def test_every_type_is_named_in_both_languages_and_placed_by_the_contracts_words() -> None:
    for kind in types().values():
        assert kind.title["en"], kind.id
        assert kind.title["zh"], kind.id
        assert kind.carrier in ("fuel", "energy", "none"), kind.id
        if kind.scope is None:
            assert kind.category == "", kind.id
        else:
            assert kind.category in CATEGORIES[kind.scope], kind.id


def test_every_unit_of_a_type_parses() -> None:
    for kind in types().values():
        for unit in kind.units:
            parse(unit)


def test_no_name_means_two_types() -> None:
    meant: dict[str, set[str]] = defaultdict(set)
    for kind in types().values():
        for name in (kind.id, *kind.aliases):
            meant[folded(name)].add(kind.id)
    assert {name: ids for name, ids in meant.items() if len(ids) > 1} == {}


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("电", "electricity"),
        ("用电量", "electricity"),
        ("外购电力", "electricity"),
        ("Grid Electricity", "electricity"),
        ("柴油", "fuel.diesel"),
        ("天然气", "fuel.natural_gas"),
        ("Natural  Gas", "fuel.natural_gas"),
        ("ＬＰＧ", "fuel.lpg"),
        ("液化石油气", "fuel.lpg"),
        ("R410A", "refrigerant.R-410A"),
        ("refrigerant.r410a", "refrigerant.R-410A"),
        ("refrigerant.R-134a", "refrigerant.HFC-134a"),
        ("烟煤", "fuel.coal.bituminous"),
        ("Fuel.Diesel", "fuel.diesel"),
        ("高铁", "travel.rail"),
        ("酒店住宿", "hotel"),
        ("快递", None),
    ],
)
def test_people_write_names_in_their_own_way(text: str, name: str | None) -> None:
    kind = find_type(text)
    assert (kind.id if kind else None) == name


def test_a_misspelt_name_brings_the_near_ones() -> None:
    assert "fuel.diesel" in near_types("fuel.deisel")
    assert "electricity" in near_types("electrcity")


def test_of_names_that_hold_the_word_the_one_that_resembles_it_as_a_whole_comes_first() -> None:
    """Scores of parts are equal for many names: they used to stand in the order of the file."""
    assert near_types("flight")[:2] == ["travel.air", "travel.air.domestic"]
    assert near_types("汽油车")[:2] == ["fuel.petrol", "fuel.petrol.mobile"]


def test_a_unit_behind_a_name_is_not_part_of_it() -> None:
    assert stem("Fuels > Gaseous fuels > Butane (kWh (Net CV))") == "Fuels > Gaseous fuels > Butane"
    assert stem("Fuels > Gaseous fuels > Butane > Net CV (kilowatt hour)") == "Fuels > Gaseous fuels > Butane"
    assert stem("Diesel (average biofuel blend) (litres)") == "Diesel (average biofuel blend)"
    assert stem("Transport and distribution: Rail (per short_ton.mile)") == "Transport and distribution: Rail"


def test_every_line_of_a_mapping_file_finds_a_row_and_names_a_type() -> None:
    library = open_library()
    names = {dataset: set() for dataset in {entry.dataset for entry in entries()}}
    for part in library.parts:
        table = part.columns("dataset", "name")
        for dataset, name in zip(table["dataset"].to_pylist(), table["name"].to_pylist(), strict=True):
            if dataset in names:
                names[dataset].add(name)
    for dataset, held in names.items():
        if not held:
            continue  # a dataset that was taken out for its licence takes its mappings along
        served = {kind for name in held for kind in Matcher(dataset).types(name)}
        stems = {stem(name) for name in held}
        for entry in entries():
            if entry.dataset == dataset:
                if "*" in entry.name:
                    assert entry.activity_type in served or "{code}" in entry.activity_type, entry
                else:
                    assert entry.name in stems, entry
        assert served <= set(types())


def test_every_type_is_mapped_or_says_why_it_is_not() -> None:
    mapped = {entry.activity_type for entry in entries()}
    for kind in types().values():
        if kind.id not in mapped and not kind.id.startswith("spend.naics."):
            assert kind.note, kind.id
            assert kinds(kind.id) or "pin" in kind.note, kind.id


def test_no_mapping_line_stands_twice() -> None:
    lines = [(entry.activity_type, entry.dataset, entry.name) for entry in entries()]
    assert len(lines) == len(set(lines))


def test_series_that_no_inventory_may_mix_in_are_never_mapped() -> None:
    never = {
        "CN-MEE-ELECTRICITY-FOSSIL",
        "CN-ETS-REPORTING",
        "CN-LOCAL",
        "CN-BASELINE-OM",
        "CN-BASELINE-BM",
        "CN-MEE-ELECTRICITY-FOOTPRINT",
        "eu_cbam_default_values",
    }
    assert never & {entry.dataset for entry in entries()} == set()
    assert not [entry for entry in entries() if "non-baseload" in entry.name]


def test_upstream_types_go_with_fuels_and_electricity() -> None:
    assert types()["electricity"].upstream == ("wtt.electricity", "td_losses.electricity", "wtt.td_losses.electricity")
    assert types()["fuel.diesel"].upstream == ("wtt.fuel.diesel",)
    assert types()["travel.car"].upstream == ()


def test_the_data_files_are_plain_csv_with_one_header() -> None:
    for path in CHOICE.glob("*.csv"):
        with path.open(encoding="utf-8", newline="") as file:
            table = list(csv.reader(file))
        assert {len(row) for row in table} == {len(table[0])}, path.name


def test_the_types_command_lists_searches_and_says_when_there_is_none() -> None:
    def run(*words: str) -> subprocess.CompletedProcess[str]:
        code = "from hengtan.cli.types import command; command()"
        return subprocess.run([sys.executable, "-c", code, *words], check=False, capture_output=True, encoding="utf-8")

    assert "fuel.diesel " in run("diesel").stdout
    assert run("柴油", "--lang", "zh").stdout.startswith("fuel.diesel ")
    assert '"activity_type": "hotel"' in run("hotel", "--json").stdout
    for words in (("--lang", "zh"), ("spend",), ("travel", "--lang", "en")):
        assert max(map(cell_len, run(*words).stdout.splitlines())) <= 80, words
    none = run("zzzzqqqq")
    assert (none.returncode, none.stdout) == (3, "")
