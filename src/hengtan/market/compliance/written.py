"""A plan as a record (plan.json, by the schema of the output) and as a workbook (plan.xlsx)."""

from __future__ import annotations

import json
from decimal import Decimal
from pathlib import Path
from typing import Any

from hengtan.market.rules import Law, market_years, penalties, price_band, steps
from hengtan.problems import Problem

from .forecast import Due
from .given import Case
from .lines import Line
from .plan import Plan
from .position import Position
from .quotes import months
from .supply import Lot, lot_name
from .workbook import write_workbook


def write(folder: Path, plan: Plan, lang: str) -> None:
    """plan.json and plan.xlsx into a folder."""
    made = record(plan)
    (folder / "plan.json").write_text(json.dumps(made, ensure_ascii=False, indent=1) + "\n", "utf-8")
    write_workbook(folder / "plan.xlsx", made, lang)


def record(plan: Plan) -> dict[str, Any]:
    """Everything that a plan says, as plain values: tonnes whole numbers, money and shares text, days ISO 8601."""
    case, given = plan.case, plan.given
    names = {each.id: each.name for each in case.entities}
    sectors = {each.id: each.sector for each in case.entities}
    return {
        "hengtan": "comply.plan",
        "version": 1,
        "title": case.title,
        "sample": case.sample,
        "as_of": case.as_of.isoformat(),
        "years": list(plan.case.years),
        "plan_for": case.aim,
        "status": plan.status,
        "cost_cny": _money(plan.cost_cny),
        "net_cny": _money(plan.net_cny),
        "gap_cny": _money(plan.gap_cny),
        "positions": [_position(each, names) | {"sector": sectors[each.entity]} for each in plan.positions],
        "holdings": [_lot(each, plan) for each in given.lots],
        "lines_of": case.scenarios[plan.central].name if case.scenarios and plan.lines else "",
        "lines": [_line(each, names) for each in plan.lines],
        "worth": [
            {"entity": entity.id, "year": year, "cny_t": str(plan.worth_cny_t[e][y])}
            for e, entity in enumerate(case.entities)
            for y, year in enumerate(given.years)
            if plan.worth_cny_t is not None
        ],
        "scenarios": [
            {
                "name": each.name, "probability": str(each.probability), "cost_cny": _money(each.cost_cny),
                "years": [
                    {"year": year, "bought_t": each.bought_t[year], "credits_bought_t": each.credits_bought_t[year],
                     "offset_t": each.offset_t[year], "sold_t": each.sold_t[year]} for year in given.years
                ],
                "kept_t": each.kept_t,
            }
            for each in plan.futures
        ],
        "alternatives": [
            {"id": each.id, "title": dict(each.title), "cost_cny": _money(each.cost_cny), "more_cny": _money(each.more_cny),
             "gap_cny": _money(each.gap_cny)}
            for each in plan.alternatives
        ],
        "risk": _risk(plan),
        "calendar": calendar(plan),
        "prices": _prices(plan),
        "penalties": [{"title": dict(each.title), "says": dict(each.says), "source": dict(each.source), "mark": each.mark} for each in _penalties(plan)],
        "broken": [_problem(each, case) for each in plan.broken],
        "binding": [_problem(each, case) for each in plan.binding],
        "notes": [_problem(each, case) for each in plan.notes],
    }  # fmt: skip


def _penalties(plan: Plan) -> list[Law]:
    """What Order 775 threatens at the deadlines of the plan, by what is known on its day."""
    found = {each.id: each for day in plan.given.deadlines for each in penalties(day, plan.case.as_of)}
    return list(found.values())


def _money(value: Decimal | None) -> str | None:
    return None if value is None else f"{value:.2f}"


def _problem(each: Problem, case: Case) -> dict[str, Any]:
    return {
        "code": each.code, "path": each.column, "place": case.place(each.column),
        "reason": {lang: each.reason(lang) for lang in ("en", "zh")}, "mend": {lang: each.mend(lang) for lang in ("en", "zh")},
    }  # fmt: skip


def _position(each: Position, names: dict[str, str]) -> dict[str, Any]:
    fine = each.fine
    return {
        "entity": each.entity, "name": names[each.entity], "year": each.year, "deadline": each.deadline.isoformat(),
        "deadline_expected": each.expected, "emissions": _due(each.due), "due_t": each.due_t, "allowances_t": each.allowances_t,
        "pledged_t": each.pledged_t, "credits_t": each.credits_t, "cap_t": each.cap_t, "gap_t": each.gap_t, "spare_t": each.spare_t,
        "gap_low_t": each.gap_low_t, "gap_high_t": each.gap_high_t,
        "fine": None if fine is None else {
            "low_cny": _money(fine.low_cny), "high_cny": _money(fine.high_cny), "price_cny_t": str(fine.price_cny_t),
            "basis": each.price_basis, "rule": {lang: fine.law.cite(lang) for lang in ("en", "zh")},
        },
    }  # fmt: skip


