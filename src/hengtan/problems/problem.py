"""One problem, and the exception for what cannot go on."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from .sentences import catalogue

LANGUAGES = ("en", "zh")
_PLACE = {
    "en": ("sheet {}", "row {}", "column {}", ", "),
    "zh": ("工作表 {}", "第 {} 行", "{} 列", "，"),
}


class _Blank(dict[str, str]):
    """A value that comes in one language serves both; one that was not given shows the gap, and is no second fault."""

    def __missing__(self, key: str) -> str:
        return self.get(key.removesuffix("_zh"), "?")


@dataclass(frozen=True, slots=True)
class Problem:
    """What a person gave that cannot be used (error) or that he should look at (warning).

    code        stable, ``area.what``; the sentences hang on it
    file        as the person named it; sheet and row as the person sees them (CSV: the header is row 1)
    column      the header as it stands in the file, where one cell is meant
    values      what the sentences fill in, already as text
    """

    code: str
    file: str = ""
    sheet: str = ""
    row: int | None = None
    column: str = ""
    activity_id: str = ""
    values: Mapping[str, str] = field(default_factory=dict)

    @property
    def severity(self) -> str:
        """``error``: the row is rejected; ``warning``: it is posted and told."""
        return catalogue()[self.code].severity

    def reason(self, lang: str = "en") -> str:
        """What is wrong, in one sentence."""
        return catalogue()[self.code].reason[lang].format_map(_Blank(self.values))

    def mend(self, lang: str = "en") -> str:
        """How to mend it, in one sentence."""
        return catalogue()[self.code].mend[lang].format_map(_Blank(self.values))

    def place(self, lang: str = "en") -> str:
        """``bills.xlsx, sheet Gas, row 12, column 用量``: whatever of it is known."""
        sheet, row, column, comma = _PLACE[lang]
        parts = [self.file]
        if self.sheet:
            parts.append(sheet.format(self.sheet))
        if self.row is not None:
            parts.append(row.format(self.row))
        if self.column:
            parts.append(column.format(self.column))
        return comma.join(part for part in parts if part)

    def sentence(self, lang: str = "en") -> str:
        """Place, reason and mend in one line."""
        place, colon = self.place(lang), "：" if lang == "zh" else ": "
        return f"{place + colon if place else ''}{self.reason(lang)}{'' if lang == 'zh' else ' '}{self.mend(lang)}"


class HengtanError(Exception):
    """What cannot go on: wrong usage, an unreadable file, a bad factor or policy file (exit 2). Holds problems."""

    def __init__(self, problems: Problem | Iterable[Problem]) -> None:
        self.problems = [problems] if isinstance(problems, Problem) else list(problems)
        super().__init__("\n".join(problem.sentence() for problem in self.problems))
