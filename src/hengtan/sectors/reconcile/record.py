"""A reconciliation as a record: decimal text, titles in both languages, for pages, files and the ledger."""

from __future__ import annotations

from typing import Any

from .difference import Difference, Part, exact, plain
from .rules import Rule
from .side import Side
from .views import VIEWS, Line, Reconciliation


def as_record(found: Reconciliation) -> dict[str, Any]:
    """What a file and a page hold."""
    totals = {view: f"{found.total(view):f}" for view in VIEWS}
    steps = [
        {
            "from": VIEWS[at], "to": VIEWS[at + 1], "total": f"{found.total(VIEWS[at + 1]) - found.total(VIEWS[at]):f}",
            "by_kind": _kinds(found, at), "remainder": f"{found.remainder(at):f}",
        }
        for at in (0, 1)
    ]  # fmt: skip
    return {
        "year": found.year, "totals": totals, "steps": steps, "gwp_sets": dict(found.gwp_sets),
        "covered": {method: _rule(rule) for method, rule in found.covered.items()},
        "lines": [_line(each) for each in found.lines],
    }  # fmt: skip


def _kinds(found: Reconciliation, at: int) -> dict[str, str]:
    sums: dict[str, Any] = {}
    for line in found.lines:
        for part in line.differences[at].parts:
            sums[part.kind] = sums.get(part.kind, 0) + part.value
    return {kind: f"{value:f}" for kind, value in sums.items()}


def _line(line: Line) -> dict[str, Any]:
    return {
        "key": line.key, "title": dict(line.title), "category": line.category,
        "sides": {view: None if side is None else _side(side) for view, side in line.sides.items()},
        "differences": [_difference(each) for each in line.differences],
        "noted": None if line.noted is None else {"amount": line.noted[0], "unit": line.noted[1], "cell": list(line.noted[2])},
    }  # fmt: skip


def _side(side: Side) -> dict[str, Any]:
    return {
        "t_co2e": f"{exact(side.stated):f}", "amount": plain(side.amount, 6), "unit": side.unit, "factor": plain(side.factor),
        "carbon": plain(side.carbon), "ncv": plain(side.ncv), "cc": plain(side.cc), "oxidation": plain(side.oxidation),
        "gwp_set": side.gwp_set, "gases": {gas: plain(mass, 12) for gas, mass in side.gases.items()},
        "sources": list(side.sources), "cells": [list(each) for each in side.cells],
        "rows": [{"activity_type": kind, "factor_id": factor, "scope": scope, "category": category, "t_co2e": f"{exact(mass):f}"}
                 for kind, factor, scope, category, mass in side.rows],
    }  # fmt: skip


def _difference(each: Difference) -> dict[str, Any]:
    return {
        "total": f"{each.total:f}", "remainder": f"{each.remainder:f}", "hint": each.hint,
        "parts": [_part(part) for part in each.parts],
    }  # fmt: skip


def _part(part: Part) -> dict[str, Any]:
    return {
        "kind": part.kind, "value": f"{part.value:f}", "was": part.was, "now": part.now, "unit": part.unit,
        "rule": None if part.rule is None else _rule(part.rule), "sources": list(part.sources),
    }  # fmt: skip


def _rule(rule: Rule) -> dict[str, Any]:
    return {"text": dict(rule.text), "mark": rule.mark, "source": rule.source.partition(": ")[2]}
