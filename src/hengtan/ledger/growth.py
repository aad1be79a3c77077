"""How a tree grows: the right edge of it, and the tile files that new entries make.

The edge is all that appending needs: of every level the hashes of its partial tile, and the partial bundle of entries. Hashing
goes over whole levels at once rather than node by node: that is what makes a million entries a matter of seconds.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from .merkle import EMPTY_ROOT, HASH_BYTES, leaf_hashes, node_hash, packed_parents
from .tiles import HEIGHT, WIDTH, encode_bundle, entries_path, tile_path

TILE_BYTES = WIDTH * HASH_BYTES


def tile_roots(tiles: bytes) -> bytes:
    """The roots of full tiles that stand one after the other."""
    for _ in range(HEIGHT):
        tiles = packed_parents(tiles)
    return tiles


@dataclass(frozen=True, slots=True)
class Edge:
    """The right edge of a tree.

    size    number of entries
    tiles   level by level the hashes of the partial tile, (size // 256**level) % 256 of 32 bytes
    bundle  the entries of the partial bundle, size % 256
    """

    size: int = 0
    tiles: tuple[bytes, ...] = ()
    bundle: tuple[bytes, ...] = ()

    def root(self) -> bytes:
        """The RFC 6962 root of the tree."""
        right = b""
        for hashes in self.tiles:
            level = hashes
            while level:
                if len(level) // HASH_BYTES % 2:
                    last, level = level[-HASH_BYTES:], level[:-HASH_BYTES]
                    right = node_hash(last, right) if right else last
                level = packed_parents(level)
        return right or EMPTY_ROOT

    def grow(self, entries: Sequence[bytes]) -> Growth:
        """The tree with these entries after those it has."""
        levels, tiles, fresh = [], [], b"".join(leaf_hashes(entries))
        size, level = self.size, 0
        while fresh or level < len(self.tiles):
            data = (self.tiles[level] if level < len(self.tiles) else b"") + fresh
            whole = len(data) // TILE_BYTES * TILE_BYTES
            if fresh:
                levels.append(_Level(level, size // WIDTH, data))
            tiles.append(data[whole:])
            fresh, size, level = tile_roots(data[:whole]), size // WIDTH, level + 1
        held = (*self.bundle, *entries)
        edge = Edge(self.size + len(entries), tuple(tiles), held[len(held) // WIDTH * WIDTH :])
        return Growth(self.size, edge, tuple(levels), held)


@dataclass(frozen=True, slots=True)
class _Level:
    """number: the tile level; first: index of the tile that ``data`` begins with."""

    number: int
    first: int
    data: bytes


@dataclass(frozen=True, slots=True)
class Growth:
    """old: size before; edge: the tree after; ``files`` makes the bytes when they are wanted."""

    old: int
    edge: Edge
    _levels: tuple[_Level, ...]
    _entries: tuple[bytes, ...]

    def files(self) -> Iterator[tuple[str, bytes]]:
        """Path and content of every bundle and tile, full or partial, that the new size has and the old had not."""
        first = self.old // WIDTH
        for at in range(0, len(self._entries), WIDTH):
            part = self._entries[at : at + WIDTH]
            yield entries_path(first + at // WIDTH, len(part)), encode_bundle(part)
        for level in self._levels:
            for at in range(0, len(level.data), TILE_BYTES):
                data = level.data[at : at + TILE_BYTES]
                yield tile_path(level.number, level.first + at // TILE_BYTES, len(data) // HASH_BYTES), data


def outgrown(old: int, new: int) -> Iterator[str]:
    """The folders of partial tiles and bundles that were the edge at ``old`` and are full at ``new``."""
    if old // WIDTH != new // WIDTH and old % WIDTH:
        yield f"{entries_path(old // WIDTH, WIDTH)}.p"
    level = 0
    while old:
        if old // WIDTH != new // WIDTH and old % WIDTH:
            yield f"{tile_path(level, old // WIDTH, WIDTH)}.p"
        old, new, level = old // WIDTH, new // WIDTH, level + 1
