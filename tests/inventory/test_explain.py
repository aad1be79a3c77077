"""Every number explains itself: to the cell, to the table of the source, to the last digit."""

from __future__ import annotations

import json
import re
import shutil
from decimal import Decimal, localcontext
from pathlib import Path
from random import Random

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from golden.calculating import EXAMPLES, Calculator, activity, write_csv
from hengtan.inventory.lookup import rows_with
from hengtan.inventory.source_row import half_even

MIXED = [
    {"activity_id": "e1", "facility": "One", "activity_type": "electricity", "start": "2023-01-01", "end": "2023-12-31",
     "quantity": "1000.1234567", "unit": "MWh", "region": "CN-33"},
    {"activity_id": "e2", "facility": "Two", "activity_type": "electricity", "start": "2023-03-01", "end": "2023-03-31",
     "quantity": "500000", "unit": "kWh", "region": "GB", "instrument": "I-1"},
    {"activity_id": "g1", "facility": "One", "activity_type": "fuel.natural_gas", "start": "2023-01-15",
     "end": "2023-02-14", "quantity": "1e3", "unit": "kWh (Gross CV)", "region": "GB"},
    {"activity_id": "d1", "facility": "Three", "activity_type": "fuel.diesel", "start": "2023-11-01",
     "end": "2024-02-15", "quantity": "2000", "unit": "gal_uk", "region": "GB"},
    {"activity_id": "z1", "facility": "Three", "activity_type": "fuel.diesel", "start": "2023-01-01",
     "end": "2023-01-31", "quantity": "0", "unit": "", "region": "GB"},
    {"activity_id": "r1", "facility": "Three", "activity_type": "refrigerant.R-410A", "start": "2023-01-01",
     "end": "2023-12-31", "quantity": "3.5", "unit": "kg", "region": "GB"},
    {"activity_id": "c1", "facility": "Two", "activity_type": "fuel.coal.bituminous", "start": "2023-01-01",
     "end": "2023-12-31", "quantity": "12", "unit": "t", "region": "CN", "method": "cn-cets-2024-combustion"},
    {"activity_id": "bad", "facility": "One", "activity_type": "fuel.diesel", "start": "2023-01-01",
     "end": "2023-12-31", "quantity": "-3", "unit": "L", "region": "GB"},
    {"activity_id": "odd", "facility": "One", "activity_type": "fuel.diesl", "start": "2023-01-01",
     "end": "2023-12-31", "quantity": "5", "unit": "L", "region": "GB"},
    {"activity_id": "dup", "facility": "One", "activity_type": "fuel.diesel", "start": "2023-01-01",
     "end": "2023-12-31", "quantity": "5", "unit": "L", "region": "GB"},
    {"activity_id": "dup", "facility": "One", "activity_type": "fuel.diesel", "start": "2023-01-01",
     "end": "2023-12-31", "quantity": "6", "unit": "L", "region": "GB"},
]  # fmt: skip
POSTED = ["e1", "e2", "g1", "d1", "z1", "r1", "c1"]
ORGANISATION = [
    {"facility": "One", "approach": "equity_share", "share_pct": "33.3"},
    {"facility": "Two", "approach": "equity_share", "share_pct": "100"},
    {"facility": "Three", "approach": "equity_share", "share_pct": "50", "valid_to": "2023-12-31"},
    {"facility": "Three", "approach": "equity_share", "share_pct": "75", "valid_from": "2024-01-01"},
]


def table(path: Path, names: str, rows) -> Path:
    lines = [names, *(",".join(row.get(name, "") for name in names.split(",")) for row in rows)]
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return path


@pytest.fixture(scope="module")
def desk(tmp_path_factory) -> Calculator:
    return Calculator(tmp_path_factory.mktemp("explain"))


