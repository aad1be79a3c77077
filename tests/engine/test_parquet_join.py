"""Parquet files put one behind the other without decoding, and the Thrift footers they need."""

from __future__ import annotations

import hashlib
import struct
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hengtan.engine import join_parquet, parts_of
from hengtan.engine.thrift_compact import Field, read_struct, write_struct

ROWS = st.lists(
    st.tuples(st.text(max_size=5), st.one_of(st.none(), st.integers(-(2**40), 2**40)), st.one_of(st.none(), st.decimals(-1000, 1000, places=6))),
    max_size=20,
)  # fmt: skip
SCHEMA = pa.schema([("text", pa.string()), ("number", pa.int64()), ("mass", pa.decimal128(38, 18))])


def table(rows: list[tuple[object, ...]]) -> pa.Table:
    return pa.table([pa.array([row[i] for row in rows], field.type) for i, field in enumerate(SCHEMA)], SCHEMA)


def footer(path: Path) -> bytes:
    raw = path.read_bytes()
    (length,) = struct.unpack("<I", raw[-8:-4])
    return raw[-8 - length : -8]


@settings(max_examples=40, deadline=None)
@given(st.lists(ROWS, min_size=1, max_size=6), st.sampled_from(["snappy", "zstd", "none"]), st.integers(1, 7))
def test_joined_parts_read_like_the_parts_behind_one_another(
    tmp_path_factory: pytest.TempPathFactory, parts: list, codec: str, group: int
) -> None:
    folder = tmp_path_factory.mktemp("join")
    paths = []
    for i, rows in enumerate(parts):
        paths.append(folder / f"{i}.parquet")
        pq.write_table(
            table(rows),
            paths[-1],
            compression=codec,
            row_group_size=group,
            use_dictionary=i % 2 == 0,
            write_page_index=i % 3 == 0,
        )
    written = join_parquet(paths, folder / "whole.parquet")
    whole = pa.concat_tables([table(rows) for rows in parts])
    found = pq.read_table(folder / "whole.parquet")
    rows = written.rows
    assert rows == whole.num_rows
    assert written.sha256 == hashlib.sha256((folder / "whole.parquet").read_bytes()).hexdigest()
    assert found.cast(SCHEMA).equals(whole) and found.schema.equals(SCHEMA)
    meta = pq.ParquetFile(folder / "whole.parquet").metadata
    groups = next(field.value[1] for field in read_struct(footer(folder / "whole.parquet")) if field.number == 4)
    for number, found_group in enumerate(groups):
        fields = {field.number: field.value for field in found_group}
        chunk = {field.number: field.value for field in fields[1][1][0]}
        column = {field.number: field.value for field in chunk[3]}
        assert not fields[3] or fields.get(5, 0) in (
            0,
            column.get(11, column[9]),
            column[9],
        )  # where the group begins in this file
        assert fields.get(7, number) == number
    assert meta.num_rows == rows and sum(meta.row_group(i).num_rows for i in range(meta.num_row_groups)) == rows


@pytest.mark.parametrize("version", ["1.0", "2.6"])
@pytest.mark.parametrize("writer", ["pyarrow", "duckdb"])
def test_a_footer_is_written_as_it_was_read(writer: str, version: str, tmp_path: Path) -> None:
    path = tmp_path / "a.parquet"
    if writer == "pyarrow":
        pq.write_table(table([("x", 1, None), ("y", None, None)] * 50), path, version=version, row_group_size=7)
    else:
        import duckdb

        duckdb.sql(
            f"COPY (SELECT i, i::VARCHAR t, i / 7.0 d, i % 2 = 0 b, [i] l FROM range(9000) r(i)) TO '{path}' (ROW_GROUP_SIZE 2048)"
        )
    blob = footer(path)
    assert write_struct(read_struct(blob)) == blob


THRIFT = st.deferred(lambda: st.lists(VALUES, max_size=18))
_NUMBER = st.integers(-(2**63), 2**63 - 1)
VALUES = st.one_of(
    st.tuples(st.sampled_from([4, 5, 6]), st.integers(-(2**15), 2**15 - 1)),
    st.tuples(st.just(6), _NUMBER),
    st.tuples(st.just(7), st.binary(min_size=8, max_size=8)),
    st.tuples(st.just(8), st.binary(max_size=40)),
    st.tuples(st.sampled_from([1, 2]), st.none()),
    st.tuples(st.just(9), st.tuples(st.just(6), st.lists(_NUMBER, max_size=20))),
    st.tuples(st.just(9), st.tuples(st.just(8), st.lists(st.binary(max_size=4), max_size=20))),
)


@given(st.lists(st.tuples(st.integers(1, 40), VALUES), max_size=20))
def test_any_struct_is_read_back_as_it_was_written(fields: list) -> None:
    number, whole = 0, []
    for step, (kind, value) in fields:
        number += step
        whole.append(Field(number, kind, value))
    nested = [Field(1, 12, whole), Field(3, 9, (12, [whole, whole]))]
    assert read_struct(write_struct(whole)) == whole
    assert read_struct(write_struct(nested)) == nested


def test_parts_of_another_schema_are_refused(tmp_path: Path) -> None:
    pq.write_table(pa.table({"a": [1]}), tmp_path / "a")
    pq.write_table(pa.table({"b": [1]}), tmp_path / "b")
    with pytest.raises(ValueError, match="another schema"):
        join_parquet([tmp_path / "a", tmp_path / "b"], tmp_path / "whole")


def test_half_a_file_is_refused(tmp_path: Path) -> None:
    pq.write_table(pa.table({"a": [1]}), tmp_path / "a")
    (tmp_path / "half").write_bytes((tmp_path / "a").read_bytes()[:-3])
    with pytest.raises(ValueError, match="not a whole"):
        join_parquet([tmp_path / "half"], tmp_path / "whole")


@given(st.lists(st.integers(0, 50), min_size=1, max_size=6), st.integers(1, 20))
def test_parts_cover_every_row_once_and_in_order(rows: list[int], size: int) -> None:
    parts = parts_of(rows, size)
    assert [part.number for part in parts] == list(range(len(parts)))
    covered = [(part.source, row) for part in parts for row in range(part.start, part.stop)]
    assert covered == [(source, row) for source, count in enumerate(rows) for row in range(count)]
    assert all(part.stop - part.start <= size for part in parts) and {part.source for part in parts} == set(
        range(len(rows))
    )
