"""An existing Spark 4 cluster in the place of DuckDB: the same expressions, computed by its executors.

    engine = open_engine("spark://master.example:7077")

Files are read and written by the executors, so they see them under the same path as this machine does. Memory and cores
of the executors are what ``spark-defaults.conf`` says (folder ``SPARK_CONF_DIR``); what decides digits is set here.
"""

from __future__ import annotations

import re
import shutil
import socket
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from hengtan.problems import HengtanError, Problem

from .duck import Engine
from .fetch import on_cluster
from .ordered import Part
from .parquet_join import Written

_URL = re.compile(r"spark://([A-Za-z0-9_.-]+|\[[0-9A-Fa-f:]+\]):([0-9]{1,5})")
_CONNECT = 10.0  # seconds for the master to answer
ORDER = ("source", "position")
"""Columns that tell the order of the rows of a run; a cluster wants them beside what it writes in this order."""
_WITHIN = ("scope", "basis")  # the order of several results of one row


def open_engine(name: str, near: Path | None = None) -> AnyEngine:
    """``duckdb`` or ``spark://HOST:PORT``.

    near   the folder of the results, or one that does not exist yet: what a cluster keeps for a while lies beside it
    Raises HengtanError for any other word, where pyspark is not installed, and where no master answers.
    """
    if name == "duckdb":
        return Engine()
    if not _URL.fullmatch(name):
        raise HengtanError(Problem("engine.unknown", values={"value": name}))
    try:
        import pyspark  # noqa: F401, PLC0415  an extra
    except ImportError:
        raise HengtanError(Problem("engine.not-installed", values={"value": name})) from None
    _answers(name)
    above = [parent for parent in near.absolute().parents if parent.is_dir()] if near else []
    return Spark(name, above[0] if above else None)


def order_columns(con: Any) -> tuple[str, ...]:
    """What an expression for ``write_in_order`` has beside the columns to write: of DuckDB, whose rows keep their order, nothing."""
    return ORDER if on_cluster(con) else ()


def shared(con: Any, path: Path, copy: Path) -> Path:
    """Where the machines of the engine see a file that was made on this one: the file, or a copy in its scratch folder."""
    if not on_cluster(con):
        return path
    try:
        copy.hardlink_to(path)
    except OSError:
        shutil.copyfile(path, copy)
    return copy


@dataclass(slots=True)
class Spark:
    """A standalone cluster by the URL of its master; connected when the first session is opened, until the last ends.

    folder   where intermediate results lie: on a file system that the executors and this machine share
    """

    url: str
    folder: Path | None = None

    _users: int = field(default=0, init=False, repr=False)
    _open: Any = field(default=None, init=False, repr=False)
    _lock: Any = field(default_factory=threading.RLock, init=False, repr=False)

    @property
    def name(self) -> str:
        """As run.json calls it: where the cluster stood does not matter for the digits."""
        return "spark"

    @contextmanager
    def session(self, share: int = 1) -> Iterator[Any]:
        """The Ibis connection; sessions opened within one another are one, so that they see each other's tables.

        Raises HengtanError when the cluster cannot be used, or gives up.
        """
        with self._lock:
            if self._open is None:
                from .spark_connection import Connection  # noqa: PLC0415  loads pyspark and pandas

                self._open = Connection(self.url, _answers(self.url), self.folder)
            self._users += 1
        try:
            yield self._open.cluster
        except Exception as error:
            if type(error).__module__.partition(".")[0] not in ("pyspark", "py4j"):
                raise
            raise HengtanError(Problem("engine.failed", values={"why": why(error)})) from error
        finally:
            with self._lock:
                self._users -= 1
                if not self._users:
                    self._open.close()
                    self._open = None

    def write_in_order(
        self,
        parts: Sequence[Part],
        prepare: Callable[[Any], Callable[[Part], Any]],
        target: Path,
        stop: threading.Event | None = None,
    ) -> Written:
        """As :func:`hengtan.engine.write_in_order`: here every source is one expression, and the executors part it."""
        from .spark_files import write_rows  # noqa: PLC0415  loads pyspark

        with self.session() as con:
            expression = prepare(con)
            stretches: dict[int, Part] = {}
            for part in parts:
                first = stretches.get(part.source, part)
                stretches[part.source] = Part(part.source, part.source, min(first.start, part.start), part.stop)
            frames = [con.frame(expression(part)) for part in stretches.values()]
            whole = frames[0]
            for frame in frames[1:]:
                whole = whole.unionAll(frame)
            return write_rows(whole, target, ORDER, _WITHIN, stop)


def _answers(url: str) -> str:
    """The address of this machine as the master sees it: executors call back to it."""
    match = _URL.fullmatch(url)
    assert match
    try:
        with socket.create_connection((match[1].strip("[]"), int(match[2])), _CONNECT) as line:
            return str(line.getsockname()[0])
    except (OSError, OverflowError) as error:
        raise unusable(url, error) from None


def why(error: BaseException) -> str:
    """The line that says it: Java puts the cause last, behind a hundred lines of its own."""
    lines = [line.strip() for line in str(error).splitlines() if line.strip()]
    if not hasattr(error, "java_exception"):  # pyspark's own errors say it first
        return (lines or [type(error).__name__])[0][:300].rstrip(".")
    causes = [line.removeprefix("Caused by: ") for line in lines if line.startswith("Caused by: ")]
    named = [line.removeprefix(": ") for line in lines if line.startswith(": ")]
    return (causes[-1:] or named[:1] or lines[:1] or [type(error).__name__])[0][:300].rstrip(".")


def unusable(url: str, error: BaseException) -> HengtanError:
    """Of a cluster that does not let us in."""
    return HengtanError(Problem("engine.unreachable", values={"value": url, "why": why(error)}))


AnyEngine = Engine | Spark
"""What computes: DuckDB here, or a cluster."""
