"""The workbook to fill in."""

from datetime import date, datetime

import openpyxl
import pytest
from click.testing import CliRunner

import hengtan
from hengtan.cli.template import command
from hengtan.connectors import read
from hengtan.connectors.headers import headings
from hengtan.connectors.workbook_template import notes, write_workbook
from hengtan.factors import find_region, find_type
from hengtan.units import parse


@pytest.fixture(params=["en", "zh"])
def book(tmp_path, request):
    return write_workbook(tmp_path / "t.xlsx", request.param)


def test_an_empty_workbook_has_no_rows_and_its_example_is_never_read(book, refused):
    assert refused(book) == ["file.no-rows"]


def test_what_is_filled_in_is_read_back(book):
    filled = openpyxl.load_workbook(book)
    sheet = filled.worksheets[0]
    for down, line in enumerate(
        [
            [
                "001",
                "一号厂房",
                "electricity",
                datetime(2023, 1, 1),
                datetime(2023, 1, 31),
                12000.5,
                "kWh",
                None,
                "CN-33",
            ],
            ["002", "一号厂房", "柴油", "2023-02", "2023-02", "1.2万", "L", None, "CN"],
        ],
        2,
    ):
        for across, cell in enumerate(line, 1):
            sheet.cell(down, across, cell)
    filled.save(book)
    intake = read([book])
    one, two = intake.sources[0].data.to_pylist()
    assert intake.problems == ()
    assert (one["activity_id"], one["quantity"], one["start"], one["region"]) == (
        "001",
        "12000.5",
        date(2023, 1, 1),
        "CN-33",
    )
    assert (two["activity_type"], two["quantity"], two["end"], two["row"]) == ("柴油", "12000", date(2023, 2, 28), 3)


def test_the_example_would_be_read_without_its_mark(book):
    filled = openpyxl.load_workbook(book)
    sheet = filled.worksheets[2]
    sheet["A1"] = "mine now"
    filled.save(book)
    (source,) = read([book]).sources
    assert source.rows == 4
    assert [q["quantity"] for q in source.data.to_pylist()] == ["12000", "3500.5", "0.35", "26"]


def test_every_row_of_the_example_is_posted(book):
    filled = openpyxl.load_workbook(book)
    filled.worksheets[2]["A1"] = "mine now"
    filled.save(book)
    summary = hengtan.calculate(str(book)).summary
    assert (summary["rows_in"], summary["rows_rejected"]) == (4, 0)


def test_every_entry_of_the_lists_is_understood(book):
    lists = openpyxl.load_workbook(book, read_only=True).worksheets[3]
    kinds, units, regions = set(), set(), set()
    for line in lists.iter_rows(min_row=3, values_only=True):
        kinds.add(line[0])
        units.add(line[4])
        regions.add(line[7])
    for kind in kinds - {None}:
        assert find_type(kind) is not None
    for unit in units - {None}:
        parse(unit)
    for region in regions - {None}:
        assert find_region(region) is not None
    assert {"electricity", "fuel.diesel"} <= kinds
    assert "CN-33" in regions


def test_lists_point_at_all_their_entries_and_the_header_stands_still(book):
    filled = openpyxl.load_workbook(book)
    sheet, lists = filled.worksheets[0], filled.worksheets[3]
    assert sheet.freeze_panes == "C2"
    sources = {str(v.sqref).split(":")[0]: v for v in sheet.data_validations.dataValidation}
    for cell in ("C2", "G2", "I2"):
        rule = sources[cell]
        assert (rule.type, rule.errorStyle) == ("list", "warning")
        last = int(rule.formula1.rsplit("$", 1)[1])
        column = rule.formula1.split("$")[1]
        assert lists[f"{column}{last}"].value
        assert not lists[f"{column}{last + 1}"].value
    assert {"D2", "E2", "F2", "A2"} <= set(sources)
    assert all(sheet.cell(1, at).comment for at in range(1, 19))


def test_every_column_has_a_note_in_both_languages():
    assert notes().keys() == headings().keys()
    assert all(note["en"] and note["zh"] for note in notes().values())


def test_the_command_writes_the_workbook_and_never_over_another_file(tmp_path):
    path = tmp_path / "t.xlsx"
    done = CliRunner().invoke(command, ["--xlsx", str(path), "--lang", "zh"])
    assert (done.exit_code, "活动数据" in done.output) == (0, True)
    before = path.read_bytes()
    again = CliRunner().invoke(command, ["--xlsx", str(path)])
    assert (again.exit_code, path.read_bytes() == before) == (2, True)
    assert CliRunner().invoke(command, ["--xlsx", str(tmp_path / "t.csv")]).exit_code == 2
    assert CliRunner().invoke(command, ["--xlsx", str(tmp_path / "no" / "t.xlsx")]).exit_code == 2


def test_the_command_lists_and_shows_the_shipped_templates():
    assert "ontario_bps" in CliRunner().invoke(command, []).output
    assert '"ontario_bps"' in CliRunner().invoke(command, ["--json"]).output
    assert CliRunner().invoke(command, ["show", "ontario_bps"]).output.startswith("# Ontario")