def _due(each: Due) -> dict[str, Any]:
    return {"expected_t": each.expected_t, "low_t": each.low_t, "high_t": each.high_t, "method": each.method}


def _lot(each: Lot, plan: Plan) -> dict[str, Any]:
    return {
        "entity": plan.case.entities[each.entity].id, "id": each.id, "kind": each.kind, "unit": lot_name(each), "origin": each.origin,
        "t": each.t, "pledged": each.release is not None,
        "serves_from": None if each.first is None else plan.given.years[each.first],
        "why_not": [{lang: problem.reason(lang) for lang in ("en", "zh")} for problem in each.refusals],
    }  # fmt: skip


def _line(each: Line, names: dict[str, str]) -> dict[str, Any]:
    return {
        "entity": each.entity, "name": names[each.entity], "action": each.action, "source": each.source, "kind": each.kind, "unit": each.unit,
        "t": each.t, "window": each.window, "year": each.year, "by": each.by.isoformat(),
        "price_cny_t": None if each.price_cny_t is None else str(each.price_cny_t), "cost_cny": _money(each.cost_cny), "id": each.id,
        "to": each.to, "what": dict(each.what), "why": dict(each.why),
    }  # fmt: skip


def _risk(plan: Plan) -> dict[str, Any] | None:
    each = plan.risk
    if each is None:
        return None
    return {
        "short_t": each.short_t, "close_cny_t": str(each.close_cny_t), "confidence": str(each.confidence), "days": each.days,
        "changes": each.changes, "historical_cny": _money(each.historical_cny), "parametric_cny": _money(each.parametric_cny),
        "daily_volatility": f"{each.daily_volatility:.6f}",
    }  # fmt: skip


def calendar(plan: Plan) -> list[dict[str, Any]]:
    """What is due from the day of the plan on: steps of the rules, and what the plan itself has to have done by when."""
    case = plan.case
    found: dict[tuple[str, str, str], dict[str, Any]] = {}
    sectors = {each.sector for each in case.entities}
    for year in (*case.years, case.years[-1] + 1):
        for step in steps(year):
            if step.day >= case.as_of and (not step.sectors or sectors & set(step.sectors)):
                found.setdefault(
                    (step.day.isoformat(), step.id, ""),
                    {"day": step.day.isoformat(), "id": step.id, "year": year, "title": dict(step.title), "expected": step.expected,
                     "mark": step.mark, "entity": "", "days_left": (step.day - case.as_of).days},
                )  # fmt: skip
    for line in plan.lines:
        if line.source in ("offer", "released") or line.action in ("convert", "sell"):
            title = {"en": f"{line.what['en']} {line.t:,} t", "zh": f"{line.what['zh']} {line.t:,} 吨"}
            key = (line.by.isoformat(), f"{line.action}:{line.source}:{line.unit}:{line.id}:{line.year}", line.entity)
            found[key] = {
                "day": line.by.isoformat(), "id": "plan", "year": line.year, "title": title, "expected": False, "mark": "",
                "entity": line.entity, "days_left": (line.by - case.as_of).days,
            }  # fmt: skip
    return [found[key] for key in sorted(found)]


def _prices(plan: Plan) -> dict[str, Any]:
    quotes = plan.case.quotes
    last = max(quotes, key=lambda each: each.day, default=None)
    bands = {}
    if last is not None:
        bands = {way: [str(each) for each in price_band(last.close_cny_t, way)] for way in ("listed", "block")}
    return {
        "years": [
            {"year": each.year, "low_cny_t": str(each.low_cny_t), "high_cny_t": str(each.high_cny_t),
             "year_end_cny_t": str(each.year_end_cny_t), "source": each.source} for each in market_years()
        ],
        "months": [
            {"month": name, "price_cny_t": str(each.price_cny_t), "days": each.days, "weighted": each.weighted}
            for name, each in months(quotes).items()
        ],
        "last": None if last is None else {"day": last.day.isoformat(), "close_cny_t": str(last.close_cny_t), "bands": bands},
    }  # fmt: skip
