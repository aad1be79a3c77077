"""Where the facts of a ledger lie, and what a run that was cut short may have left among them.

``private/facts`` is the ledger's own store; others (``--facts URL``) are remembered in ``private/facts-roots``. While a run is
kept, ``private/unfinished/<name>`` lists the objects that it brings: when the process is killed before the entry is durable,
the list says whose they are. The same run, kept again, names them all.
"""

from __future__ import annotations

import os
import secrets
from collections.abc import Iterable
from pathlib import Path

from hengtan.ledger.storage import PRIVATE, sync_folder

_ROOTS = "facts-roots"


def own_root(folder: Path) -> Path:
    """The store inside the ledger's folder."""
    return folder / PRIVATE / "facts"


def roots_of(folder: Path) -> list[str]:
    """Every root that this ledger put facts into; paths and URLs."""
    try:
        told = (folder / PRIVATE / _ROOTS).read_text("utf-8").splitlines()
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
        try:
            lists = sorted(self._folder.iterdir())
        except OSError:
            return frozenset()
        return frozenset(line for path in lists for line in path.read_text("utf-8", "replace").splitlines())

    def begin(self, digests: Iterable[str]) -> Path:
        """A durable list; give it to :meth:`end` when the entry that names these objects is durable."""
        self._folder.mkdir(mode=0o700, exist_ok=True)
        path = self._folder / secrets.token_hex(8)
        _write(path, "".join(f"{digest}\n" for digest in digests))
        return path

    @staticmethod
    def end(path: Path) -> None:
        """The objects of the list are named by an entry, or were never brought."""
        path.unlink(missing_ok=True)
        sync_folder(path.parent)


def _write(path: Path, text: str) -> None:
    fresh = path.with_name(f".{path.name}.fresh")
    with os.fdopen(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w", encoding="utf-8") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
    fresh.replace(path)
    sync_folder(path.parent)
