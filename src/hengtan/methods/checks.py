"""What a method must satisfy before it is used: names known, dimensions right, gases proportional to the amount."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from fractions import Fraction

from hengtan.problems import both
from hengtan.units import Compound, parse_compound

from .equation import Equation, EquationError
from .method import Method

Found = tuple[str, Mapping[str, str]]

_MASS = {"co2": "mass CO2", "ch4": "mass CH4", "n2o": "mass N2O", "biogenic_co2": "mass CO2", "co2e": "mass CO2e"}


def check(method: Method) -> list[Found]:
    """Every problem, as code and values."""
    found = list(_amount(method))
    units = _units(method)
    for result, equation in method.equations.items():
        where = f"equation, {result}"
        unknown = sorted(equation.names - units.keys())
        for name in unknown:
            found.append(("method.name-unknown", {"where": where, "name": name, "known": ", ".join(sorted(units))}))
        if not unknown:
            found += _fits(method, result, equation, units, where)
    if "emissions" in method.equations and method.factor is None:
        found.append(("method.key-missing", {"where": "method", "key": "factor"}))
    if "emissions" in method.equations and len(method.equations) > 1:
        found.append(("method.not-linear", {"where": "equation", **both("why", "emissions-alone")}))
    used = frozenset().union(*(equation.names for equation in method.equations.values()))
    for column in (*method.input_columns, *method.parameters):
        if column.name not in used:
            found.append(("method.unused", {"where": "method", "name": column.name}))
    return found


def _units(method: Method) -> dict[str, Compound]:
    fixed = method.unit not in ("", "table")
    amount = parse_compound(method.unit) if fixed else Compound(powers={"unit": 1})
    units = {"amount": amount, "co2_per_c": parse_compound("kg CO2/kg C")}
    if method.factor:
        per = parse_compound(method.factor.unit) if method.factor.unit not in ("", "price_year") else amount
        units["factor"] = parse_compound("kg gas") / per
    units |= {column.name: column.unit for column in (*method.input_columns, *method.parameters)}
    return units


def _fits(
    method: Method, result: str, equation: Equation, units: Mapping[str, Compound], where: str
) -> Iterator[Found]:
    wanted = Compound(powers={"mass gas" if result == "emissions" else _MASS.get(result, "mass gas"): 1})
    try:
        dimension = equation.dimension(units)
        if dict(dimension.powers) != dict(wanted.powers):
            yield "method.dimension", {"where": where, "found": dimension.dimension(), "wanted": wanted.dimension()}
        if equation.degree("amount") != 1:
            yield "method.not-linear", {"where": where, **both("why", "result-not-proportional", name="amount")}
        if result == "emissions" and equation.degree("factor") != 1:
            yield "method.not-linear", {"where": where, **both("why", "result-not-proportional", name="factor")}
    except EquationError as error:
        if error.key == "equation-not-proportional":
            yield "method.not-linear", {"where": where, **error.told("why")}
        else:
            yield "method.dimension", {"where": where, **error.told("found"), "wanted": wanted.dimension()}


def _amount(method: Method) -> Iterator[Found]:
    equation = method.amount_equation
    if equation is None:
        return
    known = {"quantity", *method.amount_inputs}
    for name in sorted(equation.names - known):
        yield "method.name-unknown", {"where": "amount", "name": name, "known": ", ".join(sorted(known))}
    if equation.names - known:
        return
    if "quantity" not in equation.names:
        yield "method.not-linear", {"where": "amount", **both("why", "amount-without-quantity")}
    for column in method.amount_columns:
        if column.name not in equation.names:
            yield "method.unused", {"where": "amount", "name": column.name}
        if dict(column.unit.powers) != {"unit": 1}:
            yield (
                "method.dimension",
                {"where": f"amount, {column.name}", "found": column.unit.dimension(), "wanted": "unit"},
            )
    try:
        values = {name: Fraction(prime) for name, prime in zip(sorted(known), _PRIMES, strict=False)}
        terms = method.amount_terms()
        straight = sum((terms[name] * value for name, value in values.items()), Fraction(0))
        if equation.value(values) != straight or equation.value(dict.fromkeys(known, Fraction(0))) != 0:
            raise EquationError("amount-no-sum")
    except EquationError as error:
        yield "method.not-linear", {"where": "amount", **error.told("why")}


_PRIMES = (2, 3, 5, 7, 11, 13, 17, 19, 23, 29, 31, 37)
