"""A document of sections as a workbook: a sheet for each section."""

from __future__ import annotations

from io import BytesIO
from typing import Any

from xlsxwriter import Workbook

from .blocks import Block, Cell, Document, Facts, Heading, Note, Table, Text
from .glyphs import visible

MANY = 12
"""More columns than this are printed on A3."""


def statement_workbook(document: Document) -> bytes:
    """A sheet for each section; numbers are numbers, what people wrote is text and never a formula."""
    target = BytesIO()
    options = {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False}
    with Workbook(target, options) as book:
        bold, head = (
            book.add_format({"bold": True}),
            book.add_format({"bold": True, "bg_color": "#E6F0F0", "bottom": 1}),
        )
        number, wrap = (
            book.add_format({"num_format": "#,##0.00####"}),
            book.add_format({"text_wrap": True, "valign": "top"}),
        )
        book.set_properties({"title": visible(document.title), "author": "hengtan"})
        for at, section in enumerate(document.sections, 1):
            sheet = book.add_worksheet(
                visible(f"{at} {section.title}")[:31].translate(str.maketrans("[]:*?/\\", "       "))
            )
            _paper(sheet, max((len(each.columns) for each in section.blocks if isinstance(each, Table)), default=0))
            sheet.write_string(0, 0, visible(f"{section.clause} {section.title}".strip()), bold)
            row = 2
            for block in section.blocks:
                row = _block(sheet, block, row, head, bold, number, wrap) + 1
    return target.getvalue()


def _paper(sheet: Any, columns: int) -> None:
    """Widths and paper: twelve months beside each other are printed on A3."""
    is_wide = columns > MANY
    sheet.set_column(0, 0, 34 if is_wide else 44)
    sheet.set_column(1, 1, 10 if is_wide else 20)
    sheet.set_column(2, 14, 12 if is_wide else 20)
    sheet.set_column(15, 18, 18)
    sheet.set_landscape()
    sheet.set_paper(8 if is_wide else 9)  # A3, A4
    sheet.fit_to_pages(1, 0)


def _block(sheet: Any, block: Block, row: int, head: Any, bold: Any, number: Any, wrap: Any) -> int:
    match block:
        case Facts():
            for name, cell in block.pairs:
                sheet.write_string(row, 0, visible(name), bold)
                sheet.write_string(row, 1, visible(cell.text))
                row += 1
        case Table():
            for column, each in enumerate(block.columns):
                sheet.write_string(row, column, visible(each.title), head)
            for line in (*block.rows, *((block.total,) if block.total else ())):
                row += 1
                for column, cell in enumerate(line):
                    _cell(
                        sheet,
                        row,
                        column,
                        cell,
                        block.columns[column].kind,
                        number,
                        bold if line is block.total else wrap,
                    )
            row += 1
            if block.note:
                sheet.write_string(row, 0, visible(block.note))
                row += 1
        case Heading() | Text():
            sheet.write_string(row, 0, visible(block.text), bold if isinstance(block, Heading) else wrap)
            row += 1
        case Note():
            sheet.write_string(row, 0, visible(block.text), wrap)
            row += 1
    return row


def _cell(sheet: Any, row: int, column: int, cell: Cell, kind: str, number: Any, wrap: Any) -> None:
    text = cell.text.replace(",", "")
    if kind == "num" and text.replace(".", "", 1).removeprefix("-").isdigit() and len(text) <= 15:
        sheet.write_number(row, column, float(text), number)
    else:
        sheet.write_string(row, column, visible(f"{cell.text} {cell.note}".strip()), wrap)