@pytest.fixture(scope="module")
def mixed(desk):
    organisation = table(
        desk.folder / "org.csv", "facility,org_unit,region,approach,share_pct,valid_from,valid_to", ORGANISATION
    )
    instrument = {"instrument_id": "I-1", "kind": "rego", "co2e_kg_per_unit": "0", "quantity": "200", "unit": "MWh",
                  "region": "GB", "source": "Registry 7"}  # fmt: skip
    names = "instrument_id,kind,factor_id,co2e_kg_per_unit,quantity,unit,region,valid_from,valid_to,source"
    instruments = table(desk.folder / "instruments.csv", names, [instrument])
    return desk.table(MIXED, "--org", organisation, "--instruments", instruments, "--upstream", name="mixed.csv")


@pytest.fixture(scope="module")
def toronto(desk):
    folder = EXAMPLES / "toronto"
    return desk.calculate(
        folder / "toronto_2018_energy_ghg_report.xlsx", "--template", "ontario_bps",
        "--factors", folder / "ontario_2018_factors.csv",
    )  # fmt: skip


def record(desk: Calculator, folder: Path, name: str, lang: str = "en"):
    told = desk.command("explain", folder, name, "--json", "--lang", lang)
    assert told.code == 0, told.err
    return json.loads(told.out)


def text(desk: Calculator, folder: Path, name: str, lang: str = "en") -> str:
    told = desk.command("explain", folder, name, "--lang", lang)
    assert told.code == 0, told.err
    return told.out


def multiplies_out(outcome, found) -> None:
    """quantity x coefficient is the stored decimal of every gas, and the months add up to it."""
    stored = {(r["basis"], r["scope"]): r for r in outcome.rows if r["activity_id"] == found["activity_id"]}
    assert len(stored) == len(found["results"])
    with localcontext() as context:
        context.prec = 80
        for result in found["results"]:
            row = stored[(result["basis"], result["scope"])]
            for gas, kg in result["kg"].items():
                assert row[gas] == (None if kg is None else Decimal(kg))
                if kg is not None:
                    assert Decimal(found["quantity"]) * Decimal(result["kg_per_unit"][gas]) == row[gas]
            if result["months_kg"]:
                assert sum(map(Decimal, result["months_kg"].values())) == row["co2e_kg"]


@pytest.mark.parametrize("name", POSTED)
def test_quantity_times_coefficient_is_the_stored_number_to_the_last_digit(desk, mixed, name):
    multiplies_out(mixed, record(desk, mixed.folder, name))


def test_any_row_of_a_real_filing_multiplies_out(desk, toronto):
    ids = sorted({row["activity_id"] for row in toronto.rows})
    for name in Random(7).sample(ids, 15):
        found = record(desk, toronto.folder, name)
        multiplies_out(toronto, found)
        assert found["input"] == "verified"


@pytest.mark.parametrize("name", POSTED)
@pytest.mark.parametrize("lang", ["en", "zh"])
def test_the_line_that_is_shown_is_a_true_equation(desk, mixed, name, lang):
    shown = " ".join(text(desk, mixed.folder, name, lang).split())
    number = r"([\d,]+(?:\.\d+)?)"
    equations = re.findall(rf"{number} kg = {number}(?: \S+)? × {number} kg CO2e/", shown)
    results = record(desk, mixed.folder, name)["results"]
    assert len(equations) == len(results)
    for equation in equations:
        with localcontext() as context:
            context.prec = 80
            kg, quantity, rate = (Decimal(part.replace(",", "")) for part in equation)
            assert kg == quantity * rate


@pytest.mark.parametrize("name", POSTED)
def test_nothing_is_wider_than_eighty_columns(desk, mixed, name, monkeypatch):
    from unicodedata import east_asian_width

    monkeypatch.setenv("COLUMNS", "80")
    for lang in ("en", "zh"):
        lines = text(desk, mixed.folder, name, lang).splitlines()
        assert max(sum(1 + (east_asian_width(c) in "WF") for c in line.rstrip()) for line in lines) <= 80


