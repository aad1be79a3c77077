"""CONTRACT section 1: exit codes, and what becomes of DIR. One test per promise."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

from golden.calculating import Calculator, activity, write_csv


def files_of(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file()}


def test_all_good_is_0_and_warnings_are_good(run: Calculator) -> None:
    done = run.table([activity(factor_id="uk-desnz-2022-2127")])  # pinned outside its validity: a warning
    assert done.code == 0
    assert done.codes("error") == [] and "factor.outside-validity" in done.codes("warning")


def test_rejected_rows_are_3_and_the_good_ones_are_posted(run: Calculator) -> None:
    done = run.table([activity("good"), activity("bad", quantity="-1")])
    assert done.code == 3
    assert {row["activity_id"] for row in done.rows} == {"good"}
    assert done.codes() == ["activity.quantity-negative"]


def test_all_rows_rejected_is_3_and_the_folder_is_written(run: Calculator) -> None:
    done = run.table([activity("a", quantity="-1"), activity("b", unit="furlong")], report=True)
    assert done.code == 3
    assert done.rows == []
    assert {path.name for path in done.folder.iterdir()} >= {
        "emissions.parquet", "problems.csv", "summary.json", "run.json", "report.xlsx", "report.html",
    }  # fmt: skip
    assert done.summary["rows_in"] == done.summary["rows_rejected"] == 2
    assert set(done.summary["totals"].values()) == {"0"}


WRONG_USE = {
    "no input": ("calculate", "--out", "DIR"),
    "no folder": ("calculate", "INPUT"),
    "an unknown option": ("calculate", "INPUT", "--out", "DIR", "--nonsense"),
    "an unknown command": ("weigh", "INPUT"),
    "an unknown GWP set": ("calculate", "INPUT", "--out", "DIR", "--gwp", "AR7"),
    "a file that is not there": ("calculate", "missing.csv", "--out", "DIR"),
    "a folder as input": ("calculate", ".", "--out", "DIR"),
    "a date that is none": ("calculate", "INPUT", "--out", "DIR", "--as-of", "tomorrow"),
    "a period that is none": ("calculate", "INPUT", "--out", "DIR", "--period", "2024-13/2025"),
    "a month that is none": ("calculate", "INPUT", "--out", "DIR", "--period", "2024-00"),
    "a week for a day": ("calculate", "INPUT", "--out", "DIR", "--period", "2024-W01"),
    "a year that is none": ("calculate", "INPUT", "--out", "DIR", "--period", "0000"),
    "a period backwards": ("calculate", "INPUT", "--out", "DIR", "--period", "2025/2024"),
    "an unknown policy": ("calculate", "INPUT", "--out", "DIR", "--policy", "mars"),
    "a missing factor file": ("calculate", "INPUT", "--out", "DIR", "--factors", "none.csv"),
    "a missing organisation file": ("calculate", "INPUT", "--out", "DIR", "--org", "none.csv"),
    "a missing instruments file": ("calculate", "INPUT", "--out", "DIR", "--instruments", "none.csv"),
    "a missing alias file": ("calculate", "INPUT", "--out", "DIR", "--aliases", "none.csv"),
    "a missing method file": ("calculate", "INPUT", "--out", "DIR", "--methods", "none.yaml"),
    "an unknown template": ("calculate", "INPUT", "--out", "DIR", "--template", "mars"),
    "an unknown language": ("calculate", "INPUT", "--out", "DIR", "--lang", "fr"),
    "an engine that is not there": ("calculate", "INPUT", "--out", "DIR", "--engine", "abacus"),
    "negative draws": ("calculate", "INPUT", "--out", "DIR", "--draws", "-1"),
}  # fmt: skip


@pytest.mark.parametrize("case", WRONG_USE)
def test_wrong_use_is_2_and_the_folder_is_not_even_created(
    case: str, run: Calculator, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(run.folder)
    target = run.folder / "deep" / "out"
    given = write_csv(run.folder / "in.csv", [activity()])
    words = {"DIR": str(target), "INPUT": str(given)}
    before = files_of(run.folder)
    done = run.command(*(words.get(arg, arg) for arg in WRONG_USE[case]))
    assert done.code == 2, done.out + done.err
    assert done.err.strip()
    assert files_of(run.folder) == before and not target.parent.exists()


UNREADABLE = {
    "no data rows": b"activity_id,facility,activity_type,start,end,quantity,unit\r\n",
    "nothing at all": b"",
    "only a byte order mark": b"\xef\xbb\xbf",
    "no header": b"a,b,c\n1,2,3\n",
    "a column missing": b"activity_id,facility,activity_type,start,end,quantity\na,F,electricity,2024-01-01,2024-01-31,1\n",
    "a broken workbook": b"PK\x03\x04nothing of a workbook",
    "a broken Parquet": b"PAR1 nothing of it PAR1",
    "neither UTF-8 nor GB18030": b"activity_id,facility,activity_type,start,end,quantity,unit\na,\xff\xff\xff,electricity,2024-01-01,2024-01-31,1,kWh\n",
    "rows of blanks": b"activity_id,facility,activity_type,start,end,quantity,unit\n,,,,,,\n  ,,,,,,\n",
}  # fmt: skip


@pytest.mark.parametrize("case", UNREADABLE)
def test_unreadable_input_and_no_data_rows_are_2(case: str, run: Calculator) -> None:
    path = run.folder / "in.csv"
    path.write_bytes(UNREADABLE[case])
    done = run.calculate(path)
    assert done.code == 2, done.out
    assert not done.folder.exists()
    assert "in.csv" in done.err


FACTOR_FILES = {
    "no id": {"factor_id": ""},
    "no unit": {"activity_unit": ""},
    "a unit that does not parse": {"activity_unit": "furlong"},
    "no number": {"co2_kg": ""},
    "an id of the library": {"factor_id": "uk-desnz-2024-7-400-4000-5"},
    "a number that is none": {"co2_kg": "about 2"},
}


@pytest.mark.parametrize("case", FACTOR_FILES)
def test_a_factor_that_cannot_be_computed_is_2(case: str, run: Calculator) -> None:
    good = {"factor_id": "OWN", "activity_unit": "L", "co2_kg": "2.5"}
    done = run.table([activity()], "--factors", run.factors({**good, **FACTOR_FILES[case]}))
    assert done.code == 2 and not done.folder.exists()


def test_a_factor_id_that_stands_twice_is_2_in_one_file_and_in_two(run: Calculator) -> None:
    good = {"factor_id": "OWN", "activity_unit": "L", "co2_kg": "2.5"}
    assert run.table([activity()], "--factors", run.factors(good, good)).code == 2
    one, two = run.factors(good, name="one.csv"), run.factors(good, name="two.csv")
    assert run.table([activity()], "--factors", one, "--factors", two).code == 2


def test_a_missing_source_licence_category_or_chinese_name_is_a_warning(run: Calculator) -> None:
    bare = {"factor_id": "OWN", "activity_unit": "L", "co2_kg": "2.5", "scope": "1",
            "source_title": "", "licence": "", "category": "", "name_zh": ""}  # fmt: skip
    done = run.table([activity(factor_id="OWN", unit="L", activity_type="")], "--factors", run.factors(bare))
    assert done.code == 0
    told = set(done.codes("warning"))
    assert {
        "factor.source-missing",
        "factor.licence-missing",
        "factor.category-missing",
        "factor.name-zh-missing",
    } <= told


def test_a_bad_policy_file_is_2(run: Calculator) -> None:
    path = run.folder / "policy.yaml"
    for bad in ("name: mine\nnonsense: 1\n", "[1, 2", "", "name: mine\nrules: 3\n"):
        path.write_text(bad, "utf-8")
        done = run.table([activity()], "--policy", path)
        assert done.code == 2, (bad, done.out)
        assert not done.folder.exists()


def test_bad_organisation_and_instruments_files_are_2_with_every_problem_at_once(run: Calculator) -> None:
    path = run.folder / "org.csv"
    path.write_text("facility,org_unit,region,approach,share_pct,valid_from,valid_to\nA,,,squatting,,,\nB,,,equity_share,130,,\nC,,,,,2024-99-01,\n", "utf-8")  # fmt: skip
    done = run.table([activity()], "--org", path)
    assert done.code == 2 and not done.folder.exists()
    assert all(
        code in done.err
        for code in ("organisation.approach-unknown", "organisation.share-wrong", "organisation.date-wrong")
    )
    path.write_text("instrument_id,kind,factor_id,co2e_kg_per_unit,quantity,unit,region,valid_from,valid_to,source\nX,,,,5,kWh,,,,\nX2,,,0,-5,kWh,,,,\nX3,,,0,5,smoot,,,,\n", "utf-8")  # fmt: skip
    done = run.table([activity()], "--instruments", path)
    assert done.code == 2 and done.err.count("instrument.line-wrong") == 3


def test_an_empty_folder_is_filled(run: Calculator) -> None:
    target = run.folder / "empty"
    target.mkdir()
    assert run.table([activity()], out=target).code == 0
    assert (target / "run.json").exists()


def test_a_folder_of_ours_is_replaced_as_a_whole(run: Calculator) -> None:
    target = run.folder / "ours"
    assert run.table([activity()], out=target, report=True).code == 0
    assert (target / "report.html").exists()
    again = run.table([activity("other")], out=target)
    assert again.code == 0
    assert again.one("other", "location")
    assert not (target / "report.html").exists()  # nothing of the run before is left
    assert sorted(path.name for path in run.folder.iterdir() if path.name.startswith(".")) == []


def test_a_folder_that_is_neither_empty_nor_ours_is_2_and_untouched(run: Calculator) -> None:
    target = run.folder / "photos"
    target.mkdir()
    (target / "cat.jpg").write_bytes(b"miaow")
    done = run.table([activity()], out=target)
    assert done.code == 2
    assert files_of(target) == {"cat.jpg": b"miaow"}
    (target / "run.json").write_text("[]")  # somebody else's run.json does not make it ours
    assert run.table([activity()], out=target).code == 2
    (target / "run.json").write_text('{"npm": 1}')
    assert run.table([activity()], out=target).code == 2


def test_a_file_in_the_place_of_the_folder_is_2(run: Calculator) -> None:
    target = run.folder / "file"
    target.write_text("mine")
    assert run.table([activity()], out=target).code == 2
    assert target.read_text() == "mine"
    link = run.folder / "link"
    link.symlink_to(run.folder / "nowhere")
    assert run.table([activity()], out=link).code == 2


def test_a_failed_run_leaves_the_earlier_one_as_it_was(run: Calculator) -> None:
    target = run.folder / "ours"
    run.table([activity()], out=target)
    before = files_of(target)
    assert run.table([activity()], "--factors", "none.csv", out=target).code == 2
    assert files_of(target) == before


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write anywhere")
def test_a_place_where_nobody_may_write_is_2(run: Calculator) -> None:
    locked = run.folder / "locked"
    locked.mkdir(mode=0o500)
    assert run.table([activity()], out=locked / "out").code == 2


def test_a_file_among_the_parents_of_the_folder_is_2(run: Calculator) -> None:
    (run.folder / "file").write_text("mine")
    done = run.table([activity()], out=run.folder / "file" / "out")
    assert done.code == 2, done.err
    assert run.table([activity()], out=run.folder / ("o" * 300)).code == 2  # longer than any file system takes
    assert run.table([activity()], out=run.folder / ("o" * 240)).code == 0


def test_a_fault_of_our_own_is_1_without_a_traceback_and_nothing_is_kept(
    run: Calculator, monkeypatch: pytest.MonkeyPatch
) -> None:
    import hengtan.inventory.run as module

    def broken(*_: object) -> None:
        raise ZeroDivisionError("the cat sat on the keyboard")

    monkeypatch.setattr(module, "write_problems", broken)
    done = run.table([activity()])
    assert done.code == 1
    assert "Traceback" not in done.err and "--debug" in done.err
    assert sorted(path.name for path in run.folder.iterdir()) == ["activities-1.csv"]


def test_dry_run_writes_nothing_and_ends_with_the_same_code(run: Calculator) -> None:
    path = write_csv(run.folder / "in.csv", [activity("good"), activity("bad", unit="furlong")])
    before = files_of(run.folder)
    done = run.command("calculate", path, "--dry-run")
    assert done.code == 3
    assert "unit.unknown" in done.out and "row 3" in done.out
    assert run.command("calculate", path, "--dry-run", "--out", run.folder / "out").code == 3
    assert files_of(run.folder) == before and not (run.folder / "out").exists()
    assert run.command("calculate", write_csv(path, [activity()]), "--dry-run").code == 0


def test_json_prints_the_summary_and_nothing_else(run: Calculator) -> None:
    done = run.table([activity()], "--json")
    assert json.loads(done.out) == done.summary


@pytest.mark.parametrize(
    "command",
    ["calculate", "explain", "replay", "compare", "report", "factors", "policy", "types", "template", "serve"],
)
def test_every_command_has_help(command: str, run: Calculator) -> None:
    done = run.command(command, "--help")
    assert done.code == 0 and "Usage" in done.out


BROKEN = {
    "a run.json of another shape": {"run.json": b'{"hengtan": 1}'},
    "a run.json without options": {"run.json": b'{"hengtan": {}, "options": null}'},
    "a run.json that is a list": {"run.json": b'["hengtan"]'},
    "broken tables": {"emissions.parquet": b"junk", "plan.parquet": b"junk"},
    "tables that are gone": {"emissions.parquet": None, "plan.parquet": None},
}


@pytest.mark.parametrize("case", BROKEN)
def test_a_folder_that_was_spoilt_is_told_and_no_fault_of_ours(case: str, run: Calculator) -> None:
    done = run.table([activity()])
    for name, content in BROKEN[case].items():
        if content is None:
            (done.folder / name).unlink()
        else:
            (done.folder / name).write_bytes(content)
    whole = run.table([activity()])
    for words in (["explain", done.folder, "a1"], ["replay", done.folder / "run.json"], ["compare", done.folder, whole.folder],
                  ["report", done.folder, "--format", "html"]):  # fmt: skip
        told = run.command(*words)
        assert told.code in (2, 3) and (told.err + told.out).strip(), (words, told.code, told.err)
