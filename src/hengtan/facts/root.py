"""Where the bytes lie: names such as ``objects/ab/ab12...`` below a root, each written once and whole.

Two kinds of root: a local folder (``local``) and whatever fsspec reaches by URL (``remote``). Both raise OSError and nothing
else; what it means is for the store to say, which knows what was asked for.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import BinaryIO, Protocol

from hengtan.problems import HengtanError, Problem

from .refused import failed, shown

OBJECTS, PACKS, BOOKS, STAGED, MARK = "objects", "packs", "books", "staged", "facts"
OURS = frozenset((OBJECTS, PACKS, BOOKS, STAGED, MARK))
FORMAT = b"hengtan facts 1\n"
CHUNK = 1 << 20
_DIGEST = re.compile(r"[0-9a-f]{64}")


@dataclass(slots=True)
class Staged:
    """Bytes on their way in, not yet visible under a name.

    source  the bytes themselves, or the file that holds them; handle: of that file where it is ours and locked, else -1
    """

    digest: str
    size: int
    source: bytes | Path
    handle: int = -1


class Root(Protocol):
    """What a store asks of the place where it lies. ``address`` is for people; ``folder`` is None when it is not local."""

    address: str
    folder: Path | None

    def top(self) -> set[str]:
        """What stands directly below the root; nothing when there is none."""

    def stage(self, source: bytes | Path) -> Staged:
        """Takes the bytes in and says what they are."""

    def keep(self, staged: Sequence[tuple[Staged, str]]) -> None:
        """Whole and durable under these names when it returns; what was there before is replaced."""

    def settle(self, names: Sequence[str]) -> None:
        """Durable when it returns: files that are there already, perhaps put by somebody who died since."""

    def forget(self, names: Sequence[str]) -> None:
        """The next reading of these files comes from the medium, where the system can be told so."""

    def discard(self, staged: Iterable[Staged]) -> None:
        """Takes back what was staged and not kept."""

    def create(self, name: str, data: bytes, also: Sequence[str] = ()) -> bool:
        """Whole and durable under a name that nobody had, together with the names ``also``; False when somebody had it."""

    def size(self, name: str) -> int | None:
        """Bytes of the file; None when there is none."""

    def read(self, name: str, start: int = 0, stop: int | None = None) -> bytes:
        """The bytes of a file, or a part of them."""

    def open(self, name: str) -> BinaryIO:
        """The file, to read and to seek in."""

    def fetch(self, name: str, target: Path) -> None:
        """A local copy of the file."""

    def names(self, folder: str) -> list[tuple[str, int]]:
        """Every file below the folder with its size, in order of the names; nothing when there is no folder."""

    def remove(self, names: Iterable[str]) -> None:
        """The files are gone, durably; those that are not there are no failure."""

    def sweep(self) -> list[tuple[str, int]]:
        """Removes what writers that died had staged; their names and sizes."""

    def lock(self, name: str) -> AbstractContextManager[object]:
        """One writer at a time, as far as this kind of root knows locks."""

    def creates_once(self) -> bool:
        """Whether ``create`` holds between two writers here."""


def object_name(digest: str) -> str:
    """``objects/ab/ab12...``"""
    return f"{OBJECTS}/{digest[:2]}/{digest}"


def must_be_digest(text: str) -> str:
    """The same text. HengtanError ``facts.not-a-digest`` when it is not 64 hexadecimal digits: it becomes a file name."""
    if not isinstance(text, str) or not _DIGEST.fullmatch(text):
        raise HengtanError(Problem("facts.not-a-digest", values={"given": shown(text)}))
    return text


def is_digest(text: str) -> bool:
    """Whether it is 64 hexadecimal digits in lower case."""
    return _DIGEST.fullmatch(text) is not None


def chunks_of(path: Path) -> Iterator[bytes]:
    """The bytes of somebody's file. HengtanError ``facts.unreadable`` naming it: that is no failure of the store."""
    try:
        with path.open("rb", buffering=0) as file:
            while chunk := file.read(CHUNK):
                yield chunk
    except OSError as error:
        raise failed("facts.unreadable", error, str(path)) from None


def digest_of(stream: BinaryIO) -> tuple[str, int]:
    """SHA-256 in hexadecimal, and the number of bytes, from where the stream stands to its end."""
    whole, size = sha256(), 0
    while chunk := stream.read(CHUNK):
        whole.update(chunk)
        size += len(chunk)
    return whole.hexdigest(), size
