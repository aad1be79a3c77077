"""Which gas group the CO2e of a plan line belongs to, beside CO2, CH4 and N2O, as far as type, method or factor tell."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal, localcontext
from fractions import Fraction
from functools import cache
from typing import Any

from hengtan.factors import ActivityType, find_type, types
from hengtan.factors.mapping import Matcher
from hengtan.gases import UnknownGasError, group_of, groups_in, groups_of
from hengtan.methods import find as find_method

from .totals import EXACT

REFRIGERANT = "refrigerant."
ALL_GASES = ".all_gases"  # of a blend with HCFC or CFC: the whole, not the HFC and PFC alone
_MAY_NAME = ("refrigerant", "process", "fugitive")  # categories of factors whose names are searched for gases
_PLACES = Decimal("1e-18")


def by_group(row: Mapping[str, Any], factor: Mapping[str, str], gwp_set: str) -> dict[str, Decimal]:
    """kg CO2e by group of what a plan row with ``masses`` releases beside CO2, CH4 and N2O; {} where nobody tells.

    factor   the row of its factor as factors.parquet keeps it, {} for none or several
    """
    masses = row["masses"]
    alone = all(masses[gas] is None for gas in ("co2_kg", "ch4_kg", "n2o_kg"))
    kg = masses["co2e_kg"] if alone else masses["other_co2e_kg"]
    if not kg:
        return {}
    shares = _shares(row, factor, gwp_set)
    found: dict[str, Decimal] = {}
    with localcontext(EXACT):
        left = Decimal(kg)
        for at, (group, share) in enumerate(shares.items(), 1):
            part = left if at == len(shares) else (kg * share.numerator / share.denominator).quantize(_PLACES)
            found[group] = part
            left -= part
    return found


def _shares(row: Mapping[str, Any], factor: Mapping[str, str], gwp_set: str) -> dict[str, Fraction]:
    kind = find_type(row["activity_type"]) if row["activity_type"] else _served(factor)
    if kind is not None and kind.id.startswith(REFRIGERANT):
        name = kind.id.removeprefix(REFRIGERANT)
        return groups_of(name.removesuffix(ALL_GASES), gwp_set, kyoto_only=not name.endswith(ALL_GASES))
    by_method = _of_method(row["line_method"])
    if by_method:
        return {by_method: Fraction(1)}
    if factor.get("category", "").strip().casefold() in _MAY_NAME:
        return groups_in(f"{factor.get('name', '')}", gwp_set)
    return {}


def _served(factor: Mapping[str, str]) -> ActivityType | None:
    """The type that the mapping gives to a factor which the row pins without a type."""
    if not factor.get("dataset"):
        return None
    names = _matcher(factor["dataset"]).types(factor["name"])
    return next((types()[name] for name in names if name in types()), None)


@cache
def _matcher(dataset: str) -> Matcher:
    return Matcher(dataset)


@cache
def _of_method(name: str) -> str:
    """The one group of the gases that a method's equations result in; "" where they name none or several."""
    method = find_method(name) if name else None
    groups = set()
    for result in method.equations if method else ():
        try:
            groups.add(group_of(result))
        except UnknownGasError:  # co2, emissions and the like
            continue
    groups.discard("")
    return groups.pop() if len(groups) == 1 else ""
