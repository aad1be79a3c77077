"""The journal: one batch that is decided but perhaps not yet written out, in ``private/journal``.

A batch is decided when its journal is durable: from then on the tree of its new size is what these entries make, and every
start carries it through. Before that nothing of it is visible anywhere. So a size has one root, and a tile one content.

Form: five lines (name and version, old size, new size, root in hex, empty), the entries as uint16-prefixed bytes, and the
SHA-256 of all that as the last 32 bytes.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from hashlib import sha256

from .growth import Growth
from .refused import Refused
from .storage import Storage

NAME = "private/journal"
_FIRST = b"hengtan ledger journal 1"
_CHUNK = 4096
_LINES = 5


@dataclass(frozen=True, slots=True)
class Journal:
    """What was decided: the entries that lead from size ``old`` to size ``new`` with ``root``."""

    old: int
    new: int
    root: bytes
    entries: tuple[bytes, ...]


def stage(storage: Storage, growth: Growth, entries: Sequence[bytes]) -> None:
    """Stages the journal; the batch is decided when it is in place and settled."""
    storage.stage(NAME, _chunks(growth, entries))


def read(storage: Storage) -> Journal | None:
    """The journal, or None. Refused ``log.journal-damaged``: it is renamed into place whole, so a torn one was tampered with."""
    try:
        data = storage.read(NAME)
    except FileNotFoundError:
        return None
    damaged = Refused("log.journal-damaged", file=str(storage.root / NAME))
    head = data[:-32].split(b"\n", _LINES)
    if sha256(data[:-32]).digest() != data[-32:] or len(head) <= _LINES or head[0] != _FIRST:
        raise damaged
    try:
        old, new, root, body = int(head[1]), int(head[2]), bytes.fromhex(head[3].decode()), head[_LINES]
    except ValueError:
        raise damaged from None
    entries = tuple(_entries(body))
    if new - old != len(entries):
        raise damaged
    return Journal(old, new, root, entries)


def _chunks(growth: Growth, entries: Sequence[bytes]) -> Iterator[bytes]:
    whole = sha256()
    head = (_FIRST, b"%d" % growth.old, b"%d" % growth.edge.size, growth.edge.root().hex().encode(), b"", b"")
    chunk = b"\n".join(head)
    for at in range(0, len(entries), _CHUNK):
        chunk += b"".join([len(entry).to_bytes(2, "big") + entry for entry in entries[at : at + _CHUNK]])
        whole.update(chunk)
        yield chunk
        chunk = b""
    yield whole.digest()


def _entries(body: bytes) -> Iterator[bytes]:
    at = 0
    while at < len(body):
        stop = at + 2 + int.from_bytes(body[at : at + 2], "big")
        yield body[at + 2 : stop]
        at = stop
