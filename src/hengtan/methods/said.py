"""How a source is called in Chinese: rules cite documents that Chinese readers know by other names."""

from __future__ import annotations

import csv
from collections.abc import Mapping
from functools import cache
from importlib.resources import files


@cache
def _chinese() -> Mapping[str, str]:
    text = (files(__package__) / "data" / "said.csv").read_text("utf-8")
    return {row["en"]: row["zh"] for row in csv.DictReader(text.splitlines())}


def said(source: str, lang: str) -> str:
    """A source or standard of a rule in the language of the reader, without ``read:`` or ``known:``; what people wrote stays as it is.

    >>> said("CETS-AG-03.01-V01-2024, Table A.1", "zh")
    'CETS-AG-03.01-V01-2024，表 A.1'
    """
    if lang != "zh" or not source:
        return source
    known = _chinese()
    way, colon, rest = source.partition(": ")  # an equation, and the source of what it reads
    return known.get(source) or (f"{way}：{known[rest]}" if colon and rest in known else source)
