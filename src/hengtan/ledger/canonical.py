"""Canonical JSON (RFC 8785) of what an entry may hold: strings, objects, arrays, true, false and null.

>>> canonical(parse_strict('{"b": "2", "a": ["\\\\u00e9", true]}')).decode()
'{"a":["é",true],"b":"2"}'

Numbers are refused: two programs that read ``1.10`` do not agree on what it is, a string is the same everywhere.
"""

from __future__ import annotations

import json
from typing import Final, NoReturn, TypeAlias

from .refused import Refused

Json: TypeAlias = "str | bool | list[Json] | dict[str, Json] | None"

MAX_DEPTH: Final = 32
MAX_JSON_BYTES: Final = 1024 * 1024


def parse_strict(text: str | bytes, limit: int = MAX_JSON_BYTES) -> Json:
    """The value of one JSON text; ``limit`` in bytes of UTF-8.

    Raises Refused: ``json.malformed``, ``json.number``, ``json.duplicate-key``, ``json.surrogate``, ``json.depth``,
    ``json.too-large``.
    """
    try:
        data = text if isinstance(text, bytes) else text.encode("utf-8")
        if len(data) > limit:
            raise Refused("json.too-large", given=len(data), limit=limit)
        value: Json = _DECODER.decode(data.decode("utf-8"))
    except UnicodeDecodeError as bad:
        raise Refused("json.malformed", line=1, column=bad.start + 1) from None
    except UnicodeEncodeError:
        raise Refused("json.surrogate") from None
    except json.JSONDecodeError as bad:
        raise Refused("json.malformed", line=bad.lineno, column=bad.colno) from None
    except RecursionError:
        raise Refused("json.depth", limit=MAX_DEPTH) from None
    _check(value)
    return value


def canonical(value: object) -> bytes:
    """The one spelling of the value, in UTF-8, members sorted by the UTF-16 code units of their names.

    Raises Refused: ``json.number``, ``json.surrogate``, ``json.depth``, ``json.not-json``.
    """
    _check(value)
    text = _ENCODER.encode(value)
    if not text.isascii():  # beyond ASCII the order of code points is not that of UTF-16 code units
        text = _UNSORTED.encode(_in_order(value))
    try:
        return text.encode("utf-8")
    except UnicodeEncodeError:
        raise Refused("json.surrogate") from None


def _number(text: str) -> NoReturn:
    raise Refused("json.number", number=text)


def _members(pairs: list[tuple[str, Json]]) -> dict[str, Json]:
    members = dict(pairs)
    if len(members) != len(pairs):
        seen: set[str] = set()
        twice = next(name for name, _ in pairs if name in seen or seen.add(name))  # type: ignore[func-returns-value]
        raise Refused("json.duplicate-key", name=twice)
    return members


def _check(top: object) -> None:
    """Refuses what an entry may not hold, at any depth."""
    here: list[object] = [top]
    for _ in range(MAX_DEPTH + 1):
        below: list[object] = []
        for value in here:
            if isinstance(value, str):
                _whole(value)
            elif value is None or isinstance(value, bool):
                pass
            elif isinstance(value, dict):
                for name in value:
                    if not isinstance(name, str):
                        raise Refused("json.not-json", type=type(name).__name__)
                    _whole(name)
                below.extend(value.values())
            elif isinstance(value, list | tuple):
                below.extend(value)
            elif isinstance(value, int | float):
                raise Refused("json.number", number=value)
            else:
                raise Refused("json.not-json", type=type(value).__name__)
        if not below:
            return
        here = below
    raise Refused("json.depth", limit=MAX_DEPTH)


def _whole(text: str) -> None:
    if not text.isascii():
        try:
            text.encode("utf-8")
        except UnicodeEncodeError:
            raise Refused("json.surrogate") from None


def _in_order(value: object) -> object:
    if isinstance(value, dict):
        names = sorted(value, key=lambda name: name.encode("utf-16-be"))
        return {name: _in_order(value[name]) for name in names}
    if isinstance(value, list | tuple):
        return [_in_order(each) for each in value]
    return value


_DECODER: Final = json.JSONDecoder(
    object_pairs_hook=_members, parse_int=_number, parse_float=_number, parse_constant=_number, strict=True
)
_ENCODER: Final = json.JSONEncoder(ensure_ascii=False, separators=(",", ":"), sort_keys=True)
_UNSORTED: Final = json.JSONEncoder(ensure_ascii=False, separators=(",", ":"))
