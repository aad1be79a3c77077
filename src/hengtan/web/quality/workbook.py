"""The lines of a plan as a workbook to fill in, and back."""

from __future__ import annotations

import io
from pathlib import Path

import xlsxwriter

from hengtan.connectors.table import read_table
from hengtan.problems import HengtanError, Problem
from hengtan.sectors import SectorMethod
from hengtan.sectors.quality import FIELDS, TITLES, Line, Plan, title_of
from hengtan.sectors.quality.form import parameter_title

from .forms import CHOICES, shown

COLUMNS = ("process", "unit_name", "parameter", *FIELDS)
HEADERS = {title.casefold(): name for name in COLUMNS for title in (name, *TITLES[name])}


def lines_workbook(plan: Plan, method: SectorMethod, lang: str) -> bytes:
    """One row for each line; what can be chosen is offered in the cell."""
    out = io.BytesIO()
    options = {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False}
    with xlsxwriter.Workbook(out, options) as book:
        sheet = book.add_worksheet("参数" if lang == "zh" else "Parameters")
        bold, grey = (
            book.add_format({"bold": True, "bg_color": "#E6F0F0", "bottom": 1}),
            book.add_format({"font_color": "#616A77"}),
        )
        sheet.freeze_panes(1, 3)
        for at, name in enumerate(COLUMNS):
            sheet.write_string(0, at, title_of(name, lang), bold)
            sheet.set_column(at, at, 34 if name in ("parameter", "description", "how", "missing") else 18)
            if name in CHOICES:
                words = [shown(name, value, lang) for value in CHOICES[name]]
                sheet.data_validation(1, at, max(200, len(plan.lines) + 50), at, {"validate": "list", "source": words})
        sheet.write_string(0, len(COLUMNS), "参数说明" if lang == "zh" else "What the parameter is called", bold)
        sheet.set_column(len(COLUMNS), len(COLUMNS), 40)
        for row, line in enumerate(plan.lines, 1):
            for at, name in enumerate(COLUMNS):
                value = getattr(line, name)
                sheet.write_string(row, at, shown(name, value, lang) if name in CHOICES and value else value)
            title, unit = parameter_title(method, line.parameter, lang)
            sheet.write_string(row, len(COLUMNS), f"{title} ({unit})" if unit else title, grey)
    return out.getvalue()


def lines_from(path: Path, name: str) -> list[Line]:
    """The lines of a workbook. Raises HengtanError for what is none."""
    table = read_table(path, name, HEADERS, frozenset())
    if "parameter" not in table.columns:
        values = {"missing": "parameter", "known": ", ".join(COLUMNS)}
        raise HengtanError(Problem("table.columns-missing", file=name, values=values))
    found = []
    for _row, cells in table.rows:
        texts = {column: _choice(column, " ".join(str(cells.get(column) or "").split())) for column in COLUMNS}
        texts["calibrated_on"] = texts["calibrated_on"][:10]
        texts["interval_months"] = texts["interval_months"].removesuffix(".0")
        if texts["parameter"]:
            found.append(Line(**texts))
    return found


def _choice(name: str, text: str) -> str:
    """The value of a word in either language."""
    for value in CHOICES.get(name, ()):
        if text in (value, shown(name, value, "zh"), shown(name, value, "en")):
            return value
    return text
