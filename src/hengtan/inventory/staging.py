"""The rows of every source under the same names and types, read from Parquet and never held as a whole."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

import ibis
import pyarrow as pa
import pyarrow.parquet as pq

from hengtan.engine import fetch, shared

from .quantity import is_odd, plain_decimal, quantity_decimal, quantity_marks, quantity_text

REQUIRED = ("activity_id", "facility", "activity_type", "start", "end", "quantity", "unit")
OPTIONAL = ("org_unit", "region", "supplier", "instrument", "factor_id", "method", "scope", "category",
            "data_quality", "uncertainty_pct", "evidence")  # fmt: skip
TEXTS = tuple(name for name in (*REQUIRED, *OPTIONAL) if name not in ("start", "end", "quantity"))
UNCERTAINTY = ("uncertainty_pct", "data_quality")  # what a row says of how sure its quantity is
MARKS = ("quantity", "quantity_given", "given_empty", "given_finite", "given_zero")
INTERNAL = frozenset(
    {
        "row",
        "cell",
        "unit_cell",
        "unreadable",
        "unit_as_given",
        "activity_type_as_given",
        "quantity_before_method",
        *MARKS,
    }
)


class Source(Protocol):
    """One table of activities as intake hands it over; see ``hengtan.connectors.Source``."""

    @property
    def file(self) -> str: ...  # noqa: D102
    @property
    def path(self) -> Path: ...  # noqa: D102
    @property
    def sheet(self) -> str: ...  # noqa: D102
    @property
    def sha256(self) -> str: ...  # noqa: D102
    @property
    def bytes(self) -> int: ...  # noqa: D102
    @property
    def data(self) -> Any: ...  # noqa: D102
    @property
    def headers(self) -> Mapping[str, str]: ...  # noqa: D102
    @property
    def letters(self) -> Mapping[str, str]: ...  # noqa: D102
    @property
    def rows(self) -> int: ...  # noqa: D102


@dataclass(frozen=True, slots=True)
class Staged:
    """The Parquet files of the sources and what stands in them.

    paths    one Parquet file per source, in the order of the run; ``rows`` are their row counts
    whole    of each file, the columns in which no value is missing
    """

    sources: tuple[Source, ...]
    paths: tuple[Path, ...]
    rows: tuple[int, ...]
    schemas: tuple[pa.Schema, ...]
    whole: tuple[frozenset[str], ...]

    @property
    def present(self) -> frozenset[str]:
        """Columns that stand in at least one source."""
        return frozenset(name for schema in self.schemas for name in schema.names)

    def table(self, con: Any, number: int, tags: Sequence[str] = (), only: Any = None) -> Any:
        """Source ``number`` as an Ibis table; ``only``: a table of source and position, the rows that are wanted.

        Columns: source, row, position (0-based in the file), unreadable, every contract column as text ("" where
        empty), start and end as date, quantity DECIMAL(18,6) or NULL, how it was given (quantity_given as text,
        given_empty, given_finite, given_zero), and the asked tags as ``tag_NAME`` text.
        """
        schema = self.schemas[number]
        raw = con.read_parquet(str(self.paths[number]), file_row_number=True)
        names = set(schema.names)
        if only is not None:  # chosen before anything is worked out of the cells
            here = only.filter(only.source == number)
            raw = raw.semi_join(here, raw.file_row_number == here.position)

        def text(name: str) -> Any:
            if name not in names:
                return ibis.literal("", "string")
            column = raw[name]
            column = column if column.type().is_string() else column.cast("string")
            # Where the file says that nothing is missing, the column stays as it is and keeps its dictionary.
            return column if name in self.whole[number] else column.fill_null("")

        quantity = raw["quantity"]
        columns = {
            "source": ibis.literal(number, "int32"),
            "position": raw["file_row_number"],
            "row": raw["row"].cast("int64") if "row" in names else raw["file_row_number"] + 1,
            "unreadable": raw["unreadable"].fill_null(False) if "unreadable" in names else ibis.literal(False),
            **{name: text(name) for name in TEXTS},
            "start": _date(raw["start"]),
            "end": _date(raw["end"]),
            **(_amounts(raw) if "quantity_given" in names else _plain_amounts(quantity)),
            **{f"tag_{tag}": text(tag) for tag in tags},
        }
        return raw.select(**columns)

    def union(self, con: Any, tags: Sequence[str] = (), only: Any = None) -> Any:
        """All sources, one behind the other."""
        tables = [self.table(con, number, tags, only) for number in range(len(self.paths))]
        return tables[0] if len(tables) == 1 else ibis.union(*tables, distinct=False)

    @property
    def tags(self) -> tuple[str, ...]:
        """Columns that the contract does not name, in the order they are met."""
        known = {*REQUIRED, *OPTIONAL, *INTERNAL}
        seen: dict[str, None] = {}
        for schema in self.schemas:
            for name in schema.names:
                if name not in known:
                    seen[name] = None
        return tuple(seen)


Settle = Callable[[Path, Path, Source], Path]


def stage(sources: Sequence[Source], folder: Path, con: Any, settle: Settle | None = None) -> Staged:
    """Put every source into Parquet with a quantity that is a plain cast away from DECIMAL.

    Tables in memory, and files with quantities that need rounding or are not numbers, are written to ``folder``.
    settle   given a Parquet file, a free name and its source, may put other quantities in the place of those given
    """
    paths, rows, schemas, whole = [], [], [], []
    for number, source in enumerate(sources):
        if isinstance(source.data, pa.Table):
            path = folder / f"source-{number:04d}.parquet"
            pq.write_table(source.data, path)
        else:
            path = Path(source.data)
            if path != source.path:  # made here by intake: every machine of the engine must see it
                path = shared(con, path, folder / f"read-{number:04d}.parquet")
        if settle:
            path = settle(path, folder / f"amounts-{number:04d}.parquet", source)
        path = _settled(con, path, folder / f"settled-{number:04d}.parquet")
        with pq.ParquetFile(path) as file:
            rows.append(file.metadata.num_rows)
            schemas.append(file.schema_arrow)
            whole.append(_whole_columns(file.metadata))
        paths.append(path)
    return Staged(tuple(sources), tuple(paths), tuple(rows), tuple(schemas), tuple(whole))


def _whole_columns(metadata: pq.FileMetaData) -> frozenset[str]:
    missing: set[str] = set()
    names = [metadata.schema.column(i).path for i in range(metadata.num_columns)]
    for group in range(metadata.num_row_groups):
        for i, name in enumerate(names):
            statistics = metadata.row_group(group).column(i).statistics
            if statistics is None or not statistics.has_null_count or statistics.null_count:
                missing.add(name)
    return frozenset(names) - missing


def _settled(con: Any, path: Path, target: Path) -> Path:
    raw = con.read_parquet(str(path))
    odd = is_odd(raw.quantity)
    if odd is None or not fetch(raw.aggregate(odd=odd.sum()))["odd"][0].as_py():
        return path
    marks = {"quantity_given": quantity_text(raw.quantity), **quantity_marks(raw.quantity)}
    con.to_parquet(raw.mutate(quantity=quantity_decimal(raw.quantity), **marks), target, preserve_order=True)
    return target


def _amounts(raw: Any) -> dict[str, Any]:
    return {name: raw[name] for name in MARKS}


def _plain_amounts(quantity: Any) -> dict[str, Any]:
    given = {"quantity_given": quantity_text(quantity), **quantity_marks(quantity)}
    return {"quantity": plain_decimal(quantity), **given}


def _date(column: Any) -> Any:
    kind = column.type()
    if kind.is_date():
        return column
    if kind.is_timestamp():
        return column.cast("date")
    return column.try_cast("date")
