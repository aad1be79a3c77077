"""Canonical JSON (RFC 8785) of what facts keep about themselves: objects and lists of strings and nulls, no numbers.

>>> encoded({"rows": "12", "name": "一月.csv"}).decode()
'{"name":"一月.csv","rows":"12"}'

What is read has to be canonical already: then it has no member twice, and its digest is that of its meaning.
"""

from __future__ import annotations

import json
from typing import Final, TypeAlias

Json: TypeAlias = "str | list[Json] | dict[str, Json] | None"

_ENCODER: Final = json.JSONEncoder(ensure_ascii=False, separators=(",", ":"))
_DEEP = 6


def encoded(value: Json) -> bytes:
    """The one spelling, in UTF-8. ValueError for what has none: a lone surrogate, a number, too many levels."""
    return _ENCODER.encode(_in_order(value, _DEEP)).encode("utf-8")


def decoded(data: bytes) -> Json:
    """The value of canonical JSON. ValueError for everything else."""
    try:
        value: Json = json.loads(data.decode("utf-8"))
        again = encoded(value)
    except RecursionError:
        raise ValueError("too many levels") from None
    if again != data:
        raise ValueError("not canonical JSON")
    return value


def _in_order(value: Json, levels: int) -> Json:
    if value is None or isinstance(value, str):
        return value
    if levels == 0:
        raise ValueError("too many levels")
    if isinstance(value, list):
        return [_in_order(each, levels - 1) for each in value]
    if isinstance(value, dict):
        names = sorted(value, key=lambda name: name.encode("utf-16-be"))  # as section 3.2.3 orders them
        return {name: _in_order(value[name], levels - 1) for name in names}
    raise ValueError(f"{type(value).__name__} instead of text")
