"""The few encodings that the C2SP formats share: strict Base64, decimals without leading zeroes, lines."""

from __future__ import annotations

import binascii
import re

MAX_SIZE = 2**63 - 1  # of a tree, an index or a time: what every implementation can hold
_DECIMAL = re.compile(r"0|[1-9][0-9]{0,18}", re.ASCII)


def unbase64(text: str) -> bytes | None:
    """The bytes of RFC 4648 section 4 Base64, or None; only the one canonical spelling counts."""
    try:
        data = binascii.a2b_base64(text, strict_mode=True)
    except (binascii.Error, ValueError):
        return None
    return data if base64(data) == text else None


def base64(data: bytes) -> str:
    """RFC 4648 section 4, one line, padded."""
    return binascii.b2a_base64(data, newline=False).decode("ascii")


def decimal(text: str) -> int | None:
    """The number of an ASCII decimal without leading zeroes, at most 2**63 - 1, or None."""
    if not _DECIMAL.fullmatch(text):
        return None
    number = int(text)
    return number if number <= MAX_SIZE else None
