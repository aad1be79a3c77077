"""One rule: what it says, its numbers, for which years, since when it is known, and who says so."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from functools import cache
from importlib.resources import files
from typing import Any

import yaml

from hengtan.problems import Problem

_KEYS = {
    "id",
    "title",
    "says",
    "source",
    "source_zh",
    "published",
    "published_mark",
    "years",
    "in_force",
    "draft",
    "values",
}


@dataclass(frozen=True, slots=True)
class Law:
    """A rule of the market.

    title, says     by language, ``en`` and ``zh``
    source          who says so, by language, without the mark
    mark            ``R``: read in the source; ``K``: known from it, to be checked
    published       the day it became known; nobody sees a rule on an earlier day
    published_mark  the same two letters for that day
    years           first and last year of the emissions that it is for, None where open
    in_force        first and last day, None where open
    draft           a text for consultation
    values          its numbers: text of decimals, whole numbers and days
    """

    id: str
    title: Mapping[str, str]
    says: Mapping[str, str]
    source: Mapping[str, str]
    mark: str
    published: date
    published_mark: str = "R"
    years: tuple[int | None, int | None] = (None, None)
    in_force: tuple[date | None, date | None] = (None, None)
    draft: bool = False
    values: Mapping[str, Any] = field(default_factory=dict)

    def holds(self, year: int | None, on: date) -> bool:
        """Whether it was known and in force on a day, for emissions of ``year`` (None: whatever year)."""
        first, last = self.years
        start, end = self.in_force
        if self.published > on or (start is not None and on < start) or (end is not None and on > end):
            return False
        return year is None or ((first is None or year >= first) and (last is None or year <= last))

    def cite(self, lang: str = "en") -> str:
        """Title, source and mark in one phrase: what stands beside a number or a refusal."""
        if lang == "zh":
            return f"{self.title['zh']}（{self.source['zh']}）[{self.mark}]{'，征求意见稿' if self.draft else ''}"
        return f"{self.title['en']} ({self.source['en']}) [{self.mark}]{', draft' if self.draft else ''}"

    def refuse(self, code: str, **values: object) -> Problem:
        """A problem that names this rule, its source and its mark."""
        told = {name: str(value) for name, value in values.items()}
        cited = {"rule": self.cite("en"), "rule_zh": self.cite("zh"), "rule_id": self.id, "mark": self.mark}
        return Problem(code, values=told | cited)


@cache
def laws() -> Mapping[str, Law]:
    """Every rule that is shipped, by id."""
    found: dict[str, Law] = {}
    for path in sorted((files(__package__) / "data").iterdir(), key=lambda each: each.name):
        if path.name.endswith(".yaml"):
            for body in yaml.load(path.read_text("utf-8"), Loader=yaml.CSafeLoader):
                law = _read(path.name, body)
                if law.id in found:
                    raise ValueError(f"{path.name}: {law.id} stands twice")
                found[law.id] = law
    return found


def law(name: str) -> Law:
    """One rule by its id. Raises KeyError."""
    return laws()[name]


def _read(name: str, body: Mapping[str, Any]) -> Law:
    told = f"{name}: {body.get('id')}"
    if set(body) - _KEYS:
        raise ValueError(f"{told}: unknown keys {sorted(set(body) - _KEYS)}")
    kind, _, source = str(body["source"]).partition(": ")
    if kind not in ("read", "known"):
        raise ValueError(f"{told}: source begins with read: or known:")
    for key in ("title", "says"):
        if set(body[key]) != {"en", "zh"}:
            raise ValueError(f"{told}: {key} needs en and zh")
    if not isinstance(body["published"], date):
        raise ValueError(f"{told}: published is a day")
    first, last = body.get("years", (None, None))
    start, end = body.get("in_force", (None, None))
    return Law(
        id=body["id"], title=body["title"], says=body["says"], source={"en": source, "zh": str(body["source_zh"])}, mark="R" if kind == "read" else "K",
        published=body["published"], published_mark=body.get("published_mark", "R"), years=(first, last),
        in_force=(start, end), draft=body.get("draft") is True, values=body.get("values", {}),
    )  # fmt: skip
