"""An Ibis connection to Spark that gives the answers of DuckDB: what Ibis 12 compiles otherwise is put right here.

Only imported where a cluster is used: it loads pyspark and pandas (Ibis' backend asks for both).
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import ibis
import ibis.expr.datatypes as dt
import ibis.expr.operations as ops
import pyarrow as pa
import pyarrow.parquet as pq
import sqlglot as sg
import sqlglot.expressions as sge
from ibis.backends.pyspark import Backend
from ibis.backends.pyspark.datatypes import PySparkType
from ibis.backends.sql.compilers.pyspark import PySparkCompiler
from pyspark.sql import DataFrame
from pyspark.sql import functions as F  # noqa: N812  the name everybody knows

from .spark_columns import given, spark_columns, stored, typed
from .spark_files import parts_in, write_rows

ROW_NUMBER = "file_row_number"
"""DuckDB's name for the place of a row in its file, counted from 0."""
NULL = sge.Null()


class Compiler(PySparkCompiler):  # type: ignore[misc]
    """Ibis' compiler but for what has another meaning in Spark than in DuckDB."""

    __slots__ = ()

    # 64 bits; Spark's ``hash`` has 32. No answer depends on a hash, only how much is compared.
    SIMPLE_OPS = {ops.Hash: "xxhash64"}  # noqa: RUF012  Ibis reads a class's own dictionary

    def visit_IsNull(self, op: Any, *, arg: Any) -> Any:  # noqa: N802
        """NaN is a value: Ibis takes it for NULL on Spark."""
        return arg.is_(NULL)

    def visit_NotNull(self, op: Any, *, arg: Any) -> Any:  # noqa: N802
        """NaN is a value."""
        return arg.is_(sg.not_(NULL))

    def visit_DateTruncate(self, op: Any, *, arg: Any, unit: Any) -> Any:  # noqa: N802
        """A date, as Ibis says; Spark's ``date_trunc`` gives a timestamp."""
        return self.cast(self.f.anon.date_trunc(unit.singular, arg), dt.date)

    def visit_RegexReplace(self, op: Any, *, arg: Any, pattern: Any, replacement: Any) -> Any:  # noqa: N802
        r"""Java writes ``$1`` where others write ``\1``."""
        if isinstance(replacement, sge.Literal):
            replacement = sge.convert(str(replacement.this).replace("$", r"\$").replace("\\", "$"))
        return self.f.regexp_replace(arg, pattern, replacement)

    def visit_Cast(self, op: Any, *, arg: Any, to: Any) -> Any:  # noqa: N802
        """A double as text reads as in DuckDB and Python: ``1e+16``, ``100000.0``; Java writes ``1.0E16``, ``100000.0``."""
        if to.is_string() and op.arg.dtype.is_floating():
            return self._float_text(arg)
        return super().visit_Cast(op, arg=arg, to=to)

    def _float_text(self, arg: Any) -> Any:
        java = self.cast(arg, dt.string)
        size = self.f.abs(arg)
        plain = self.f.regexp_replace(self.cast(self.cast(java, dt.Decimal(38, 21)), dt.string), "0+$", "")
        plain = self.if_(plain.like("%."), self.f.concat(plain, sge.convert("0")), plain)
        mantissa = self.f.regexp_replace(self.f.substring_index(java, sge.convert("E"), sge.convert(1)), r"\.0$", "")
        exponent = self.cast(self.f.substring_index(java, sge.convert("E"), sge.convert(-1)), dt.int32)
        digits = self.f.lpad(self.cast(self.f.abs(exponent), dt.string), sge.convert(2), sge.convert("0"))
        sign = self.if_(exponent < 0, sge.convert("e-"), sge.convert("e+"))
        plainly = sg.and_(size >= sge.convert(1e-4), size < sge.convert(1e16))
        return sge.Case(
            ifs=[
                self.if_(arg.is_(NULL), NULL),
                self.if_(self.f.isnan(arg), sge.convert("nan")),
                self.if_(size.eq(self.POS_INF), self.if_(arg < 0, sge.convert("-inf"), sge.convert("inf"))),
                self.if_(size.eq(0), java),
                self.if_(plainly, plain),
            ],
            default=self.f.concat(mantissa, sign, digits),
        )


