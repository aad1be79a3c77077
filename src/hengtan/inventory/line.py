"""One line of the plan: what one unit of a key's activity releases, on one basis, and how that was found."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from fractions import Fraction
from typing import Any

from hengtan.problems import Problem

from .keys import Key

GASES = ("co2_kg", "ch4_kg", "n2o_kg", "other_co2e_kg", "co2e_kg", "biogenic_co2_kg")
PLACES = 12  # CONTRACT section 5: a coefficient is DECIMAL(20,12) kg per unit
LARGEST = Decimal(10) ** 8


@dataclass(frozen=True, slots=True)
class Term:
    """One number that went into a coefficient, for ``explain``.

    value    decimal text; unit as its source writes it
    note     what was done with it: words of ``explain_words`` (given, measured, unverified), a number behind a colon
             (``covers:60%``), separated by spaces
    """

    name: str
    value: str
    unit: str = ""
    source: str = ""
    note: str = ""
    factor_id: str = ""


@dataclass(frozen=True, slots=True)
class Line:
    """coefficients: kg per unit of the row, NULL where the factor does not state the gas; share is already in them.

    parts   of a line of several factors: kg CO2e per unit of the row by factor id (empty: all by ``factor_id``)
    """

    key: Key
    basis: str
    scope: int | None
    category: str
    coefficients: Mapping[str, Decimal | None]
    factor_id: str
    match: str
    method: str
    policy: str
    share: Fraction = Fraction(1)
    terms: tuple[Term, ...] = ()
    considered: tuple[Mapping[str, Any], ...] = ()
    warnings: tuple[Problem, ...] = field(default=(), compare=False)
    parts: Mapping[str, Fraction] = field(default_factory=dict)


def coefficient(value: Fraction) -> Decimal:
    """Rounded half-even to 12 places: the one rounding between a published factor and a result."""
    return Decimal(round(value * 10**PLACES)).scaleb(-PLACES)
