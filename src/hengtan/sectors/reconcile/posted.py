"""The inventory's side of a reconciliation: sums of a run with what its plan and its factors say of them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal, localcontext
from fractions import Fraction
from pathlib import Path
from typing import Any

from hengtan.engine import Engine, fetch, read_parquet
from hengtan.factors import find_type, open_library
from hengtan.inventory.totals import EXACT

from .side import GridFactor, InventorySum

PLAN = (
    "activity_type",
    "unit",
    "line_basis",
    "line_scope",
    "line_category",
    "line_factor_id",
    "co2_kg",
    "co2e_kg",
    "quantity",
)
SERIES = "CN-EL-AVG-"
DATASETS = ("CN-MEE-ELECTRICITY",)


@dataclass(frozen=True, slots=True)
class Posted:
    """Rows of a run that share these; month: ``2024-01``. Market-based rows of scope 2 are not asked for."""

    activity_type: str
    scope: int
    category: str
    factor_id: str
    month: str
    co2e_kg: Decimal
    rows: int


def inventory_sums(folder: Path, posted: Iterable[Posted], year: int, gwp_set: str) -> list[InventorySum]:
    """By activity type, scope, category and factor, this year's apart from those of other years."""
    sums: dict[tuple[str, int, str, str, bool], tuple[Decimal, int]] = {}
    with localcontext(EXACT):
        for each in posted:
            key = (each.activity_type, each.scope, each.category, each.factor_id, each.month[:4] != str(year))
            kg, rows = sums.get(key, (Decimal(0), 0))
            sums[key] = (kg + each.co2e_kg, rows + each.rows)
    plan, factors = _plan(folder), _factors(folder)
    return [_sum(key, kg, rows, plan, factors, gwp_set) for key, (kg, rows) in sorted(sums.items())]


def _sum(
    key: tuple[str, int, str, str, bool], kg: Decimal, rows: int, plan: Mapping[Any, Mapping[str, Any]],
    factors: Mapping[str, Mapping[str, Any]], gwp_set: str,
) -> InventorySum:  # fmt: skip
    name, scope, category, factor_id, outside = key
    line = plan.get(key[:4], {})
    factor = factors.get(factor_id, {})
    known = find_type(name) if name else None
    title = dict(known.title) if known else {"en": name, "zh": name}
    first = str(factor.get("valid_from") or "")
    source = ", ".join(part for part in (factor.get("source_title"), factor.get("source_table")) if part)
    return InventorySum(
        name, title, scope, category, factor_id, str(line.get("unit") or ""), line.get("co2_kg"), line.get("co2e_kg"), kg, gwp_set,
        rows, outside, int(first[:4]) if first[:4].isdigit() else None, str(factor.get("region") or ""),
        f"{factor_id}: {source}" if source else factor_id,
    )  # fmt: skip


def _plan(folder: Path) -> dict[tuple[str, int, str, str], Mapping[str, Any]]:
    """Of each sum the line of the plan with the largest amount; without a plan, none."""
    path = folder / "plan.parquet"
    found: dict[tuple[str, int, str, str], Mapping[str, Any]] = {}
    if not path.exists():
        return found
    for line in read_parquet(path, list(PLAN)).to_pylist():
        if line["line_basis"] in ("-", "location") and line["line_scope"] is not None:
            key = (
                line["activity_type"] or "",
                line["line_scope"],
                line["line_category"] or "",
                line["line_factor_id"] or "",
            )
            if key not in found or found[key]["quantity"] < line["quantity"]:
                found[key] = line
    return found


def _factors(folder: Path) -> dict[str, Mapping[str, Any]]:
    path = folder / "factors.parquet"
    return {row["factor_id"]: row for row in read_parquet(path).to_pylist()} if path.exists() else {}


def posted_rows(folder: Path) -> list[Posted]:
    """Of a folder of ``hengtan calculate``: the posted rows, summed. The type of a row is that of its factor in the plan."""
    kinds = {(scope, category, factor): kind for kind, scope, category, factor in _plan(folder)}
    with Engine().session() as con:
        rows = con.read_parquet(str(folder / "emissions.parquet"))
        rows = rows.filter(rows.scope.notnull(), rows.basis != "market")
        rows = rows.mutate(month=rows.start.year() * 100 + rows.start.month())
        keys = ("scope", "category", "factor_id", "month")
        found = fetch(rows.group_by(*keys).aggregate(kg=rows.co2e_kg.sum(), rows=rows.count())).to_pylist()
    return [
        Posted(
            kinds.get((row["scope"], row["category"] or "", row["factor_id"] or ""), ""), row["scope"], row["category"] or "",
            row["factor_id"] or "", f"{row['month'] // 100}-{row['month'] % 100:02}", row["kg"], row["rows"],
        )
        for row in found
    ]  # fmt: skip


def grid_factors() -> list[GridFactor]:
    """The average factors of the Chinese grids in the library."""
    return [
        GridFactor(each.region, each.valid_from.year, Fraction(each.co2e_kg), f"{each.factor_id}: {each.source_title}")
        for dataset in DATASETS
        for each in open_library().select(dataset=dataset)
        if each.factor_id.startswith(SERIES) and each.co2e_kg and each.valid_from
    ]
