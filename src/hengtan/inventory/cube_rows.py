"""The cube of a run with its masses: one row for each basis, scope, category, type, facility, month, match class and factor.

The masses are exact: what lies within one month is quantity times coefficient, what spans several is split by days as the
summary splits it, so that the rows add up to the totals of the run to the last digit.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal, localcontext
from pathlib import Path
from typing import Any

from hengtan.engine import read_parquet

from .totals import EXACT, month_parts

CUBE = "cube.parquet"


@dataclass(slots=True)
class CubeRow:
    """co2e_kg and biogenic_co2_kg of one month; rows: activities, told in the first of their months."""

    basis: str
    scope: int | None
    category: str
    activity_type: str
    facility: str
    org_unit: str
    month: str
    match: str
    factor_id: str
    rows: int = 0
    co2e_kg: Decimal = Decimal(0)
    biogenic_co2_kg: Decimal = Decimal(0)


def cube_rows(folder: Path) -> Iterator[CubeRow]:
    """Of the folder of a run that holds ``cube.parquet``, in a fixed order."""
    lines: dict[int, list[dict[str, Any]]] = {}
    for line in read_parquet(folder / "plan.parquet").to_pylist():
        if line["line_basis"]:
            lines.setdefault(line["key_id"], []).append(line)
    found: dict[tuple[Any, ...], CubeRow] = {}
    with localcontext(EXACT):
        for group in read_parquet(folder / CUBE).to_pylist():
            for line in lines.get(group["key_id"], ()):
                _add(found, group, line)
    yield from (found[key] for key in sorted(found, key=lambda key: tuple(map(str, key))))


def _add(found: dict[tuple[Any, ...], CubeRow], group: dict[str, Any], line: dict[str, Any]) -> None:
    named = (
        line["line_basis"],
        line["line_scope"],
        line["line_category"] or "",
        line["activity_type"] or "",
        group["facility"],
        group["org_unit"],
    )
    chosen = (line["line_match"] or "none", line["line_factor_id"] or "")
    rows = group["rows"]
    masses = {name: dict(_months(line[name], group)) for name in ("co2e_kg", "biogenic_co2_kg")}
    for month in dict.fromkeys([*masses["co2e_kg"], *masses["biogenic_co2_kg"]]):
        key = (*named, month, *chosen)
        into = found.get(key)
        if into is None:
            into = found[key] = CubeRow(*key)
        into.rows += rows
        into.co2e_kg += masses["co2e_kg"].get(month, Decimal(0)) * group["quantity"]
        into.biogenic_co2_kg += masses["biogenic_co2_kg"].get(month, Decimal(0)) * group["quantity"]
        rows = 0


def _months(rate: Decimal | None, group: dict[str, Any]) -> Iterator[tuple[str, Decimal]]:
    if rate is None:
        return
    if group["first"] == group["last"]:
        yield f"{group['first']:%Y-%m}", rate
    else:
        yield from month_parts(rate, group["first"], group["last"])


def parted(mass: Decimal) -> tuple[int, int, int]:
    """A mass of at most 18 places as whole kilograms, 10^-9 and 10^-18 of one: three integers that any database sums exactly."""
    rest, atto = divmod(int(EXACT.scaleb(mass, 18)), 10**9)
    kg, nano = divmod(rest, 10**9)
    return kg, nano, atto


def whole(kg: int | None, nano: int | None, atto: int | None) -> Decimal:
    """The mass of the parts, or of the sums of parts."""
    return EXACT.scaleb(Decimal((int(kg or 0) * 10**9 + int(nano or 0)) * 10**9 + int(atto or 0)), -18)
