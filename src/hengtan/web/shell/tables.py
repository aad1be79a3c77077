"""Tables to take away: CSV, XLSX, and lines for the clipboard; nothing in them is taken for a formula by a spreadsheet.

A view that shows a table asks ``form_of(request)`` first and answers with ``as_table``; its template says
``{% load tables %}{% table_menu %}``. Numbers are given as Decimal or int: CSV and clipboard keep every digit, a cell of a
workbook holds fifteen.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Sequence
from datetime import date, datetime
from decimal import Decimal
from urllib.parse import quote

import xlsxwriter
from django.http import HttpRequest, HttpResponse

FORMS = ("csv", "xlsx", "tsv")
KINDS = {
    "csv": "text/csv; charset=utf-8",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "tsv": "text/tab-separated-values; charset=utf-8",
}
MOST_ROWS = 200_000  # of one file; who wants more takes emissions.parquet
FORMULA = ("=", "+", "-", "@", "\t", "\r")
SHEET_CELL = 32_767  # characters that a cell of a workbook can hold
WIDEST = 60

Rows = Iterable[Sequence[object]]


def form_of(request: HttpRequest) -> str | None:
    """The form that ``?format=`` names; None for the page itself."""
    form = request.GET.get("format", "")
    return form if form in FORMS else None


def as_table(form: str, name: str, columns: Sequence[str], rows: Rows) -> HttpResponse:
    """The table as a file of this form, called ``name`` and its ending."""
    data = as_xlsx(columns, rows) if form == "xlsx" else _lines(form, columns, rows).encode()
    answer = HttpResponse(data, content_type=KINDS[form])
    answer["Content-Disposition"] = f"attachment; filename*=UTF-8''{quote(f'{name}.{form}')}"
    answer["X-Content-Type-Options"] = "nosniff"
    return answer


def as_csv(name: str, columns: Sequence[str], rows: Rows) -> HttpResponse:
    """UTF-8 with a mark, as spreadsheets want it; numbers are exact. ``name`` with its ending."""
    return as_table("csv", name.removesuffix(".csv"), columns, rows)


def as_xlsx(columns: Sequence[str], rows: Rows) -> bytes:
    """One sheet: the header stays in sight, text is text, numbers are numbers."""
    out = io.BytesIO()
    book = xlsxwriter.Workbook(out, {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False})
    sheet = book.add_worksheet()
    sheet.freeze_panes(1, 0)
    bold, day = book.add_format({"bold": True}), book.add_format({"num_format": "yyyy-mm-dd"})
    sheet.write_row(0, 0, columns, bold)
    widths = [len(name) for name in columns]
    for at, row in enumerate(rows, 1):
        for column, cell in enumerate(row):
            if isinstance(cell, bool) or cell is None:
                shown = "" if cell is None else str(cell)
                sheet.write_string(at, column, shown)
            elif isinstance(cell, (int, float, Decimal)):
                shown = f"{cell:.15g}"
                sheet.write_number(at, column, float(cell))
            elif isinstance(cell, date) and not isinstance(cell, datetime) and cell.year >= 1900:
                shown = str(cell)
                sheet.write_datetime(at, column, datetime(cell.year, cell.month, cell.day), day)
            else:
                shown = str(cell)[:SHEET_CELL]
                sheet.write_string(at, column, shown)
            widths[column] = max(widths[column], sum(2 if each > "\u2e80" else 1 for each in shown[:WIDEST]))
    for column, width in enumerate(widths):
        sheet.set_column(column, column, min(width, WIDEST) + 2)
    book.close()
    return out.getvalue()


def _lines(form: str, columns: Sequence[str], rows: Rows) -> str:
    text = io.StringIO()
    if form == "csv":
        text.write("\ufeff")
        writer = csv.writer(text)
        writer.writerow(columns)
        writer.writerows([safe(cell) for cell in row] for row in rows)
    else:
        for row in (columns, *rows):
            text.write("\t".join(" ".join(safe(cell).split()) for cell in row) + "\n")
    return text.getvalue()


def safe(cell: object) -> str:
    """What a spreadsheet would calculate gets an apostrophe before it."""
    if isinstance(cell, Decimal):
        return f"{cell:f}"
    text = "" if cell is None else str(cell)
    if text.lstrip(" \n\ufeff\xa0").startswith(FORMULA) and not _number(text):
        return f"'{text}"
    return text


def _number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return True
