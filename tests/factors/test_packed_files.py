"""Every dataset: what its rows must hold, against the CSV source and against the packed file."""

import csv
import shutil
import subprocess
import sys
from datetime import date
from decimal import Decimal
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from hengtan import units
from hengtan.factors import COLUMNS, Choice, Query, open_library, policy_for, resolve, search
from hengtan.factors.describe import terms
from hengtan.factors.factor import AMOUNTS, NUMBERS
from hengtan.factors.library import DATA, library_in
from hengtan.factors.quality import typical_amount
from hengtan.factors.reference import reference, reference_names
from hengtan.gases import SETS

ROOT = Path(__file__).resolve().parents[2]
SOURCES = ROOT / "data" / "factors"
FILES = sorted(path.stem for path in (DATA / "library").glob("*.parquet"))
ROWS = {
    "china_cpcd": 15,
    "china_electricity_footprint": 21,
    "china_fuels": 68,
    "china_grid_electricity": 280,
    "china_heat_process_waste": 61,
    "china_refrigerants_gwp": 54,
    "cloud_carbon_footprint": 55,
    "eu_cbam_default_values": 10930,
    "google_cloud_regions": 205,
    "ipcc_2006_energy": 89,
    "owid_ember_electricity": 5198,
    "uk_desnz_2022": 2630,
    "uk_desnz_2023": 2643,
    "uk_desnz_2024": 2672,
    "uk_desnz_2025": 2672,
    "uk_ghgi_2025": 59,
    "us_egrid": 112,
    "us_epa_hub_2024": 520,
    "us_epa_hub_2025": 553,
    "us_epa_supply_chain_v1_3": 2032,
}
# What a careful reader would still believe, kg CO2e per unit: the literature's orders of magnitude, not the files' own.
SANE = {
    ("purchased_electricity", "kWh"): (0.01, 2),
    ("cloud_electricity", "kWh"): (0.001, 2),
    ("electricity_footprint", "kWh"): (0.001, 2),
    ("project_baseline", "kWh"): (0.1, 1.5),
    ("td_losses", "kWh"): (0.001, 0.2),
    ("purchased_heat", "GJ"): (20, 200),
    ("purchased_heat", "kWh"): (0.07, 0.7),
    ("stationary_combustion", "TJ_ncv"): (1, 400_000),
    ("stationary_combustion", "kWh_gcv"): (0.1, 0.5),
    ("stationary_combustion", "kWh_ncv"): (0.1, 0.5),
    ("stationary_combustion", "t"): (0.1, 4000),
    ("stationary_combustion", "short_ton"): (1, 4000),
    ("stationary_combustion", "L"): (0.001, 4),
    ("stationary_combustion", "gal_us"): (0.001, 15),
    ("stationary_combustion", "Nm3"): (0.1, 3),
    ("stationary_combustion", "m3"): (0.5, 3),
    ("stationary_combustion", "scf"): (0.0001, 0.2),
    ("stationary_combustion", "mmBtu_hhv"): (0.01, 300),
    ("mobile_combustion", "km"): (0.01, 3),
    ("mobile_combustion", "mile"): (0.01, 5),
    ("mobile_combustion", "gal_us"): (0.001, 15),
    ("electric_vehicle", "km"): (0.001, 1),
    ("refrigerant", "kg"): (0.001, 30_000),
    ("process", "t"): (1, 100_000),
    ("wastewater", "kg_COD"): (0.1, 10),
    ("business_travel", "p.km"): (0.001, 1),
    ("business_travel", "km"): (0.01, 1),
    ("freight", "t.km"): (0.001, 10),
    ("freight", "km"): (0.01, 3),
    ("hotel", "room.night"): (1, 300),
    ("homeworking", "FTE.hour"): (0.01, 1),
    ("material", "t"): (0.5, 50_000),
    ("waste", "t"): (0.1, 2000),
    ("waste", "short_ton"): (0.1, 5000),
    ("water", "m3"): (0.01, 1),
    ("water", "ML"): (10, 1000),
    ("purchased_goods_spend", "USD_2022"): (0.01, 10),
    ("cbam_embedded_emissions", "t"): (10, 50_000),
    ("wtt", "kWh_gcv"): (0.005, 0.2),
    ("wtt", "L"): (0.01, 2),
    ("wtt", "t"): (10, 2000),
}


def source(name):
    with (SOURCES / f"{name}.csv").open(encoding="utf-8-sig", newline="") as lines:
        return list(csv.DictReader(lines))


@pytest.fixture(scope="module")
def rows():
    return {part.name: [part.factor(row) for row in range(len(part.ids))] for part in open_library().parts}


def test_every_dataset_is_packed_with_all_its_rows(rows):
    assert {name: len(factors) for name, factors in rows.items()} == ROWS
    assert sum(ROWS.values()) == len(open_library()) == 30_869


