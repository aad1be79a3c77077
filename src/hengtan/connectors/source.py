"""What intake hands over: the tables of the files, the problems met on the way, the totals to compare with."""

from __future__ import annotations

import tempfile
from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING

from hengtan.problems import Problem

if TYPE_CHECKING:
    import pyarrow as pa


@dataclass(frozen=True, slots=True)
class Source:
    """One table of activities: a CSV or Parquet file, or one sheet of a workbook.

    file      as the person named it; ``path`` is where it lies, ``sha256`` and ``bytes`` are of the whole file
    data      an Arrow table, or the path of a Parquet file to scan (the given one, or a converted one)
    headers   canonical column name -> header as it stands in the file
    letters   canonical column name -> letter of the column in a spreadsheet
    rows      rows that hold anything at all, whether readable or not
    scratch   the folder of a converted file; it goes when the last source that needs it goes
    """

    file: str
    path: Path
    sheet: str
    sha256: str
    bytes: int
    data: pa.Table | Path
    headers: Mapping[str, str]
    letters: Mapping[str, str]
    rows: int
    scratch: tempfile.TemporaryDirectory[str] | None = field(default=None, repr=False, compare=False)


@dataclass(frozen=True, slots=True)
class Operation:
    """One line of a foreign sheet and what its publisher states for it; ``published_kg`` is None where it says nothing."""

    file: str
    sheet: str
    row: int
    name: str
    cell: str
    published_kg: Decimal | None


@dataclass(frozen=True, slots=True)
class Reference:
    """Published totals to compare a calculation with.

    activities     activity_id -> index into ``operations``
    total_kg       sum of what is published
    tolerance_pct  two numbers agree when they differ by no more than this share of the published one
    """

    title: Mapping[str, str]
    operations: tuple[Operation, ...]
    activities: Mapping[str, int]
    total_kg: Decimal
    tolerance_pct: Decimal


@dataclass(frozen=True, slots=True)
class Intake:
    """Everything that came out of the files of one run.

    problems    at most 10,000 for each code; ``unlisted`` counts what came after those
    reference   only with a template that names published totals
    """

    sources: tuple[Source, ...]
    problems: tuple[Problem, ...]
    reference: Reference | None = None
    unlisted: Mapping[str, int] = field(default_factory=dict)

    @property
    def rows(self) -> int:
        """Rows of all sources that hold anything at all."""
        return sum(source.rows for source in self.sources)


def letter(index: int) -> str:
    """The letter a spreadsheet gives to a column: 0 is A, 25 is Z, 26 is AA."""
    name = ""
    index += 1
    while index:
        index, rest = divmod(index - 1, 26)
        name = chr(65 + rest) + name
    return name
