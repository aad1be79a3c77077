"""A real standalone Spark cluster on loopback: a master and two workers, started from the pip package."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import pyspark

WORKERS = 2
_STARTED = re.compile(r"Starting Spark master at (spark://\S+)")
_REGISTERED = re.compile(r"(Successfully registered with master)")
_PATIENCE = 180.0  # seconds for a process to come up


@dataclass(slots=True)
class Cluster:
    """url: spark://HOST:PORT; workers: their processes, with so many ``cores`` each. All are child processes of this one."""

    folder: Path
    cores: int = 2
    url: str = ""
    master: subprocess.Popen[bytes] | None = None
    workers: list[subprocess.Popen[bytes]] = field(default_factory=list)

    def start(self) -> None:
        self.master = self._launch(
            "master", "org.apache.spark.deploy.master.Master", "--host", "127.0.0.1", "--port", "0", "--webui-port", "0"
        )
        self.url = self._wait("master", _STARTED)
        self.workers = [self.add_worker(number) for number in range(WORKERS)]
        for number in range(WORKERS):
            self._wait(f"worker-{number}", _REGISTERED)

    def add_worker(self, number: int) -> subprocess.Popen[bytes]:
        name = f"worker-{number}"
        return self._launch(
            name,
            "org.apache.spark.deploy.worker.Worker",
            *("--host", "127.0.0.1", "--webui-port", "0", "--cores", str(self.cores), "--memory", "2g"),
            *("--work-dir", str(self.folder / name), self.url),
        )

    def replace_worker(self, number: int) -> None:
        """Another one in the place of one that was killed."""
        self.workers[number] = self.add_worker(number)
        self._wait(f"worker-{number}", _REGISTERED)

    def kill_worker(self, number: int) -> None:
        """As if its machine had lost power: the worker and its executors, at once."""
        os.killpg(self.workers[number].pid, signal.SIGKILL)
        self.workers[number].wait()

    def stop(self) -> None:
        for process in [*self.workers, self.master]:
            if process is not None and process.poll() is None:
                os.killpg(process.pid, signal.SIGKILL)
                process.wait()

    def _launch(self, name: str, java: str, *words: str) -> subprocess.Popen[bytes]:
        home = Path(pyspark.__file__).parent
        environment = {
            **os.environ,
            "SPARK_HOME": str(home),
            "SPARK_LOCAL_IP": "127.0.0.1",
            "SPARK_NO_DAEMONIZE": "1",
            "SPARK_DAEMON_MEMORY": "256m",
            "PYSPARK_PYTHON": sys.executable,
        }
        with (self.folder / f"{name}.log").open("wb") as log:
            # A session of its own, so that the group is killed with everything the process has started.
            return subprocess.Popen(
                [str(home / "bin" / "spark-class"), java, *words],
                stdout=log,
                stderr=subprocess.STDOUT,
                stdin=subprocess.DEVNULL,
                env=environment,
                cwd=self.folder,
                start_new_session=True,
            )

    def _wait(self, name: str, sign: re.Pattern[str]) -> str:
        log, end = self.folder / f"{name}.log", time.monotonic() + _PATIENCE
        while time.monotonic() < end:
            text = log.read_text("utf-8", "replace")
            if found := sign.search(text):
                return found[1]
            time.sleep(0.05)
        raise TimeoutError(f"{name} did not come up:\n{log.read_text('utf-8', 'replace')[-3000:]}")


@contextmanager
def running(folder: Path, cores: int = 2) -> Iterator[Cluster]:
    """A cluster with its logs in ``folder`` and so many cores in each worker; it is gone when the block ends."""
    cluster = Cluster(folder, cores)
    try:
        cluster.start()
        yield cluster
    finally:
        cluster.stop()
