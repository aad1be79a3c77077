"""A log: a folder of entries, tiles and a signed checkpoint, which anybody may read and one process at a time may append to.

    Log.create(folder, "example.com/ledger", signer)
    with Log.open(folder, signer) as log:
        log.append([b"..."])            # durable, signed and published when it returns
    Log.open(folder).prove(0)           # reading takes no lock

``checkpoint``, ``log.vkey``, ``tile/<L>/<N>[.p/<W>]`` and ``tile/entries/<N>[.p/<W>]`` are public, as C2SP tlog-tiles lays them
out; ``private/`` holds key, memory, journal and records, and is never served or exported.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from types import TracebackType
from typing import Self

from hengtan.durable import make
from hengtan.problems import HengtanError, Problem

from .checkpoint import Checkpoint, open_checkpoint, sign
from .event import moment
from .lock import Lock
from .memory import Memory
from .merkle import (
    EMPTY_ROOT,
    Node,
    consistency_proof,
    inclusion_proof,
    leaf_hash,
    root_at,
    verify_consistency,
    verify_inclusion,
)
from .note import Signer, Verifier, parse_vkey
from .proof import Proof
from .refused import Refused
from .rotation import chain, keys_at, rotations, statement
from .sequencer import CHECKPOINT, VKEY, Sequencer
from .storage import PRIVATE, Storage
from .tiles import TileReader


@dataclass(frozen=True, slots=True)
class Extension:
    """That the log at ``checkpoint`` begins with the whole log at ``old``: a consistency proof of RFC 9162.

    old         the earlier checkpoint
    hashes      32 bytes each
    checkpoint  the later one as the signed note that the log published
    """

    old: Checkpoint
    hashes: tuple[bytes, ...]
    checkpoint: bytes


@dataclass(frozen=True, slots=True)
class _View:
    """One published state; a reader keeps it until ``refresh``, a writer moves to each new one."""

    checkpoint: Checkpoint
    note: bytes
    tiles: TileReader


class Log:
    """One log. ``open`` makes it; without a signer it only reads."""

    def __init__(self, storage: Storage, verifier: Verifier) -> None:
        self._storage, self._verifier = storage, verifier
        self._sequencer: Sequencer | None = None
        self._successor: Verifier | None = None
        self._view = self._published()

    @staticmethod
    def create(folder: Path, origin: str, signer: Signer) -> None:
        """A new log of size 0 with its signed checkpoint. A creation that was cut short may simply be repeated.

        Raises HengtanError ``log.exists``, ``log.not-empty``, ``log.key-name`` (a log's key is named by its origin),
        ``log.not-written``.
        """
        if signer.name != origin:
            raise HengtanError(Problem("log.key-name", file=str(folder), values={"key": signer.name, "origin": origin}))
        Log.check_new(folder)
        try:
            make(folder)
            make(folder / PRIVATE, 0o700)
            storage = Storage(folder)
            storage.prepare()
            lock = Lock(storage.private / "lock")
            try:
                note = sign(Checkpoint(origin, 0, EMPTY_ROOT), signer)
                storage.stage(VKEY, f"{signer.verifier.vkey}\n".encode())
                Memory(storage).stage(note)
                storage.settle()
                storage.reveal()
                storage.put(CHECKPOINT, note)
            finally:
                lock.release()
        except OSError as error:
            raise _unwritable(folder, error) from error

    @staticmethod
    def check_new(folder: Path) -> None:
        """That a log may begin there. Raises HengtanError ``log.exists``, ``log.not-empty``, ``log.not-written`` (a file)."""
        if (folder / CHECKPOINT).exists():
            raise HengtanError(Problem("log.exists", file=str(folder)))
        try:
            there = {each.name for each in folder.iterdir()} if folder.exists() else set()
        except OSError as error:
            raise _unwritable(folder, error) from error
        if there - {VKEY, "private"}:
            raise HengtanError(Problem("log.not-empty", file=str(folder)))

    @classmethod
    def open(
        cls,
        folder: Path,
        signer: Signer | None = None,
        *,
        known: Sequence[bytes] = (),
        memory: Path | None = None,
        wait_s: float = 0.0,
    ) -> Self:
        """The log of a folder: with a signer to append to it (``close`` it), else to read it as it is published now.

        known   signed checkpoints of this log that anybody kept: the log must be none older and none other
        memory  a file beside a key that lies outside the folder, where the newest checkpoint is remembered as well
        wait_s  how long to wait for another sequencer to end, in seconds

        Raises HengtanError ``log.not-a-log``, ``log.locked``, ``key.other``, ``log.not-written``, ``log.not-finished``;
        Refused for a bad ``log.vkey`` or checkpoint, ``log.memory-missing``, and what ``Sequencer.start`` refuses.
        """
        storage = Storage(folder)
        if signer is None:
            return cls(storage, _own_verifier(storage))
        if not (folder / CHECKPOINT).exists():
            raise HengtanError(Problem("log.not-a-log", file=str(folder)))
        try:
            storage.private.mkdir(mode=0o700, exist_ok=True)
            lock = Lock(storage.private / "lock", wait_s)
        except OSError as error:
            raise _unwritable(folder, error) from error
        try:
            return cls(storage, _own_verifier(storage))._write_with(signer, lock, known, memory)
        except OSError as error:
            lock.release()
            raise _unwritable(folder, error) from error
        except BaseException:
            lock.release()
            raise

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Ends writing; reading goes on."""
        if self._sequencer is not None:
            self._sequencer.close()
            self._sequencer = None

    @property
    def folder(self) -> Path:
        """Where it lies."""
        return self._storage.root

    @property
    def origin(self) -> str:
        """Its name, which is its key's name too."""
        return self._verifier.name

    @property
    def verifier(self) -> Verifier:
        """The key that signs it now."""
        return self._verifier

    @property
    def size(self) -> int:
        """Number of entries that the checkpoint covers."""
        return self._view.checkpoint.size

    @property
    def node(self) -> Node:
        """The hashes of complete subtrees, for proofs."""
        return self._view.tiles

    @property
    def tiles(self) -> TileReader:
        """The tiles and bundles as the published size has them."""
        return self._view.tiles

    def checkpoint(self) -> bytes:
        """The published checkpoint: a signed note."""
        return self._view.note

    def entry(self, index: int) -> bytes:
        """One entry. Raises Refused ``proof.index-beyond-size``."""
        view = self._view
        if not 0 <= index < view.checkpoint.size:
            raise Refused("proof.index-beyond-size", index=index, size=view.checkpoint.size)
        return next(view.tiles.entries(index, index + 1))

    def entries(self, start: int = 0, stop: int | None = None) -> Iterator[bytes]:
        """The entries [start, stop), by default to the end."""
        view = self._view
        return view.tiles.entries(start, view.checkpoint.size if stop is None else stop)

    def prove(self, index: int, extra: bytes | None = None) -> Proof:
        """That the entry stands at ``index`` of the log as published.

        Raises Refused ``proof.index-beyond-size``, ``log.unproved``: entry and tiles do not give the signed root.
        """
        view = self._view
        size, root = view.checkpoint.size, view.checkpoint.root
        hashes = inclusion_proof(index, size, view.tiles)
        with self._proving():
            verify_inclusion(leaf_hash(self.entry(index)), index, size, hashes, root)
        return Proof(index, tuple(hashes), view.note, extra)

    def prove_since(self, old: bytes) -> Extension:
        """That the log as published extends the signed checkpoint ``old``.

        Raises Refused: for a note that is none of this log's, ``proof.from-nothing``, ``proof.backwards``, ``log.forked``,
        ``log.unproved``: the tiles do not give the signed root.
        """
        view = self._view
        earlier = self._own(old)
        size, root = view.checkpoint.size, view.checkpoint.root
        hashes = consistency_proof(earlier.size, size, view.tiles)
        self._extends(earlier, view)
        with self._proving():
            verify_consistency(earlier.size, size, hashes, earlier.root, root)
        return Extension(earlier, tuple(hashes), view.note)

    def earlier(self, note: bytes) -> Checkpoint:
        """A signed checkpoint of this log that the log as published extends or is.

        Raises Refused: for a note that is none of this log's, ``log.rolled-back``, ``log.forked``.
        """
        view, earlier = self._view, self._own(note)
        if earlier.size > view.checkpoint.size:
            raise Refused("log.rolled-back", file=str(self.folder), known=earlier.size, size=view.checkpoint.size)
        self._extends(earlier, view)
        return earlier

    @contextmanager
    def _proving(self) -> Iterator[None]:
        """A proof that nobody could verify is told here, and not handed out."""
        try:
            yield
        except Refused as refused:
            if refused.code not in ("proof.inclusion", "proof.consistency"):
                raise
            raise Refused("log.unproved", file=str(self.folder), size=self.size) from None

    def _extends(self, earlier: Checkpoint, view: _View) -> None:
        if root_at(earlier.size, view.tiles) != earlier.root:
            raise Refused("log.forked", file=str(self.folder), size=earlier.size)

    def keys(self) -> tuple[Verifier, ...]:
        """Every key this log was ever signed with, oldest first, as its ``key.rotated`` entries name them. Reads all entries."""
        return chain(rotations(self.entries(), self.origin), self._verifier)

    def refresh(self) -> None:
        """A reader moves to what is published now."""
        self._verifier = _own_verifier(self._storage)
        self._view = self._published()

    def append(self, entries: Sequence[bytes]) -> range:
        """Appends entries of at most 65,535 bytes and gives their indices, all of them or none.

        When it returns they are durable and a published signed checkpoint covers them. Any number of threads may call at
        once; what waits meanwhile goes into one batch. Raises HengtanError ``log.read-only``, ``log.not-written`` (nothing
        happened), ``log.not-finished`` (decided, and finished by the next start), ``log.stopped``, ``log.rotation-begun``; Refused
        ``tile.entry-too-large``, ``log.somebody-else``.
        """
        sequencer = self._writer()
        self._rotating(None)
        return sequencer.append(entries) if entries else range(self.size, self.size)

    def add_signatures(self, lines: str, verifiers: Sequence[Verifier]) -> None:
        """Adds witnesses' cosignature lines to the published checkpoint, each verified. Raises Refused as ``open_note`` does."""
        self._writer().add_signatures(lines, verifiers)

    def rotate(self, new: Signer, now: datetime | None = None) -> None:
        """The new key signs from now on; both keys say so in an entry. Repeat it, with the same key, if it was cut short.

        Raises HengtanError ``log.rotation-begun``: the log's last entry names another successor; Refused ``key.other-log``,
        ``key.same``, and what ``append`` raises.
        """
        sequencer = self._writer()
        self._rotating(new.verifier)
        begun = self._successor is not None
        sequencer.rotate(new, None if begun else statement(sequencer.signer, new, moment(now)))
        self._verifier, self._successor = new.verifier, None

    @property
    def successor(self) -> Verifier | None:
        """The key that a rotation cut short has named: the old one may sign nothing more, ``rotate`` to this one ends it."""
        return self._successor

    def _rotating(self, new: Verifier | None) -> None:
        if self._successor is not None and self._successor != new:
            values = {"key": self._successor.vkey}
            raise HengtanError(Problem("log.rotation-begun", file=str(self.folder), values=values))

    def must_write(self) -> None:
        """Raises HengtanError ``log.read-only`` unless it was opened to append."""
        self._writer()

    def _writer(self) -> Sequencer:
        if self._sequencer is None:
            raise HengtanError(Problem("log.read-only", file=str(self.folder)))
        return self._sequencer

    def _write_with(self, signer: Signer, lock: Lock, known: Sequence[bytes], memory: Path | None) -> Self:
        if signer.verifier != self._verifier:
            values = {"wanted": self._verifier.vkey, "given": signer.verifier.vkey}
            raise HengtanError(Problem("key.other", file=str(self.folder / VKEY), values=values))
        self._storage.prepare()
        remembered = Memory(self._storage, memory)
        notes = [*remembered.notes(), *(("", note) for note in known)]
        if not notes:
            raise Refused("log.memory-missing", file=str(self.folder))
        checkpoints = []
        for file, note in notes:
            try:
                checkpoints.append(self._own(note))
            except Refused as refused:
                raise refused.at(file) from None
        sequencer = Sequencer(self._storage, lock, signer, remembered, self._moved)
        sequencer.start(self._view.checkpoint, self._view.note, checkpoints)
        self._sequencer = sequencer
        last = self._view.checkpoint.size - 1
        if last >= 0:
            named = rotations([self.entry(last)], self.origin, last)
            self._successor = named[0].new if named and named[0].old == self._verifier else None
        return self

    def _own(self, note: bytes) -> Checkpoint:
        """A checkpoint of this log, signed with its key or one that it had before."""
        try:
            return open_checkpoint(note, [self._verifier])[0]
        except Refused as refused:
            if refused.code != "note.no-known-signature":
                raise
            steps = rotations(self.entries(), self.origin)
            checkpoint = open_checkpoint(note, chain(steps, self._verifier))[0]
            return open_checkpoint(note, keys_at(steps, self._verifier, checkpoint.size))[0]

    def _published(self) -> _View:
        try:
            note = self._storage.read(CHECKPOINT)
        except OSError:
            raise HengtanError(Problem("log.not-a-log", file=str(self.folder))) from None
        try:
            checkpoint, _ = open_checkpoint(note, [self._verifier])
        except Refused as refused:
            raise refused.at(str(self.folder / CHECKPOINT)) from None
        return _View(checkpoint, note, TileReader(self._storage.read, checkpoint.size))

    def _moved(self, checkpoint: Checkpoint, note: bytes) -> None:
        self._view = _View(checkpoint, note, TileReader(self._storage.read, checkpoint.size))


def _own_verifier(storage: Storage) -> Verifier:
    try:
        text = storage.read(VKEY)
    except OSError:
        raise HengtanError(Problem("log.not-a-log", file=str(storage.root))) from None
    try:
        return parse_vkey(text.decode("utf-8", "replace"))
    except Refused as refused:
        raise refused.at(str(storage.root / VKEY)) from None


def _unwritable(folder: Path, error: OSError) -> HengtanError:
    return HengtanError(Problem("log.not-written", file=str(folder), values={"why": error.strerror or str(error)}))