def test_the_cell_of_a_foreign_sheet_is_named_with_what_stood_in_it(desk, toronto):
    found = record(desk, toronto.folder, "TOR18-1190-L")
    (row,) = found["rows"]
    assert (row["sheet"], row["row"]) == ("Sheet1", 1190)
    assert row["cells"]["quantity"]["address"] == "L1190"
    assert row["cells"]["unit"] == {"header": "Unit", "address": "M1190", "given": "Cubic meter"}
    assert (row["quantity_given"], row["quantity"]) == ("6802374.340276999", "6802374.340277")
    assert found["results"][0]["kg"]["co2e_kg"] == "12922402.51048081413"
    shown = text(desk, toronto.folder, "TOR18-1190-L")
    assert "Sheet1!L1190" in shown
    assert "“Cubic meter” read as m3" in shown
    assert "implied: (column AF - 0.04 x column J) / column L" in shown


def test_a_long_table_names_column_and_row(desk, mixed):
    row = record(desk, mixed.folder, "g1")["rows"][0]
    letter = chr(65 + list(MIXED[0]).index("quantity"))
    assert row["cells"]["quantity"]["address"] == f"{letter}4"
    assert row["values"]["unit"] == "kWh (Gross CV)"
    assert record(desk, mixed.folder, "g1")["unit"] == "kWh_gcv"
    assert "“kWh (Gross CV)” read as kWh_gcv" in text(desk, mixed.folder, "g1")


def test_the_coefficient_is_the_published_factor_converted_weighed_and_shared(desk, mixed):
    steps = record(desk, mixed.folder, "e1")["results"][0]["steps"]
    assert steps["kg_co2e_per_factor_unit"] == "0.4974"  # MEE & NBS Announcement 47 of 2025, table 3, Zhejiang 2023
    assert (steps["factor_units_per_unit"], steps["rounded_to_12_places"]) == ("1000", False)
    assert "= 0.4974 kg CO2e/kWh × 1,000 kWh/MWh × 0.333" in text(desk, mixed.folder, "e1")
    gas = record(desk, mixed.folder, "g1")["results"][0]["steps"]
    assert {one["gas"]: one["gwp"] for one in gas["gases"]} == {"CO2": "1", "CH4": "28", "N2O": "265"}


def test_both_bases_are_explained_and_the_instrument_is_named(desk, mixed):
    found = record(desk, mixed.folder, "e2")
    assert [(r["scope"], r["basis"]) for r in found["results"]] == [(2, "location"), (2, "market"), (3, "-")]
    shown = text(desk, mixed.folder, "e2")
    assert "instrument I-1" in shown
    assert "Registry 7" in shown
    assert "market-based" in shown
    assert "covers " in shown
    told = text(desk, mixed.folder, "e2", "zh")
    assert "合同凭证 I-1" in told
    assert "覆盖 " in told
    assert "covers" not in told


def test_a_method_is_told_with_its_standard_equation_and_terms(desk, mixed):
    result = record(desk, mixed.folder, "c1")["results"][0]
    assert result["method"]["id"] == "cn-cets-2024-combustion"
    assert result["method"]["equation"]
    names = {term["name"] for term in result["terms"]}
    assert "ncv_gj_per_unit" in names
    assert "CETS-AG" in text(desk, mixed.folder, "c1")
    assert "低位发热量" in text(desk, mixed.folder, "c1", "zh")
    assert "default" not in text(desk, mixed.folder, "c1", "zh")


def test_candidates_that_were_not_taken_are_told_with_why(desk, mixed):
    assert "CN-EL-AVG-33-2022 (earlier-year)" in text(desk, mixed.folder, "e1")
    assert "较早年份" in text(desk, mixed.folder, "e1", "zh") or "早" in text(desk, mixed.folder, "e1", "zh")


def test_a_factor_that_nobody_verified_says_so(desk, mixed):
    outcome = desk.table([activity(activity_type="fuel.diesel", unit="t", region="CN", start="2022-01-01",
                                   end="2022-12-31")])  # fmt: skip
    factor = record(desk, outcome.folder, "a1")["results"][0]["factors"][0]
    told = "not verified against the source" in " ".join(text(desk, outcome.folder, "a1").split())
    assert told == factor["retrieved_from"].startswith("known:")


