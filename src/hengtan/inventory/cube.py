"""The posted rows summed by key, facility and month: what every question about a run needs, however many rows there are."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from hengtan.engine import write_parquet

from .keys import by_months, grouped
from .posting import Posting
from .totals import with_key_id


def write_cube(con: Any, posting: Posting, path: Path) -> None:
    """Columns: key_id (as in plan.parquet), facility, org_unit, first, last, rows, quantity DECIMAL(38,6).

    first == last is the first day of the one month of these rows; else they run from ``first`` to ``last``.
    """
    shape = posting.good.shape
    rows = posting.good.union(con)
    extra = ("org_unit",) if "facility" in shape.texts else ("facility", "org_unit")
    cube = with_key_id(grouped(by_months(rows), shape, *extra, "first", "last"), con.table("keys"), shape)
    if posting.plan.rejected:
        cube = cube.filter(~cube.key_id.isin(list(posting.plan.rejected)))
    columns = ("key_id", "facility", "org_unit", "first", "last", "rows", "quantity")
    # DuckDB truncates a date to a timestamp, whatever Ibis believes: a table keeps the types that Ibis says.
    kept = con.create_table("cube", cube.select(*columns), temp=True, overwrite=True)
    write_parquet(kept.order_by(*columns[:5]), path)
