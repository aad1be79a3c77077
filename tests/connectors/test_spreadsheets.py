"""XLSX, XLS and ODS: sheets, headers, cell types, failed formulas, merged cells."""

from datetime import date, datetime, time

import pytest
import xlwt
from odf import opendocument, table, text

from hengtan.connectors import read

from .conftest import HEADER, codes, quantities, row


def put(sheet, rows, header=HEADER, top=0):
    for down, line in enumerate([header, *rows] if header else rows):
        for across, cell in enumerate(line):
            if cell is not None:
                sheet.write(top + down, across, cell)


def ods(path, sheets):
    """Writes an ODS file: ``{name: rows}``; a cell is text, a number, a date, or attributes of the cell."""
    book = opendocument.OpenDocumentSpreadsheet()
    for name, rows in sheets.items():
        sheet = table.Table(name=name)
        for line in rows:
            tr = table.TableRow()
            for cell in line:
                if isinstance(cell, dict):
                    td = table.TableCell(**{k: v for k, v in cell.items() if k not in ("text", "error")})
                    td.addElement(text.P(text=cell.get("text", "")))
                elif isinstance(cell, date):
                    td = table.TableCell(valuetype="date", datevalue=cell.isoformat())
                elif isinstance(cell, int | float):
                    td = table.TableCell(valuetype="float", value=str(cell))
                else:
                    td = table.TableCell(valuetype="string")
                    td.addElement(text.P(text=cell))
                tr.addElement(td)
            sheet.addElement(tr)
        book.spreadsheet.addElement(sheet)
    book.save(str(path))


def test_numbers_dates_and_texts_of_cells_are_read(xlsx_of):
    def fill(book):
        sheet, day = book.add_worksheet("Jan"), book.add_format({"num_format": "yyyy-mm-dd"})
        put(
            sheet,
            [[1001, "Plant", "electricity", None, None, 0.1, "kWh"], [1002, 7, "heat", 44931, "2023-01", 1e21, "GJ"]],
        )
        sheet.write_datetime(1, 3, datetime(2023, 1, 5, 6), day)
        sheet.write_datetime(1, 4, datetime(2023, 1, 31), day)

    one, two = xlsx_of(fill).sources[0].data.to_pylist()
    assert (one["activity_id"], one["start"], one["end"], one["quantity"]) == (
        "1001",
        date(2023, 1, 5),
        date(2023, 1, 31),
        "0.1",
    )
    assert (two["facility"], two["start"], two["end"], two["quantity"]) == (
        "7",
        date(2023, 1, 5),
        date(2023, 1, 31),
        "1e+21",
    )


def test_a_numeric_cell_is_never_ambiguous_even_beside_decimal_commas(xlsx_of):
    intake = xlsx_of(lambda b: put(b.add_worksheet(), [row(quantity=q) for q in (1.234, "0,5", "1,234", "1.234")]))
    assert quantities(intake) == ["1.234", "0.5", "1.234", "1234"]


def test_every_sheet_with_the_columns_is_read_and_others_are_told_when_they_resemble(xlsx_of):
    def fill(book):
        put(book.add_worksheet("Read me"), [["Fill in the sheets."]], header=None)
        put(book.add_worksheet("Gas"), [row()])
        put(
            book.add_worksheet("电力"),
            [row(quantity=6)],
            header=["编号", "设施", "活动类型", "开始日期", "结束日期", "用量", "单位"],
        )
        put(
            book.add_worksheet("Water"),
            [["P", "water", 5, "m3"]],
            header=["Facility", "Activity type", "Quantity", "Unit"],
        )

    intake = xlsx_of(fill)
    assert [(s.sheet, s.rows) for s in intake.sources] == [("Gas", 1), ("电力", 1)]
    (skipped,) = intake.problems
    assert (skipped.code, skipped.sheet, skipped.severity) == ("file.sheet-skipped", "Water", "warning")
    assert "start" in skipped.reason("zh")


