"""Files to take away: the marked-up workbook, the empty one, a source as it was given."""

from __future__ import annotations

import io
import tempfile
from collections import defaultdict
from collections.abc import Mapping
from pathlib import Path
from typing import Any
from urllib.parse import quote

import xlsxwriter
from django.core.exceptions import ValidationError
from django.http import HttpResponse
from django.shortcuts import redirect
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache

from hengtan.connectors.mapped import Opened
from hengtan.connectors.spreadsheet import text_of
from hengtan.connectors.workbook_template import write_workbook
from hengtan.web.organisations.door import TenantRequest, within
from hengtan.web.organisations.roles import Act
from hengtan.web.vault.services import facts

from .models import Batch, Json
from .reading import opened
from .views import batch_of, source_of

Marks = dict[tuple[int, int | None], tuple[str, str]]
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
MOST_ROWS = 200_000


def _lang() -> str:
    return "zh" if (get_language() or "").startswith("zh") else "en"


def _download(data: bytes, name: str, kind: str = XLSX) -> HttpResponse:
    answer = HttpResponse(data, content_type=kind)
    answer["Content-Disposition"] = f"attachment; filename*=UTF-8''{quote(name)}"
    answer["X-Content-Type-Options"] = "nosniff"
    return answer


@within(Act.ENTER)
def empty_workbook(_request: TenantRequest) -> HttpResponse:
    """The workbook to fill in, with lists and notes."""
    with tempfile.TemporaryDirectory() as folder:
        path = write_workbook(Path(folder) / "activities.xlsx", _lang())
        return _download(path.read_bytes(), path.name)


@never_cache
@within()
def source_file(request: TenantRequest, pk: int) -> HttpResponse:
    """A file as it was uploaded; the browser does not open it."""
    file = source_of(request, pk)
    return _download(facts(request.organisation).read(file.digest), file.name, "application/octet-stream")


@never_cache
@within()
def marked_up(request: TenantRequest, pk: int) -> HttpResponse:
    """The sheets with the cells of problems coloured and told in a note, and a sheet that lists them."""
    batch = batch_of(request, pk)
    if not batch.preview:
        return redirect("batch", key=request.organisation.key, pk=pk)
    with opened(batch) as files:
        data = workbook(batch, files, _lang())
    return _download(data, f"{batch.name}-{_('problems')}.xlsx")


def workbook(batch: Batch, files: dict[str, Opened], lang: str) -> bytes:
    """Its bytes. Every text is written as text: nothing in it is taken for a formula or a link."""
    out = io.BytesIO()
    book = xlsxwriter.Workbook(
        out,
        {
            "strings_to_formulas": False,
            "strings_to_urls": False,
            "strings_to_numbers": False,
            "nan_inf_to_errors": True,
        },
    )
    look = {
        "bad": book.add_format({"bg_color": "#FBEAE8", "border": 1, "border_color": "#B3261E"}),
        "warn": book.add_format({"bg_color": "#FBF1DC", "border": 1, "border_color": "#8A5A00"}),
        "fixed": book.add_format({"bg_color": "#E8EFF8", "border": 1, "border_color": "#2F5F9E"}),
        "bold": book.add_format({"bold": True}),
    }
    fixed: dict[tuple[str, str], dict[tuple[int, int], Json]] = defaultdict(dict)
    for fix in batch.fixes:
        if fix["column"] is not None:
            fixed[fix["file"], fix["sheet"]][fix["row"], fix["column"]] = fix
    _listing(book, batch, lang, look)
    marks: dict[tuple[str, str], Marks] = defaultdict(dict)
    for group in batch.preview["groups"]:
        kind = "bad" if group["severity"] == "error" else "warn"
        columns = {(cell["file"], cell["sheet"], cell["row"]): cell["column"] for cell in group["cells"]}
        for file, sheet, row, *_cell in group["rows"]:
            told = f"{group['reason'][lang]} {group['mend'][lang]}"
            marks[file, sheet].setdefault((row, columns.get((file, sheet, row), group["column"])), (kind, told))
    taken = {_("Problems")}
    for form in batch.mapping["forms"]:
        if form["use"] == "skip":
            continue
        file = files[form["file"]]
        name = _sheet_name(form["sheet"] or Path(form["file"]).stem, taken)
        place = form["file"], form["sheet"]
        _sheet(book.add_worksheet(name), file, file.sheet(form["sheet"]).rows, marks[place], look, fixed[place])
    book.close()
    return out.getvalue()


