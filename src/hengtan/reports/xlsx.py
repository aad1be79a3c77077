"""The report as a workbook: nine sheets of real numbers, ready to filter and to sum.

Text is always written as text, so that a cell of the input that begins with ``=`` never becomes a formula or a link. Masses are tonnes
rounded to 9 decimals (the cell shows 2). Sums are formulas with their exact value stored, so that both Excel and a reader without a
calculation engine see the same. The creation date is that of the run: the same data give the same bytes.
"""

from __future__ import annotations

from datetime import UTC, datetime
from io import BytesIO

from xlsxwriter import Workbook

from hengtan.inventory.view import ReportData

from .document import standard_file
from .glyphs import visible
from .reading import Reading
from .sentences import Words
from .sheets import Sheets
from .sheets_lists import LIST_SHEETS
from .sheets_sums import SUMS_SHEETS


def workbook(data: ReportData, lang: str, standard: str) -> bytes:
    """The whole workbook."""
    reading = Reading(data, Words(lang))
    target = BytesIO()
    with Workbook(
        target, {"in_memory": True, "strings_to_formulas": False, "strings_to_numbers": False, "strings_to_urls": False}
    ) as book:
        book.set_properties(
            {
                "title": f"{standard_file(standard)['title'][lang]} · {visible(reading.organisation())}",
                "author": "hengtan",
                "created": _moment(str(data.manifest.get("created") or "")),
            }
        )
        book.set_calc_mode("auto")
        sheets = Sheets(book, reading)
        for write in (*SUMS_SHEETS, *LIST_SHEETS):
            write(sheets, reading, standard)
    return target.getvalue()


def _moment(created: str) -> datetime:
    try:
        moment = datetime.fromisoformat(created)
    except ValueError:
        return datetime(1980, 1, 1)
    return moment.astimezone(UTC).replace(tzinfo=None) if moment.tzinfo else moment
