"""What a company says of itself reaches its report, or is refused with the field that comes nearest."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from hengtan.cli import _run

TABLE = """activity_id,facility,activity_type,start,end,quantity,unit,region
a,F,electricity,2024-01-01,2024-01-31,10,kWh,GB
"""


def run(folder: Path, about: str, *more: str) -> int:
    (folder / "activities.csv").write_text(TABLE, "utf-8")
    (folder / "about.yaml").write_text(about, "utf-8")
    files = [str(folder / "activities.csv"), "--out", str(folder / "out"), "--about", str(folder / "about.yaml")]
    return _run(["calculate", *files, *more], False)


def test_the_name_of_the_company_stands_on_its_report(tmp_path: Path) -> None:
    assert run(tmp_path, "name: 宁波某某实业\nboundary: 两座工厂\n") == 0
    assert json.loads((tmp_path / "out" / "run.json").read_text("utf-8"))["organisation"]["name"] == "宁波某某实业"
    page = (tmp_path / "out" / "report.html").read_text("utf-8")
    assert "宁波某某实业" in page and "两座工厂" in page


@pytest.mark.parametrize(
    ("about", "code"),
    [
        ("nam: X\n", "about.field-unknown"),
        ("- a\n", "about.unreadable"),
        ("name: [a", "about.unreadable"),
        ("products: [a, b]\n", "about.not-text"),
    ],
)
def test_a_field_that_no_report_prints_is_refused(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], about: str, code: str
) -> None:
    assert run(tmp_path, about, "--no-report") == 2
    assert code in capsys.readouterr().err
    assert not (tmp_path / "out").exists()
