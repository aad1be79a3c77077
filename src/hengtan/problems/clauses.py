"""Parts of sentences that a problem fills in, in both languages, read from ``clauses.yaml`` when the first is needed.

>>> both("why", "upstream-nobody")["why_zh"]
'策略所列的发布方没有该地区的公布值。'
"""

from __future__ import annotations

import errno
from collections.abc import Mapping
from functools import cache
from importlib.resources import files

import yaml


@cache
def clauses() -> Mapping[str, Mapping[str, str]]:
    """Every clause by its key: ``{"en": ..., "zh": ...}`` with ``{name}`` gaps."""
    text = files(__package__).joinpath("clauses.yaml").read_text("utf-8")
    found: Mapping[str, Mapping[str, str]] = yaml.load(text, Loader=yaml.CSafeLoader)
    return found


def system(name: str, error: BaseException, /) -> dict[str, str]:
    """What the system or a library says of a file, as two values of a problem; what has no words of ours stays as it is."""
    key = f"system-{errno.errorcode.get(error.errno or 0, '')}" if isinstance(error, OSError) else ""
    if key in clauses():
        return both(name, key)
    detail = (getattr(error, "strerror", None) or str(error) or type(error).__name__).splitlines()[0]
    return both(name, "library-says", detail=detail[:200].rstrip("."))


def both(name: str, key: str, /, **values: str) -> dict[str, str]:
    """The clause as two values of a problem, ``name`` for the English sentence and ``name_zh`` for the Chinese one."""
    entry = clauses()[key]
    filled = {f"{name}_zh": value for name, value in values.items()} | values
    return {name: entry["en"].format_map(filled), f"{name}_zh": entry["zh"].format_map(filled)}