@pytest.mark.parametrize(
    ("name", "code"),
    [("bad", "activity.quantity-negative"), ("odd", "type.unknown"), ("dup", "activity.duplicate-id")],
)
def test_a_rejected_activity_is_explained_by_its_problems_and_its_cells(desk, mixed, name, code):
    found = record(desk, mixed.folder, name)
    assert not found["posted"]
    assert {one["code"] for one in found["problems"]} == {code}
    assert len(found["rows"]) == (2 if name == "dup" else 1)
    assert "rejected: it is in no total" in text(desk, mixed.folder, name)
    assert "已拒收" in text(desk, mixed.folder, name, "zh")


def test_a_warning_is_told_in_the_language_that_is_asked_for(desk, mixed):
    english, chinese = text(desk, mixed.folder, "d1"), text(desk, mixed.folder, "d1", "zh")
    assert "runs from 2023-11-01 to 2024-02-15" in english
    assert "2023-11-01" in chinese
    assert "activity.spans-years" in chinese
    assert not re.search("the factor of 2023 is used", chinese)


def test_an_unknown_id_is_exit_3_and_names_what_comes_near(desk, mixed):
    told = desk.command("explain", mixed.folder, "e11")
    assert told.code == 3
    assert "e1" in told.err
    assert desk.command("explain", mixed.folder, "e11", "--json").code == 3


def test_a_rejected_row_that_comes_near_is_named_as_rejected_with_its_reason(desk, mixed):
    told = " ".join(desk.command("explain", mixed.folder, "badd").err.split())
    assert "bad (rejected: The quantity" in told and "is below zero" in told
    chinese = "".join(desk.command("explain", mixed.folder, "badd", "--lang", "zh").err.split())
    assert "bad（未入账：" in chinese
    assert "(rejected" not in desk.command("explain", mixed.folder, "e11").err.split("e1")[1][:12]


def test_what_is_no_folder_of_a_run_is_exit_2(desk, tmp_path):
    assert desk.command("explain", tmp_path, "e1").code == 2
    assert desk.command("explain", tmp_path / "none", "e1").code == 2


def moved(outcome, tmp_path: Path) -> Path:
    return Path(shutil.copytree(outcome.folder, tmp_path / "kept"))


@pytest.mark.parametrize("name", ["e1", "g1", "d1", "r1", "z1", "c1"])
def test_without_the_input_the_folder_explains_the_same_arithmetic(tmp_path, name):
    desk = Calculator(tmp_path)
    outcome = desk.table([row for row in MIXED if row["activity_id"] == name], name="input.csv")
    before = record(desk, outcome.folder, name)
    (tmp_path / "input.csv").unlink()
    after = record(desk, outcome.folder, name)
    assert (after["input"], after["rows"]) == ("missing", [])
    multiplies_out(outcome, after)
    assert after["quantity"] == before["quantity"]
    assert after["results"] == before["results"]
    assert "cannot be read any more" in " ".join(text(desk, outcome.folder, name).split())


def test_a_changed_input_is_told_and_not_believed(tmp_path):
    desk = Calculator(tmp_path)
    outcome = desk.table([activity(quantity="100")], name="input.csv")
    write_csv(tmp_path / "input.csv", [activity(quantity="999")])
    found = record(desk, outcome.folder, "a1")
    assert (found["input"], found["quantity"]) == ("changed", "100")
    assert "no longer the file of this run" in " ".join(text(desk, outcome.folder, "a1").split())
    multiplies_out(outcome, found)


def test_a_folder_that_moved_with_its_input_still_finds_the_cell(tmp_path, monkeypatch):
    (tmp_path / "old").mkdir()
    monkeypatch.chdir(tmp_path / "old")
    write_csv(Path("input.csv"), [activity()])
    assert Calculator(tmp_path).command("calculate", "input.csv", "--out", "run", "--no-report").code == 0
    monkeypatch.chdir(tmp_path)
    shutil.move("old", "new")
    assert record(Calculator(tmp_path), Path("new/run"), "a1")["input"] == "verified"


