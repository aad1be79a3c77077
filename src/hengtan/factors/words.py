"""Words of a factor's name, and the index from words to rows (a stub until the search lands)."""
from __future__ import annotations
from collections.abc import Mapping
from typing import Any

def index_of(tables: Mapping[str, Any]) -> Any:
    import pyarrow as pa
    return pa.table({"file": pa.array([], pa.string()), "word": pa.array([], pa.string())})
