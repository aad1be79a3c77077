"""Secrets of others as they lie in the database: encrypted with the key of the installation, for one organisation and one purpose."""

from __future__ import annotations

import base64
import os

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from django.conf import settings

from hengtan.problems import HengtanError, Problem

BEGINS, NONCE = "s1.", 12


def seal(text: str, purpose: str) -> str:
    """What may be stored. It opens with the same purpose alone, so that nothing is gained by moving it to another row."""
    nonce = os.urandom(NONCE)
    return BEGINS + base64.urlsafe_b64encode(nonce + _cipher().encrypt(nonce, text.encode(), purpose.encode())).decode()


def unseal(stored: str, purpose: str) -> str:
    """The text; HengtanError when the key of the installation is another one now, or the row was altered."""
    try:
        raw = base64.urlsafe_b64decode(stored.removeprefix(BEGINS))
        return _cipher().decrypt(raw[:NONCE], raw[NONCE:], purpose.encode()).decode()
    except (InvalidTag, ValueError):
        raise HengtanError(Problem("secret.sealed")) from None


def _cipher() -> AESGCM:
    key = HKDF(algorithm=SHA256(), length=32, salt=None, info=b"hengtan sealed secrets 1")
    return AESGCM(key.derive(settings.SECRET_KEY.encode()))
