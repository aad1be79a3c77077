"""CONTRACT sections 4 and 5: the files of DIR, their columns, types, keys and order."""

from __future__ import annotations

import csv
import json
from datetime import date
from decimal import Decimal, localcontext
from fractions import Fraction
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from golden.calculating import SUMS, Calculator, Outcome, activity, write_csv

MASS = pa.decimal128(38, 18)
EMISSIONS = {
    "activity_id": pa.string(), "facility": pa.string(), "org_unit": pa.string(), "start": pa.date32(), "end": pa.date32(),
    "scope": pa.int32(), "category": pa.string(), "basis": pa.string(), "co2_kg": MASS, "ch4_kg": MASS, "n2o_kg": MASS,
    "other_co2e_kg": MASS, "co2e_kg": MASS, "biogenic_co2_kg": MASS, "factor_id": pa.string(), "match": pa.string(), "method": pa.string(),
}  # fmt: skip


@pytest.fixture(scope="module")
def mixed(desk: Calculator) -> Outcome:
    """Every scope, outside the scopes, every category of problem."""
    rows = [
        activity("z-power", quantity="1000.5", org_unit="Group"),
        activity("a-gas", activity_type="fuel.natural_gas", unit="kWh_gcv", start="2024-01-15", end="2024-02-14"),
        activity(
            "m-flight",
            activity_type="travel.air.long_haul.economy",
            unit="p.km",
            facility="办公室",
            start="2024-03-01",
            end="2024-03-01",
        ),
        activity("outside", activity_type="outside.wood.pellets", unit="t", quantity="2"),
        activity("pellets", activity_type="fuel.wood.pellets", unit="t", quantity="3"),
        activity("bad", unit="furlong"),
        activity("cooling", activity_type="refrigerant.R-410A", unit="kg", quantity="1.5", start="2024-04-01"),
        activity("zero", activity_type="fuel.diesel", unit="", quantity="0"),
        activity("twin", activity_type="fuel.diesel", unit="L", quantity="5"),
        activity("twin too", activity_type="fuel.diesel", unit="L", quantity="5"),
        activity("same", quantity="1"),
        activity("same", quantity="2"),
        activity("turn", start="2023-12-01", end="2024-01-31"),
    ]
    return desk.table(rows, report=True)


def test_emissions_have_the_contract_s_columns_and_types_in_the_stored_file(mixed: Outcome) -> None:
    schema = pq.read_schema(mixed.folder / "emissions.parquet")
    assert {name: schema.field(name).type for name in schema.names} == EMISSIONS
    assert schema.names == list(EMISSIONS)


def test_any_reader_of_parquet_gets_the_same_types(mixed: Outcome) -> None:
    import duckdb

    found = duckdb.sql(f"DESCRIBE SELECT * FROM '{mixed.folder / 'emissions.parquet'}'").fetchall()
    assert {row[0]: row[1] for row in found} == {
        **dict.fromkeys(EMISSIONS, "VARCHAR"), "start": "DATE", "end": "DATE", "scope": "INTEGER",
        **{name: "DECIMAL(38,18)" for name, kind in EMISSIONS.items() if kind == MASS},
    }  # fmt: skip


def test_rows_stand_in_the_order_of_the_input_and_scope_2_alone_twice(mixed: Outcome) -> None:
    found = [(row["activity_id"], row["basis"]) for row in mixed.rows]
    assert found == [
        ("z-power", "location"), ("z-power", "market"), ("a-gas", "-"), ("m-flight", "-"), ("outside", "-"), ("pellets", "-"),
        ("cooling", "-"), ("zero", "-"), ("twin", "-"), ("twin too", "-"), ("turn", "location"), ("turn", "market"),
    ]  # fmt: skip


def test_scope_is_null_outside_the_scopes_and_category_one_of_the_contract_s(mixed: Outcome) -> None:
    found = {row["activity_id"]: (row["scope"], row["category"]) for row in mixed.rows}
    assert found["outside"][0] is None
    assert (
        found["z-power"] == (2, "electricity") and found["a-gas"] == (1, "stationary") and found["m-flight"] == (3, "6")
    )
    assert found["cooling"] == (1, "fugitive")
    known = {1: {"stationary", "mobile", "process", "fugitive"}, 2: {"electricity", "heat", "steam", "cooling"},
             3: {str(number) for number in range(1, 16)}, None: {""}}  # fmt: skip
    assert all(category in {*known[scope], ""} for scope, category in found.values())


