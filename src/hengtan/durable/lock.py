"""An exclusive lock on a file. It belongs to the open file, so it goes with the process, however that ends.

Network file systems have to support locks for this to hold between machines.
"""

from __future__ import annotations

import os
import sys
import time
from pathlib import Path

_FIRST_S, _LONGEST_S = 0.0005, 0.01


class FileLock:
    """Held from construction to ``release``, or inside ``with``. The file is made if need be; it stays when released.

    Raises TimeoutError when another holds it for ``wait_s`` seconds; OSError where the file system has no locks.
    """

    def __init__(self, path: Path, wait_s: float = 0.0) -> None:
        self._handle = os.open(path, os.O_RDWR | os.O_CREAT | getattr(os, "O_CLOEXEC", 0), 0o600)
        try:
            until, pause = time.monotonic() + wait_s, _FIRST_S
            while not try_lock(self._handle):
                if time.monotonic() >= until:
                    raise TimeoutError(str(path))
                time.sleep(pause)
                pause = min(2 * pause, _LONGEST_S)
        except BaseException:
            os.close(self._handle)
            raise

    def release(self) -> None:
        """The next one may have it."""
        if self._handle >= 0:
            os.close(self._handle)
            self._handle = -1

    def __enter__(self) -> FileLock:
        return self

    def __exit__(self, *_: object) -> None:
        self.release()


if sys.platform == "win32":
    import msvcrt

    def try_lock(handle: int) -> bool:
        """Whether the open file is now locked by this handle; never waits."""
        os.lseek(handle, 0, os.SEEK_SET)
        try:
            msvcrt.locking(handle, msvcrt.LK_NBLCK, 1)
        except OSError:
            return False
        return True

else:
    import fcntl

    def try_lock(handle: int) -> bool:
        """Whether the open file is now locked by this handle; never waits."""
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        return True
