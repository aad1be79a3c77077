"""The store: objects under their digests, in a local folder or behind a URL; written here, read as ``objects`` says."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from hashlib import sha256
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from hengtan.problems import HengtanError, Problem

from .local import LocalRoot
from .objects import Objects
from .packs import SMALL, Slice, pack_name, packed
from .refused import FactRefused, failed
from .root import BOOKS, FORMAT, MARK, OBJECTS, OURS, PACKS, STAGED, Root, Staged, must_be_digest, object_name

if TYPE_CHECKING:
    import pyarrow as pa

_GROUP: Final = 64  # files that are staged and synced together
_REMEMBERED: Final = 100_000  # objects of this process that are known to be durable


@dataclass(frozen=True, slots=True)
class Usage:
    """What a store takes up: files and bytes of objects, of packs, of books (with their merged tables), of what is staged."""

    objects: int
    object_bytes: int
    packs: int
    pack_bytes: int
    books: int
    book_bytes: int
    staged: int
    staged_bytes: int

    @property
    def total_bytes(self) -> int:
        """All of it, for a quota. File systems round up to blocks; that is not counted."""
        return self.object_bytes + self.pack_bytes + self.book_bytes + self.staged_bytes


@dataclass(frozen=True, slots=True)
class Swept:
    """What a sweep removed: files that a crash left, and objects that are in a pack as well."""

    staged: int
    staged_bytes: int
    packed: int
    packed_bytes: int


class Store(Objects):
    """Objects named by the SHA-256 of their bytes; nothing is ever changed under a name.

    root     a folder, or a URL that fsspec knows (``s3://bucket/facts``, ``memory://facts``)
    options  of the driver of a URL: keys, endpoint; most are better given by the driver's environment variables
    scratch  where local copies of remote and packed objects lie; default a temporary folder that goes with the store

    HengtanError: ``facts.no-driver``; on writing ``facts.not-written``, ``facts.not-a-store``, ``facts.other-version``.
    """

    def __init__(
        self, root: str | Path, *, options: Mapping[str, Any] | None = None, scratch: Path | None = None
    ) -> None:
        super().__init__(_root_of(root, options or {}), scratch)
        self._durable: dict[str, None] = {}
        self._ours = False

    def put_bytes(self, data: bytes) -> str:
        """The digest under which the bytes are kept, durably."""
        return self.put_many([data])[0]

    def put_file(self, path: str | Path, digest: str = "") -> str:
        """The digest under which the bytes of the file are kept, durably. The file itself stays as it is.

        digest  of the file, where the caller has hashed it: an intact object of that name is then taken for it, unread
        """
        if digest:
            self.must_be_ours()
            if self._intact(must_be_digest(digest)):
                self.settle([digest])
                return digest
        return self.put_many([Path(path)])[0]

    def put_table(self, table: pa.Table) -> str:
        """The digest of a Parquet file with these rows, every page of it with a checksum."""
        from .rows import parquet  # noqa: PLC0415  pyarrow only where rows are touched

        return self.put_bytes(parquet(table))

    def put_many(self, sources: Iterable[bytes | Path]) -> list[str]:
        """The digests of several, made durable together. An object that is there already and intact is not written again."""
        self.must_be_ours()
        given, digests = iter(sources), list[str]()
        while group := list(islice(given, _GROUP)):
            digests += self._put(group)
        return digests

    def settle(self, digests: Iterable[str]) -> None:
        """Durable when it returns: objects that somebody else may have put, and died before they were."""
        wanted = [digest for digest in digests if digest not in self._durable]
        with self.writing():
            names = [name for name in map(object_name, wanted) if self.root.size(name) is not None]
            if names:
                self.root.settle(names)
        self._remember(wanted)

    def usage(self) -> Usage:
        """What the store takes up."""
        figures: list[int] = []
        with self._reading(self.address):
            for folder in (OBJECTS, PACKS, BOOKS, STAGED):
                sizes = [size for _, size in self.root.names(folder)]
                figures += [len(sizes), sum(sizes)]
        return Usage(*figures)

    def sweep(self) -> Swept:
        """Removes what a crash left: staged files of writers that died, and objects whose packing was cut short.

        Safe beside living writers. A whole object that no manifest names is not touched: only its owner knows whether it is
        still to be named.
        """
        with self.writing():
            staged = self.root.sweep()
            packed_ = self._packs.digests()
            plain = [(name, size) for name, size in self.root.names(OBJECTS) if name.rsplit("/", 1)[1] in packed_]
            moved = set(self._moved([name.rsplit("/", 1)[1] for name, _ in plain]))
            gone = [(name, size) for name, size in plain if name.rsplit("/", 1)[1] in moved]
            self.root.remove([name for name, _ in gone])
        return Swept(len(staged), sum(size for _, size in staged), len(gone), sum(size for _, size in gone))

    def pack(self, digests: Iterable[str], *, at_least: int = 2) -> int:
        """Moves small objects (up to 8 MiB) into packs; their digests go on resolving. How many were moved.

        at_least  objects that must be there for it to be worth a pack

        The originals go only when the pack is durable and every member was read back from it and hashed. Paths that were
        handed out before do not hold any longer; open files do (not on Windows).
        """
        wanted = []
        with self._reading(self.address):
            for digest in dict.fromkeys(map(must_be_digest, digests)):
                size = self.root.size(object_name(digest))
                if size is not None and size <= SMALL:
                    wanted.append(digest)
        if len(wanted) < at_least:
            return 0
        with self.writing():
            for archive in packed((digest, self.read(digest)) for digest in wanted):
                staged = self.root.stage(archive)
                self.root.keep([(staged, pack_name(staged.digest))])
            self._packs.refresh()
            moved = self._moved(wanted)
            self.root.remove([object_name(digest) for digest in moved])
        return len(moved)

    def remove(self, digests: Iterable[str]) -> int:
        """Removes objects for good, for the erasure of personal data; how many were there. What they say is then missing.

        Packs are written anew without them; merged tables, which may hold their rows, go too and are made again by the next
        compaction; so does what a crash left staged. A manifest that names a removed object stays in its book. For what has to go
        by law: nothing else ever removes an object. Repeat it when it was cut short; copies elsewhere are not reached.
        """
        wanted = set(map(must_be_digest, digests))
        with self.writing(), ExitStack() as stack:
            books = [name for name, _ in self.root.names(BOOKS)]
            for book in sorted({name.split("/")[1] for name in books}):
                stack.enter_context(self.root.lock(f"{BOOKS}/{book}/compacting"))
            places = {digest: place for digest in wanted if (place := self._place(digest)) is not None}
            if any(self._begins(place) == b"PAR1" for place in places.values()):
                self.root.remove([name for name in books if name.split("/")[2] == "merged"])
            for digest in wanted - set(places):
                self._packs.must_be_whole(digest)
            packs = self._packs.holding(wanted)
            for pack, members in packs.items():
                data = self.root.read(pack)
                kept = [(each, data[at.start : at.stop]) for each, at in members.items() if each not in wanted]
                for archive in packed(kept):
                    staged = self.root.stage(archive)
                    self.root.keep([(staged, pack_name(staged.digest))])
            self.root.remove(packs)
            self.root.remove([object_name(digest) for digest in places])
            self.root.sweep()
            self._packs.refresh()
        for digest in places:
            self._durable.pop(digest, None)
            self._scratch.drop(digest)
        return len(places)

    def must_be_ours(self) -> None:
        """Before the first write: the root is a store of this version, or has nothing in it."""
        if self._ours:
            return
        with self._reading(self.address):
            if self.root.size(MARK) is not None:
                mark = self.root.read(MARK)
                if mark != FORMAT:
                    values = {"found": mark[:40].decode("utf-8", "replace").strip()}
                    raise HengtanError(Problem("facts.other-version", file=self.address, values=values))
            elif foreign := sorted(self.root.top() - OURS):
                raise HengtanError(Problem("facts.not-a-store", file=self.address, values={"found": foreign[0]}))
        self._ours = True

    def must_be_marked(self) -> None:
        """What a verifier asks: where objects lie the root says that it is a store of this version.

        HengtanError ``facts.mark-missing``, ``facts.other-version``, ``facts.not-a-store``.
        """
        with self._reading(self.address):
            if self.root.size(MARK) is None and self.root.top() & OURS - {STAGED}:
                raise HengtanError(Problem("facts.mark-missing", file=self.address))
        self._ours = False  # looked at anew
        self.must_be_ours()

    @contextmanager
    def writing(self) -> Iterator[None]:
        """HengtanError ``facts.not-written`` for what the storage refuses meanwhile."""
        try:
            yield
        except OSError as error:
            raise failed("facts.not-written", error, self.address) from None

    def _put(self, group: Sequence[bytes | Path]) -> list[str]:
        digests: list[str] = []
        staged: dict[str, Staged] = {}
        there: list[str] = []
        with self.writing():
            try:
                for source in group:
                    digest = sha256(source).hexdigest() if isinstance(source, bytes) else ""
                    if not digest or (digest not in staged and not self._intact(digest)):
                        each = self.root.stage(source)
                        digest = each.digest
                        if digest in staged or (isinstance(source, Path) and self._intact(digest)):
                            self.root.discard([each])
                        else:
                            staged[digest] = each
                    if digest not in staged:
                        there.append(digest)
                    digests.append(digest)
                self.root.keep([(each, object_name(digest)) for digest, each in staged.items()])
            except BaseException:
                self.root.discard(staged.values())
                raise
        self._remember(staged)
        self.settle(there)
        return digests

    def _intact(self, digest: str) -> bool:
        """Whether it is there and undamaged; a damaged one is put again, which mends it."""
        if self._place(digest) is None:
            return False
        try:
            self.verify(digest)
        except FactRefused:
            return False
        return True

    def _begins(self, place: str | Slice) -> bytes:
        if isinstance(place, Slice):
            return self.root.read(place.pack, place.start, place.start + 4)
        return self.root.read(place, 0, 4)

    def _moved(self, digests: Sequence[str]) -> list[str]:
        """Those of them that are proven to be in a durable pack: read back, from the medium where that can be had, and hashed."""
        places = {digest: place for digest in digests if (place := self._packs.find(digest)) is not None}
        packs = sorted({place.pack for place in places.values()})
        if packs:
            self.root.settle(packs)
            self.root.forget(packs)
        moved = []
        for digest, place in places.items():
            try:
                self._slice(digest, place)
            except FactRefused:
                continue
            moved.append(digest)
        return moved

    def _remember(self, digests: Iterable[str]) -> None:
        if len(self._durable) > _REMEMBERED:
            self._durable.clear()
        self._durable.update(dict.fromkeys(digests))


def _root_of(root: str | Path, options: Mapping[str, Any]) -> Root:
    text = str(root)
    if isinstance(root, Path) or "://" not in text:
        return LocalRoot(Path(root).absolute())
    if text.startswith(("file://", "local://")):
        return LocalRoot(Path(text.split("://", 1)[1]).absolute())
    from .remote import RemoteRoot  # noqa: PLC0415  fsspec only where it is needed

    return RemoteRoot(text, options)
