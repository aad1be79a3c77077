"""One small file, replaced so that after a crash the old or the new one is there, whole."""

from __future__ import annotations

import os
from pathlib import Path

from hengtan.durable import die, point

from .storage import sync_folder, sync_handle


def write_durably(path: Path, data: bytes, mode: int = 0o644) -> None:
    """Writes the file under a temporary name, fsyncs, renames, fsyncs the folder. For one writer of this file at a time."""
    fresh = path.with_name(f".{path.name}.new")
    handle = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, mode)
    try:
        if point("write"):
            os.write(handle, data[: len(data) // 2])
            die()
        view = memoryview(data)
        while view:
            view = view[os.write(handle, view) :]
        point("fsync")
        sync_handle(handle)
    finally:
        os.close(handle)
    point("rename")
    fresh.replace(path)
    point("folder")
    sync_folder(path.parent)
