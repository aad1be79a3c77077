"""What a file is, told from its first bytes and not from its name; and what makes it unreadable before anything opens it."""

from __future__ import annotations

import zipfile
import zlib
from collections.abc import Callable
from pathlib import Path
from typing import Literal

from hengtan.problems import HengtanError, Problem, both, system

Kind = Literal["csv", "xlsx", "xls", "ods", "parquet"]

MOST_BYTES = 1 << 30  # of one archive, unpacked
MOST_RATIO = 200
RATIO_COUNTS_FROM = 100 << 20  # small files may be as dense as they like
_CFB = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_BIFF = (b"\x09\x08", b"\x09\x04", b"\x09\x02", b"\x09\x00")
_SUFFIXES: dict[str, Kind] = {
    ".csv": "csv", ".tsv": "csv", ".xlsx": "xlsx", ".xlsm": "xlsx", ".xls": "xls", ".ods": "ods",
    ".parquet": "parquet", ".pq": "parquet",
}  # fmt: skip
_OTHERS = (
    (b"%PDF", "PDF"),
    (b"\x1f\x8b", "gzip"),
    (b"PK\x05\x06", "ZIP"),
    (b"Rar!", "RAR"),
    (b"7z\xbc\xaf", "7z"),
    (b"ARROW1", "Arrow IPC"),
    (b"SQLite format 3", "SQLite"),
    (b"\x89PNG", "PNG"),
    (b"\xff\xd8\xff", "JPEG"),
    (b"{\\rtf", "RTF"),
)
_ARCHIVES = ("gzip", "ZIP", "RAR", "7z")
_WORDS = {"binary": "file-binary", "old-office": "file-old-office"}
_DOCUMENTS = ("Word", "Word / PowerPoint", "OpenDocument")
_UTF16 = (b"\xff\xfe", b"\xfe\xff")


def kind_of(path: Path, file: str) -> Kind:
    """The kind of a file; raises HengtanError for what is missing, a folder, empty, encrypted, truncated or not ours."""
    try:
        with path.open("rb") as stream:
            head = stream.read(4096)
            size = stream.seek(0, 2)
            stream.seek(max(size - 8, 0))
            tail = stream.read(8)
    except FileNotFoundError:
        raise _error("file.missing", file) from None
    except IsADirectoryError:
        raise _error("file.folder", file) from None
    except OSError as error:
        raise _error("file.unreadable", file, **system("why", error)) from None
    if not head.strip(b" \t\r\n\x00\xef\xbb\xbf"):
        raise _error("file.empty", file)
    if head.startswith(b"PAR1") or tail.endswith(b"PAR1"):
        if not (head.startswith(b"PAR1") and tail.endswith(b"PAR1") and size >= 12):
            raise _error("file.truncated", file)
        return "parquet"
    if head.startswith(b"PARE"):
        raise _error("file.encrypted", file)
    if head.startswith(b"PK\x03\x04"):
        return _archive(path, file)
    if head.startswith(_CFB):
        return _compound(path, file)
    if head.startswith(_BIFF):
        raise _other(file, "Excel 4")
    for magic, name in _OTHERS:
        if head.startswith(magic):
            raise _other(file, name)
    return _text(head, file)


def named_otherwise(path: Path, kind: Kind) -> bool:
    """Whether the name promises another kind than the content is."""
    return _SUFFIXES.get(path.suffix.lower(), kind) != kind


def _other(file: str, kind: str) -> HengtanError:
    """It is something else: a name that everybody knows, or ``binary`` and ``old-office``, which have words."""
    if kind in _ARCHIVES:
        told = both("kind", "file-archive", name=kind)
    elif kind in _DOCUMENTS:
        told = both("kind", "file-office", name=kind)
    else:
        told = (
            both("kind", f"file-{kind}") if kind in ("binary", "old-office") else both("kind", "file-other", name=kind)
        )
    return _error("file.kind", file, **told)


def _error(code: str, file: str, **values: str) -> HengtanError:
    return HengtanError(Problem(code, file, values=values))


def _text(head: bytes, file: str) -> Kind:
    if head.startswith(_UTF16):
        raise _error("file.encoding", file)
    start = head.lstrip(b"\xef\xbb\xbf \t\r\n")[:200].lower()
    if start.startswith((b"<!doctype html", b"<html", b"<table", b"<head")):
        raise _other(file, "HTML")
    if start.startswith(b"<?xml"):
        raise _other(file, "XML")
    if b"\x00" in head:
        raise _other(file, "binary")
    return "csv"


