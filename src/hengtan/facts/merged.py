"""Merged tables: the rows of many small batches in one Parquet file, beside the objects and never instead of them.

A description says which batches a merged table holds, in which order and how many rows of each; both are named by their
SHA-256 and lie in ``books/NAME/merged``. An entry of the book names the description, so a merged table that somebody slipped
in is not in the chain. Whatever lies here may be deleted at any time: it can be made again from the objects.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from .refused import FactRefused
from .root import BOOKS, is_digest
from .text import Json, decoded, encoded

if TYPE_CHECKING:
    from .book import Book
    from .manifest import Manifest

VERSION: Final = "1"


@dataclass(frozen=True, slots=True)
class Merged:
    """What one merged table holds.

    kind      of the batches
    table     digest of the Parquet file
    batches   id of the manifest and number of rows of each batch, in the order of the rows
    replaces  digests of descriptions whose tables are in this one and no longer needed
    """

    kind: str
    table: str
    batches: tuple[tuple[str, int], ...]
    replaces: tuple[str, ...] = ()

    @property
    def rows(self) -> int:
        """Of the whole table."""
        return sum(rows for _, rows in self.batches)

    @property
    def encoded(self) -> bytes:
        """The one text of it."""
        batches: list[Json] = [[identity, str(rows)] for identity, rows in self.batches]
        return encoded(
            {
                "version": VERSION,
                "kind": self.kind,
                "table": self.table,
                "batches": batches,
                "replaces": list(self.replaces),
            }
        )

    @property
    def digest(self) -> str:
        """SHA-256 of :attr:`encoded`, in hexadecimal."""
        return sha256(self.encoded).hexdigest()

    @classmethod
    def parse(cls, data: bytes) -> Merged:
        """The description of a text. ValueError for any other."""
        value = decoded(data)
        members: dict[str, Any] = dict(value) if isinstance(value, dict) else {}
        if set(members) != {"version", "kind", "table", "batches", "replaces"} or members["version"] != VERSION:
            raise ValueError("not a description of version 1")
        try:
            batches = tuple((str(identity), int(rows)) for identity, rows in members["batches"])
            found = cls(str(members["kind"]), str(members["table"]), batches, tuple(map(str, members["replaces"])))
        except TypeError:
            raise ValueError("batches") from None
        if not is_digest(found.table) or found.encoded != data:
            raise ValueError("not a description")
        return found


@dataclass(frozen=True, slots=True)
class Run:
    """Rows [start, stop) of one Parquet file: of an object, or of a merged table."""

    digest: str
    merged: bool
    start: int
    stop: int
    identity: str  # of the first batch in it


def merged_name(book: str, digest: str) -> str:
    """``books/energy/merged/ab12...``"""
    return f"{BOOKS}/{book}/merged/{digest}"


def alive(book: Book) -> dict[str, Merged]:
    """The descriptions that hold, newest first, by their digests; those that were deleted or replaced are left out."""
    found: dict[str, Merged] = {}
    replaced: set[str] = set()
    for entry in reversed(book.entries()):
        if not entry.merged or entry.merged in replaced or entry.merged in found:
            continue
        name = merged_name(book.name, entry.merged)
        try:
            data = book.store.root.read(name)
        except FileNotFoundError:
            continue
        if sha256(data).hexdigest() != entry.merged:
            raise FactRefused(
                "facts.damaged", file=entry.merged, where=name, found=sha256(data).hexdigest(), size=len(data)
            )
        try:
            merged = Merged.parse(data)
        except ValueError as error:
            raise FactRefused("facts.book-damaged", file=name, why=str(error)) from None
        replaced.update(merged.replaces)
        if book.store.root.size(merged_name(book.name, merged.table)) is not None:
            found[entry.merged] = merged
    return found


def runs(manifests: Mapping[str, Manifest], merged: Iterable[Merged]) -> list[Run]:
    """Where the rows of these batches are read, batch by batch in their order; neighbours in one file are one run."""
    places: dict[str, Run] = {}
    for each in merged:
        start = 0
        for identity, rows in each.batches:
            if identity in manifests:
                places.setdefault(identity, Run(each.table, True, start, start + rows, identity))
            start += rows
    found: list[Run] = []
    for identity, manifest in manifests.items():
        run = places.get(identity) or Run(manifest.digest, False, 0, manifest.rows, identity)
        last = found[-1] if found else None
        if (
            last is not None
            and (last.digest, last.merged, last.stop) == (run.digest, run.merged, run.start)
            and run.merged
        ):
            found[-1] = Run(last.digest, True, last.start, run.stop, last.identity)
        else:
            found.append(run)
    return found


def file_of(book: Book, run: Run) -> Path:
    """The verified file of a run."""
    if run.merged:
        return book.store.beside(merged_name(book.name, run.digest), run.digest)
    return book.store.path(run.digest)


def left_over(book: Book, living: Mapping[str, Merged]) -> list[str]:
    """Files among the merged ones that serve nothing: replaced, or left by a compaction that was cut short."""
    root = book.store.root
    wanted = {*living, *(each.table for each in living.values())}
    there = {name.rsplit("/", 1)[1]: name for name, _ in root.names(f"{BOOKS}/{book.name}/merged")}
    if root.folder is None:  # there is no lock: what no entry names may be on its way in by another process
        recorded = {entry.merged for entry in book.entries() if entry.merged} & set(there)
        tables = {Merged.parse(root.read(there[digest])).table for digest in recorded - wanted}
        there = {digest: there[digest] for digest in (recorded | tables) & set(there)}
    return [name for digest, name in there.items() if digest not in wanted]
