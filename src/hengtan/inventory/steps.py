"""From a published factor to the coefficient that was multiplied: GWP, conversion, share, and the one rounding."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from fractions import Fraction
from typing import Any

from hengtan.factors import Factor, coefficients
from hengtan.factors.factor import DATES, NEVER, NUMBERS, factor_from
from hengtan.gases import UnknownGwpError, gwp

from .line import coefficient


@dataclass(frozen=True, slots=True)
class Steps:
    """coefficient = total x conversion x share, rounded half-even to 12 places.

    gases       (gas, kg per unit of the factor, potential in the GWP set); the last may be ``other``, in kg CO2e
    total       kg CO2e per unit of the factor in the GWP set
    conversion  one unit of the row = x units of the factor
    rounded     whether the rounding changed anything
    """

    factor: Factor
    gases: tuple[tuple[str, Fraction, Decimal], ...]
    total: Fraction
    conversion: Fraction
    share: Fraction
    rounded: bool


def steps(plan: Mapping[str, Any], factor_row: Mapping[str, Any], gwp_set: str) -> Steps | None:
    """The steps of a line with one factor, None where they do not give its coefficient (other methods, several factors)."""
    factor = factor_of(factor_row)
    found = coefficients(factor, gwp_set) if factor else None
    if factor is None or found is None or isinstance(found, tuple):
        return None
    terms = [term for term in plan["terms"] if term["name"] == "conversion"]
    conversion = Fraction(terms[0]["value"]) if terms else Fraction(1)
    share = Fraction(plan["share"])
    exact = found.co2e_kg * conversion * share
    if len(terms) > 1 or coefficient(exact) != plan["co2e_kg"]:
        return None
    return Steps(
        factor,
        _gases(factor, found, gwp_set),
        found.co2e_kg,
        conversion,
        share,
        Fraction(plan["co2e_kg"]) != exact,
    )


def _gases(factor: Factor, found: Any, gwp_set: str) -> tuple[tuple[str, Fraction, Decimal], ...]:
    if found.ch4_kg is None and found.n2o_kg is None:
        return ()  # CO2 alone, or known as CO2e alone: there is nothing to weigh
    parts = [("CO2", found.co2_kg, Decimal(1))]
    try:
        parts.append(("CH4", found.ch4_kg, gwp("CH4", gwp_set, factor.gas_origin)))
        parts.append(("N2O", found.n2o_kg, gwp("N2O", gwp_set)))
    except UnknownGwpError:
        return ()
    parts.append(("other", found.other_co2e_kg, Decimal(1)))
    kept = tuple((name, rate, potential) for name, rate, potential in parts if rate)
    return (
        kept if sum((rate * Fraction(potential) for _, rate, potential in kept), Fraction(0)) == found.co2e_kg else ()
    )


def factor_of(row: Mapping[str, Any]) -> Factor | None:
    """The factor out of a row of factors.parquet; None where only its id is known."""
    if "activity_unit" not in row:
        return None
    cells: dict[str, Any] = {name: value or "" for name, value in row.items()}
    for name in NUMBERS:
        cells[name] = Decimal(cells[name]) if cells.get(name) else None
    for name in DATES:
        cells[name] = date.fromisoformat(cells[name]) if cells.get(name) else (NEVER if name == "published" else None)
    cells["scope"] = int(cells["scope"]) if cells.get("scope") else None
    cells["published_assumed"] = cells.get("published_assumed") == "True"
    return factor_from(cells)
