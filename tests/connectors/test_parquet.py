"""Parquet files: handed on untouched when they can be, converted when they must be."""

from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from hengtan.connectors import read

from .conftest import HEADER, codes, row


def table(**columns):
    """Three good rows as canonical columns, some replaced."""
    base = {name: pa.array([cell] * 3) for name, cell in zip(HEADER, row(), strict=True)}
    base["start"] = pa.array([date(2023, 1, 1)] * 3)
    base["end"] = pa.array([date(2023, 1, 31)] * 3)
    base["quantity"] = pa.array([1.5, 2.0, None])
    return pa.table({name: column for name, column in {**base, **columns}.items() if column is not None})


def write(tmp_path, content):
    path = tmp_path / "t.parquet"
    pq.write_table(content, path)
    return path


@pytest.mark.parametrize(
    "columns",
    [
        {},
        {"facility": pa.array(["a", "b", "a"]).dictionary_encode(), "unit": pa.array(["t"] * 3, pa.large_string())},
        {"start": pa.array([datetime(2023, 1, 1)] * 3, pa.timestamp("ns"))},
        {"start": pa.array([datetime(2023, 1, 1, tzinfo=UTC)] * 3, pa.timestamp("us", "Asia/Shanghai"))},
        {"end": pa.array([date(2023, 1, 31)] * 3, pa.date64())},
        {"start": pa.array(["2023-01-01", None, "2023-01-02"])},
        {"quantity": pa.array([Decimal("1.5"), Decimal("2.25"), None], pa.decimal128(18, 6))},
        {"quantity": pa.array([1, 2, 3], pa.int32())},
        {"quantity": pa.array(["1.5", "2e3", None])},
        {"note": pa.array([1, 2, 3])},
    ],
)
def test_canonical_columns_of_usable_types_are_handed_on_untouched(tmp_path, columns):
    path = write(tmp_path, table(**columns))
    (source,) = read([path]).sources
    assert (source.data, source.rows) == (path, 3)


@pytest.mark.parametrize(
    ("columns", "column", "wanted"),
    [
        ({"start": pa.array(["2023年1月", "2023/1/1", None])}, "start", [date(2023, 1, 1), date(2023, 1, 1), None]),
        ({"end": pa.array(["2023年1月", "2023", None])}, "end", [date(2023, 1, 31), date(2023, 12, 31), None]),
        ({"quantity": pa.array(["1.2万", "1,234.5", None])}, "quantity", ["12000", "1234.5", None]),
        ({"facility": pa.array([1, 2, 3])}, "facility", ["1", "2", "3"]),
        ({"activity_id": pa.array([1, 2, 3], pa.int64())}, "activity_id", ["1", "2", "3"]),
        ({"row": pa.array([7, 8, 9]), "facility": pa.array(["a"] * 3)}, "row", [1, 2, 3]),
        ({"start": pa.array([44931, 44931, 44931])}, "start", [date(2023, 1, 5)] * 3),
    ],
)
def test_what_needs_reading_is_converted(tmp_path, columns, column, wanted):
    intake = read([write(tmp_path, table(**columns))])
    data = intake.sources[0].data
    assert isinstance(data, Path)
    assert data != tmp_path / "t.parquet"
    assert pq.read_table(data).column(column).to_pylist() == wanted


def test_chinese_column_names_are_understood(tmp_path):
    given = table().rename_columns(["活动编号", "设施", "活动类型", "开始日期", "结束日期", "用量", "单位"])
    source = read([write(tmp_path, given)]).sources[0]
    stored = pq.read_table(source.data)
    assert stored.column("quantity").to_pylist() == ["1.5", "2", None]
    assert source.headers["quantity"] == "用量"


def test_timestamps_with_a_zone_keep_their_local_day_when_converted(tmp_path):
    moment = pa.array([datetime(2022, 12, 31, 16, tzinfo=UTC)] * 3, pa.timestamp("us", "Asia/Shanghai"))
    source = read([write(tmp_path, table(start=moment, end=pa.array(["2023-01"] * 3)))]).sources[0]
    assert pq.read_table(source.data).column("start").to_pylist() == [date(2023, 1, 1)] * 3


def test_cells_that_cannot_be_read_are_told_with_the_row_counted_from_one(tmp_path):
    intake = read([write(tmp_path, table(quantity=pa.array(["5", "12%", "1,234"])))])
    assert codes(intake) == [("cell.number-percent", 2), ("cell.number-ambiguous", 3)]


def test_lists_and_structures_are_refused_kindly(tmp_path, refused):
    assert refused(write(tmp_path, table(unit=pa.array([["t"], ["t"], ["t"]])))) == ["file.column-nested"]
    assert refused(write(tmp_path, table(unit=pa.array([{"a": 1}] * 3)))) == ["file.column-nested"]


def test_lists_in_a_tag_are_left_out_and_told(tmp_path):
    intake = read([write(tmp_path, table(extra=pa.array([[1], [2], [3]])))])
    assert codes(intake) == [("file.column-ignored", None)]


def test_missing_columns_and_no_rows_are_refused(tmp_path, refused):
    assert refused(write(tmp_path, table(unit=None))) == ["file.column-missing"]
    assert refused(write(tmp_path, table().slice(0, 0))) == ["file.no-rows"]


def test_the_activity_type_may_be_missing_where_a_factor_is_pinned(tmp_path):
    pinned = table(activity_type=None, factor_id=pa.array(["f"] * 3))
    assert read([write(tmp_path, pinned)]).sources[0].rows == 3


def test_aliases_make_a_parquet_file_be_read_again(tmp_path):
    (tmp_path / "a.csv").write_text("kind,alias,name\nunit,kWh,MWh\n")
    source = read([write(tmp_path, table())], aliases=tmp_path / "a.csv").sources[0]
    stored = pq.read_table(source.data)
    assert stored.column("unit").to_pylist() == ["MWh"] * 3
    assert stored.column("unit_as_given").to_pylist() == ["kWh"] * 3
