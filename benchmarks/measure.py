"""One process, measured from its start to its end: wall time, processor time, peak memory."""

from __future__ import annotations

import os
import resource
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Run:
    """wall_s and cpu_s in seconds (user and system, children included); peak_mb: the largest resident memory, in MB."""

    wall_s: float
    cpu_s: float
    peak_mb: float
    code: int
    output: str


def measured(command: Sequence[str], cwd: Path | None = None, env: Mapping[str, str] | None = None) -> Run:
    """Run it with no standard input. Output and errors are kept together."""
    with tempfile.TemporaryFile() as sink:
        began = time.perf_counter()
        child = subprocess.Popen(
            command,
            cwd=cwd,
            env={**os.environ, **(env or {})},
            stdin=subprocess.DEVNULL,
            stdout=sink,
            stderr=subprocess.STDOUT,
        )
        watch = _Watch(child.pid)
        _, status, usage = os.wait4(child.pid, 0)
        wall = time.perf_counter() - began
        seen, told = watch.stop(), _kilobytes(usage)
        own = _kilobytes(resource.getrusage(resource.RUSAGE_SELF))
        peak = told if told > own or not seen else seen
        child.returncode = os.waitstatus_to_exitcode(status)
        sink.seek(0)
        output = sink.read().decode("utf-8", "replace")
    return Run(wall, usage.ru_utime + usage.ru_stime, peak / 1000, child.returncode, output)


def _kilobytes(usage: resource.struct_rusage) -> float:
    """``ru_maxrss`` is kilobytes on Linux, bytes on macOS."""
    return usage.ru_maxrss / (1000 if sys.platform == "darwin" else 1)


class _Watch:
    """Reads ``VmHWM`` of the child now and then.

    Why: on Linux ``ru_maxrss`` of a fresh child begins with that of the parent it was forked from, so a big parent hides a
    small child. Where ``/proc`` is not there, nothing is watched.
    """

    def __init__(self, pid: int) -> None:
        self._path = Path(f"/proc/{pid}/status")
        self._peak = 0.0
        self._done = threading.Event()
        self._thread = threading.Thread(target=self._look, daemon=True)
        self._thread.start()

    def _look(self) -> None:
        while True:
            try:
                for line in self._path.read_text("ascii", "replace").splitlines():
                    if line.startswith("VmHWM:"):
                        self._peak = max(self._peak, float(line.split()[1]))
            except OSError:
                return
            if self._done.wait(0.02):
                return

    def stop(self) -> float:
        self._done.set()
        self._thread.join()
        return self._peak
