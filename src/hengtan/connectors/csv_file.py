"""CSV by RFC 4180: UTF-8 or GB18030; comma, semicolon or tab; in blocks, so that ten million rows fit in little memory.

The row number is that of the record, the header being the first, as a spreadsheet shows it: a cell with line breaks in it
does not move the rows below.
"""

from __future__ import annotations

import codecs
import csv
import io
import tempfile
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.csv as pcsv
import pyarrow.parquet as pq

from hengtan.problems import HengtanError, Problem, both, system

from .aliases import Aliases
from .block import Raw, Reader, Swayed, evidence
from .digest import TextFacts, sha256, text_facts
from .faults import Faults, Place, shown
from .headers import Headers, Layout
from .source import Source

SEPARATORS = (",", ";", "\t")
HEAD_BYTES = 1 << 18
HEAD_RECORDS = 30  # a header stands among the first records: an export may put titles above it
BLOCK_BYTES = 1 << 22  # Arrow reads up to 32 blocks ahead
GROUP_ROWS = 1 << 18  # rows of one Parquet row group
IN_MEMORY_BYTES = 48 << 20  # a larger file goes to Parquet in the scratch folder
_DIFFERENT = ("activity_id", "quantity")  # in every row: a dictionary would only cost
_CODED = pa.dictionary(pa.int32(), pa.string())

Scratch = Callable[[], "tempfile.TemporaryDirectory[str]"]


@dataclass(frozen=True, slots=True)
class Shape:
    """How a CSV file is written; ``offset``: bytes of UTF-8 text before the first record under the header."""

    facts: TextFacts
    separator: str
    header_row: int
    header: tuple[str, ...]
    offset: int


def read_csv(path: Path, file: str, aliases: Aliases, faults: Faults, scratch: Scratch) -> Source:
    """Reads one file; raises HengtanError where it cannot be read as a whole."""
    with ThreadPoolExecutor(1) as pool:
        digest = pool.submit(sha256, path)  # beside the parsing, which takes as long
        shape = shape_of(path, file, aliases.headers)
        layout = aliases.headers.layout(shape.header, file=file, sheet="", row=shape.header_row)
        size = path.stat().st_size
        held = scratch() if size > IN_MEMORY_BYTES else None
        target = converted(held, path) if held is not None else None
        mine = Faults()
        try:
            data, rows = _settled(path, shape, Reader(layout, Place(file), aliases, mine), target)
        except pa.ArrowException as error:
            raise HengtanError(
                Problem(
                    "file.unreadable", file, values=both("why", "library-says", detail=shown(str(error).rstrip(".")))
                )
            ) from None
    if rows == 0:
        raise HengtanError(Problem("file.no-rows", file))
    faults.take(mine)
    layout.tell_misfits(Place(file), faults)
    return Source(file, path, "", digest.result(), size, data, layout.seen(), layout.letters(), rows, held)


def _settled(path: Path, shape: Shape, reader: Reader, target: Path | None) -> tuple[pa.Table | Path, int]:
    """Reads on; where a comma of the quantity column can mean two things, asks the whole column and begins again."""
    try:
        return _convert(path, shape, reader, target)
    except Swayed:
        at = reader.layout.columns["quantity"]
        reader.settle(evidence(batch.column(0) for batch, _ in _batches(path, shape, reader.layout, [], only=at)))
        return _convert(path, shape, reader, target)


def converted(held: tempfile.TemporaryDirectory[str], path: Path) -> Path:
    """A new place in the scratch folder for what a file is converted to."""
    folder = Path(held.name)
    return folder / f"{sum(1 for _ in folder.iterdir()) + 1}-{path.stem}.parquet"


def records(path: Path, file: str) -> list[list[str]]:
    """All records of a (small) CSV file, for a template that reads a foreign sheet; the separator is the commonest."""
    facts = _facts(path, file)
    text = path.read_bytes().decode("utf-8-sig" if facts.encoding == "utf-8" else facts.encoding)
    separator = max(SEPARATORS, key=text[:HEAD_BYTES].count)
    try:
        return list(csv.reader(io.StringIO(text, newline=""), delimiter=separator))
    except csv.Error as error:
        raise HengtanError(Problem("file.unreadable", file, values=system("why", error))) from None


