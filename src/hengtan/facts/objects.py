"""Objects, to be read: found by their digest as a file or in a pack, verified before they are used."""

from __future__ import annotations

import io
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO, TypeVar

from .packs import Packs, Slice
from .refused import FactRefused, failed
from .root import OBJECTS, Root, digest_of, is_digest, must_be_digest, object_name
from .scratch import Scratch
from .verified import Verified, damaged

if TYPE_CHECKING:
    import pyarrow as pa

T = TypeVar("T")
_LOOKS = 3  # an object moves once, from its file into a pack; a pack may be replaced meanwhile


class Objects:
    """What a store gives out. HengtanError ``facts.unreadable``, ``facts.not-a-digest``; FactRefused ``facts.missing``,
    ``facts.damaged``, ``facts.changing``, ``facts.pack-damaged``."""

    def __init__(self, root: Root, scratch: Path | None) -> None:
        self.root = root
        self._verified = Verified()
        self._packs = Packs(root)
        self._scratch = Scratch(scratch)

    @property
    def address(self) -> str:
        """Where the store lies, for people and configuration."""
        return self.root.address

    def has(self, digest: str) -> bool:
        """Whether there is an object of that name; says nothing of its state."""
        must_be_digest(digest)
        with self._reading(digest):
            return self._place(digest) is not None

    def size(self, digest: str) -> int:
        """Bytes of the object."""

        def size(place: str | Slice) -> int:
            if isinstance(place, Slice):
                return place.size
            found = self.root.size(place)
            if found is None:
                raise FileNotFoundError
            return found

        return self._use(digest, size)

    def verify(self, digest: str) -> None:
        """FactRefused unless its bytes are those of its name. A local object is hashed once per process and state of its file."""

        def verify(place: str | Slice) -> None:
            if isinstance(place, Slice):
                self._slice(digest, place)
                return
            with self.root.open(place) as file:
                if self.root.folder is not None:
                    self._verified.check(digest, file, place)
                else:
                    found, size = digest_of(file)
                    if found != digest:
                        raise damaged(digest, place, found, size)

        self._use(digest, verify)

    def read(self, digest: str) -> bytes:
        """The bytes of the object; what is returned is what was hashed."""

        def read(place: str | Slice) -> bytes:
            if isinstance(place, Slice):
                return self._slice(digest, place)
            data = self.root.read(place)
            if (found := sha256(data).hexdigest()) != digest:
                raise damaged(digest, place, found, len(data))
            return data

        return self._use(digest, read)

    def open(self, digest: str) -> BinaryIO:
        """The verified object, open for reading and seeking; close it."""

        def opened(place: str | Slice) -> BinaryIO:
            if isinstance(place, Slice):
                return io.BytesIO(self._slice(digest, place))
            file = self.root.open(place) if self.root.folder is not None else self._copy(digest, place).open("rb")
            try:
                self._verified.check(digest, file, place)
                file.seek(0)
            except BaseException:
                file.close()
                raise
            return file

        return self._use(digest, opened)

    def path(self, digest: str) -> Path:
        """The verified object as a file, for tools that want a path. Nobody may write to it.

        A copy of a remote or packed object is gone when the store is closed.
        """

        return self._use(digest, lambda place: self._file(digest, place))

    def beside(self, name: str, digest: str) -> Path:
        """The same for a file of the root that is no object. FileNotFoundError when it is not there (any more)."""
        try:
            return self._file(digest, name)
        except FileNotFoundError:
            raise
        except OSError as error:
            raise failed("facts.unreadable", error, name) from None

    def table(self, digest: str, columns: Sequence[str] | None = None) -> pa.Table:
        """The rows of a Parquet object; page checksums, where its writer made any, are checked too."""
        from .rows import table  # noqa: PLC0415  pyarrow only where rows are touched

        with self.open(digest) as file:
            return table(file, digest, columns)

    def digests(self) -> Iterator[str]:
        """Every object, in order. Merged tables and packs are not objects: they are made of them."""
        with self._reading(self.address):
            plain = {name.rsplit("/", 1)[1] for name, _ in self.root.names(OBJECTS)}
            packs = self._packs.digests()
        yield from sorted({name for name in plain if is_digest(name)} | packs)

    def close(self) -> None:
        """Removes the local copies of remote and packed objects."""
        self._scratch.close()

    def _use(self, digest: str, act: Callable[[str | Slice], T]) -> T:
        """What ``act`` makes of the place of the object; looks again when it was moved between looking and opening."""
        must_be_digest(digest)
        with self._reading(digest):
            for _ in range(_LOOKS):
                place = self._place(digest)
                if place is None:
                    break
                try:
                    return act(place)
                except FileNotFoundError:
                    self._packs.refresh()
            self._packs.must_be_whole(digest)
            raise FactRefused("facts.missing", file=digest, where=self.address)

    def _file(self, digest: str, place: str | Slice) -> Path:
        if self.root.folder is None or isinstance(place, Slice):
            return self._copy(digest, place)
        with self.root.open(place) as file:
            self._verified.check(digest, file, place)
        return self.root.folder / place

    def _place(self, digest: str) -> str | Slice | None:
        name = object_name(digest)
        return name if self.root.size(name) is not None else self._packs.find(digest)

    def _slice(self, digest: str, place: Slice) -> bytes:
        data = self.root.read(place.pack, place.start, place.stop)
        if (found := sha256(data).hexdigest()) != digest:
            raise damaged(digest, place.pack, found, len(data))
        return data

    def _copy(self, digest: str, place: str | Slice) -> Path:
        def make(path: Path) -> None:
            if isinstance(place, Slice):
                path.write_bytes(self._slice(digest, place))
            else:
                self.root.fetch(place, path)

        def check(path: Path) -> None:
            with path.open("rb") as file:
                self._verified.check(digest, file, str(place))

        return self._scratch.copy(digest, make, check)

    @contextmanager
    def _reading(self, file: str) -> Iterator[None]:
        try:
            yield
        except OSError as error:
            raise failed("facts.unreadable", error, file) from None
