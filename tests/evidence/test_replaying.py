"""Replay of a kept run: from the facts, and what differs told apart."""

from __future__ import annotations

import json
import shutil
from decimal import Decimal

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from evidence.desk import ROWS
from golden.calculating import activity, write_csv
from hengtan.inventory import run as run_module


def alter(path, column, row, value):
    table = pq.read_table(path)
    at = table.schema.get_field_index(column)
    values = table[column].to_pylist()
    values[row] = value
    pq.write_table(table.set_column(at, table.schema[at], pa.array(values, table.schema[at].type)), path)


def edit(path, change):
    manifest = json.loads(path.read_text("utf-8"))
    change(manifest)
    path.write_text(json.dumps(manifest, ensure_ascii=False, indent=2), "utf-8")


@pytest.mark.parametrize("args", [(), ("--rows",)])
def test_a_kept_run_is_equal_and_its_proof_holds(kept, args):
    desk, outcome = kept
    code, found = desk.replay(outcome.folder, "--vkey", desk.vkey, *args)
    assert (code, found["verdict"], found["proof"]["ok"]) == (0, "equal", True)
    stated = outcome.manifest["outputs"]["canonical_digest"]
    assert found["canonical"] == {"stated": stated, "kept": stated, "again": stated}
    assert bool(found["all_rows"]) == bool(args)


def test_a_run_is_replayed_from_the_facts_when_the_files_are_gone(desk):
    factors = desk.factors({"factor_id": "OWN-1", "activity_unit": "L", "co2_kg": "2"})
    rows = [*ROWS, activity("own", activity_type="", factor_id="OWN-1", unit="L")]
    outcome = desk.kept(rows, "--factors", factors)
    factors.unlink()
    (desk.folder / "input.csv").unlink()
    code, found = desk.replay(outcome.folder)
    assert (code, found["verdict"], found["same_bytes"]) == (0, "equal", True)
    assert {(one["role"], one["state"], one["fact"]) for one in found["files"]} == {
        ("input", "missing", True), ("factors", "missing", True),
    }  # fmt: skip
    told = desk.command("replay", outcome.folder)
    assert "computed from the fact that the ledger kept" in " ".join(told.out.split())


def test_a_ledger_that_moved_is_named(kept):
    desk, outcome = kept
    (desk.folder / "input.csv").unlink()
    shutil.move(desk.ledger, desk.folder / "moved")
    assert desk.replay(outcome.folder)[0] == 2
    assert desk.replay(outcome.folder, "--ledger", desk.folder / "moved")[0] == 0
    assert desk.replay(outcome.folder, "--facts", desk.folder / "moved/private/facts")[0] == 0
    shutil.move(outcome.folder, desk.folder / "moved/run")
    assert desk.replay(desk.folder / "moved/run", "--ledger", desk.folder / "moved")[0] == 0


def test_a_damaged_fact_is_not_computed_from(kept):
    desk, outcome = kept
    digest = outcome.manifest["inputs"][0]["sha256"]
    path = next((desk.ledger / "private/facts/objects").rglob(digest))
    path.chmod(0o600)
    path.write_bytes(path.read_bytes().replace(b"100.5", b"100.6"))
    (desk.folder / "input.csv").unlink()
    told = desk.command("replay", outcome.folder)
    assert told.code == 3
    assert digest in told.err


def test_an_input_that_changed_is_told_and_the_run_computed_from_its_fact(kept):
    desk, outcome = kept
    write_csv(desk.folder / "input.csv", [{**ROWS[0], "quantity": "100.6"}, *ROWS[1:]])
    code, found = desk.replay(outcome.folder)
    assert (code, found["verdict"], found["differences"]) == (3, "input-changed", [])
    assert [(one["state"], one["fact"]) for one in found["files"]] == [("changed", True)]
    assert "一致：" not in desk.command("replay", outcome.folder, "--lang", "zh").out.replace("不一致：", "")


@pytest.mark.parametrize("vouched", [True, False])
def test_altered_rows_are_told_as_altered(kept, vouched):
    desk, outcome = kept
    if not vouched:
        outcome = desk.table(ROWS)
    alter(outcome.folder / "emissions.parquet", "co2e_kg", 0, Decimal(1))
    code, found = desk.replay(outcome.folder)
    assert (code, found["verdict"]) == (3, "altered")
    assert {"emissions.parquet"} <= {one["what"] for one in found["tampered"]}
    assert found["canonical"]["kept"] != found["canonical"]["again"]
    assert "the folder was altered" in " ".join(desk.command("replay", outcome.folder).out.split())