def test_a_folder_with_an_altered_result_is_exit_2(tmp_path):
    desk = Calculator(tmp_path)
    outcome = desk.table([activity()])
    path = outcome.folder / "emissions.parquet"
    rows = pq.read_table(path)
    at = rows.schema.get_field_index("co2e_kg")
    wrong = pa.array(
        [value.as_py() + Decimal("0.000000000000000001") for value in rows["co2e_kg"]], rows.schema[at].type
    )
    pq.write_table(rows.set_column(at, rows.schema[at], wrong), path)
    told = desk.command("explain", outcome.folder, "a1")
    assert told.code == 2
    assert "explain.not-whole" in told.err


def test_an_amount_of_several_cells_shows_every_one_of_them(tmp_path):
    row = activity(activity_type="refrigerant.R-410A", unit="kg", quantity="10", method="refrigerant-mass-balance")
    from hengtan.methods import find

    method = find("refrigerant-mass-balance")
    row |= dict.fromkeys(method.amount_inputs, "2")
    desk = Calculator(tmp_path)
    outcome = desk.table([row])
    if outcome.rows:
        found = record(desk, outcome.folder, "a1")
        multiplies_out(outcome, found)
        assert found["amount"]["method"] == "refrigerant-mass-balance"
        assert "amount = " in text(desk, outcome.folder, "a1")
    else:
        pytest.fail(str(outcome.problems))


def test_an_activity_is_explained_by_its_own_key_even_where_another_gives_the_same_number(tmp_path):
    desk = Calculator(tmp_path)
    factors = desk.factors({"factor_id": "OWN-1", "activity_unit": "L", "co2_kg": "2", "region": "GB"})
    pinned = {"activity_type": "", "factor_id": "OWN-1", "unit": "L"}
    rows = [activity(name, region=name, **pinned) for name in ("GB", "FR", "DE")]
    outcome = desk.table(rows, "--factors", factors)
    for name in ("GB", "FR", "DE"):
        assert record(desk, outcome.folder, name)["results"][0]["region"] == name


def test_an_id_is_found_in_a_parquet_input_with_many_row_groups(tmp_path):
    desk = Calculator(tmp_path)
    count = 5000
    rows = pa.table(
        {
            "activity_id": [f"a{number:06}" for number in range(count)],
            "facility": ["Plant"] * count,
            "activity_type": ["electricity"] * count,
            "start": ["2024-01-01"] * count,
            "end": ["2024-01-31"] * count,
            "quantity": [number / 8 + 0.1 for number in range(count)],
            "unit": ["kWh"] * count,
            "region": ["GB"] * count,
        }
    )
    pq.write_table(rows, tmp_path / "input.parquet", row_group_size=700)
    outcome = desk.calculate(tmp_path / "input.parquet")
    for number in (0, 699, 700, 4999):
        found = record(desk, outcome.folder, f"a{number:06}")
        assert found["rows"][0]["row"] == number + 1
        multiplies_out(outcome, found)


@pytest.mark.parametrize("names", [["id", "x"], ["id", "ID"], ["id", "file_row_number"]], ids=" ".join)
def test_a_row_is_found_whatever_its_file_calls_its_columns(tmp_path, names):
    file = tmp_path / "t[1] '*.parquet"
    rows = pa.table([[f"{n:05}" for n in range(1000)], range(1000)], names=names)
    pq.write_table(rows, file, row_group_size=100)
    assert rows_with(file, "id", "00555") == [{"id": "00555", names[1]: 555, "position": 555}]
    assert rows_with(file, "id", "nothing") == []
    assert rows_with(file, "name", "00555") == []


@pytest.mark.parametrize(
    ("given", "read"),
    [
        ("0.0000005", "0"),
        ("0.0000015", "0.000002"),
        ("1e3", "1000"),
        ("6802374.340276999", "6802374.340277"),
        ("-1", "-1"),
    ],
)
def test_a_quantity_is_rounded_half_even_as_it_is_posted(given, read):
    assert half_even(given) == Decimal(read)


@pytest.mark.parametrize("given", ["nan", "inf", "", "one", "1e13"])
def test_what_is_no_quantity_is_none(given):
    assert half_even(given) is None
