"""What was given but not posted is told as such wherever a sum is missing, on the terminal and in every report."""

from __future__ import annotations

from pathlib import Path

import pymupdf
import pytest
from openpyxl import load_workbook

from golden.calculating import Calculator, Outcome, activity

ROWS = [
    activity("e1"),
    activity("s1", activity_type="steam", unit="room.night"),  # a unit that does not measure steam
    activity("t1", activity_type="travel.air", unit="kg", start="2024-02-01", end="2024-02-03"),
    activity("t2", activity_type="travel.air", quantity="-5", unit="p.km"),  # rejected before any factor is looked for
    activity("w1", activity_type="waste.landfill", unit="kg", quantity="1"),
    activity("w1", activity_type="waste.landfill", unit="kg", quantity="2"),  # both: the id is there twice
    activity("x1", activity_type="unheard of"),
]


@pytest.fixture(scope="module")
def done(desk: Calculator) -> Outcome:
    return desk.table(ROWS, report=True)


def test_rejected_rows_are_counted_where_they_would_have_stood(done: Outcome) -> None:
    assert done.code == 3
    assert done.manifest["unposted"]["categories"] == [
        {"scope": 2, "category": "steam", "rows": 1},
        {"scope": 3, "category": "5", "rows": 2},
        {"scope": 3, "category": "6", "rows": 2},
        {"scope": None, "category": "", "rows": 1},
    ]
    assert sum(row["rows"] for row in done.manifest["unposted"]["categories"]) == done.summary["rows_rejected"]


def test_a_rejected_row_counts_in_every_month_that_it_runs_over(done: Outcome) -> None:
    months = done.manifest["unposted"]["months"]
    assert len(months) == 12 and months["2024-01"] == 5 and months["2024-02"] == 6


def test_a_pinned_factor_tells_the_scope_of_a_row_without_a_type(run: Calculator) -> None:
    own = run.factors(
        {"factor_id": "own", "activity_unit": "kg", "co2e_kg": 1, "category": "business_travel", "scope": 3}
    )
    done = run.table([activity("a"), activity("b", activity_type="", factor_id="own", unit="kWh")], "--factors", own)
    assert [(row["scope"], row["rows"]) for row in done.manifest["unposted"]["categories"]] == [(3, 1)]


def test_a_row_without_a_known_type_says_its_scope_itself(run: Calculator) -> None:
    done = run.table([activity("a"), activity("b", activity_type="unheard of", scope="范围三", category="类别6")])
    assert done.manifest["unposted"]["categories"] == [{"scope": 3, "category": "6", "rows": 1}]


def test_nothing_rejected_is_nothing_unposted(run: Calculator) -> None:
    assert run.table([activity()]).manifest["unposted"] == {"categories": [], "months": {}}


def test_the_terminal_tells_given_from_never_collected(done: Outcome) -> None:
    lines = {line.split("  ")[0].strip(): line for line in done.out.splitlines()}
    assert "given but not posted, 4 rows" in lines["Scope 3"] and "not collected" in lines["Scope 1"]
    assert "1 rejected row does not tell which scope it belongs to." in done.out


def test_the_terminal_tells_it_in_chinese(run: Calculator) -> None:
    done = run.table(ROWS, "--lang", "zh")
    assert "已提供但未入账，4 行" in done.out and "另有 1 行被拒收" in done.out


def _text(folder: Path) -> str:
    with pymupdf.open(folder / "report.pdf") as pdf:
        return " ".join(" ".join(page.get_text() for page in pdf).split())


def test_no_report_calls_a_rejected_scope_or_category_not_collected(done: Outcome) -> None:
    html = (done.folder / "report.html").read_text("utf-8")
    for text in (_text(done.folder), html):
        assert "given but not posted, 4 rows" in text and "given but not posted, 1 row" in text
        assert "Scope 3 was not collected" not in text and "Scope 3 is a gap: data were given" in text
        assert "do not tell which scope they belong to: 1" in text


def test_the_workbook_tells_it_in_sums_and_categories(done: Outcome) -> None:
    book = load_workbook(done.folder / "report.xlsx", read_only=True)
    summary = {row[0]: row[1] for row in book.worksheets[0].iter_rows(values_only=True) if row[0]}
    assert summary["Scope 3: other indirect emissions"] == "given but not posted, 4 rows"
    assert summary["Scope 1: direct emissions"] == "not collected"
    found = {row[1]: row[3] for row in book["By category"].iter_rows(values_only=True)}
    assert (
        found["Purchased steam"] == "given but not posted, 1 row"
        and found["6 Business travel"] == "given but not posted, 2 rows"
    )


def test_a_month_without_a_posted_row_tells_whether_rows_were_given(run: Calculator) -> None:
    months = [activity(f"m{m}", start=f"2024-{m:02d}-01", end=f"2024-{m:02d}-28") for m in (1, 2, 4)]
    done = run.table([{**months[0]}, {**months[1], "quantity": "-1"}, {**months[2]}], report=True)
    book = load_workbook(done.folder / "report.xlsx", read_only=True)
    found = {row[0]: row[1] for row in book["By month"].iter_rows(values_only=True)}
    assert found["2024-02"] == "given but not posted, 1 row" and found["2024-03"] == "not collected"


@pytest.mark.parametrize("standard", ["iso14064", "ghgp", "cn-enterprise"])
def test_every_form_tells_it(done: Outcome, run: Calculator, standard: str, tmp_path: Path) -> None:
    made = run.command("report", done.folder, "--format", "html", "--lang", "zh", "--standard", standard)
    assert made.code == 0, made.err
    html = (done.folder / "report.html").read_text("utf-8")
    assert "已提供但未入账，4 行" in html and "已提供但未入账，1 行" in html
