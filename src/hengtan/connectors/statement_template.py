"""The workbook of a sector: one sheet to fill in, one row for each value and month, and the sheet that explains the parameters."""

from __future__ import annotations

from pathlib import Path

import xlsxwriter

from hengtan.sectors import SectorMethod
from hengtan.sectors.statement import COLUMNS

_WORDS = {
    "en": {"statement": "Statement", "parameters": "Parameters", "year": "year", "fill": "one row for each value; month 1 to 12, empty for the year",
           "head": ("Parameter", "Name", "Unit", "Default", "Months", "Mark", "Source")},
    "zh": {"statement": "填报表", "parameters": "参数说明", "year": "年度", "fill": "每个数值一行；月份填 1 至 12，年度值留空",
           "head": ("参数", "名称", "计量单位", "缺省值", "月度合成", "标记", "来源")},
}  # fmt: skip
_MOST_MONTHS = 40  # parameters that get twelve rows; the rest get one, so that the sheet stays one that a person fills


def write_statement_template(path: Path, method: SectorMethod, lang: str) -> None:
    """Rows for the single parameters and, of each group, for the first item: the others are added by copying."""
    words = _WORDS[lang]
    book = xlsxwriter.Workbook(str(path), {"strings_to_formulas": False, "strings_to_urls": False})
    bold = book.add_format({"bold": True, "bg_color": "#E6F0F0", "bottom": 1})
    wrap = book.add_format({"text_wrap": True, "valign": "top"})
    sheet = book.add_worksheet(words["statement"])
    for column, name in enumerate(COLUMNS):
        sheet.write(0, column, name, bold)
    names = [(name, parameter) for name, _, parameter in method.inputs()]
    firsts = {group.id: next(iter(group.items), "") for group in method.groups.values()}
    chosen = [
        (name, parameter)
        for name, parameter in names
        if "." not in name
        or name.split(".")[0] not in firsts
        or name.rpartition(".")[0].partition(".")[2] == firsts[name.split(".")[0]]
    ]
    row = 1
    for at, (name, parameter) in enumerate(chosen):
        months = [*range(1, 13)] if parameter.sums and at < _MOST_MONTHS else [""]
        for month in months:
            cells = ("", "", "", name, month, "", parameter.unit, "", "")
            for column, cell in enumerate(cells):
                sheet.write(row, column, cell)
            row += 1
    sheet.data_validation(
        1, 7, max(row, 5000), 7, {"validate": "list", "source": ["measured", "calculated", "design", "default"]}
    )
    sheet.set_column(0, 2, 16)
    sheet.set_column(3, 3, 34)
    sheet.set_column(4, 8, 14)
    sheet.freeze_panes(1, 0)
    sheet.write_comment(0, 4, words["fill"])
    about = book.add_worksheet(words["parameters"])
    about.write(0, 0, method.title[lang], bold)
    about.write(1, 0, f"[{method.mark}] {method.standard}")
    for column, text in enumerate(words["head"]):
        about.write(3, column, text, bold)
    for at, (name, title, parameter) in enumerate(method.inputs(), 4):
        default = parameter.defaults[-1] if parameter.defaults else None
        how = "Σ" if parameter.sums else parameter.weight.text if parameter.weight else str(words["year"])
        line = (name, title[lang], parameter.unit, default.text if default else "", how,
                default.mark if default else method.mark, default.source if default else method.source)  # fmt: skip
        for column, cell_text in enumerate(line):
            about.write(at, column, cell_text, wrap)
    about.set_column(0, 0, 36)
    about.set_column(1, 1, 40)
    about.set_column(2, 5, 16)
    about.set_column(6, 6, 60)
    about.freeze_panes(4, 0)
    book.close()
