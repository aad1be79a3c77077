"""The files of an allocation, and reading them back."""

from __future__ import annotations

import csv
import json
from collections.abc import Iterable, Mapping, Sequence
from fractions import Fraction
from math import floor
from pathlib import Path
from typing import Any, TextIO

from hengtan.problems import HengtanError, Problem
from hengtan.units.decimal_text import fixed, shown

from .allotment import Allotment, EntityAllotment
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


def write(folder: Path, allocation: Allocation, named: Mapping[tuple[str, str], Mapping[str, str]]) -> None:
    """allocation.csv, entities.csv and allocation.json into a folder; ``named``: cells of the file by (entity, unit)."""
    is_power = allocation.plan.sector == "power"
    first, terms = (UNIT_COLUMNS, POWER_TERMS) if is_power else (LINE_COLUMNS, LINE_TERMS)
    units = [steps(each) for each in allocation.allotments]
    rows = (
        _unit_row(unit, each, allocation, named.get((each.entity, each.name), {}), first, terms)
        for unit, each in zip(units, allocation.allotments, strict=True)
    )
    _csv(folder / "allocation.csv", (*first, *terms, *RESULTS), rows)
    entities = [entity_row(each) for each in allocation.entities]
    _csv(folder / "entities.csv", ENTITY_COLUMNS, entities)
    with (folder / RECORD).open("w", encoding="utf-8") as file:
        head = {"plan": about(allocation.plan, allocation.year, allocation.kind), "balance": balance(allocation)}
        file.write(json.dumps(head, ensure_ascii=False)[:-1])
        _listed(file, "units", units)
        _listed(file, "entities", entities)
        file.write("}\n")


def _listed(file: TextIO, name: str, rows: Iterable[Mapping[str, Any]]) -> None:
    """One row a line: the file stays readable, and the encoder stays the fast one."""
    lines = ",\n".join(json.dumps(row, ensure_ascii=False) for row in rows)
    file.write(f', "{name}": [\n{lines}\n]')


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
            "published": plan.published.isoformat(), "source": plan.source, "rules": _rules(plan)}  # fmt: skip


def _rules(plan: Plan) -> dict[str, Any]:
    """Those of entities, so that a record explains itself without the plan."""
    names = ("gas_exempt", "gap_cap", "pre_allocation", "borrowing")
    return {
        name: {"numbers": {key: shown(value) for key, value in plan.rules[name].numbers.items()},
               "source": plan.rules[name].source.partition(": ")[2], "mark": plan.rules[name].mark}
        for name in names if name in plan.rules
    }  # fmt: skip


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
        "units_final": str(each.units_final),
        "base": "" if each.base is None else shown(each.base),
    }


def _whole(value: int | None) -> str:
    return "" if value is None else str(value)


def entity_steps(row: Mapping[str, str], rules: Mapping[str, Any]) -> list[dict[str, str]]:
    """How the total of an entity came about: units, cap, stages of issuing; ``row`` as ``entity_row``, ``rules`` as in ``about``."""
    found: list[dict[str, str]] = []

    def step(key: str, value: str | int, rule: str = "", **more: object) -> None:
        stated = rules[rule] if rule else {"source": "", "mark": ""}
        found.append({"step": key, "value": str(value), "source": stated["source"], "mark": stated["mark"],
                      **{name: str(given) for name, given in more.items()}})  # fmt: skip

    final, by_units = int(row["final"]), int(row["units_final"])
    step("initial", row["initial"])
    if by_units != int(row["initial"]):
        step("exempt", by_units, "gas_exempt", raised=by_units - int(row["initial"]))
    if "gap_cap" in rules:
        kept = 1 - Fraction(rules["gap_cap"]["numbers"]["share"])
        least = floor(kept * int(row["verified"]))
        step("cap", least, "gap_cap", kept=shown(kept), verified=row["verified"], raised=final - by_units)
    step("final", final)
    if row["pre_allocation"]:
        share = rules["pre_allocation"]["numbers"]["share"]
        step("pre_allocation", row["pre_allocation"], "pre_allocation", share=share, base=row["base"])
        step("to_issue" if int(row["to_issue"]) >= 0 else "claw_back", row["to_issue"].removeprefix("-"))
    if row["may_borrow"]:
        numbers = rules["borrowing"]["numbers"]
        step("borrow", row["may_borrow"], "borrowing", least=shown(100 * Fraction(numbers["from_gap"])), share=numbers["share"],
             gap=row["to_buy"], rate=row["gap_rate_pct"])  # fmt: skip
    return found


STEPS: Mapping[str, tuple[str, str]] = {
    "initial": ("sum of the units as calculated: {value}", "各机组（生产线）核定配额合计：{value}"),
    "exempt": ("gas units raised to their verified emissions, +{raised}: {value}", "燃气机组按核查排放量补足 {raised}：{value}"),
    "cap": ("gap capped: at least {kept} x {verified} = {value} (rounded down), topped up by {raised}",
            "缺口上限：不低于 {kept} × {verified} = {value}（向下取整），补足 {raised}"),
    "final": ("final allocation: {value}", "最终核定配额：{value}"),
    "pre_allocation": ("issued before: {share} x {base} = {value} (rounded down)", "预分配：{share} × {base} = {value}（向下取整）"),
    "to_issue": ("still to be issued: {value}", "多退少补：补发 {value}"),
    "claw_back": ("to be taken back: {value}", "多退少补：收回 {value}"),
    "borrow": ("may be drawn from next year: {share} x gap of {gap} = {value} (gap {rate} %; from {least} % on)",
               "可预支下一年度配额：{share} × 缺口 {gap} = {value}（缺口率 {rate}%，达到 {least}% 方可预支）"),
}  # fmt: skip


def step_text(step: Mapping[str, str], lang: str) -> str:
    """One step of an entity as a sentence, whole numbers grouped."""
    values = {name: f"{int(text):,}" if text.lstrip("-").isdigit() else text for name, text in step.items()}
    return STEPS[step["step"]][lang == "zh"].format(**values)


def _unit_row(
    unit: Mapping[str, Any], each: Allotment, allocation: Allocation, cells: Mapping[str, str], first: Sequence[str],
    terms: Sequence[str],
) -> dict[str, str]:  # fmt: skip
    row = {name: cells.get(name, "") for name in (*first, *terms)}
    row |= {term["name"]: term["value"] for term in unit["terms"]}
    return row | {
        first[0]: each.entity,
        first[1]: each.name,
        "year": str(allocation.year),
        "plan": allocation.plan.id,
        "kind": allocation.kind if allocation.plan.sector == "power" else "",
        "draft": "yes" if allocation.plan.draft else "",
        "power_allowances": unit["power"] or "",
        "heat_allowances": unit["heat"] or "",
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
