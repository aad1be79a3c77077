"""DuckDB sessions with bounded memory and a spill folder."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import ibis

# CONTRACT section 5: the scales that make every product and sum exact.
DECIMAL_QUANTITY = "decimal(18,6)"
DECIMAL_COEFFICIENT = "decimal(20,12)"
DECIMAL_MASS = "decimal(38,18)"


@dataclass(frozen=True, slots=True)
class Engine:
    """threads: how many cores may work; memory_mb: what DuckDB may hold before it spills to ``folder``."""

    threads: int = field(
        default_factory=lambda: len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else 1
    )
    memory_mb: int = 1200
    folder: Path | None = None

    @property
    def name(self) -> str:
        """As run.json calls it."""
        return "duckdb"

    @contextmanager
    def session(self, share: int = 1) -> Iterator[Any]:
        """An Ibis connection of its own, with 1/``share`` of the threads and memory."""
        with tempfile.TemporaryDirectory(prefix="hengtan-spill-", dir=self.folder) as spill:
            con = ibis.duckdb.connect(
                threads=max(1, self.threads // share),
                memory_limit=f"{max(128, self.memory_mb // share)}MB",
                temp_directory=spill,
            )
            try:
                yield con
            finally:
                con.disconnect()
