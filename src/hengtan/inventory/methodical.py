"""How one unit of a key's activity becomes emissions: by the method that the row names, else activity x factor."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal
from fractions import Fraction

from hengtan.factors import Choice, Coefficients, Policy, coefficients, find_type, told_types
from hengtan.methods import DEFAULT, Method, MethodError, Trace, coefficient, find, near
from hengtan.problems import Problem, both

from .keys import Key
from .line import Term

# Activity x factor has many names: the standard's own for the category of the result. The equation is the same.
_FAMILIES = {
    "electricity": "purchased-electricity",
    "heat": "purchased-heat",
    "steam": "purchased-heat",
    "cooling": "purchased-heat",
    "process": "process-by-factor",
    "fugitive": "gas-release",
    "3": "upstream",
    "4": "freight",
    "5": "waste",
    "6": "business-travel",
    "7": "commuting",
    "9": "freight",
    "12": "waste",
}
_BY_TYPE = {
    "hotel": "hotel",
    "water": "water",
    "material": "goods-by-mass",
    "spend": "spend",
    "homeworking": "homeworking",
}


@dataclass(frozen=True, slots=True)
class Named:
    """The method that a row names, with the numbers of the columns that it reads."""

    method: Method
    inputs: Mapping[str, Decimal]

    @property
    def needs_factor(self) -> bool:
        """Whether an emission factor must be found."""
        return self.method.factor is not None and self.method.factor.otherwise == ""

    @property
    def takes_factor(self) -> bool:
        """Whether an emission factor is used where there is one."""
        return self.method.factor is not None


@dataclass(frozen=True, slots=True)
class Refused:
    """Why a method gives no coefficients."""

    problems: tuple[Problem, ...]


@dataclass(frozen=True, slots=True)
class Applied:
    """coefficients per activity_unit of the factor; per_unit: one unit of the row = x of those."""

    coefficients: Coefficients
    per_unit: Fraction
    method: str
    terms: tuple[Term, ...]
    warnings: tuple[Problem, ...] = ()


def named_method(key: Key, own: Mapping[str, Method]) -> Named | tuple[Problem, ...] | None:
    """The method of the key's rows; None for activity x factor; problems when it is unknown or a cell is no number."""
    name = key.method.strip()
    if not name or name == DEFAULT:
        return None
    method = own.get(name) or find(name)
    if method is None:
        values = {"method": name, "near": ", ".join(near(name)) or "-"}
        return (Problem("method.unknown", column="method", values=values),)
    kind = find_type(key.activity_type) if key.activity_type else None
    if not method.applies(kind.id if kind else key.activity_type):
        values = {"method": method.id, **told_types("type", kind.id if kind else key.activity_type)}
        return (Problem("method.not-for-type", column="method", values=values),)
    try:
        return Named(method, method.read(key.inputs))
    except MethodError as error:
        return tuple(error.problems)


def asked_unit(key: Key, named: Named | None) -> str | tuple[Problem, ...]:
    """Per which unit the factor is wanted."""
    if named is None:
        return key.unit
    try:
        return named.method.factor_unit(key.unit, named.inputs) or key.unit
    except MethodError as error:
        return tuple(error.problems)


def apply_method(
    key: Key, choice: Choice, gwp: str, policy: Policy, as_of: date | None, named: Named | None = None
) -> Applied | tuple[Problem, ...]:
    """The coefficients of a key under its method, with the terms that ``explain`` shows."""
    found = coefficients(choice.factor, gwp, policy)
    if isinstance(found, tuple):
        return found
    terms = [_factor_term(choice)]
    if named is None:
        if choice.per_unit != 1:
            terms.append(Term("conversion", str(choice.per_unit), f"{choice.factor.activity_unit}/{key.unit}"))
        return Applied(found, choice.per_unit, _family(key, choice), tuple(terms))
    per_unit = {name: _times(getattr(found, name), choice.per_unit) for name in _GAS_NAMES}
    result = _computed(key, named, gwp, as_of, per_unit)
    if isinstance(result, Refused):
        return result.problems
    scaled, more, warnings = result
    return Applied(scaled, Fraction(1), named.method.id, (*terms, *more), (*found.warnings, *warnings))


