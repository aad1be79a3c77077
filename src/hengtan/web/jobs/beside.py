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
    """A worker while the block runs.

    The first is started before the server forks its own processes: one that is forked while a child is being made inherits the pipe
    on which its maker waits, and nobody would be there any more to start the next worker.
    """
    over = threading.Event()
    command = [sys.executable, "-c", START, str(os.getpid())]
    running = [subprocess.Popen(command, stdin=subprocess.DEVNULL)]

    def keep() -> None:
        pause = 0.5
        while not over.is_set():
            began = time.monotonic()
            try:
                running[0].wait()
                pause = 0.5 if time.monotonic() - began > 30 else min(2 * pause, 30)
                if over.wait(pause):
                    return
                running[0] = subprocess.Popen(command, stdin=subprocess.DEVNULL)
            except OSError as fault:  # no memory, no handles: later there may be
                log.warning("no worker for jobs: %s", fault)
                over.wait(5)

    thread = threading.Thread(target=keep, daemon=True)
    thread.start()
    try:
        yield
    finally:
        over.set()
        running[0].terminate()
        try:
            running[0].wait(15)
        except subprocess.TimeoutExpired:
            running[0].kill()
