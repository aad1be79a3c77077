"""The Python API: a table goes in, an inventory comes out, in memory. ``import hengtan`` is its door.

>>> from hengtan.api import calculate
>>> inventory = calculate([{"activity_id": "G-1", "facility": "Leeds", "activity_type": "fuel.natural_gas",
...     "start": "2024-01-01", "end": "2024-03-31", "quantity": 1000, "unit": "kWh_gcv", "region": "GB"}])
>>> inventory.totals["scope1_kg"]
Decimal('182.900000000000000000')
>>> inventory.by("month").total == inventory.totals["scope1_kg"]
True

Also where a request is carried out for the command line: whoever calculates, calculates alike.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from .calculation import calculate
    from .explained import Explained
    from .inventory import Inventory
    from .request import Request
    from .table import Table

# Loaded when first used: the command line wants the request alone, and starts faster so.
_HOMES = {"Explained": "explained", "Inventory": "inventory", "Request": "request", "Table": "table",
          "calculate": "calculation"}  # fmt: skip
__all__ = ["Explained", "Inventory", "Request", "Table", "calculate"]


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(importlib.import_module(f".{_HOMES[name]}", __name__), name)
