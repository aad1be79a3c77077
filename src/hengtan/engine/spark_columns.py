"""Columns of Parquet files as Spark reads them: from the footer, so that no job is started to look at the file."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
from pyspark.sql import functions as F  # noqa: N812  the name everybody knows
from pyspark.sql import types as T  # noqa: N812
from pyspark.sql.pandas.types import from_arrow_type

_WIDER = {pa.uint8(): T.ShortType(), pa.uint16(): T.IntegerType(), pa.uint32(): T.LongType(),
          pa.uint64(): T.DecimalType(20, 0), pa.date64(): T.DateType()}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Column:
    """kind: the Spark type that the file's own type is read as; nanoseconds: whole numbers that stand for moments."""

    name: str
    kind: Any
    nanoseconds: bool = False


def spark_columns(path: Path) -> list[Column]:
    """The columns of a file but for lists, structures and bytes, which are no cells of a table of activities."""
    with pq.ParquetFile(path) as file:
        physical = {column.path: column.physical_type for column in map(file.schema.column, range(len(file.schema)))}
        found = []
        for field in file.schema_arrow:
            kind = field.type.value_type if pa.types.is_dictionary(field.type) else field.type
            if pa.types.is_nested(kind) or pa.types.is_binary(kind) or pa.types.is_large_binary(kind):
                continue
            # Spark has no nanoseconds; INT96, the type of old, it reads as moments all the same.
            count = pa.types.is_timestamp(kind) and kind.unit == "ns" and physical[field.name] != "INT96"
            found.append(Column(field.name, T.LongType() if count else spark_type(kind), count))
    return found


def spark_type(kind: pa.DataType) -> Any:
    """The Spark type of a plain Arrow type; a moment without a time zone stays one."""
    if pa.types.is_large_string(kind) or pa.types.is_string_view(kind) or pa.types.is_null(kind):
        return T.StringType()
    return _WIDER.get(kind) or from_arrow_type(kind, prefer_timestamp_ntz=True)


def stored(columns: list[Column]) -> T.StructType:
    """The schema to read a file with."""
    return T.StructType([T.StructField(column.name, column.kind) for column in columns])


def given(column: Column) -> Any:
    """A column as the file means it."""
    if not column.nanoseconds:
        return F.col(_quoted(column.name))
    count = F.col(_quoted(column.name))
    whole = F.call_function("div", count - F.pmod(count, F.lit(1000)), F.lit(1000))
    return F.timestamp_micros(whole).alias(column.name)


def typed(field: pa.Field) -> Any:
    """A column of a result in the type that Ibis says, which is not always the one that Spark found."""
    return F.col(_quoted(field.name)).cast(spark_type(field.type)).alias(field.name)


def _quoted(name: str) -> str:
    return "`" + name.replace("`", "``") + "`"
