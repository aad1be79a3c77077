"""Files that somebody else may have put there: opened for reading when they are files, and nothing waits for ever."""

from __future__ import annotations

import errno
import os
import stat
from io import BufferedReader
from pathlib import Path
from typing import Final

_FLAGS: Final = sum(getattr(os, name, 0) for name in ("O_RDONLY", "O_NONBLOCK", "O_CLOEXEC", "O_BINARY"))


def regular(path: Path) -> BufferedReader:
    """The file, open for reading. OSError EINVAL for a pipe, a device, a folder: a pipe would let the reader wait for ever."""
    handle = os.open(path, _FLAGS)
    if not stat.S_ISREG(os.fstat(handle).st_mode):
        os.close(handle)
        raise OSError(errno.EINVAL, "not a file")
    return os.fdopen(handle, "rb")


def regular_bytes(path: Path, limit: int) -> bytes:
    """All of such a file. OSError EFBIG for one of more than ``limit`` bytes."""
    with regular(path) as file:
        data = file.read(limit + 1)
    if len(data) > limit:
        raise OSError(errno.EFBIG, os.strerror(errno.EFBIG))
    return data
