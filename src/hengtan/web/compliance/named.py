"""What an input calls by number or in the words of a file, as a page says it: holdings by the words of the book, places by whose they are."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from typing import Any

from hengtan.web.assets.words import SOURCES

from . import services
from .models import CompliancePlan

_ORIGINS = {"allocated": "allocate", "pre-allocated": "preallocate", "carried-over": "carry_over", "bought": "buy"}
_FROM_BOOK = re.compile(rf"(?P<code>CEA\d\d) (?P<origin>{'|'.join(_ORIGINS)})(?P<rest>.*)", re.DOTALL)


def holding(name: str | None) -> str | None:
    """``CEA25 carried-over``, as the book names a holding in an input: with the word of the page; another name stays."""
    found = _FROM_BOOK.fullmatch(name or "")
    return f"{found['code']} · {SOURCES[_ORIGINS[found['origin']]]}{found['rest']}" if found else name


def told(one: CompliancePlan, problems: Sequence[Mapping[str, Any]], language: str) -> list[dict[str, Any]]:
    """What the planner says, in one language, each with the entity and the holding, offer or scenario that it is about."""
    given = json.loads(services.given_of(one)) if any(each["path"] for each in problems) else {}
    return [
        {**each, "place": place(each["path"], given), "reason": each["reason"][language], "mend": each["mend"][language]}
        for each in problems
    ]  # fmt: skip


def place(path: str, given: Any) -> str:
    """Names along a JSON pointer into the input; the pointer itself where nothing on its way has a name."""
    found, at = [], given
    for step in path.split("/")[1:]:
        if isinstance(at, list):
            at = at[int(step)] if step.isascii() and step.isdigit() and int(step) < len(at) else None
        else:
            at = at.get(step) if isinstance(at, Mapping) else None
        if isinstance(at, Mapping) and (name := at.get("name") or at.get("id")):
            found.append(str(holding(str(name))))
    return " · ".join(found) or path


__all__ = ["holding", "place", "told"]
