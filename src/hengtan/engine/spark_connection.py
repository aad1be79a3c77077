"""The Spark application that a run computes with: settings that decide digits, its driver, its first executor."""

from __future__ import annotations

import logging
import tempfile
import time
from pathlib import Path
from typing import Any

from pyspark import SparkConf, SparkContext
from pyspark.java_gateway import launch_gateway
from pyspark.sql import SparkSession

from hengtan.problems import HengtanError, Problem

from .spark import unusable
from .spark_session import Cluster

_EXECUTORS = 120.0  # seconds for the first executor to come up
_LOGGERS = ("SQLQueryContextLogger", "DataFrameQueryContextLogger")

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


class Connection:
    """The application of this process, or one that was there before (which is left running).

    cluster   the Ibis connection; its scratch folder lies in ``folder``
    """

    def __init__(self, url: str, here: str, folder: Path | None) -> None:
        for name in _LOGGERS:  # what fails is raised; it is not printed besides
            logging.getLogger(name).setLevel(logging.CRITICAL + 1)
        running = SparkSession.getActiveSession()
        if running is not None and running.sparkContext.master != url:
            raise HengtanError(Problem("engine.other-session", values={"value": running.sparkContext.master}))
        self.owned = running is None
        self.scratch = tempfile.TemporaryDirectory(prefix="hengtan-spark-", dir=folder)
        try:
            self.session = _started(url, here, Path(self.scratch.name)) if running is None else _beside(running)
            _await_executor(self.session.sparkContext, url)
            self.cluster = Cluster()
            self.cluster.do_connect(self.session)
            self.cluster.scratch = Path(self.scratch.name)
        except BaseException:
            self.close()
            raise

    def close(self) -> None:
        """Give back the executors and throw away what was kept for a while."""
        if self.owned and hasattr(self, "session"):
            self.session.stop()
        self.scratch.cleanup()


def _started(url: str, here: str, folder: Path) -> Any:
    conf = SparkConf().setMaster(url).setAppName("hengtan").set("spark.driver.host", here)
    conf.setAll([*_QUIET.items(), *SETTINGS.items()])
    try:
        if SparkContext._gateway is None:  # else Java was started by an earlier run
            with (folder / "driver.log").open("wb") as log:
                SparkContext._ensure_initialized(gateway=launch_gateway(conf, {"stdout": log, "stderr": log}))
        return SparkSession.builder.config(conf=conf).getOrCreate()
    except Exception as error:
        raise unusable(url, error) from error


def _beside(running: Any) -> Any:
    session = running.newSession()
    for name, value in SETTINGS.items():
        session.conf.set(name, value)
    return session


def _await_executor(context: Any, url: str) -> None:
    """Wait until one executor is there; a cluster without free cores would let the first question wait for ever."""
    end = time.monotonic() + _EXECUTORS
    java = context._jsc.sc()
    while java.getExecutorMemoryStatus().size() < 2:  # the driver is one of them
        if java.isStopped() or time.monotonic() > end:
            raise HengtanError(Problem("engine.no-executor", values={"value": url, "seconds": f"{_EXECUTORS:.0f}"}))
        time.sleep(0.05)
