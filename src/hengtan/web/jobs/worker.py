"""The worker: takes a job, does it, takes the next.

A job belongs to who took it last: it has a number of attempts, and what an earlier attempt still writes is not heard. A worker holds
a lock on a file as long as it lives, which the kernel gives back when it dies, so that another on this machine sees it at once; one on
another machine waits until the heartbeat is old.
"""

from __future__ import annotations

import logging
import os
import secrets
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from enum import Enum
from pathlib import Path
from types import FrameType
from typing import Any, Self

from django.conf import settings
from django.db import DatabaseError, OperationalError, close_old_connections, connection, transaction
from django.db.models import Q
from django.utils import timezone

from hengtan.durable import FileLock
from hengtan.problems import HengtanError
from hengtan.web.organisations import wall

from .beside import START, watch
from .clock import tick
from .models import Job, JobQuerySet, State
from .progress import Cancelled, Lost, Progress, Stopping
from .registry import HANDLERS, elsewhere
from .services import as_json

BEAT_S, DEAD_AFTER_S, POLL_S, ATTEMPTS = 10, 60, 0.5, 3
IDLE_S = 30  # a worker of the lane elsewhere without work is gone after
log = logging.getLogger("hengtan.web.jobs")


class Lane(Enum):
    """Which jobs a worker takes: all; those that need this machine; those that wait for other systems."""

    ALL = "all"
    HERE = "here"
    ELSEWHERE = "elsewhere"


def run_one(
    worker: str = "", stopping: Callable[[], bool] = lambda: False, beat: bool = False, lane: Lane = Lane.ALL
) -> Job | None:
    """Take the oldest job that waits and do it; None when there is none."""
    job = claim(worker, lane)
    if job is None:
        return None
    with wall.within(job.organisation_id):
        with _beating(job) if beat else _still():
            _attempt(job, Progress(job, stopping))
        job.refresh_from_db()
    return job


def claim(worker: str = "", lane: Lane = Lane.ALL) -> Job | None:
    """The oldest job that waits, or whose worker is dead; it is now ours. One that kills its workers is given up."""
    with wall.opened():
        return _claim(worker, lane)


def waits_elsewhere() -> bool:
    """Whether there is something to do for a worker of that lane."""
    with wall.opened():
        return _ready(Lane.ELSEWHERE).exists()


def _claim(worker: str, lane: Lane) -> Job | None:
    while True:
        if not _ready(lane).exists():
            return None
        with transaction.atomic():
            found = _ready(lane)
            if connection.features.has_select_for_update_skip_locked:
                found = found.select_for_update(skip_locked=True)
            job = found.first()
            if job is None:
                return None
            now = timezone.now()
            if job.state == State.RUNNING and (job.attempts >= ATTEMPTS or job.cancel_asked):
                given_up = not job.cancel_asked
                job.state = State.FAILED if given_up else State.CANCELLED
                job.ended_at, job.reference = now, secrets.token_hex(4) if given_up else ""
                job.save(update_fields=["state", "ended_at", "reference"])
                if given_up:
                    log.error("job %s (%s) ended its worker %s times: %s", job.key, job.kind, ATTEMPTS, job.reference)
                continue
            job.state, job.worker, job.attempts = State.RUNNING, worker, job.attempts + 1
            job.started_at, job.heartbeat_at, job.phase, job.done, job.total = job.started_at or now, now, "", 0, 0
            job.save()
            return job


def _ready(lane: Lane) -> JobQuerySet:
    dead = Q(heartbeat_at__lt=timezone.now() - timedelta(seconds=DEAD_AFTER_S))
    here = Job.objects.filter(state=State.RUNNING, worker__startswith=_here()).values_list("worker", flat=True)
    gone = [each for each in here.order_by().distinct() if not alive(each)]
    found = Job.objects.filter(Q(state=State.QUEUED) | Q(state=State.RUNNING) & (dead | Q(worker__in=gone)))
    if lane is Lane.ELSEWHERE:
        found = found.filter(kind__in=elsewhere())
    elif lane is Lane.HERE:
        found = found.exclude(kind__in=elsewhere())
    return found.order_by("pk")


