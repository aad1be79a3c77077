"""Bytes and names that are on the medium when a function returns.

What is synced together is synced at once from several threads: file systems commit such a group in about the time of one.
On Windows folders cannot be synced; there the file system's own journal has to do.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from .points import die, point

_AT_ONCE = 8


def write(handle: int, data: bytes | memoryview) -> None:
    """All of the data to an open file; on the medium only after :func:`sync`."""
    if point("write"):
        os.write(handle, data[: len(data) // 2])
        die()
    view = memoryview(data)
    while view:
        view = view[os.write(handle, view) :]


def sync(handles: Sequence[int] = (), folders: Sequence[Path] = ()) -> None:
    """The bytes of open files, and the names in folders. The first failure is raised when all have ended."""
    for name, number in (("fsync", len(handles)), ("folder", len(folders))):
        for _ in range(number):
            point(name)
    if len(handles) + len(folders) == 1:
        for handle in handles:
            sync_handle(handle)
        for folder in folders:
            sync_folder(folder)
    elif handles or folders:
        with ThreadPoolExecutor(_AT_ONCE) as threads:
            done = [threads.submit(sync_handle, handle) for handle in handles]
            done += [threads.submit(sync_folder, folder) for folder in folders]
        for future in done:
            future.result()


def sync_handle(handle: int) -> None:
    """fsync of an open file, down to the medium."""
    if sys.platform == "darwin":
        import fcntl  # noqa: PLC0415  not there on Windows

        fcntl.fcntl(handle, fcntl.F_FULLFSYNC)  # there fsync alone stops at the drive's cache
    else:
        os.fsync(handle)


def sync_folder(folder: Path) -> None:
    """fsync of a folder: the names in it are durable."""
    if sys.platform == "win32":
        return
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
