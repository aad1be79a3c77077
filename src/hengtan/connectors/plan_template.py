"""The workbook of a compliance plan: sheets to fill in, with words of one language, lists to choose from and rows that show how.

Numbers are numbers, days are days, and what a person named is never a formula.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import xlsxwriter
from xlsxwriter.utility import xl_col_to_name

from hengtan.market.compliance.cells import shown
from hengtan.market.compliance.sheets import Column, Table, example, tables

from .plan_workbook import SAMPLE

_WORDS = {
    "readme": ("Read me", "填写说明"), "mark": ("Mark", "标记"), "item": ("Item", "项目"), "value": ("Value", "填写"), "note": ("Note", "说明"),
    "sample": ("Sample (invented)", "示例（虚构）"), "sheet": ("Sheet", "工作表"), "holds": ("What it holds", "内容"),
    "title": ("Input of a compliance plan, hengtan", "履约计划输入表 · hengtan 衡碳"),
}  # fmt: skip
_RULES = {
    "en": (
        "Fill the sheets; names of sheets and columns stay as they are. Columns with * must be filled, those with *CEA or *CCER for that unit alone; an empty sheet is left out.",
        "Rows marked «示例 sample» show how a row is filled and are never taken in. Delete them, or leave them; to use one, clear its mark.",
        "Tonnes are whole numbers, prices and money have at most 2 decimals, days are dates. A note in a header says what may stand in it.",
        "Entities are named by their id or name, scenarios by their name.",
        "Nothing is guessed: an empty cell that is needed is told with sheet, row and column.",
        "hengtan comply plan FILE.xlsx --out DIR, or New plan in the browser.",
    ),
    "zh": (
        "请在各工作表中填写，不要改动工作表名和列名。带 * 的列必填，标 *CEA、*CCER 的列仅该品种必填（其他品种留空）；不需要的工作表留空即可。",
        "标有“示例 sample”的行仅作填写示范，不会计入；可删除或保留，如要使用请清除该行的标记。",
        "吨数为整数，价格和金额最多两位小数，日期按日期格式填写；表头批注说明可填内容。",
        "“单位”列填单位编号或名称，“情景”列填情景名称。",
        "系统不做任何猜测：必填而未填的单元格，会按工作表、行、列逐一指出。",
        "命令行：hengtan comply plan 文件.xlsx --out 目录；网页：新建计划时上传。",
    ),
}  # fmt: skip
_FORMATS = {
    "tonnes": "#,##0", "lot": "#,##0", "days": "0", "horizon": "0", "year": "0", "monthly": "#,##0.######", "price": "#,##0.00", "money": "#,##0.00",
    "share": "0.#########", "factor": "0.######", "confidence": "0.#####",
}  # fmt: skip
_WIDE = {"id": 22, "name": 26, "entity": 22, "title": 40, "methodology": 20, "scenario": 18, "on_time": 20}
_LISTED = 1000


def write_plan_workbook(path: Path, given: Mapping[str, Sequence[Mapping[str, str]]] | None, lang: str) -> None:
    """``given``: the tables of an input, as ``flat.tables_of`` makes them; None: empty, with a marked example."""
    book = xlsxwriter.Workbook(str(path), {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False})
    book.set_properties({"title": _WORDS["title"][lang == "zh"], "comments": "hengtan comply template"})
    _Book(book, given, lang).all()
    book.close()


class _Book:
    def __init__(self, book: Any, given: Mapping[str, Sequence[Mapping[str, str]]] | None, lang: str) -> None:
        self.book, self.given, self.lang = book, given or {}, lang
        self.examples: Mapping[str, Sequence[Mapping[str, str]]] = example() if given is None else {}
        self.formats: dict[tuple[str, bool], Any] = {}
        self.bold = book.add_format({"bold": True})
        self.head = book.add_format({"bold": True, "bottom": 1, "text_wrap": True, "valign": "top", "bg_color": "#E6F0F0"})  # fmt: skip
        self.wrap = book.add_format({"text_wrap": True, "valign": "top"})

    def word(self, key: str) -> str:
        return _WORDS[key][self.lang == "zh"]

    def all(self) -> None:
        self.readme()
        for one in tables().values():
            (self.general if one.name == "general" else self.table)(one, self.book.add_worksheet(one.title[self.lang]))

    def readme(self) -> None:
        sheet = self.book.add_worksheet(self.word("readme"))
        sheet.write_string(0, 0, self.word("title"), self.bold)
        for row, text in enumerate(_RULES[self.lang], 2):
            sheet.merge_range(row, 0, row, 1, text, self.wrap)
            sheet.set_row(row, 32)
        first = 3 + len(_RULES[self.lang])
        sheet.write_string(first, 0, self.word("sheet"), self.head)
        sheet.write_string(first, 1, self.word("holds"), self.head)
        for row, one in enumerate(tables().values(), first + 1):
            sheet.write_string(row, 0, one.title[self.lang])
            sheet.write_string(row, 1, one.about[self.lang], self.wrap)
        sheet.set_column(0, 0, 24)
        sheet.set_column(1, 1, 92)

    def general(self, one: Table, sheet: Any) -> None:
        cells = (self.given.get("general") or [{}])[0]
        shows = (self.examples.get("general") or [{}])[0]
        heads = [self.word(each) for each in ("item", "value", "note")] + ([self.word("sample")] if shows else [])
        for at, text in enumerate(heads):
            sheet.write_string(0, at, text, self.head)
        for row, column in enumerate(one.columns, 1):
            sheet.write_string(row, 0, _starred(column, self.lang), self.bold)
            self.cell(sheet, row, 1, column, cells.get(column.name, ""))
            sheet.write_string(row, 2, " ".join(each for each in (column.help[self.lang], column.wanted(self.lang)) if each), self.wrap)  # fmt: skip
            if shows:
                self.cell(sheet, row, 3, column, shows.get(column.name, ""), faint=True)
            self.list(sheet, row, row, 1, column)
        for at, width in enumerate((44, 34, 60, 34)):
            sheet.set_column(at, at, width)
        sheet.freeze_panes(1, 0)

    def table(self, one: Table, sheet: Any) -> None:
        sheet.write_string(0, 0, self.word("mark"), self.head)
        for at, column in enumerate(one.columns, 1):
            sheet.write_string(0, at, _starred(column, self.lang), self.head)
            told = " ".join(each for each in (column.help[self.lang], column.wanted(self.lang)) if each)
            sheet.write_comment(0, at, told, {"x_scale": 1.6})
            sheet.set_column(at, at, _WIDE.get(column.name, 9 if column.kind == "monthly" else 15))
        shows, rows = self.examples.get(one.name, ()), self.given.get(one.name, ())
        for row, (cells, faint) in enumerate([*((each, True) for each in shows), *((each, False) for each in rows)], 1):
            if faint:
                sheet.write_string(row, 0, SAMPLE[0], self.form("text", faint=True))
            for at, column in enumerate(one.columns, 1):
                self.cell(sheet, row, at, column, cells.get(column.name, ""), faint=faint)
        for at, column in enumerate(one.columns, 1):
            self.list(sheet, 1, max(_LISTED, len(rows) + 100), at, column)
        sheet.set_column(0, 0, 12)
        sheet.set_row(0, 32)
        sheet.freeze_panes(1, 2)

    def list(self, sheet: Any, first: int, last: int, at: int, column: Column) -> None:
        """What can be chosen; another text is refused when the workbook is read, not while it is typed."""
        source: Any = None
        if column.kind == "yes":
            source = [shown(column, code, self.lang) for code in ("yes", "no")]
        elif column.choices:
            source = [each[self.lang] for each in column.choices.values()]
        elif column.kind in ("entity", "scenario"):
            of = tables()["entities" if column.kind == "entity" else "scenarios"]
            source = f"='{of.title[self.lang]}'!${xl_col_to_name(1)}$2:${xl_col_to_name(1)}${_LISTED}"
        if source is not None:
            sheet.data_validation(
                first, at, last, at, {"validate": "list", "source": source, "error_type": "information"}
            )

    def form(self, kind: str, *, faint: bool) -> Any:
        known = self.formats.get((kind, faint))
        if known is None:
            told: dict[str, Any] = {"valign": "top"}
            if kind in _FORMATS:
                told["num_format"] = _FORMATS[kind]
            elif kind == "day":
                told["num_format"] = "yyyy-mm-dd"
            if faint:
                told |= {"italic": True, "font_color": "#7A7A7A"}
            known = self.formats[kind, faint] = self.book.add_format(told)
        return known

    def cell(self, sheet: Any, row: int, at: int, column: Column, text: str, *, faint: bool = False) -> None:
        form = self.form(column.kind, faint=faint)
        if not text:
            sheet.write_blank(row, at, None, form)
        elif column.kind == "day" and _is_day(text):
            sheet.write_datetime(row, at, date.fromisoformat(text), form)
        elif column.kind in _FORMATS and _is_exact(text):
            sheet.write_number(row, at, float(text), form)
        else:
            sheet.write_string(row, at, shown(column, text, self.lang), form)


def _starred(column: Column, lang: str) -> str:
    """With a star where it must be filled; «*CEA» where only for that unit."""
    if column.needs == "always":
        return f"{column.title[lang]} *"
    return f"{column.title[lang]} *{column.needs}" if column.needs else column.title[lang]


def _is_day(text: str) -> bool:
    try:
        return date.fromisoformat(text) >= date(1900, 3, 1)  # before it a spreadsheet counts a day that never was
    except ValueError:
        return False


def _is_exact(text: str) -> bool:
    """Whether a number of a spreadsheet holds it as it is."""
    plain = text.replace(".", "", 1)
    return plain.isascii() and plain.isdecimal() and Decimal(repr(float(text))) == Decimal(text)
