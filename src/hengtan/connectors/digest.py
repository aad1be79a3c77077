"""One pass over a file: its SHA-256; or, for text, its encoding and its quotation marks."""

from __future__ import annotations

import codecs
import hashlib
from dataclasses import dataclass
from pathlib import Path

import numpy as np

CHUNK = 1 << 20


@dataclass(frozen=True, slots=True)
class TextFacts:
    """encoding: ``utf-8``, ``gb18030`` or "" for neither; quotes: number of ``\"`` in the file."""

    encoding: str
    bom: bool
    quotes: int


def sha256(path: Path) -> str:
    """The SHA-256 of a file."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def text_facts(path: Path) -> TextFacts:
    """Reads the whole file once (twice when it is not UTF-8)."""
    utf8, quotes, bom = codecs.getincrementaldecoder("utf-8")(), 0, False
    valid, pure, first = True, True, True
    with path.open("rb", buffering=0) as file:
        while chunk := file.read(CHUNK):
            if first:
                bom, first = chunk.startswith(codecs.BOM_UTF8), False
            quotes += _count_quotes(chunk)
            if valid and not (pure and chunk.isascii()):
                pure = False
                try:
                    utf8.decode(chunk)
                except UnicodeDecodeError:
                    valid = False
    if valid:
        try:
            utf8.decode(b"", final=True)
        except UnicodeDecodeError:
            valid = False
    encoding = "utf-8" if valid else "gb18030" if _is_gb18030(path) else ""
    return TextFacts(encoding, bom, quotes)


def _count_quotes(chunk: bytes) -> int:
    if b'"' not in chunk:
        return 0
    return int(np.count_nonzero(np.frombuffer(chunk, np.uint8) == ord('"')))  # bytes.count is slow where there are many


def _is_gb18030(path: Path) -> bool:
    """Strictly: every byte decodes, to assigned characters, and most of them are everyday ones (GB 2312).

    Western European bytes often decode by accident, ``Zürich`` to ``Z黵ich``: an accent and the ASCII letter after it make
    a character that GB 2312 does not have. Chinese text is mostly made of characters that it has.
    """
    decoder = codecs.getincrementaldecoder("gb18030")()
    common = rare = 0
    with path.open("rb", buffering=0) as file:
        while chunk := file.read(CHUNK):
            try:
                text = decoder.decode(chunk)
            except UnicodeDecodeError:
                return False
            wide = [c for c in text if c > "\x7f"]
            if any("\ue000" <= c <= "\uf8ff" for c in wide):
                return False
            seen = {c: c.encode("gb2312", "ignore") != b"" for c in set(wide)}
            everyday = sum(seen[c] for c in wide)
            common, rare = common + everyday, rare + len(wide) - everyday
    try:
        decoder.decode(b"", final=True)
    except UnicodeDecodeError:
        return False
    return common > rare
