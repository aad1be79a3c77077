"""Exact sums of a run by whatever one asks for: the cube of quantities times the lines of the plan."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import date
from decimal import Decimal, localcontext
from typing import Any

from hengtan.factors import find_type
from hengtan.inventory.line import Line
from hengtan.inventory.totals import EXACT, month_parts
from hengtan.problems import HengtanError, Problem

from .table import Table, as_rows

BASES = ("location", "market")
_OF_LINE: Mapping[str, Callable[[Line], str]] = {
    "scope": lambda line: str(line.scope),
    "category": lambda line: f"{line.scope}.{line.category}" if line.category else str(line.scope),
    "factor_id": lambda line: line.factor_id,
    "match": lambda line: line.match or "none",
    "method": lambda line: line.method,
    "activity_type": lambda line: _type(line.key.activity_type),
    "region": lambda line: line.key.region,
}
_OF_ROWS = ("facility", "org_unit", "month")
DIMENSIONS = (*_OF_LINE, *_OF_ROWS, "gas")
GAS_NAMES = {
    "co2_kg": "CO2",
    "ch4_kg": "CH4",
    "n2o_kg": "N2O",
    "other_co2e_kg": "other gases (CO2e)",
    "co2e_kg": "not split by gas (CO2e)",
    "biogenic_co2_kg": "biogenic CO2 (outside the scopes)",
}
_GASES = ("co2_kg", "ch4_kg", "n2o_kg", "other_co2e_kg")


def _type(text: str) -> str:
    kind = find_type(text) if text else None
    return kind.id if kind else text


def by(lines: Sequence[Line], cube: Any, names: Sequence[str], basis: str) -> Table:
    """kg CO2e of scopes 1 to 3 by one or more of ``DIMENSIONS``; with "gas", kg of each gas.

    cube    the Arrow table of ``inventory/cube.py``
    basis   of scope 2: location or market
    Raises HengtanError for an unknown name.
    """
    for name in names:
        if name not in DIMENSIONS or not names:
            raise HengtanError(Problem("api.dimension", values={"name": str(name), "known": ", ".join(DIMENSIONS)}))
    if basis not in BASES:
        raise HengtanError(Problem("api.basis", values={"name": str(basis)}))
    by_key: dict[int, list[Line]] = {}
    for line in lines:
        if (line.scope is not None or "gas" in names) and line.basis in (basis, "-"):
            by_key.setdefault(line.key.number, []).append(line)
    with localcontext(EXACT):
        found: dict[tuple[str, ...], Decimal] = {}
        for group in _reduced(cube, names):
            for line in by_key.get(group["key_id"], ()):
                for gas, month, kg in _masses(line, group, "gas" in names, "month" in names):
                    labels = tuple(_label(name, line, group, gas, month) for name in names)
                    found[labels] = found.get(labels, Decimal(0)) + kg
    unit = "kg" if "gas" in names else "co2e_kg"
    scope2 = f"scope 2 {basis}-based" if any(line.scope == 2 for line in lines) else ""
    return as_rows(names, found, unit, ", ".join(part for part in (f"by {', '.join(names)}", scope2) if part))


def _reduced(cube: Any, names: Sequence[str]) -> list[dict[str, Any]]:
    """The cube without what is not asked for."""
    keep = ["key_id", *(name for name in ("facility", "org_unit") if name in names)]
    keep += ["first", "last"] if "month" in names else []
    reduced = cube.group_by(keep).aggregate([("quantity", "sum")])
    rows: list[dict[str, Any]] = reduced.rename_columns({"quantity_sum": "quantity"}).to_pylist()
    return rows


def _label(name: str, line: Line, group: Mapping[str, Any], gas: str, month: str) -> str:
    if name in _OF_LINE:
        return _OF_LINE[name](line)
    return gas if name == "gas" else month if name == "month" else str(group[name] or "")


def _masses(line: Line, group: Mapping[str, Any], gases: bool, months: bool) -> Iterator[tuple[str, str, Decimal]]:
    for gas, coefficient in _coefficients(line, gases):
        if not months:
            yield gas, "", group["quantity"] * coefficient
            continue
        for month, part in _months(coefficient, group["first"], group["last"]):
            yield gas, month, group["quantity"] * part


def _coefficients(line: Line, gases: bool) -> Iterable[tuple[str, Decimal]]:
    """What is summed of a line: its CO2e, or its gases; CO2e alone where the factor does not split it."""
    whole = line.coefficients["co2e_kg"]
    if not gases:
        return [("", whole or Decimal(0))]
    stated = [(GAS_NAMES[gas], kg) for gas in _GASES if (kg := line.coefficients[gas]) is not None]
    biogenic = line.coefficients["biogenic_co2_kg"]
    if line.scope is None:
        stated = []  # outside the scopes only the biogenic CO2 is told
    elif not stated and whole is not None:
        stated = [(GAS_NAMES["co2e_kg"], whole)]
    return stated + ([(GAS_NAMES["biogenic_co2_kg"], biogenic)] if biogenic is not None else [])


def _months(coefficient: Decimal, first: date, last: date) -> Iterable[tuple[str, Decimal]]:
    if first == last:
        return [(f"{first:%Y-%m}", coefficient)]
    return month_parts(coefficient, first, last)
