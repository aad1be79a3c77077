"""Rows leave in the order in which they came, however many there are and whatever they meet."""

from __future__ import annotations

import threading
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from hengtan.engine import Engine, StoppedError, parts_of, write_in_order


@pytest.mark.parametrize(("rows", "words"), [(1, 1000), (50, 50), (50, 5000), (3000, 7), (1000, 1000)])
@pytest.mark.parametrize("threads", [1, 3])
def test_a_join_keeps_the_order_of_the_rows_even_where_the_other_side_is_longer(
    rows: int, words: int, threads: int, tmp_path: Path
) -> None:
    path = tmp_path / "rows.parquet"
    names = [f"w{(i * 7919) % words:05d}" for i in range(rows)]
    pq.write_table(pa.table({"n": range(rows), "word": names}), path)
    plan = pa.table({"word": [f"w{i:05d}" for i in range(words)], "parts": [[i, -i] for i in range(words)]})

    def prepare(con: Any) -> Any:
        known = con.create_table("plan", plan)
        table = con.read_parquet(str(path), file_row_number=True)

        def expression(part: Any) -> Any:
            within = table.filter(table.file_row_number >= part.start, table.file_row_number < part.stop)
            return within.join(known, "word").select("n", value=known.parts.unnest())

        return expression

    target = tmp_path / "out.parquet"
    assert write_in_order(Engine(threads=threads), parts_of([rows], 400), prepare, target).rows == 2 * rows
    written = pq.read_table(target).to_pylist()
    assert [row["n"] for row in written] == [n for n in range(rows) for _ in range(2)]
    assert [row["value"] for row in written[:2]] == [int(names[0][1:]), -int(names[0][1:])]


def test_a_file_that_nobody_wants_any_more_is_not_written_on(tmp_path: Path) -> None:
    path, stop = tmp_path / "rows.parquet", threading.Event()
    pq.write_table(pa.table({"n": range(1000)}), path)
    asked: list[int] = []

    def prepare(con: Any) -> Any:
        table = con.read_parquet(str(path), file_row_number=True)

        def expression(part: Any) -> Any:
            asked.append(part.source)
            stop.set()
            return table.filter(table.file_row_number >= part.start, table.file_row_number < part.stop)

        return expression

    with pytest.raises(StoppedError):
        write_in_order(Engine(threads=1), parts_of([1000], 100), prepare, tmp_path / "out.parquet", stop)
    assert len(asked) == 1 and [p.name for p in tmp_path.iterdir()] == ["rows.parquet"]
