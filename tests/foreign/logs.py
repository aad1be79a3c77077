"""Logs made by our writer, copies of them to spoil, and forged histories."""

import os
import shutil
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from hengtan.ledger import generate
from hengtan.ledger.keys import KeySigner
from hengtan.ledger.log import Log

SIZES = (0, 1, 2, 255, 256, 257, 65_536, 70_000)
ORIGIN = "example.com/ledger"
KEY = generate(ORIGIN)
OTHER_KEY = generate(ORIGIN)


@dataclass(frozen=True)
class Made:
    """A good log of ``size`` entries in ``folder``; ``older`` is the checkpoint that it had at about half its size."""

    size: int
    folder: Path
    older: Path

    @property
    def vkey(self) -> str:
        return KEY.verifier.vkey


def entries(size: int) -> list[bytes]:
    """Entries of several lengths, each only once."""
    return [b'{"kind":"test","note":"%s","number":"%d"}' % (b"x" * (number % 7), number) for number in range(size)]


def make(size: int, place: Path) -> Made:
    """A log that grew in two steps, as logs do."""
    folder, older = place / f"log-{size}", place / f"older-{size}"
    all_, half = entries(size), (size + 1) // 2
    Log.create(folder, ORIGIN, KEY)
    with Log.open(folder, KEY) as log:
        log.append(all_[:half])
        older.write_bytes(log.checkpoint())
        log.append(all_[half:])
    return Made(size, folder, older)


def forge(folder: Path, content: Sequence[bytes], signer: KeySigner) -> Path:
    """A whole log of other entries under the same name."""
    Log.create(folder, ORIGIN, signer)
    with Log.open(folder, signer) as log:
        log.append(content)
    return folder


def copy(made: Made, to: Path) -> Path:
    """The public half. Its files are links, so write with ``put``, which never writes through them."""
    shutil.copytree(made.folder, to, copy_function=os.link, ignore=shutil.ignore_patterns("private"))
    return to


def put(path: Path, data: bytes) -> None:
    """Another content under this name in this copy alone."""
    path.unlink(missing_ok=True)
    path.write_bytes(data)


def files(folder: Path) -> list[Path]:
    """Every file that the checkpoint vouches for, partial ones of earlier sizes included."""
    return [folder / "checkpoint", *sorted(path for path in (folder / "tile").rglob("*") if path.is_file())]


def needed(folder: Path, size: int) -> list[Path]:
    """Those of them that a log of this size cannot do without, by the rule of tlog-tiles."""
    found = [folder / "checkpoint"]
    count, kinds = size, ["entries", "0"]
    while count:
        for kind in kinds:
            whole, rest = divmod(count, 256)
            found += [folder / "tile" / kind / number(index) for index in range(whole)]
            found += [folder / "tile" / kind / f"{number(whole)}.p" / str(rest)] if rest else []
        count, kinds = count // 256, [str(int(kinds[-1]) + 1)]
    return found


def number(index: int) -> str:
    """``000`` to ``999``; these logs have no more tiles of a kind than that."""
    assert index < 1000
    return f"{index:03d}"


def bundle(content: Sequence[bytes]) -> bytes:
    """Entries as they lie in a bundle."""
    return b"".join(len(entry).to_bytes(2, "big") + entry for entry in content)


def flipped(data: bytes, bit: int) -> bytes:
    """The same with one bit turned over."""
    spoilt = bytearray(data)
    spoilt[bit // 8] ^= 1 << bit % 8
    return bytes(spoilt)
