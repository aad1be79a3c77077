"""One workbook with its formats, and the one way in which cells, tables and totals are written."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from xlsxwriter.utility import xl_col_to_name

from .glyphs import visible
from .reading import Reading

LIMIT = 32_000  # characters of a cell; Excel takes 32,767
NUMERIC = frozenset({"t", "int", "id", "pct", "factor", "signed"})
INK, GREY, ACCENT, LINE = "#1A212B", "#57606E", "#0B6E75", "#CBD1D9"


class Sheets:
    """The workbook with its formats, and the one way in which a table is written."""

    def __init__(self, book: Any, reading: Reading) -> None:
        self.book, self.words = book, reading.words
        font: dict[str, Any] = {
            "font_name": "Microsoft YaHei" if reading.words.lang == "zh" else "Calibri",
            "font_size": 10,
            "font_color": INK,
            "valign": "top",
        }
        made: dict[str, dict[str, Any]] = {
            "text": {},
            "wrap": {"text_wrap": True},
            "head": {
                "bold": True,
                "bottom": 1,
                "bottom_color": GREY,
                "text_wrap": True,
                "bg_color": "#F1F3F5",
                "valign": "vcenter",
            },
            "headnum": {
                "bold": True,
                "bottom": 1,
                "bottom_color": GREY,
                "text_wrap": True,
                "bg_color": "#F1F3F5",
                "align": "right",
                "valign": "vcenter",
            },
            "t": {"num_format": "#,##0.00"},
            "int": {"num_format": "#,##0"},
            "pct": {"num_format": "0.0%"},
            "factor": {"num_format": "General"},
            "signed": {"num_format": "+#,##0.00;-#,##0.00;0.00"},
            "id": {"num_format": "0", "align": "right"},
            "gap": {"font_color": GREY, "italic": False, "align": "right"},
            "total": {"bold": True, "top": 1, "top_color": GREY},
            "totalt": {"bold": True, "top": 1, "top_color": GREY, "num_format": "#,##0.00"},
            "totalpct": {"bold": True, "top": 1, "top_color": GREY, "num_format": "0.0%"},
            "totalint": {"bold": True, "top": 1, "top_color": GREY, "num_format": "#,##0"},
            "title": {"bold": True, "font_size": 16},
            "big": {"bold": True, "font_size": 18, "num_format": "#,##0.00", "align": "left"},
            "note": {"font_color": GREY, "text_wrap": True},
            "label": {"font_color": GREY},
            "mono": {"font_name": "Consolas", "font_size": 9, "text_wrap": True},
        }
        self.formats = {name: book.add_format(font | style) for name, style in made.items()}

    def sheet(self, key: str, *, wide: bool = False) -> Any:
        """A new sheet named in the language of the report, printed on A4 in landscape, one page wide unless it is too ``wide`` for that."""
        sheet = self.book.add_worksheet(self.words("sheet." + key))
        sheet.set_paper(9)
        sheet.set_landscape()
        if not wide:
            sheet.fit_to_pages(1, 0)
        sheet.hide_gridlines(2)
        sheet.set_footer("&L&8hengtan&R&8&P / &N")
        return sheet

    def put(self, sheet: Any, row: int, column: int, value: Any, kind: str) -> None:
        """One cell: text as text, None as a gap, numbers as numbers."""
        style = self.formats[kind]
        if value is None:
            sheet.write_string(row, column, self.words("not-collected"), self.formats["gap"])
        elif isinstance(value, str):
            sheet.write_string(row, column, visible(value)[:LIMIT], self.formats["gap"] if kind in NUMERIC else style)
        else:
            sheet.write_number(row, column, value, style)

    def table(
        self,
        sheet: Any,
        top: int,
        heads: Sequence[tuple[str, str, float]],
        rows: Iterable[Sequence[Any]],
        *,
        freeze: bool = True,
    ) -> int:
        """Heads (title, kind, width) and rows from row ``top``; returns the row behind the last one."""
        for column, (title, kind, width) in enumerate(heads):
            sheet.write_string(top, column, title, self.formats["headnum" if kind in NUMERIC else "head"])
            if width:
                sheet.set_column(column, column, width)
        at = top + 1
        kinds = [kind for _, kind, _ in heads]
        for values in rows:
            for column, (value, kind) in enumerate(zip(values, kinds, strict=True)):
                self.put(sheet, at, column, value, kind)
            at += 1
        if freeze:
            sheet.freeze_panes(top + 1, 1)
            sheet.repeat_rows(top)
            if at > top + 1:
                sheet.autofilter(top, 0, at - 1, len(heads) - 1)
        return at

    def total(
        self, sheet: Any, at: int, first: int, label: str, sums: dict[int, tuple[str, float | None]], width: int
    ) -> None:
        """A row of sum formulas over the rows ``first`` to ``at - 1``; each keeps its exact value."""
        for column in range(width):
            if column in sums:
                kind, value = sums[column]
                name = xl_col_to_name(column)
                sheet.write_formula(at, column, f"=SUM({name}{first + 1}:{name}{at})", self.formats[kind], value or 0)
            else:
                self.put(sheet, at, column, label if column == 0 else "", "total")