compiler = Compiler()
_REGISTERED = ibis.pyspark  # asked for once, it registers the options that the compiler reads


class Cluster(Backend):  # type: ignore[misc]
    """Ibis' connection with what the domain uses of DuckDB's: temporary tables, row numbers, Parquet written in order."""

    compiler = compiler
    scratch: Path  # a folder that the executors see

    def __init__(self, *given: Any, **options: Any) -> None:
        super().__init__(*given, **options)
        self._files: dict[tuple[str, bool], Any] = {}

    def arrow(self, expression: Any) -> pa.Table:
        """The result of an expression, in the types that Ibis says."""
        return self.frame(expression).toArrow().cast(expression.as_table().schema().to_pyarrow())

    def batches(self, expression: Any, rows: int) -> Iterator[pa.RecordBatch]:
        """The same, part by part: the executors write, this machine reads one batch at a time."""
        place = self.scratch / ibis.util.gen_name("batches")
        self.frame(expression).write.parquet(str(place))
        for path in parts_in(place):
            with pq.ParquetFile(path) as file:
                yield from file.iter_batches(rows)

    def frame(self, expression: Any) -> DataFrame:
        """The expression as a Spark table, nothing computed yet."""
        self._run_pre_execute_hooks(expression)
        return self._session.sql(self.compile(expression))

    def create_table(
        self, name: str, obj: Any = None, /, *, temp: bool | None = None, overwrite: bool = False, **_: Any
    ) -> Any:
        """A table of this session: one in memory is sent to every executor, a result is kept as Parquet in ``scratch``."""
        if isinstance(obj, pa.Table):
            frame = self._sent(obj)
        else:
            wanted = obj.schema().to_pyarrow()
            frame = self.frame(obj)
            frame = frame.select(*(typed(field) for field in wanted))
            place = str(self.scratch / ibis.util.gen_name("table"))
            frame.write.parquet(place)
            frame = self._session.read.schema(frame.schema).parquet(place)
        return self._named(name, frame)

    def keep(self, expression: Any) -> Any:
        """The result of an expression as a table without a name of its own."""
        return self.create_table(ibis.util.gen_name("kept"), expression)

    def read_parquet(self, path: str | Path, /, *, file_row_number: bool = False, **_: Any) -> Any:
        """A Parquet file; ``file_row_number`` adds the place of each row in it, from 0."""
        place = (str(path), file_row_number)
        if place not in self._files:
            columns = spark_columns(Path(path))
            frame = self._session.read.option("__globPaths__", "false").schema(stored(columns)).parquet(str(path))
            row_number = [frame.metadataColumn("_metadata").getField("row_index").alias(ROW_NUMBER)]
            frame = frame.select(*map(given, columns), *(row_number if file_row_number else ()))
            self._files[place] = self._named(ibis.util.gen_name("file"), frame)
        return self._files[place]

    def to_parquet(self, expression: Any, path: str | Path, /, **_: Any) -> None:
        """Rows of one file written in their order by all executors; nothing but footers passes through here."""
        write_rows(self.frame(expression), Path(path))

    def _named(self, name: str, frame: DataFrame) -> Any:
        """A Spark table under a name; Spark need not be asked for its columns again."""
        frame.createOrReplaceTempView(name)
        schema = ibis.Schema(PySparkType.to_ibis(frame.schema))
        return ops.DatabaseTable(name, schema=schema, source=self).to_expr()

    def _register_in_memory_table(self, op: Any) -> None:
        self._sent(op.data.to_pyarrow(op.schema)).createOrReplaceTempView(op.name)

    def _sent(self, table: pa.Table) -> DataFrame:
        """A small table; joins send it to every executor, so that the rows of the other side stay in their order."""
        return F.broadcast(self._session.createDataFrame(table))
