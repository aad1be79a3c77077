"""The one writer of a log: decides a batch, writes it out, signs, publishes; and carries on after a crash.

Order of a batch, each step durable before the next: bundles and tiles under temporary names; the journal (now the batch is
decided); signature, bundles and tiles under their names; memory and checkpoint under theirs (now it is published). Then what
was outgrown goes, and the journal. A start finds the log between two of these steps and derives the same tree from the
journal, or refuses. Callers that come while a batch is under way are taken together into the next one, so many small appends
share one signature and one set of fsyncs.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

from hengtan.durable import point

from ..problems import HengtanError, Problem
from . import journal
from .checkpoint import Checkpoint, sign
from .growth import Edge, Growth, outgrown
from .journal import Journal
from .lock import Lock
from .memory import Memory
from .merkle import leaf_hashes, root_at
from .note import Note, Signature, Signer, Verifier, open_note, parse_signatures
from .refused import Refused
from .storage import Storage
from .tiles import MAX_ENTRY_BYTES, TileReader

CHECKPOINT = "checkpoint"
VKEY = "log.vkey"
_GATHER_S = 0.001  # the first caller after a shared batch waits so long for those that were in it with him
Published = Callable[[Checkpoint, bytes], None]


@dataclass(slots=True)
class _Ticket:
    entries: Sequence[bytes]
    given: range | None = None
    failed: BaseException | None = None
    done: bool = False


class Sequencer:
    """Holds the lock from construction to ``close``. ``published`` is told of every new checkpoint and its signed note."""

    def __init__(self, storage: Storage, lock: Lock, signer: Signer, memory: Memory, published: Published) -> None:
        self._storage, self._lock, self.signer, self._memory = storage, lock, signer, memory
        self._published = published
        self._edge = Edge()
        self._note = b""
        self._waiting: list[_Ticket] = []
        self._last_batch = 1  # callers in it
        self._busy = False  # somebody works on the folder
        self._door = threading.Condition()  # of the two above and the waiting list
        self._broken: str | None = None

    def start(self, checkpoint: Checkpoint, note: bytes, known: Sequence[Checkpoint]) -> None:
        """Takes up the published tree, carries a decided batch through, and refuses what cannot be this log's newest state.

        known: every checkpoint of this log that anybody kept, already verified. Raises Refused: ``log.rolled-back``,
        ``log.forked``, ``log.edge-wrong``, ``log.journal-damaged``, ``tile.missing``. Nothing is written before all is checked.
        """
        self._edge, self._note = load_edge(self._storage, checkpoint), note
        decided = journal.read(self._storage)
        growth = self._decided(checkpoint.size, decided) if decided and decided.new > checkpoint.size else None
        roots = {checkpoint.size: checkpoint.root}
        if growth is not None:
            roots[growth.edge.size] = growth.edge.root()
        node = TileReader(self._storage.read, checkpoint.size)
        wanted = [(each.size, each.root) for each in known]
        if decided and not growth:
            wanted.append((decided.new, decided.root))
        for size, root in wanted:
            if size > checkpoint.size and size not in roots:
                raise Refused("log.rolled-back", file=self._name, known=size, size=max(roots))
            if (roots.get(size) or root_at(size, node)) != root:
                raise Refused("log.forked", file=self._name, size=size)
        if growth is not None:
            self._safely(lambda: self._resume(growth))
        elif decided:
            self._safely(lambda: self._clear(decided.old, decided.new))

    def append(self, entries: Sequence[bytes]) -> range:
        """The indices of the entries, once they are durable and a published checkpoint covers them."""
        for entry in entries:
            if len(entry) > MAX_ENTRY_BYTES:
                raise Refused("tile.entry-too-large", given=len(entry), limit=MAX_ENTRY_BYTES)
        ticket = _Ticket(entries)
        with self._door:
            self._waiting.append(ticket)
            self._door.wait_for(lambda: ticket.done or not self._busy)
            self._busy = self._busy or not ticket.done
        if not ticket.done:  # whoever comes first after a batch carries the next one for all that wait
            tickets: list[_Ticket] = []
            try:
                if self._last_batch > 1:
                    time.sleep(_GATHER_S)
                with self._door:
                    tickets, self._waiting = self._waiting, []
                self._last_batch = len(tickets)
                self._commit(tickets)
            finally:
                self._free(tickets)
        if ticket.failed is not None:
            raise ticket.failed
        assert ticket.given is not None
        return ticket.given

    def add_signatures(self, lines: str, verifiers: Sequence[Verifier]) -> None:
        """Publishes witnesses' signature lines below the checkpoint; each is of a key in ``verifiers`` and holds, or is refused."""
        with self._turn():
            self._whole()
            fresh = parse_signatures(lines)
            held = Note(self._text, fresh)
            opened = open_note(held.encode(), verifiers)
            if opened.unverified:
                raise Refused("note.no-known-signature", wanted="-", signed=opened.unverified[0].name)
            self._safely(lambda: self._publish(_with(self._note, fresh)))

    def rotate(self, new: Signer, statement: bytes | None) -> None:
        """Appends the statement alone, publishes its checkpoint with both signatures, names the new key in ``log.vkey``."""
        with self._turn():
            self._whole()
            if statement is not None:
                ticket = _Ticket([statement])
                self._commit([ticket])
                if ticket.failed is not None:
                    raise ticket.failed
            both = Signature(new.name, new.verifier.key_id, new.sign(self._text.encode("utf-8")))
            self._safely(lambda: self._publish(_with(self._note, (both,)), remember=True))
            self._safely(lambda: self._storage.put(VKEY, f"{new.verifier.vkey}\n".encode()))
            self.signer = new

    def close(self) -> None:
        """Lets the next sequencer start; waits for a batch that is under way."""
        with self._turn():
            self._broken = self._broken or "closed"
            self._lock.release()

    @contextmanager
    def _turn(self) -> Iterator[None]:
        with self._door:
            self._door.wait_for(lambda: not self._busy)
            self._busy = True
        try:
            yield
        finally:
            self._free([])

    def _free(self, tickets: Sequence[_Ticket]) -> None:
        with self._door:
            for ticket in tickets:
                ticket.done = True
            self._busy = False
            self._door.notify_all()

    @property
    def _name(self) -> str:
        return str(self._storage.root)

    @property
    def _text(self) -> str:
        return Checkpoint(self.signer.name, self._edge.size, self._edge.root()).text

    def _decided(self, size: int, decided: Journal) -> Growth:
        if decided.old != size:
            raise Refused("log.rolled-back", file=self._name, known=decided.old, size=size)
        growth = self._edge.grow(decided.entries)
        if growth.edge.root() != decided.root:
            raise Refused("log.journal-damaged", file=str(self._storage.root / journal.NAME))
        return growth

    def _commit(self, tickets: list[_Ticket]) -> None:
        try:
            self._whole()
            entries = [entry for ticket in tickets for entry in ticket.entries]
            first = self._edge.size
            self._safely(lambda: self._batch(entries), decides=True)
        except BaseException as failed:
            for ticket in tickets:
                ticket.failed = failed
            return
        for ticket in tickets:
            ticket.given = range(first, first := first + len(ticket.entries))

    def _batch(self, entries: Sequence[bytes]) -> None:
        growth = self._edge.grow(entries)
        journal.stage(self._storage, growth, entries)
        self._stage(growth)
        self._storage.settle()
        self._storage.reveal(1)
        self._storage.settle()  # decided
        self._carry(growth)

    def _resume(self, growth: Growth) -> None:
        self._stage(growth)
        self._storage.settle()
        self._carry(growth)

    def _stage(self, growth: Growth) -> None:
        for path, data in growth.files():
            self._storage.stage(path, data)

    def _carry(self, growth: Growth) -> None:
        edge = growth.edge
        point("sign")
        signed = sign(Checkpoint(self.signer.name, edge.size, edge.root()), self.signer)
        self._storage.reveal()
        self._edge = edge
        self._publish(signed, remember=True)
        self._clear(growth.old, edge.size)

    def _publish(self, signed: bytes, remember: bool = False) -> None:
        if remember:
            self._memory.stage(signed)
        self._storage.stage(CHECKPOINT, signed)
        self._storage.settle()
        if self._storage.read(CHECKPOINT) != self._note:
            raise Refused("log.somebody-else", file=str(self._storage.root / CHECKPOINT))
        self._storage.reveal()
        self._storage.settle()
        self._note = signed
        self._published(Checkpoint(self.signer.name, self._edge.size, self._edge.root()), signed)

    def _clear(self, old: int, new: int) -> None:
        for folder in outgrown(old, new):
            self._storage.remove(folder)
        self._storage.remove(journal.NAME)

    def _whole(self) -> None:
        if self._broken is not None:
            raise HengtanError(Problem("log.stopped", file=self._name, values={"why": self._broken}))

    def _safely(self, act: Callable[[], None], decides: bool = False) -> None:
        """Runs it. What fails before a batch is decided leaves the log as it was; after that only a new start may go on."""
        try:
            act()
        except OSError as error:
            self._storage.discard()
            why = error.strerror or str(error)
            if decides and not (self._storage.root / journal.NAME).exists():
                raise HengtanError(Problem("log.not-written", file=self._name, values={"why": why})) from error
            self._broken = why
            raise HengtanError(Problem("log.not-finished", file=self._name, values={"why": why})) from error
        except BaseException as error:
            self._storage.discard()
            self._broken = str(error) or type(error).__name__
            raise


def load_edge(storage: Storage, checkpoint: Checkpoint) -> Edge:
    """The right edge at this checkpoint, from its partial tiles. Raises Refused ``log.edge-wrong`` or what a reader refuses."""
    size = checkpoint.size
    tiles: list[bytes] = []
    count, reader = size, TileReader(storage.read, size)
    while count:
        level, width = len(tiles), count % 256
        tiles.append(reader.tile(level, count // 256) if width else b"")
        count //= 256
    bundle = tuple(reader.bundle(size // 256)) if size % 256 else ()
    edge = Edge(size, tuple(tiles), bundle)
    if edge.root() != checkpoint.root or b"".join(leaf_hashes(bundle)) != (tiles[0] if tiles else b""):
        raise Refused("log.edge-wrong", file=str(storage.root), size=size)
    return edge


def _with(note: bytes, fresh: tuple[Signature, ...]) -> bytes:
    below = note.decode("utf-8")
    return (below + "".join(each.line for each in fresh if each.line not in below)).encode("utf-8")