def test_texts_are_never_null_and_masses_never_missing(mixed: Outcome) -> None:
    for row in mixed.rows:
        assert all(
            row[name] is not None
            for name in (
                "activity_id",
                "facility",
                "org_unit",
                "category",
                "basis",
                "factor_id",
                "match",
                "method",
                "co2e_kg",
            )
        )
    assert mixed.one("z-power", "market")["org_unit"] == "Group" and mixed.one("a-gas")["org_unit"] == ""
    assert mixed.one("m-flight")["facility"] == "办公室"


def test_biogenic_co2_is_never_in_co2e_and_never_in_a_scope(mixed: Outcome) -> None:
    outside = mixed.one("outside")
    assert outside["biogenic_co2_kg"] > 3000 and outside["co2e_kg"] == 0
    assert Decimal(mixed.summary["totals"]["biogenic_co2_kg"]) == mixed.total("biogenic_co2_kg")


def test_co2e_is_the_sum_of_its_parts_in_the_set_of_the_run(mixed: Outcome) -> None:
    for row in mixed.rows:
        if row["co2_kg"] is not None and row["ch4_kg"] is not None and row["n2o_kg"] is not None:
            with localcontext() as context:
                context.prec = 60
                assert row["other_co2e_kg"] is not None
                parts = row["co2_kg"] + row["ch4_kg"] * 28 + row["n2o_kg"] * 265 + row["other_co2e_kg"]
                assert parts == row["co2e_kg"], row


def test_a_product_is_quantity_times_a_coefficient_of_12_places_and_nothing_is_cut(run: Calculator) -> None:
    """Ibis types such a product decimal(20,12): without the cast digits go in silence."""
    own = {"factor_id": "FINE", "activity_unit": "L", "co2_kg": "0.123456789012"}
    big = {"factor_id": "BIG", "activity_unit": "L", "co2_kg": "25200000.123456789012"}  # 1 t of SF6 and more
    rows = [activity("fine", activity_type="", unit="L", factor_id="FINE", quantity="123456789012.345678"),
            activity("big", activity_type="", unit="L", factor_id="BIG", quantity="999999999999.999999"),
            activity("tiny", activity_type="", unit="L", factor_id="FINE", quantity="0.000001")]  # fmt: skip
    done = run.table(rows, "--factors", run.factors(own, big))
    assert done.code == 0
    exact = {"fine": Fraction("123456789012.345678") * Fraction("0.123456789012"),
             "big": Fraction("999999999999.999999") * Fraction("25200000.123456789012"),
             "tiny": Fraction("0.000001") * Fraction("0.123456789012")}  # fmt: skip
    for name, value in exact.items():
        assert Fraction(done.one(name)["co2e_kg"]) == value
    assert Fraction(done.summary["totals"]["scope1_kg"]) == sum(exact.values())


def test_a_sum_beyond_38_digits_is_an_error_and_never_a_wrong_number(run: Calculator) -> None:
    own = {"factor_id": "HUGE", "activity_unit": "L", "co2_kg": "99999999"}
    rows = [
        activity(f"{i}", activity_type="", unit="L", factor_id="HUGE", quantity="999999999999", evidence=i)
        for i in range(12)
    ]
    done = run.table(rows, "--factors", run.factors(own))
    if done.code == 0:
        assert Fraction(done.summary["totals"]["scope1_kg"]) == 12 * 999999999999 * 99999999
    else:
        assert not done.folder.exists()


def test_a_coefficient_of_100_million_and_more_is_a_problem(run: Calculator) -> None:
    own = {"factor_id": "HUGE", "activity_unit": "L", "co2_kg": "100000000"}
    done = run.table([activity(activity_type="", unit="L", factor_id="HUGE")], "--factors", run.factors(own))
    assert done.code == 3 and done.codes() == ["coefficient.too-large"]


def test_problems_csv_has_its_columns_a_byte_order_mark_and_rfc_4180(mixed: Outcome) -> None:
    raw = (mixed.folder / "problems.csv").read_bytes()
    assert raw.startswith(b"\xef\xbb\xbfcode,severity,file,sheet,row,column,activity_id,reason,mend\r\n")
    assert raw.endswith(b"\r\n")
    rows = list(csv.reader(raw.decode("utf-8-sig").splitlines()))
    assert {len(row) for row in rows} == {9}


