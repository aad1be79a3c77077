"""Files to read, made by the tests."""

from __future__ import annotations

import csv
import io
from pathlib import Path

import pytest
import xlsxwriter

from hengtan.connectors import Intake, read
from hengtan.problems import HengtanError

HEADER = ["activity_id", "facility", "activity_type", "start", "end", "quantity", "unit"]
ROW = ["A1", "Plant", "electricity", "2023-01-01", "2023-01-31", "5", "kWh"]


def row(**cells):
    """One good row, with some cells changed."""
    return [cells.get(name, value) for name, value in zip(HEADER, ROW, strict=True)]


@pytest.fixture
def csv_of(tmp_path):
    """Writes rows (lists of text) or a whole text as CSV and reads it."""

    def read_it(rows, header=HEADER, encoding="utf-8", separator=",", name="bills.csv", **options) -> Intake:
        path = tmp_path / name
        if isinstance(rows, str):
            text = rows
        else:
            out = io.StringIO(newline="")
            csv.writer(out, delimiter=separator).writerows([header, *rows])
            text = out.getvalue()
        path.write_bytes(text.encode(encoding))
        return read([path], **options)

    return read_it


@pytest.fixture
def xlsx_of(tmp_path):
    """Writes a workbook with a function of (workbook, sheet) and reads it."""

    def read_it(fill, name="bills.xlsx", **options) -> Intake:
        path = tmp_path / name
        book = xlsxwriter.Workbook(str(path))
        fill(book)
        book.close()
        return read([path], **options)

    return read_it


@pytest.fixture
def refused():
    """Reads and gives the codes of the problems that made a file unreadable as a whole."""

    def codes(path: Path | str, **options) -> list[str]:
        with pytest.raises(HengtanError) as caught:
            read([path], **options)
        for problem in caught.value.problems:
            for lang in ("en", "zh"):
                assert "?" not in problem.sentence(lang).replace("? ", ""), problem
        return [problem.code for problem in caught.value.problems]

    return codes


def quantities(intake: Intake) -> list[str | None]:
    return [q for source in intake.sources for q in source.data.column("quantity").to_pylist()]


def codes(intake: Intake) -> list[tuple[str, int | None]]:
    return [(problem.code, problem.row) for problem in intake.problems]
