"""An entry of a book: a manifest in its place in the sequence, chained to the entry before it.

A file of a book holds two lines: the entry as RFC 8785 JSON, and the SHA-256 of that line. The digest of an entry stands in
the next one, so the digest of the last entry vouches for the whole book.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from typing import Any, Final

from .manifest import Manifest, moment, stamp
from .root import BOOKS, is_digest
from .text import Json, decoded, encoded

VERSION: Final = "1"
FIRST: Final = "0" * 64  # what the first entry has for a predecessor
THOUSAND: Final = 1000  # entries of a folder, and of a bundle
_COUNT: Final = re.compile(r"0|[1-9][0-9]{0,8}")
_WRITER: Final = re.compile(r"[0-9a-f]{16}")


@dataclass(frozen=True, slots=True)
class Entry:
    """One line of a book.

    sequence  0, 1, 2, ...: it alone decides what came after what
    recorded  when, never earlier than the entry before: the greater of the writer's clock and that one's
    clock     what the writer's clock said; earlier than ``recorded`` where it had been set back
    previous  digest of the entry before
    writer    16 random hexadecimal digits of the one attempt to append it
    manifest  the batch; None where the entry only says that ``merged`` holds batches of before
    merged    digest of the description of merged tables, or ""
    """

    sequence: int
    recorded: datetime
    clock: datetime
    previous: str
    writer: str
    manifest: Manifest | None = None
    merged: str = ""

    @property
    def encoded(self) -> bytes:
        """The one text of it."""
        members: dict[str, Json] = {
            "version": VERSION,
            "sequence": str(self.sequence),
            "recorded": stamp(self.recorded),
            "clock": stamp(self.clock),
            "previous": self.previous,
            "writer": self.writer,
        }
        if self.manifest is None:
            members["merged"] = self.merged
        else:
            members["manifest"] = decoded(self.manifest.encoded)
        return encoded(members)

    @property
    def digest(self) -> str:
        """SHA-256 of :attr:`encoded`, in hexadecimal."""
        return sha256(self.encoded).hexdigest()

    @property
    def lines(self) -> bytes:
        """The entry as it stands in its file."""
        text = self.encoded
        return text + b"\n" + sha256(text).hexdigest().encode() + b"\n"

    @classmethod
    def parse(cls, lines: bytes) -> tuple[Entry, str]:
        """The entry of a file, and its digest. ValueError for what :attr:`lines` would not have written."""
        text, digest, *rest = lines.split(b"\n")
        if rest != [b""] or sha256(text).hexdigest().encode() != digest:
            raise ValueError("its digest does not fit")
        value = decoded(text)
        members: dict[str, Any] = dict(value) if isinstance(value, dict) else {}
        if members.pop("version", "") != VERSION:
            raise ValueError("not an entry of version 1")
        manifest, merged = members.pop("manifest", None), members.pop("merged", "")
        if set(members) != {"sequence", "recorded", "clock", "previous", "writer"} or (manifest is None) != bool(
            merged
        ):
            raise ValueError("not an entry")
        sequence, previous, writer = members["sequence"], members["previous"], members["writer"]
        if not (isinstance(sequence, str) and _COUNT.fullmatch(sequence)):
            raise ValueError("sequence")
        if not (
            isinstance(previous, str) and is_digest(previous) and isinstance(writer, str) and _WRITER.fullmatch(writer)
        ):
            raise ValueError("previous")
        if merged and not (isinstance(merged, str) and is_digest(merged)):
            raise ValueError("merged")
        entry = cls(
            int(sequence),
            moment(members["recorded"]),
            moment(members["clock"]),
            previous,
            writer,
            Manifest.of(manifest) if manifest is not None else None,
            merged,
        )
        return entry, digest.decode()


def entry_name(book: str, sequence: int) -> str:
    """``books/energy/entries/000001/000001042``"""
    return f"{BOOKS}/{book}/entries/{sequence // THOUSAND:06d}/{sequence:09d}"


def bundle_name(book: str, number: int) -> str:
    """``books/energy/bundles/000001``: a thousand entries, one behind the other."""
    return f"{BOOKS}/{book}/bundles/{number:06d}"


def bundled(data: bytes) -> list[bytes]:
    """The files of a bundle. ValueError when it does not hold a thousand."""
    lines = data.split(b"\n")
    if lines.pop() or len(lines) != 2 * THOUSAND:
        raise ValueError("not a thousand entries")
    return [lines[at] + b"\n" + lines[at + 1] + b"\n" for at in range(0, len(lines), 2)]
