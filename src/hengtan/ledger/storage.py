"""Files of a log folder, written so that a name appears whole or not at all and stays when the power fails.

A file is staged under a temporary name in ``private/staged`` (never in a served folder), fsynced, and then renamed into place;
the folders that got a new name are fsynced after that. ``private`` is 0700 and never served or exported.
"""

from __future__ import annotations

import os
from collections.abc import Iterable
from dataclasses import dataclass
from itertools import count
from pathlib import Path

from hengtan.durable import point, regular, sync, write

PRIVATE = "private"
_OPEN = 64  # staged files that are open at once
_NUMBERS = count()  # of temporary names in this process


@dataclass(slots=True)
class _Staged:
    """handle: open until it is fsynced, then -1."""

    target: Path
    temporary: Path
    handle: int


class Storage:
    """One log folder. Writing is for the one process that holds the lock, one thread at a time; reading is for everybody."""

    def __init__(self, root: Path, temporary: str = f"{PRIVATE}/staged") -> None:
        self.root = root
        self.private = root / PRIVATE
        self._temporary = root / temporary
        self._staged: list[_Staged] = []
        self._touched: dict[Path, None] = {}
        self._known: set[Path] = set()

    def read(self, path: str) -> bytes:
        """The bytes of ``tile/0/000`` and the like. OSError as the system gives it."""
        with regular(self.root / path) as file:
            return file.read()

    def prepare(self) -> None:
        """Makes the folder of temporary files and its parents, and sweeps what a crash left there."""
        self.root.mkdir(parents=True, exist_ok=True)
        for folder in (self._temporary.parent, self._temporary):
            folder.mkdir(mode=0o700, exist_ok=True)
        for left in self._temporary.iterdir():
            left.unlink()

    def stage(self, path: str | Path, chunks: bytes | Iterable[bytes]) -> None:
        """Writes the file under a temporary name."""
        target = self.root / path
        secret = self.private in target.parents
        self._folder(target.parent, 0o700 if secret else 0o777)
        temporary = self._temporary / f"{os.getpid()}-{next(_NUMBERS)}"
        handle = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600 if secret else 0o644)
        self._staged.append(_Staged(target, temporary, handle))
        for chunk in (chunks,) if isinstance(chunks, bytes) else chunks:
            write(handle, chunk)
        if sum(each.handle >= 0 for each in self._staged[-_OPEN:]) == _OPEN:
            self._sync(folders=False)

    def settle(self) -> None:
        """Durable now: the bytes of every staged file, every name that was put in place or removed."""
        self._sync(folders=True)

    def reveal(self, number: int | None = None) -> None:
        """Renames staged and settled files into place, in the order they were staged: the first ones, or all."""
        for each in self._staged[:number]:
            if each.handle >= 0:
                raise RuntimeError(f"{each.target} is not settled")
            point("rename")
            each.temporary.replace(each.target)
            self._touched[each.target.parent] = None
        del self._staged[:number]

    def put(self, path: str | Path, chunks: bytes | Iterable[bytes]) -> None:
        """One file: whole, durable and in place when it returns."""
        self.stage(path, chunks)
        self.settle()
        self.reveal()
        self.settle()

    def discard(self) -> None:
        """Takes back what is staged and not in place."""
        for each in self._staged:
            if each.handle >= 0:
                os.close(each.handle)
            each.temporary.unlink(missing_ok=True)
        self._staged.clear()

    def remove(self, path: str | Path) -> None:
        """The file, or a folder of files with all of them; nothing if it is not there. Durable after ``settle``."""
        target = self.root / path
        if target.is_dir():
            for each in list(target.iterdir()):
                point("remove")
                each.unlink(missing_ok=True)
            target.rmdir()
            self._known.discard(target)
            self._touched.pop(target, None)
        elif target.exists():
            point("remove")
            target.unlink()
        else:
            return
        self._touched[target.parent] = None

    def move(self, path: str, to: str) -> None:
        """Another name for a file that is durable; the name is durable after ``settle``."""
        source, target = self.root / path, self.root / to
        self._folder(target.parent, 0o700 if self.private in target.parents else 0o777)
        point("rename")
        source.replace(target)
        self._touched[target.parent] = self._touched[source.parent] = None

    def _sync(self, folders: bool) -> None:
        waiting = [each for each in self._staged if each.handle >= 0]
        touched = list(self._touched) if folders else []
        sync([each.handle for each in waiting], touched)
        for each in waiting:
            os.close(each.handle)
            each.handle = -1
        if folders:
            self._touched.clear()

    def _folder(self, folder: Path, mode: int) -> None:
        if folder in self._known:
            return
        if not folder.exists():
            self._folder(folder.parent, mode)
            folder.mkdir(mode=mode, exist_ok=True)
            self._touched[folder.parent] = None
        self._known.add(folder)