def shape_of(path: Path, file: str, headers: Headers) -> Shape:
    """Finds encoding, separator and header; raises what makes the whole file unreadable."""
    facts = _facts(path, file)
    with path.open("rb") as stream:
        decoder = codecs.getincrementaldecoder(facts.encoding)()
        head = decoder.decode(stream.read(HEAD_BYTES)).removeprefix("\ufeff")
    best: tuple[tuple[int, int], int, list[str], int, str] | None = None
    for separator in SEPARATORS:
        for row, cells, end in _first_records(head, separator):
            complete = 100 if not headers.missing(cells) else 0
            score = (complete + headers.known(cells), len(cells))
            if best is None or score > best[0]:
                best = (score, row, cells, end, separator)
    if best is None or best[0][0] == 0:
        first = next(iter(head.splitlines()), "")
        raise HengtanError(Problem("file.no-header", file, row=1, values={"first": shown(first) or "-"}))
    _, row, header, end, separator = best
    if facts.quotes % 2:
        _open_quote(path, file, facts, separator)
    offset = len(head[:end].encode()) + (3 if facts.bom else 0)
    return Shape(facts, separator, row, tuple(header), offset)


def _facts(path: Path, file: str) -> TextFacts:
    facts = text_facts(path)
    if not facts.encoding:
        raise HengtanError(Problem("file.encoding", file))
    return facts


def _first_records(head: str, separator: str) -> Iterator[tuple[int, list[str], int]]:
    """(row, cells, position where the record ends) of the first records."""
    read = 0

    def lines() -> Iterator[str]:
        nonlocal read
        for line in io.StringIO(head, newline=""):
            read += len(line)
            yield line

    reader = csv.reader(lines(), delimiter=separator)
    try:
        for row, cells in enumerate(reader, 1):
            yield row, cells, read
            if row == HEAD_RECORDS:
                return
    except csv.Error:  # a cell longer than csv takes: no header there
        return


def _open_quote(path: Path, file: str, facts: TextFacts, separator: str) -> None:
    """A quote that nobody closes swallows all rows below it: found here, before rows are lost in one huge cell."""
    encoding = "utf-8-sig" if facts.encoding == "utf-8" else facts.encoding
    row = 0
    with path.open(encoding=encoding, newline="") as stream:
        try:
            for row, _ in enumerate(csv.reader(stream, delimiter=separator, strict=True), 1):  # noqa: B007
                pass
        except csv.Error as error:
            if "delimiter expected" not in str(error):
                raise HengtanError(Problem("file.quote-open", file, row=row + 1)) from None


class _AsUtf8(io.RawIOBase):
    """A GB18030 file, read as UTF-8."""

    def __init__(self, path: Path) -> None:
        super().__init__()
        self._file = path.open("rb")
        self._decoder = codecs.getincrementaldecoder("gb18030")()
        self._left = b""

    def readable(self) -> bool:
        return True

    def read(self, size: int = -1) -> bytes:
        while len(self._left) < size and (chunk := self._file.read(1 << 20)):
            self._left += self._decoder.decode(chunk).encode()
        given, self._left = self._left[:size], self._left[size:]
        return given

    def close(self) -> None:
        self._file.close()
        super().close()


def _batches(
    path: Path, shape: Shape, layout: Layout, ragged: list[Any], only: int | None = None
) -> Iterator[tuple[pa.RecordBatch, Any]]:
    """Blocks of cells as text, each with its row numbers; the next block is parsed while this one is used.

    ragged  takes the records that have too few or too many cells
    only    one column alone, by position
    """
    names = [str(at) for at in range(len(shape.header))]
    distinct = {str(layout.columns[name]) for name in _DIFFERENT if name in layout.columns}

    def lost(record: Any) -> str:
        ragged.append(record)
        return "skip"

    stream: io.IOBase = path.open("rb") if shape.facts.encoding == "utf-8" else _AsUtf8(path)
    stream.read(shape.offset)
    try:
        reader = pcsv.open_csv(
            stream,
            read_options=pcsv.ReadOptions(use_threads=False, block_size=BLOCK_BYTES, column_names=names),
            parse_options=pcsv.ParseOptions(
                delimiter=shape.separator,
                newlines_in_values=shape.facts.quotes > 0,
                ignore_empty_lines=False,
                invalid_row_handler=lost,
            ),
            convert_options=pcsv.ConvertOptions(
                column_types={name: pa.string() if name in distinct else _CODED for name in names},
                strings_can_be_null=False,
                include_columns=names[: layout.width] if only is None else [str(only)],
            ),
        )
    except pa.ArrowInvalid as error:
        stream.close()
        if "Empty CSV" in str(error):
            return
        raise
    first = 0
    with stream, ThreadPoolExecutor(1) as pool:
        pending = pool.submit(_next, reader)
        while (batch := pending.result()) is not None:
            pending = pool.submit(_next, reader)
            yield batch, _row_numbers(first, batch.num_rows, shape.header_row, [record.number for record in ragged])
            first += batch.num_rows


