"""Cosignatures: a witness says that, at a time, it saw this checkpoint and that it extends the ones before (C2SP
tlog-cosignature, type 0x04, Ed25519).

    cosignature/v1
    time 1679315147
    <text of the checkpoint>

is what is signed; the blob in the note is the time in 8 bytes and the signature of 64.
"""

from __future__ import annotations

import time as clock
from collections.abc import Callable
from dataclasses import dataclass

from .checkpoint import parse_checkpoint
from .encoding import MAX_SIZE
from .note import Note, Signature, Verifier, cosigned, parse_note, verifier_of
from .note import Signer as NoteSigner
from .refused import Refused


@dataclass(frozen=True, slots=True)
class Cosigner:
    """A witness's key and its clock (seconds since 1970). One public key belongs to one witness name."""

    verifier: Verifier
    key: NoteSigner
    now: Callable[[], float] = clock.time

    @property
    def name(self) -> str:
        """The witness's name."""
        return self.verifier.name

    def sign(self, text: bytes) -> bytes:
        """The blob: the time now and the signature over it and the text."""
        return self.sign_at(text, int(self.now()))

    def sign_at(self, text: bytes, time: int) -> bytes:
        """The blob for this time. Raises Refused ``cosignature.time``."""
        if not 0 <= time <= MAX_SIZE:
            raise Refused("cosignature.time", time=time)
        return time.to_bytes(8, "big") + self.key.sign(cosigned(text, time))


def cosigner(key: NoteSigner, now: Callable[[], float] = clock.time) -> Cosigner:
    """The cosigner of a key; the name stays, the type becomes 0x04."""
    return Cosigner(verifier_of(key.name, "cosignature", key.verifier.public), key, now)


def cosign(checkpoint: bytes, by: Cosigner) -> Signature:
    """A witness's signature of a checkpoint that it has checked. Raises Refused as parse_note and parse_checkpoint do."""
    text = parse_note(checkpoint).text
    parse_checkpoint(text)
    return Signature(by.name, by.verifier.key_id, by.sign(text.encode("utf-8")))


def time_of(signature: Signature) -> int:
    """When a cosignature was given, seconds since 1970; as trustworthy as its witness. Raises Refused ``cosignature.length``."""
    if len(signature.blob) != 72:
        raise Refused("cosignature.length", name=signature.name, given=len(signature.blob))
    return int.from_bytes(signature.blob[:8], "big")


def with_signatures(checkpoint: bytes, signatures: tuple[Signature, ...]) -> bytes:
    """The checkpoint with these signatures below its own; one of a key that is there already takes the place of the old."""
    note = parse_note(checkpoint)
    new = {(each.name, each.key_id) for each in signatures}
    kept = tuple(each for each in note.signatures if (each.name, each.key_id) not in new)
    return Note(note.text, kept + signatures).encode()
