"""Rows of big files written in their order by several writers at once, the same bytes on any number of threads."""

from __future__ import annotations

import queue
import tempfile
import threading
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from .duck import Engine
from .parquet_join import Written, join_parquet

PART_ROWS = 500_000
# Snappy costs half the time of zstd; values that hardly repeat are not tried as a dictionary.
_WRITING = (
    "FORMAT parquet, COMPRESSION snappy, DICTIONARY_SIZE_LIMIT 5000, WRITE_BLOOM_FILTER false, PRESERVE_ORDER true"
)
_START, _STOP = (
    4_611_686_018_427_387_001,
    4_611_686_018_427_387_003,
)  # stand for the borders of a part; no file is so long


_GLANCE = 0.05  # seconds between two looks whether a writer failed


@dataclass(frozen=True, slots=True)
class Part:
    """The rows ``[start, stop)`` of one Parquet file, counted from 0; number: the place of the part in the whole."""

    number: int
    source: int
    start: int
    stop: int


class StoppedError(Exception):
    """Whoever asked for the file wants it no more."""


def parts_of(rows: Sequence[int], part_rows: int = PART_ROWS) -> list[Part]:
    """The parts of files with so many rows each: fixed sizes, whatever the number of threads."""
    parts: list[Part] = []
    for source, count in enumerate(rows):
        for start in range(0, max(count, 1), part_rows):
            parts.append(Part(len(parts), source, start, min(start + part_rows, count)))
    return parts


def write_in_order(
    engine: Any,
    parts: Sequence[Part],
    prepare: Callable[[Any], Callable[[Part], Any]],
    target: Path,
    stop: threading.Event | None = None,
) -> Written:
    """Write ``expression(part)`` of every part, one behind the other, into the Parquet file ``target``.

    prepare   given a fresh single-threaded session, loads what it needs and returns part -> Ibis expression
    stop      once it is set, no further part is begun and :class:`StoppedError` is raised
    An error in any part is raised and no target is left.
    """
    if not isinstance(engine, Engine):
        written: Written = engine.write_in_order(parts, prepare, target, stop)  # a cluster
        return written
    todo: queue.SimpleQueue[Part] = queue.SimpleQueue()
    for part in parts:
        todo.put(part)
    writers = max(1, min(engine.threads, len(parts)))
    failures: list[BaseException] = []
    done = {part.number: threading.Event() for part in parts}
    with tempfile.TemporaryDirectory(prefix="hengtan-parts-", dir=engine.folder or target.parent) as folder:

        def path_of(part: Part) -> Path:
            return Path(folder) / f"{part.number:06d}.parquet"

        def write() -> None:
            try:
                with engine.session(share=max(writers, engine.threads)) as con:
                    # A join gives the rows of its left side in their order, unless the sides are changed.
                    disabled = "join_order,build_side_probe_side"
                    if len({part.source for part in parts}) > 1:
                        # Where a file's statistics say that no value is missing, DuckDB writes a column as REQUIRED:
                        # parts of several files would not have one schema.
                        disabled += ",statistics_propagation"
                    con.raw_sql(f"SET disabled_optimizers = '{disabled}'")
                    write_part = _compiled(con, prepare(con))
                    while not failures:
                        if stop is not None and stop.is_set():
                            raise StoppedError
                        try:
                            part = todo.get_nowait()
                        except queue.Empty:
                            return
                        write_part(part, path_of(part))
                        done[part.number].set()
            except BaseException as failure:
                failures.append(failure)

        def finished() -> Iterator[Path]:
            """The parts in their order, each as soon as it is whole; what was joined is thrown away."""
            for part in parts:
                while not done[part.number].wait(_GLANCE):
                    if failures:
                        raise failures[0]
                yield path_of(part)
                path_of(part).unlink()

        threads = [threading.Thread(target=write, name=f"writer-{i}") for i in range(writers)]
        for thread in threads:
            thread.start()
        try:
            return join_parquet(finished(), target)
        except BaseException as failure:
            failures.append(failure)  # stops the writers
            target.unlink(missing_ok=True)
            raise
        finally:
            for thread in threads:
                thread.join()


def _compiled(con: Any, expression: Callable[[Part], Any]) -> Callable[[Part, Path], None]:
    """Writes a part to a path; the expression is compiled once for each source, not for each part."""
    queries: dict[int, str] = {}

    def write_part(part: Part, path: Path) -> None:
        if part.source not in queries:
            wanted = expression(Part(0, part.source, _START, _STOP))
            con._run_pre_execute_hooks(wanted)
            queries[part.source] = con.compile(wanted)
        query = queries[part.source].replace(str(_START), str(part.start)).replace(str(_STOP), str(part.stop))
        target = str(path).replace("'", "''")
        con.raw_sql(f"COPY ({query}) TO '{target}' ({_WRITING})").fetchall()

    return write_part
