"""The reviewed list of words that mean the same: ``terms.csv``, Chinese and English, one meaning a line."""

from __future__ import annotations

import csv
from collections.abc import Mapping
from functools import cache
from pathlib import Path

from .words import STOP, is_chinese, words

Phrase = tuple[str, ...]


@cache
def meanings() -> Mapping[Phrase, tuple[Phrase, ...]]:
    """Every phrase of the list with all that mean the same, itself first; a phrase is the words of a name."""
    found: dict[Phrase, dict[Phrase, None]] = {}
    with Path(__file__).with_name("terms.csv").open(encoding="utf-8", newline="") as lines:
        for line in csv.DictReader(lines):
            group = [_phrase(name) for name in (*line["zh"].split("|"), *line["en"].split("|"))]
            for phrase in group:
                found.setdefault(phrase, {phrase: None}).update(dict.fromkeys(group))
    return {phrase: tuple(same) for phrase, same in found.items()}


def _phrase(name: str) -> Phrase:
    every = words(name)
    return tuple(word for word in every if word not in STOP) or tuple(every)


@cache
def chinese_names() -> frozenset[str]:
    """The Chinese names of the list as they are written, to find them inside a sentence without spaces."""
    with Path(__file__).with_name("terms.csv").open(encoding="utf-8", newline="") as lines:
        names = (name for line in csv.DictReader(lines) for name in line["zh"].split("|"))
        return frozenset(name for name in names if is_chinese(name[:1]))
