"""Where columns are computed: the only place that knows DuckDB and Spark.

>>> import pyarrow as pa
>>> engine = Engine(threads=1)
>>> with engine.session() as con:
...     fetch(con.create_table("one", pa.table({"one": [1]}))).to_pylist()
[{'one': 1}]

Everything columnar is an Ibis expression in the subset that gives the same answer on every engine: no asof join,
no function of our own, nothing approximate, DECIMAL instead of doubles. Knows no domain type.
"""

from .ask import asking, rows_where
from .duck import DECIMAL_COEFFICIENT, DECIMAL_MASS, DECIMAL_QUANTITY, Engine
from .fetch import fetch, read_parquet, write_parquet
from .found import Found
from .ordered import Part, StoppedError, parts_of, write_in_order
from .parquet_join import Written, join_parquet
from .repeated import repeated_values
from .spark import AnyEngine, Spark, open_engine, order_columns, shared
from .words import create_groups, few_words, strictly_increasing, with_words

__all__ = [
    "DECIMAL_COEFFICIENT",
    "DECIMAL_MASS",
    "DECIMAL_QUANTITY",
    "AnyEngine",
    "Engine",
    "Found",
    "Part",
    "Spark",
    "StoppedError",
    "Written",
    "asking",
    "create_groups",
    "fetch",
    "few_words",
    "join_parquet",
    "open_engine",
    "order_columns",
    "parts_of",
    "read_parquet",
    "repeated_values",
    "rows_where",
    "shared",
    "strictly_increasing",
    "with_words",
    "write_in_order",
    "write_parquet",
]
