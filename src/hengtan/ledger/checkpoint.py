"""Checkpoints: the size and root of a log at a moment, signed (C2SP tlog-checkpoint).

>>> print(Checkpoint("example.com/log", 0, EMPTY_ROOT).text, end="")
example.com/log
0
47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from .encoding import base64, decimal, unbase64
from .merkle import EMPTY_ROOT, HASH_BYTES
from .note import Opened, Signer, Verifier, open_note, sign_note
from .refused import Refused


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """What a log commits to.

    origin      the log's name, which is its key's name too
    size        how many entries
    root        32 bytes, the Merkle root of these entries
    extensions  further lines, opaque; we write none
    """

    origin: str
    size: int
    root: bytes
    extensions: tuple[str, ...] = ()

    @property
    def text(self) -> str:
        """The text of the note."""
        return "".join(f"{line}\n" for line in (self.origin, self.size, base64(self.root), *self.extensions))


def parse_checkpoint(text: str) -> Checkpoint:
    """The checkpoint of a note's text; trusted only when the note was opened. Raises Refused ``checkpoint.malformed``."""
    lines = text.split("\n")
    if lines.pop() != "" or len(lines) < 3 or not all(lines):
        raise Refused("checkpoint.malformed", line="-", given=text)
    origin, size, root = lines[0], decimal(lines[1]), unbase64(lines[2])
    if size is None:
        raise Refused("checkpoint.malformed", line=2, given=lines[1])
    if root is None or len(root) != HASH_BYTES:
        raise Refused("checkpoint.malformed", line=3, given=lines[2])
    return Checkpoint(origin, size, root, tuple(lines[3:]))


def sign(checkpoint: Checkpoint, *signers: Signer) -> bytes:
    """The checkpoint as a note signed by these keys, the log's own first. Raises Refused ``checkpoint.malformed``."""
    if parse_checkpoint(checkpoint.text) != checkpoint:
        raise Refused("checkpoint.malformed", line="-", given=checkpoint.text)
    return sign_note(checkpoint.text, signers)


def open_checkpoint(data: bytes, verifiers: Iterable[Verifier]) -> tuple[Checkpoint, Opened]:
    """The checkpoint of a signed note, when the log itself signed it with a key of ``verifiers``.

    The log's key has the log's origin as its name; witnesses' cosignatures alone do not make a checkpoint. Raises Refused:
    what :func:`open_note` raises, ``checkpoint.malformed``, ``checkpoint.not-by-the-log``, ``checkpoint.empty-root``.
    """
    verifiers = tuple(verifiers)
    opened = open_note(data, verifiers)
    checkpoint = parse_checkpoint(opened.note.text)
    own = [each for each in verifiers if each.kind == "ed25519" and each.name == checkpoint.origin]
    if not any(opened.signed_by(each) for each in own):
        names = ", ".join(each.name for each in opened.verified)
        raise Refused("checkpoint.not-by-the-log", origin=checkpoint.origin, names=names)
    if checkpoint.size == 0 and checkpoint.root != EMPTY_ROOT:
        raise Refused("checkpoint.empty-root", origin=checkpoint.origin)
    return checkpoint, opened
