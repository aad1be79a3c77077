"""Parquet: handed on as it is when its columns carry canonical names and types that need no reading, else converted.

Needs no reading: text as string, large_string or dictionary; dates as date32, date64, timestamp or ISO text; quantity as
integer, floating point, decimal or plain text. All else (other headers, ``1.2万``, ``2023年1月``, a company's aliases) goes
through the same reading as CSV, into a Parquet file in the scratch folder, row group by row group.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from hengtan.problems import HengtanError, Problem, system

from .aliases import Aliases
from .block import DATES, Raw, Reader, Swayed, evidence, is_plain
from .csv_file import Scratch, Store, converted
from .digest import sha256
from .faults import Faults, Place
from .headers import OURS, Layout
from .numbers import DECIMAL_COMMA, Convention, plain
from .source import Source

_BATCH = 1 << 18
_ISO = r"^[0-9]{4}-[0-9]{2}-[0-9]{2}$"


def read_parquet(path: Path, file: str, aliases: Aliases, faults: Faults, scratch: Scratch) -> Source:
    """Reads one file; raises HengtanError where it cannot be read as a whole."""
    try:
        parquet = pq.ParquetFile(path)
        schema, rows = parquet.schema_arrow, parquet.metadata.num_rows
    except (pa.ArrowException, OSError) as error:
        raise _unreadable(error, file) from None
    if rows == 0:
        raise HengtanError(Problem("file.no-rows", file))
    layout = aliases.headers.layout(schema.names, file=file, sheet="", row=0)
    _refuse_nested(schema, layout, file, faults)
    layout.tell_misfits(Place(file), faults)
    digest, size = sha256(path), path.stat().st_size
    seen = layout.seen()
    try:
        if _as_it_is(parquet, schema, layout, aliases):
            return Source(file, path, "", digest, size, path, seen, {}, rows)
        held = scratch()
        target = converted(held, path)
        mine = Faults()
        reader = Reader(layout, Place(file), aliases, mine)
        try:
            kept = _convert(parquet, schema, reader, target)
        except Swayed:
            batches = parquet.iter_batches(_BATCH, columns=[layout.headers[layout.columns["quantity"]]])
            reader.settle(evidence(_text(batch.column(0)) for batch in batches))
            kept = _convert(parquet, schema, reader, target)
    except (pa.ArrowException, OSError) as error:
        raise _unreadable(error, file) from None
    if kept == 0:
        raise HengtanError(Problem("file.no-rows", file))
    faults.take(mine)
    return Source(file, path, "", digest, size, target, seen, {}, kept, held)


def _unreadable(error: BaseException, file: str) -> HengtanError:
    return HengtanError(Problem("file.unreadable", file, values=system("why", error)))


def _refuse_nested(schema: pa.Schema, layout: Layout, file: str, faults: Faults) -> None:
    """Lists and structures have no place in a cell of the activity table."""
    for name, at in (*layout.columns.items(), *layout.tags.items()):
        kind = schema.field(at).type
        if pa.types.is_nested(kind) or pa.types.is_binary(kind) or pa.types.is_large_binary(kind):
            values = {"column": layout.headers[at], "type": str(kind)}
            problem = Problem("file.column-nested", file, column=layout.headers[at], values=values)
            if name in layout.columns:
                raise HengtanError(problem)
            faults.add("file.column-ignored", Place(file), column=layout.headers[at], values=values)


def _as_it_is(parquet: pq.ParquetFile, schema: pa.Schema, layout: Layout, aliases: Aliases) -> bool:
    named = [*layout.columns.items(), *((name, layout.tags[name]) for name in layout.inputs)]
    if any(layout.headers[at] != name for name, at in named):
        return False
    if {name.casefold() for name in schema.names} & set(OURS) or len({n.casefold() for n in schema.names}) < len(
        schema
    ):
        return False
    if any(kind in layout.columns for kind in aliases.values):
        return False
    if any(pa.types.is_floating(field.type) and _hides_nan(parquet, field.name) for field in schema):
        return False
    for name in layout.columns:
        kind = schema.field(name).type
        if name == "quantity":
            if not (_is_number(kind) or (_is_text(kind) and _all_plain(parquet, aliases))):
                return False
        elif name in DATES:
            if not (
                pa.types.is_date(kind) or pa.types.is_timestamp(kind) or (_is_text(kind) and _all_iso(parquet, name))
            ):
                return False
        elif not _is_text(kind) or _begins_blank(parquet, name):
            return False
    return True


def _begins_blank(parquet: pq.ParquetFile, name: str) -> bool:
    """Whether some text of the column begins with a blank, and so may be nothing but blanks; statistics tell it at once."""
    metadata = parquet.metadata
    at = next(i for i in range(metadata.num_columns) if metadata.schema.column(i).path == name)
    for group in range(metadata.num_row_groups):
        column = metadata.row_group(group).column(at)
        statistics = column.statistics
        if statistics is None or (not statistics.has_min_max and statistics.null_count != column.num_values):
            batches = parquet.iter_batches(_BATCH, columns=[name])
            return any(pc.any(pc.less(_text(batch.column(0)).unique(), "!")).as_py() for batch in batches)
        if statistics.has_min_max and str(statistics.min) < "!":
            return True
    return False


def _hides_nan(parquet: pq.ParquetFile, name: str) -> bool:
    """Whether a column holds one number, as its statistics say, and NaN, of which they do not speak.

    DuckDB 2.0 takes such a column for a constant: NaN would be read as the number.
    """
    metadata, seen = parquet.metadata, set()
    at = next(i for i in range(metadata.num_columns) if metadata.schema.column(i).path == name)
    for group in range(metadata.num_row_groups):
        statistics = metadata.row_group(group).column(at).statistics
        if statistics is not None and statistics.has_min_max:
            seen |= {statistics.min, statistics.max}
            if len(seen) > 1:
                return False
    batches = parquet.iter_batches(_BATCH, columns=[name])
    return any(pc.any(pc.is_nan(batch.column(0))).as_py() for batch in batches)


def _is_text(kind: pa.DataType) -> bool:
    if pa.types.is_dictionary(kind):
        kind = kind.value_type
    return bool(pa.types.is_string(kind) or pa.types.is_large_string(kind) or pa.types.is_string_view(kind))


def _is_number(kind: pa.DataType) -> bool:
    return bool(pa.types.is_integer(kind) or pa.types.is_floating(kind) or pa.types.is_decimal(kind))


def _all_plain(parquet: pq.ParquetFile, aliases: Aliases) -> bool:
    if aliases.numbers in (*DECIMAL_COMMA, Convention.MIXED):
        return False
    return all(is_plain(_text(batch.column(0))) for batch in parquet.iter_batches(_BATCH, columns=["quantity"]))


def _all_iso(parquet: pq.ParquetFile, name: str) -> bool:
    for batch in parquet.iter_batches(_BATCH, columns=[name]):
        values = _text(batch.column(0)).unique().drop_null()
        if not pc.all(pc.match_substring_regex(values, _ISO)).as_py() and len(values):
            return False
    return True


def _convert(parquet: pq.ParquetFile, schema: pa.Schema, reader: Reader, target: Path) -> int:
    layout, store, first = reader.layout, Store(target), 1
    used = sorted([*layout.columns.values(), *layout.tags.values()])
    used = [at for at in used if not pa.types.is_nested(schema.field(at).type)]
    tags = {name: at for name, at in layout.tags.items() if at in used}
    reader.layout = replace(layout, tags=tags)
    kinds = {at: name for name, at in layout.columns.items()}
    try:
        for batch in _batches(parquet):
            texts, typed = {}, {}
            for at in used:
                column, name = batch.column(at), kinds.get(at, "")
                if name in DATES and (pa.types.is_date(column.type) or pa.types.is_timestamp(column.type)):
                    typed[at], texts[at] = _days(column), pa.nulls(len(column), pa.string())
                elif name == "quantity" and _is_number(column.type):
                    typed[at], texts[at] = _plain_text(column), pa.nulls(len(column), pa.string())
                else:
                    texts[at] = _text(column)
            rows = np.arange(first, first + batch.num_rows, dtype=np.int64)
            store.keep(reader.read(Raw(texts, rows, typed)))
            first += batch.num_rows
    finally:
        store.close()
        reader.layout = layout
    return store.rows


def _batches(parquet: pq.ParquetFile) -> Iterator[pa.RecordBatch]:
    return iter(parquet.iter_batches(_BATCH))


def _days(column: pa.Array) -> pa.Array:
    """The local day as written: a time zone does not move it."""
    if pa.types.is_timestamp(column.type) and column.type.tz is not None:
        column = pc.local_timestamp(column)
    return column.cast(pa.date32(), safe=False)


def _plain_text(column: pa.Array) -> pa.Array:
    if pa.types.is_floating(column.type):
        return pa.array([plain(v) if v is not None else None for v in column.to_pylist()], pa.string())
    return column.cast(pa.string())


def _text(column: pa.Array) -> pa.Array:
    kind: Any = column.type
    if pa.types.is_dictionary(kind):
        if not _is_text(kind):
            return _text(column.dictionary_decode())
        values = column.dictionary.cast(pa.string())
        return pa.DictionaryArray.from_arrays(column.indices.cast(pa.int32()), values)
    if pa.types.is_string(kind):
        return column
    if pa.types.is_floating(kind):
        return _plain_text(column)
    if pa.types.is_nested(kind) or pa.types.is_binary(kind):
        return pa.nulls(len(column), pa.string())
    return column.cast(pa.string())
