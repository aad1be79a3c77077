"""The organisation and instruments files: what is wrong in them is told at its row, before anything is calculated."""

from __future__ import annotations

from pathlib import Path

import pytest

from hengtan.cli import _run

HEADER = "activity_id,facility,activity_type,start,end,quantity,unit,region\n"
ROW = "a,F,electricity,2024-01-01,2024-01-31,10,kWh,GB\n"


def run(folder: Path, *more: str) -> int:
    table = folder / "activities.csv"
    table.write_text(HEADER + ROW, "utf-8")
    return _run(["calculate", str(table), "--out", str(folder / "out"), "--no-report", *more], False)


def test_a_table_of_activities_is_no_organisation_file(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(tmp_path, "--org", str(tmp_path / "activities.csv")) == 2
    assert "organisation.activities" in capsys.readouterr().err
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize(
    ("option", "text", "code"),
    [
        ("--org", "facility,approach,share_pct\n\n\nF,equity_share,140\n", "organisation.share-wrong"),
        ("--instruments", "instrument_id,quantity,unit,co2e_kg_per_unit\n\n\ni,-1,kWh,0\n", "instrument.line-wrong"),
    ],
)
def test_a_problem_is_told_at_the_row_that_the_person_sees(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], option: str, text: str, code: str
) -> None:
    file = tmp_path / "beside.csv"
    file.write_text(text, "utf-8")
    assert run(tmp_path, option, str(file)) == 2
    told = capsys.readouterr().err
    assert code in told and "row 4" in told