def _attempt(job: Job, progress: Progress) -> None:
    try:
        progress.check()
        if job.kind not in HANDLERS:
            raise LookupError(f"nobody does {job.kind}")
        result = HANDLERS[job.kind].run(job, progress)
    except Lost:
        log.warning("job %s (%s) was taken by another worker", job.key, job.kind)
    except Stopping:
        _ends(job, state=State.QUEUED, attempts=job.attempts - 1, ended_at=None, worker="")
    except Cancelled:
        _ends(job, state=State.CANCELLED)
    except HengtanError as wrong:
        _ends(job, state=State.FAILED, problems=as_json(wrong.problems))
    except Exception:
        reference = secrets.token_hex(4)
        log.exception("job %s (%s): %s", job.key, job.kind, reference)
        _ends(job, state=State.FAILED, reference=reference)
    else:
        _ends(job, state=State.DONE, result=result or {}, problems=[])


def _ends(job: Job, **values: Any) -> None:
    mine = Job.objects.filter(pk=job.pk, state=State.RUNNING, attempts=job.attempts)
    mine.update(**{"ended_at": timezone.now(), **values})


@contextmanager
def _still() -> Iterator[None]:
    yield


@contextmanager
def _beating(job: Job) -> Iterator[None]:
    """A thread says every ten seconds that we live, also while the handler is deep in a query."""
    over = threading.Event()

    def beat() -> None:
        while not over.wait(BEAT_S):
            try:
                with wall.within(job.organisation_id):
                    mine = Job.objects.filter(pk=job.pk, state=State.RUNNING, attempts=job.attempts)
                    mine.update(heartbeat_at=timezone.now())
            except DatabaseError:
                close_old_connections()
        connection.close()

    thread = threading.Thread(target=beat, daemon=True)
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join()


# who lives
def _here() -> str:
    return f"{socket.gethostname()[:60]}/"


def _folder() -> Path:
    return Path(settings.CONFIGURATION.data) / "workers"


def alive(worker: str) -> bool:
    """Whether the worker of this name on this machine still holds its lock."""
    path = _folder() / worker.removeprefix(_here())
    if not path.exists():
        return False
    try:
        FileLock(path).release()
    except TimeoutError:
        return True
    return False


@contextmanager
def named() -> Iterator[str]:
    """The name of a new worker, for as long as it lives."""
    _folder().mkdir(parents=True, exist_ok=True, mode=0o700)
    for left in _folder().iterdir():
        if not alive(_here() + left.name):
            left.unlink(missing_ok=True)
    while True:
        path = _folder() / secrets.token_hex(8)
        lock = FileLock(path, wait_s=5)
        if path.exists():  # not taken for one that is left over, between its making and its locking
            break
        lock.release()
    with lock:
        yield _here() + path.name
        path.unlink(missing_ok=True)


# the process
def work(parent: int = 0, lane: Lane = Lane.HERE) -> int:
    """Until it is told to stop, or until the process beside which it was started is gone.

    What waits for other systems is done by a process beside it, which is there as long as there is such work.
    """
    stop = threading.Event()

    def asked(_signal: int, _frame: FrameType | None) -> None:
        stop.set()

    signal.signal(signal.SIGTERM, asked)
    signal.signal(signal.SIGINT, asked)
    if parent:
        threading.Thread(target=watch, args=(parent, stop), daemon=True).start()
    idle_since, second = time.monotonic(), _Second()
    with named() as worker, second:
        while not stop.is_set():
            try:
                close_old_connections()
                if lane is Lane.HERE:
                    tick()
                    second.look()
                busy = run_one(worker, stop.is_set, beat=True, lane=lane)
            except OperationalError:
                log.exception("the database does not answer")
                stop.wait(5)
                continue
            if busy is not None:
                idle_since = time.monotonic()
            elif lane is Lane.ELSEWHERE and time.monotonic() - idle_since > IDLE_S:
                return 0
            else:
                stop.wait(POLL_S)
    return 0


class _Second:
    """The process of the lane elsewhere that this worker started, if there is work for it. It ends with this one."""

    def __init__(self) -> None:
        self.process: subprocess.Popen[bytes] | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        if self.process is not None:
            self.process.terminate()
            try:
                self.process.wait(15)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()

    def look(self) -> None:
        """Starts it where it is wanted and not there."""
        if (self.process is None or self.process.poll() is not None) and waits_elsewhere():
            command = [sys.executable, "-c", START, str(os.getpid()), Lane.ELSEWHERE.value]
            try:
                self.process = subprocess.Popen(command, stdin=subprocess.DEVNULL)
            except OSError as fault:  # no memory, no handles: later there may be
                log.warning("no second process for jobs: %s", fault)
