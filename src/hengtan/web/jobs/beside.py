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
def worker_beside(number: int = 1) -> Iterator[None]:
    """So many workers while the block runs.

    The first ones are started before the server forks its own processes: one that is forked while a child is being made inherits the pipe
    on which its maker waits, and nobody would be there any more to start the next worker.
    """
    over = threading.Event()
    command = [sys.executable, "-c", START, str(os.getpid())]
    running = [subprocess.Popen(command, stdin=subprocess.DEVNULL) for _ in range(number)]

    def keep(place: int) -> None:
        pause = 0.5
        while not over.is_set():
            began = time.monotonic()
            try:
                running[place].wait()
                pause = 0.5 if time.monotonic() - began > 30 else min(2 * pause, 30)
                if over.wait(pause):
                    return
                running[place] = subprocess.Popen(command, stdin=subprocess.DEVNULL)
            except OSError as fault:  # no memory, no handles: later there may be
                log.warning("no worker for jobs: %s", fault)
                over.wait(5)

    for place in range(number):
        threading.Thread(target=keep, args=(place,), daemon=True).start()
    try:
        yield
    finally:
        over.set()
        for each in running:
            each.terminate()
        until = time.monotonic() + 15
        for each in running:
            try:
                each.wait(max(0.1, until - time.monotonic()))
            except subprocess.TimeoutExpired:
                each.kill()


def watch(parent: int, stop: threading.Event) -> None:
    """A parent that was killed tells nobody: its child gets another parent. It has ten seconds to end well, then it is ended."""
    while os.getppid() == parent:
        time.sleep(1)
    stop.set()
    time.sleep(10)
    os._exit(1)
