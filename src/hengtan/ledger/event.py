"""Events: what an entry says in public about a record that stays private.

    >>> made = event("run.finished", {"run_sha256": "ab12"}, datetime(2026, 3, 31, 8, tzinfo=UTC), salt=bytes(32))
    >>> made.entry.decode()
    '{"commitment":"c15ed4...","kind":"run.finished","time":"2026-03-31T08:00:00Z","version":"1"}'

The commitment is HMAC-SHA256 of the record's RFC 8785 form under a salt of 32 random bytes: whoever is shown salt and record
can check them against the entry; whoever is not learns nothing, not even by guessing the record. When salt and record are
deleted, nobody can any more.
"""

from __future__ import annotations

import hmac
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime

from .canonical import canonical
from .refused import Refused

VERSION = "1"
SALT_BYTES = 32
OWN = ("commitment", "kind", "time", "version")


@dataclass(frozen=True, slots=True)
class Event:
    """entry: the public bytes; commitment in hex; salt: 32 bytes; record: its RFC 8785 form. The last two are private."""

    entry: bytes
    commitment: str
    salt: bytes
    record: bytes


def event(
    kind: str,
    record: Mapping[str, object],
    now: datetime | None = None,
    *,
    members: Mapping[str, str] | None = None,
    salt: bytes | None = None,
) -> Event:
    """An event of a kind such as ``run.finished`` with its record (strings, lists and objects of them).

    members  further public members of the entry; they are not private and not among the four of every entry
    salt     32 bytes; by default fresh ones

    Raises Refused as ``canonical`` does, and ``record.member`` for a member that every entry has.
    """
    further = dict(members or {})
    if taken := sorted(set(further) & set(OWN)):
        raise Refused("record.member", name=taken[0])
    salt = secrets.token_bytes(SALT_BYTES) if salt is None else salt
    body = canonical(dict(record))
    digest = commitment(salt, body)
    entry = canonical(further | {"commitment": digest, "kind": kind, "time": moment(now), "version": VERSION})
    return Event(entry, digest, salt, body)


def commitment(salt: bytes, record: bytes) -> str:
    """HMAC-SHA256 of the record's canonical bytes under the salt, in hex. Raises ValueError for a salt of another length."""
    if len(salt) != SALT_BYTES:
        raise ValueError(f"a salt has {SALT_BYTES} bytes, not {len(salt)}")
    return hmac.digest(salt, record, "sha256").hex()


def moment(now: datetime | None = None) -> str:
    """RFC 3339 in UTC to the second, ``2026-03-31T08:00:00Z``; without an argument, what the clock says."""
    return (now or datetime.now(UTC)).astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
