"""Keys that sign a log: made, kept in a file of tight permissions, given by the environment, or behind a command (HSM).

The text of a private key is that of Go's signed notes, ``PRIVATE+KEY+name+hash+key``, so that either can use the other's.
Whoever has it can sign any history: it is never served, exported or printed.
"""

from __future__ import annotations

import os
import re
import shlex
import stat
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from hengtan.durable import create
from hengtan.problems import HengtanError, Problem

from .encoding import base64, unbase64
from .note import BYTES, TYPES, Kind, Signer, Verifier, verifier_of
from .refused import Refused

KEY_VARIABLE: Final = "HENGTAN_LEDGER_KEY"
COMMAND_VARIABLE: Final = "HENGTAN_LEDGER_SIGNER"
COMMAND_SECONDS: Final = 60
_PREFIX = "PRIVATE+KEY+"


@dataclass(frozen=True, slots=True)
class KeySigner:
    """An Ed25519 private key at hand, RFC 8032. The seed of 32 bytes does not show itself in repr."""

    verifier: Verifier
    seed: bytes = field(repr=False)

    @property
    def name(self) -> str:
        """The name of the key."""
        return self.verifier.name

    def sign(self, text: bytes) -> bytes:
        """The Ed25519 signature of these bytes, 64 bytes."""
        return Ed25519PrivateKey.from_private_bytes(self.seed).sign(text)

    @property
    def secret(self) -> str:
        """The text of the private key: for the key file only."""
        kind = bytes([BYTES[self.verifier.kind]])
        return f"{_PREFIX}{self.name}+{self.verifier.key_id.hex()}+{base64(kind + self.seed)}"


@dataclass(frozen=True, slots=True)
class CommandSigner:
    """A key that stays where it is: a command is given the text on its input and prints the 64 bytes of the signature."""

    verifier: Verifier
    command: tuple[str, ...]

    @property
    def name(self) -> str:
        """The name of the key."""
        return self.verifier.name

    def sign(self, text: bytes) -> bytes:
        """What the command prints, when it is this key's signature. Raises HengtanError ``key.command``."""
        try:
            done = subprocess.run(self.command, input=text, capture_output=True, timeout=COMMAND_SECONDS, check=False)
        except (OSError, subprocess.TimeoutExpired) as fault:
            raise self._failed(type(fault).__name__) from None
        if done.returncode:
            raise self._failed(f"exit {done.returncode}: {done.stderr[-300:].decode('utf-8', 'replace').strip()}")
        if len(done.stdout) != 64:
            raise self._failed(f"{len(done.stdout)} != 64 bytes")
        if not verifier_of(self.name, "ed25519", self.verifier.public).verify(text, done.stdout):
            raise self._failed(f"!= {self.verifier.vkey}")
        return done.stdout

    def _failed(self, why: str) -> HengtanError:
        return HengtanError(Problem("key.command", values={"command": self.command[0], "why": why}))


def generate(name: str, kind: Kind = "ed25519") -> KeySigner:
    """A new key of this name; a log's key is named by the log's origin. Raises Refused ``key.name``."""
    return _signer(name, kind, Ed25519PrivateKey.generate().private_bytes_raw())


def _signer(name: str, kind: Kind, seed: bytes) -> KeySigner:
    public = Ed25519PrivateKey.from_private_bytes(seed).public_key().public_bytes_raw()
    return KeySigner(verifier_of(name, kind, public), seed)


def parse_secret(text: str) -> KeySigner:
    """The key of a private key's text.

    Raises Refused ``key.secret-malformed`` (which never repeats the text), ``key.name``, ``key.unknown-type``, ``key.id``.
    """
    parts = text.strip().removeprefix(_PREFIX).split("+", 2)
    if (
        not text.strip().startswith(_PREFIX)
        or len(parts) != 3
        or not re.fullmatch(r"[0-9a-fA-F]{8}", parts[1], re.ASCII)
    ):
        raise Refused("key.secret-malformed")
    data = unbase64(parts[2])
    if not data:
        raise Refused("key.secret-malformed")
    kind = TYPES.get(data[0])
    if kind is None:
        raise Refused("key.unknown-type", type=f"0x{data[0]:02x}", name=parts[0])
    if len(data) != 33:
        raise Refused("key.secret-malformed")
    signer = _signer(parts[0], kind, data[1:])
    if signer.verifier.key_id.hex() != parts[1].lower():
        raise Refused("key.id", name=parts[0], given=parts[1], wanted=signer.verifier.key_id.hex())
    return signer


def save(signer: KeySigner, path: Path) -> None:
    """Writes the key to a new file that only its owner can read (0600): whole and durable, or not there at all.

    Raises HengtanError ``key.file-exists``, ``key.not-written`` (then there is no such file).
    """
    try:
        create(path, f"{signer.secret}\n".encode(), 0o600)
    except FileExistsError:
        raise HengtanError(Problem("key.file-exists", file=str(path))) from None
    except OSError as fault:
        raise HengtanError(
            Problem("key.not-written", file=str(path), values={"why": fault.strerror or str(fault)})
        ) from None


def load(path: Path) -> KeySigner:
    """The key of a file.

    Raises HengtanError ``key.file-missing``, ``key.file-open`` (others than the owner may read or write it), and Refused as
    :func:`parse_secret` does, naming the file.
    """
    try:
        with path.open("rb") as file:
            mode = os.fstat(file.fileno()).st_mode
            if not stat.S_ISREG(mode):
                raise HengtanError(Problem("key.file-missing", file=str(path)))
            if os.name == "posix" and mode & 0o077:
                raise HengtanError(Problem("key.file-open", file=str(path), values={"mode": f"{mode & 0o777:03o}"}))
            text = file.read(4096).decode("utf-8", "replace")
    except OSError:
        raise HengtanError(Problem("key.file-missing", file=str(path))) from None
    try:
        return parse_secret(text)
    except Refused as refused:
        raise refused.at(str(path)) from None


def from_env(environment: Mapping[str, str] = os.environ) -> KeySigner | None:
    """The key whose text stands in ``HENGTAN_LEDGER_KEY``; None where the variable is not set or empty."""
    text = environment.get(KEY_VARIABLE, "")
    try:
        return parse_secret(text) if text else None
    except Refused as refused:
        raise refused.at(KEY_VARIABLE) from None


def from_command(verifier: Verifier, environment: Mapping[str, str] = os.environ) -> CommandSigner | None:
    """The signer behind the command in ``HENGTAN_LEDGER_SIGNER``, split as a shell would, for this public key.

    Raises HengtanError ``key.command`` for a text that a shell could not split.
    """
    text = environment.get(COMMAND_VARIABLE, "")
    try:
        command = tuple(shlex.split(text))
    except ValueError as fault:
        raise HengtanError(Problem("key.command", values={"command": COMMAND_VARIABLE, "why": str(fault)})) from None
    return CommandSigner(verifier, command) if command else None


def find(verifier: Verifier, path: Path, environment: Mapping[str, str] = os.environ) -> Signer:
    """The signer of this public key: the command, else the environment, else the file.

    Raises HengtanError ``key.other`` when the key that was found is not the one of ``verifier``, and as the ways in do.
    """
    signer: Signer = from_command(verifier, environment) or from_env(environment) or load(path)
    if signer.verifier != verifier:
        raise HengtanError(Problem("key.other", values={"wanted": verifier.vkey, "given": signer.verifier.vkey}))
    return signer
