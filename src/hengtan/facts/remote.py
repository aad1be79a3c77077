"""Any place that fsspec reaches by URL as the root of facts: S3 and the like, or a server that has folders.

On an object store a put is whole or not at all, and there is no rename. Elsewhere a file is put under a temporary name and
moved. Nothing here can be synced: durable is what the server has acknowledged. A name that nobody had is made by a
conditional put (``If-None-Match: *``); a server that does not know it is found out before a book relies on it.
"""

from __future__ import annotations

import errno
import secrets
import tempfile
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext, suppress
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from pathlib import Path
from typing import Any, BinaryIO, Final

from .refused import failed
from .root import CHUNK, FORMAT, MARK, STAGED, Staged, chunks_of

_PUTS_WHOLE: Final = {"s3", "s3a", "gs", "gcs", "abfs", "abfss", "az", "oss", "oci", "memory"}
_CREATES: Final = {"s3", "s3a", "memory"}  # where a conditional put was tried; others are for a sole writer
_S3: Final = {"request_checksum_calculation": "when_required", "response_checksum_validation": "when_required"}
_IN_MEMORY: Final = 64 * CHUNK
_AGAIN: Final = 8
_FORGOTTEN: Final = timedelta(days=1)


class RemoteRoot:
    """A URL that fsspec knows. HengtanError ``facts.no-driver`` when it cannot be reached that way."""

    folder: Path | None = None

    def __init__(self, url: str, options: Mapping[str, Any]) -> None:
        self.address = url
        try:
            import fsspec  # noqa: PLC0415  an extra: a local root never needs it

            usual: dict[str, Any] = {"use_listings_cache": False}
            if url.startswith(("s3://", "s3a://")):
                usual["config_kwargs"] = (
                    _S3  # servers other than Amazon's stumble over them, and we hash everything anyway
                )
            self._fs, path = fsspec.core.url_to_fs(url, **{**usual, **options})
        except Exception as error:  # whatever a driver raises when it is not installed or its options make no sense
            raise failed("facts.no-driver", error, url) from None
        self._path = str(path).rstrip("/")
        protocol = self._fs.protocol
        self._protocols = {protocol} if isinstance(protocol, str) else set(protocol)
        self._whole = bool(self._protocols & _PUTS_WHOLE)
        self._once: bool | None = None
        self._marked = False

    def top(self) -> set[str]:
        """See ``Root``."""
        with _only_os_errors():
            try:
                listed = self._fs.ls(self._path, detail=False)
            except FileNotFoundError:
                return set()
        return {str(each).rstrip("/").rsplit("/", 1)[-1] for each in listed} - {""}

    def stage(self, source: bytes | Path) -> Staged:
        """See ``Root``. A large file is copied aside, so that what was hashed is what is sent."""
        if isinstance(source, bytes):
            return Staged(sha256(source).hexdigest(), len(source), source)
        chunks, head = chunks_of(source), bytearray()
        for chunk in chunks:
            head += chunk
            if len(head) >= _IN_MEMORY:
                break
        else:
            return Staged(sha256(head).hexdigest(), len(head), bytes(head))
        whole, size = sha256(head), len(head)
        with tempfile.NamedTemporaryFile(prefix="hengtan-facts-", delete=False) as aside:
            staged = Staged("", 0, Path(aside.name))
            try:
                aside.write(head)
                for chunk in chunks:
                    whole.update(chunk)
                    size += len(chunk)
                    aside.write(chunk)
            except BaseException:
                self.discard([staged])
                raise
        staged.digest, staged.size = whole.hexdigest(), size
        return staged

    def keep(self, staged: Sequence[tuple[Staged, str]]) -> None:
        """See ``Root``."""
        self._mark()
        for each, name in staged:
            with _only_os_errors():
                self._put(each.source, name)
            self.discard([each])

    def settle(self, names: Sequence[str]) -> None:
        """See ``Root``. What can be seen was acknowledged."""

    def forget(self, names: Sequence[str]) -> None:
        """See ``Root``. Every reading asks the server."""

    def discard(self, staged: Iterable[Staged]) -> None:
        """See ``Root``."""
        for each in staged:
            if isinstance(each.source, Path):
                each.source.unlink(missing_ok=True)

    def create(self, name: str, data: bytes, also: Sequence[str] = ()) -> bool:
        """See ``Root``. A put that was carried out although its answer got lost counts as ours: the bytes are compared."""
        self._mark()
        for left in reversed(range(_AGAIN)):
            try:
                with _only_os_errors():
                    self._folder_of(name)
                    self._fs.pipe_file(self._full(name), data, mode="create")
                return True
            except FileExistsError:
                return self.read(name) == data
            except OSError:
                # S3 answers 409 when two such puts meet: neither may have won
                if self.size(name) is not None:
                    return self.read(name) == data
                if not left:
                    raise
        raise AssertionError

    def size(self, name: str) -> int | None:
        """See ``Root``."""
        with _only_os_errors():
            try:
                info = self._fs.info(self._full(name))
            except FileNotFoundError:
                return None
        return None if info["type"] == "directory" else int(info["size"])

    def read(self, name: str, start: int = 0, stop: int | None = None) -> bytes:
        """See ``Root``."""
        with _only_os_errors():
            whole = start == 0 and stop is None
            data = self._fs.cat_file(self._full(name), **({} if whole else {"start": start, "end": stop}))
        return bytes(data)

    def open(self, name: str) -> BinaryIO:
        """See ``Root``."""
        with _only_os_errors():
            found: BinaryIO = self._fs.open(self._full(name), "rb")
        return found

    def fetch(self, name: str, target: Path) -> None:
        """See ``Root``."""
        with _only_os_errors():
            self._fs.get_file(self._full(name), str(target))

    def names(self, folder: str) -> list[tuple[str, int]]:
        """See ``Root``."""
        return [(name, size) for name, size, _ in self._listed(folder)]

    def remove(self, names: Iterable[str]) -> None:
        """See ``Root``."""
        for name in names:
            with _only_os_errors(), suppress(FileNotFoundError):
                self._fs.rm_file(self._full(name))

    def sweep(self) -> list[tuple[str, int]]:
        """See ``Root``. Nobody can tell a slow writer from a dead one here: what was staged goes after a day."""
        old = datetime.now(UTC) - _FORGOTTEN
        left = [(name, size) for name, size, made in self._listed(STAGED) if made is not None and made < old]
        self.remove([name for name, _ in left])
        return left

    def lock(self, name: str) -> AbstractContextManager[object]:
        """See ``Root``. There are no locks; ``create`` has to do."""
        return nullcontext()

    def creates_once(self) -> bool:
        """See ``Root``. Tried out once per process: servers that do not know conditional puts overwrite in silence."""
        if self._once is None:
            self._once = bool(self._protocols & _CREATES) and self._tried()
        return self._once

    def _tried(self) -> bool:
        name = f"{STAGED}/once-{secrets.token_hex(8)}"
        try:
            return self.create(name, b"first") and not self.create(name, b"second") and self.read(name) == b"first"
        finally:
            self.remove([name])

    def _mark(self) -> None:
        if not self._marked:
            self._marked = True
            if self.size(MARK) is None:
                with _only_os_errors():
                    self._put(FORMAT, MARK)

    def _put(self, source: bytes | Path, name: str) -> None:
        if not self._whole:
            temporary = f"{STAGED}/{secrets.token_hex(8)}"
            self._send(source, temporary)
            self._folder_of(name)
            with suppress(FileNotFoundError):
                self._fs.rm_file(self._full(name))
            self._fs.mv(self._full(temporary), self._full(name))
        else:
            self._send(source, name)

    def _send(self, source: bytes | Path, name: str) -> None:
        self._folder_of(name)
        if isinstance(source, bytes):
            self._fs.pipe_file(self._full(name), source)
        else:
            self._fs.put_file(str(source), self._full(name))

    def _folder_of(self, name: str) -> None:
        if not self._whole:
            self._fs.makedirs(self._full(name).rsplit("/", 1)[0], exist_ok=True)

    def _full(self, name: str) -> str:
        return f"{self._path}/{name}" if self._path else name

    def _listed(self, folder: str) -> list[tuple[str, int, datetime | None]]:
        with _only_os_errors():
            self._fs.invalidate_cache()
            try:
                found = self._fs.find(self._full(folder), detail=True)
            except FileNotFoundError:
                return []
        start = len(self._path) + 1 if self._path else 0
        return sorted(
            (str(path)[start:], int(info["size"]), _made(info))
            for path, info in found.items()
            if info["type"] == "file"
        )


def _made(info: Mapping[str, Any]) -> datetime | None:
    for name in ("LastModified", "last_modified", "mtime", "created"):
        value = info.get(name)
        if isinstance(value, datetime):
            return value if value.tzinfo else value.replace(tzinfo=UTC)
        if isinstance(value, int | float):
            return datetime.fromtimestamp(value, UTC)
    return None


@contextmanager
def _only_os_errors() -> Iterator[None]:
    """What drivers raise besides OSError (a refused connection, a missing credential) as one."""
    try:
        yield
    except OSError:
        raise
    except Exception as error:
        raise OSError(errno.EIO, f"{type(error).__name__}: {error}") from error
