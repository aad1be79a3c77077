"""The worker beside the web processes of ``hengtan serve``: it ends with them, and is started again when it dies alone."""

from __future__ import annotations

import logging
import os
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

log = logging.getLogger("hengtan.web.jobs")
START = "from hengtan.web.jobs.process import main; raise SystemExit(main())"


@contextmanager
def worker_beside() -> Iterator[None]:
    """A worker while the block runs."""
    over = threading.Event()
    here = str(os.getpid())
    running: list[subprocess.Popen[bytes]] = []

    def keep() -> None:
        pause = 0.5
        while not over.is_set():
            began = time.monotonic()
            try:
                running[:] = [subprocess.Popen([sys.executable, "-c", START, here], stdin=subprocess.DEVNULL)]
                running[0].wait()
            except OSError as fault:  # no memory, no handles: later there may be
                log.warning("no worker for jobs: %s", fault)
            pause = 0.5 if time.monotonic() - began > 30 else min(2 * pause, 30)
            over.wait(pause)

    thread = threading.Thread(target=keep, daemon=True)
    thread.start()
    try:
        yield
    finally:
        over.set()
        for process in running:
            process.terminate()
            try:
                process.wait(15)
            except subprocess.TimeoutExpired:
                process.kill()
