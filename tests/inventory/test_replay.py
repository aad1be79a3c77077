"""A run computed again gives the same digits; whatever differs is named."""

from __future__ import annotations

import json
import shutil
from decimal import Decimal
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from golden.calculating import EXAMPLES, Calculator, activity, write_csv
from hengtan.inventory.replay import row_differences

ROWS = [
    activity("a1", quantity="100.5"),
    activity("a2", activity_type="fuel.natural_gas", unit="kWh_gcv", quantity="31"),
    activity("a3", activity_type="fuel.diesel", unit="L", quantity="7"),
    activity("bad", quantity="-1"),
]


@pytest.fixture
def desk(tmp_path) -> Calculator:
    return Calculator(tmp_path)


@pytest.fixture
def kept(desk):
    return desk.table(ROWS, name="input.csv")


def replay(desk: Calculator, folder: Path, *args: str):
    told = desk.command("replay", folder, "--json", *args)
    return told.code, json.loads(told.out) if told.out else told.err


def altered(path: Path, column: str, row: int, value) -> None:
    table = pq.read_table(path)
    at = table.schema.get_field_index(column)
    values = table[column].to_pylist()
    values[row] = value
    pq.write_table(table.set_column(at, table.schema[at], pa.array(values, table.schema[at].type)), path)


@pytest.mark.parametrize("args", [(), ("--rows",)])
def test_a_run_computed_again_is_equal_to_the_last_digit(desk, kept, args):
    code, found = replay(desk, kept.folder, *args)
    assert (code, found["equal"], found["same_bytes"], found["differences"]) == (0, True, True, [])
    assert found["rows"] == ({"rows": 0, "by_column": {}, "cells": []} if args else None)


def test_the_folder_and_its_run_json_mean_the_same(desk, kept):
    assert replay(desk, kept.folder / "run.json")[0] == 0
    assert "to the last digit" in desk.command("replay", kept.folder).out
    assert "逐位相同" in desk.command("replay", kept.folder, "--lang", "zh").out


def test_a_real_filing_is_equal_when_computed_again(desk):
    folder = EXAMPLES / "toronto"
    outcome = desk.calculate(
        folder / "toronto_2018_energy_ghg_report.xlsx", "--template", "ontario_bps",
        "--factors", folder / "ontario_2018_factors.csv",
    )  # fmt: skip
    assert replay(desk, outcome.folder)[1]["equal"]


def test_every_option_is_remembered(desk, tmp_path):
    organisation = tmp_path / "org.csv"
    organisation.write_text(
        "facility,org_unit,region,approach,share_pct,valid_from,valid_to\nPlant,Unit,,equity_share,33.3,,\n", "utf-8"
    )
    instruments = tmp_path / "instruments.csv"
    instruments.write_text(
        "instrument_id,kind,factor_id,co2e_kg_per_unit,quantity,unit,region,valid_from,valid_to,source\n"
        "I-1,rego,,0,20,kWh,GB,,,Registry\n", "utf-8"
    )  # fmt: skip
    aliases = tmp_path / "aliases.csv"
    aliases.write_text("kind,alias,name\nunit,Strom-kWh,kWh\n", "utf-8")
    factors = desk.factors({"factor_id": "OWN-1", "activity_unit": "kWh", "co2_kg": "0.3", "scope": "2",
                            "category": "purchased_electricity", "region": "GB"})  # fmt: skip
    rows = [
        activity("a1", unit="Strom-kWh", instrument="I-1"),
        activity("a2", factor_id="OWN-1"),
        activity("a3", activity_type="fuel.diesel", unit="L", start="2024-01-01", end="2024-02-20"),
        activity("a4", start="2022-01-01", end="2022-12-31"),
    ]
    outcome = desk.table(
        rows, "--org", organisation, "--instruments", instruments, "--aliases", aliases, "--factors", factors,
        "--period", "2024", "--gwp", "AR6", "--as-of", "2025-06-30", "--upstream", "--draws", "50", "--policy", "uk",
    )  # fmt: skip
    assert (outcome.code, outcome.summary["rows_posted"]) == (3, 3), outcome.problems
    code, found = replay(desk, outcome.folder, "--rows")
    assert (code, found["differences"], found["same_bytes"]) == (0, [], True)
    assert {one["role"] for one in found["files"]} == {"input", "organisation", "instruments", "aliases", "factors"}


def test_a_changed_input_is_named_with_what_came_out_of_it(desk, kept):
    write_csv(desk.folder / "input.csv", [{**ROWS[0], "quantity": "100.6"}, *ROWS[1:]])
    code, found = replay(desk, kept.folder, "--rows")
    assert (code, found["equal"]) == (3, False)
    assert [(Path(one["file"]).name, one["state"]) for one in found["files"]] == [("input.csv", "changed")]
    assert {"digest", "totals scope2_location_kg"} <= {one["what"] for one in found["differences"]}
    assert found["rows"]["rows"] == 2
    assert {cell["activity_id"] for cell in found["rows"]["cells"]} == {"a1"}
    assert "co2e_kg" in found["rows"]["by_column"]
    told = desk.command("replay", kept.folder).out
    assert "was changed since the run" in told
    assert "Not equal" in told