def test_a_hidden_sheet_is_told_and_not_read(xlsx_of):
    def fill(book):
        put(book.add_worksheet("Seen"), [row()])
        hidden = book.add_worksheet("Old")
        put(hidden, [row()])
        hidden.hide()

    intake = xlsx_of(fill)
    assert [s.sheet for s in intake.sources] == ["Seen"]
    assert [(p.code, p.sheet) for p in intake.problems] == [("file.sheet-hidden", "Old")]


def test_a_header_below_titles_is_found_and_rows_keep_their_numbers(xlsx_of):
    def fill(book):
        sheet = book.add_worksheet()
        sheet.write(0, 0, "Energy 2023")
        put(sheet, [row(), [None] * 7, row(quantity="x")], top=4)

    intake = xlsx_of(fill)
    assert intake.sources[0].data.column("row").to_pylist() == [6, 8]
    assert codes(intake) == [("cell.number-unreadable", 8)]


def test_data_that_begins_in_another_column_keeps_its_letters(xlsx_of):
    def fill(book):
        sheet = book.add_worksheet()
        for across, (name, cell) in enumerate(zip(HEADER, row(), strict=True)):
            sheet.write(2, across + 3, name)
            sheet.write(3, across + 3, cell)

    source = xlsx_of(fill).sources[0]
    assert source.letters["activity_id"] == "D"
    assert source.data.column("row").to_pylist() == [4]


def test_failed_formulas_are_told_with_their_cell_in_xlsx(xlsx_of):
    def fill(book):
        sheet = book.add_worksheet()
        put(sheet, [[*row(), "n"], [*row(), "n"]], header=[*HEADER, "note"])
        sheet.write_formula("F2", "=1/0", None, "#DIV/0!")
        sheet.write_formula("D3", "=#REF!", None, "#REF!")
        sheet.write_formula("H3", "=NA()", None, "#N/A")

    intake = xlsx_of(fill)
    assert sorted((p.code, p.row, p.column, p.values["value"]) for p in intake.problems) == [
        ("cell.formula-error", 2, "quantity", "#DIV/0!"), ("cell.formula-error", 3, "start", "#REF!"),
        ("cell.formula-error-tag", 3, "note", "#N/A")]  # fmt: skip
    assert intake.sources[0].data.column("unreadable").to_pylist() == [True, True]


def test_merged_cells_in_the_data_are_told_for_every_row_they_cover(xlsx_of):
    def fill(book):
        sheet = book.add_worksheet()
        put(sheet, [row(), row(quantity=None), row(), row()])
        sheet.merge_range("F2:F3", 5)
        sheet.merge_range("J4:J5", "a note beside the table")

    intake = xlsx_of(fill)
    assert [(p.code, p.row, p.column, p.values["cells"]) for p in intake.problems] == [
        ("cell.merged", 2, "quantity", "F2:F3"), ("cell.merged", 3, "quantity", "F2:F3")]  # fmt: skip
    assert intake.sources[0].data.column("unreadable").to_pylist() == [True, True, False, False]


def test_merged_titles_above_the_header_are_no_problem(xlsx_of):
    def fill(book):
        sheet = book.add_worksheet()
        put(sheet, [row()], top=2)
        sheet.merge_range("A1:G2", "Energy 2023")

    assert xlsx_of(fill).problems == ()


def test_truth_values_times_and_dates_are_no_quantities(xlsx_of):
    def fill(book):
        sheet = book.add_worksheet()
        put(sheet, [row(quantity=True), row(quantity=None), row(start=True)])
        sheet.write_datetime(2, 5, datetime(2023, 1, 5), book.add_format({"num_format": "yyyy-mm-dd"}))
        sheet.write_datetime(3, 4, time(3, 4), book.add_format({"num_format": "hh:mm"}))

    assert sorted(codes(xlsx_of(fill))) == [
        ("cell.date-unreadable", 4), ("cell.date-unreadable", 4), ("cell.number-unreadable", 2), ("cell.number-unreadable", 3)]  # fmt: skip


