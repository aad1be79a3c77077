"""A file that a run was made from, as it is given to be kept."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Given:
    """A file that went into a run.

    role    input, factors, policy, organisation, instruments, template, aliases, method or evidence
    name    as run.json names it; sha256: of the bytes that were read
    rows, totals, canonical   of an input: its rows, the sums of its quantities by unit, its canonical digest
    """

    role: str
    name: str
    path: Path
    sha256: str
    rows: int = 0
    totals: Mapping[str, str] = field(default_factory=dict)
    canonical: str | None = None
