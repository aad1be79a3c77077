from collections.abc import Callable
from pathlib import Path

import openpyxl
import pytest

from reports import samples

Drawn = Callable[..., Path]
SHEETS = ["Summary", "By facility", "By category", "By month", "Factors", "Methods", "Problems", "Reference", "About"]


def test_the_nine_sheets_open_and_numbers_are_numbers(drawn: Drawn) -> None:
    book = openpyxl.load_workbook(drawn("toronto", "en", "iso14064") / "report.xlsx", data_only=True)
    assert book.sheetnames == SHEETS
    sheet = book["By facility"]
    assert [cell.value for cell in sheet[1]][:3] == ["Facility", "Unit", "Scope 1, t CO₂e"]
    body = list(sheet.iter_rows(min_row=2, max_row=1002))
    assert len(body) == 1_001 and all(isinstance(cell.value, int | float) for row in body for cell in row[2:])
    assert body[0][0].value == "Main Treatment Plant" and body[0][2].number_format == "#,##0.00"
    total = [cell.value for cell in sheet[1003]]
    assert total[0] == "Total" and total[5] == pytest.approx(161981.152455418, abs=1e-9)


def test_sums_are_formulas_and_nothing_else_is(drawn: Drawn) -> None:
    for sample in ("toronto", "hostile"):
        book = openpyxl.load_workbook(drawn(sample, "en", "iso14064") / "report.xlsx")
        formulas = [cell.value for sheet in book for row in sheet.iter_rows() for cell in row if cell.data_type == "f"]
        assert formulas and all(str(f).startswith("=SUM(") for f in formulas), formulas


def test_text_that_looks_like_a_formula_or_a_link_stays_text(drawn: Drawn) -> None:
    book = openpyxl.load_workbook(drawn("hostile", "zh", "ghgp") / "report.xlsx")
    cells = {
        str(cell.value): cell for sheet in book for row in sheet.iter_rows() for cell in row if cell.value is not None
    }
    for text in ('=cmd|" /C calc"!A0', "+1+1", "-2+3", "@SUM(A1)", "https://evil.example/x"):
        assert cells[text].data_type == "s" and cells[text].hyperlink is None


def test_headers_stay_in_sight_and_can_be_filtered(drawn: Drawn) -> None:
    book = openpyxl.load_workbook(drawn("toronto", "zh", "ghgp") / "report.xlsx")
    sheet = book["按设施"]
    assert sheet.freeze_panes == "B2" and sheet.auto_filter.ref == "A1:G1002"
    assert sheet.column_dimensions["A"].width > 30


def test_a_gap_is_said_in_words_and_zero_is_a_number(drawn: Drawn) -> None:
    book = openpyxl.load_workbook(drawn("toronto", "en", "iso14064") / "report.xlsx", data_only=True)
    rows = {row[0].value: row[1].value for row in book["Summary"].iter_rows()}
    assert rows["Scope 3: other indirect emissions"] == "not collected"
    book = openpyxl.load_workbook(drawn("plant", "zh", "cn-enterprise") / "report.xlsx", data_only=True)
    months = {row[0].value: row[1].value for row in book["按月份"].iter_rows()}
    assert months["2023-06"] == "未采集" and isinstance(months["2023-07"], float)


def test_the_differing_operations_add_up_to_the_difference(drawn: Drawn) -> None:
    book = openpyxl.load_workbook(drawn("toronto", "en", "iso14064") / "report.xlsx", data_only=True)
    rows = [row for row in book["Reference"].iter_rows(values_only=True) if isinstance(row[1], int)]
    assert len(rows) == 13 == len(samples.toronto().reference["differing"])  # type: ignore[index]
    assert sum(row[4] for row in rows) == pytest.approx(161981.152455418 - 170144.741780941, abs=0.1)
