"""How a handler tells how far it is, and hears that it should stop."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from typing import TYPE_CHECKING

from django.db import OperationalError
from django.utils import timezone

if TYPE_CHECKING:
    from .models import Job, JobQuerySet

EVERY_S = 0.5


class Cancelled(Exception):  # noqa: N818  it is no error
    """Somebody asked that the job stops."""


class Lost(Exception):  # noqa: N818
    """Another worker has the job now: this one was thought dead."""


class Stopping(Exception):  # noqa: N818
    """The worker ends; the job goes back to the queue."""


class Progress:
    """Of one attempt at one job."""

    def __init__(self, job: Job, stopping: Callable[[], bool] = lambda: False) -> None:
        self.job, self._stopping, self._next = job, stopping, 0.0
        self._thread = threading.get_ident()

    def at(self, phase: str, done: int = 0, total: int = 0) -> None:
        """Stored at most twice a second, and when the phase changes; raises what ends the attempt.

        What threads of the handler say is not heard: each would have a connection of its own, and nobody hears what they raise.
        """
        if threading.get_ident() != self._thread:
            return
        now = time.monotonic()
        if phase == self.job.phase and now < self._next:
            return
        self._next = now + EVERY_S
        self.job.phase, self.job.done, self.job.total = phase, done, total
        self.check()
        try:
            self._mine().update(phase=phase, done=done, total=total, heartbeat_at=timezone.now())
        except OperationalError:  # a busy database: the next one is stored
            return

    def check(self) -> None:
        """Raises when the job is cancelled, was given to another worker, or the worker ends."""
        if self._stopping():
            raise Stopping
        asked = self._mine().values_list("cancel_asked", flat=True).first()
        if asked is None:
            raise Lost
        if asked:
            raise Cancelled

    def hold(self) -> None:
        """In the transaction that keeps the result: nobody takes or cancels the job until it is committed."""
        held = self._mine().select_for_update().values_list("cancel_asked", flat=True).first()
        if held is None:
            raise Lost
        if held:
            raise Cancelled

    def _mine(self) -> JobQuerySet:
        return type(self.job).objects.filter(pk=self.job.pk, state="running", attempts=self.job.attempts)
