"""Signed notes: text signed by one or more keys (C2SP signed-note), and the verifier keys that open them.

    note text, ending in a newline
                                                    <- the last empty line of the note
    — key.name base64(4 bytes of key id, signature)

The text counts for nothing until :func:`open_note` has verified a signature of a key that the reader trusts. Signatures of
keys that the reader does not know are ignored; a known key with a bad signature refuses the whole note.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from hashlib import sha256
from typing import Final, Literal, Protocol

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from .encoding import MAX_SIZE, base64, unbase64
from .refused import Refused

Kind = Literal["ed25519", "cosignature"]
TYPES: Final[dict[int, Kind]] = {1: "ed25519", 4: "cosignature"}  # the byte of a key's type in signed-note
BYTES: Final[dict[Kind, int]] = {kind: byte for byte, kind in TYPES.items()}
MAX_NOTE_BYTES: Final = 1_000_000
MAX_SIGNATURES: Final = 100
_CONTROL = re.compile(r"[\x00-\x09\x0b-\x1f]")


@dataclass(frozen=True, slots=True)
class Signature:
    """One signature line: who says he signed, and what he left.

    name    the key's name
    key_id  4 bytes that tell keys of one name apart; no proof of anything
    blob    what the key's algorithm left (Ed25519: 64 bytes; cosignature: 8 bytes of time before them)
    """

    name: str
    key_id: bytes
    blob: bytes

    @property
    def line(self) -> str:
        """As it stands in a note, with its newline."""
        return f"— {self.name} {base64(self.key_id + self.blob)}\n"


@dataclass(frozen=True, slots=True)
class Note:
    """A text, its final newline included, and the signatures below it, none of them verified."""

    text: str
    signatures: tuple[Signature, ...]

    def encode(self) -> bytes:
        """The bytes of the note."""
        return (self.text + "\n" + "".join(each.line for each in self.signatures)).encode("utf-8")


@dataclass(frozen=True, slots=True)
class Verifier:
    """A public key with its name.

    kind    ``ed25519`` signs the text (type 0x01), ``cosignature`` a time and the text (type 0x04)
    public  32 bytes, RFC 8032
    """

    name: str
    key_id: bytes
    kind: Kind
    public: bytes

    @property
    def vkey(self) -> str:
        """``name+hash+key``, as a verifier keeps it."""
        return f"{self.name}+{self.key_id.hex()}+{base64(bytes([BYTES[self.kind]]) + self.public)}"

    def verify(self, text: bytes, blob: bytes) -> bool:
        """Whether the blob is this key's signature of the text."""
        if self.kind == "cosignature":
            if len(blob) != 72:
                return False
            time, blob = int.from_bytes(blob[:8], "big"), blob[8:]
            if time > MAX_SIZE:
                return False
            text = cosigned(text, time)
        if len(blob) != 64:
            return False
        try:
            Ed25519PublicKey.from_public_bytes(self.public).verify(blob, text)
        except (InvalidSignature, ValueError):
            return False
        return True


class Signer(Protocol):
    """What signs: a key in a file, in the environment, or behind a command."""

    @property
    def name(self) -> str:
        """The name of the key; a log's key has the log's origin as its name."""

    @property
    def verifier(self) -> Verifier:
        """The public half."""

    def sign(self, text: bytes) -> bytes:
        """The blob of a signature of the text."""


@dataclass(frozen=True, slots=True)
class Opened:
    """A note of which at least one signature of a known key holds.

    verified    the signatures of known keys, each checked, at most one a key
    unverified  those of keys that the reader does not know: they say nothing
    """

    note: Note
    verified: tuple[Signature, ...]
    unverified: tuple[Signature, ...]

    def signed_by(self, verifier: Verifier) -> bool:
        """Whether a signature of this key was verified."""
        return any((each.name, each.key_id) == (verifier.name, verifier.key_id) for each in self.verified)


def cosigned(text: bytes, time: int) -> bytes:
    """The message of an Ed25519 cosignature: the time (seconds since 1970) before the text of the checkpoint."""
    return b"cosignature/v1\ntime %d\n" % time + text


def key_id(name: str, kind: Kind, public: bytes) -> bytes:
    """SHA-256(name, newline, type, key), the first 4 bytes."""
    return sha256(name.encode("utf-8") + b"\n" + bytes([BYTES[kind]]) + public).digest()[:4]


def verifier_of(name: str, kind: Kind, public: bytes) -> Verifier:
    """The verifier of a public key. Raises Refused ``key.name`` or ``key.malformed``."""
    if not name_is_good(name):
        raise Refused("key.name", name=name)
    if len(public) != 32:
        raise Refused("key.malformed", key=f"{len(public)} bytes")
    return Verifier(name, key_id(name, kind, public), kind, public)


def name_is_good(name: str) -> bool:
    """Not empty, no Unicode space, no plus, no control character, valid UTF-8."""
    try:
        name.encode("utf-8")
    except UnicodeEncodeError:
        return False
    return bool(name) and "+" not in name and not any(c.isspace() or c < " " for c in name)


