"""What a log asks of its witnesses: to cosign its newest checkpoint (C2SP tlog-witness, add-checkpoint)."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from http.client import HTTPConnection, HTTPException, HTTPSConnection
from socket import SHUT_RDWR, socket
from threading import Timer
from typing import Final
from urllib.parse import urlsplit

from ..problems import HengtanError, Problem
from .checkpoint import parse_checkpoint
from .encoding import decimal
from .log import Log
from .merkle import Node, consistency_proof
from .note import Signature, Verifier, parse_note, parse_signatures
from .refused import Refused
from .witness import SIZE, Answer, Request

TIMEOUT_S: Final = 15.0
MAX_ANSWER_BYTES: Final = 128 * 1024


@dataclass(frozen=True, slots=True)
class Known:
    """A witness that a log's owner knows: where it is asked, and by which key its cosignatures are known."""

    url: str
    verifier: Verifier


@dataclass(frozen=True, slots=True)
class Asked:
    """What became of asking one witness: a cosignature that holds, or the problem."""

    witness: Known
    signature: Signature | None
    problem: Problem | None


def have_witnessed(log: Log, witnesses: Sequence[Known], timeout_s: float = TIMEOUT_S) -> tuple[Asked, ...]:
    """Asks each witness to cosign the newest checkpoint, and publishes the cosignatures that came, below it.

    The log is open to append. A witness that is away or refuses stops none of the others. Raises what ``Log.add_signatures``
    raises, which is nothing that a witness could cause: what it sent was verified before.
    """
    log.must_write()
    asked = []
    for each in witnesses:
        try:
            asked.append(Asked(each, cosignature(log.checkpoint(), log.node, each, timeout_s=timeout_s), None))
        except Refused as refused:
            asked.append(Asked(each, None, refused.at(each.url).problem))
        except HengtanError as fault:
            asked.append(Asked(each, None, fault.problems[0]))
    lines = "".join(each.signature.line for each in asked if each.signature)
    if lines:
        log.add_signatures(lines, [each.verifier for each in witnesses])
    return tuple(asked)


def cosignature(
    note: bytes, node: Node, witness: Known, old: int | None = None, timeout_s: float = TIMEOUT_S
) -> Signature:
    """The witness's cosignature of a signed checkpoint of ours, verified.

    node  the log's hashes, for the proof that this checkpoint extends what the witness cosigned before
    old   the size that it cosigned last, where that is known; else it is asked for it first

    Raises Refused: ``witness.ahead`` (it has cosigned more entries than we have: this log is an old copy), ``witness.said-no``
    with status and reason, ``witness.no-cosignature`` (its answer holds none of its key); HengtanError ``witness.unreachable``,
    ``witness.address``.
    """
    text = parse_note(note).text
    size = parse_checkpoint(text).size
    for last in (False, True):
        known = old or 0
        hashes = tuple(consistency_proof(known, size, node)) if known else ()
        answer = add_checkpoint(witness.url, Request(known, hashes, note), timeout_s)
        if answer.status == 200:
            return _verified(answer, text, witness)
        old = _size_of(answer)
        if old is None or last:
            break
        if old > size:
            raise Refused("witness.ahead", file=witness.url, name=witness.verifier.name, known=old, size=size)
    said = answer.body[:300].decode("utf-8", "replace").strip()
    raise Refused("witness.said-no", file=witness.url, name=witness.verifier.name, status=answer.status, said=said)


def add_checkpoint(url: str, request: Request, timeout_s: float = TIMEOUT_S) -> Answer:
    """One request to the witness under this address; redirects are not followed.

    timeout_s  for each step; all of it may take three times as long, however slowly the other side sends

    Raises HengtanError ``witness.address`` (not http or https), ``witness.unreachable``.
    """
    try:
        parts = urlsplit(url)
        host, port, prefix = parts.hostname, parts.port, parts.path.rstrip("/")
    except ValueError:
        host = None
    if not host or parts.scheme not in ("http", "https") or parts.query or parts.fragment:
        raise HengtanError(Problem("witness.address", file=url))
    kind = HTTPSConnection if parts.scheme == "https" else HTTPConnection
    connection = kind(host, port, timeout=timeout_s)
    hang_up = Timer(3 * timeout_s, lambda: None)
    try:
        connection.connect()
        hang_up = Timer(3 * timeout_s, _hang_up, [connection.sock])
        hang_up.start()
        headers = {"Content-Type": "text/plain; charset=utf-8"}
        connection.request("POST", f"{prefix}/add-checkpoint", request.encode(), headers)
        reply = connection.getresponse()
        body = reply.read(MAX_ANSWER_BYTES)
        return Answer(reply.status, body, reply.getheader("Content-Type", ""))
    except (OSError, HTTPException, ValueError) as fault:
        why = getattr(fault, "strerror", None) or str(fault) or type(fault).__name__
        raise HengtanError(Problem("witness.unreachable", file=url, values={"why": why})) from None
    finally:
        hang_up.cancel()
        connection.close()


def _hang_up(line: socket) -> None:
    with suppress(OSError):
        line.shutdown(SHUT_RDWR)


def _size_of(answer: Answer) -> int | None:
    """The size that the witness says it cosigned last."""
    if answer.status != 409 or answer.media != SIZE or not answer.body.endswith(b"\n"):
        return None
    return decimal(answer.body[:-1].decode("ascii", "replace"))


def _verified(answer: Answer, text: str, witness: Known) -> Signature:
    wanted = (witness.verifier.name, witness.verifier.key_id)
    for each in parse_signatures(answer.body.decode("utf-8", "replace")):
        if (each.name, each.key_id) == wanted and witness.verifier.verify(text.encode("utf-8"), each.blob):
            return each
    raise Refused("witness.no-cosignature", file=witness.url, name=witness.verifier.name)
