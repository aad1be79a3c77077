"""An explanation as plain values for JSON: numbers are exact decimal text, masses in kg."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from decimal import Decimal
from typing import Any

from hengtan.methods.trace import plain

from .explain import Explanation, Result
from .run import text
from .source_row import SourceRow
from .steps import steps


def record(found: Explanation) -> dict[str, Any]:
    """Everything that the tree shows and every month."""
    manifest = found.manifest
    posted = found.posted or {}
    return {
        "activity_id": found.activity_id,
        "posted": not found.rejected,
        "facility": posted.get("facility"),
        "org_unit": posted.get("org_unit"),
        "start": str(posted["start"]) if posted else None,
        "end": str(posted["end"]) if posted else None,
        "input": found.state,
        "rows": [_row(row) for row in found.rows],
        "quantity": None if found.quantity is None else text(found.quantity),
        "unit": found.unit,
        "amount": {"method": found.amount.id, "equation": found.amount.equation} if found.amount else None,
        "results": [_result(result, manifest["options"]["gwp"]) for result in found.results],
        "problems": [dict(one) for one in found.problems],
        "run": {
            "hengtan": manifest["hengtan"]["version"],
            "created": manifest["created"],
            "library": manifest["library"]["version"],
            "gwp_set": manifest["options"]["gwp"],
            "as_of": manifest["options"]["as_of"],
            "digest": manifest["outputs"]["digest"],
        },
    }


def _row(row: SourceRow) -> dict[str, Any]:
    return {
        "file": row.file,
        "sheet": row.sheet,
        "row": row.row,
        "quantity_given": row.quantity_given,
        "quantity": None if row.quantity is None else text(row.quantity),
        "cells": {
            name: {k: v for k, v in asdict(cell).items() if v and k != "column"} for name, cell in row.cells.items()
        },
        "values": {name: value for name, value in row.values.items() if value},
    }


def _result(result: Result, gwp_set: str) -> dict[str, Any]:
    plan = result.plan
    found = steps(plan, result.factors[0], gwp_set) if len(result.factors) == 1 else None
    return {
        "basis": result.basis,
        "scope": result.scope,
        "category": result.category,
        "kg": _masses(result.masses),
        "kg_per_unit": _masses(result.coefficients),
        "share": plan["share"],
        "steps": {
            "kg_co2e_per_factor_unit": plain(found.total),
            "factor_unit": found.factor.activity_unit,
            "factor_units_per_unit": str(found.conversion),
            "gases": [{"gas": gas, "kg": plain(rate), "gwp": str(weight)} for gas, rate, weight in found.gases],
            "rounded_to_12_places": found.rounded,
        }
        if found
        else None,
        "match": plan["line_match"],
        "policy": plan["policy"],
        "region": plan["region_used"],
        "considered": plan["considered"],
        "terms": plan["terms"],
        "factors": [dict(factor) for factor in result.factors],
        "method": {
            "id": plan["line_method"],
            **(
                {
                    "title": dict(result.method.title),
                    "equation": result.method.equation,
                    "standard": result.method.standard,
                }
                if result.method
                else {}
            ),
        },
        "months_kg": {month: text(kg) for month, kg in result.months.items()},
    }


def _masses(values: Mapping[str, Decimal | None]) -> dict[str, str | None]:
    return {gas: None if value is None else text(value) for gas, value in values.items()}