def parse_vkey(text: str) -> Verifier:
    """A verifier from ``name+hash+key``; blanks and newlines around it are the reader's.

    Raises Refused: ``key.malformed``, ``key.name``, ``key.unknown-type``, ``key.id``.
    """
    parts = text.strip().split("+", 2)
    if len(parts) != 3 or not re.fullmatch(r"[0-9a-fA-F]{8}", parts[1], re.ASCII):
        raise Refused("key.malformed", key=text.strip())
    name, hash_, data = parts[0], bytes.fromhex(parts[1]), unbase64(parts[2])
    if not data:
        raise Refused("key.malformed", key=text.strip())
    kind = TYPES.get(data[0])
    if kind is None:
        raise Refused("key.unknown-type", type=f"0x{data[0]:02x}", name=name)
    verifier = verifier_of(name, kind, data[1:])
    if verifier.key_id != hash_:
        raise Refused("key.id", name=name, given=hash_.hex(), wanted=verifier.key_id.hex())
    return verifier


def parse_note(data: bytes) -> Note:
    """The parts of a note, nothing verified. Raises Refused ``note.too-large`` or ``note.malformed`` with the reason."""
    if len(data) > MAX_NOTE_BYTES:
        raise Refused("note.too-large", given=len(data), limit=MAX_NOTE_BYTES)
    try:
        whole = data.decode("utf-8")
    except UnicodeDecodeError as bad:
        raise _malformed("utf-8", at=bad.start) from None
    if control := _CONTROL.search(whole):
        raise _malformed("control", at=control.start())
    at = whole.rfind("\n\n")
    if at < 0:
        raise _malformed("no-empty-line")
    text, below = whole[: at + 1], whole[at + 2 :]
    signatures = parse_signatures(below)
    if not signatures:
        raise _malformed("no-signature")
    return Note(text, signatures)


def parse_signatures(below: str) -> tuple[Signature, ...]:
    """Signature lines, each ending in a newline. Raises Refused ``note.malformed``."""
    lines = below.split("\n")
    if lines.pop() != "":
        raise _malformed("no-newline")
    if len(lines) > MAX_SIGNATURES:
        raise _malformed("too-many", at=len(lines))
    return tuple(_signature(line) for line in lines)


def _signature(line: str) -> Signature:
    parts = line.split(" ")
    blob = unbase64(parts[2]) if len(parts) == 3 and parts[0] == "—" and name_is_good(parts[1]) else None
    if blob is None or len(blob) < 5:
        raise _malformed("signature-line", at=line)
    return Signature(parts[1], blob[:4], blob[4:])


def open_note(data: bytes, verifiers: Iterable[Verifier]) -> Opened:
    """The note, when a key of ``verifiers`` signed it.

    Raises Refused: what :func:`parse_note` raises, ``note.bad-signature`` (a known key, a signature that does not hold),
    ``note.no-known-signature``.
    """
    note = parse_note(data)
    known = {(each.name, each.key_id): each for each in verifiers}
    text = note.text.encode("utf-8")
    verified: dict[tuple[str, bytes], Signature] = {}
    unverified: list[Signature] = []
    for each in note.signatures:
        key = (each.name, each.key_id)
        verifier = known.get(key)
        if verifier is None:
            unverified.append(each)
        elif not verifier.verify(text, each.blob):
            raise Refused("note.bad-signature", name=each.name, id=each.key_id.hex())
        else:
            verified.setdefault(key, each)
    if not verified:
        wanted = ", ".join(f"{name}+{id_.hex()}" for name, id_ in known) or "-"
        raise Refused("note.no-known-signature", wanted=wanted, signed=_names(note))
    return Opened(note, tuple(verified.values()), tuple(unverified))


def sign_note(text: str, signers: Iterable[Signer]) -> bytes:
    """A new note of the text. The text ends in a newline. Raises Refused ``note.malformed`` for what no note can hold."""
    data = text.encode("utf-8")
    made = Note(text, tuple(Signature(each.name, each.verifier.key_id, each.sign(data)) for each in signers))
    if parse_note(made.encode()) != made:
        raise _malformed("no-newline")
    return made.encode()


def _names(note: Note) -> str:
    return ", ".join(f"{each.name}+{each.key_id.hex()}" for each in note.signatures)


_WHY = {
    "utf-8": ("byte {at} is not UTF-8", "第 {at} 字节不是 UTF-8"),
    "control": ("character {at} is a control character", "第 {at} 个字符是控制字符"),
    "no-empty-line": ("no empty line parts text and signatures", "正文与签名之间没有空行"),
    "no-signature": ("no signature line", "没有签名行"),
    "no-newline": ("the last line has no newline", "末行没有换行符"),
    "too-many": ("{at} signature lines, at most 100 are read", "签名行有 {at} 行，最多读取 100 行"),
    "signature-line": ("this is no signature line: {at}", "以下不是签名行：{at}"),
}


def _malformed(why: str, at: object = "") -> Refused:
    en, zh = _WHY[why]
    return Refused("note.malformed", why_en=en.replace("{at}", str(at)), why_zh=zh.replace("{at}", str(at)))
