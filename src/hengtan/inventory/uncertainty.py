"""How far the totals may lie from the truth: 95 % intervals from the uncertainty of factors and of activity data.

Emissions are linear in both. Rows that share a factor share its error (fully correlated); errors of different factors
are independent, and so are those of the activity data of different rows. What nobody states adds no width and is said
to be unstated (docs/decisions/0010-uncertainty.md); nothing is assumed in its place.

Without draws, mean, variance and third moment of every sum are computed exactly and a shifted lognormal distribution
with these moments gives the interval; with draws, factors and quantities are sampled (``simulate.py``).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal, localcontext
from typing import Any

from hengtan.engine import fetch
from hengtan.factors import Library

from .keys import Key
from .line import Line
from .posting import Posting
from .problem_file import Problems
from .rules import Rules
from .spread import Spread
from .stated import Amount, Stated, stated
from .totals import EXACT
from .uncertainty_months import month_bands
from .uncertainty_sums import CERTAIN, Model, Weight, closed_form, plain, rounded

TOTAL = "total"
SCOPES = ("scope1", "scope2_location", "scope2_market", "scope3", TOTAL)
"""The sums that get an interval; ``total`` is scope 1, scope 2 location-based and scope 3."""


@dataclass(frozen=True, slots=True)
class Band:
    """summary: for summary.json, by scope; basis: for run.json, how it came about and what is stated.

    months    month -> as summary, of what was emitted in it; always in closed form
    quality   label, rows, co2e_kg of the column ``data_quality``
    """

    summary: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    months: Mapping[str, Mapping[str, Mapping[str, str]]] = field(default_factory=dict)
    basis: Mapping[str, Any] = field(default_factory=dict)
    quality: Sequence[Mapping[str, Any]] = ()


def band(con: Any, posting: Posting, rules: Rules, problems: Problems, draws: int = 0) -> Band:
    """The intervals of a run. ``con``: the session in which ``posting`` was prepared; ``problems`` is filled.

    draws   0: closed form; else how many samples are drawn, with a fixed seed
    """
    found = stated(con, posting, problems)
    lines, keys = posting.plan.lines, {key.number: key for key in posting.keys}
    spreads = factor_spreads(lines, rules.library)
    model = model_of(lines, keys, spreads, found.amounts)
    if draws:
        from .simulate import simulated  # noqa: PLC0415  numpy is wanted for draws only

        intervals = simulated(model, draws)
    else:
        intervals = {name: closed_form(model, name) for name in model.sums}
    shares = {name: _shares(name, lines, keys, spreads, found.amounts) for name in model.sums}
    summary = {name: rounded(*intervals[name]) for name in model.sums if shares[name]["unstated_pct"] != "100"}
    basis = {
        "level": "95 %",
        "method": "monte-carlo" if draws else "closed-form",
        "draws": draws,
        "stated": shares,
    }
    months = month_bands(fetch(posting.by_month).to_pylist(), found.spans, model)
    return Band(summary, months, basis, quality_table(found, lines, keys))


def sums_of(line: Line) -> tuple[str, ...]:
    """The sums of ``SCOPES`` that a line counts in."""
    if line.scope is None:
        return ()
    if line.scope == 2:
        return ("scope2_location", TOTAL) if line.basis == "location" else ("scope2_market",)
    return (f"scope{line.scope}", TOTAL)


def factor_spreads(lines: Iterable[Line], library: Library) -> dict[str, Spread]:
    """Of the factors in the lines, those whose publisher (or user) states an uncertainty."""
    found: dict[str, Spread] = {}
    for name in dict.fromkeys(name for line in lines for name in line.factor_id.split(";") if name):
        factor = library.get(name)
        if factor is not None and factor.uncertainty_pct is not None:
            found[name] = Spread.of_half_width(abs(float(factor.uncertainty_pct)))
    return found


def parts_of(line: Line) -> dict[str, float]:
    """kg CO2e per unit of the row, by factor id."""
    if line.parts:
        return {name: float(kg) for name, kg in line.parts.items()}
    return {line.factor_id: float(line.coefficients["co2e_kg"] or 0)}


def model_of(
    lines: Iterable[Line], keys: Mapping[int, Key], spreads: Mapping[str, Spread], amounts: Mapping[int, Amount]
) -> Model:
    """The sums of a run as weights of keys and sources of error, in the order of the lines."""
    model = Model(dict(spreads))
    for line in lines:
        for name in sums_of(line):
            weights = model.sums.setdefault(name, {})
            number = line.key.number
            if number not in weights:
                weights[number] = Weight(keys[number], amounts.get(number) or Amount())
            per_unit = weights[number].per_unit
            for factor_id, kg in parts_of(line).items():
                source = factor_id if factor_id in spreads else CERTAIN
                per_unit[source] = per_unit.get(source, 0.0) + kg
    return Model(model.spreads, {name: model.sums[name] for name in SCOPES if name in model.sums})


def _shares(
    name: str,
    lines: Iterable[Line],
    keys: Mapping[int, Key],
    spreads: Mapping[str, Spread],
    amounts: Mapping[int, Amount],
) -> dict[str, str]:
    """Which percent of a sum has a stated uncertainty of the factor, of the activity data, of neither."""
    whole = factor = activity = neither = 0.0
    for line in lines:
        if name not in sums_of(line):
            continue
        number = line.key.number
        quantity = float(keys[number].quantity)
        told = float(amounts[number].stated) if number in amounts else 0.0
        for factor_id, kg in parts_of(line).items():
            whole += kg * quantity
            activity += kg * told
            if factor_id in spreads:
                factor += kg * quantity
            else:
                neither += kg * (quantity - told)
    shares = {"factor_pct": factor, "activity_pct": activity, "unstated_pct": neither}
    return {kind: _percent(kg / whole if whole else float(kind == "unstated_pct")) for kind, kg in shares.items()}


def _percent(share: float) -> str:
    """To one place; what is not all is never shown as all, nor a little as nothing."""
    if share <= 0 or share >= 1:
        return "0" if share <= 0 else "100"
    return f"{min(max(round(share * 100, 1), 0.1), 99.9):g}"


def quality_table(found: Stated, lines: Sequence[Line], keys: Mapping[int, Key]) -> list[dict[str, Any]]:
    """label, rows, co2e_kg (scopes 1 to 3, location-based) of the column ``data_quality``; "" has none."""
    if not found.labelled:
        return []
    per_unit: dict[int, Decimal] = {}
    with localcontext(EXACT):
        for line in lines:
            if TOTAL in sums_of(line):
                kg = line.coefficients["co2e_kg"] or Decimal(0)
                per_unit[line.key.number] = per_unit.get(line.key.number, Decimal(0)) + kg
        table: dict[str, dict[str, Any]] = {}
        rest = {number: (keys[number].rows, keys[number].quantity) for number in per_unit}
        for (label, number), (rows, quantity) in found.labels.items():
            if number in per_unit:
                _count(table, label, rows, quantity * per_unit[number])
                rest[number] = (rest[number][0] - rows, rest[number][1] - quantity)
        for number, (rows, quantity) in rest.items():
            if rows:
                _count(table, "", rows, quantity * per_unit[number])
    ranked = sorted(table.values(), key=lambda row: (-row["co2e_kg"], row["label"]))
    return [{**row, "co2e_kg": plain(row["co2e_kg"])} for row in ranked]


def _count(table: dict[str, dict[str, Any]], label: str, rows: int, kg: Decimal) -> None:
    into = table.setdefault(label, {"label": label, "rows": 0, "co2e_kg": Decimal(0)})
    into["rows"] += rows
    into["co2e_kg"] += kg
