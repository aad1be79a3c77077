"""CONTRACT section 2: the organisation file; --period; several files; years that are not calendar years."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from fractions import Fraction
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from golden.calculating import SUMS, Calculator, Outcome, activity, write_csv

HEADER = "facility,org_unit,region,approach,share_pct,valid_from,valid_to\n"
OWN = {"factor_id": "ONE", "activity_unit": "L", "co2_kg": 1}


def with_organisation(run: Calculator, lines: str, *rows: dict[str, Any], code: int = 0) -> Outcome:
    path = run.folder / "org.csv"
    path.write_text(HEADER + lines, "utf-8")
    whole = [activity(**{"activity_type": "", "unit": "L", "factor_id": "ONE", "quantity": 366, **row}) for row in rows]
    done = run.table(whole, "--org", path, "--factors", run.factors(OWN))
    assert done.code == code, (done.out, done.err, done.problems)
    return done


def test_an_equity_share_counts_by_its_percentage(run: Calculator) -> None:
    done = with_organisation(run, "Plant,,,equity_share,40,,\n", {})
    assert done.one("a1")["co2e_kg"] == Decimal("146.4")


def test_a_share_that_changes_within_an_activity_counts_by_days(run: Calculator) -> None:
    lines = "Plant,,,equity share,50%,,2024-03-31\nPlant,,,equity_share,100,2024-04-01,\n"
    done = with_organisation(run, lines, {"activity_id": "before", "end": "2024-03-31", "quantity": 10},
                             {"activity_id": "after", "start": "2024-04-01", "quantity": 10}, {"activity_id": "over"})  # fmt: skip
    assert done.one("before")["co2e_kg"] == 5 and done.one("after")["co2e_kg"] == 10
    assert abs(done.one("over")["co2e_kg"] - Decimal("320.5")) < Decimal("1e-9")  # 91 days at a half, 275 in full


def test_a_day_that_no_line_covers_is_a_problem_and_not_a_share(run: Calculator) -> None:
    done = with_organisation(run, "Plant,,,equity_share,50,2024-02-01,\n", {}, code=3)
    assert done.codes() == ["organisation.outside-validity"]


def test_what_is_controlled_counts_in_full_whatever_is_owned(run: Calculator) -> None:
    lines = "Plant,,,operational_control,30,,\nSite,,,financial_control,,,\nLeft,,,operational_control,0,,\n"
    done = with_organisation(
        run, lines, {}, {"activity_id": "s", "facility": "Site"}, {"activity_id": "l", "facility": "Left"}
    )
    assert [row["co2e_kg"] for row in done.rows] == [366, 366, 0]


def test_an_equity_share_is_never_assumed(run: Calculator) -> None:
    path = run.folder / "org.csv"
    path.write_text(HEADER + "Plant,,,equity_share,,,\n", "utf-8")
    assert run.table([activity()], "--org", path).code == 2


def test_a_row_without_a_unit_belongs_to_the_unit_of_its_facility_on_its_first_day(run: Calculator) -> None:
    lines = "Plant,North,,,,,2024-03-31\nPlant,South,,,,2024-04-01,\nSite,,,,,,\n"
    rows = [
        {"activity_id": "before", "end": "2024-03-31"},
        {"activity_id": "own", "org_unit": "Mine"},
        {"activity_id": "after", "start": "2024-04-01"},
        {"activity_id": "none", "facility": "Site"},
        {"activity_id": "over", "end": "2024-12-31"},
    ]
    done = with_organisation(run, lines, *rows)
    assert [(row["activity_id"], row["org_unit"]) for row in done.rows] == [
        ("before", "North"), ("own", "Mine"), ("after", "South"), ("none", ""), ("over", "North"),
    ]  # fmt: skip


def test_a_facility_that_the_file_does_not_name_counts_in_full_and_is_told(run: Calculator) -> None:
    done = with_organisation(run, "Other,,,equity_share,50,,\n", {})
    assert done.one("a1")["co2e_kg"] == 366 and "organisation.facility-unlisted" in done.codes("warning")


def test_an_empty_region_is_that_of_the_facility_and_the_row_s_own_goes_first(run: Calculator) -> None:
    path = run.folder / "org.csv"
    path.write_text(HEADER + "Plant,Group,GB,,,,\n工厂,Group,CN-44,,,,\n", "utf-8")
    rows = [activity("gb", region=""), activity("cn", region="", facility="工厂", start="2022-01-01", end="2022-12-31"),
            activity("own", region="CN", start="2023-01-01", end="2023-12-31"), activity("none", region="", facility="Elsewhere")]  # fmt: skip
    done = run.table(rows, "--org", path)
    assert done.one("gb", "location")["factor_id"] == "uk-desnz-2024-7-400-4000-5"
    assert done.one("cn", "location")["factor_id"] == "CN-EL-AVG-44-2022"
    assert done.one("own", "location")["factor_id"] == "CN-EL-AVG-CN-2023"
    assert [(p["activity_id"], p["code"]) for p in done.problems if p["severity"] == "error"] == [
        ("none", "region.missing")
    ]


def test_a_period_rejects_what_lies_outside_and_both_its_days_are_within(run: Calculator) -> None:
    rows = [activity("first day", start="2024-04-01", end="2024-04-01"), activity("last day", start="2025-03-31", end="2025-03-31"),
            activity("before", start="2024-03-31", end="2024-04-30"), activity("after", start="2025-03-01", end="2025-04-01")]  # fmt: skip
    done = run.table(rows, "--period", "2024-04-01/2025-03-31")
    assert done.code == 3
    assert {row["activity_id"] for row in done.rows} == {"first day", "last day"}
    assert [(p["code"], p["activity_id"]) for p in done.problems if p["severity"] == "error"] == [
        ("activity.outside-period", "before"), ("activity.outside-period", "after"),
    ]  # fmt: skip
    assert done.manifest["options"]["period"] == "2024-04-01/2025-03-31"


@pytest.mark.parametrize("text", ["2024", "2024/2024", "2024-01/2024-12", "/2024-12-31", "2024-01-01/"])
def test_a_year_or_month_stands_for_its_days(text: str, run: Calculator) -> None:
    assert run.table([activity()], "--period", text).code == 0


def test_a_fiscal_year_over_the_turn_of_the_year_takes_the_factor_of_most_of_its_days_and_says_so(
    run: Calculator,
) -> None:
    rows = [
        activity("fiscal", start="2023-04-01", end="2024-03-31", quantity=365),
        activity("late", start="2023-10-01", end="2024-09-30"),
    ]
    done = run.table(rows)
    assert done.one("fiscal", "location")["factor_id"] == "uk-desnz-2023-7-400-4000-5"
    assert done.one("late", "location")["factor_id"] == "uk-desnz-2024-7-400-4000-5"
    assert {p["activity_id"] for p in done.problems if p["code"] == "activity.spans-years"} == {"fiscal", "late"}


@pytest.mark.parametrize(
    ("start", "end", "months"),
    [("2024-01-01", "2024-12-31", 12), ("2023-04-01", "2024-03-31", 12), ("2024-02-29", "2024-03-01", 2),
     ("2024-01-31", "2024-01-31", 1), ("2022-11-15", "2024-01-03", 15), ("1999-12-31", "2030-01-01", 362)],
)  # fmt: skip
def test_months_add_up_to_the_whole_exactly_and_go_by_days(start: str, end: str, months: int, run: Calculator) -> None:
    factor = {"factor_id": "ODD", "activity_unit": "L", "co2_kg": "0.333333333333", "biogenic_co2_kg": "0.1"}
    rows = [activity(f"{i}", activity_type="", unit="L", factor_id="ODD", start=start, end=end, quantity=q)
            for i, q in enumerate(("1", "0.000001", "7.123457", "999999999.999999"))]  # fmt: skip
    done = run.table(rows, "--factors", run.factors(factor))
    by_month = done.summary["by_month"]
    assert len(by_month) == months
    for name in SUMS:
        assert sum(Fraction(row[name]) for row in by_month.values()) == Fraction(done.summary["totals"][name])
    if (start, months) == ("2024-01-01", 12):
        share = Fraction(by_month["2024-02"]["scope1_kg"]) / Fraction(done.summary["totals"]["scope1_kg"])
        assert abs(share - Fraction(29, 366)) < Fraction(1, 10**9)


def test_several_files_are_one_run_in_their_order(run: Calculator) -> None:
    one = write_csv(run.folder / "one.csv", [activity("b"), activity("a", start="2024-02-01")])
    two = write_csv(run.folder / "two.csv", [activity("c", start="2024-03-01"), activity("bad", quantity="x")])
    done = run.calculate(one, two)
    assert done.code == 3
    assert list(dict.fromkeys(row["activity_id"] for row in done.rows)) == ["b", "a", "c"]
    (told,) = [p for p in done.problems if p["severity"] == "error"]
    assert (told["file"], told["row"], told["activity_id"]) == (str(two), "3", "bad")
    assert [one["rows"] for one in done.manifest["inputs"]] == [2, 2]


def test_an_id_that_stands_in_two_files_rejects_both_rows(run: Calculator) -> None:
    one = write_csv(run.folder / "one.csv", [activity("a"), activity("same", quantity=1)])
    two = write_csv(run.folder / "two.csv", [activity("same", quantity=2), activity("z", start="2024-03-01")])
    done = run.calculate(one, two)
    assert done.code == 3 and {row["activity_id"] for row in done.rows} == {"a", "z"}
    assert [(p["file"], p["row"]) for p in done.problems if p["code"] == "activity.duplicate-id"] == [
        (str(one), "3"),
        (str(two), "2"),
    ]


def test_a_file_that_is_given_twice_is_not_counted_twice(run: Calculator) -> None:
    path = write_csv(run.folder / "one.csv", [activity("a"), activity("b", quantity=1)])
    done = run.calculate(path, path)
    assert done.code == 3 and done.rows == []
    assert done.summary["rows_in"] == done.summary["rows_rejected"] == 4


def test_files_of_several_kinds_and_columns_are_one_run(run: Calculator) -> None:
    from openpyxl import Workbook

    csv = write_csv(run.folder / "a.csv", [activity("csv", evidence="bill 7")])
    book = Workbook()
    book.active.append(list(activity()))
    book.active.append(list(activity("xlsx", quantity=12.5, start="2024-05-01").values()))
    book.save(run.folder / "b.xlsx")
    done = run.calculate(csv, run.folder / "b.xlsx")
    assert done.code == 0 and list(dict.fromkeys(r["activity_id"] for r in done.rows)) == ["csv", "xlsx"]


def test_files_may_differ_in_what_is_missing_and_in_what_needs_rounding(run: Calculator) -> None:
    full, gaps = run.folder / "full.parquet", run.folder / "gaps.parquet"
    days = {"start": date(2024, 1, 1), "end": date(2024, 1, 31)}
    rows = [
        activity("a", **days, quantity=1.5, org_unit="North"),
        activity("b", **days, quantity=2.0, org_unit="South"),
    ]
    pq.write_table(pa.Table.from_pylist(rows), full)
    rows = [activity("c", quantity=0.0000015, org_unit=None), activity("d", quantity=4.0, org_unit="East")]
    pq.write_table(pa.Table.from_pylist(rows), gaps)  # its days are text, a unit is missing, a quantity needs rounding
    for files in ((full, gaps), (gaps, full)):
        done = run.calculate(*files)
        assert done.code == 0, done.err
        assert {row["activity_id"]: row["org_unit"] for row in done.rows if row["basis"] == "location"} == {
            "a": "North", "b": "South", "c": "", "d": "East",
        }  # fmt: skip
