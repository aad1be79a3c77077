"""CONTRACT section 2: what a quantity is, however it is written. One table a kind of file, one test a sentence."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from golden.calculating import Calculator, Outcome, activity, write_csv

# 1 kg of CO2 per L: the result is the quantity
OWN = {"factor_id": "ONE", "activity_unit": "L", "co2_kg": 1}
POSTED = {
    "1": "1",
    "0": "0",
    "-0": "0",
    "0.0": "0",
    "0e5": "0",
    "1.5": "1.5",
    "1e3": "1000",
    "1.5E-3": "0.0015",
    "12e-1": "1.2",
    "0.0000015": "0.000002",  # half to even, up
    "0.0000025": "0.000002",  # half to even, down
    "0.00000250000000001": "0.000003",
    "1.0000005": "1",
    "1.0000015": "1.000002",
    "0.0000005000001": "0.000001",
    "0.00000050000000000000000000000000001": "0.000001",  # more than half, if only in the 35th place
    "999999999999.999999": "999999999999.999999",
    "999999999999": "999999999999",
    "123456789012.1234565": "123456789012.123456",
    "00000000000000012.5": "12.5",
    "1.000000000000000000000000000000000000000000001": "1",
}
REFUSED = {
    "-1": "activity.quantity-negative",
    "-0.0000001": None,  # negative and too small: a problem, whichever is told
    "-1e20": None,
    "0.0000005": "activity.quantity-too-small",
    "0.0000004": "activity.quantity-too-small",
    "1e-30": "activity.quantity-too-small",
    "1e-400": None,
    "1000000000000": "activity.quantity-too-large",
    "1e12": "activity.quantity-too-large",
    "999999999999.9999995": "activity.quantity-too-large",
    "1e30": "activity.quantity-too-large",
    "1e400": None,
    "nan": "activity.quantity-not-finite",
    "NaN": "activity.quantity-not-finite",
    "inf": "activity.quantity-not-finite",
    "-inf": "activity.quantity-not-finite",
    "Infinity": "activity.quantity-not-finite",
    "": "activity.quantity-empty",
    "  ": "activity.quantity-empty",
    "twelve": None,
    "1.2.3": None,
    "0x10": None,
    "1_000": None,
    "--1": None,
    "=1+1": None,
    "#DIV/0!": None,
}


def check_posted(done: Outcome, name: str, wanted: str) -> None:
    row = done.one(name)
    assert row["co2e_kg"] == Decimal(wanted), (name, row["co2e_kg"])


def check_refused(done: Outcome, name: str, code: str | None) -> None:
    assert name not in {row["activity_id"] for row in done.rows}
    told = [p for p in done.problems if p["activity_id"] == name and p["severity"] == "error"]
    assert told, name
    assert code is None or code in {p["code"] for p in told}, told


@pytest.fixture(scope="module")
def texts(desk: Calculator) -> Outcome:
    rows = [
        activity(f"[{text}]", activity_type="", unit="L", factor_id="ONE", quantity=text)
        for text in (*POSTED, *REFUSED)
    ]
    done = desk.table(rows, "--factors", desk.factors(OWN))
    assert done.code == 3
    assert done.summary["rows_in"] == len(POSTED) + len(REFUSED)
    return done


@pytest.mark.parametrize("text", POSTED)
def test_a_text_is_rounded_half_to_even_at_six_decimals(text: str, texts: Outcome) -> None:
    check_posted(texts, f"[{text}]", POSTED[text])


@pytest.mark.parametrize("text", REFUSED)
def test_what_is_no_quantity_is_a_problem_and_never_a_number(text: str, texts: Outcome) -> None:
    check_refused(texts, f"[{text}]", REFUSED[text])


def test_the_sum_holds_the_posted_rows_alone(texts: Outcome) -> None:
    assert texts.total() == sum(map(Decimal, POSTED.values()))
    assert texts.summary["rows_posted"] == len(POSTED)


DOUBLES = {
    0.1: "0.1",
    0.1 + 0.2: "0.3",
    1e-6: "0.000001",
    2.5e-6: "0.000002",
    3.5e-6: "0.000004",
    1.0000005: "1",
    1.0000015: "1.000002",
    0.30000049999999997: "0.3",
    5e11: "500000000000",
    123456789.123456789: "123456789.123457",
    8589934592.0000015: "8589934592.000002",
    999999999999.9999: "999999999999.9999",
    1 / 3: "0.333333",
    2 / 3: "0.666667",
    0.0: "0",
}
BAD_DOUBLES = [float("nan"), float("inf"), float("-inf"), -1.0, 1e12, 1e300, 5e-7, 5e-324, -1e-9]


@pytest.fixture(scope="module")
def workbook(desk: Calculator) -> Outcome:
    from openpyxl import Workbook

    book = Workbook()
    sheet = book.active
    header = list(activity(factor_id=""))
    sheet.append(header)
    for number in (*DOUBLES, *(value for value in BAD_DOUBLES if abs(value) < 1e308)):
        row = activity(f"[{number!r}]", activity_type="", unit="L", factor_id="ONE")
        sheet.append(
            [number if name == "quantity" else date(2024, 1, 1) if name == "start" else row[name] for name in header]
        )
    path = desk.folder / "doubles.xlsx"
    book.save(path)
    return desk.calculate(path, "--factors", desk.factors(OWN))


@pytest.mark.parametrize("number", DOUBLES, ids=repr)
def test_a_double_of_a_workbook_is_taken_as_its_shortest_decimal(number: float, workbook: Outcome) -> None:
    check_posted(workbook, f"[{number!r}]", DOUBLES[number])


def test_a_double_of_a_workbook_that_is_no_quantity_is_a_problem(workbook: Outcome) -> None:
    for number in BAD_DOUBLES:
        if abs(number) < 1e308:
            check_refused(workbook, f"[{number!r}]", None)


def parquet(
    desk: Calculator, name: str, values: Sequence[Any], kind: pa.DataType, args: Sequence[object] = ()
) -> Outcome:
    rows = [activity(f"[{i}]", activity_type="", unit="L", factor_id="ONE") for i in range(len(values))]
    columns: dict[str, Any] = {key: [row[key] for row in rows] for key in rows[0]}
    columns["start"] = pa.array([date(2024, 1, 1)] * len(rows))
    columns["end"] = pa.array([date(2024, 12, 31)] * len(rows))
    columns["quantity"] = pa.array(values, kind)
    path = desk.folder / name
    pq.write_table(pa.table(columns), path)
    return desk.calculate(path, "--factors", desk.factors(OWN), *args)


@pytest.mark.parametrize("kind", ["float64", "string"])
def test_a_parquet_file_gives_the_same_quantities_as_a_workbook(kind: str, run: Calculator) -> None:
    numbers = [*DOUBLES, *BAD_DOUBLES]
    values = numbers if kind == "float64" else [repr(number) for number in numbers]
    done = parquet(run, "q.parquet", values, pa.type_for_alias(kind))
    assert done.code == 3
    for i, number in enumerate(numbers):
        if number in DOUBLES:
            check_posted(done, f"[{i}]", DOUBLES[number])
        else:
            check_refused(done, f"[{i}]", None)


@pytest.mark.parametrize(
    ("kind", "values", "wanted"),
    [
        (pa.int64(), [0, 7, 999_999_999_999], ["0", "7", "999999999999"]),
        (pa.int8(), [0, 127], ["0", "127"]),
        (pa.uint64(), [3, 999_999_999_999], ["3", "999999999999"]),
        (pa.float32(), [0.1, 16777216.0, 0.3], ["0.1", "16777216", "0.3"]),
        (pa.decimal128(18, 6), [Decimal("1.500000"), Decimal("999999999999.999999")], ["1.5", "999999999999.999999"]),
        (pa.decimal128(38, 12), [Decimal("0.000001500000"), Decimal("0.000002500000"), Decimal("0.000002500001")], ["0.000002", "0.000002", "0.000003"]),
        (pa.decimal128(38, 0), [Decimal(5)], ["5"]),
        (pa.decimal128(38, 36), [Decimal("0.0000025" + "0" * 28 + "1")], ["0.000003"]),
        (pa.dictionary(pa.int32(), pa.string()), ["1.5", "2", "1.5"], ["1.5", "2", "1.5"]),
        (pa.large_string(), ["1.5", "1e2"], ["1.5", "100"]),
    ],
    ids=str,
)  # fmt: skip
def test_every_type_of_a_parquet_column_is_exact(
    kind: pa.DataType, values: list[Any], wanted: list[str], run: Calculator
) -> None:
    done = parquet(run, "q.parquet", values, kind)
    assert done.code == 0, done.err + done.out
    for i, text in enumerate(wanted):
        check_posted(done, f"[{i}]", text)


@pytest.mark.parametrize(
    ("kind", "values"),
    [
        (pa.int64(), [-1, 10**12, 2**62, None]),
        (pa.uint64(), [2**64 - 1, None]),
        (pa.decimal128(38, 6), [Decimal("1000000000000"), Decimal("-0.000001"), Decimal(10) ** 31, None]),
        (pa.decimal128(38, 12), [Decimal("999999999999.9999995"), Decimal("0.000000000001"), None]),
        (pa.decimal256(60, 6), [Decimal(10) ** 50, Decimal(-1)]),
        (pa.float32(), [float("nan"), float("inf"), -1.0, 2e12, None]),
        (pa.string(), [None, "", " ", "nan", "x"]),
    ],
    ids=str,
)
def test_what_is_no_quantity_is_a_problem_in_every_type(kind: pa.DataType, values: list[Any], run: Calculator) -> None:
    done = parquet(run, "q.parquet", values, kind)
    assert done.code == 3, done.err + done.out
    assert done.rows == [] and done.summary["rows_rejected"] == len(values)
    for i in range(len(values)):
        check_refused(done, f"[{i}]", None)


def test_zero_is_posted_as_0_and_needs_no_unit(run: Calculator) -> None:
    rows = [
        activity("power", quantity="0", unit=""),
        activity("gas", activity_type="fuel.natural_gas", quantity="0.000", unit=""),
        activity("pinned", activity_type="", factor_id="uk-desnz-2024-7-400-4000-5", quantity="0", unit=""),
        activity("flight", activity_type="travel.air.long_haul.economy", quantity="0", unit=""),
        activity("strange unit", quantity="0", unit="furlong"),
        activity("no unit", quantity="1", unit=""),
    ]
    done = run.table(rows)
    assert done.code == 3
    assert [p["activity_id"] for p in done.problems if p["code"] == "activity.unit-empty"] == ["no unit"]
    posted = {row["activity_id"]: row for row in done.rows}
    for name, scope in (("power", 2), ("gas", 1), ("pinned", 2), ("flight", 3)):
        assert (posted[name]["co2e_kg"], posted[name]["scope"]) == (0, scope)
    assert sorted(row["basis"] for row in done.rows if row["activity_id"] == "power") == ["location", "market"]


def test_the_problem_of_a_quantity_names_the_cell_as_the_person_sees_it(run: Calculator) -> None:
    path = run.folder / "用量 表.csv"
    path.write_bytes(
        "活动编号,设施,活动类型,开始日期,结束日期,数量,单位,地区\r\n"
        "a,一厂,电力,2023-01-01,2023-12-31,1,kWh,CN\r\n"
        "b,一厂,电力,2023-01-01,2023-12-31,-5,kWh,CN\r\n".encode("gb18030")
    )
    done = run.calculate(path, "--lang", "zh")
    (told,) = [p for p in done.problems if p["severity"] == "error"]
    assert (told["file"], told["row"], told["column"], told["activity_id"]) == (str(path), "3", "数量", "b")
    assert told["reason"] and told["mend"] and not told["reason"].isascii()


def test_exponent_form_is_read_in_every_case(tmp_path: Path) -> None:
    run = Calculator(tmp_path)
    rows = [
        activity(f"{i}", activity_type="", unit="L", factor_id="ONE", quantity=text)
        for i, text in enumerate(("1E+3", "1e+03", "1.e3", ".5", "5."))
    ]
    done = run.calculate(write_csv(tmp_path / "e.csv", rows), "--factors", run.factors(OWN))
    assert [row["co2e_kg"] for row in done.rows] == [1000, 1000, 1000, Decimal("0.5"), 5], done.problems


@pytest.mark.parametrize("kind", [pa.float64(), pa.float32()], ids=str)
@pytest.mark.parametrize("numbers", [[0.5], [0.1], [0.5, 0.5], [0.1, 7.25], []], ids=str)
def test_nan_is_never_read_as_the_number_beside_it(numbers: list[float], kind: pa.DataType, tmp_path: Path) -> None:
    # DuckDB believes the statistics of a Parquet file, which do not speak of NaN.
    rows = [activity(f"a{at}", quantity=value) for at, value in enumerate([*numbers, float("nan")])]
    schema = pa.schema([(name, kind if name == "quantity" else pa.string()) for name in rows[0]])
    pq.write_table(pa.Table.from_pylist(rows, schema), tmp_path / "nan.parquet")
    done = Calculator(tmp_path).calculate(tmp_path / "nan.parquet")
    assert (done.code, done.codes()) == (3, ["activity.quantity-not-finite"]), done.err
    assert len({row["activity_id"] for row in done.rows}) == len(numbers)
