"""Whether the equations of a guideline give what they say, in dimension and in size: t CO2, not kg, and not t C.

The numbers of these equations are of the guidelines: 44 is a molar mass of CO2, 19.7 the t CO2 in 10^4 Nm3, 1000 the kg in a tonne. Each
stands in ``LITERALS`` with its unit, so that leaving out 44/12 or /1000 is found when the file is read, not in somebody's report.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from fractions import Fraction

from hengtan.methods import Equation, EquationError
from hengtan.units import Compound, UnitError

from .method import Group, Parameter, Part, Ratio, SectorMethod
from .statement import compound


def _molar(substance: str) -> Compound:
    return compound(f"t {substance}".strip()) / Compound(powers={"substance": 1})


LITERALS: Mapping[str, Compound] = {
    "44": _molar("CO2"), "12": _molar("C"), "16": _molar("CH4"),
    "40": _molar(""), "56": _molar(""), "60": _molar(""), "70": _molar(""), "84": _molar(""), "100": _molar(""),
    "19.7": compound("t CO2/万Nm3"), "7.17": compound("t CH4/万Nm3"), "83.74": compound("kJ/kg"), "20": compound("degC"),
    "4.1868": compound("kJ/kg") / compound("degC"), "0.143": compound("kg/t"),
    "1000": Compound(Fraction(1, 1000)), "1000000": Compound(Fraction(1, 1000000)),
}  # fmt: skip
_GASES = {"co2": "CO2", "ch4": "CH4", "n2o": "N2O"}


class DimensionError(ValueError):
    """An equation of a guideline gives another thing than it says; names file, place and both dimensions."""


def check(method: SectorMethod) -> None:
    """Raises DimensionError with everything that does not fit."""
    wrong = list(_wrong(method))
    if wrong:
        raise DimensionError(f"{method.id}: " + "; ".join(wrong))


def _wrong(method: SectorMethod) -> Iterator[str]:
    for name, parameter in method.parameters.items():
        yield from _parameter(name, parameter, method.parameters)
    for group in method.groups.values():
        for shapes in _shapes(group):
            for name, parameter in shapes.items():
                yield from _parameter(f"{group.id}.{name}", parameter, {**method.parameters, **shapes})
    for source in method.sources:
        for part in source.parts:
            yield from _part(source.id, part, method)
    for ratio in method.ratios:
        yield from _ratio(ratio, method)


def _shapes(group: Group) -> list[Mapping[str, Parameter]]:
    """The parameters of its items, once for each set of units."""
    found = [group.own] if group.own else []
    for item in group.items.values():
        if all(_units(item.parameters) != _units(each) for each in found):
            found.append(item.parameters)
    return found


def _units(parameters: Mapping[str, Parameter]) -> list[tuple[str, str]]:
    return [(name, each.unit) for name, each in parameters.items()]


def _parameter(name: str, parameter: Parameter, known: Mapping[str, Parameter]) -> Iterator[str]:
    try:
        wanted = compound(parameter.unit)
    except UnitError:
        yield f"{name}: the unit {parameter.unit} is none"
        return
    for way in parameter.ways:
        yield from _fits(f"{name}, or {way.text}", way, wanted, known)
    if parameter.weight is not None:
        yield from _fits(f"{name}, weight", parameter.weight, None, known)


def _part(source: str, part: Part, method: SectorMethod) -> Iterator[str]:
    wanted = compound(f"t {_GASES.get(part.gas, '')}".strip())
    group = method.groups.get(part.group)
    for shapes in _shapes(group) if group else [{}]:
        yield from _fits(f"{source}: {part.equation.text}", part.equation, wanted, {**method.parameters, **shapes})


def _ratio(ratio: Ratio, method: SectorMethod) -> Iterator[str]:
    units = {}
    for name, what in ratio.reads.items():
        if what.startswith("emissions:"):
            units[name] = compound("t CO2")
        else:
            group = method.groups[what.partition(".")[0]]
            units[name] = compound(_shapes(group)[0][what.rpartition(".")[2]].unit)
    wanted = compound(ratio.unit)
    emissions = "t CO2e" if "CO2e" in ratio.unit else "t CO2"
    yield from _fits(ratio.id, ratio.equation, wanted, method.parameters, {**units, "e": compound(emissions)})


def _fits(
    where: str, equation: Equation, wanted: Compound | None, known: Mapping[str, Parameter],
    more: Mapping[str, Compound] | None = None,
) -> Iterator[str]:  # fmt: skip
    units = dict(more or {})
    for name in sorted(equation.names - units.keys()):
        if name not in known:
            yield f"{where}: there is no {name}"
            return
        units[name] = compound(known[name].unit)
    try:
        found = equation.unit(units, LITERALS)
    except EquationError as error:
        yield f"{where}: {error}"
        return
    if wanted is not None and (dict(found.powers), found.scale) != (dict(wanted.powers), wanted.scale):
        sizes = f"{found.dimension()} of {float(found.scale):g}, not {wanted.dimension()} of {float(wanted.scale):g}"
        yield f"{where} is {sizes}"
