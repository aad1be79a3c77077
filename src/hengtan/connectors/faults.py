"""Collects what is wrong in the cells of a file, at most 10,000 for each code; the rest is counted."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from hengtan.problems import Problem

MOST = 10_000
LONGEST = 80


@dataclass(frozen=True, slots=True)
class Place:
    """A file as the person named it, and the sheet in it."""

    file: str
    sheet: str = ""


class Faults:
    """A list of problems with a limit per code."""

    def __init__(self) -> None:
        self.listed: list[Problem] = []
        self.unlisted: Counter[str] = Counter()
        self._count: Counter[str] = Counter()

    def add(
        self, code: str, place: Place, row: int | None = None, column: str = "", values: Mapping[str, str] | None = None
    ) -> None:
        """Notes one problem."""
        self._count[code] += 1
        if self._count[code] > MOST:
            self.unlisted[code] += 1
            return
        self.listed.append(Problem(code, place.file, place.sheet, row, column, values=values or {}))

    def forget(self) -> None:
        """Begins again with nothing."""
        self.listed.clear()
        self.unlisted.clear()
        self._count.clear()

    def take(self, other: Faults) -> None:
        """Adds what another list holds."""
        for problem in other.listed:
            self._count[problem.code] += 1
            if self._count[problem.code] <= MOST:
                self.listed.append(problem)
            else:
                self.unlisted[problem.code] += 1
        self._count.update(other.unlisted)
        self.unlisted.update(other.unlisted)

    def add_cells(self, code: str, place: Place, column: str, cells: Iterable[tuple[int, str]]) -> None:
        """Notes (row, what the cell says) for one column."""
        for row, value in cells:
            if self._count[code] >= MOST:
                self._count[code] += 1
                self.unlisted[code] += 1
            else:
                self.add(code, place, row, column, {"value": shown(value), "column": column})


def shown(value: str) -> str:
    """A cell's text, short enough for a sentence."""
    text = value.replace("\n", " ").replace("\r", " ")
    return text if len(text) <= LONGEST else text[: LONGEST - 1] + "…"
