"""The files of an allocation, and reading them back."""

from __future__ import annotations

import csv
import json
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

from hengtan.problems import HengtanError, Problem

from .allotment import Allotment, EntityAllotment, fixed, shown
from .file import Allocation
from .plan import Plan

UNIT_COLUMNS = ("entity", "unit_name", "class", "year", "plan", "kind", "draft")
POWER_TERMS = ("generation_mwh", "supply_mwh", "power_benchmark", "cooling_factor", "heat_factor", "load_correction", "heat_gj",
               "heat_benchmark")  # fmt: skip
LINE_COLUMNS = ("entity", "line", "sector", "year", "plan", "kind", "draft")
LINE_TERMS = ("output_t", "intensity", "balance_value", "x", "alpha")
RESULTS = ("power_allowances", "heat_allowances", "initial", "final", "verified", "rule")
ENTITY_COLUMNS = ("entity", "initial", "topped_up", "final", "verified", "to_buy", "gap_rate_pct", "pre_allocation", "to_issue",
                  "may_borrow")  # fmt: skip
RECORD = "allocation.json"


def write(folder: Path, allocation: Allocation, named: dict[tuple[str, str], dict[str, str]]) -> None:
    """allocation.csv, entities.csv and allocation.json into a folder; ``named``: cells of the file by (entity, unit)."""
    is_power = allocation.plan.sector == "power"
    first, terms = (UNIT_COLUMNS, POWER_TERMS) if is_power else (LINE_COLUMNS, LINE_TERMS)
    rows = [
        _unit_row(each, allocation, named.get((each.entity, each.name), {}), first, terms)
        for each in allocation.allotments
    ]
    _csv(folder / "allocation.csv", (*first, *terms, *RESULTS), rows)
    _csv(folder / "entities.csv", ENTITY_COLUMNS, [entity_row(each) for each in allocation.entities])
    record = {"plan": about(allocation.plan, allocation.year, allocation.kind), "balance": balance(allocation),
              "units": [steps(each) for each in allocation.allotments]}  # fmt: skip
    (folder / RECORD).write_text(json.dumps(record, ensure_ascii=False, indent=1) + "\n", "utf-8")


def read(folder: Path) -> dict[str, Any]:
    """allocation.json of a folder that ``write`` filled. Raises HengtanError."""
    try:
        record: dict[str, Any] = json.loads((folder / RECORD).read_text("utf-8"))
        record["units"], record["plan"]
    except (OSError, ValueError, KeyError, TypeError):
        raise HengtanError(Problem("ets.not-an-allocation", values={"folder": str(folder)})) from None
    return record


def about(plan: Plan, year: int, kind: str) -> dict[str, Any]:
    """What was applied, in a record."""
    return {"id": plan.id, "title": dict(plan.title), "year": year, "kind": kind, "draft": plan.draft,
            "published": plan.published.isoformat(), "source": plan.source}  # fmt: skip


def balance(allocation: Allocation) -> dict[str, Any]:
    """By sector: the value, the lines by group, and what is left at it."""
    return {
        sector: {"value": shown(each.value), "low": shown(each.low), "high": shown(each.high), "inside": each.inside,
                 "better": each.better, "worse": each.worse, "residual_t": shown(each.residual)}
        for sector, each in allocation.balances.items()
    }  # fmt: skip


def entity_row(each: EntityAllotment) -> dict[str, str]:
    """One line of entities.csv."""
    return {
        "entity": each.entity,
        "initial": str(each.initial),
        "topped_up": str(each.topped_up),
        "final": str(each.final),
        "verified": str(each.verified),
        "to_buy": str(each.to_buy),
        "gap_rate_pct": fixed(each.gap_rate_pct, 2),
        "pre_allocation": _whole(each.pre_allocation),
        "to_issue": _whole(each.to_issue),
        "may_borrow": _whole(each.may_borrow),
    }


def _whole(value: int | None) -> str:
    return "" if value is None else str(value)


def _unit_row(
    each: Allotment, allocation: Allocation, cells: dict[str, str], first: Sequence[str], terms: Sequence[str]
) -> dict[str, str]:
    values = {term.name: shown(term.value) for term in each.terms}
    row = {name: cells.get(name, "") for name in (*first, *terms)} | values
    return row | {
        first[0]: each.entity,
        first[1]: each.name,
        "year": str(allocation.year),
        "plan": allocation.plan.id,
        "kind": allocation.kind if allocation.plan.sector == "power" else "",
        "draft": "yes" if allocation.plan.draft else "",
        "power_allowances": "" if each.power is None else shown(each.power, 6),
        "heat_allowances": "" if each.heat is None else shown(each.heat, 6),
        "initial": str(each.initial),
        "final": str(each.final),
        "verified": str(each.verified),
        "rule": each.rule,
    }


def steps(each: Allotment) -> dict[str, Any]:
    """One unit or line with every quantity of its equation."""
    return {
        "entity": each.entity, "name": each.name, "rule": each.rule, "source": each.source, "covered": each.covered,
        "initial": each.initial, "final": each.final, "verified": each.verified,
        "power": None if each.power is None else shown(each.power, 6),
        "heat": None if each.heat is None else shown(each.heat, 6),
        "terms": [{"symbol": term.symbol, "name": term.name, "value": shown(term.value), "unit": term.unit,
                   "source": term.source, "mark": term.mark} for term in each.terms],
    }  # fmt: skip


def _csv(path: Path, columns: Sequence[str], rows: Iterable[dict[str, str]]) -> None:
    with path.open("w", encoding="utf-8-sig", newline="") as file:
        writer = csv.DictWriter(file, columns, extrasaction="ignore")
        writer.writeheader()
        writer.writerows(rows)
