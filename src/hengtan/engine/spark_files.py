"""Files that many executors write: each its own part, put together in the order of the rows without decoding them.

The parts, and the file they become, lie on a file system that the executors and this machine share. Only the bytes of
finished parts pass through here: one file under one name is what every reader of a run expects.
"""

from __future__ import annotations

import re
import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from uuid import uuid4

from .ordered import StoppedError
from .parquet_join import Written, join_parquet

_PART = re.compile(r"part-(\d+)-.*\.parquet")
_SHUFFLE = re.compile(r"Exchange (?!Broadcast)\w+partitioning|Exchange SinglePartition")
_GLANCE = 0.1  # seconds between two looks whether the file is still wanted


def write_rows(
    frame: Any,
    target: Path,
    order: tuple[str, ...] = (),
    within: tuple[str, ...] = (),
    stop: threading.Event | None = None,
) -> Written:
    """Write a Spark table as one Parquet file.

    order    columns that give the order of the rows and are left out, then those of ``within``, which are written. It
             is only sorted by them where the plan moves rows from one executor to another: else every task reads one
             stretch of one file, in its order
    """
    if order and moves_rows(frame):
        frame = frame.orderBy(*order, *within)
    frame = frame.drop(*order)
    with tempfile.TemporaryDirectory(prefix="hengtan-parts-", dir=target.parent) as folder:
        place = Path(folder) / "parts"
        with _given_up(frame.sparkSession.sparkContext, stop):
            frame.write.parquet(str(place))
        try:
            return join_parquet(parts_in(place), target)
        except BaseException:
            target.unlink(missing_ok=True)
            raise


def moves_rows(frame: Any) -> bool:
    """Whether the plan of a Spark table sends its rows from one executor to another."""
    return bool(_SHUFFLE.search(frame._jdf.queryExecution().executedPlan().toString()))


def parts_in(place: Path) -> Iterator[Path]:
    """The parts by the number of the task that wrote them; each is thrown away when the next is asked for."""
    numbered = {int(found[1]): path for path in place.iterdir() if (found := _PART.fullmatch(path.name))}
    for number in sorted(numbered):
        yield numbered[number]
        numbered[number].unlink()


@contextmanager
def _given_up(context: Any, stop: threading.Event | None) -> Iterator[None]:
    """The jobs that the block starts are cancelled when ``stop`` is set; StoppedError is then raised."""
    if stop is None:
        yield
        return
    group, finished = f"hengtan-{uuid4().hex}", threading.Event()

    def watch() -> None:
        while not finished.wait(_GLANCE):
            if stop.is_set():
                context.cancelJobGroup(group)

    context.setJobGroup(group, "hengtan writes", interruptOnCancel=True)
    watcher = threading.Thread(target=watch, name="spark-watcher")
    watcher.start()
    try:
        yield
    except Exception:
        if stop.is_set():
            raise StoppedError from None
        raise
    finally:
        finished.set()
        watcher.join()
