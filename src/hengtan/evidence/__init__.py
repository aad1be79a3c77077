"""Evidence: a run kept so that an outsider can check it, and the checking.

    keeper = Keeper(Path("ledger"))             # before anything is calculated
    keeper.keep(Bundle(folder, given))          # facts, entries of the ledger, proof files in the folder
    verify(Path("out/run.json"), vkey="...")    # anywhere, with nothing but the file and its proof

Knows ``facts`` and ``ledger``, and the folder of a run as it lies on the disk; no engine is needed to verify.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

from .cosigned import cosigned
from .findings import LAYERS, Layer, Report
from .verify import verify

if TYPE_CHECKING:
    from .bundle import Bundle
    from .erasure import Erased, erase
    from .given import Given
    from .keep import Keeper, Kept

# What keeps is loaded when it is used: whoever verifies a proof needs no store.
_HOMES = {
    "Bundle": "bundle",
    "Erased": "erasure",
    "Given": "given",
    "Keeper": "keep",
    "Kept": "keep",
    "erase": "erasure",
}
__all__ = ["LAYERS", "Bundle", "Erased", "Given", "Keeper", "Kept", "Layer", "Report", "cosigned", "erase", "verify"]


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(importlib.import_module(f".{_HOMES[name]}", __name__), name)
