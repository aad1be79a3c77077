"""Where the facts of a ledger lie, and what a run that was cut short may have left among them.

``private/facts`` is the ledger's own store; others (``--facts URL``) are remembered in ``private/facts-roots``. While a run is
kept, ``private/unfinished/<name>`` lists the objects that it brings: when the process is killed before the entry is durable,
the list says whose they are. The same run, kept again, names them all.
"""

from __future__ import annotations

import os
import secrets
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path

from hengtan.durable import point, regular_bytes, sync, write
from hengtan.ledger.storage import PRIVATE

_ROOTS = "facts-roots"
_LONGEST = 1 << 28  # bytes of a list
_ERASING = "erasing-"


def own_root(folder: Path) -> Path:
    """The store inside the ledger's folder."""
    return folder / PRIVATE / "facts"


def roots_of(folder: Path) -> list[str]:
    """Every root that this ledger put facts into; paths and URLs."""
    try:
        told = regular_bytes(folder / PRIVATE / _ROOTS, _LONGEST).decode("utf-8", "replace").splitlines()
    except OSError:
        told = []
    return [str(own_root(folder)), *(line for line in told if line)]


def remember_root(folder: Path, root: str) -> None:
    """Note a root outside the ledger's folder, durably. The caller holds the ledger's lock."""
    known = roots_of(folder)
    if root not in known:
        _write(folder / PRIVATE / _ROOTS, "".join(f"{one}\n" for one in [*known[1:], root]))


class Unfinished:
    """The lists of objects that a ledger is about to be given, or was when a process died."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder / PRIVATE / "unfinished"

    def digests(self) -> frozenset[str]:
        """All objects that stand in a list."""
        found: set[str] = set()
        with suppress(OSError):
            for path in self._folder.iterdir():
                with suppress(OSError):  # ended meanwhile, or no list
                    if not path.name.startswith("."):
                        found.update(regular_bytes(path, _LONGEST).decode("utf-8", "replace").split())
        return frozenset(found)

    def begin(self, digests: Iterable[str]) -> Path:
        """A durable list; give it to :meth:`end` when the entry that names these objects is durable."""
        self._folder.mkdir(mode=0o700, exist_ok=True)
        path = self._folder / secrets.token_hex(8)
        _write(path, "".join(f"{digest}\n" for digest in digests))
        return path

    def begin_erasing(self, index: int, digests: Iterable[str]) -> Path:
        """A durable list of the objects that go with the record of an entry; :meth:`end` it when they are gone."""
        self._folder.mkdir(mode=0o700, exist_ok=True)
        path = self._folder / f"{_ERASING}{index}"
        _write(path, "".join(f"{digest}\n" for digest in digests))
        return path

    def erasing(self) -> dict[int, tuple[Path, list[str]]]:
        """By index of the entry, the lists of erasures that were cut short."""
        found = {}
        for path in sorted(self._folder.glob(f"{_ERASING}*")):
            index = path.name.removeprefix(_ERASING)
            if index.isdecimal():
                found[int(index)] = (path, path.read_text("utf-8", "replace").splitlines())
        return found

    @staticmethod
    def end(path: Path) -> None:
        """The objects of the list are named by an entry, or were never brought."""
        point("remove")
        path.unlink(missing_ok=True)
        sync(folders=[path.parent])


def _write(path: Path, text: str) -> None:
    fresh = path.with_name(f".{path.name}.fresh")
    handle = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    try:
        write(handle, text.encode())
        sync([handle])
    finally:
        os.close(handle)
    point("rename")
    fresh.replace(path)
    sync(folders=[path.parent])