def test_serials_are_read_in_a_workbook_that_counts_from_1904(tmp_path):
    import xlsxwriter

    book = xlsxwriter.Workbook(str(tmp_path / "mac.xlsx"), {"date_1904": True})
    sheet = book.add_worksheet()
    put(sheet, [row(start=43469, end=None)])
    sheet.write_datetime(1, 4, datetime(2023, 1, 31), book.add_format({"num_format": "yyyy-mm-dd"}))
    book.close()
    (line,) = read([tmp_path / "mac.xlsx"]).sources[0].data.to_pylist()
    assert (line["start"], line["end"]) == (date(2023, 1, 5), date(2023, 1, 31))


def test_old_workbooks_are_read_with_failed_formulas_and_merges(tmp_path):
    book = xlwt.Workbook()
    sheet = book.add_sheet("S")
    put(sheet, [row(), row(), row(quantity=7), row()])
    day = xlwt.easyxf(num_format_str="yyyy-mm-dd")
    sheet.write(5, 0, "A9")
    sheet.write(5, 3, date(2023, 1, 5), day)
    sheet.row(5).set_cell_error(5, "#REF!")
    sheet.write_merge(6, 7, 1, 1, "both")
    sheet.write(6, 0, "B1")
    sheet.write(7, 0, "B2")
    book.save(str(tmp_path / "old.xls"))
    intake = read([tmp_path / "old.xls"])
    assert codes(intake) == [("cell.merged", 7), ("cell.merged", 8), ("cell.formula-error", 6)]
    table = intake.sources[0].data.to_pylist()
    assert table[4]["start"] == date(2023, 1, 5)
    assert table[2]["quantity"] == "7"


def test_a_large_old_workbook_is_read_through_its_sectors(tmp_path):
    book = xlwt.Workbook()
    sheet = book.add_sheet("S")
    put(sheet, [row(activity_id=f"A{n}", facility=f"Plant {n}", quantity=n) for n in range(3000)])
    sheet.row(3001).set_cell_error(6, "#N/A!")
    sheet.write(3001, 0, "last")
    book.save(str(tmp_path / "old.xls"))
    intake = read([tmp_path / "old.xls"])
    assert intake.sources[0].rows == 3001
    assert codes(intake) == [("cell.formula-error", 3002)]


def test_ods_is_read_with_failed_formulas_and_merges(tmp_path):
    good = [*row()[:3], date(2023, 1, 5), date(2023, 1, 31), 5.5, "kWh"]
    merged = [
        *good[:5],
        {"valuetype": "float", "value": "9", "numberrowsspanned": "2", "numbercolumnsspanned": "1"},
        "kWh",
    ]
    failed = [*good[:5], {"valuetype": "string", "formula": "of:=1/0", "text": "#DIV/0!"}, "kWh"]
    ods(tmp_path / "b.ods", {"S": [HEADER, good, merged, row(quantity=""), failed]})
    intake = read([tmp_path / "b.ods"])
    first = intake.sources[0].data.to_pylist()[0]
    assert (first["start"], first["end"], first["quantity"]) == (date(2023, 1, 5), date(2023, 1, 31), "5.5")
    assert codes(intake) == [("cell.merged", 3), ("cell.merged", 4), ("cell.formula-error", 5)]


@pytest.mark.parametrize("kind", ["xlsx", "ods"])
def test_repeated_columns_in_a_workbook_are_told(tmp_path, refused, kind):
    header = [*HEADER[:5], "数量", "用量", "单位"]
    lines = [header, [*row()[:5], "5", "5", "kWh"]]
    path = tmp_path / f"t.{kind}"
    if kind == "ods":
        ods(path, {"S": lines})
    else:
        import xlsxwriter

        book = xlsxwriter.Workbook(str(path))
        put(book.add_worksheet("S"), lines, header=None)
        book.close()
    assert refused(path) == ["file.column-twice"]


def test_content_decides_and_a_wrong_extension_is_told(xlsx_of, tmp_path):
    intake = xlsx_of(lambda b: put(b.add_worksheet(), [row()]), name="bills.csv")
    assert (quantities(intake), codes(intake)) == (["5"], [("file.extension", None)])


def test_a_large_sheet_is_read_in_good_time(xlsx_of):
    intake = xlsx_of(lambda b: put(b.add_worksheet(), [row(activity_id=str(n), quantity=n) for n in range(20_000)]))
    assert intake.sources[0].rows == 20_000