def test_problems_name_the_row_as_the_person_sees_it(mixed: Outcome) -> None:
    told = {(p["code"], p["activity_id"]): p for p in mixed.problems}
    assert told["unit.unknown", "bad"]["row"] == "7"  # the header is row 1
    assert told["unit.unknown", "bad"]["column"] == "unit" and told["unit.unknown", "bad"]["severity"] == "error"
    assert [p["row"] for p in mixed.problems if p["code"] == "activity.duplicate-id"] == ["12", "13"]
    assert [(p["row"], p["severity"]) for p in mixed.problems if p["code"] == "activity.identical"] == [
        ("11", "warning")
    ]
    for p in mixed.problems:
        assert p["severity"] in ("error", "warning") and p["code"] and p["reason"] and p["mend"] and p["file"]
        assert p["row"].isdigit()


def test_all_rows_that_share_an_id_are_rejected_and_none_overwrites_another(mixed: Outcome) -> None:
    assert "same" not in {row["activity_id"] for row in mixed.rows}


def test_rejected_and_posted_rows_are_the_rows_that_came_in(mixed: Outcome) -> None:
    summary = mixed.summary
    rejected = {p["row"] for p in mixed.problems if p["severity"] == "error"}
    assert summary["rows_in"] == 13 == summary["rows_posted"] + summary["rows_rejected"]
    assert summary["rows_rejected"] == len(rejected) == 3


def test_the_summary_has_the_contract_s_keys_and_types(mixed: Outcome) -> None:
    summary = mixed.summary
    assert set(summary) >= {"rows_in", "rows_posted", "rows_rejected", "gwp_set", "as_of", "totals", "by_category",
                            "by_facility", "by_month", "by_match", "uncertainty"}  # fmt: skip
    assert all(type(summary[name]) is int for name in ("rows_in", "rows_posted", "rows_rejected"))
    assert set(summary["totals"]) == {*SUMS, "biogenic_co2_kg"}
    sums = [summary["totals"], *summary["by_facility"].values(), *summary["by_month"].values()]
    for row in sums:
        for text in row.values():
            assert isinstance(text, str) and "e" not in text.lower() and Decimal(text).is_finite()
    assert all(set(row) == set(SUMS) for row in sums[1:])
    assert all(isinstance(text, str) for text in summary["by_category"].values())
    for match in summary["by_match"].values():
        assert type(match["rows"]) is int and isinstance(match["co2e_kg"], str) and set(match) == {"rows", "co2e_kg"}
    assert {"1.stationary", "2.electricity", "3.6", "1.fugitive"} <= set(summary["by_category"])
    for band in summary["uncertainty"].values():
        assert {"p2_5_kg", "p97_5_kg"} <= set(band)


def test_the_sums_of_the_summary_are_those_of_the_rows(mixed: Outcome) -> None:
    summary, rows = mixed.summary, mixed.rows
    for name, scope, basis in (
        ("scope1_kg", 1, "-"),
        ("scope2_location_kg", 2, "location"),
        ("scope2_market_kg", 2, "market"),
        ("scope3_kg", 3, "-"),
    ):
        whole = sum(
            (Fraction(row["co2e_kg"]) for row in rows if (row["scope"], row["basis"]) == (scope, basis)), Fraction(0)
        )
        assert Fraction(summary["totals"][name]) == whole
        for part in ("by_facility", "by_month"):
            assert sum(Fraction(row[name]) for row in summary[part].values()) == whole, (part, name)
    location = [row for row in rows if row["basis"] != "market"]
    assert sum(match["rows"] for match in summary["by_match"].values()) == len(location)
    for match, found in summary["by_match"].items():
        assert Fraction(found["co2e_kg"]) == sum(
            (Fraction(r["co2e_kg"]) for r in location if (r["match"] or "none") == match), Fraction(0)
        )
    for name, kg in summary["by_category"].items():
        scope, _, category = name.partition(".")
        assert Fraction(kg) == sum(
            (Fraction(r["co2e_kg"]) for r in location if (str(r["scope"]), r["category"]) == (scope, category)),
            Fraction(0),
        )
    assert set(summary["by_month"]) == {"2023-12", *(f"2024-{m:02d}" for m in range(1, 13))}


def test_run_json_names_all_that_went_in_and_came_out(mixed: Outcome) -> None:
    import hashlib

    manifest = mixed.manifest
    (given,) = manifest["inputs"]
    path = Path(given["file"])
    assert given["sha256"] == hashlib.sha256(path.read_bytes()).hexdigest() and given["bytes"] == path.stat().st_size
    whole = (mixed.folder / "emissions.parquet").read_bytes()
    assert manifest["outputs"]["emissions_sha256"] == hashlib.sha256(whole).hexdigest()
    assert len(manifest["outputs"]["digest"]) == 64 and manifest["library"]["digest"] and manifest["hengtan"]["version"]
    assert manifest["counts"]["rows_in"] == 13


