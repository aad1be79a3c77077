"""The digest of rows depends on the rows alone."""

import datetime
import hashlib
import json
import random
from decimal import Decimal
from itertools import pairwise

import duckdb
import pyarrow as pa
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pyarrow import parquet as pq

from hengtan.facts import FactRefused, added, rows_digest

CALM = {"deadline": None, "suppress_health_check": [HealthCheck.too_slow]}  # a busy machine is no fault

TABLE = pa.table(
    {
        "id": pa.array(["a", 'b"\\\n', None, "碳", "e"] * 20),
        "count": pa.array([1, -2, 3, None, 2**31 - 1] * 20, pa.int32()),
        "mass": pa.array([Decimal("0"), Decimal("-1E-18"), None, Decimal("1.5"), Decimal(10**19)] * 20, pa.decimal128(38, 18)),
        "day": pa.array([datetime.date(2024, 2, 29), None, datetime.date(1, 1, 1), datetime.date(9999, 12, 31), None] * 20),
        "when": pa.array([datetime.datetime(2024, 1, 1, 0, 0, 0, 5), None] * 50, pa.timestamp("us", "UTC")),
        "good": pa.array([True, False, None, True, False] * 20),
        "share": pa.array([0.1, 1e300, None, -0.0, 12345678.9] * 20),
    }
)  # fmt: skip


def cell(value):
    if value is None:
        return None
    if isinstance(value, Decimal):
        return f"{value:.18f}"
    if isinstance(value, datetime.datetime):
        return value.strftime("%Y-%m-%dT%H:%M:%S.%fZ")
    return str(value).lower() if isinstance(value, bool) else str(value)


def slow(table):
    """The definition, row by row."""
    total = 0
    for row in table.to_pylist():
        text = json.dumps([cell(value) for value in row.values()], ensure_ascii=False, separators=(",", ":"))
        total += int(hashlib.sha256(text.encode()).hexdigest(), 16)
    return f"{total % 2**256:064x}"


def digest(table):
    return rows_digest(table.to_batches())


def test_it_is_the_sum_that_its_definition_says():
    assert digest(TABLE) == slow(TABLE)
    assert digest(TABLE.slice(0, 0)) == "0" * 64


def test_it_is_the_same_from_any_writer_and_in_any_order(tmp_path):
    wanted = digest(TABLE)
    shuffled = TABLE.take(random.Random(1).sample(range(100), 100))
    assert digest(shuffled) == wanted
    ways = [
        {"compression": "gzip", "row_group_size": 7},
        {"use_dictionary": False, "data_page_version": "2.0", "write_page_checksum": True},
        {"version": "1.0", "compression": "none", "data_page_size": 64},
    ]
    for number, way in enumerate(ways):
        pq.write_table(shuffled, tmp_path / f"{number}.parquet", **way)
        with pq.ParquetFile(tmp_path / f"{number}.parquet") as file:
            assert rows_digest(file.iter_batches(13)) == wanted, way
    con = duckdb.connect()
    con.register("rows", TABLE)
    con.sql(f"COPY (FROM rows ORDER BY random()) TO '{tmp_path}/duck.parquet' (FORMAT parquet, COMPRESSION zstd)")
    with pq.ParquetFile(tmp_path / "duck.parquet") as file:
        assert rows_digest(file.iter_batches()) == wanted
    wide = pa.schema(
        [("id", pa.large_string()), ("count", pa.int64()), *[TABLE.schema.field(n) for n in ("mass", "day", "when", "good", "share")]]
    )  # fmt: skip
    assert digest(TABLE.cast(wide)) == wanted
    coded = TABLE.set_column(0, "id", TABLE["id"].dictionary_encode())
    assert digest(coded) == wanted


def test_it_changes_with_every_single_cell_and_with_every_row():
    small = TABLE.slice(0, 4)
    seen = {digest(small), digest(small.slice(1)), digest(pa.concat_tables([small, small.slice(0, 1)]))}
    for number, column in enumerate(small.columns):
        other = next(value for value in TABLE.column(number) if value != column[0])
        cells = pa.array([other.as_py(), *column.to_pylist()[1:]], column.type)
        seen.add(digest(small.set_column(number, small.schema.field(number), cells)))
    assert len(seen) == 3 + small.num_columns


def test_columns_can_be_chosen_and_their_order_counts():
    assert rows_digest(TABLE.to_batches(), ["id", "day"]) == digest(TABLE.select(["id", "day"]))
    assert rows_digest(TABLE.to_batches(), ["day", "id"]) != digest(TABLE.select(["id", "day"]))


@settings(**CALM)
@given(st.lists(st.integers(0, 100), min_size=2, max_size=6), st.randoms())
def test_digests_of_parts_add_up_to_that_of_the_whole(cuts, rng):
    order = TABLE.take(rng.sample(range(100), 100))
    edges = [0, *sorted(cuts), 100]
    parts = [order.slice(start, stop - start) for start, stop in pairwise(edges)]
    assert added(digest(part) for part in parts) == digest(TABLE)


@pytest.mark.parametrize(
    "column",
    [
        pa.array([[1]]),
        pa.array([{"a": 1}]),
        pa.array([datetime.timedelta(1)]),
        pa.array([datetime.time(1)]),
        pa.array([1], pa.timestamp("ns")),
    ],
)
def test_a_type_without_a_canonical_text_is_refused_with_its_column(column):
    with pytest.raises(FactRefused) as raised:
        rows_digest(pa.table({"odd": column}).to_batches())
    assert raised.value.problem.code == "facts.cell-type"
    assert raised.value.problem.values["column"] == "odd"


def test_nothing_and_bytes_and_numbers_that_are_none_have_a_text_too():
    table = pa.table({"none": pa.nulls(2), "bytes": [b"\x00\xff", None], "share": [float("nan"), float("-inf")]})
    total = sum(int(hashlib.sha256(t).hexdigest(), 16) for t in (b'[null,"00ff","nan"]', b'[null,null,"-inf"]'))
    assert digest(table) == f"{total % 2**256:064x}"
