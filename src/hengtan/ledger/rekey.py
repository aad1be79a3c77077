"""The key file of a log through a rotation: the new key lies beside the old one until the log has taken it.

``key.next`` is durable before the log names it, and becomes ``key`` when ``log.vkey`` says so; whatever moment a crash picks,
one of the two files holds the key that the log wants.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from os import environ
from pathlib import Path

from hengtan.durable import sync

from . import keys
from .keys import KeySigner
from .log import Log
from .note import Signer, Verifier


def key_of(verifier: Verifier, path: Path, environment: Mapping[str, str] = environ) -> Signer:
    """As ``keys.find``; puts ``key.next`` in place first where a rotation got as far as the log but not as far as the file."""
    following = _next(path)
    if following.exists() and keys.load(following).verifier == verifier:
        _settle(path)
    return keys.find(verifier, path, environment)


def rotate_file(log: Log, path: Path, now: datetime | None = None) -> KeySigner:
    """A new key for the log whose key lies in ``path``; repeated after a crash, it ends what was begun.

    The old private key is gone afterwards. Raises what ``keys.load``, ``keys.save`` and ``Log.rotate`` raise.
    """
    following = _next(path)
    if not following.exists():
        keys.save(keys.generate(log.origin), following)
    new = keys.load(following)
    if new.verifier != log.verifier:
        log.rotate(new, now)
    _settle(path)
    return new


def _next(path: Path) -> Path:
    return path.with_name(f"{path.name}.next")


def _settle(path: Path) -> None:
    _next(path).replace(path)
    sync(folders=[path.parent])
