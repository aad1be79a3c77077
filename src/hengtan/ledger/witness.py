"""A witness: it cosigns the newest checkpoint of a log only when that extends the one it cosigned before (C2SP tlog-witness).

So whoever trusts the witness knows that the log did not show two histories. Two companies, or a company and its verifier, can
be each other's witness. A witness is a folder::

    witness.vkey                        its public key, for those who will trust it
    private/key                         its private key, 0600
    logs/<SHA-256 of origin>/keys       the verifier keys of one log that it witnesses
    logs/<SHA-256 of origin>/checkpoint what it cosigned last; empty before the first time, never missing
    logs/<SHA-256 of origin>/conflicts/ checkpoints that contradict it, signed by the log: proof of two histories

What is to be cosigned is on the disk before the signature leaves; one request for a log is judged at a time, however many
threads and processes serve the folder.
"""

from __future__ import annotations

import time as clock
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from hashlib import sha256
from os import environ
from pathlib import Path
from typing import Final

from hengtan.durable import make, rewrite
from hengtan.problems import HengtanError, Problem

from . import keys
from .checkpoint import Checkpoint, open_checkpoint, parse_checkpoint
from .cosignature import cosigner, time_of
from .encoding import base64, decimal
from .lock import Lock
from .merkle import verify_consistency
from .note import Note, Opened, Signature, Signer, Verifier, open_note, parse_note, parse_vkey, verifier_of
from .proof import hash_lines
from .refused import Refused

TEXT: Final = "text/plain; charset=utf-8"
SIZE: Final = "text/x.tlog.size"
VKEY: Final = "witness.vkey"
VARIABLES: Final = {"HENGTAN_WITNESS_SIGNER": keys.COMMAND_VARIABLE, "HENGTAN_WITNESS_KEY": keys.KEY_VARIABLE}
WAIT_S: Final = 10.0
MAX_CONFLICTS: Final = 100


@dataclass(frozen=True, slots=True)
class Request:
    """What a log asks of a witness.

    old         the size that the witness cosigned last, as far as the log knows; 0 for none
    hashes      that the new tree begins with the old one, RFC 9162; empty when old is 0 or the size itself
    checkpoint  the signed note to be cosigned
    """

    old: int
    hashes: tuple[bytes, ...]
    checkpoint: bytes

    def encode(self) -> bytes:
        """The body of the request."""
        lines = [f"old {self.old}", *(base64(each) for each in self.hashes)]
        return ("\n".join(lines) + "\n\n").encode("ascii") + self.checkpoint


@dataclass(frozen=True, slots=True)
class Answer:
    """What a witness answers: an HTTP status, a body and its media type."""

    status: int
    body: bytes
    media: str = TEXT


def parse_request(body: bytes) -> Request:
    """The parts of an add-checkpoint request, nothing verified. Raises Refused ``witness.malformed`` or as a proof file does."""
    head, _, checkpoint = body.partition(b"\n\n")
    lines = head.decode("ascii", "backslashreplace").split("\n")
    old = decimal(lines[0].removeprefix("old ")) if lines[0].startswith("old ") else None
    if old is None:
        raise Refused("witness.malformed", given=lines[0])
    return Request(old, hash_lines(lines[1:], 2), checkpoint)


