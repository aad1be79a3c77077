"""A local folder as the root of facts.

A file is staged under a temporary name in ``staged``, synced, renamed into place, and the folder that got the name is synced:
a name appears whole or not at all, and stays when the power fails. Whoever stages a file holds a lock on it until it is in
place, so a sweep tells what a crash left from what another process is writing at this moment. Files in place are read-only.
"""

from __future__ import annotations

import errno
import os
import secrets
import stat
import sys
import time
from collections.abc import Iterable, Sequence
from contextlib import suppress
from hashlib import sha256
from pathlib import Path
from typing import BinaryIO, Final

from hengtan.durable import FileLock, point, sync, try_lock, write

from .root import CHUNK, FORMAT, MARK, STAGED, Staged, chunks_of

_LOCK_WAIT_S: Final = 60.0
_NO_LINKS: Final = {errno.EPERM, errno.ENOTSUP, errno.EOPNOTSUPP, errno.ENOSYS, errno.EMLINK}
_NO_BLOCK: Final = getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_CLOEXEC", 0) | getattr(os, "O_BINARY", 0)
_FORGOTTEN_S: Final = 86_400.0  # where files cannot be locked and renamed: staged by nobody any more after a day


class LocalRoot:
    """A folder. It is made with the first file that is put; reading makes nothing."""

    def __init__(self, folder: Path) -> None:
        self.folder: Path | None = folder
        self.address = str(folder)
        self._folder = folder
        self._known: set[Path] = set()

    def top(self) -> set[str]:
        """See ``Root``."""
        try:
            return {path.name for path in self._folder.iterdir()}
        except FileNotFoundError:
            return set()

    def stage(self, source: bytes | Path) -> Staged:
        """See ``Root``. A staged file stays locked until it is kept or discarded."""
        self._prepare()
        path, handle = self._fresh()
        staged = Staged("", 0, path, handle)
        try:
            if isinstance(source, Path):
                self._copy(source, staged)
            else:
                write(handle, source)
                staged.digest, staged.size = sha256(source).hexdigest(), len(source)
        except BaseException:
            self.discard([staged])
            raise
        return staged

    def keep(self, staged: Sequence[tuple[Staged, str]]) -> None:
        """See ``Root``. One group: the files are synced together, then renamed, then the folders are synced together."""
        sync([each.handle for each, _ in staged])
        touched: dict[Path, None] = {}
        for each, name in staged:
            target = self._target(name, touched)
            if sys.platform == "win32":
                _close(each)  # there an open file has no second name
            point("rename")
            _path(each).replace(target)
            _close(each)
        sync(folders=list(touched))

    def settle(self, names: Sequence[str]) -> None:
        """See ``Root``."""
        handles = [os.open(self._folder / name, os.O_RDONLY | _NO_BLOCK) for name in names]
        try:
            parents = {parent for name in names for parent in (self._folder / name).parents}
            sync(handles)
            sync(folders=sorted(parents - set(self._folder.parents)))
        finally:
            for handle in handles:
                os.close(handle)

    def forget(self, names: Sequence[str]) -> None:
        """See ``Root``."""
        if sys.platform == "linux":
            for name in names:
                with self.open(name) as file:
                    os.posix_fadvise(file.fileno(), 0, 0, os.POSIX_FADV_DONTNEED)

    def discard(self, staged: Iterable[Staged]) -> None:
        """See ``Root``."""
        for each in staged:
            if isinstance(each.source, Path):
                with suppress(OSError):
                    each.source.unlink(missing_ok=True)
            _close(each)

    def create(self, name: str, data: bytes, also: Sequence[str] = ()) -> bool:
        """See ``Root``. By a hard link, which fails when the name is taken; where there are none, the caller's lock has to do."""
        staged = self.stage(data)
        try:
            sync([staged.handle])
            touched = {(self._folder / other).parent: None for other in also}
            target = self._target(name, touched)
            try:
                point("link")
                os.link(_path(staged), target)
            except FileExistsError:
                return False
            except OSError as error:
                if error.errno not in _NO_LINKS:
                    raise
                if target.exists():
                    return False
                point("rename")
                _path(staged).replace(target)
        finally:
            self.discard([staged])
        sync(folders=list(touched))
        return True

    def size(self, name: str) -> int | None:
        """See ``Root``."""
        try:
            return (self._folder / name).stat().st_size
        except (FileNotFoundError, NotADirectoryError):
            return None

    def read(self, name: str, start: int = 0, stop: int | None = None) -> bytes:
        """See ``Root``."""
        with self.open(name) as file:
            file.seek(start)
            return file.read(-1 if stop is None else stop - start)

    def open(self, name: str) -> BinaryIO:
        """See ``Root``. Nothing but a file: a pipe in its place would let the reader wait for ever."""
        handle = os.open(self._folder / name, os.O_RDONLY | _NO_BLOCK)
        if not stat.S_ISREG(os.fstat(handle).st_mode):
            os.close(handle)
            raise OSError(errno.EINVAL, "not a file")
        return os.fdopen(handle, "rb")

    def fetch(self, name: str, target: Path) -> None:
        """See ``Root``."""
        with self.open(name) as file, target.open("wb") as copy:
            while chunk := file.read(CHUNK):
                copy.write(chunk)

    def names(self, folder: str) -> list[tuple[str, int]]:
        """See ``Root``."""
        found = []
        for where, _, files in os.walk(self._folder / folder):
            for file in files:
                path = Path(where, file)
                with suppress(FileNotFoundError):  # gone since: another process swept or compacted
                    found.append((path.relative_to(self._folder).as_posix(), path.stat().st_size))
        return sorted(found)

    def remove(self, names: Iterable[str]) -> None:
        """See ``Root``."""
        touched: dict[Path, None] = {}
        for name in names:
            path = self._folder / name
            point("remove")
            if sys.platform == "win32" and path.exists():
                path.chmod(stat.S_IWRITE)
            with suppress(FileNotFoundError):
                path.unlink()
                touched[path.parent] = None
        sync(folders=list(touched))

    def sweep(self) -> list[tuple[str, int]]:
        """See ``Root``."""
        swept = []
        for name, size in self.names(STAGED):
            path = self._folder / name
            try:
                handle = os.open(path, os.O_RDONLY | _NO_BLOCK)
            except FileNotFoundError:
                continue
            try:
                if sys.platform == "win32":
                    left = time.time() - os.fstat(handle).st_mtime > _FORGOTTEN_S
                else:
                    left = try_lock(handle)
            finally:
                if sys.platform == "win32":
                    os.close(handle)
            if left:
                point("remove")
                path.unlink(missing_ok=True)
                swept.append((name, size))
            if sys.platform != "win32":
                os.close(handle)
        if swept:
            sync(folders=[self._folder / STAGED])
        return swept

    def lock(self, name: str) -> FileLock:
        """See ``Root``. OSError ETIMEDOUT when another process holds it for a minute."""
        self._prepare()
        touched: dict[Path, None] = {}
        self._make((self._folder / name).parent, touched)
        sync(folders=list(touched))
        try:
            return FileLock(self._folder / name, _LOCK_WAIT_S)
        except TimeoutError:
            raise OSError(errno.ETIMEDOUT, f"another process holds {name}") from None

    def creates_once(self) -> bool:
        """See ``Root``. Writers hold a lock, and a hard link fails when the name is taken."""
        return True

    def _prepare(self) -> None:
        staged = self._folder / STAGED
        if staged in self._known:
            return
        touched: dict[Path, None] = {}
        self._make(staged, touched)
        mark = self._folder / MARK
        if not mark.exists():
            path, handle = self._fresh()
            write(handle, FORMAT)
            self.keep([(Staged("", len(FORMAT), path, handle), MARK)])
        else:
            self.settle([MARK])  # whoever made it may have died before it was durable
        sync(folders=list(touched))

    def _fresh(self) -> tuple[Path, int]:
        while True:
            path = self._folder / STAGED / secrets.token_hex(8)
            handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | _NO_BLOCK, 0o444)
            # a sweep may have come between the two lines: then it holds the lock, or has unlinked the name already
            if sys.platform == "win32" or (try_lock(handle) and os.fstat(handle).st_nlink):
                return path, handle
            os.close(handle)
            path.unlink(missing_ok=True)

    @staticmethod
    def _copy(source: Path, staged: Staged) -> None:
        whole = sha256()
        for chunk in chunks_of(source):
            whole.update(chunk)
            write(staged.handle, chunk)
            staged.size += len(chunk)
        staged.digest = whole.hexdigest()

    def _target(self, name: str, touched: dict[Path, None]) -> Path:
        target = self._folder / name
        self._make(target.parent, touched)
        touched[target.parent] = None
        return target

    def _make(self, folder: Path, touched: dict[Path, None]) -> None:
        """The folder and its parents; those that get a new name are to be synced."""
        if folder in self._known:
            return
        new = not folder.exists()
        if new:
            self._make(folder.parent, touched)
            folder.mkdir(exist_ok=True)
        if new or self._folder in folder.parents:
            touched[folder.parent] = None  # of one that is there: whoever made it may have died before it was synced
        self._known.add(folder)


def _path(staged: Staged) -> Path:
    assert isinstance(staged.source, Path)
    return staged.source


def _close(staged: Staged) -> None:
    if staged.handle >= 0:
        os.close(staged.handle)
        staged.handle = -1
