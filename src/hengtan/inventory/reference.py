"""Published totals that a template names, beside what this run computes from the same rows."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal, localcontext
from pathlib import Path
from typing import Any, Protocol

import pyarrow.compute as pc

from hengtan.engine import read_parquet

from .totals import EXACT


class Operation(Protocol):
    """One line of a foreign sheet; see ``hengtan.connectors.Operation``."""

    @property
    def row(self) -> int: ...  # noqa: D102
    @property
    def name(self) -> str: ...  # noqa: D102
    @property
    def cell(self) -> str: ...  # noqa: D102
    @property
    def published_kg(self) -> Decimal | None: ...  # noqa: D102


class Reference(Protocol):
    """Published totals; see ``hengtan.connectors.Reference``."""

    @property
    def title(self) -> Mapping[str, str]: ...  # noqa: D102
    @property
    def operations(self) -> Sequence[Any]: ...  # noqa: D102
    @property
    def activities(self) -> Mapping[str, int]: ...  # noqa: D102
    @property
    def total_kg(self) -> Decimal: ...  # noqa: D102
    @property
    def tolerance_pct(self) -> Decimal: ...  # noqa: D102


def compared(reference: Reference, emissions: Path, lang: str = "en") -> dict[str, Any]:
    """The comparison as reference.json holds it; masses are decimal text in kg, the location basis counts."""
    table = read_parquet(emissions, columns=["activity_id", "basis", "co2e_kg"])
    table = table.filter(pc.not_equal(table["basis"], "market"))
    computed: dict[int, Decimal] = {}
    differing = []
    agree = total = 0
    with localcontext(EXACT):
        for activity, kg in zip(table["activity_id"].to_pylist(), table["co2e_kg"].to_pylist(), strict=True):
            at = reference.activities.get(activity)
            if at is not None:
                computed[at] = computed.get(at, Decimal(0)) + kg
        recomputed = sum(computed.values(), Decimal(0))
        for at, operation in enumerate(reference.operations):
            published = operation.published_kg
            if published is None:
                continue
            total += 1
            ours = computed.get(at, Decimal(0))
            if abs(ours - published) <= abs(published) * reference.tolerance_pct / 100:
                agree += 1
            else:
                differing.append(
                    {
                        "name": operation.name,
                        "row": operation.row,
                        "cell": operation.cell,
                        "published_kg": str(published),
                        "recomputed_kg": f"{ours:f}",
                    }
                )
    return {
        "title": reference.title.get(lang) or reference.title.get("en", ""),
        "published_kg": str(reference.total_kg),
        "recomputed_kg": f"{recomputed:f}",
        "agree": agree,
        "total": total,
        "tolerance_pct": str(reference.tolerance_pct),
        "differing": differing,
    }
