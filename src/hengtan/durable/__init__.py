"""What has to last: writes that are on the medium, locks that go with their process, and the points where a fault suite cuts in.

>>> import os, pathlib, tempfile
>>> folder = pathlib.Path(tempfile.mkdtemp())
>>> with FileLock(folder / "lock"):
...     handle = os.open(folder / "kept", os.O_WRONLY | os.O_CREAT)
...     write(handle, b"as long as the medium")
...     sync([handle], [folder])
...     os.close(handle)

Knows nothing else of hengtan.
"""

from .lock import FileLock, try_lock
from .medium import sync, write
from .points import VARIABLE, die, parse, point
from .regular import regular, regular_bytes
from .whole import create, make, rewrite

__all__ = [
    "VARIABLE",
    "FileLock",
    "create",
    "die",
    "make",
    "parse",
    "point",
    "regular",
    "regular_bytes",
    "rewrite",
    "sync",
    "try_lock",
    "write",
]