def _listing(book: Any, batch: Batch, lang: str, look: Json) -> None:
    sheet = book.add_worksheet(_("Problems"))
    head = (
        _("Severity"),
        _("File"),
        _("Sheet"),
        _("Cell or row"),
        _("Rows"),
        _("What is wrong"),
        _("How to mend it"),
        _("Code"),
    )
    for column, text in enumerate(head):
        sheet.write_string(0, column, str(text), look["bold"])
    row = 1
    for group in batch.preview["groups"]:
        severity = _("rejected") if group["severity"] == "error" else _("to look at")
        for cell in group["cells"] or [{"file": "", "sheet": "", "name": ""}]:
            texts = (severity, cell["file"], cell["sheet"], cell["name"])
            for column, text in enumerate(texts):
                sheet.write_string(row, column, str(text))
            sheet.write_number(row, 4, group["count"])
            for column, text in enumerate((group["reason"][lang], group["mend"][lang], group["code"]), 5):
                sheet.write_string(row, column, text)
            row += 1
    sheet.set_column(0, 4, 14)
    sheet.set_column(5, 6, 60)
    sheet.freeze_panes(1, 0)


def _sheet(
    sheet: Any, file: Opened, rows: list[list[Any]], marks: Marks, look: Json, fixed: Mapping[tuple[int, int], Json]
) -> None:  # fmt: skip
    """Problems are coloured and told in a note; a cell that a person changed holds the new content, its note the old one."""
    if len(rows) > MOST_ROWS:
        raise ValidationError(_("The sheet has too many rows for a workbook."))
    whole = {row: told for (row, column), told in marks.items() if column is None}
    shift = 1 - file.head
    for at, cells in enumerate(rows):
        row = at + file.head
        for column, cell in enumerate(cells):
            kind, told = marks.get((row, column)) or whole.get(row) or ("", "")
            fix = fixed.get((row, column))
            if fix is not None:
                was = _("Was “%(old)s”; changed by %(by)s.") % {"old": str(fix["old"])[:200], "by": fix["by"]}
                sheet.write_string(at, column, str(fix["new"])[:32_767], look[kind or "fixed"])
                sheet.write_comment(at, column, f"{was} {told}".strip(), {"x_scale": 2})
                continue
            style = look.get(kind)
            if isinstance(cell, int | float) and not isinstance(cell, bool):
                sheet.write_number(at, column, cell, style)
            elif (text := text_of(cell)) or style:
                sheet.write_string(at, column, text[:32_767], style)
            if told and (marks.get((row, column)) or column == 0):
                sheet.write_comment(at, column, told, {"x_scale": 2})
    for (line, place), (kind, told) in marks.items():
        at = line - file.head
        if place is not None and (at >= len(rows) or place >= len(rows[at])):
            sheet.write_string(at, place, "", look[kind])
            sheet.write_comment(at, place, told, {"x_scale": 2})
    sheet.freeze_panes(max(shift, 0), 0)


def _sheet_name(text: str, taken: set[str]) -> str:
    name = "".join("_" if c in "[]:*?/\\" else c for c in text)[:28].strip("' ") or "1"
    number, found = 2, name
    while found.casefold() in {each.casefold() for each in taken}:
        found, number = f"{name[:25]} {number}", number + 1
    taken.add(found)
    return found
