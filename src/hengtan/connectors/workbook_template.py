"""Writes the workbook that people fill in: drop-down lists, notes in both languages, an example that is never read.

The lists warn and do not forbid: ``用电`` or ``1.2万`` are understood too, and an alias file may know more.
"""

from __future__ import annotations

import csv
from collections.abc import Mapping, Sequence
from datetime import date
from importlib.resources import files
from pathlib import Path
from typing import Any

import xlsxwriter

from hengtan.factors import types
from hengtan.factors.taxonomy import read_rows
from hengtan.units import symbols

from .headers import Heading, headings
from .spreadsheet import EXAMPLE_MARK

ROWS = 5_000  # that carry formats and lists
LANGUAGES = ("en", "zh")
_WIDTHS = {
    "activity_id": 18,
    "facility": 24,
    "activity_type": 26,
    "quantity": 14,
    "unit": 10,
    "region": 14,
    "factor_id": 22,
}
_OFF_LIST = ("wtt.", "spend.", "outside.", "td_losses.")  # thousands on one pattern: typed, not chosen
_WORDS: Mapping[str, Mapping[str, str]] = {
    "data": {"en": "Activities", "zh": "活动数据"},
    "notes": {"en": "Notes", "zh": "填表说明"},
    "example": {"en": "Example", "zh": "示例"},
    "lists": {"en": "Lists", "zh": "列表"},
    "column": {"en": "Column", "zh": "列"},
    "required": {"en": "Required", "zh": "必填"},
    "yes": {"en": "yes", "zh": "是"},
    "either": {"en": "unless factor_id is given", "zh": "未填因子编号时"},
    "type": {"en": "Activity type", "zh": "活动类型"},
    "unit": {"en": "Unit", "zh": "单位"},
    "region": {"en": "Region", "zh": "地区"},
    "code": {"en": "Write this", "zh": "填写内容"},
    "mark": {
        "en": f"An example to look at; this sheet is never read. ({EXAMPLE_MARK})",
        "zh": f"仅供参考的示例，本工作表不会被读取。（{EXAMPLE_MARK}）",
    },
    "not_listed": {
        "en": "This is not in the list. Keep it if it is meant so: other names are understood too.",
        "zh": "列表中没有此项。若确有此意可保留：系统也能识别其他写法。",
    },
    "date": {"en": "Write a date such as 2023-01-31.", "zh": "请填写日期，如 2023-01-31。"},
    "order": {"en": "The last day comes before the first.", "zh": "结束日期早于开始日期。"},
    "number": {"en": "Write a number that is not negative.", "zh": "请填写不为负的数字。"},
    "twice": {"en": "This number stands in another row too.", "zh": "此编号在其他行已出现。"},
}
_EXAMPLES: tuple[Mapping[str, Any], ...] = (
    {},
    {
        "activity_id": "2023-NG-01",
        "activity_type": "fuel.natural_gas",
        "quantity": 3500.5,
        "unit": "Nm3",
        "data_quality": "invoice",
    },
    {
        "activity_id": "2023-DI-01",
        "activity_type": "fuel.diesel",
        "quantity": 0.35,
        "unit": "t",
        "data_quality": "invoice",
    },
    {
        "activity_id": "2023-HO-01",
        "activity_type": "hotel",
        "quantity": 26,
        "unit": "room.night",
        "data_quality": "invoice",
    },
)


def write_workbook(path: Path, lang: str = "en") -> Path:
    """Writes the workbook; headers and sentences in ``lang``, notes always in both languages."""
    book = xlsxwriter.Workbook(str(path))
    writer = _Writer(book, lang)
    writer.data_sheet()
    writer.notes_sheet()
    writer.example_sheet()
    writer.lists_sheet()
    book.set_properties({"title": f"hengtan 衡碳 {_WORDS['data'][lang]}"})
    book.close()
    return path


def sheet_name(lang: str) -> str:
    """The name of the sheet that is to be filled in."""
    return _WORDS["data"][lang]


def notes() -> Mapping[str, Mapping[str, str]]:
    """For each canonical column: ``en``, ``zh`` and an ``example``."""
    text = files(__package__).joinpath("data/notes.csv").read_text("utf-8")
    return {row["canonical"]: row for row in csv.DictReader(text.splitlines())}