def _next(reader: Any) -> pa.RecordBatch | None:
    try:
        return reader.read_next_batch()
    except StopIteration:
        return None


def _row_numbers(first: int, count: int, header_row: int, ragged: list[int]) -> Any:
    """Rows as the person sees them: those of ragged records, which Arrow skips, are left out of the count."""
    rows = np.arange(first, first + count, dtype=np.int64)
    if ragged:
        before = np.sort(np.array(ragged, dtype=np.int64)) - 1
        rows += np.searchsorted(before - np.arange(len(before)), rows, side="right")
    return rows + header_row + 1


def _convert(path: Path, shape: Shape, reader: Reader, target: Path | None) -> tuple[pa.Table | Path, int]:
    """All blocks through the reader, into memory or a Parquet file; ragged records come last, as unreadable rows."""
    ragged: list[Any] = []
    store = Store(target)
    try:
        with ThreadPoolExecutor(1) as pool:
            pending = pool.submit(_nothing)
            for batch, rows in _batches(path, shape, reader.layout, ragged):
                table = reader.read(Raw(dict(enumerate(batch.columns)), rows))
                pending.result()
                pending = pool.submit(store.keep, table)
            pending.result()
        if ragged:
            store.keep(_ragged(ragged, shape, reader))
    finally:
        store.close()
    return store.data(), store.rows


def _nothing() -> None:
    """Takes the place of the first block that is being kept."""


def _ragged(ragged: Sequence[Any], shape: Shape, reader: Reader) -> pa.Table:
    """Records with too few or too many cells. What is too many and empty does no harm; the rest is unreadable."""
    width, wanted = reader.layout.width, len(shape.header)
    lines: list[list[str]] = []
    broken = np.zeros(len(ragged), dtype=bool)
    rows = np.array([record.number + shape.header_row for record in ragged], dtype=np.int64)
    for at, record in enumerate(ragged):
        cells = _cells(record.text, shape.separator)
        if len(cells) < wanted or any(cell.strip() for cell in cells[wanted:]):
            broken[at] = True
            values = {"found": str(record.actual_columns), "wanted": str(wanted)}
            reader.faults.add("cell.row-ragged", reader.place, int(rows[at]), values=values)
            cells = []
        lines.append((cells + [""] * width)[:width])
    texts = {at: pa.array([line[at] for line in lines], pa.string()) for at in range(width)}
    return reader.read(Raw(texts, rows), broken)


def _cells(text: str, separator: str) -> list[str]:
    try:
        return next(csv.reader(io.StringIO(text, newline=""), delimiter=separator), [])
    except csv.Error:  # a cell longer than csv takes
        return []


class Store:
    """Where blocks go: memory, or a Parquet file when there are many."""

    def __init__(self, target: Path | None) -> None:
        self.rows = 0
        self._target = target
        self._waiting = 0
        self._tables: list[pa.Table] = []
        self._writer: pq.ParquetWriter | None = None

    def keep(self, table: pa.Table) -> None:
        """Takes one block."""
        self.rows += table.num_rows
        table = _alike(table, coded=self._target is not None)
        self._tables.append(table)
        self._waiting += table.num_rows
        if self._target is not None and self._waiting >= GROUP_ROWS:
            self._write(self._target)

    def _write(self, target: Path) -> None:
        """What waits becomes one row group."""
        table = pa.concat_tables(self._tables).unify_dictionaries().combine_chunks()
        if self._writer is None:
            coded = [field.name for field in table.schema if field.type == _CODED]
            self._writer = pq.ParquetWriter(
                target, table.schema, compression="snappy", use_dictionary=coded, write_statistics=False
            )
        self._writer.write_table(table, row_group_size=max(table.num_rows, 1))
        self._tables, self._waiting = [], 0

    def close(self) -> None:
        """Ends the file."""
        if self._target is not None and self._tables:
            self._write(self._target)
        if self._writer is not None:
            self._writer.close()

    def data(self) -> pa.Table | Path:
        """The table, or the path of the file."""
        if self._writer is not None and self._target is not None:
            return self._target
        return pa.concat_tables(self._tables) if self._tables else pa.table({})


def _alike(table: pa.Table, *, coded: bool) -> pa.Table:
    """The same types for every block: text as text in memory, as dictionaries in a file."""
    columns: Iterable[tuple[str, pa.ChunkedArray]] = zip(table.column_names, table.columns, strict=True)
    alike = {}
    for name, column in columns:
        if pa.types.is_dictionary(column.type) and not coded:
            alike[name] = column.cast(pa.string())
        elif coded and name not in _DIFFERENT and pa.types.is_string(column.type):
            alike[name] = column.dictionary_encode()
        else:
            alike[name] = column
    return pa.table(alike)
