"""Is a log folder what its checkpoint says (layer 1), and does it extend an older checkpoint (layer 2)?

Every file that the size needs is read: each entry hashes to its place in the tiles of level 0, each tile to its place in the
level above, and all of it to the signed root. Partial files of earlier sizes, if any are left, hold the same beginning.
A million entries take a few seconds: hashing goes over whole bundles.
"""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from hengtan.durable import regular_bytes
from hengtan.problems import HengtanError, Problem

from .checkpoint import Checkpoint, open_checkpoint
from .growth import Edge, tile_roots
from .merkle import HASH_BYTES, leaf_hashes, root_at
from .note import Verifier, parse_vkey
from .refused import Refused
from .rotation import KIND, Rotation, chain, keys_at, rotations
from .sequencer import CHECKPOINT, VKEY
from .tiles import MAX_ENTRY_BYTES, WIDTH, TileReader, bundles_of, encode_bundle, entries_path, tile_path

LARGEST = WIDTH * (2 + MAX_ENTRY_BYTES)  # bytes of a file that a reader has to take in: a bundle
_VKEY_BYTES = 4096
SHOWN = 100  # problems of one layer; what is beyond would say the same
See = Callable[[int, Sequence[bytes]], None]
_PARTIAL = re.compile(r"tile/(entries|0|[1-9]\d?)/((?:x\d{3}/)*\d{3})\.p/([1-9]\d{0,2})")


@dataclass(frozen=True, slots=True)
class Audit:
    """What was found.

    checkpoint  the log's own; None where it could not be opened
    own         problems of layer 1, empty: the log is self-consistent and signed
    extends     problems of layer 2, empty: it extends the older checkpoint; None: not asked, or layer 1 failed
    keys        every key of the log's chain, oldest first
    """

    checkpoint: Checkpoint | None
    own: tuple[Problem, ...]
    extends: tuple[Problem, ...] | None = None
    keys: tuple[Verifier, ...] = ()

    @property
    def holds(self) -> bool:
        """Whether nothing was found."""
        return not self.own and not self.extends


@dataclass(slots=True)
class _Walk:
    """One reading of all files. leaves: level by level the hashes computed, end to end, below the root."""

    folder: Path
    reader: TileReader
    see: See | None
    found: list[Problem] = field(default_factory=list)
    rotated: list[Rotation] = field(default_factory=list)

    def tell(self, problem: Problem) -> None:
        if len(self.found) < SHOWN:
            self.found.append(problem)


def audit(folder: Path, verifier: Verifier | None = None, since: bytes | None = None, see: See | None = None) -> Audit:
    """Reads the whole log; never raises for what the folder holds.

    verifier  a key of this log that the reader trusts; without it the folder's own ``log.vkey`` is taken
    since     an older checkpoint of this log, as the reader kept it
    see       is given the index of the first and the entries of every bundle, in order, to save a second reading

    Raises HengtanError ``log.not-a-log`` where the folder has neither checkpoint nor anything else of a log.
    """
    try:
        note = regular_bytes(folder / CHECKPOINT, LARGEST)
    except OSError:
        if (folder / VKEY).exists() or (folder / "tile").is_dir():  # a log that lost its checkpoint
            return Audit(None, (_problem("tile.missing", folder / CHECKPOINT),))
        raise HengtanError(Problem("log.not-a-log", file=str(folder))) from None
    try:
        named = _vkey(folder, verifier)
        anchor = verifier or named
        if anchor.name != named.name:
            raise Refused("log.vkey-other", file=str(folder / VKEY), wanted=anchor.vkey, given=named.vkey)
        checkpoint = _opened(folder, note, [anchor, named])
    except Refused as refused:
        return Audit(None, (refused.problem,))
    walk = _Walk(folder, TileReader(lambda path: regular_bytes(folder / path, LARGEST), checkpoint.size), see)
    if (root := _root(walk, checkpoint)) != checkpoint.root and root is not None:
        walk.tell(_problem("log.root-wrong", folder / CHECKPOINT, size=checkpoint.size))
    keys = chain(walk.rotated, anchor)
    try:
        _opened(folder, note, keys_at(walk.rotated, anchor, checkpoint.size))
        if named not in keys_at(walk.rotated, anchor, checkpoint.size):
            raise Refused("log.vkey-other", file=str(folder / VKEY), wanted=keys[-1].vkey, given=named.vkey)
    except Refused as refused:
        walk.tell(refused.problem)
    if not walk.found:
        for problem in _left_over(walk, checkpoint.size):
            walk.tell(problem)
    own = tuple(walk.found)
    extends = None if own or since is None else tuple(_extends(walk, checkpoint, since, keys))
    return Audit(checkpoint, own, extends, keys)


def _vkey(folder: Path, known: Verifier | None) -> Verifier:
    """The key that the folder names. Only logs of this layout name one: another's is read with the key that is known."""
    path = folder / VKEY
    try:
        return parse_vkey(regular_bytes(path, _VKEY_BYTES).decode("utf-8", "replace"))
    except OSError:
        if known is not None and not path.exists():
            return known
        raise Refused("tile.missing", file=str(path)) from None
    except Refused as refused:
        raise refused.at(str(path)) from None


