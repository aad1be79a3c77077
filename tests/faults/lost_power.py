"""A disk that forgets what was not fsynced: watches a real writer and rebuilds the folder as a power failure may leave it.

What the model takes from POSIX, at its worst: bytes of a file are there after an fsync of that file, and nothing of them before;
a name (made, renamed, removed) is there after an fsync of its folder, and before that it may be or not, each by itself.
"""

import os
import shutil
from dataclasses import dataclass, field
from pathlib import Path

from hengtan.durable import medium


@dataclass
class Disk:
    """Every operation of the writer on ``root``, in order; ``mark`` puts a word of the test between them."""

    root: Path
    begun: dict = field(default_factory=dict)
    events: list = field(default_factory=list)

    def watch(self, monkeypatch):
        self.begun = {path.relative_to(self.root): _content(path) for path in sorted(self.root.rglob("*"))}
        replace, unlink, rmdir, mkdir = Path.replace, Path.unlink, Path.rmdir, Path.mkdir
        sync_handle, sync_folder = medium.sync_handle, medium.sync_folder

        def watched_sync(handle):
            sync_handle(handle)
            self.events.append(("bytes", os.fstat(handle).st_ino, _bytes(handle)))

        def watched_folder(folder):
            sync_folder(folder)
            self._seen("folder", folder)

        def watched_replace(path, target):
            inode = path.stat().st_ino
            done = replace(path, target)
            self._seen("gone", path)
            self._seen("name", Path(target), inode)
            return done

        def watched_unlink(path, missing_ok=False):
            unlink(path, missing_ok=missing_ok)
            self._seen("gone", path)

        def watched_rmdir(path):
            rmdir(path)
            self._seen("gone", path)

        def watched_mkdir(path, *given, **more):
            new = not path.exists()
            mkdir(path, *given, **more)
            if new:
                self._seen("name", path, None)

        monkeypatch.setattr(medium, "sync_handle", watched_sync)
        monkeypatch.setattr(medium, "sync_folder", watched_folder)
        for name, spy in [
            ("replace", watched_replace),
            ("unlink", watched_unlink),
            ("rmdir", watched_rmdir),
            ("mkdir", watched_mkdir),
        ]:
            monkeypatch.setattr(Path, name, spy)

    def mark(self, *words):
        self.events.append(("mark", *words))

    def _seen(self, kind, path, *more):
        if path.is_relative_to(self.root):
            self.events.append((kind, path.relative_to(self.root), *more))

    def rebuild(self, count, target, persists):
        """The folder after the first ``count`` operations and a power failure; ``persists()`` decides for each open name."""
        durable, held, pending = dict(self.begun), {}, []
        for kind, *what in self.events[:count]:
            if kind == "bytes":
                held[what[0]] = what[1]
            elif kind == "folder":
                for change in [each for each in pending if each[1].parent == what[0]]:
                    _apply(durable, change, held)
                    pending.remove(change)
            elif kind in ("name", "gone"):
                pending.append((kind, *what))
        for change in pending:
            if persists():
                _apply(durable, change, held)
        shutil.rmtree(target, ignore_errors=True)
        target.mkdir()
        for path, data in sorted(durable.items()):
            if not all(parent in durable for parent in path.parents if parent != Path()):
                continue
            if data is None:
                (target / path).mkdir()
            else:
                (target / path).write_bytes(data)
                (target / path).chmod(0o600)
        return target


def _apply(durable, change, held):
    kind, path, *inode = change
    if kind == "gone":
        durable.pop(path, None)
    else:
        durable[path] = None if inode[0] is None else held.get(inode[0], b"")


def _content(path):
    return None if path.is_dir() else path.read_bytes()


def _bytes(handle):
    """Of a file that is open for writing alone."""
    return Path(f"/proc/self/fd/{handle}").read_bytes()
