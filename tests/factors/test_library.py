"""Opening the library, with and without factor files of a user."""

import csv
import subprocess
import sys
import time
from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest
import xlsxwriter

from hengtan.factors import COLUMNS, Factor, open_library
from hengtan.factors.describe import amount, short
from hengtan.factors.factor import NEVER, decimal
from hengtan.problems import HengtanError

HEAD = ",".join(COLUMNS)
GOOD = {
    "factor_id": "ACME-GAS-2024",
    "name": "Boiler gas",
    "name_zh": "锅炉天然气",
    "category": "stationary_combustion",
    "scope": "1",
    "activity_unit": "万Nm3",
    "region": "CN",
    "valid_from": "2024-01-01",
    "valid_to": "2024-12-31",
    "co2_kg": "2.165e4",
    "co2e_kg": "21650",
    "gwp_set": "ar5",
    "source_title": "Supplier's laboratory",
    "licence": "own",
}


def factor_file(tmp_path, *rows, name="own.csv", encoding="utf-8", separator=",", columns=COLUMNS):
    path = tmp_path / name
    lines = [separator.join(columns)]
    lines += [separator.join(str((GOOD | row).get(column, "")) for column in columns) for row in rows]
    path.write_text("\r\n".join(lines) + "\r\n", encoding=encoding)
    return path


def codes(error):
    return [problem.code for problem in error.value.problems]


def test_a_factor_is_found_by_its_id_and_no_other_is_given_for_it():
    library = open_library()
    factor = library.get("CN-EL-AVG-CN-2023")
    assert isinstance(factor, Factor)
    assert factor.co2_kg == Decimal("0.5306")
    assert factor.published == date(2025, 12, 31)
    assert library.get("CN-EL-AVG-CN-2099") is None
    assert library.near("CN-EL-AVG-CN-2099")[0].startswith("CN-EL-AVG-CN-20")


def test_what_was_not_read_in_the_source_is_marked_unverified():
    library = open_library()
    assert library.get("CN-EL-AVG-44-2012").unverified
    assert not library.get("CN-EL-AVG-CN-2023").unverified
    sources = Path(__file__).resolve().parents[2] / "data" / "factors"
    known = 0
    for path in sources.glob("china_*.csv"):
        with path.open(encoding="utf-8", newline="") as lines:
            known += sum(row["retrieved_from"].startswith("known:") for row in csv.DictReader(lines))
    assert sum(factor.unverified for factor in library) == known > 0


@pytest.mark.parametrize(
    ("factor_id", "origin"),
    [
        ("uk-desnz-2024-1-100-1004-6", "fossil"),
        ("us-epa-hub-2025-t1-landfill-gas-scf", "biogenic"),
        ("ipcc-2006-stationary-mfg-anthracite", "fossil"),
        ("CN-EL-AVG-CN-2023", "unknown"),
    ],
)
def test_a_factor_knows_where_the_carbon_of_its_methane_comes_from(factor_id, origin):
    assert open_library().get(factor_id).gas_origin == origin


def test_a_user_s_factors_join_the_library_with_canonical_units_and_regions(tmp_path):
    library = open_library([factor_file(tmp_path, {"region": "中国"})])
    factor = library.get("ACME-GAS-2024")
    assert (factor.activity_unit, factor.region, factor.gwp_set) == ("万Nm3", "CN", "AR5")
    assert factor.co2_kg == Decimal(21650)
    assert (factor.origin, factor.published_assumed, factor.published) == ("user", True, date(2026, 1, 1))
    assert len(library) == 30_870
    assert library.problems == ()
    assert library.table.num_rows == 30_870
    assert library.table.slice(30_869).to_pylist()[0]["origin"] == "user"


def test_the_28th_column_says_when_a_user_s_factor_became_known(tmp_path):
    path = factor_file(tmp_path, {"published": "2024-03-01"}, columns=(*COLUMNS, "published"))
    factor = open_library([path]).get("ACME-GAS-2024")
    assert (factor.published, factor.published_assumed) == (date(2024, 3, 1), False)


def test_a_row_without_any_date_counts_as_always_known(tmp_path):
    path = factor_file(tmp_path, {"valid_from": "", "valid_to": ""})
    factor = open_library([path]).get("ACME-GAS-2024")
    assert factor.published == NEVER
    assert factor.as_row()["published"] == ""


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030", "utf-16"])
@pytest.mark.parametrize("separator", [",", ";", "\t"])
def test_csv_is_read_in_every_usual_encoding_and_separator(tmp_path, encoding, separator):
    library = open_library([factor_file(tmp_path, {}, encoding=encoding, separator=separator)])
    assert library.get("ACME-GAS-2024").name_zh == "锅炉天然气"


def test_a_workbook_is_read_with_its_numbers_and_dates(tmp_path):
    path = tmp_path / "own.xlsx"
    book = xlsxwriter.Workbook(path, {"default_date_format": "yyyy-mm-dd"})
    sheet = book.add_worksheet()
    sheet.write_row(0, 0, COLUMNS)
    cells = GOOD | {"co2_kg": 0.1, "co2e_kg": 2, "valid_from": date(2024, 1, 1), "valid_to": date(2024, 12, 31)}
    sheet.write_row(1, 0, [cells.get(column, "") for column in COLUMNS])
    book.close()
    factor = open_library([path]).get("ACME-GAS-2024")
    assert factor.co2_kg == Decimal("0.1")
    assert factor.co2e_kg == Decimal(2)
    assert factor.valid_to == date(2024, 12, 31)


