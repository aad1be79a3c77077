"""One sequencer per log: an exclusive lock on ``private/lock``, held while the log is open for writing.

The lock belongs to the open file, so it goes with the process, however it ends; what stands in the file is only for the
person who meets it. Readers take no lock. Network file systems have to support locks for this to hold between machines;
the sequencer therefore also looks, before it publishes, whether somebody else published meanwhile.
"""

from __future__ import annotations

import os
import time
from pathlib import Path

from hengtan.durable import try_lock

from ..problems import HengtanError, Problem

_STEP_S = 0.02


class Lock:
    """Held from construction to ``release``. HengtanError ``log.locked`` when another holds it after ``wait_s`` seconds."""

    def __init__(self, path: Path, wait_s: float = 0.0) -> None:
        self._handle = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            until = time.monotonic() + wait_s
            while not try_lock(self._handle):
                if time.monotonic() >= until:
                    os.lseek(self._handle, 1, os.SEEK_SET)
                    holder = os.read(self._handle, 100).decode("ascii", "replace").strip() or "?"
                    raise HengtanError(Problem("log.locked", file=str(path.parent.parent), values={"holder": holder}))
                time.sleep(_STEP_S)
            os.ftruncate(self._handle, 0)
            os.lseek(self._handle, 0, os.SEEK_SET)
            os.write(self._handle, f"\n{os.getpid()}\n".encode())  # byte 0 is what Windows locks
        except BaseException:
            os.close(self._handle)
            raise

    def release(self) -> None:
        """The next one may start."""
        if self._handle >= 0:
            os.close(self._handle)
            self._handle = -1
