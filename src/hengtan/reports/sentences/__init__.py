"""The words of the reports, English and Chinese together, in YAML beside this file.

>>> Words("zh")("scope.1")
'范围一'
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from importlib.resources import files

import yaml

__all__ = ["Words", "phrases"]


@cache
def phrases() -> Mapping[str, Mapping[str, str]]:
    """Every key with its two languages."""
    found: dict[str, Mapping[str, str]] = {}
    for name in ("words.yaml", "statements.yaml"):
        found.update(yaml.load(files(__package__).joinpath(name).read_text("utf-8"), Loader=yaml.CSafeLoader))
    return found


class Words:
    """The words of one language; a missing key is a fault of ours and raises ``KeyError``."""

    def __init__(self, lang: str) -> None:
        self.lang = lang

    def __call__(self, key: str, **values: str | int) -> str:
        """The words for a key, gaps filled."""
        text = phrases()[key][self.lang]
        return text.format_map(values) if values else text

    def get(self, key: str, otherwise: str) -> str:
        """The words for a key that may be a name of the data, else the name itself."""
        entry = phrases().get(key)
        return entry[self.lang] if entry else otherwise
