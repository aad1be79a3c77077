"""Canonical digests: what a table of emissions or activities says, whatever file, order of rows or engine it came from.

The SHA-256 of a file changes with every new Parquet writer. The canonical digest does not: it is taken over exact sums and
row counts per facility, month of the first day, scope, category, basis and factor, as RFC 8785 JSON::

    {"columns":[["facility","text"],...],"groups":[["Leeds","2024-01","1",...],...],"kind":"emissions","rows":"12",
     "version":"1"}

Groups stand in the order of the UTF-8 bytes of their texts, column by column, null first: no engine's collation is asked.
Numbers are texts; a mass has all 18 digits after the point. ``docs/evidence.md`` recomputes a digest with other tools.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from decimal import Decimal, localcontext
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from pyarrow.parquet import ParquetFile

from hengtan.engine import fetch
from hengtan.facts import canonical_digest
from hengtan.facts import rows_digest as digest_of_rows
from hengtan.facts.cells import bytes_of, cell_texts, row_texts

from .apply import COLUMNS
from .line import GASES
from .staging import Staged
from .totals import EXACT

EMISSION_GROUPS = ("facility", "month", "scope", "category", "basis", "factor_id")
ACTIVITY_GROUPS = ("facility", "month", "unit", "scope", "category", "factor_id")
_PIECE = 16_384  # groups or rows that are held as text at a time
_AHEAD = 4  # pieces that are made while earlier ones are hashed


@dataclass(frozen=True, slots=True)
class Sums:
    """One row of ``table`` per group: the columns ``texts``, ``rows``, then ``sums`` with ``scale`` digits after the point."""

    kind: str
    table: pa.Table
    texts: tuple[str, ...]
    sums: tuple[str, ...]
    scale: int

    @property
    def columns(self) -> list[tuple[str, str]]:
        """(name, type) of the cells of a group."""
        kind = f"decimal(38,{self.scale})"
        return [*((name, "text") for name in self.texts), ("rows", "integer"), *((name, kind) for name in self.sums)]

    @property
    def rows(self) -> int:
        """Rows of all groups together."""
        return int(pc.sum(self.table["rows"]).as_py() or 0)

    def digest(self) -> str:
        """The canonical digest, in hexadecimal."""
        return canonical_digest(self.kind, self.columns, self.pieces(), self.rows)

    def by(self, text: str, name: str) -> dict[str, Decimal]:
        """The sum ``name`` of each value of the column ``text``, exact, in the order of the texts; nulls are left out."""
        found: dict[str, Decimal] = {}
        with localcontext(EXACT):
            for word, value in zip(self.table[text].to_pylist(), self.table[name].to_pylist(), strict=True):
                if word is not None and value is not None:
                    found[word] = found.get(word, Decimal(0)) + value
        return dict(sorted(found.items()))

    def pieces(self) -> Iterator[memoryview]:
        """The RFC 8785 texts of the groups in their order, joined by commas; many groups in a piece."""
        words, order = _words(self.table, self.texts)
        comma, nothing = (pa.scalar(text, pa.large_string()) for text in (",", ""))
        numbers = self.table.select(["rows", *self.sums])

        def piece(start: int) -> memoryview:
            chosen = order[start : start + _PIECE]
            cells = [texts.take(pa.array(ranks[chosen])) for texts, ranks in words]
            cells += [cell_texts(column) for column in numbers.take(pa.array(chosen)).columns]
            text, _ = bytes_of(pc.binary_join_element_wise(comma, row_texts(cells), nothing))
            return text if start else text[1:]

        ahead: deque[Future[memoryview]] = deque()
        with ThreadPoolExecutor(2) as makers:
            for start in range(0, len(order), _PIECE):
                ahead.append(makers.submit(piece, start))
                if len(ahead) > _AHEAD:
                    yield ahead.popleft().result()
            while ahead:
                yield ahead.popleft().result()


def emission_sums(rows: Any) -> Sums:
    """The sums of an Ibis table with the columns of emissions.parquet; one expression in the common subset of the engines."""
    rows = rows.mutate(month=_month(rows.start))
    sums = {name: rows[name].sum().cast("decimal(38,18)") for name in GASES}
    found = rows.group_by(list(EMISSION_GROUPS)).aggregate(rows=rows.count(), **sums)
    return Sums("emissions", fetch(found), EMISSION_GROUPS, GASES, 18)


def activity_sums(con: Any, staged: Staged, number: int) -> Sums:
    """The sums of one source as it was read: quantities by unit; unreadable ones count as rows alone.

    Of the columns that an activity table may have, those count that this one has.
    """
    names = {"facility", "month", "unit", *staged.schemas[number].names}
    texts = tuple(name for name in ACTIVITY_GROUPS if name in names)
    rows = staged.table(con, number)
    rows = rows.mutate(month=_month(rows.start))
    quantity = rows.quantity.sum().cast("decimal(38,6)")
    found = rows.group_by(list(texts)).aggregate(rows=rows.count(), quantity=quantity)
    return Sums("activities", fetch(found), texts, ("quantity",), 6)


def rows_digest(path: Path) -> str:
    """Of an emissions.parquet: the digest of all its rows in any order (``hengtan.facts.rows_digest``); it sees every cell."""
    with ParquetFile(path) as file:
        return digest_of_rows(file.iter_batches(_PIECE, columns=list(COLUMNS)), COLUMNS)


def _month(day: Any) -> Any:
    """A month as a whole number, 202401; :func:`_text` makes the text of it, alike for every engine."""
    return (day.year() * 100 + day.month()).cast("int32")


def _words(table: pa.Table, names: tuple[str, ...]) -> tuple[list[tuple[pa.Array, np.ndarray]], np.ndarray]:
    """Of each text column its JSON texts in order and each row's place among them; and the order of the rows."""
    words = []
    for name in names:
        column = table[name].combine_chunks().dictionary_encode()
        texts = [_text(name, value) for value in column.dictionary.to_pylist()]
        encoded = [text.encode() for text in texts]
        order = sorted(range(len(texts)), key=encoded.__getitem__)
        rank = np.zeros(len(texts) + 1, np.int64)
        rank[order] = np.arange(1, len(texts) + 1)  # 0 is null, and what the place behind the last stands for
        at = column.indices.fill_null(len(texts)).to_numpy().astype(np.int64)
        quoted = cell_texts(pa.array([None, *(texts[one] for one in order)], pa.string()))
        words.append((quoted, rank[at]))
    return words, np.lexsort([ranks for _, ranks in reversed(words)])


def _text(name: str, value: Any) -> str:
    return f"{value // 100:04d}-{value % 100:02d}" if name == "month" else str(value)