def _archive(path: Path, file: str) -> Kind:
    try:
        archive = zipfile.ZipFile(path)
    except (zipfile.BadZipFile, OSError, NotImplementedError, ValueError, EOFError):
        raise _error("file.truncated", file) from None
    with archive:
        entries = archive.infolist()
        if any(entry.flag_bits & 1 for entry in entries):
            raise _error("file.encrypted", file)
        declared = sum(entry.file_size for entry in entries)
        _refuse_bomb(declared, path, file)
        _refuse_liars(archive, entries, path, file)
        names = {entry.filename for entry in entries}
        kind = _archive_kind(archive, names, file)
        if kind == "ods" and b"encryption-data" in _member(archive, "META-INF/manifest.xml", file):
            raise _error("file.encrypted", file)
    if kind not in ("xlsx", "ods"):
        raise _other(file, kind)
    return "xlsx" if kind == "xlsx" else "ods"


def _archive_kind(archive: zipfile.ZipFile, names: set[str], file: str) -> str:
    if "xl/workbook.bin" in names:
        return "XLSB"
    if "[Content_Types].xml" in names:
        return "xlsx" if any(name.startswith("xl/") for name in names) else "Word / PowerPoint"
    if "mimetype" in names:
        kind = _member(archive, "mimetype", file)[:100]
        return "ods" if b"opendocument.spreadsheet" in kind else "OpenDocument"
    return "ods" if "content.xml" in names else "ZIP"


def _member(archive: zipfile.ZipFile, name: str, file: str) -> bytes:
    try:
        return archive.read(name)
    except KeyError:
        return b""
    except (zipfile.BadZipFile, zlib.error, EOFError, OSError, NotImplementedError):
        raise _error("file.truncated", file) from None


def _refuse_bomb(unpacked: int, path: Path, file: str) -> None:
    packed = max(path.stat().st_size, 1)
    if unpacked > MOST_BYTES or (unpacked > RATIO_COUNTS_FROM and unpacked / packed > MOST_RATIO):
        values = {"unpacked": f"{unpacked / 2**20:,.0f}", "packed": f"{packed / 2**20:,.1f}"}
        raise HengtanError(Problem("file.bomb", file, values=values))


def _refuse_liars(archive: zipfile.ZipFile, entries: list[zipfile.ZipInfo], path: Path, file: str) -> None:
    """An archive may declare small sizes and unpack to large ones: each part is unpacked once and its bytes are counted."""
    for entry in entries:
        if entry.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
            raise _other(file, "ZIP")
        if entry.compress_type == zipfile.ZIP_DEFLATED and entry.compress_size * 1032 > entry.file_size:
            unpack(archive, entry, path, file, None)


def unpack(
    archive: zipfile.ZipFile, entry: zipfile.ZipInfo, path: Path, file: str, take: Callable[[bytes], None] | None
) -> None:
    """Inflates one part chunk by chunk, never further than it declares."""
    out = 0
    try:
        with path.open("rb") as stream:
            stream.seek(entry.header_offset)
            head = stream.read(30)
            if head[:4] != b"PK\x03\x04":
                raise _error("file.truncated", file)
            stream.seek(int.from_bytes(head[26:28], "little") + int.from_bytes(head[28:30], "little"), 1)
            inflate, left = zlib.decompressobj(-15), entry.compress_size
            while left > 0 and (chunk := stream.read(min(left, 1 << 18))):
                left -= len(chunk)
                while chunk:
                    data = inflate.decompress(chunk, 1 << 20)
                    chunk = inflate.unconsumed_tail
                    out += len(data)
                    if out > entry.file_size:
                        _refuse_bomb(MOST_BYTES + 1, path, file)
                    if take is not None:
                        take(data)
            if not inflate.eof or out != entry.file_size:
                raise _error("file.truncated", file)
    except (zlib.error, OSError):
        raise _error("file.truncated", file) from None


def _compound(path: Path, file: str) -> Kind:
    """An OLE container: an old workbook, or the envelope of an encrypted new one."""
    content = path.read_bytes()
    if "EncryptedPackage".encode("utf-16-le") in content:
        raise _error("file.encrypted", file)
    if "Workbook".encode("utf-16-le") in content or "Book".encode("utf-16-le") in content:
        return "xls"
    if "WordDocument".encode("utf-16-le") in content:
        raise _other(file, "Word")
    raise _error("file.truncated", file) if len(content) < 4096 else _other(file, "old-office")
