"""The sentences for every problem code, read from ``catalogue/*.yaml`` when the first one is needed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

import yaml


@dataclass(frozen=True, slots=True)
class Entry:
    """severity ``error`` or ``warning``; reason and mend: ``{"en": ..., "zh": ...}`` with ``{name}`` gaps."""

    severity: str
    reason: Mapping[str, str]
    mend: Mapping[str, str]


@cache
def catalogue() -> Mapping[str, Entry]:
    """Every problem code with its sentences."""
    entries: dict[str, Entry] = {}
    for path in sorted(files(__package__).joinpath("catalogue").iterdir(), key=lambda p: p.name):
        if not path.name.endswith(".yaml"):
            continue
        for code, body in yaml.load(path.read_text("utf-8"), Loader=yaml.CSafeLoader).items():
            if code in entries:
                raise ValueError(f"problem code {code} stands twice in the catalogue")
            entries[code] = Entry(body["severity"], body["reason"], body["mend"])
    return entries
