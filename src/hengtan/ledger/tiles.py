"""Tiles: how a log's hashes and entries lie in files that any web server can serve (C2SP tlog-tiles).

>>> tile_path(0, 1234067), tile_path(1, 5, width=17), entries_path(273, width=112)
('tile/0/x001/x234/067', 'tile/1/005.p/17', 'tile/entries/273.p/112')

A tile holds up to 256 hashes of 32 bytes: tile (level, index) the roots of complete subtrees of ``256**level`` entries, from
number ``256 * index`` on. An entry bundle holds the entries of one tile of level 0, each behind its length in two bytes.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Iterable, Iterator
from typing import Final

from .merkle import HASH_BYTES, packed_parents
from .refused import Refused

WIDTH: Final = 256
HEIGHT: Final = 8
MAX_ENTRY_BYTES: Final = 65_535
_KEPT_TILES: Final = 1024


def tile_path(level: int, index: int, width: int = WIDTH) -> str:
    """Where the tile lies in the folder of the log; ``width`` below 256 names a partial tile."""
    return f"tile/{level}/{_number(index)}{_part(width)}"


def entries_path(index: int, width: int = WIDTH) -> str:
    """Where the entries of tile (0, index) lie."""
    return f"tile/entries/{_number(index)}{_part(width)}"


def _number(index: int) -> str:
    groups = [f"{index % 1000:03d}"]
    while index >= 1000:
        index //= 1000
        groups.append(f"x{index % 1000:03d}")
    return "/".join(reversed(groups))


def _part(width: int) -> str:
    if not 1 <= width <= WIDTH:
        raise ValueError(f"a tile holds 1 to {WIDTH} hashes, not {width}")
    return "" if width == WIDTH else f".p/{width}"


def tiles_of(size: int) -> Iterator[tuple[int, int, int]]:
    """(level, index, width) of every hash tile that a tree of ``size`` entries has, level by level, in order."""
    level, count = 0, size
    while count:
        for index in range(count // WIDTH):
            yield level, index, WIDTH
        if count % WIDTH:
            yield level, count // WIDTH, count % WIDTH
        level, count = level + 1, count // WIDTH


def bundles_of(size: int) -> Iterator[tuple[int, int]]:
    """(index, width) of every entry bundle of a tree of ``size`` entries."""
    for index in range(size // WIDTH):
        yield index, WIDTH
    if size % WIDTH:
        yield size // WIDTH, size % WIDTH


def encode_bundle(entries: Iterable[bytes]) -> bytes:
    """Entries laid end to end. Raises Refused ``tile.entry-too-large`` above 65,535 bytes."""
    parts: list[bytes] = []
    for entry in entries:
        if len(entry) > MAX_ENTRY_BYTES:
            raise Refused("tile.entry-too-large", given=len(entry), limit=MAX_ENTRY_BYTES)
        parts.append(len(entry).to_bytes(2, "big"))
        parts.append(entry)
    return b"".join(parts)


def decode_bundle(data: bytes) -> list[bytes]:
    """The entries of a bundle. Raises Refused ``tile.bundle-cut`` when the bytes end within an entry, or go on beyond 256."""
    entries: list[bytes] = []
    at, end = 0, len(data)
    while at < end:
        start = at + 2
        at = start + int.from_bytes(data[at:start], "big")
        if start > end or at > end or len(entries) == WIDTH:
            raise Refused("tile.bundle-cut", given=end)
        entries.append(data[start:at])
    return entries


class TileReader:
    """Reads the tree of a log from its tiles; is a ``Node`` for :mod:`.merkle`.

    read  gives the bytes of a path such as ``tile/0/000``, from a folder or a server; FileNotFoundError where there is none
    size  how many entries the tree has: it says which tiles are whole and which are partial

    Nothing read here is trusted: whoever computes a root from it compares that root with a checkpoint's.
    Every method raises Refused: ``tile.missing``, ``tile.length``, ``tile.entry-count``, ``tile.bundle-cut``,
    ``tile.beyond-size``.
    """

    def __init__(self, read: Callable[[str], bytes], size: int) -> None:
        self.size = size
        self._read = read
        self._tiles: OrderedDict[tuple[int, int], list[bytes]] = OrderedDict()

    def __call__(self, level: int, index: int) -> bytes:
        """The hash of the complete subtree of ``2**level`` entries that begins at ``index * 2**level``."""
        if level < 0 or index < 0 or (index + 1) << level > self.size:
            raise Refused("tile.beyond-size", level=level, index=index, size=self.size)
        tile_level, height = divmod(level, HEIGHT)
        tile, within = divmod(index << height, WIDTH)
        heights = self._heights(tile_level, tile)
        while len(heights) <= height:
            heights.append(packed_parents(heights[-1]))
        at = (within >> height) * HASH_BYTES
        return heights[height][at : at + HASH_BYTES]

    def tile(self, level: int, index: int) -> bytes:
        """The hashes of a tile as this size has it, end to end."""
        width = self._width(level, index)
        wide, path, data = self._first(lambda wide: tile_path(level, index, wide), width)
        if len(data) != wide * HASH_BYTES:
            raise Refused("tile.length", file=path, wanted=wide * HASH_BYTES, given=len(data))
        return data[: width * HASH_BYTES]

    def entries(self, start: int, stop: int) -> Iterator[bytes]:
        """The entries [start, stop), bundle by bundle."""
        if not 0 <= start <= stop <= self.size:
            raise Refused("tile.beyond-size", level=0, index=stop, size=self.size)
        while start < stop:
            bundle, within = divmod(start, WIDTH)
            entries = self.bundle(bundle)[within : within + stop - start]
            yield from entries
            start += len(entries)

    def bundle(self, index: int) -> list[bytes]:
        """The entries of tile (0, index), as many as this size has."""
        width = self._width(0, index)
        wide, path, data = self._first(lambda wide: entries_path(index, wide), width)
        try:
            entries = decode_bundle(data)
        except Refused as refused:
            raise refused.at(path) from None
        if len(entries) != wide:
            raise Refused("tile.entry-count", file=path, wanted=wide, given=len(entries))
        return entries[:width]

    def _first(self, path_of: Callable[[int], str], width: int) -> tuple[int, str, bytes]:
        """Width, path and bytes of the file of this width, or of the full one that may have taken its place."""
        for wide in dict.fromkeys((width, WIDTH)):
            try:
                return wide, path_of(wide), self._read(path_of(wide))
            except (FileNotFoundError, IsADirectoryError, NotADirectoryError):
                continue
        raise Refused("tile.missing", file=path_of(width))

    def _width(self, level: int, index: int) -> int:
        width = min(WIDTH, (self.size >> HEIGHT * level) - index * WIDTH) if level >= 0 and index >= 0 else 0
        if width < 1:
            raise Refused("tile.beyond-size", level=level, index=index, size=self.size)
        return width

    def _heights(self, level: int, index: int) -> list[bytes]:
        key = level, index
        if key in self._tiles:
            self._tiles.move_to_end(key)
        else:
            self._tiles[key] = [self.tile(level, index)]
            if len(self._tiles) > _KEPT_TILES:
                self._tiles.popitem(last=False)
        return self._tiles[key]
