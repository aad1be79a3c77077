"""One cluster for all tests of this folder, with one application that stays connected: starting them takes most of the time."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from benchmarks.cluster import Cluster, running

from hengtan.engine import spark_connection
from hengtan.engine.spark import Spark

_DEFAULTS = """\
spark.cores.max 2
spark.executor.memory 512m
spark.driver.memory 512m
spark.sql.shuffle.partitions 4
spark.driver.extraJavaOptions -XX:TieredStopAtLevel=1
spark.executor.extraJavaOptions -XX:TieredStopAtLevel=1
"""  # small and quick to start, as a person would set them


@pytest.fixture(scope="session")
def cluster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cluster]:
    folder = tmp_path_factory.mktemp("cluster")
    (folder / "spark-defaults.conf").write_text(_DEFAULTS, "utf-8")
    before = os.environ.get("SPARK_CONF_DIR")
    os.environ["SPARK_CONF_DIR"] = str(folder)
    spark_connection.SETTINGS["spark.sql.files.maxPartitionBytes"] = (
        "32768"  # many small tasks, whose rows must come back in order
    )
    spark_connection.SETTINGS["spark.sql.files.openCostInBytes"] = "32768"
    try:
        with running(folder) as found:
            yield found
    finally:
        os.environ.pop("SPARK_CONF_DIR") if before is None else os.environ.update(SPARK_CONF_DIR=before)


@pytest.fixture(scope="session")
def engine(cluster: Cluster, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Spark]:
    """Connected for the whole session: what calculates with it opens a session within this one."""
    found = Spark(cluster.url, tmp_path_factory.mktemp("shared"))
    with found.session():
        yield found


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path
