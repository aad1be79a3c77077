"""problems.csv: every problem of a run, at most 10,000 rows of a code, then one line with the count."""

from __future__ import annotations

import csv
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from hengtan.problems import Problem, catalogue

LISTED = 10_000  # CONTRACT section 4: at most so many rows of a code; stands here so that a table without an engine needs none
COLUMNS = ("code", "severity", "file", "sheet", "row", "column", "activity_id", "reason", "mend")


@dataclass(slots=True)
class Problems:
    """The problems of a run as they are found; counts go on where the list is full."""

    listed: list[Problem] = field(default_factory=list)
    counts: Counter[str] = field(default_factory=Counter)

    def add(self, found: Iterable[Problem]) -> None:
        """Problems that are all at hand."""
        for problem in found:
            self.counts[problem.code] += 1
            if self.counts[problem.code] <= LISTED:
                self.listed.append(problem)

    def count(self, code: str, total: int, listed: int) -> None:
        """That ``total`` rows have the code, of which ``listed`` were added."""
        self.counts[code] += total - listed

    def sorted(self, files: Sequence[tuple[str, str]]) -> list[Problem]:
        """In the order of files (file, sheet) and rows; what concerns a file as a whole comes first."""
        places = {place: number for number, place in enumerate(files)}
        return sorted(
            self.listed,
            key=lambda p: (places.get((p.file, p.sheet), -1), -1 if p.row is None else p.row, p.code, p.column),
        )

    def errors(self) -> int:
        """How many errors there are."""
        return sum(count for code, count in self.counts.items() if catalogue()[code].severity == "error")


def write_problems(path: Path, problems: Problems, files: Sequence[tuple[str, str]], lang: str) -> None:
    """Write the CSV of the contract: UTF-8 with BOM, comma, RFC 4180."""
    with path.open("w", encoding="utf-8-sig", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(COLUMNS)
        for problem in problems.sorted(files):
            writer.writerow(row_of(problem, lang).values())
        for code, count in sorted(problems.counts.items()):
            if count > LISTED:
                more = Problem("problems.more", values={"code": code, "count": str(count), "listed": str(LISTED)})
                # The line stands for rows of that code, so it carries that code and severity.
                severity = catalogue()[code].severity
                writer.writerow((row_of(more, lang) | {"code": code, "severity": severity}).values())


def row_of(problem: Problem, lang: str) -> dict[str, str]:
    """One line of problems.csv, by column."""
    return {
        "code": problem.code,
        "severity": problem.severity,
        "file": problem.file,
        "sheet": problem.sheet,
        "row": "" if problem.row is None else str(problem.row),
        "column": problem.column,
        "activity_id": problem.activity_id,
        "reason": problem.reason(lang),
        "mend": problem.mend(lang),
    }
