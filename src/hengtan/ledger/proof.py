"""Proof files: that an entry stands in a log, for a reader who has never seen the log (C2SP tlog-proof)."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from .checkpoint import Checkpoint, open_checkpoint
from .encoding import base64, decimal, unbase64
from .merkle import HASH_BYTES, leaf_hash, verify_inclusion
from .note import Verifier
from .refused import Refused

HEADER: Final = "c2sp.org/tlog-proof@v1"
MAX_HASHES: Final = 63
MAX_PROOF_BYTES: Final = 16 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class Proof:
    """A proof file taken apart.

    index       of the entry, from 0
    hashes      32 bytes each, from the sibling of the leaf up to a child of the root
    checkpoint  the signed note as the log gave it, byte for byte
    extra       bytes of the application, not authenticated by the proof; None where the file has no such line
    """

    index: int
    hashes: tuple[bytes, ...]
    checkpoint: bytes
    extra: bytes | None = None

    def encode(self) -> bytes:
        """The bytes of the file."""
        lines = [HEADER]
        if self.extra is not None:
            lines.append(f"extra {base64(self.extra)}")
        lines.append(f"index {self.index}")
        lines.extend(base64(each) for each in self.hashes)
        return ("\n".join(lines) + "\n\n").encode("ascii") + self.checkpoint


def parse_proof(data: bytes) -> Proof:
    """A proof file taken apart, nothing verified.

    Raises Refused: ``proof.too-large``, ``proof.malformed`` with the line, ``proof.hash-length``, ``proof.length``.
    """
    if len(data) > MAX_PROOF_BYTES:
        raise Refused("proof.too-large", given=len(data), limit=MAX_PROOF_BYTES)
    head, parted, checkpoint = data.partition(b"\n\n")
    try:
        lines = head.decode("ascii").split("\n")
    except UnicodeDecodeError as bad:
        raise Refused("proof.malformed", line=head.count(b"\n", 0, bad.start) + 1, given=head[bad.start :]) from None
    if lines[0] != HEADER:
        raise Refused("proof.malformed", line=1, given=lines[0])
    at, extra = 1, None
    if at < len(lines) and lines[at].startswith("extra "):
        extra = unbase64(lines[at].removeprefix("extra "))
        if extra is None:
            raise Refused("proof.malformed", line=at + 1, given=lines[at])
        at += 1
    index = decimal(lines[at].removeprefix("index ")) if at < len(lines) and lines[at].startswith("index ") else None
    if index is None:
        raise Refused("proof.malformed", line=at + 1, given=lines[at] if at < len(lines) else "")
    if not parted:
        raise Refused("proof.malformed", line=len(lines) + 1, given="")
    return Proof(index, hash_lines(lines[at + 1 :], at + 2), checkpoint, extra)


def hash_lines(lines: list[str], first: int) -> tuple[bytes, ...]:
    """One Base64 hash a line; ``first`` is the number of the first line, for what is told of a bad one.

    Raises Refused: ``proof.length`` above 63 lines, ``proof.malformed``, ``proof.hash-length``.
    """
    if len(lines) > MAX_HASHES:
        raise Refused("proof.length", wanted=f"<= {MAX_HASHES}", given=len(lines))
    hashes = []
    for number, line in enumerate(lines, first):
        hash_ = unbase64(line)
        if hash_ is None:
            raise Refused("proof.malformed", line=number, given=line)
        if len(hash_) != HASH_BYTES:
            raise Refused("proof.hash-length", given=len(hash_))
        hashes.append(hash_)
    return tuple(hashes)


def verify_proof(entry: bytes, proof: Proof, verifiers: Iterable[Verifier]) -> Checkpoint:
    """The checkpoint that vouches for the entry. Raises Refused as open_checkpoint and verify_inclusion do."""
    checkpoint, _ = open_checkpoint(proof.checkpoint, verifiers)
    verify_inclusion(leaf_hash(entry), proof.index, checkpoint.size, proof.hashes, checkpoint.root)
    return checkpoint