def test_a_changed_factor_file_is_named(desk, tmp_path):
    own = {"factor_id": "OWN-1", "activity_unit": "L", "category": "stationary_combustion"}
    factors = desk.factors({**own, "co2_kg": "2"})
    outcome = desk.table([activity(activity_type="", factor_id="OWN-1", unit="L")], "--factors", factors)
    desk.factors({**own, "co2_kg": "3"})
    code, found = replay(desk, outcome.folder)
    assert code == 3
    assert [one["role"] for one in found["files"] if one["state"] == "changed"] == ["factors"]


def test_a_file_that_differs_in_bytes_alone_is_told_too(desk, kept):
    path = desk.folder / "input.csv"
    path.write_bytes(path.read_bytes() + b"\n")
    code, found = replay(desk, kept.folder)
    assert (code, found["differences"]) == (3, [])


def test_without_its_input_a_run_cannot_be_computed_again_exit_2(desk, kept):
    (desk.folder / "input.csv").unlink()
    code, told = replay(desk, kept.folder)
    assert code == 2
    assert "replay.file-missing" in told
    assert "input.csv" in told


def test_an_input_that_became_unreadable_is_exit_2_and_told_to_be_changed(desk, kept):
    (desk.folder / "input.csv").write_text("nothing of an activity\n1\n")
    code, told = replay(desk, kept.folder)
    assert code == 2
    assert "replay.file-changed" in told


def test_a_result_that_somebody_altered_is_found_in_its_row_and_column(desk, kept):
    altered(kept.folder / "emissions.parquet", "co2e_kg", 2, Decimal("1.5"))
    code, found = replay(desk, kept.folder, "--rows")
    assert code == 3
    assert [one["what"] for one in found["differences"]] == ["emissions.parquet"]
    (cell,) = found["rows"]["cells"]
    assert (cell["activity_id"], cell["column"], cell["kept"]) == ("a2", "co2e_kg", "1.5")


def test_an_altered_summary_is_found(desk, kept):
    path = kept.folder / "summary.json"
    summary = json.loads(path.read_text("utf-8"))
    summary["totals"]["scope1_kg"] = "1"
    path.write_text(json.dumps(summary), "utf-8")
    code, found = replay(desk, kept.folder)
    assert code == 3
    assert {"summary.json totals scope1_kg", "totals scope1_kg"} == {one["what"] for one in found["differences"]}


@pytest.mark.parametrize("name", ["emissions.parquet", "summary.json"])
def test_a_folder_that_lost_a_file_is_not_equal(desk, kept, name):
    (kept.folder / name).unlink()
    assert replay(desk, kept.folder, "--rows")[0] == 3


def test_a_folder_that_moved_with_its_input_is_replayed_from_anywhere(tmp_path, monkeypatch):
    desk = Calculator(tmp_path)
    (tmp_path / "old" / "data").mkdir(parents=True)
    monkeypatch.chdir(tmp_path / "old")
    write_csv(Path("data/input.csv"), ROWS)
    assert desk.command("calculate", "data/input.csv", "--out", "runs/one", "--no-report").code == 3
    monkeypatch.chdir(tmp_path)
    shutil.move("old", "new")
    for place in (tmp_path, tmp_path / "new" / "data"):
        monkeypatch.chdir(place)
        assert replay(desk, tmp_path / "new/runs/one")[0] == 0


def test_nothing_is_left_behind(desk, kept):
    before = sorted(path.name for path in desk.folder.rglob("*"))
    replay(desk, kept.folder, "--rows")
    assert sorted(path.name for path in desk.folder.rglob("*")) == before


def test_what_is_no_folder_of_a_run_is_exit_2(desk, tmp_path):
    for path in (tmp_path, tmp_path / "none", tmp_path / "none/run.json"):
        assert desk.command("replay", path).code == 2


def test_a_row_on_one_side_alone_is_told_as_a_whole(desk, kept, tmp_path):
    path = kept.folder / "emissions.parquet"
    rows = pq.read_table(path)
    pq.write_table(rows.slice(1), tmp_path / "fewer.parquet")
    found = row_differences(path, tmp_path / "fewer.parquet")
    assert found.rows == 1
    assert [(cell.column, cell.kept, cell.again) for cell in found.cells] == [("", "row", "")]
    assert row_differences(tmp_path / "fewer.parquet", path).cells[0].again == "row"


def test_the_order_of_the_rows_is_no_difference(kept, tmp_path):
    path = kept.folder / "emissions.parquet"
    rows = pq.read_table(path)
    pq.write_table(rows.take(list(reversed(range(rows.num_rows)))), tmp_path / "back.parquet")
    assert row_differences(path, tmp_path / "back.parquet").rows == 0


def test_only_the_first_hundred_rows_are_listed_but_all_are_counted(tmp_path):
    desk = Calculator(tmp_path)
    kept = desk.table([activity(f"a{n:03}", activity_type="fuel.diesel", unit="L") for n in range(150)])
    path = kept.folder / "emissions.parquet"
    rows = pq.read_table(path)
    at = rows.schema.get_field_index("facility")
    pq.write_table(
        rows.set_column(at, rows.schema[at], pa.array(["Other"] * rows.num_rows)), tmp_path / "other.parquet"
    )
    found = row_differences(path, tmp_path / "other.parquet")
    assert (found.rows, len(found.cells), dict(found.by_column)) == (150, 100, {"facility": 150})
