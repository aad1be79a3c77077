"""How one unit of a key's activity becomes emissions: the resolved factor, or a method that the row names."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from fractions import Fraction

from hengtan.factors import Choice, Coefficients, Policy, coefficients
from hengtan.problems import Problem

from .keys import Key
from .line import Term


@dataclass(frozen=True, slots=True)
class Applied:
    """coefficients per activity_unit of the factor; per_unit: one unit of the row = x of those."""

    coefficients: Coefficients
    per_unit: Fraction
    method: str
    terms: tuple[Term, ...]
    warnings: tuple[Problem, ...] = ()


def apply_method(
    key: Key, choice: Choice, gwp: str, policy: Policy, as_of: date | None
) -> Applied | tuple[Problem, ...]:
    """The coefficients of a key under its method, with the terms that ``explain`` shows."""
    found = coefficients(choice.factor, gwp, policy)
    if isinstance(found, tuple):
        return found
    factor = choice.factor
    terms = [
        Term(
            "factor",
            f"{float(found.co2e_kg):.12g}",
            f"kg CO2e/{factor.activity_unit}",
            ", ".join(part for part in (factor.source_title, factor.source_table) if part),
            factor_id=factor.factor_id,
        )
    ]
    if choice.per_unit != 1:
        terms.append(Term("conversion", str(choice.per_unit), f"{factor.activity_unit}/{key.unit}"))
    return Applied(found, choice.per_unit, "factor", tuple(terms))