class Witness:
    """The witness of a folder. ``now``: seconds since 1970; a clock that was set back never takes a cosignature's time back."""

    def __init__(self, folder: Path, key: Signer, now: Callable[[], float] = clock.time) -> None:
        self.folder = folder
        self._cosigner = cosigner(key, now)

    @classmethod
    def create(cls, folder: Path, name: str) -> Witness:
        """A new witness with a key of its own. What was cut short may be repeated: a key that is there already is taken.

        Raises HengtanError ``witness.exists``, ``witness.not-written``, Refused ``key.name``.
        """
        if (folder / VKEY).exists():
            raise HengtanError(Problem("witness.exists", file=str(folder)))
        key = keys.generate(name)
        path = folder / "private" / "key"
        with _written(folder):
            make(folder)
            make(path.parent, 0o700)
            if path.exists() and keys.load(path).name == name:
                key = keys.load(path)
            else:
                keys.save(key, path)
            rewrite(folder / VKEY, f"{cosigner(key).verifier.vkey}\n".encode())
        return cls(folder, key)

    @classmethod
    def open(cls, folder: Path) -> Witness:
        """The witness of a folder. Its key comes from the command in ``HENGTAN_WITNESS_SIGNER``, from ``HENGTAN_WITNESS_KEY``, or
        from its file; a machine may have the key of its log in the variables of a log at the same time.

        Raises HengtanError ``witness.none``, and as the key does; Refused for a bad ``witness.vkey``.
        """
        try:
            text = (folder / VKEY).read_text("utf-8", "replace")
        except OSError:
            raise HengtanError(Problem("witness.none", file=str(folder))) from None
        verifier = parse_vkey(text)
        plain = verifier_of(verifier.name, "ed25519", verifier.public)
        given = {its: environ.get(own, "") for own, its in VARIABLES.items()}
        return cls(folder, keys.find(plain, folder / "private" / "key", given))

    @property
    def verifier(self) -> Verifier:
        """The public key of its cosignatures, for those who will trust it."""
        return self._cosigner.verifier

    def trust(self, vkey: str) -> Verifier:
        """Witnesses the log of this key from now on; for a log that changes its key, the new one beside the old.

        Raises Refused: what is no key, ``witness.log-key`` for the key of a witness; HengtanError ``witness.not-written``.
        """
        verifier = parse_vkey(vkey)
        if verifier.kind != "ed25519":
            raise Refused("witness.log-key", name=verifier.name)
        folder = self._folder(verifier.name)
        with _written(folder):
            folder.mkdir(parents=True, exist_ok=True)
        with _written(folder), self._alone(folder):
            known = self._keys(verifier.name)
            if not (folder / "keys").exists():
                rewrite(folder / "checkpoint", b"")  # from now on a missing one is a lost one
            if verifier not in known:
                rewrite(folder / "keys", "".join(f"{each.vkey}\n" for each in (*known, verifier)).encode())
        return verifier

    def distrust(self, verifier: Verifier) -> None:
        """No longer takes signatures of this key, for example after the log has changed it. What was cosigned stays known."""
        folder = self._folder(verifier.name)
        if folder.exists():
            with _written(folder), self._alone(folder):
                left = [each for each in self._keys(verifier.name) if each != verifier]
                rewrite(folder / "keys", "".join(f"{each.vkey}\n" for each in left).encode())

    def logs(self) -> tuple[Verifier, ...]:
        """Every key that it trusts, of all logs."""
        return tuple(key for path in sorted((self.folder / "logs").glob("*/keys")) for key in _keys_of(path))

    def latest(self, origin: str) -> tuple[Checkpoint, Note] | None:
        """What it cosigned last for the log of this name. Raises Refused ``witness.state``."""
        return self._latest(self._folder(origin)) if self._folder(origin).exists() else None

    def published(self, origin_hash: str) -> bytes | None:
        """The same as bytes, by the SHA-256 of the origin in hex; what monitors ask for."""
        try:
            return (self.folder / "logs" / origin_hash / "checkpoint").read_bytes() or None
        except OSError:
            return None

    def add_checkpoint(self, body: bytes) -> Answer:
        """Judges a request; 200 with the cosignature when it was kept and signed, else why not.

        Raises HengtanError ``log.locked`` when others keep the log busy for ten seconds, Refused ``witness.state`` when what was
        cosigned last can no longer be read: then nothing is signed until that is mended. OSError: nothing was signed.
        """
        try:
            request = parse_request(body)
            claimed = parse_checkpoint(parse_note(request.checkpoint).text)
        except Refused as refused:
            return _no(400, refused)
        trusted = self._keys(claimed.origin)
        if not trusted:
            return _no(404, Refused("witness.unknown-log", origin=claimed.origin))
        try:
            checkpoint, opened = open_checkpoint(request.checkpoint, trusted)
        except Refused as refused:
            return _no(422 if refused.code == "checkpoint.empty-root" else 403, refused)
        if request.old > checkpoint.size:
            return _no(400, Refused("proof.backwards", old=request.old, new=checkpoint.size))
        folder = self._folder(checkpoint.origin)
        with self._alone(folder):
            return self._judge(folder, request, checkpoint, opened)

    def _judge(self, folder: Path, request: Request, checkpoint: Checkpoint, opened: Opened) -> Answer:
        latest = self._latest(folder)
        known = latest[0].size if latest else 0
        if request.old != known:
            return Answer(409, b"%d\n" % known, SIZE)
        if latest and checkpoint.size == known and checkpoint.root != latest[0].root:
            self._keep_conflict(folder, request.checkpoint)
            return _no(409, Refused("witness.fork", origin=checkpoint.origin, size=known))
        try:
            _extends(request, latest[0] if latest else None, checkpoint)
        except Refused as refused:
            return _no(422, refused)
        signed = self._sign(opened.note.text, time_of(_own(latest[1], self.verifier)) if latest else 0)
        rewrite(folder / "checkpoint", Note(opened.note.text, (*opened.verified, signed)).encode())
        return Answer(200, signed.line.encode("utf-8"))

    def _sign(self, text: str, not_before: int) -> Signature:
        time = max(int(self._cosigner.now()), not_before)
        return Signature(self.verifier.name, self.verifier.key_id, self._cosigner.sign_at(text.encode("utf-8"), time))

    def _latest(self, folder: Path) -> tuple[Checkpoint, Note] | None:
        """Trusted only with our own cosignature: a flipped bit, or a file that is gone, is no reason to begin anew."""
        try:
            data = (folder / "checkpoint").read_bytes()
            if not data:
                return None
            note = open_note(data, [self.verifier]).note
            return parse_checkpoint(note.text), note
        except (OSError, Refused):
            raise Refused("witness.state", file=str(folder / "checkpoint")) from None

    def _keep_conflict(self, folder: Path, note: bytes) -> None:
        conflicts = folder / "conflicts"
        conflicts.mkdir(exist_ok=True)
        if len(list(conflicts.iterdir())) < MAX_CONFLICTS:
            rewrite(conflicts / sha256(note).hexdigest(), note)

    def _keys(self, origin: str) -> tuple[Verifier, ...]:
        path = self._folder(origin) / "keys"
        return _keys_of(path) if path.exists() else ()

    def _folder(self, origin: str) -> Path:
        return self.folder / "logs" / sha256(origin.encode("utf-8")).hexdigest()

    @contextmanager
    def _alone(self, folder: Path) -> Iterator[None]:
        lock = Lock(folder / "lock", WAIT_S)
        try:
            yield
        finally:
            lock.release()


