"""The sequence of a book: entries that are only ever appended, by any number of processes at once.

An entry is a file that is made under the next number, which only one writer can do: on a local folder by a hard link under a
lock, behind a URL by a conditional put. Whoever loses reads what the other wrote and takes the number after it. Full thousands
of entries may be bundled into one file each; locally the single files then go, behind a URL they stay, because there a writer
that was asleep could take a number again whose file is gone.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Final

from hengtan.problems import HengtanError, Problem

from .entry import FIRST, THOUSAND, Entry, bundle_name, bundled, entry_name
from .manifest import Manifest
from .refused import FactRefused, failed
from .root import BOOKS
from .store import Store

_AT_ONCE: Final = 16  # requests to a server under way together
_LOOKS: Final = 5


class Sequence:
    """The entries of one book in their order. FactRefused ``facts.book-damaged`` for one that is not what was appended."""

    def __init__(self, store: Store, name: str, clock: Callable[[], datetime], sole_writer: bool) -> None:
        self._store = store
        self._root = store.root
        self._name = name
        self._clock = clock
        self._sole = sole_writer
        self._entries: list[Entry] = []
        self._digest = FIRST

    @property
    def entries(self) -> list[Entry]:
        """What was read by now."""
        return self._entries

    @property
    def head(self) -> tuple[int, str]:
        """Number of entries that were read by now, and the digest of the last of them."""
        return len(self._entries), self._digest

    def refresh(self) -> None:
        """Reads what was appended since."""
        try:
            if not self._entries:
                self._first_reading()
            while self._bundle() or self._single():
                pass
        except OSError as error:
            raise failed("facts.unreadable", error, f"{BOOKS}/{self._name}") from None

    def append(self, check: Callable[[], Entry | None], manifest: Manifest | None, merged: str = "") -> Entry:
        """The entry, durable. ``check`` is asked when everything before it has been read; it may refuse, or know the entry.

        HengtanError ``facts.no-conditional-put``, ``facts.not-written``.
        """
        self._store.must_be_ours()
        writer = secrets.token_hex(8)
        with self._store.writing():
            if not self._sole and not self._root.creates_once():
                raise HengtanError(Problem("facts.no-conditional-put", file=self._store.address))
            with self._root.lock(f"{BOOKS}/{self._name}/lock"):
                lost = (
                    self._root.folder is not None or not self._entries
                )  # behind a URL losing is noticed without looking
                while True:
                    if lost:
                        self.refresh()
                    known, lost = check(), True
                    if known is not None:
                        self._root.settle([self._file_of(known.sequence)])
                        return known
                    entry = self._next(manifest, merged, writer)
                    before = [entry_name(self._name, entry.sequence - 1)] if entry.sequence else []
                    if self._root.create(entry_name(self._name, entry.sequence), entry.lines, before):
                        self._take(entry, entry.digest, entry.sequence)
                        return entry

    def bundle(self) -> int:
        """Bundles the full thousands that are not yet; how many."""
        made = 0
        with self._store.writing(), self._root.lock(f"{BOOKS}/{self._name}/lock"):
            self.refresh()
            for number in range(len(self._entries) // THOUSAND):
                entries = self._entries[number * THOUSAND : (number + 1) * THOUSAND]
                name = bundle_name(self._name, number)
                whole = b"".join(entry.lines for entry in entries)
                if self._root.size(name) is None:
                    made += self._root.create(name, whole)
                singles = self._root.names(entry_name(self._name, number * THOUSAND).rsplit("/", 1)[0])
                if self._root.folder is not None and singles:
                    self._root.settle([name])  # whoever made it may have died before it was durable
                    self._root.forget([name])
                    if self._root.read(name) != whole:
                        raise FactRefused("facts.book-damaged", file=name, why="it is not what its entries say")
                    self._root.remove([single for single, _ in singles])
        return made

    def _next(self, manifest: Manifest | None, merged: str, writer: str) -> Entry:
        clock = self._clock().astimezone(UTC)
        recorded = max(clock, self._entries[-1].recorded) if self._entries else clock
        return Entry(len(self._entries), recorded, clock, self._digest, writer, manifest, merged)

    def _first_reading(self) -> None:
        """All single files at once, as far as they go on without a hole from the bundles or from 0."""
        for left in reversed(range(_LOOKS)):
            while self._bundle():
                pass
            start = len(self._entries)
            singles = [name for name, _ in self._root.names(f"{BOOKS}/{self._name}/entries")]
            singles = [name for name in singles if name >= entry_name(self._name, start)]
            wanted = [entry_name(self._name, number) for number in range(start, start + len(singles))]
            if singles == wanted:
                try:
                    for number, data in enumerate(self._all(singles), start):
                        self._take(*self._parsed(data, singles[number - start]), number)
                    return
                except FileNotFoundError:
                    continue  # bundled meanwhile
            if not left:
                hole = next(name for name, other in zip(wanted, singles, strict=True) if name != other)
                raise FactRefused("facts.book-damaged", file=hole, why="it is missing, and later ones are there")
            # a listing that was taken while others append may show a later file without an earlier one

    def _all(self, names: list[str]) -> Iterator[bytes]:
        if self._root.folder is not None or len(names) < 2:
            yield from map(self._root.read, names)
            return
        with ThreadPoolExecutor(_AT_ONCE) as threads:
            yield from threads.map(self._root.read, names)

    def _bundle(self) -> bool:
        """Reads the bundle that holds the next entry; whether there is one."""
        number = len(self._entries) // THOUSAND
        name = bundle_name(self._name, number)
        try:
            data = self._root.read(name)
        except FileNotFoundError:
            return False
        with _of(name):
            parts = bundled(data)
        for at, part in list(enumerate(parts, number * THOUSAND))[len(self._entries) % THOUSAND :]:
            self._take(*self._parsed(part, name), at)
        return True

    def _single(self) -> bool:
        """Reads the next entry; whether there is one."""
        number = len(self._entries)
        name = entry_name(self._name, number)
        try:
            data = self._root.read(name)
        except FileNotFoundError:
            return False
        self._take(*self._parsed(data, name), number)
        return True

    @staticmethod
    def _parsed(data: bytes, name: str) -> tuple[Entry, str]:
        with _of(name):
            return Entry.parse(data)

    def _take(self, entry: Entry, digest: str, number: int) -> None:
        with _of(entry_name(self._name, number)):
            if entry.sequence != number:
                raise ValueError(f"it is entry {entry.sequence}")
            if entry.previous != self._digest:
                raise ValueError("the entry before it is not the one it was appended to")
            if self._entries and entry.recorded < self._entries[-1].recorded:
                raise ValueError("it was recorded earlier than the entry before it")
        self._entries.append(entry)
        self._digest = digest

    def _file_of(self, sequence: int) -> str:
        single = entry_name(self._name, sequence)
        return single if self._root.size(single) is not None else bundle_name(self._name, sequence // THOUSAND)


@contextmanager
def _of(name: str) -> Iterator[None]:
    try:
        yield
    except ValueError as error:
        raise FactRefused("facts.book-damaged", file=name, why=str(error)) from None
