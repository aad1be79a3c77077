"""Allowances of generating units: output times benchmark, corrected for cooling, heat and load.

Supply basis (2019 to 2022):      A = Qe x Be x Fl x Fr x Ff + Qh x Bh, Qe the power supplied
Generation basis (from 2023 on):  A = Qe x Be x Ff + Qh x Bh, Qe the power generated

Qe in MWh, Qh in GJ, Be in t CO2/MWh, Bh in t CO2/GJ, A in allowances of 1 t CO2.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import lru_cache
from math import floor, prod

from hengtan.problems import Problem

from .allotment import Allotment, Term
from .plan import CLASSES, Benchmark, Kind, LoadRule, Plan, Special

BELOW_THRESHOLD = "below-threshold"
LARGE_MW = 400  # rated power from which a unit counts as of the 300 MW class and above
ONE = Fraction(1)


@dataclass(frozen=True, slots=True)
class Unit:
    """A generating unit and its year, as verified; None: not given. Shares are fractions, verified whole tonnes."""

    entity: str
    name: str
    unit_class: str
    row: int
    rated_mw: Fraction | None = None
    generation_mwh: Fraction | None = None
    supply_mwh: Fraction | None = None
    heat_gj: Fraction = Fraction(0)
    load_factor: Fraction | None = None
    heat_ratio: Fraction | None = None
    cooling: str = ""
    verified_t: int | None = None
    special: str = ""


def faults(unit: Unit, plan: Plan, year: int, kind: Kind) -> list[Problem]:
    """Everything about the unit that the plan cannot work with."""
    found: list[Problem] = []

    def wrong(code: str, column: str, /, **values: object) -> None:
        told = {name: str(value) for name, value in values.items()}
        found.append(Problem(code, row=unit.row, column=column, values={"unit": unit.name, **told}))

    if unit.unit_class not in CLASSES:
        wrong("ets.class-unknown", "class", **{"class": unit.unit_class or "-"})
        return found
    if unit.unit_class in ("I", "II"):
        if unit.rated_mw is None:
            wrong("ets.rated-missing", "rated_mw", **{"class": unit.unit_class})
        elif (unit.rated_mw >= LARGE_MW) != (unit.unit_class == "I"):
            fits = "I" if unit.rated_mw >= LARGE_MW else "II"
            wrong("ets.class-rated", "class", **{"class": unit.unit_class}, rated=plain(unit.rated_mw), fits=fits)
    column = f"{plan.basis}_mwh"
    output = unit.supply_mwh if plan.basis == "supply" else unit.generation_mwh
    if output is None:
        wrong("ets.output-missing", column, column=column, plan=plan.id)
    if unit.supply_mwh is not None and unit.generation_mwh is not None and unit.supply_mwh > unit.generation_mwh:
        wrong(
            "ets.supply-above-generation",
            "supply_mwh",
            supply=plain(unit.supply_mwh),
            generation=plain(unit.generation_mwh),
        )
    for column, share in (("load_factor", unit.load_factor), ("heat_ratio", unit.heat_ratio)):
        if share is not None and share > 1:
            wrong("ets.share-above-one", column, column=column, value=plain(share), fraction=plain(share / 100))
    if unit.verified_t is None:
        wrong("ets.verified-missing", "verified_t")
    if _needs_load(unit, plan.load) and unit.load_factor is None:
        wrong("ets.load-missing", "load_factor", **{"class": unit.unit_class})
    if plan.basis == "supply":
        if unit.heat_ratio is None and unit.heat_gj > 0:
            wrong("ets.heat-ratio-missing", "heat_ratio")
        if unit.heat_ratio and not unit.heat_gj:
            wrong("ets.heat-missing", "heat_gj", ratio=plain(unit.heat_ratio))
        if unit.cooling not in ("water", "air") and unit.unit_class in plan.rules["cooling"].classes:
            wrong("ets.cooling-unknown", "cooling", cooling=unit.cooling or "-")
    if unit.special and special(unit, plan) is None:
        known = ", ".join(each.id for each in plan.special) or "-"
        wrong("ets.special-unknown", "special", special=unit.special, known=known)
    if plan.benchmark(year, unit.unit_class, kind) is None:
        wrong("ets.benchmark-none", "class", **{"class": unit.unit_class}, year=year, kind=kind)
    return found


def special(unit: Unit, plan: Plan) -> Special | None:
    """The case of its own that the unit is, if the plan knows it."""
    return next((each for each in plan.special if each.id == unit.special), None)


def allot(unit: Unit, plan: Plan, year: int, kind: Kind) -> Allotment:
    """The allowances of one unit in which ``faults`` found nothing."""
    benchmark = plan.benchmark(year, unit.unit_class, kind)
    assert benchmark is not None and unit.verified_t is not None
    case = special(unit, plan)
    if case is not None:
        given = unit.verified_t if case.allocation == "verified" else 0
        rule = f"special:{case.id}"
        return Allotment(unit.entity, unit.name, None, None, given, given, unit.verified_t, rule, (),
                         covered=case.allocation == "verified", source=case.source)  # fmt: skip
    terms = _terms(unit, plan, benchmark)
    factors = {term.symbol: term.value for term in terms}
    power = _product([factors[each] for each in ("Qe", "Be", "Fl", "Fr", "Ff") if each in factors])
    heat = factors["Qh"] * factors["Bh"]
    initial = floor(power + heat)
    exempt = unit.unit_class == "IV" and "gas_exempt" in plan.rules and initial < unit.verified_t
    rule = "gas-exempt" if exempt else kind
    final = unit.verified_t if exempt else initial
    return Allotment(unit.entity, unit.name, power, heat, initial, final, unit.verified_t, rule, tuple(terms),
                     source=plan.rules["gas_exempt"].source if exempt else benchmark.source)  # fmt: skip


def _product(factors: Sequence[Fraction]) -> Fraction:
    """Reduced once, not after each factor."""
    return Fraction(prod(each.numerator for each in factors), prod(each.denominator for each in factors))


def _terms(unit: Unit, plan: Plan, benchmark: Benchmark) -> Sequence[Term]:
    output = unit.supply_mwh if plan.basis == "supply" else unit.generation_mwh
    assert output is not None
    terms = [
        Term("Qe", f"{plan.basis}_mwh", output, "MWh", ""),
        Term("Be", "power_benchmark", benchmark.power, "t CO2/MWh", benchmark.source),
    ]
    if plan.basis == "supply":
        terms += [_cooling(unit, plan), _heat(unit, plan)]
    terms += [
        _load(unit, plan.load),
        Term("Qh", "heat_gj", unit.heat_gj, "GJ", ""),
        Term("Bh", "heat_benchmark", benchmark.heat, "t CO2/GJ", benchmark.source),
    ]
    return terms


def _cooling(unit: Unit, plan: Plan) -> Term:
    rule = plan.rules["cooling"]
    factor = rule.numbers[unit.cooling] if unit.unit_class in rule.classes else ONE
    return Term("Fl", "cooling_factor", factor, "", rule.source)


def _heat(unit: Unit, plan: Plan) -> Term:
    """Fr = 1 - 0.22 x heat ratio for coal, 1 - 0.6 x heat ratio for gas; 1 without heat."""
    rule = plan.rules["heat"]
    ratio = unit.heat_ratio or Fraction(0)
    return Term("Fr", "heat_factor", 1 - rule.numbers[unit.unit_class] * ratio, "", rule.source)


def _needs_load(unit: Unit, rule: LoadRule | None) -> bool:
    return rule is not None and unit.unit_class in rule.classes and (rule.with_heat or not unit.heat_gj)


def _load(unit: Unit, rule: LoadRule | None) -> Term:
    if rule is None or not _needs_load(unit, rule) or unit.load_factor is None:
        return Term("Ff", "load_correction", ONE, "", rule.source if rule else "")
    return Term("Ff", "load_correction", load_correction(rule, unit.load_factor), "", rule.source)


@lru_cache(maxsize=65536)
def _corrected(equation: object, decimals: int | None, share: Fraction) -> Fraction:
    found: Fraction = equation.value({"F": share})  # type: ignore[attr-defined]  # an Equation, which is hashed by identity
    return found if decimals is None else _rounded(found, decimals)


def load_correction(rule: LoadRule, share: Fraction) -> Fraction:
    """Ff for a load factor, by the band in which it lies; powers to 40 digits."""
    equation = next(each for lowest, each in rule.bands if share >= lowest)
    return _corrected(equation, rule.decimals, share)


def _rounded(value: Fraction, decimals: int) -> Fraction:
    """Half away from zero, as the Chinese rules round."""
    scaled = abs(value) * 10**decimals + Fraction(1, 2)
    return Fraction(floor(scaled) * (1 if value >= 0 else -1), 10**decimals)


def plain(value: Fraction) -> str:
    """A decimal for a sentence."""
    return f"{float(value):g}"
