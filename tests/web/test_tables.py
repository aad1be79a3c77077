"""Tables are taken away as CSV, XLSX and lines for the clipboard, and no spreadsheet calculates what stands in them."""

import csv
import io
from datetime import date
from decimal import Decimal

import openpyxl
import pytest
from django.test import RequestFactory

from hengtan.web.organisations.roles import Role
from hengtan.web.shell.tables import as_csv, as_table, form_of, safe
from hengtan.web.shell.templatetags.tables import table_menu

from .calculated import calculated

COLUMNS = ("facility", "co2e_kg", "day", "rows")
ROWS = [
    ("=1+1", Decimal("0.1234567890123456789"), date(2025, 1, 31), 3),
    ("＋plant\t2\nnext", Decimal(-2), None, 0),
    ("@SUM(A1)", Decimal("1E+3"), date(2025, 2, 1), 12345678901234),
]


def sheet(answer):
    return openpyxl.load_workbook(io.BytesIO(answer.content)).active


def test_a_csv_is_exact_and_opens_in_a_spreadsheet_without_calculating():
    text = as_table("csv", "t", COLUMNS, ROWS).content.decode("utf-8")
    assert text[0] == "\ufeff"
    rows = list(csv.reader(io.StringIO(text[1:])))
    assert rows[0] == list(COLUMNS)
    assert rows[1] == ["'=1+1", "0.1234567890123456789", "2025-01-31", "3"]
    assert rows[2][1] == "-2"
    assert rows[3][:2] == ["'@SUM(A1)", "1000"]


def test_lines_for_the_clipboard_keep_one_row_a_line_and_are_not_calculated_where_they_are_pasted():
    lines = as_table("tsv", "t", COLUMNS, ROWS).content.decode("utf-8").splitlines()
    assert lines[1].split("\t")[:2] == ["'=1+1", "0.1234567890123456789"]
    assert lines[2].split("\t") == ["＋plant 2 next", "-2", "", "0"]
    assert len(lines) == 4


def test_a_workbook_holds_numbers_as_numbers_days_as_days_and_formulas_as_text():
    found = sheet(as_table("xlsx", "t", COLUMNS, ROWS))
    assert [cell.value for cell in found[2]][:1] == ["=1+1"]
    assert found["A2"].data_type == "s"
    assert found["B2"].value == pytest.approx(0.123456789012345)
    assert found["C2"].value.date() == date(2025, 1, 31)
    assert found["B4"].value == 1000
    assert found["C3"].value in (None, "")


@pytest.mark.parametrize("start", ["=", "+", "-", "@", "\t=", " =", "\r", "\n=", "\ufeff=", "\xa0@"])
def test_nothing_that_a_spreadsheet_would_calculate_comes_out_bare(start):
    assert safe(f"{start}cmd|'/c calc'!A0").startswith("'")


def test_minus_numbers_stay_numbers():
    assert [safe("-12.5"), safe(Decimal("-0.5")), safe(-3)] == ["-12.5", "-0.5", "-3"]


def test_the_name_of_the_file_says_what_it_is_in_every_language():
    told = as_csv("能耗.csv", ("a",), [("1",)])["Content-Disposition"]
    assert told == "attachment; filename*=UTF-8''%E8%83%BD%E8%80%97.csv"


def test_the_menu_keeps_the_filters_of_the_page_and_drops_its_page():
    request = RequestFactory().get("/x/", {"q": "厂 1", "page": "3", "format": "csv", "basis": "market"})
    assert form_of(request) == "csv"
    assert form_of(RequestFactory().get("/x/", {"format": "exe"})) is None
    told = table_menu({"request": request}, "months")
    assert told["base"] == "?q=%E5%8E%82+1&basis=market&table=months&format="
    assert table_menu({"request": request}, address="/y/")["base"] == "/y/?format="


def test_every_table_of_a_run_comes_in_all_three_forms_with_the_same_numbers(company):
    run, client = calculated(company), company.client()
    before = calculated(company, name="again")
    paths = [
        f"runs/{run.pk}/?table={name}" for name in ("months", "categories", "facilities", "units", "types", "matches")
    ]
    paths += [
        f"runs/{run.pk}/{path}"
        for path in (
            "rows/?basis=location",
            "facilities/?",
            "problems/?",
            "problems/?code=value.not-a-number",
            f"compare/?with={before.pk}",
        )
    ]
    for path in [*paths, "runs/?"]:
        told = {form: client.get(company.url(f"{path}&format={form}")) for form in ("csv", "tsv", "xlsx")}
        assert {answer.status_code for answer in told.values()} == {200}, path
        rows = list(csv.reader(io.StringIO(told["csv"].content.decode("utf-8-sig"))))
        lines = [line.split("\t") for line in told["tsv"].content.decode().splitlines()]
        assert len(rows) > 1, path
        assert [" ".join(cell.split()) for cell in rows[1]] == lines[1], path
        cells = [[cell.value for cell in row] for row in sheet(told["xlsx"]).rows]
        assert len(cells) == len(rows), path
        for name, text, cell in zip(rows[0], rows[1], cells[1], strict=True):
            if name.endswith("_kg") and text:
                assert float(cell) == pytest.approx(float(text)), (path, name)


def test_the_list_of_runs_tells_sums_only_to_who_sees_all_rows(company):
    company.people[Role.CONTRIBUTOR].facilities.add(company.plants[0])
    calculated(company)
    whole = company.client().get(company.url("runs/?format=csv")).content.decode("utf-8-sig")
    part = company.client(Role.CONTRIBUTOR).get(company.url("runs/?format=csv")).content.decode("utf-8-sig")
    assert "scope1_kg" in whole
    assert "scope1_kg" not in part
    assert "R-0901" in part