def by_method_alone(key: Key, named: Named, gwp: str, as_of: date | None) -> Applied | tuple[Problem, ...]:
    """The coefficients of a method that brings its own parameters."""
    result = _computed(key, named, gwp, as_of, None)
    if isinstance(result, Refused):
        return result.problems
    found, terms, warnings = result
    return Applied(found, Fraction(1), named.method.id, terms, warnings)


_GAS_NAMES = ("co2_kg", "ch4_kg", "n2o_kg", "other_co2e_kg", "co2e_kg", "biogenic_co2_kg")


def _computed(
    key: Key, named: Named, gwp: str, as_of: date | None, factor: Mapping[str, Fraction | None] | None
) -> tuple[Coefficients, tuple[Term, ...], tuple[Problem, ...]] | Refused:
    kind = find_type(key.activity_type) if key.activity_type else None
    try:
        result = coefficient(
            named.method,
            {name: value for name, value in named.inputs.items() if name in named.method.inputs},
            unit=key.unit,
            year=key.year,
            activity_type=kind.id if kind else key.activity_type,
            region=key.region,
            factor=factor,
            as_of=as_of,
            gwp_set=gwp,
        )
    except MethodError as error:
        return Refused(tuple(_with_names(problem) for problem in error.problems))
    gases = {name: result[name] for name in _GAS_NAMES}
    total = gases["co2e_kg"]
    if total is None:
        values = {"method": named.method.id, **both("why", "no-co2e", gwp=gwp)}
        return Refused((Problem("method.cannot-compute", values=values),))
    found = Coefficients(
        gases["co2_kg"],
        gases["ch4_kg"],
        gases["n2o_kg"],
        gases["other_co2e_kg"],
        total,
        gases["biogenic_co2_kg"],
        gwp,
    )
    return found, _terms(result.trace), tuple(result.warnings)


def _with_names(problem: Problem) -> Problem:
    """A method's problem with the Chinese names of the activity types in it."""
    if problem.code not in ("method.parameter-none", "method.not-for-type"):
        return problem
    named = told_types("type", problem.values["type"])
    if "near" in problem.values:
        named |= told_types("near", *problem.values["near"].split(", "))
    return replace(problem, values={**problem.values, **named})


def _terms(trace: Trace) -> tuple[Term, ...]:
    found = []
    for term in trace.as_dict()["terms"]:
        source = ", ".join(str(part) for part in (term.get("source"), term.get("valid")) if part)
        notes = [str(term.get("origin", "")), "unverified" if term.get("mark") == "known" else ""]
        found.append(
            Term(
                str(term["name"]),
                str(term["value"]),
                str(term.get("unit", "")),
                source,
                " ".join(filter(None, notes)),
            )
        )
    return tuple(found)


def _factor_term(choice: Choice) -> Term:
    factor = choice.factor
    value = factor.co2e_kg if factor.co2e_kg is not None else factor.co2_kg
    unit = "CO2e" if factor.co2e_kg is not None else "CO2"
    source = ", ".join(part for part in (factor.source_title, factor.source_table) if part)
    shown = "" if value is None else f"{value:f}"
    return Term("factor", shown, f"kg {unit}/{factor.activity_unit}", source, factor_id=factor.factor_id)


def _times(value: Fraction | None, per_unit: Fraction) -> Fraction | None:
    return None if value is None else value * per_unit


def _family(key: Key, choice: Choice) -> str:
    head = key.activity_type.partition(".")[0]
    name = _BY_TYPE.get(head) or _FAMILIES.get(choice.category, DEFAULT)
    method = find(name)
    kind = find_type(key.activity_type) if key.activity_type else None
    fits = method is not None and method.applies(kind.id if kind else key.activity_type)
    return name if fits else DEFAULT
