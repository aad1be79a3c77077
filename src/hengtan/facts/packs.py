"""Packs: the bytes of many small objects in one file, each still found by its digest and verified by it.

A pack is a ZIP archive whose members are stored as they are and named by their SHA-256, so ``unzip`` and ``sha256sum`` are
enough to take it apart. It lies in ``packs`` under the SHA-256 of itself. Which member lies where is read from the archive's
directory and never believed: what is read from there is hashed like any other object.
"""

from __future__ import annotations

import zipfile
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass
from io import BytesIO
from typing import Final

from .refused import FactRefused
from .root import PACKS, Root, digest_of, is_digest

SMALL: Final = 8 << 20  # bytes of an object that is worth packing
LARGEST: Final = 64 << 20  # bytes of a pack
MOST: Final = 10_000  # members of a pack
_HEADER: Final = 30  # of a member, before its name
_FIXED: Final = (1980, 1, 1, 0, 0, 0)


@dataclass(frozen=True, slots=True)
class Slice:
    """Where an object lies in a pack: ``pack`` is a name below the root, start and stop are bytes."""

    pack: str
    start: int
    stop: int

    @property
    def size(self) -> int:
        """Bytes of the object."""
        return self.stop - self.start


class Packs:
    """The directories of all packs of a root, read when they are first asked for."""

    def __init__(self, root: Root) -> None:
        self._root = root
        self._read: dict[str, dict[str, Slice]] = {}
        self._slices: dict[str, Slice] = {}
        self._unreadable: dict[str, str] = {}
        self._whole: set[str] = set()

    def find(self, digest: str) -> Slice | None:
        """Where the object lies."""
        found = self._slices.get(digest)
        if found is None and self.refresh():
            found = self._slices.get(digest)
        return found

    def must_be_whole(self, digest: str) -> None:
        """FactRefused ``facts.pack-damaged`` when an object that was not found may have been in a pack that is damaged.

        Every pack is hashed for that, once per process: a flipped bit in its directory hides a member.
        """
        for pack in sorted(self._read):
            if pack not in self._whole:
                with self._root.open(pack) as file:
                    found, _ = digest_of(file)
                if pack_name(found) == pack:
                    self._whole.add(pack)
                else:
                    self._unreadable[pack] = f"SHA-256 {found}"
                    del self._read[pack]
        for pack, why in self._unreadable.items():
            raise FactRefused("facts.pack-damaged", file=digest, pack=pack, why=why)

    def digests(self) -> set[str]:
        """Every object in a pack."""
        self.refresh()
        return set(self._slices)

    def holding(self, digests: Collection[str]) -> dict[str, dict[str, Slice]]:
        """The packs that hold any of these, each with all its members."""
        self.refresh()
        return {pack: members for pack, members in self._read.items() if not members.keys().isdisjoint(digests)}

    def refresh(self) -> bool:
        """Looks for packs that came or went since; whether there were any."""
        there = dict(self._root.names(PACKS))
        known = set(self._read) | set(self._unreadable)
        if set(there) == known:
            return False
        for pack in known - set(there):
            self._unreadable.pop(pack, None)
            self._read.pop(pack, None)
        self._slices = {digest: found for digest, found in self._slices.items() if found.pack in there}
        for pack in sorted(set(there) - known):
            try:
                found = dict(self._directory(pack, there[pack]))
            except FileNotFoundError:
                continue
            except Exception as error:  # a damaged archive fails in a dozen ways
                self._unreadable[pack] = str(error) or type(error).__name__
                continue
            self._read[pack] = found
            self._slices.update(found)
        return True

    def _directory(self, pack: str, size: int) -> Iterator[tuple[str, Slice]]:
        with self._root.open(pack) as file, zipfile.ZipFile(file) as archive:
            for member in archive.infolist():
                if not is_digest(member.filename) or member.compress_type != zipfile.ZIP_STORED:
                    raise ValueError(f"member {member.filename!r}")
                start = member.header_offset + _HEADER + len(member.filename)
                if not 0 < start <= start + member.file_size <= size:
                    raise ValueError(f"member {member.filename!r} outside the file")
                yield member.filename, Slice(pack, start, start + member.file_size)


def packed(objects: Iterable[tuple[str, bytes]]) -> Iterator[bytes]:
    """Archives of these objects, each of a size that is easily held; the same objects in the same order give the same bytes."""
    archive, held, size, count = None, BytesIO(), 0, 0
    for digest, data in objects:
        if archive is not None and (size + len(data) > LARGEST or count == MOST):
            archive.close()
            yield held.getvalue()
            archive, held, size, count = None, BytesIO(), 0, 0
        if archive is None:
            archive = zipfile.ZipFile(held, "w", zipfile.ZIP_STORED, allowZip64=False)
        member = zipfile.ZipInfo(digest, _FIXED)
        member.create_system, member.external_attr = 3, 0o100444 << 16  # alike on every system
        archive.writestr(member, data)
        size, count = size + len(data), count + 1
    if archive is not None:
        archive.close()
        yield held.getvalue()


def pack_name(digest: str) -> str:
    """``packs/ab12....zip``"""
    return f"{PACKS}/{digest}.zip"
