"""One small file that is there whole or not at all, and folders that stay, whatever moment a crash picks."""

from __future__ import annotations

import errno
import os
import sys
from contextlib import suppress
from pathlib import Path
from typing import Final

from .lock import try_lock
from .medium import sync, write
from .points import point

_FLAGS: Final = sum(getattr(os, name, 0) for name in ("O_WRONLY", "O_CREAT", "O_NOFOLLOW", "O_CLOEXEC", "O_BINARY"))


def create(path: Path, data: bytes, mode: int = 0o600) -> None:
    """A file under a name that nobody had; whole and durable when it returns.

    What a crash left on the way in is taken over by the next call for the same name. OSError: FileExistsError when the name is
    taken; BlockingIOError while another process is at it; what the system says otherwise, and then there is no such file.
    """
    staged = path.with_name(f".{path.name}.new")
    handle = os.open(staged, _FLAGS, mode)
    try:
        if not try_lock(handle) or not _is(staged, handle):  # somebody holds it, or has just put it in place
            raise BlockingIOError(errno.EAGAIN, os.strerror(errno.EAGAIN), str(path))
        try:
            if path.is_symlink() or path.exists():
                raise FileExistsError(errno.EEXIST, os.strerror(errno.EEXIST), str(path))
            os.ftruncate(handle, 0)
            write(handle, data)
            sync([handle])
            if sys.platform == "win32":  # there an open file has no second name
                os.close(handle)
            point("rename")
            staged.replace(path)
        except BaseException:
            with suppress(OSError):
                staged.unlink(missing_ok=True)
            raise
    finally:
        with suppress(OSError):  # closed already, on Windows
            os.close(handle)
    sync(folders=[path.parent])


def rewrite(path: Path, data: bytes, mode: int = 0o644) -> None:
    """A file replaced so that after a crash the old or the new one is there, whole. For one writer of this file at a time."""
    fresh = path.with_name(f".{path.name}.new")
    handle = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, mode)
    try:
        write(handle, data)
        sync([handle])
    finally:
        os.close(handle)
    point("rename")
    fresh.replace(path)
    sync(folders=[path.parent])


def make(folder: Path, mode: int = 0o777) -> None:
    """The folder, and its parents where they are missing; their names are durable when it returns."""
    new = [each for each in (folder, *folder.parents) if not each.exists()]
    for each in reversed(new):
        each.mkdir(mode if each == folder else 0o777, exist_ok=True)
    # of one that was there already too: whoever made it may have died before it was durable
    sync(folders=list(dict.fromkeys([folder.parent, *(each.parent for each in new)])))


def _is(path: Path, handle: int) -> bool:
    """Whether the open file still stands under this name."""
    try:
        return os.path.samestat(path.lstat(), os.fstat(handle))
    except FileNotFoundError:
        return False
