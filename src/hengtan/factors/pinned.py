"""A factor that the row names itself: never a fall-back, and what speaks against it is told (contract, section 3)."""

from __future__ import annotations

from datetime import date
from fractions import Fraction

from hengtan.problems import Problem
from hengtan.units import UnitError, UnitMismatchError, conversion, parse

from .factor import Factor
from .library import Library
from .placing import energies_of_factor, place
from .policy import Policy
from .question import Choice, Query, Refusal
from .refusal import unit_bridge
from .regions import WORLD, Region, parents
from .taxonomy import ActivityType

# Their energy has no calorific basis; that of everything else may be a fuel's.
_NO_BASIS = frozenset(
    {
        "purchased_electricity",
        "purchased_heat",
        "electric_vehicle",
        "td_losses",
        "cloud_electricity",
        "electricity_footprint",
    }
)
_ELECTRIC = ("electric", "elec ", "heat and steam", "heat & steam", "电力", "热力", "蒸汽")


def resolve_pinned(
    query: Query,
    kind: ActivityType | None,
    region: Region | None,
    *,
    basis: str,
    library: Library,
    policy: Policy,
    as_of: date | None,
) -> Choice | Refusal:
    """The pinned factor with its warnings, or why it cannot serve: unknown, of a project baseline, or another kind of unit."""
    factor_id = query.factor_id.strip()
    factor = library.get(factor_id)
    if factor is None:
        near = ", ".join(library.near(factor_id)) or "-"
        return (Problem("factor.unknown-id", column="factor_id", values={"factor": factor_id, "near": near}),)
    if factor.category.strip().casefold() == "project_baseline":
        return (Problem("factor.project-baseline", column="factor_id", values={"factor": factor_id}),)
    if "pinned" not in policy.classes:
        values = {"factor": factor_id, "policy": policy.name}
        return (Problem("choice.pinned-not-allowed", column="factor_id", values=values),)
    per_unit = Fraction(1)
    if query.unit.strip():
        try:
            per_unit = conversion(parse(query.unit), parse(factor.activity_unit), fuel=_is_fuel(factor, kind))
        except UnitError as error:
            values = {**error.values, "factor": factor_id}
            if isinstance(error, UnitMismatchError) and error.problem_code == "unit.mismatch":
                wanted = kind.id if kind else next(iter(energies_of_factor(factor)), "")
                values |= unit_bridge(wanted, parse(query.unit), parse(factor.activity_unit), error)
            return (Problem(error.problem_code, column="unit", values=values),)
    placed = place(factor, kind, query.scope, query.category, pinned=True)
    if isinstance(placed, Problem):
        return (placed,)
    warnings = (*_doubts(factor, query, region, as_of), *placed.warnings)
    shown_basis = basis if placed.scope == 2 else "-"
    return Choice(factor, "pinned", policy.name, shown_basis, placed.scope, placed.category, per_unit, (), warnings)


def _is_fuel(factor: Factor, kind: ActivityType | None) -> bool:
    if factor.category in _NO_BASIS:
        return False
    if factor.category in ("stationary_combustion", "mobile_combustion"):
        return True
    if kind is not None:
        return kind.carrier == "fuel"
    name = f"{factor.name} {factor.name_zh}".casefold()
    return factor.scope != 2 and not any(word in name for word in _ELECTRIC)


def _doubts(factor: Factor, query: Query, region: Region | None, as_of: date | None) -> tuple[Problem, ...]:
    found = []
    year = max(query.year, date.min.year)
    start, end = query.start or date(year, 1, 1), query.end or date(year, 12, 31)
    if (factor.valid_from and factor.valid_from > end) or (factor.valid_to and factor.valid_to < start):
        validity = f"{factor.valid_from or ''}/{factor.valid_to or ''}"
        values = {"factor": factor.factor_id, "validity": validity, "period": f"{start}/{end}"}
        found.append(Problem("factor.outside-validity", column="factor_id", values=values))
    if region and factor.region and factor.region not in (region.code, *parents(region.code), WORLD):
        values = {"factor": factor.factor_id, "place": factor.region, "region": region.code}
        found.append(Problem("factor.outside-region", column="factor_id", values=values))
    if as_of and factor.published > as_of:
        values = {"factor": factor.factor_id, "published": str(factor.published), "as_of": str(as_of)}
        found.append(Problem("factor.published-later", column="factor_id", values=values))
    if factor.category.strip().casefold() == "electricity_footprint":
        found.append(Problem("factor.life-cycle", column="factor_id", values={"factor": factor.factor_id}))
    return tuple(found)
