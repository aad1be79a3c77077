"""The newest checkpoint that was ever signed, remembered beside the key: what makes a restored old backup known for one.

It is written after signing and before publishing, to ``private/newest``, and to a second place if one is given: where the
key lies outside the log folder, the memory belongs beside it, for a backup of the whole folder brings its own memory back.
"""

from __future__ import annotations

from pathlib import Path

from hengtan.durable import rewrite

from .storage import Storage

NAME = "private/newest"


class Memory:
    """The places where the newest checkpoint is kept. ``beside``: a file, usually next to a key outside the folder."""

    def __init__(self, storage: Storage, beside: Path | None = None) -> None:
        self._storage = storage
        self._beside = beside

    def notes(self) -> list[tuple[str, bytes]]:
        """File and signed note of every place that has one."""
        places = [self._storage.root / NAME, *([self._beside] if self._beside else [])]
        return [(str(place), place.read_bytes()) for place in places if place.exists()]

    def stage(self, note: bytes) -> None:
        """Stages the note for the folder; beside the key it is durable when this returns."""
        self._storage.stage(NAME, note)
        if self._beside is not None:
            rewrite(self._beside, note, 0o600)