def test_rows_are_counted_as_the_spreadsheet_shows_them(tmp_path):
    path = tmp_path / "own.xlsx"
    book = xlsxwriter.Workbook(path)
    book.add_worksheet("notes").write(0, 0, "read the other sheet")
    sheet = book.add_worksheet("factors")
    sheet.write_row(3, 2, COLUMNS)
    sheet.write_row(6, 2, [(GOOD | {"activity_unit": "bushels"}).get(column, "") for column in COLUMNS])
    book.close()
    with pytest.raises(HengtanError) as error:
        open_library([path])
    (problem,) = error.value.problems
    assert (problem.sheet, problem.row, problem.column) == ("factors", 7, "activity_unit")


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"factor_id": ""}, "factor.id-missing"),
        ({"factor_id": "CN-EL-AVG-CN-2023"}, "factor.id-taken"),
        ({"activity_unit": ""}, "factor.unit-missing"),
        ({"activity_unit": "bushels"}, "factor.unit-unknown"),
        ({"co2_kg": "", "co2e_kg": ""}, "factor.number-missing"),
        ({"co2_kg": "n/a"}, "factor.number-unreadable"),
        ({"co2_kg": "nan"}, "factor.number-unreadable"),
        ({"co2_kg": "inf"}, "factor.number-unreadable"),
        ({"valid_to": "31.12.2024"}, "factor.date-unreadable"),
    ],
)
def test_a_factor_that_cannot_be_computed_refuses_the_file(tmp_path, change, code):
    with pytest.raises(HengtanError) as error:
        open_library([factor_file(tmp_path, change)])
    assert codes(error) == [code]
    assert error.value.problems[0].row == 2


def test_every_bad_row_is_told_at_once_with_its_row_and_column(tmp_path):
    path = factor_file(tmp_path, {"activity_unit": "bushels"}, {}, {"co2_kg": "x", "factor_id": "B"}, {})
    with pytest.raises(HengtanError) as error:
        open_library([path])
    assert [(p.row, p.column, p.code) for p in error.value.problems] == [
        (2, "activity_unit", "factor.unit-unknown"),
        (3, "factor_id", "factor.id-twice"),
        (4, "co2_kg", "factor.number-unreadable"),
        (5, "factor_id", "factor.id-twice"),
    ]


def test_an_id_that_stands_in_two_files_is_refused(tmp_path):
    first, second = factor_file(tmp_path, {}), factor_file(tmp_path, {}, name="second.csv")
    with pytest.raises(HengtanError) as error:
        open_library([first, second])
    assert codes(error) == ["factor.id-taken"]


def test_what_is_only_poor_is_a_warning(tmp_path):
    poor = {"source_title": "", "licence": "", "category": "", "name_zh": ""}
    library = open_library([factor_file(tmp_path, poor)])
    assert library.get("ACME-GAS-2024") is not None
    assert {problem.code for problem in library.problems} == {
        "factor.source-missing",
        "factor.licence-missing",
        "factor.category-missing",
        "factor.name-zh-missing",
    }
    assert {problem.severity for problem in library.problems} == {"warning"}


@pytest.mark.parametrize("content", [b"\x00\x01\x02\x03", b"PK\x03\x04 not a workbook", b"", b"a,b\n1,2\n"])
def test_a_file_that_is_no_factor_file_is_refused_and_not_half_read(tmp_path, content):
    for name in ("own.csv", "own.xlsx"):
        path = tmp_path / name
        path.write_bytes(content)
        with pytest.raises(HengtanError):
            open_library([path])


def test_a_missing_file_is_told_by_name(tmp_path):
    with pytest.raises(HengtanError) as error:
        open_library([tmp_path / "nowhere.csv"])
    assert "nowhere.csv" in str(error.value)


def test_a_dataset_is_selected_by_name_and_ids_in_their_order():
    library = open_library()
    assert {factor.dataset for factor in library.select(dataset="us_epa_egrid")} == {"us_epa_egrid"}
    assert len(library.select(dataset="us_epa_egrid")) == 112
    ids = ["CN-EL-AVG-CN-2023", "nothing", "CN-EL-AVG-CN-2021"]
    assert [factor.factor_id for factor in library.select(ids=ids)] == [ids[0], ids[2]]


def test_the_digest_is_of_the_content_and_the_version_is_stated():
    library = open_library()
    assert len(library.digest) == 64
    assert library.digest == open_library().digest
    assert library.version


def test_one_factor_takes_less_than_five_milliseconds_after_opening():
    library = open_library()
    len(library)
    library.get("uk-desnz-2024-1-100-1004-6")
    start = time.perf_counter()
    for _ in range(20):
        library.get("uk-desnz-2024-1-100-1005-6")
    assert (time.perf_counter() - start) / 20 < 0.005


def test_opening_does_not_bring_pandas_along():
    code = (
        "import sys; from hengtan.factors import open_library; library = open_library(); "
        "library.get('CN-EL-AVG-CN-2023'); library.table; print('pandas' in sys.modules)"
    )
    told = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert told.stdout.strip() == "False"


@pytest.mark.parametrize(
    ("cell", "exact"), [("3.9e-5", "0.000039"), ("110", "110"), ("-0.50", "-0.50"), ("1E3", "1000")]
)
def test_a_cell_becomes_the_exact_decimal(cell, exact):
    assert format(decimal(cell), "f") == exact


def test_an_amount_is_said_in_one_line():
    assert amount(open_library().get("CN-EL-AVG-CN-2023")) == "0.5306 kg CO2 / kWh"
    assert amount(open_library().get("us-epa-hub-2025-t1-natural-gas-mmbtu-hhv")) == (
        "kg 53.06 CO2 + 0.001 CH4 + 0.0001 N2O / mmBtu_hhv"
    )
    assert short(Decimal("3033.38067114094")) == "3033.38"
    assert short(Decimal("0.000039916129")) == "0.0000399161"
