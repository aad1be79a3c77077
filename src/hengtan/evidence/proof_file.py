"""``run.json.tlog-proof``: all that a machine which never saw the log needs to check one file.

The proof of inclusion and the signed checkpoint are those of C2SP tlog-proof; foreign tools verify them. Its ``extra`` line,
which the proof itself does not cover, holds what connects the file with the entry, as RFC 8785 JSON::

    {"entry":"{...}","record":{...},"salt":"<64 hex digits>","vkey":"origin+hash+key"}

Nothing in it needs to be believed: the entry is what the proof proves, the entry holds the commitment to the record under the
salt, and the record names the SHA-256 of the file. Only the key has to come from elsewhere.
"""

from __future__ import annotations

import hmac
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from hengtan.durable import regular
from hengtan.ledger import (
    Checkpoint,
    Proof,
    Refused,
    Verifier,
    canonical,
    parse_checkpoint,
    parse_note,
    parse_proof,
    parse_strict,
    verify_proof,
)
from hengtan.ledger.event import Event, commitment
from hengtan.ledger.proof import MAX_PROOF_BYTES

SUFFIX = ".tlog-proof"
_SALT = re.compile(r"[0-9a-f]{64}")


@dataclass(frozen=True, slots=True)
class Vouched:
    """A proof file that was read, nothing verified yet.

    entry   the bytes that the log holds; record: what they commit to; vkey: the key that the file itself names
    """

    proof: Proof
    entry: bytes
    record: Mapping[str, Any]
    salt: bytes
    vkey: str

    @property
    def checkpoint(self) -> Checkpoint:
        """What the proof says of the log; no signature was looked at. Raises Refused for what is no checkpoint."""
        return parse_checkpoint(parse_note(self.proof.checkpoint).text)

    def verify(self, verifier: Verifier) -> Checkpoint:
        """The checkpoint that vouches for the record.

        Raises Refused: what ``verify_proof`` raises, ``verify.entry-unlike`` where the entry does not commit to the record.
        """
        checkpoint = verify_proof(self.entry, self.proof, [verifier])
        entry = parse_strict(self.entry)
        held = entry.get("commitment") if isinstance(entry, dict) else None
        wanted = commitment(self.salt, canonical(dict(self.record)))
        if (
            not isinstance(entry, dict)
            or not isinstance(held, str)
            or not hmac.compare_digest(held.encode(), wanted.encode())
        ):
            raise Refused("verify.entry-unlike")
        if entry.get("kind") != self.record.get("kind"):
            raise Refused("verify.entry-unlike")
        return checkpoint


def extra(event: Event, vkey: str) -> bytes:
    """The ``extra`` of the proof of an event."""
    return canonical(
        {
            "entry": event.entry.decode("utf-8"),
            "record": parse_strict(event.record),
            "salt": event.salt.hex(),
            "vkey": vkey,
        }
    )


def open_proof(path: Path) -> tuple[Proof, Mapping[str, Any]]:
    """A proof file and what its ``extra`` says, nothing verified.

    Raises Refused: ``verify.proof-missing``, and what ``parse_proof`` and ``parse_strict`` raise.
    """
    try:
        with regular(path) as file:
            data = file.read(MAX_PROOF_BYTES + 1)
    except OSError:
        raise Refused("verify.proof-missing", file=str(path)) from None
    try:
        return _parsed(data)
    except Refused as refused:
        raise refused.at(str(path)) from None


def read_proof(path: Path) -> Vouched:
    """A proof file taken apart. Raises Refused: ``verify.extra``, and what ``open_proof`` raises."""
    return _vouched(*open_proof(path), str(path))


def read_proof_bytes(data: bytes) -> Vouched:
    """The same of a proof that stands in no file."""
    return _vouched(*_parsed(data), "")


def _parsed(data: bytes) -> tuple[Proof, Mapping[str, Any]]:
    proof = parse_proof(data)
    found = parse_strict(proof.extra) if proof.extra is not None else None
    return proof, found if isinstance(found, dict) else {}


def _vouched(proof: Proof, parts: Mapping[str, Any], file: str) -> Vouched:
    entry, record, salt, vkey = (parts.get(name) for name in ("entry", "record", "salt", "vkey"))
    whole = isinstance(entry, str) and isinstance(record, dict) and isinstance(salt, str) and isinstance(vkey, str)
    if not whole or not _SALT.fullmatch(str(salt)):
        raise Refused("verify.extra", file=file)
    assert isinstance(record, dict)
    return Vouched(proof, str(entry).encode("utf-8"), record, bytes.fromhex(str(salt)), str(vkey))
