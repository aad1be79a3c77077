"""An existing Spark 4 cluster in the place of DuckDB: the same expressions, computed by its executors.

    engine = open_engine("spark://master.example:7077")

Files are read and written by the executors, so they see them under the same path as this machine does. Memory and cores
of the executors are what ``spark-defaults.conf`` says (folder ``SPARK_CONF_DIR``); what decides digits is set here.
"""

from __future__ import annotations

import logging
import re
import shutil
import socket
import tempfile
import threading
import time
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
_EXECUTORS = 120.0  # seconds for the first executor to come up
ORDER = ("source", "position")
"""Columns that tell the order of the rows of a run; a cluster wants them beside what it writes in this order."""
_WITHIN = ("scope", "basis")  # the order of several results of one row

# CONTRACT section 5: products and sums keep every digit or fail. What is not named here is the cluster's own choice.
SETTINGS = {
    "spark.sql.ansi.enabled": "true",
    "spark.sql.decimalOperations.allowPrecisionLoss": "false",
    "spark.sql.session.timeZone": "UTC",
    "spark.sql.caseSensitive": "true",
    "spark.sql.execution.arrow.pyspark.enabled": "true",
    "spark.sql.legacy.parquet.nanosAsLong": "true",  # Spark has no nanoseconds: see spark_session
    "spark.sql.parquet.outputTimestampType": "TIMESTAMP_MICROS",
    "spark.sql.parquet.compression.codec": "snappy",
    # One stretch of one file for each task, of a size that does not depend on the cluster: parts come in the order of rows.
    "spark.sql.files.maxPartitionBytes": str(32 << 20),
    "spark.sql.files.openCostInBytes": str(32 << 20),
}
_QUIET = {"spark.ui.showConsoleProgress": "false", "spark.ui.enabled": "false", "spark.log.level": "ERROR"}


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
                self._open = _Connection(self.url, self.folder)
            self._users += 1
        try:
            yield self._open.cluster
        except Exception as error:
            if type(error).__module__.partition(".")[0] not in ("pyspark", "py4j"):
                raise
            raise HengtanError(Problem("engine.failed", values={"why": _why(error)})) from error
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


class _Connection:
    """The Spark application of a process, or one that was there before (which is left running)."""

    def __init__(self, url: str, folder: Path | None) -> None:
        from pyspark.sql import SparkSession  # noqa: PLC0415  an extra

        from .spark_session import Cluster  # noqa: PLC0415  loads pandas

        here = _answers(url)
        for name in ("SQLQueryContextLogger", "DataFrameQueryContextLogger"):
            logging.getLogger(name).setLevel(logging.CRITICAL + 1)  # what fails is raised; it is not printed besides
        self.scratch: tempfile.TemporaryDirectory[str] | None = None
        running = SparkSession.getActiveSession()
        self.owned = running is None or running.sparkContext.master != url
        if self.owned:
            if running is not None:
                raise HengtanError(Problem("engine.other-session", values={"value": running.sparkContext.master}))
            builder = SparkSession.builder.master(url).appName("hengtan").config("spark.driver.host", here)
            for name, value in {**_QUIET, **SETTINGS}.items():
                builder = builder.config(name, value)
            try:
                self.session = builder.getOrCreate()
            except Exception as error:
                raise _unusable(url, error) from error
        else:
            self.session = running.newSession()
            for name, value in SETTINGS.items():
                self.session.conf.set(name, value)
        try:
            _await_executor(self.session, url)
            self.cluster = Cluster()
            self.cluster.do_connect(self.session)
            self.scratch = tempfile.TemporaryDirectory(prefix="hengtan-spark-", dir=folder)
            self.cluster.scratch = Path(self.scratch.name)
        except BaseException:
            self.close()
            raise

    def close(self) -> None:
        if self.owned:
            self.session.stop()
        if self.scratch is not None:
            self.scratch.cleanup()


def _answers(url: str) -> str:
    """The address of this machine as the master sees it: executors call back to it."""
    match = _URL.fullmatch(url)
    assert match
    try:
        with socket.create_connection((match[1].strip("[]"), int(match[2])), _CONNECT) as line:
            return str(line.getsockname()[0])
    except (OSError, OverflowError) as error:
        raise _unusable(url, error) from None


def _await_executor(session: Any, url: str) -> None:
    """Wait until one executor is there; a cluster without free cores would let the first question wait for ever."""
    end = time.monotonic() + _EXECUTORS
    while session.sparkContext._jsc.sc().getExecutorMemoryStatus().size() < 2:  # the driver is one of them
        if session.sparkContext._jsc.sc().isStopped() or time.monotonic() > end:
            raise HengtanError(Problem("engine.no-executor", values={"value": url, "seconds": f"{_EXECUTORS:.0f}"}))
        time.sleep(0.05)


def _why(error: BaseException) -> str:
    """The line that says it: Java puts the cause last, behind a hundred lines of its own."""
    lines = [line.strip() for line in str(error).splitlines() if line.strip()]
    if not hasattr(error, "java_exception"):  # pyspark's own errors say it first
        return lines[0][:300] if lines else type(error).__name__
    causes = [line.removeprefix("Caused by: ") for line in lines if line.startswith("Caused by: ")]
    named = [line.removeprefix(": ") for line in lines if line.startswith(": ")]
    return (causes[-1:] or named[:1] or lines[:1] or [type(error).__name__])[0][:300]


def _unusable(url: str, error: BaseException) -> HengtanError:
    why = (str(error) or type(error).__name__).splitlines()[0][:200]
    return HengtanError(Problem("engine.unreachable", values={"value": url, "why": why}))


AnyEngine = Engine | Spark
"""What computes: DuckDB here, or a cluster."""
