"""The methods that come with hengtan, each in a file of its own name, read when asked for."""

from __future__ import annotations

from collections.abc import Mapping
from difflib import get_close_matches
from functools import cache
from pathlib import Path
from typing import Any

from .loader import load_method
from .method import Method

DATA = Path(__file__).parent / "data"
CASES = Path(__file__).parent / "cases.yaml"

DEFAULT = "factor"
"""The method of a row that names none: activity x emission factor."""


@cache
def ids() -> tuple[str, ...]:
    """Every method's id, in order."""
    return tuple(sorted(path.stem for path in DATA.glob("**/*.yaml")))


@cache
def find(method_id: str) -> Method | None:
    """The method of this id; None when there is none."""
    if method_id not in ids():
        return None
    return load_method(next(DATA.glob(f"**/{method_id}.yaml")))


@cache
def methods() -> Mapping[str, Method]:
    """All of them, by id."""
    return {name: found for name in ids() if (found := find(name)) is not None}


@cache
def cases() -> tuple[Mapping[str, Any], ...]:
    """Published worked cases: ``id``, ``title``, ``source``, what is ``given`` and what is ``published``; numbers as text."""
    import yaml  # noqa: PLC0415  only where cases are looked at

    return tuple(yaml.load(CASES.read_text("utf-8"), Loader=yaml.BaseLoader))  # noqa: S506  builds nothing but text


def near(method_id: str) -> list[str]:
    """Ids that look like it."""
    return get_close_matches(method_id, ids(), n=4, cutoff=0.4)