def test_rows_written_by_another_writer_are_no_other_numbers(kept):
    """The bytes are not those of the run, so it is told; the canonical digest says that every sum is the same."""
    desk, outcome = kept
    path = outcome.folder / "emissions.parquet"
    pq.write_table(pq.read_table(path), path, compression="zstd")
    _, found = desk.replay(outcome.folder)
    assert found["canonical"]["kept"] == found["canonical"]["again"] == found["canonical"]["stated"]
    assert found["rows"]["rows"] == 0


def test_who_alters_rows_and_run_json_together_is_found_by_the_proof(kept):
    from hengtan.engine import Engine
    from hengtan.inventory.digest import emission_sums
    from hengtan.inventory.folder import sha256

    desk, outcome = kept
    path = outcome.folder / "emissions.parquet"
    alter(path, "match", 0, "exact-ish")  # no sum changes

    def change(manifest):
        manifest["outputs"]["emissions_sha256"] = sha256(path)

    edit(outcome.folder / "run.json", change)
    with Engine().session() as con:
        assert emission_sums(con.read_parquet(str(path))).digest() == outcome.manifest["outputs"]["canonical_digest"]
    code, found = desk.replay(outcome.folder)
    assert (code, found["verdict"], found["tampered"], found["proof"]["ok"]) == (3, "altered", [], False)
    assert any("verify.file-altered" in problem for problem in found["proof"]["problems"])


@pytest.mark.parametrize(
    "change",
    [
        lambda manifest: manifest["outputs"].update(canonical_digest="0" * 64),
        lambda manifest: manifest["control"]["totals"].update(scope1_kg="1"),
        lambda manifest: manifest["outputs"].update(emissions_sha256="0" * 64),
    ],
)
def test_an_altered_run_json_is_told_as_altered_without_a_proof_too(kept, change):
    desk, outcome = kept
    (outcome.folder / "run.json.tlog-proof").unlink()
    edit(outcome.folder / "run.json", change)
    code, found = desk.replay(outcome.folder)
    assert (code, found["verdict"]) == (3, "altered")


def test_other_versions_are_no_tampering(desk, monkeypatch):
    """A run of an older release whose numbers came out otherwise: nothing was altered, and it is said so."""
    whole = run_module.totals

    def older(con, by_facility, by_month, lines):
        found = whole(con, by_facility, by_month, lines)
        found.by_month = {}  # the older release knew no months
        return found

    with monkeypatch.context() as patch:
        patch.setattr(run_module, "__version__", "0.0.9")
        patch.setattr(run_module, "totals", older)
        outcome = desk.kept()
    code, found = desk.replay(outcome.folder)
    assert (code, found["verdict"], found["tampered"], found["proof"]["ok"]) == (3, "version", [], True)
    assert [one["what"] for one in found["software"]] == ["hengtan"]
    told = " ".join(desk.command("replay", outcome.folder).out.split())
    assert "nothing was altered: the versions differ" in told
    with monkeypatch.context() as patch:
        patch.setattr(run_module, "totals", older)
        outcome = desk.kept(name="other.csv")
    assert desk.replay(outcome.folder)[1]["verdict"] == "unexplained"


def test_another_python_is_told_and_is_no_difference(desk, monkeypatch):
    with monkeypatch.context() as patch:
        patch.setattr("platform.python_version", lambda: "3.9.0")
        outcome = desk.kept()
    code, found = desk.replay(outcome.folder)
    assert (code, found["verdict"]) == (0, "equal")
    assert [one["what"] for one in found["software"]] == ["Python"]


@pytest.mark.parametrize("spoil", ["cut", "flipped", "other columns", "text in place of numbers"])
def test_a_spoilt_file_of_rows_is_altered_and_no_fault(desk, spoil):
    outcome = desk.kept([activity(f"a{at:04}", quantity=str(at + 1)) for at in range(2000)])
    path = outcome.folder / "emissions.parquet"
    data = bytearray(path.read_bytes())
    if spoil == "cut":
        path.write_bytes(data[: len(data) // 2])
    elif spoil == "flipped":
        for at in range(100, 2000, 50):
            data[at] ^= 0xFF
        path.write_bytes(data)
    elif spoil == "other columns":
        pq.write_table(pa.table({"x": [1]}), path)
    else:
        table = pq.read_table(path)
        at = table.schema.get_field_index("co2e_kg")
        pq.write_table(table.set_column(at, "co2e_kg", pa.array(["1"] * table.num_rows)), path)
    code, found = desk.replay(outcome.folder, "--rows")
    assert (code, found["verdict"], found["canonical"]["kept"]) == (3, "altered", "")
