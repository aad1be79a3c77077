"""From a published factor to coefficients per gas under the GWP set that is asked for (contract, section 3)."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction

from hengtan.gases import SETS, UnknownGwpError, gwp
from hengtan.problems import Problem

from .factor import Factor
from .policy import Policy

TOLERANCE = Fraction(5, 1000)  # of the publisher's total: what the gases do not explain may not be more in another set


@dataclass(frozen=True, slots=True)
class Coefficients:
    """kg per ``activity_unit`` of the factor, exact; None where the publisher states nothing.

    co2e_kg = co2_kg + ch4_kg x GWP + n2o_kg x GWP + other_co2e_kg in the set ``gwp_set``; biogenic_co2_kg stands apart.
    Published as CO2e alone: the gases and ``other_co2e_kg`` are None.
    """

    co2_kg: Fraction | None
    ch4_kg: Fraction | None
    n2o_kg: Fraction | None
    other_co2e_kg: Fraction | None
    co2e_kg: Fraction
    biogenic_co2_kg: Fraction | None
    gwp_set: str
    warnings: tuple[Problem, ...] = ()


def coefficients(factor: Factor, gwp_set: str, policy: Policy | None = None) -> Coefficients | tuple[Problem, ...]:
    """The coefficients of a factor in the set, or why it has none there.

    policy  its ``gwp_mismatch: flag`` posts a total of another set with a warning instead of refusing it
    """
    try:
        return _coefficients(factor, gwp_set, policy is not None and policy.gwp_mismatch == "flag")
    except UnknownGwpError as error:
        return (Problem(error.problem_code, values=error.values),)


def _coefficients(factor: Factor, asked: str, flag: bool) -> Coefficients | tuple[Problem, ...]:
    stated = factor.gwp_set.strip().upper()
    total = _exact(factor.co2e_kg)
    biogenic = _exact(factor.biogenic_co2_kg)
    co2 = _exact(factor.co2_kg)
    ch4 = _mass(factor, "CH4", factor.ch4_kg, factor.ch4_kgco2e, stated)
    n2o = _mass(factor, "N2O", factor.n2o_kg, factor.n2o_kgco2e, stated)
    unsplit = (factor.ch4_kgco2e is not None and ch4 is None) or (factor.n2o_kgco2e is not None and n2o is None)
    if unsplit and total is None:
        # Gas parts in CO2e whose set nobody states: what they sum up to is a total without a set.
        total = sum((part for part in map(_exact, _parts(factor)) if part is not None), Fraction(0))
    if total is None:
        return Coefficients(co2, ch4, n2o, Fraction(0), _sum(factor, co2, ch4, n2o, asked), biogenic, asked)
    if not unsplit and ch4 is None and n2o is None and co2 is not None and total == co2:
        return Coefficients(co2, None, None, Fraction(0), co2, biogenic, asked)  # CO2 alone fits every set
    if unsplit or (co2 is None and ch4 is None and n2o is None):
        return _total_alone(factor, asked, stated, total=total, biogenic=biogenic, flag=flag)
    if stated == asked or not stated:
        other = total - _sum(factor, co2, ch4, n2o, asked)
        warnings = () if stated else (_unknown(factor, asked),)
        return Coefficients(co2, ch4, n2o, other, total, biogenic, asked, warnings)
    if stated not in SETS:
        return _total_alone(factor, asked, stated, total=total, biogenic=biogenic, flag=flag)
    rest = total - _sum(factor, co2, ch4, n2o, stated)
    small = abs(rest) <= TOLERANCE * abs(total)
    if not small and not flag:
        return (_mismatch("gwp.not-convertible", factor, asked),)
    warnings = () if small else (_mismatch("gwp.flagged", factor, asked),)
    converted = _sum(factor, co2, ch4, n2o, asked) + rest
    return Coefficients(co2, ch4, n2o, rest, converted, biogenic, asked, warnings)


def _total_alone(
    factor: Factor, asked: str, stated: str, *, total: Fraction, biogenic: Fraction | None, flag: bool
) -> Coefficients | tuple[Problem, ...]:
    if not stated:
        warnings: tuple[Problem, ...] = (_unknown(factor, asked),)
    elif stated == asked or total == 0:  # nothing is nothing in every set
        warnings = ()
    elif flag:
        warnings = (_mismatch("gwp.flagged", factor, asked),)
    else:
        return (_mismatch("gwp.not-convertible", factor, asked),)
    return Coefficients(None, None, None, None, total, biogenic, asked, warnings)


def _exact(number: Decimal | None) -> Fraction | None:
    return None if number is None else Fraction(number)


def _parts(factor: Factor) -> tuple[Decimal | None, ...]:
    return (factor.co2_kg, factor.ch4_kgco2e, factor.n2o_kgco2e)


def _mass(factor: Factor, gas: str, mass: Decimal | None, part: Decimal | None, stated: str) -> Fraction | None:
    """kg of the gas: as stated, else its CO2e part divided by the potential of the publisher's set."""
    if mass is not None:
        return Fraction(mass)
    if part is None:
        return None
    if part == 0:
        return Fraction(0)
    return Fraction(part) / _potential(factor, gas, stated) if stated in SETS else None


def _potential(factor: Factor, gas: str, gwp_set: str) -> Fraction:
    origin = factor.gas_origin if gas == "CH4" else "unknown"
    return Fraction(gwp(gas, gwp_set, origin))


def _sum(factor: Factor, co2: Fraction | None, ch4: Fraction | None, n2o: Fraction | None, gwp_set: str) -> Fraction:
    """kg CO2e of the gases that are stated, in the set."""
    total = co2 or Fraction(0)
    for gas, mass in (("CH4", ch4), ("N2O", n2o)):
        if mass:
            total += mass * _potential(factor, gas, gwp_set)
    return total


def _unknown(factor: Factor, asked: str) -> Problem:
    return Problem("gwp.unknown", values={"factor": factor.factor_id, "asked": asked})


def _mismatch(code: str, factor: Factor, asked: str) -> Problem:
    return Problem(code, values={"factor": factor.factor_id, "stated": factor.gwp_set, "asked": asked})