def test_what_is_packed_is_what_the_sources_say():
    script = [sys.executable, str(ROOT / "scripts" / "build_factors.py"), "--check"]
    told = subprocess.run(script, capture_output=True, text=True, check=False)
    assert told.returncode == 0, told.stdout + told.stderr


def test_the_packed_library_stays_under_three_megabytes():
    assert sum(path.stat().st_size for path in DATA.rglob("*.parquet")) < 3_000_000


@pytest.mark.parametrize("name", FILES)
def test_a_packed_file_has_the_27_columns_and_its_publication(name):
    extra = ["published", "published_assumed", "published_source", "origin"]
    assert pq.read_schema(DATA / "library" / f"{name}.parquet").names == [*COLUMNS, *extra]


@pytest.mark.parametrize("name", FILES)
def test_every_number_is_the_one_of_the_source(name, rows):
    for cells, factor in zip(source(name), rows[name], strict=True):
        assert cells["factor_id"] == factor.factor_id
        for column in NUMBERS:
            assert getattr(factor, column) == (Decimal(cells[column]) if cells[column] else None)
        for column in ("name", "name_zh", "region", "activity_unit", "source_title", "licence", "retrieved_from"):
            assert getattr(factor, column) == cells[column]


@pytest.mark.parametrize("name", FILES)
def test_every_row_states_an_amount_a_source_and_a_licence_with_terms_in_both_languages(name, rows):
    for factor in rows[name]:
        assert any(getattr(factor, column) is not None for column in AMOUNTS), factor.factor_id
        assert factor.name and factor.category and factor.region and factor.source_title and factor.licence
        assert factor.retrieved_from
        assert terms(factor.licence, "en") and terms(factor.licence, "zh"), factor.licence


@pytest.mark.parametrize("name", FILES)
def test_every_unit_parses_to_itself(name, rows):
    assert [u for u in {factor.activity_unit for factor in rows[name]} if units.parse(u).symbol != u] == []


@pytest.mark.parametrize("name", FILES)
def test_every_size_is_sane_for_its_category(name, rows):
    odd = [
        (factor.factor_id, amount)
        for factor in rows[name]
        if (amount := typical_amount(factor)) != 0
        and (limits := SANE.get((factor.category, factor.activity_unit)))
        and not limits[0] <= amount <= limits[1]
    ]
    assert odd == []


@pytest.mark.parametrize("name", FILES)
def test_dates_are_in_order_and_every_row_has_a_day_of_publication(name, rows):
    for factor in rows[name]:
        assert not (factor.valid_from and factor.valid_to) or factor.valid_from <= factor.valid_to
        assert date(2005, 1, 1) < factor.published < date(2028, 1, 1)
        assert factor.published_assumed == (not factor.published_source)
        assert factor.published_assumed or factor.published_source.startswith(("read: ", "known: "))


@pytest.mark.parametrize("name", FILES)
def test_every_gwp_set_is_one_that_we_have(name, rows):
    assert {factor.gwp_set for factor in rows[name]} - {""} <= set(SETS)


def test_ids_are_unique_over_all_datasets(rows):
    ids = [factor.factor_id for factors in rows.values() for factor in factors]
    assert len(ids) == len(set(ids))


@pytest.mark.parametrize("year", [2022, 2023, 2024, 2025])
def test_the_gases_of_the_uk_add_up_to_the_published_total(year, rows):
    """Equal but for the fifth digit behind the point; three rows of 2022 are printed with two, and differ by 0.01."""
    odd, compared = {}, 0
    for factor in rows[f"uk_desnz_{year}"]:
        parts = (factor.co2_kg, factor.ch4_kgco2e, factor.n2o_kgco2e)
        if factor.co2e_kg is not None and all(part is not None for part in parts):
            compared += 1
            off = abs(sum(parts) - factor.co2e_kg)
            if off > Decimal("0.00001"):
                odd[factor.factor_id] = off
    assert compared > 1200
    printed_with_two_digits = {f"uk-desnz-2022-{number}": Decimal("0.01") for number in (1, 97, 113)}
    assert odd == (printed_with_two_digits if year == 2022 else {})


def test_the_gases_of_the_epa_supply_chain_stay_below_the_total_for_the_rest_are_f_gases(rows):
    for factor in rows["us_epa_supply_chain_v1_3"]:
        known = factor.co2_kg + factor.ch4_kg * 28 + factor.n2o_kg * 265
        assert known <= factor.co2e_kg * Decimal("1.02") + Decimal("0.001"), factor.factor_id


def test_direct_and_indirect_of_cbam_add_up_to_the_total_that_the_factor_holds(rows):
    detail = {row["factor_id"]: row for row in reference("eu_cbam_default_values_detail").to_pylist()}
    assert detail.keys() == {factor.factor_id for factor in rows["eu_cbam_default_values"]}
    for factor in rows["eu_cbam_default_values"]:
        row = detail[factor.factor_id]
        assert abs(Decimal(row["total_tco2e_per_t"]) * 1000 - factor.co2e_kg) <= Decimal("0.001")
        both = Decimal(row["direct_tco2e_per_t"] or 0) + Decimal(row["indirect_tco2e_per_t"] or 0)
        assert abs(both - Decimal(row["total_tco2e_per_t"])) <= Decimal("0.02"), factor.factor_id


