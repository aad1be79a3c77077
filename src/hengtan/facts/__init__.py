"""Facts: what was imported, calculated or attached, kept as it was and named by what it is.

>>> import tempfile
>>> store = Store(tempfile.mkdtemp())
>>> digest = store.put_bytes(b"meter A, March: 12 kWh")
>>> store.read(digest)
b'meter A, March: 12 kWh'

An object is named by its SHA-256 and verified before it is used; a book says which batches stood at any moment. Takes bytes
and rows and knows no domain type. Loads neither Arrow nor a driver before rows or a URL are touched. Knows only ``problems``
and ``durable``.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

from .book import Book
from .canonical import canonical_digest
from .entry import Entry
from .manifest import PARQUET, Manifest
from .refused import FactRefused
from .store import Store, Swept, Usage

if TYPE_CHECKING:
    from .merge import Compacted, Part
    from .rows import added, rows_digest

_LATE = {"Compacted": "merge", "Part": "merge", "added": "rows", "rows_digest": "rows"}  # they load Arrow

__all__ = [
    "PARQUET",
    "Book",
    "Compacted",
    "Entry",
    "FactRefused",
    "Manifest",
    "Part",
    "Store",
    "Swept",
    "Usage",
    "added",
    "canonical_digest",
    "rows_digest",
]


def __getattr__(name: str) -> Any:
    if name not in _LATE:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_LATE[name]}"), name)