class _Writer:
    """Holds the formats and lists of one workbook."""

    def __init__(self, book: Any, lang: str) -> None:
        self.book, self.lang, self.columns = book, lang, list(headings().values())
        font = {"font_name": "Microsoft YaHei" if lang == "zh" else "Calibri", "font_size": 10, "valign": "top"}
        head = font | {
            "bold": True,
            "font_color": "#FFFFFF",
            "border": 1,
            "border_color": "#FFFFFF",
            "valign": "vcenter",
        }
        self.plain = book.add_format(font)
        self.wrap = book.add_format(font | {"text_wrap": True})
        self.bold = book.add_format(font | {"bold": True})
        self.required = book.add_format(head | {"bg_color": "#0B6E75"})
        self.optional = book.add_format(head | {"bg_color": "#57606E"})
        self.kinds = {
            "start": book.add_format(font | {"num_format": "yyyy-mm-dd", "align": "left"}),
            "end": book.add_format(font | {"num_format": "yyyy-mm-dd", "align": "left"}),
            "quantity": book.add_format(font | {"align": "right", "indent": 1}),
            "activity_id": book.add_format(font | {"num_format": "@"}),
        }
        self.mark = book.add_format(font | {"italic": lang != "zh", "font_color": "#8A5A00"})

    def word(self, key: str) -> str:
        """A sentence in the language of the workbook."""
        return _WORDS[key][self.lang]

    def _sheet(self, key: str) -> Any:
        sheet = self.book.add_worksheet(self.word(key))
        sheet.set_landscape()
        sheet.set_paper(9)
        sheet.fit_to_pages(1, 0)
        return sheet

    def data_sheet(self) -> None:
        """The empty table."""
        sheet = self._sheet("data")
        self._header(sheet, 0)
        sheet.freeze_panes(1, 2)
        sheet.autofilter(0, 0, ROWS, len(self.columns) - 1)
        self._validations(sheet)
        sheet.repeat_rows(0)

    def _header(self, sheet: Any, row: int) -> None:
        told = notes()
        sheet.set_row(row, 22)
        for at, column in enumerate(self.columns):
            width = _WIDTHS.get(column.name, 13)
            sheet.set_column(at, at, width, self.kinds.get(column.name, self.plain))
            sheet.write_string(row, at, self._title(column), self.required if column.required else self.optional)
            note = f"{column.name}\n{told[column.name]['zh']}\n{told[column.name]['en']}"
            sheet.write_comment(row, at, note, {"x_scale": 2.2, "y_scale": 1.6, "font_size": 9})

    def _title(self, column: Heading) -> str:
        return column.title["zh"] if self.lang == "zh" else column.name

    def _validations(self, sheet: Any) -> None:
        at = {column.name: number for number, column in enumerate(self.columns)}

        def check(column: str, rule: Mapping[str, Any], sentence: str) -> None:
            options = {"error_type": "warning", "error_title": "hengtan 衡碳", "error_message": self.word(sentence)}
            sheet.data_validation(1, at[column], ROWS, at[column], {**rule, **options})

        lists = self.word("lists")
        for column, place, count in zip(("activity_type", "unit", "region"), "AEH", map(len, _lists()), strict=True):
            check(column, {"validate": "list", "source": f"='{lists}'!${place}$3:${place}${count + 2}"}, "not_listed")
        day = {"validate": "date", "criteria": "between", "minimum": date(1990, 1, 1), "maximum": date(2100, 12, 31)}
        check("start", day, "date")
        check("end", {"validate": "date", "criteria": ">=", "value": f"={_letter(at['start'])}2"}, "order")
        check("quantity", {"validate": "decimal", "criteria": ">=", "value": 0}, "number")
        check("activity_id", {"validate": "custom", "value": f"=COUNTIF($A$2:$A${ROWS + 1},A2)=1"}, "twice")

    def notes_sheet(self) -> None:
        """What each column is for, in both languages."""
        sheet = self._sheet("notes")
        told = notes()
        sheet.set_column(0, 1, 20, self.plain)
        sheet.set_column(2, 2, 18, self.plain)
        sheet.set_column(3, 4, 62, self.wrap)
        heads = (self.word("column"), "中文 / English", self.word("required"), "说明", "Note")
        for across, text in enumerate(heads):
            sheet.write_string(0, across, text, self.required)
        for down, column in enumerate(self.columns, 1):
            either = column.name == "activity_type"
            needed = self.word("either") if either else self.word("yes") if column.required else ""
            names = f"{column.title['zh']}\n{column.title['en']}"
            cells = (column.name, names, needed, told[column.name]["zh"], told[column.name]["en"])
            for across, text in enumerate(cells):
                sheet.write_string(down, across, text, self.bold if across == 0 else self.wrap)
            sheet.set_row(down, 32)
        sheet.freeze_panes(1, 0)

    def example_sheet(self) -> None:
        """A filled-in table, marked so that reading passes over it."""
        sheet = self._sheet("example")
        sheet.write_string(0, 0, self.word("mark"), self.mark)
        self._header(sheet, 2)
        first = {name: note["example"] for name, note in notes().items()}
        for down, changes in enumerate(_EXAMPLES, 3):
            for across, column in enumerate(self.columns):
                cell: Any = {**first, **changes}[column.name]
                style = self.kinds.get(column.name, self.plain)
                if column.name in ("start", "end"):
                    sheet.write_datetime(down, across, date.fromisoformat(cell), style)
                elif column.name in ("quantity", "uncertainty_pct"):
                    sheet.write_number(down, across, float(cell), style)
                else:
                    sheet.write_string(down, across, cell, style)
        sheet.freeze_panes(3, 2)

    def lists_sheet(self) -> None:
        """The entries of the drop-down lists with their names in both languages."""
        sheet = self._sheet("lists")
        kinds, units, regions = _lists()
        for left, key, width in ((0, "type", 34), (4, "unit", 14), (7, "region", 20)):
            sheet.write_string(0, left, self.word(key), self.bold)
            sheet.write_string(1, left, self.word("code"), self.required)
            sheet.set_column(left, left, width, self.plain)
        for left in (1, 8):
            sheet.write_row(1, left, ["中文", "English"], self.required)
            sheet.set_column(left, left + 1, 30, self.plain)
        for left, rows in ((0, kinds), (4, units), (7, regions)):
            for down, cells in enumerate(rows, 2):
                sheet.write_row(down, left, cells, self.plain)
        sheet.freeze_panes(2, 0)


def _lists() -> tuple[list[Sequence[str]], list[Sequence[str]], list[Sequence[str]]]:
    """Activity types and regions with their zh and en names; units."""
    kinds = [(k.id, k.title["zh"], k.title["en"]) for k in types().values() if not k.id.startswith(_OFF_LIST)]
    units = [(name,) for name in symbols() if not name.endswith("_hhv")]
    regions = [(row["code"], row["zh"], row["en"]) for row in read_rows("regions.csv") if row["kind"] != "cloud"]
    regions.sort(key=lambda region: (not region[0].startswith("CN"), region[0]))
    return list(kinds), list(units), list(regions)


def _letter(at: int) -> str:
    return chr(65 + at)