def _opened(folder: Path, note: bytes, keys: Sequence[Verifier]) -> Checkpoint:
    try:
        return open_checkpoint(note, keys)[0]
    except Refused as refused:
        raise refused.at(str(folder / CHECKPOINT)) from None


def _root(walk: _Walk, checkpoint: Checkpoint) -> bytes | None:
    """The root that the entries give; None where files are missing or cut, which is told."""
    level: list[bytes] = []
    for index, _ in bundles_of(checkpoint.size):
        try:
            entries = walk.reader.bundle(index)
        except (Refused, OSError) as error:
            _unread(walk, error, entries_path(index))
            if len(walk.found) >= SHOWN:
                return None
            continue
        level.append(b"".join(leaf_hashes(entries)))
        if walk.see is not None:
            walk.see(index * WIDTH, entries)
        if any(KIND.encode() in entry for entry in entries):
            walk.rotated.extend(rotations(entries, checkpoint.origin, index * WIDTH))
    if walk.found:
        return None
    edges: list[bytes] = []
    while level:
        number = len(edges)
        for index, computed in enumerate(level):
            _compare(walk, number, index, computed)
        whole = len(level[-1]) == WIDTH * HASH_BYTES
        edges.append(b"" if whole else level[-1])
        above = tile_roots(b"".join(level if whole else level[:-1]))
        level = [above[at : at + WIDTH * HASH_BYTES] for at in range(0, len(above), WIDTH * HASH_BYTES)]
    return Edge(checkpoint.size, tuple(edges)).root()


def _compare(walk: _Walk, number: int, index: int, computed: bytes) -> None:
    path = tile_path(number, index)
    try:
        stored = walk.reader.tile(number, index)
    except (Refused, OSError) as error:
        _unread(walk, error, path)
        return
    if stored != computed:
        at = next(at for at in range(0, len(computed), HASH_BYTES) if stored[at : at + 32] != computed[at : at + 32])
        place = index * WIDTH + at // HASH_BYTES
        if number == 0:
            walk.tell(_problem("log.entry-wrong", walk.folder / entries_path(index), index=place, tile=path))
        else:
            walk.tell(_problem("log.tile-wrong", walk.folder / path, place=at // HASH_BYTES))


def _unread(walk: _Walk, error: Refused | OSError, path: str) -> None:
    if isinstance(error, Refused):
        error.file = str(walk.folder / (error.file or path))
        walk.tell(error.problem)
    else:
        walk.tell(_problem("log.unreadable", walk.folder / path, why=error.strerror or str(error)))


@dataclass(frozen=True, slots=True)
class Partial:
    """A partial file that is there: its path in the log, whether it holds entries, and its place."""

    path: str
    entries: bool
    level: int
    index: int
    width: int

    def wanted(self, tiles: TileReader) -> bytes:
        """What it has to hold, from the tiles of a size that covers it."""
        if self.entries:
            return encode_bundle(tiles.bundle(self.index)[: self.width])
        return tiles.tile(self.level, self.index)[: self.width * HASH_BYTES]


def partials(folder: Path, size: int) -> Iterator[Partial]:
    """The partial files within the first ``size`` entries; what goes beyond belongs to a batch that is under way."""
    seen = os.walk(folder / "tile")  # passes over what a writer takes away meanwhile
    names = (Path(where, file).relative_to(folder).as_posix() for where, _, files in seen for file in files)
    for name in sorted(names):
        if found := _PARTIAL.fullmatch(name):
            level, index, width = (
                int(found[1].replace("entries", "0")),
                int(re.sub("[x/]", "", found[2])),
                int(found[3]),
            )
            if width < WIDTH and (index * WIDTH + width) << 8 * level <= size:
                yield Partial(name, found[1] == "entries", level, index, width)


def _left_over(walk: _Walk, size: int) -> Iterator[Problem]:
    """Partial files of earlier sizes: each is the beginning of what the log holds now."""
    for part in partials(walk.folder, size):
        try:
            same = regular_bytes(walk.folder / part.path, LARGEST) == part.wanted(walk.reader)
        except FileNotFoundError:
            continue  # outgrown meanwhile
        except (Refused, OSError):
            same = False
        if not same:
            yield _problem("log.partial-wrong", walk.folder / part.path)


def _extends(walk: _Walk, checkpoint: Checkpoint, since: bytes, keys: Sequence[Verifier]) -> Iterator[Problem]:
    try:
        old, _ = open_checkpoint(since, keys)
        open_checkpoint(since, keys_at(walk.rotated, keys[-1], old.size) if old.size <= checkpoint.size else keys)
        if old.size == 0:
            raise Refused("proof.from-nothing")  # every log extends it, a forged one too
        if old.size > checkpoint.size:
            raise Refused("log.rolled-back", file=str(walk.folder), known=old.size, size=checkpoint.size)
        if root_at(old.size, walk.reader) != old.root:
            raise Refused("log.forked", file=str(walk.folder), size=old.size)
    except Refused as refused:
        yield refused.problem


def _problem(code: str, path: Path, **values: object) -> Problem:
    return Problem(code, file=str(path), values={name: str(value) for name, value in values.items()})
