"""Reads the published cases of ``tests/cases`` and computes one row of a method."""

from __future__ import annotations

import json
from decimal import Decimal
from fractions import Fraction
from pathlib import Path
from typing import Any

from hengtan.methods import Coefficient, Method, cases, coefficient, find

CASES = Path(__file__).parent / "cases"


def number(value: Any) -> Decimal:
    """The shortest decimal of a JSON double; the text of a YAML scalar."""
    return Decimal(str(value))


def json_cases() -> dict[str, dict[str, Any]]:
    """The 35 + 8 cases by id, with their numbers as decimals."""
    published = json.loads(
        (CASES / "published_ghg_cases.json").read_text("utf-8"), parse_float=Decimal, parse_int=Decimal
    )
    china = json.loads((CASES / "china_cases.json").read_text("utf-8"), parse_float=Decimal, parse_int=Decimal)
    return {case["id"]: case for case in [*published, *china["cases"]]}


def yaml_cases() -> list[dict[str, Any]]:
    """The cases that come with the methods."""
    return list(cases())


def emit(
    method: str | Method,
    quantity: Any,
    unit: str,
    *,
    factor: dict[str, Any] | None = None,
    inputs: dict[str, Any] | None = None,
    year: int = 2024,
    activity_type: str = "",
    gwp_set: str = "AR5",
) -> dict[str, Fraction | None]:
    """kg of each gas of one row: its amount times its coefficient."""
    found = method if isinstance(method, Method) else find(method)
    assert found is not None, method
    given = {name: number(value) for name, value in (inputs or {}).items()}
    factors = None if factor is None else {name: number(value) for name, value in factor.items()}
    result: Coefficient = coefficient(
        found, {k: v for k, v in given.items() if k in found.inputs}, unit=unit, year=year,
        activity_type=activity_type, factor=factors, gwp_set=gwp_set,
    )  # fmt: skip
    amount = Fraction(
        found.amount({"quantity": number(quantity), **{k: v for k, v in given.items() if k in found.amount_inputs}})
    )
    return {name: None if value is None else value * amount for name, value in result.gases.items()}


def close(value: Fraction | None, published: Any, rel: Any = 0, abs_: Any = 0) -> bool:
    """Within the published tolerance; exact without one."""
    assert value is not None
    wanted = Fraction(number(published))
    return abs(value - wanted) <= max(Fraction(number(rel)) * abs(wanted), Fraction(number(abs_)))
