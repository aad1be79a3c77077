"""Sums of a run by columns of its cube: the database sums what few facilities have, a file what many have, to the same digit.

Beside the folder of a run lies its cube as one file. It is a view: without it the database answers everything, more slowly.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict
from decimal import Decimal
from pathlib import Path
from typing import Any, Protocol

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from django.db.models import Q, QuerySet, Sum

from hengtan.inventory.cube_rows import CubeRow, whole
from hengtan.inventory.totals import EXACT

from .models import Cube, Run

VIEW = "cube.parquet"
FEW = 40  # facilities that the index of the database finds faster than a file is opened
AT_ONCE = 50_000
INSIDE = (1, 2, 3)
PARTS = {"sum_kg": Sum("kg"), "sum_nano": Sum("nano"), "sum_atto": Sum("atto")}
BIOGENIC = {"kg": Sum("biogenic_kg"), "nano": Sum("biogenic_nano"), "atto": Sum("biogenic_atto")}
MASS = pa.decimal128(38, 18)
WORDS = ["basis", "category", "activity_type", "facility", "org_unit", "month", "match", "factor_id"]
SCHEMA = pa.schema([
    *((name, pa.string()) for name in WORDS),
    ("scope", pa.int16()), ("rows", pa.int64()), ("co2e_kg", MASS), ("biogenic_co2_kg", MASS),
])  # fmt: skip

Sums = Iterator[tuple[tuple[Any, ...], int, str, Decimal, int]]


class Summed(Protocol):
    """Where sums come from."""

    def by(self, names: Sequence[str]) -> Sums:
        """Of the rows inside the scopes: values of these columns, scope, basis, kg CO2e, rows."""

    def apart(self) -> tuple[Decimal, int]:
        """kg of biogenic CO2 and rows, of all that is not market-based, outside the scopes too."""


class OfDatabase:
    """The cube in the database."""

    def __init__(self, rows: QuerySet[Cube]) -> None:
        self.rows = rows

    def by(self, names: Sequence[str]) -> Sums:
        """Sums of integers."""
        columns = dict.fromkeys((*names, "scope", "basis"))
        found = (
            self.rows.filter(Q(scope__in=INSIDE)).order_by().values(*columns).annotate(**PARTS, sum_rows=Sum("rows"))
        )
        for row in found:
            mass = whole(row["sum_kg"], row["sum_nano"], row["sum_atto"])
            yield tuple(row[name] for name in names), row["scope"], row["basis"], mass, int(row["sum_rows"])

    def apart(self) -> tuple[Decimal, int]:
        """In one question."""
        told = self.rows.exclude(basis="market").aggregate(**BIOGENIC, all=Sum("rows"))
        rows = told.pop("all")
        return whole(**told), int(rows or 0)


class OfFile:
    """The cube as a file: columns are read when they are asked for, words as the numbers of their dictionaries."""

    def __init__(self, file: pq.ParquetFile, seen: Sequence[str] | None) -> None:
        self.file = file
        self.kept: dict[str, pa.ChunkedArray] = {}
        self.mask: pa.Array | None = None
        if seen is not None:
            facility = self._column("facility").chunk(0)
            wanted = set(seen)
            self.mask = _bits(name in wanted for name in facility.dictionary.to_pylist()).take(facility.indices)
            self.kept.clear()
        self.scope, self.basis = self._column("scope").combine_chunks(), self._column("basis").chunk(0)

    def _column(self, name: str) -> pa.ChunkedArray:
        if name not in self.kept:
            column = self.file.read([name]).unify_dictionaries().combine_chunks()[name]
            self.kept[name] = column if self.mask is None else column.filter(self.mask)
        return self.kept[name]

    def _grouped(self, keys: Mapping[str, Any], mass: str) -> list[dict[str, Any]]:
        table = pa.table(
            {
                **keys,
                "scope": self.scope,
                "basis": self.basis.indices,
                "kg": self._column(mass),
                "count": self._column("rows"),
            }
        )
        return list(table.group_by([*keys, "scope", "basis"]).aggregate([("kg", "sum"), ("count", "sum")]).to_pylist())

    def by(self, names: Sequence[str]) -> Sums:
        """Sums of DECIMAL(38, 18)."""
        own = [name for name in names if name not in ("scope", "basis")]
        columns = {name: self._column(name) for name in own}
        words = {name: column.chunk(0).dictionary.to_pylist() for name, column in columns.items() if column.num_chunks}
        bases = self.basis.dictionary.to_pylist()
        for row in self._grouped(
            {name: column.chunk(0).indices for name, column in columns.items() if column.num_chunks}, "co2e_kg"
        ):
            scope, basis = row["scope"], bases[row["basis"]]
            if scope is None:
                continue
            told = {"scope": scope, "basis": basis}
            values = tuple(told[name] if name in told else words[name][row[name]] for name in names)
            yield values, scope, basis, row["kg_sum"], row["count_sum"]

    def apart(self) -> tuple[Decimal, int]:
        """What is outside the scopes too."""
        kg, count = Decimal(0), 0
        for row in self._grouped({}, "biogenic_co2_kg"):
            if self.basis.dictionary[row["basis"]].as_py() != "market":
                kg, count = EXACT.add(kg, row["kg_sum"] or Decimal(0)), count + row["count_sum"]
        return kg, count


def _bits(values: Iterable[bool]) -> pa.Array:
    """Made by hand: ``pa.array`` looks at every list as something of pandas, whose import takes a second."""
    bits = np.fromiter(values, dtype=bool)
    packed = np.packbits(bits, bitorder="little").tobytes()
    return pa.Array.from_buffers(pa.bool_(), len(bits), [None, pa.py_buffer(packed)])


@contextmanager
def summed(run: Run, seen: Sequence[str] | None) -> Iterator[Summed]:
    """The sums of what a person sees of a run; None: all of it."""
    path = run.home / VIEW
    if (seen is None or len(seen) > FEW) and path.exists():
        with pq.ParquetFile(path, read_dictionary=WORDS) as file:
            yield OfFile(file, seen)
        return
    yield OfDatabase(cube(run, seen))


def cube(run: Run, seen: Sequence[str] | None) -> QuerySet[Cube]:
    """The rows of the cube, as far as the facilities are seen."""
    found = Cube.objects.of(run.organisation).filter(run=run)
    return found if seen is None else found.filter(facility__in=list(seen))


@contextmanager
def viewed(run: Run) -> Iterator[View]:
    """Takes the rows of the cube one by one; the file stands under its name when all are in."""
    path, part = run.home / VIEW, run.home / f"{VIEW}.part"
    view = View(part)
    with view.writer:
        yield view
        view.flush()
    if view.rows:
        part.replace(path)
    else:
        part.unlink()


class View:
    """The file while it is written."""

    def __init__(self, path: Path) -> None:
        self.writer = pq.ParquetWriter(path, SCHEMA, compression="zstd")
        self.waiting: list[dict[str, Any]] = []
        self.rows = 0

    def add(self, row: CubeRow) -> CubeRow:
        """One more."""
        self.waiting.append(asdict(row))
        if len(self.waiting) >= AT_ONCE:
            self.flush()
        return row

    def flush(self) -> None:
        """What waits goes into the file."""
        if self.waiting:
            self.writer.write_table(pa.Table.from_pylist(self.waiting, SCHEMA))
            self.rows += len(self.waiting)
            self.waiting.clear()
