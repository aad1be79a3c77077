"""Reading the rows of a book, and compaction: many small batches become as fast to read as one."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Final, TypeVar

import pyarrow as pa
from pyarrow import parquet as pq

from .manifest import PARQUET, Manifest
from .merged import Merged, Run, alive, file_of, left_over, merged_name, runs
from .packs import SMALL
from .refused import FactRefused, failed
from .root import BOOKS, Staged
from .rows import ROW_GROUP, WRITING, not_parquet, rows_digest

if TYPE_CHECKING:
    from .book import Book

FULL: Final = 1 << 20  # rows of a merged table that is not merged again
LARGEST: Final = 1 << 22  # rows of a merged table
FEW: Final = 64  # objects that are not worth a pack
_LOOKS: Final = 3
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Part:
    """Rows [start, stop) of a verified Parquet file; whole: the file has no others."""

    path: Path
    start: int
    stop: int
    whole: bool


@dataclass(frozen=True, slots=True)
class Compacted:
    """What a compaction did: batches that are in new merged tables, such tables, objects moved into packs, thousands bundled."""

    batches: int
    tables: int
    packed: int
    bundles: int


def parts(book: Book, manifests: Mapping[str, Manifest]) -> list[Part]:
    """The files of the Parquet batches among them, in their order."""

    def found() -> list[Part]:
        made = []
        for run in runs(_parquet(manifests), alive(book).values()):
            path = file_of(book, run)
            with pq.ParquetFile(path) as file:
                rows = _checked(file, run)
            made.append(Part(path, run.start, run.stop, run.start == 0 and run.stop == rows))
        return made

    return _looking(found)


def table(book: Book, manifests: Mapping[str, Manifest]) -> pa.Table:
    """The rows of the Parquet batches among them, in their order."""

    def found() -> pa.Table:
        read: list[pa.Table] = []
        with ExitStack() as stack:
            files: dict[Path, pq.ParquetFile] = {}
            for run in runs(_parquet(manifests), alive(book).values()):
                path = file_of(book, run)
                if path not in files:
                    files[path] = stack.enter_context(_opened(path, run))
                piece = _rows(files[path], run)
                if read and not piece.schema.equals(read[0].schema):
                    raise FactRefused("facts.schemas-differ", file=run.identity, columns=", ".join(piece.schema.names))
                read.append(piece)
        return pa.concat_tables(read) if read else pa.table({})

    return _looking(found)


def compact(book: Book) -> Compacted:
    """See :meth:`Book.compact`."""
    store = book.store
    with store.writing(), store.root.lock(f"{BOOKS}/{book.name}/compacting"):
        store.root.remove(left_over(book, alive(book)))
        batches, tables = 0, 0
        for kind in sorted({manifest.kind for manifest in book.as_of()}):
            for merged in _merged(book, kind):
                batches, tables = batches + len(merged.batches), tables + 1
        store.root.remove(left_over(book, alive(book)))
        objects = [
            digest for entry in book.history() if (m := entry.manifest) is not None for digest in (m.digest, m.id)
        ]
        packed = store.pack(objects, at_least=FEW)
        return Compacted(batches, tables, packed, book.bundle())


@dataclass(slots=True)
class _Merger:
    """Writes batches of one schema behind each other; ``order`` says which, by id, digest and rows."""

    path: Path
    schema: pa.Schema
    writer: pq.ParquetWriter
    order: list[tuple[str, str, int]] = field(default_factory=list)
    waiting: list[pa.Table] = field(default_factory=list)

    @property
    def rows(self) -> int:
        return sum(rows for _, _, rows in self.order)

    def add(self, identity: str, digest: str, batch: pa.Table) -> None:
        self.order.append((identity, digest, batch.num_rows))
        self.waiting.append(batch)
        if sum(each.num_rows for each in self.waiting) >= ROW_GROUP:
            self.flush()

    def flush(self) -> None:
        if self.waiting:
            self.writer.write_table(pa.concat_tables(self.waiting).combine_chunks(), row_group_size=ROW_GROUP)
            self.waiting.clear()


def _merged(book: Book, kind: str) -> Iterator[Merged]:
    """Merges what stands and is small and not yet in a full table; every one is recorded when it is given out."""
    store = book.store
    living = alive(book)
    mine = {digest: each for digest, each in living.items() if each.kind == kind}
    full = {identity for each in mine.values() if each.rows >= FULL for identity, _ in each.batches}
    partly = {digest: each for digest, each in mine.items() if each.rows < FULL}
    standing = _parquet({key: each for key, each in book.standing().items() if each.kind == kind})
    wanted = {key: each for key, each in standing.items() if key not in full and store.size(each.digest) <= SMALL}
    if len(wanted) < 2 or set(wanted) <= {identity for each in partly.values() for identity, _ in each.batches}:
        return
    with tempfile.TemporaryDirectory(prefix="hengtan-facts-") as folder, ExitStack() as stack:
        open_: dict[bytes, _Merger] = {}
        done: list[_Merger] = []
        for identity, manifest in wanted.items():
            batch = _batch(book, manifest)
            key = batch.schema.serialize().to_pybytes()
            merger = open_.get(key)
            if merger is None or merger.rows + batch.num_rows > LARGEST:
                path = Path(folder, f"{len(done)}.parquet")
                writer = stack.enter_context(pq.ParquetWriter(path, batch.schema, **WRITING))
                merger = open_[key] = _Merger(path, batch.schema, writer)
                done.append(merger)
            merger.add(identity, manifest.digest, batch)
        for merger in done:
            merger.flush()
            merger.writer.close()
        several = [merger for merger in done if len(merger.order) > 1]
        for merger in several:
            _compare(book, merger)
            yield _recorded(book, kind, merger, tuple(partly) if merger is several[-1] else ())


def _recorded(book: Book, kind: str, merger: _Merger, replaces: tuple[str, ...]) -> Merged:
    root = book.store.root
    staged: list[Staged] = []
    try:
        staged.append(root.stage(merger.path))
        batches = tuple((identity, rows) for identity, _, rows in merger.order)
        merged = Merged(kind, staged[0].digest, batches, replaces)
        staged.append(root.stage(merged.encoded))
        root.keep([(each, merged_name(book.name, each.digest)) for each in staged])
    except BaseException:
        root.discard(staged)
        raise
    book.record_merged(merged.digest)
    return merged


def _compare(book: Book, merger: _Merger) -> None:
    """Reads the merged table back and holds it against the batches, row by row. FactRefused ``facts.merged-differs``."""
    pieces = _pieces(merger.path, [rows for _, _, rows in merger.order])
    for (identity, digest, _), piece in zip(merger.order, pieces, strict=True):
        if not _same(piece, book.store.table(digest)):
            raise FactRefused("facts.merged-differs", file=identity)


def differing(book: Book, merged: Merged) -> Iterator[str]:
    """Ids of batches whose rows in the merged table are not those of their object."""
    known = {entry.manifest.id: entry.manifest for entry in book.history() if entry.manifest is not None}
    path = book.store.beside(merged_name(book.name, merged.table), merged.table)
    pieces = _pieces(path, [rows for _, rows in merged.batches])
    for (identity, rows), piece in zip(merged.batches, pieces, strict=True):
        manifest = known.get(identity)
        if manifest is None or manifest.rows != rows or not _same(piece, _batch(book, manifest)):
            yield identity


def _pieces(path: Path, lengths: Sequence[int]) -> Iterator[pa.Table]:
    """The rows of a file, cut into these lengths; fewer at its end."""
    with pq.ParquetFile(path, page_checksum_verification=True) as file:
        groups, held = iter(range(file.num_row_groups)), file.schema_arrow.empty_table()
        for rows in lengths:
            while held.num_rows < rows and (group := next(groups, None)) is not None:
                held = pa.concat_tables([held, file.read_row_group(group)])
            yield held.slice(0, rows)
            held = held.slice(rows)


def _same(mine: pa.Table, theirs: pa.Table) -> bool:
    """The same rows in the same order; where there are NaN, which equal nothing, by their digests."""
    return bool(mine.equals(theirs)) or (
        mine.num_rows == theirs.num_rows and rows_digest(mine.to_batches()) == rows_digest(theirs.to_batches())
    )


def _batch(book: Book, manifest: Manifest) -> pa.Table:
    batch = book.store.table(manifest.digest).replace_schema_metadata(None)
    if batch.num_rows != manifest.rows:
        raise FactRefused("facts.rows-differ", file=manifest.digest, rows=batch.num_rows, told=manifest.rows)
    return batch


def _opened(path: Path, run: Run) -> pq.ParquetFile:
    try:
        return pq.ParquetFile(path, page_checksum_verification=True)
    except (pa.ArrowException, OSError) as error:
        if isinstance(error, FileNotFoundError):
            raise
        raise not_parquet(run.digest, error) from None


def _checked(file: pq.ParquetFile, run: Run) -> int:
    """Rows of the file; FactRefused ``facts.rows-differ`` when they are not those of the manifest."""
    rows = int(file.metadata.num_rows)
    if (rows < run.stop) if run.merged else (rows != run.stop):
        raise FactRefused("facts.rows-differ", file=run.digest, rows=rows, told=run.stop)
    return rows


def _rows(file: pq.ParquetFile, run: Run) -> pa.Table:
    rows = _checked(file, run)
    try:
        if run.start == 0 and run.stop == rows:
            return file.read().replace_schema_metadata(None)
        groups, first, start = list[int](), 0, 0
        for group in range(file.num_row_groups):
            stop = start + file.metadata.row_group(group).num_rows
            if start < run.stop and run.start < stop:
                first = first if groups else start
                groups.append(group)
            start = stop
        read = file.read_row_groups(groups).replace_schema_metadata(None)
    except (pa.ArrowException, OSError) as error:
        raise not_parquet(run.digest, error) from None
    return read.slice(run.start - first, run.stop - run.start)


def _parquet(manifests: Mapping[str, Manifest]) -> dict[str, Manifest]:
    return {identity: each for identity, each in manifests.items() if each.media == PARQUET and each.rows}


def _looking(find: Callable[[], T]) -> T:
    """Again when a file went between planning and opening: a compaction replaced it."""
    for left in reversed(range(_LOOKS)):
        try:
            return find()
        except FileNotFoundError as error:
            if not left:
                raise failed("facts.unreadable", error, str(error.filename)) from None
    raise AssertionError
