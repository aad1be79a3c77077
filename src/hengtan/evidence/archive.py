"""A verification package as it was downloaded: unpacked into a folder that goes again, whatever somebody put into it.

The archive is a stranger's: names that lead out of the folder, links, parts that unpack to more than they declare or more than is
sensible are refused before anything is verified.
"""

from __future__ import annotations

import stat
import tempfile
import unicodedata
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path, PurePosixPath

from hengtan.problems import HengtanError, Problem

from .package import LIST
from .proof_file import SUFFIX

MOST_FILES = 200_000
MOST_BYTES = 32 << 30  # unpacked
MOST_RATIO = 200  # unpacked to packed, of more than
RATIO_COUNTS_FROM = 256 << 20
_CHUNK = 1 << 20
_FORBIDDEN = set("\\:")  # they lead elsewhere on some system


def is_package(path: Path) -> bool:
    """Whether a file is an archive that holds the list of a package; never raises for what it holds."""
    try:
        with path.open("rb") as file:
            if file.read(4) != b"PK\x03\x04":
                return False
        with zipfile.ZipFile(path) as archive:
            return any(_last(name) in (LIST, f"{LIST}{SUFFIX}") for name in archive.namelist())
    except (OSError, zipfile.BadZipFile, NotImplementedError, ValueError, EOFError):
        return False


@contextmanager
def unpacked(path: Path) -> Iterator[Path]:
    """The folder of the package while the block runs. Raises HengtanError ``verify.archive`` for an archive that is not one of ours."""
    with tempfile.TemporaryDirectory(prefix="hengtan-package-") as folder:
        root = Path(folder)
        try:
            with zipfile.ZipFile(path) as archive:
                entries = [each for each in archive.infolist() if not each.is_dir()]
                _refuse(path, entries)
                for each in entries:
                    _take(path, archive, each, root.joinpath(*_parts(path, each.filename)))
        except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, ValueError, OSError) as error:
            raise _wrong(path, "verify.archive-spoilt", str(error)[:200]) from None
        yield _root(root)


def _refuse(path: Path, entries: list[zipfile.ZipInfo]) -> None:
    if len(entries) > MOST_FILES:
        raise _wrong(path, "verify.archive-many", f"{len(entries):,}")
    total = sum(each.file_size for each in entries)
    if total > MOST_BYTES:
        raise _wrong(path, "verify.archive-large", f"{total / 2**30:,.0f} GB")
    if total > RATIO_COUNTS_FROM and total / max(path.stat().st_size, 1) > MOST_RATIO:
        raise _wrong(path, "verify.archive-bomb", f"{total / max(path.stat().st_size, 1):,.0f}:1")
    taken: set[str] = set()
    for each in entries:
        if each.flag_bits & 1:
            raise _wrong(path, "verify.archive-encrypted", each.filename)
        if each.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
            raise _wrong(path, "verify.archive-spoilt", each.filename)
        kind = stat.S_IFMT(each.external_attr >> 16)
        if kind not in (0, stat.S_IFREG):
            raise _wrong(path, "verify.archive-link", each.filename)
        name = unicodedata.normalize("NFC", "/".join(_parts(path, each.filename))).casefold()
        if name in taken:
            raise _wrong(path, "verify.archive-twice", each.filename)
        taken.add(name)


def _parts(path: Path, name: str) -> tuple[str, ...]:
    """The parts of a name that stays below the folder on every system."""
    parts = PurePosixPath(name).parts
    plain = parts and not name.startswith("/") and all(
        part not in ("..", ".") and not _FORBIDDEN & set(part) and not any(map(_is_control, part)) for part in parts
    )  # fmt: skip
    if not plain or len(parts) > 32:
        raise _wrong(path, "verify.archive-name", name)
    return parts


def _is_control(character: str) -> bool:
    return unicodedata.category(character) == "Cc"


def _take(path: Path, archive: zipfile.ZipFile, entry: zipfile.ZipInfo, target: Path) -> None:
    """One part, never more than it declares."""
    target.parent.mkdir(parents=True, exist_ok=True)
    out = 0
    with archive.open(entry) as source, target.open("xb") as sink:
        while chunk := source.read(_CHUNK):
            out += len(chunk)
            if out > entry.file_size:
                raise _wrong(path, "verify.archive-bomb", entry.filename)
            sink.write(chunk)


def _root(folder: Path) -> Path:
    """Where the list lies: in the folder itself, or in the one folder that is all of it."""
    found = list(folder.iterdir())
    if len(found) == 1 and found[0].is_dir() and not (folder / LIST).exists():
        return found[0]
    return folder


def _last(name: str) -> str:
    parts = name.split("/")
    return parts[-1] if len(parts) <= 2 else ""


def _wrong(path: Path, code: str, what: str) -> HengtanError:
    shown = "".join(each if each.isprintable() else "?" for each in what)[:200]
    return HengtanError(Problem(code, file=str(path), values={"what": shown}))
