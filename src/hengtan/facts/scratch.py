"""Local copies of what is not a local file of its own: objects behind a URL, objects in a pack."""

from __future__ import annotations

import shutil
import tempfile
import threading
import weakref
from collections.abc import Callable
from pathlib import Path


class Scratch:
    """A folder of copies under their digests; a temporary one, gone with the store, unless a folder is given."""

    def __init__(self, folder: Path | None) -> None:
        self._given = folder
        self._made: Path | None = None
        self._turn = threading.Lock()
        self._finalizer: weakref.finalize[[str], Scratch] | None = None

    def copy(self, digest: str, make: Callable[[Path], None], check: Callable[[Path], None]) -> Path:
        """The checked copy; ``make`` writes one where there is none, and once more where the one that is there is refused."""
        path = self._folder() / digest
        if path.exists():
            try:
                check(path)
                return path
            except Exception:
                path.unlink(missing_ok=True)
        fresh = path.with_name(f"{digest}.{threading.get_ident()}")
        try:
            make(fresh)
            fresh.replace(path)
        finally:
            fresh.unlink(missing_ok=True)
        check(path)
        return path

    def drop(self, digest: str) -> None:
        """Removes the copy of one object."""
        for folder in (self._given, self._made):
            if folder is not None:
                (folder / digest).unlink(missing_ok=True)

    def close(self) -> None:
        """Removes the temporary folder; copies in a given one stay."""
        with self._turn:
            if self._finalizer is not None:
                self._finalizer()
            self._finalizer, self._made = None, None

    def _folder(self) -> Path:
        with self._turn:
            if self._given is not None:
                self._given.mkdir(parents=True, exist_ok=True)
                return self._given
            if self._made is None:
                self._made = Path(tempfile.mkdtemp(prefix="hengtan-facts-"))
                self._finalizer = weakref.finalize(self, shutil.rmtree, str(self._made), ignore_errors=True)
            return self._made
