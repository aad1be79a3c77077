"""When a number became known: ``published.csv`` says it per dataset and version, not every row for itself."""

from __future__ import annotations

import csv
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Publication:
    """One line of ``published.csv``.

    where      empty: every row of the dataset and version; else only rows whose region or source title holds it
    published  None: not established
    source     begins ``read:`` or ``known:``
    """

    file: str
    dataset: str
    version: str
    where: str
    published: date | None
    source: str

    def speaks_of(self, row: Mapping[str, str]) -> bool:
        """True when the row is one of those that the line means."""
        same = self.dataset == row["dataset"] and self.version == row["dataset_version"]
        return same and (not self.where or self.where in row["region"] or self.where in row["source_title"])


def publications(path: Path) -> list[Publication]:
    """The lines of ``published.csv``, the narrower ones (with ``where``) first."""
    with path.open(encoding="utf-8", newline="") as lines:
        found = [
            Publication(
                file=line["dataset_file"],
                dataset=line["dataset"],
                version=line["dataset_version"],
                where=line["where"],
                published=date.fromisoformat(line["published"]) if line["published"] else None,
                source=line["source"],
            )
            for line in csv.DictReader(lines)
        ]
    return sorted(found, key=lambda one: not one.where)


def publication_of(row: Mapping[str, str], lines: Sequence[Publication]) -> Publication:
    """The line that speaks of the row. Raises LookupError where none does: every dataset has one, even an empty one."""
    for line in lines:
        if line.speaks_of(row):
            return line
    raise LookupError(f"published.csv has no line for {row['dataset']} {row['dataset_version']}")
