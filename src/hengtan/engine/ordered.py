"""Rows of big files written in their order by several writers at once, the same bytes on any number of threads."""

from __future__ import annotations

import queue
import tempfile
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from .duck import Engine
from .parquet_join import join_parquet

PART_ROWS = 500_000
# Snappy costs half the time of zstd; values that hardly repeat are not tried as a dictionary.
_WRITING = {
    "compression": "snappy",
    "dictionary_size_limit": 20_000,
    "write_bloom_filter": False,
    "preserve_order": True,
}


@dataclass(frozen=True, slots=True)
class Part:
    """The rows ``[start, stop)`` of one Parquet file, counted from 0; number: the place of the part in the whole."""

    number: int
    source: int
    start: int
    stop: int


def parts_of(rows: Sequence[int], part_rows: int = PART_ROWS) -> list[Part]:
    """The parts of files with so many rows each: fixed sizes, whatever the number of threads."""
    parts: list[Part] = []
    for source, count in enumerate(rows):
        for start in range(0, max(count, 1), part_rows):
            parts.append(Part(len(parts), source, start, min(start + part_rows, count)))
    return parts


def write_in_order(
    engine: Engine, parts: Sequence[Part], prepare: Callable[[Any], Callable[[Part], Any]], target: Path
) -> int:
    """Write ``expression(part)`` of every part, one behind the other, into the Parquet file ``target``.

    prepare   given a fresh single-threaded session, loads what it needs and returns part -> Ibis expression
    Returns the number of rows written. An error in any part is raised and no target is left.
    """
    todo: queue.SimpleQueue[Part] = queue.SimpleQueue()
    for part in parts:
        todo.put(part)
    writers = max(1, min(engine.threads, len(parts)))
    failures: list[BaseException] = []
    with tempfile.TemporaryDirectory(prefix="hengtan-parts-", dir=engine.folder or target.parent) as folder:

        def write() -> None:
            try:
                with engine.session(share=max(writers, engine.threads)) as con:
                    # A join gives the rows of its left side in their order, unless the sides are changed.
                    con.raw_sql("SET disabled_optimizers = 'join_order,build_side_probe_side'")
                    expression = prepare(con)
                    while not failures:
                        try:
                            part = todo.get_nowait()
                        except queue.Empty:
                            return
                        path = Path(folder) / f"{part.number:06d}.parquet"
                        con.to_parquet(expression(part), path, **_WRITING)
            except BaseException as failure:
                failures.append(failure)

        threads = [threading.Thread(target=write, name=f"writer-{i}") for i in range(writers)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        if failures:
            raise failures[0]
        return join_parquet([Path(folder) / f"{part.number:06d}.parquet" for part in parts], target)
