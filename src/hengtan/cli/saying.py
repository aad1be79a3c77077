"""Words of a command in two languages."""

from __future__ import annotations

from collections.abc import Callable, Mapping

Words = Mapping[str, tuple[str, str]]
"""key -> (English, Chinese), with gaps to fill."""


def saying(words: Words) -> Callable[..., str]:
    """``say(key, lang, **values)``: the word in the language, its gaps filled.

    >>> say = saying({"rows": ("{count} rows", "{count} 行")})
    >>> say("rows", "zh", count=3)
    '3 行'
    """

    def say(key: str, lang: str, **values: object) -> str:
        return words[key][lang == "zh"].format(**values)

    return say
