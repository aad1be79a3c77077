"""From a method, the row's further columns and a factor to kg per unit, exact, with its trace."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from fractions import Fraction

from hengtan.gases import UnknownGasError, UnknownGwpError, blend, find, gwp, is_blend
from hengtan.problems import Problem
from hengtan.units import Unit, UnitError, UnitMismatchError, conversion, parse

from .equation import EquationError
from .errors import MethodError
from .method import DENSITY, GASES, Coefficient, Method, missing_problem, out_of_range, range_problem
from .parameter import Input, Parameter, Value, pick
from .trace import Term, Trace, plain

CO2_PER_C = Fraction(44, 12)
"""``co2_per_c`` in every equation: kg CO2 per kg C, with the whole-number molar masses of the IPCC and the guidelines."""

_MASSES = {"co2": "co2_kg", "ch4": "ch4_kg", "n2o": "n2o_kg", "biogenic_co2": "biogenic_co2_kg", "co2e": "co2e_kg"}
_FAR = 5
"""A measured value more than five times the default, or less than a fifth of it, is a slip of the unit."""


@dataclass
class _Work:
    """One resolution under way."""

    method: Method
    inputs: Mapping[str, Decimal]
    row: Unit
    key: str
    activity_type: str
    year: int
    as_of: date | None
    values: dict[str, Fraction] = field(default_factory=dict)
    terms: list[Term] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)
    warnings: list[Problem] = field(default_factory=list)
    target: Unit = field(init=False)
    per_row: Fraction = Fraction(1)  # one unit of the row in target units

    def put(self, column: Input, value: Fraction, term: Term) -> None:
        """Base units for the equation, the unit as written for the trace."""
        self.values[column.name] = value * column.unit.scale
        self.terms.append(term)


def coefficient(
    method: Method,
    inputs: Mapping[str, Decimal],
    *,
    unit: str,
    year: int,
    activity_type: str = "",
    region: str = "",
    factor: Mapping[str, Decimal | Fraction | None] | None = None,
    as_of: date | None = None,
    gwp_set: str = "AR5",
) -> Coefficient:
    """kg of each gas per ``unit`` of the amount.

    inputs   the columns named by ``method.inputs``, where not empty
    factor   kg of each gas (the six result columns) per ``method.factor_unit(unit)``; for methods that scale a factor
    year     the period that parameters must describe; ``as_of`` the day by which they must have been published
    Raises MethodError with all problems of the row.
    """
    if not method.applies(activity_type):
        raise MethodError(
            Problem("method.not-for-type", column="method", values={"method": method.id, "type": activity_type})
        )
    try:
        row = parse(unit)
    except UnitError as error:
        raise MethodError(Problem(error.problem_code, column="unit", values=error.values)) from error
    key = region if method.table_key == "region" else activity_type
    work = _Work(method, inputs, row, key, activity_type, year, as_of)
    _amount(work)
    used = frozenset().union(*(equation.names for equation in method.equations.values()))
    for column in method.input_columns:
        _input(work, column)
    for parameter in method.parameters:
        if parameter.name in used:
            _parameter(work, parameter)
    if "co2_per_c" in used:
        work.values["co2_per_c"] = CO2_PER_C
        title = {"en": "CO2 per carbon, 44/12", "zh": "二氧化碳与碳的质量比 44/12"}
        work.terms.append(Term("co2_per_c", title, CO2_PER_C, "kg CO2/kg C", "constant"))
    factors = _factor(work, factor, gwp_set)
    if work.problems:
        raise MethodError(work.problems)
    try:
        gases = _emissions(work, factors) if factors is not None else _masses(work, gwp_set)
    except EquationError as error:
        raise MethodError(
            Problem("method.cannot-compute", values={"method": method.id, **error.told("why")})
        ) from error
    methane = method.methane
    if methane == "carbon":
        fossil, biogenic = gases.get("co2_kg"), gases.get("biogenic_co2_kg")
        methane = "fossil" if fossil else "biogenic" if biogenic else "unknown"
    if gases.get("co2e_kg") is None:
        gases["co2e_kg"] = _total(gases, gwp_set, methane)
    equations = {result: equation.text for result, equation in method.equations.items()}
    trace = Trace(method.id, method.title, method.standard, equations, tuple(work.terms), unit)
    return Coefficient({name: gases.get(name) for name in GASES}, trace, methane, tuple(work.warnings))


def _amount(work: _Work) -> None:
    """One unit of the row in what the equations count in; a litre may need a density to be a tonne."""
    method, row = work.method, work.row
    work.target = method.target_unit(row, work.key)
    try:
        work.per_row = conversion(row, work.target, fuel=method.fuel)
    except UnitMismatchError as error:
        density = work.inputs.get(DENSITY)
        groups = (row.group, work.target.group)
        if set(groups) != {"volume", "mass"} or (density is None and groups != ("volume", "mass")):
            work.problems.append(Problem(error.problem_code, column="unit", values=error.values))
            work.per_row = Fraction(1)
        elif density is None:
            values = {"method": method.id, "column": DENSITY, "title": "Density", "title_zh": "密度", "unit": "kg/L"}
            work.problems.append(Problem("method.input-missing", column=DENSITY, values=values))
            work.per_row = Fraction(1)
        else:
            litre_of_row = Fraction(density)  # kg per L
            if row.group == "volume":
                work.per_row = (
                    conversion(row, parse("L"), fuel=False)
                    * litre_of_row
                    * conversion(parse("kg"), work.target, fuel=False)
                )
            else:
                work.per_row = (
                    conversion(row, parse("kg"), fuel=False)
                    / litre_of_row
                    * conversion(parse("L"), work.target, fuel=False)
                )
            title = {"en": "Density", "zh": "密度"}
            work.terms.append(Term(DENSITY, title, litre_of_row, "kg/L", "given"))
    if work.per_row != 1:
        title = {"en": f"1 {row.symbol} in {work.target.symbol}", "zh": f"1 {row.symbol} 合 {work.target.symbol}"}
        work.terms.append(Term("amount", title, work.per_row, f"{work.target.symbol}/{row.symbol}", "conversion"))
    fixed = method.unit not in ("", "table")
    work.values["amount"] = work.per_row * work.target.scale if fixed else Fraction(1)


def _input(work: _Work, column: Input) -> None:
    given = work.inputs.get(column.name)
    if given is None:
        if column.default is None:
            work.problems.append(missing_problem(work.method.id, column))
            return
        work.put(column, column.default, Term(column.name, column.title, column.default, _unit(work, column), "empty"))
        return
    value = Fraction(given)
    if out_of_range(column, value):
        work.problems.append(range_problem(work.method.id, column, value))
        return
    work.put(column, value, Term(column.name, column.title, value, _unit(work, column), "given"))


def _parameter(work: _Work, parameter: Parameter) -> None:
    choices = parameter.choices(work.key)
    found, covers = pick(choices, work.year, work.as_of)
    default = _per_row(work, parameter, found) if found else None
    given = work.inputs.get(parameter.name) if parameter.measurable else None
    if given is not None:
        value = Fraction(given)
        if out_of_range(parameter, value):
            work.problems.append(range_problem(work.method.id, parameter, value))
        elif default and value and not 1 <= _FAR * value / default <= _FAR * _FAR:
            values = {
                "column": parameter.name,
                "value": plain(value),
                "default": plain(default),
                "unit": _unit(work, parameter),
            }
            work.problems.append(Problem("method.input-implausible", column=parameter.name, values=values))
        else:
            term = Term(parameter.name, parameter.title, value, _unit(work, parameter), "measured")
            work.put(parameter, value, term)
        return
    if found is None or default is None:
        code = "method.unpublished" if choices else "method.parameter-none"
        near = ", ".join(sorted(parameter.by_type)[:6]) if parameter.by_type else "-"
        values = {
            "method": work.method.id,
            "parameter": parameter.name,
            "title": parameter.title["en"],
            "title_zh": parameter.title["zh"],
        }
        values |= {"type": work.key or "-", "near": near, "as_of": str(work.as_of or ""), "unit": parameter.unit_text}
        work.problems.append(Problem(code, column="method", values=values))
        return
    if not covers:
        values = {
            "method": work.method.id,
            "parameter": parameter.name,
            "valid": found.validity(),
            "year": str(work.year),
        }
        work.warnings.append(Problem("method.outside-validity", column="method", values=values))
    origin = "constant" if found.published is None and not found.source else "default"
    work.put(
        parameter,
        default,
        Term(
            parameter.name, parameter.title, default, _unit(work, parameter), origin,
            found.source, found.validity(), found.published, found.mark,
        ),
    )  # fmt: skip


def _per_row(work: _Work, parameter: Parameter, found: Value) -> Fraction:
    """Tables say GJ per t; a row in kg wants GJ per kg."""
    power: int = parameter.unit.powers.get("unit", 0)
    return found.value * work.per_row ** (-power)


def _unit(work: _Work, column: Input) -> str:
    return "/".join(work.row.symbol if part == "unit" else part for part in column.unit_text.split("/"))


def _factor(
    work: _Work, factor: Mapping[str, Decimal | Fraction | None] | None, gwp_set: str
) -> Mapping[str, Fraction | None] | None:
    """The six values per base unit of what the factor is per; None for a method that needs no factor."""
    need = work.method.factor
    if need is None:
        return None
    wanted = work.method.factor_unit(work.row.symbol, work.inputs)
    if factor is None:
        if need.otherwise == "gwp":
            factor = _weighed(work, gwp_set)
        if factor is None:
            work.problems.append(
                Problem(
                    "method.factor-missing", column="activity_type", values={"method": work.method.id, "unit": wanted}
                )
            )
            return {}
    # "unit" is counted as one in the equation where no unit is fixed; elsewhere in base units.
    scale = parse(need.unit or work.method.unit).scale if _fixed(work.method) else Fraction(1)
    return {name: None if factor.get(name) is None else Fraction(factor[name] or 0) / scale for name in GASES}


def _fixed(method: Method) -> bool:
    need = method.factor
    if need and need.unit not in ("", "price_year"):
        return True
    return method.unit not in ("", "table")


def _weighed(work: _Work, gwp_set: str) -> Mapping[str, Fraction | None] | None:
    """A kg of the gas that the activity type names (``refrigerant.R-410A``).

    Of a blend with HCFC, ``refrigerant.R-401A`` is the Kyoto part and ``refrigerant.R-401A.all_gases`` the whole.
    """
    wanted = work.activity_type.rpartition("refrigerant.")[2]
    name = wanted.removesuffix(".all_gases")
    try:
        if is_blend(name) and name == wanted:
            weight = blend(name).gwp(gwp_set, kyoto_only=blend(name).kyoto)
        else:
            weight = gwp(name, gwp_set)
    except UnknownGasError:
        return None
    except UnknownGwpError as error:
        work.problems.append(Problem(error.problem_code, column="activity_type", values=error.values))
        return {}
    title = {"en": f"Global warming potential of {name}", "zh": f"{name} 的全球变暖潜势"}
    work.terms.append(Term("factor", title, Fraction(weight), "kg CO2e/kg", "default", f"IPCC {gwp_set}, 100 years"))
    own = {"CO2": "co2_kg", "CH4": "ch4_kg", "N2O": "n2o_kg"}.get("" if is_blend(name) else find(name).name)
    if own:
        return {own: Fraction(1), "co2e_kg": Fraction(weight)}
    return {"other_co2e_kg": Fraction(weight), "co2e_kg": Fraction(weight)}


def _emissions(work: _Work, factors: Mapping[str, Fraction | None]) -> dict[str, Fraction | None]:
    """Every gas of the factor, scaled alike."""
    scale = work.method.equations["emissions"].value(work.values | {"factor": Fraction(1)})
    return {name: None if value is None else value * scale for name, value in factors.items()}


def _masses(work: _Work, gwp_set: str) -> dict[str, Fraction | None]:
    """Each result of the equations in kg; a gas without a column of its own weighs by its GWP."""
    gases: dict[str, Fraction | None] = {}
    for result, equation in work.method.equations.items():
        mass = equation.value(work.values)
        if result in _MASSES:
            gases[_MASSES[result]] = mass
            continue
        try:
            weight = Fraction(gwp(result, gwp_set))
        except UnknownGwpError as error:
            raise MethodError(Problem(error.problem_code, values=error.values)) from error
        title = {"en": f"Global warming potential of {result}", "zh": f"{result} 的全球变暖潜势"}
        work.terms.append(Term(f"gwp {result}", title, weight, "kg CO2e/kg", "default", f"IPCC {gwp_set}, 100 years"))
        gases["other_co2e_kg"] = (gases.get("other_co2e_kg") or Fraction(0)) + mass * weight
    return gases


def _total(gases: Mapping[str, Fraction | None], gwp_set: str, methane: str) -> Fraction | None:
    """co2 + ch4 x GWP + n2o x GWP + other, of what is stated; None when nothing is."""
    parts = [gases.get("co2_kg"), gases.get("other_co2e_kg")]
    for name, gas in (("ch4_kg", "CH4"), ("n2o_kg", "N2O")):
        mass = gases.get(name)
        if mass is not None:
            parts.append(mass * Fraction(gwp(gas, gwp_set, methane)))
    stated = [part for part in parts if part is not None]
    if not stated and gases.get("biogenic_co2_kg") is not None:
        return Fraction(0)
    return sum(stated, Fraction(0)) if stated else None
