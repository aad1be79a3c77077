"""Text of other people made fit to print: control characters shown, and what the report's fonts lack written as code.

>>> visible("Depot\\u202e 7\\x00")
'Depot〔U+202E〕 7〔U+0000〕'

A PDF must never hold an empty box where a letter was: :func:`printable` writes a character without a glyph as its
code point, and the report says so. Spreadsheets and web pages use the reader's own fonts and need only
:func:`visible`, which takes away nothing but makes hidden characters (controls, direction overrides) be seen.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from functools import cache
from importlib.resources import files

_HIDDEN = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\xad\u061c\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufe00-\ufe0f\ufeff\ufff9-\uffff\ud800-\udfff]"
)
_SPACE = re.compile("[\t\n\r\x0b\x0c\x85]+")


def _code(match: re.Match[str]) -> str:
    return f"〔U+{ord(match.group()):04X}〕"


def visible(text: str) -> str:
    """Line breaks and tabs become a space, hidden characters their code points."""
    if text.isascii() and text.isprintable():
        return text
    return _HIDDEN.sub(_code, _SPACE.sub(" ", text))


@cache
def _coverage() -> tuple[list[int], list[int]]:
    """First and last code points of the runs that the embedded fonts can draw."""
    lines = files(__package__).joinpath("fonts/coverage.txt").read_text("ascii").split()
    pairs = [line.split("-") for line in lines]
    return [int(first, 16) for first, _ in pairs], [int(last, 16) for _, last in pairs]


@cache
def drawable(char: str) -> bool:
    """Whether one of the embedded fonts has a glyph for the character."""
    starts, ends = _coverage()
    at = bisect_right(starts, ord(char)) - 1
    return at >= 0 and ord(char) <= ends[at]


def printable(text: str) -> str:
    """``visible`` text in which each character has a glyph in the PDF."""
    if text.isascii() and text.isprintable():
        return text
    shown = visible(text)
    if all(map(drawable, shown)):
        return shown
    return "".join(char if drawable(char) else f"〔U+{ord(char):04X}〕" for char in shown)
