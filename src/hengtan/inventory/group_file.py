"""groups.parquet: the posted rows summed by facility and key, small enough to compare two runs of any size."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from hengtan.engine import write_parquet

from .posting import Posting


def write_groups(con: Any, posting: Posting, path: Path) -> None:
    """Columns: facility, org_unit, key_id (as in plan.parquet), rows, quantity DECIMAL(38,6)."""
    groups = posting.by_facility.select("facility", "org_unit", "key_id", "rows", "quantity")
    if posting.plan.rejected:
        groups = groups.filter(~groups.key_id.isin(list(posting.plan.rejected)))
    write_parquet(groups.order_by("facility", "org_unit", "key_id"), path)