def beside(folder: Path) -> Witness:
    """The witness of a log's owner, in the private part of the log's folder; made when there is none.

    So that two logs witness each other, each owner gives the other ``log.vkey`` and ``witness.vkey``, trusts the other's log
    here, and asks the other's witness (``witness_client.have_witnessed``). Its name is the origin with ``/witness`` behind.
    """
    own = folder / "private" / "witness"
    if (own / VKEY).exists():
        return Witness.open(own)
    try:
        log = parse_vkey((folder / "log.vkey").read_text("utf-8", "replace"))
    except OSError:
        raise HengtanError(Problem("log.not-a-log", file=str(folder))) from None
    return Witness.create(own, f"{log.name}/witness")


def _keys_of(path: Path) -> tuple[Verifier, ...]:
    try:
        return tuple(parse_vkey(line) for line in path.read_text("utf-8", "replace").splitlines())
    except Refused as refused:
        raise refused.at(str(path)) from None


@contextmanager
def _written(folder: Path) -> Iterator[None]:
    """What the owner does himself: a disk that fails is told to him."""
    try:
        yield
    except OSError as fault:
        values = {"why": fault.strerror or str(fault)}
        raise HengtanError(Problem("witness.not-written", file=str(folder), values=values)) from None


def _extends(request: Request, latest: Checkpoint | None, new: Checkpoint) -> None:
    if latest and latest.size:
        verify_consistency(latest.size, new.size, request.hashes, latest.root, new.root)
    elif request.hashes:
        raise Refused("proof.length", wanted=0, given=len(request.hashes))


def _own(note: Note, verifier: Verifier) -> Signature:
    return next(each for each in note.signatures if (each.name, each.key_id) == (verifier.name, verifier.key_id))


def _no(status: int, refused: Refused) -> Answer:
    return Answer(status, f"{refused}\n".encode())
