"""Lines for a terminal: Chinese characters take two columns, and may be parted without a space."""

from __future__ import annotations

import unicodedata

_NEVER_FIRST = "，。；：、！？）】》”’…%)"  # a line does not begin with these
_NEVER_LAST = "（【《“‘"


def wrapped(text: str, width: int, indent: str) -> str:
    """Lines of at most ``width`` columns, broken at spaces or between Chinese characters; all but the first indented."""
    lines, line, room = [], "", width
    for word in _breakable(text):
        size = sum(1 + (unicodedata.east_asian_width(c) in "WF") for c in word.rstrip())
        if line and size > room:
            lines.append(line.rstrip())
            line, room = "", width
        line += word
        room -= size + len(word) - len(word.rstrip())
    return ("\n" + indent).join([*lines, line.rstrip()])


def _breakable(text: str) -> list[str]:
    parts: list[str] = []
    for character in text:
        wide = unicodedata.east_asian_width(character) in "WF"
        if parts and (character in _NEVER_FIRST or parts[-1][-1] in _NEVER_LAST or not (wide or _ends(parts[-1]))):
            parts[-1] += character
        else:
            parts.append(character)
    return parts


def _ends(part: str) -> bool:
    """Whether a line may end behind this part."""
    return part[-1] == " " or unicodedata.east_asian_width(part[-1]) in "WF"
