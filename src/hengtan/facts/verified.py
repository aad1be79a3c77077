"""What this process has verified: an object is hashed once, and again when its file is not the same any more."""

from __future__ import annotations

import os
import time
from typing import BinaryIO, Final, TypeAlias

from .refused import FactRefused
from .root import digest_of

Identity: TypeAlias = tuple[int, int, int, int, int]

# A change within one tick of a file system's clock leaves no trace in its times: what is as young as this is not remembered.
YOUNG_NS: Final = 2_000_000_000


class Verified:
    """Digest by digest the identity of the file (device, inode, size, times of content and of inode) that was hashed."""

    def __init__(self) -> None:
        self._seen: dict[str, Identity] = {}

    def check(self, digest: str, file: BinaryIO, where: str) -> None:
        """Hashes the open local file unless this very file was hashed before. FactRefused ``facts.damaged``."""
        identity = identity_of(file)
        if self._seen.get(digest) == identity:
            return
        self._seen.pop(digest, None)
        file.seek(0)
        found, size = digest_of(file)
        if found != digest:
            raise damaged(digest, where, found, size)
        if identity_of(file) != identity:
            raise FactRefused("facts.changing", file=digest, where=where)
        if time.time_ns() - max(identity[3], identity[4]) > YOUNG_NS:
            self._seen[digest] = identity


def identity_of(file: BinaryIO) -> Identity:
    """What tells one state of a file from another without reading it."""
    stat = os.fstat(file.fileno())
    return stat.st_dev, stat.st_ino, stat.st_size, stat.st_mtime_ns, stat.st_ctime_ns


def damaged(digest: str, where: str, found: str, size: int) -> FactRefused:
    """The refusal of an object whose bytes are not those of its name."""
    return FactRefused("facts.damaged", file=digest, where=where, found=found, size=size)