def test_reports_are_written_and_left_out_on_request(mixed: Outcome, run: Calculator) -> None:
    names = {path.name for path in mixed.folder.iterdir()}
    assert {"emissions.parquet", "problems.csv", "summary.json", "run.json", "report.xlsx", "report.html"} <= names
    done = run.table([activity()])
    assert not [path for path in done.folder.iterdir() if path.name.startswith("report")]


def test_at_most_10000_rows_of_a_code_are_listed_then_one_line_with_the_count(run: Calculator) -> None:
    lines = ["activity_id,facility,activity_type,start,end,quantity,unit,region"]
    lines += [f"bad{i},F,electricity,2024-01-01,2024-01-31,-1,kWh,GB" for i in range(10_500)]
    lines += [
        "few,F,electricity,2024-01-01,2024-01-31,1,furlong,GB",
        "good,F,electricity,2024-01-01,2024-01-31,1,kWh,GB",
    ]
    path = run.folder / "many.csv"
    path.write_text("\n".join(lines), "utf-8")
    done = run.calculate(path)
    assert done.code == 3 and done.summary["rows_rejected"] == 10_501 and done.summary["rows_posted"] == 1
    negative = [p for p in done.problems if p["code"] == "activity.quantity-negative"]
    assert len(negative) == 10_001
    assert [p["row"] for p in negative[:-1]] == [str(row) for row in range(2, 10_002)]  # the first ones, in order
    assert negative[-1]["row"] == "" and "10,500" in negative[-1]["reason"].replace("10500", "10,500")
    assert done.codes().count("unit.unknown") == 1


def test_of_more_than_1000_facilities_the_largest_are_named_and_the_rest_are_other(run: Calculator) -> None:
    rows = [
        activity(f"{i}", facility=f"site {i:04d}", quantity=i, activity_type="fuel.diesel", unit="L")
        for i in range(1, 1104)
    ]
    done = run.table(rows)
    found = done.summary["by_facility"]
    assert len(found) == 1001 and list(found)[-1] == "(other)" and "site 1103" in found and "site 0103" not in found
    assert sum(Fraction(row["scope1_kg"]) for row in found.values()) == Fraction(done.summary["totals"]["scope1_kg"])


def test_a_parquet_row_is_counted_from_1_and_a_workbook_s_as_it_shows(run: Calculator) -> None:
    from openpyxl import Workbook

    rows = [activity("good"), activity("bad", unit="furlong")]
    table = pa.table({name: [row[name] for row in rows] for name in rows[0]})
    pq.write_table(table, run.folder / "a.parquet")
    done = run.calculate(run.folder / "a.parquet")
    assert [(p["row"], p["sheet"], p["activity_id"]) for p in done.problems if p["severity"] == "error"] == [
        ("2", "", "bad")
    ]
    book = Workbook()
    book.active.title = "用电"
    book.active.append(["title of the sheet"])
    book.active.append([])
    book.active.append(list(rows[0]))
    for row in rows:
        book.active.append(
            [
                float(row["quantity"]) if name == "quantity" else date(2024, 1, 1) if name == "start" else value
                for name, value in row.items()
            ]
        )
    book.save(run.folder / "b.xlsx")
    done = run.calculate(run.folder / "b.xlsx")
    assert [(p["row"], p["sheet"], p["activity_id"]) for p in done.problems if p["severity"] == "error"] == [
        ("5", "用电", "bad")
    ], done.err


def test_the_same_input_gives_the_same_bytes_and_the_same_digest(run: Calculator) -> None:
    rows = [activity(f"{i}", quantity=f"{i}.{i}", activity_type=("electricity", "heat")[i % 2]) for i in range(1, 30)]
    path = write_csv(run.folder / "in.csv", rows)
    one, two = run.calculate(path), run.calculate(path)
    for name in ("emissions.parquet", "problems.csv", "summary.json", "plan.parquet"):
        assert (one.folder / name).read_bytes() == (two.folder / name).read_bytes(), name
    assert one.manifest["outputs"] == two.manifest["outputs"]


def test_written_json_is_utf_8_that_a_person_can_read(run: Calculator) -> None:
    done = run.table([activity(facility="一号厂房")])
    raw = (done.folder / "summary.json").read_text("utf-8")
    assert "一号厂房" in raw and json.loads(raw)