def test_the_region_NA_is_namibia_and_not_a_gap():  # noqa: N802
    namibia = [factor for factor in open_library() if factor.region == "NA"]
    assert {factor.category for factor in namibia} >= {"purchased_electricity"}
    assert any("Namibia" in factor.name for factor in namibia)


def test_a_number_in_exponent_form_is_exact():
    factor = open_library().get("us-egrid-2022-akgd-total-output")
    assert factor.ch4_kg == Decimal("0.000039916129")
    assert format(factor.ch4_kg, "f") == "0.000039916129"


def test_cloud_rows_of_ccf_have_no_validity_and_cover_every_year(rows):
    for factor in rows["cloud_carbon_footprint"]:
        assert factor.valid_from is None
        assert factor.valid_to is None
        assert factor.covers(1999)
        assert factor.published == date(2026, 4, 24)


def test_every_line_of_published_csv_counts_its_rows():
    with (SOURCES / "published.csv").open(encoding="utf-8", newline="") as lines:
        said = list(csv.DictReader(lines))
    assert {Path(line["dataset_file"]).stem for line in said} == set(FILES)
    assert sum(int(line["rows"]) for line in said) == 30_869
    assert [line for line in said if bool(line["published"]) != line["source"].startswith(("read: ", "known: "))] == []


def test_a_row_without_an_established_date_counts_from_the_day_after_its_year_plus_one():
    factor = open_library().get("gcp-asia-east1-2019")
    assert factor.published_assumed
    assert factor.published == date(2021, 1, 1)


@pytest.mark.parametrize("gone", FILES)
def test_a_dataset_can_be_taken_out_without_a_change_of_code(gone, tmp_path):
    shutil.copytree(DATA / "library", tmp_path / "library")
    (tmp_path / "library" / f"{gone}.parquet").unlink()
    library = library_in(tmp_path / "library")
    first = source(gone)[0]["factor_id"]
    assert len(library) == 30_869 - ROWS[gone]
    assert library.get(first) is None


def test_without_ipcc_and_cpcd_search_choice_and_the_rest_go_on(tmp_path):
    shutil.copytree(DATA / "library", tmp_path / "library")
    for name in ("ipcc_2006_energy", "china_cpcd"):
        (tmp_path / "library" / f"{name}.parquet").unlink()
    library = library_in(tmp_path / "library")
    assert search(library, "natural gas kWh gross")[0].factor.factor_id == "uk-desnz-2025-1-100-1004-6"
    assert not [hit for hit in search(library, "anthracite TJ", limit=200) if "ipcc" in hit.factor.factor_id]
    query = Query("electricity", "kWh", "CN-44", 2023)
    choice = resolve(query, basis="location", library=library, policy=policy_for("CN"))
    assert isinstance(choice, Choice)
    assert choice.factor.factor_id == "CN-EL-AVG-44-2023"


def test_a_dataset_that_nobody_indexed_disturbs_no_other(tmp_path):
    shutil.copytree(DATA / "library", tmp_path / "library")
    (tmp_path / "library" / "china_cpcd.parquet").rename(tmp_path / "library" / "d_new.parquet")
    library = library_in(tmp_path / "library")
    assert library.get("CN-HEAT-CPCD-11") is not None
    assert search(library, "natural gas kWh gross")[0].factor.factor_id == "uk-desnz-2025-1-100-1004-6"
    assert search(library, "CN-EL-AVG-44-2023")[0].factor.factor_id == "CN-EL-AVG-44-2023"


def test_rows_of_ipcc_2006_and_of_cpcd_lie_in_files_of_their_own(rows):
    for name, factors in rows.items():
        assert all(("IPCC copyright" in one.licence) == (name == "ipcc_2006_energy") for one in factors)
        assert all(("CPCD public database" in one.licence) == (name == "china_cpcd") for one in factors)


def test_ipcc_calorific_values_lie_in_a_table_of_their_own():
    assert not any("IPCC" in row["licence"] for row in reference("units").to_pylist())
    assert all("IPCC" in row["licence"] for row in reference("units_ipcc").to_pylist())


@pytest.mark.parametrize("name", reference_names())
def test_a_reference_table_is_its_source_cell_by_cell(name):
    assert reference(name).to_pylist() == source(name)


def test_notice_names_every_dataset_and_the_terms_that_are_not_open():
    notice = (ROOT / "NOTICE").read_text("utf-8")
    for name in FILES:
        assert name in notice or name.rsplit("_", 1)[0] in notice, name
    for words in (
        "Open Government",
        "CC BY 4.0",
        "NOT AN OPEN LICENCE",
        "ITS TERMS OF REUSE",
        "Toronto",
        "Thoughtworks",
    ):
        assert words in notice
