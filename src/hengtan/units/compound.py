"""Units of parameters, ``t C/GJ_ncv`` or ``kg CO2/kg C``: a scale and powers of groups, with the substance kept apart."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from fractions import Fraction
from functools import cache

from .errors import UnknownUnitError
from .unit import Unit, currency, symbols

SUBSTANCES = ("C", "CO2", "CH4", "N2O", "CO2e", "COD", "gas")
"""A tonne of carbon is not a tonne of CO2: leaving out 44/12 is a wrong dimension, not a small slip."""

_EXTRA = {  # used by parameters, never by a quantity that somebody enters
    "kJ": Unit("kJ", "energy", Fraction(1000)),
    "J": Unit("J", "energy", Fraction(1)),
    "kJ_ncv": Unit("kJ_ncv", "energy", Fraction(1000), "ncv"),
    "degC": Unit("degC", "temperature", Fraction(1)),  # differences only: no equation multiplies a temperature
    "mol": Unit("mol", "substance", Fraction(1)),
    "kmol": Unit("kmol", "substance", Fraction(1000)),
}
_PART = re.compile(rf"^(?P<unit>\S+?)(?:\s+(?P<substance>{'|'.join(SUBSTANCES)}))?$")


@dataclass(frozen=True, slots=True)
class Compound:
    """A product of powers.

    scale   one of it in base units (kg, J, m3, ...)
    powers  by dimension: a group, ``mass CO2``, ``energy ncv``; none of power 0
    """

    scale: Fraction = Fraction(1)
    powers: Mapping[str, int] = field(default_factory=dict)

    def __mul__(self, other: Compound) -> Compound:
        powers = dict(self.powers)
        for name, power in other.powers.items():
            powers[name] = powers.get(name, 0) + power
        return Compound(self.scale * other.scale, {name: power for name, power in sorted(powers.items()) if power})

    def inverse(self) -> Compound:
        """One over it."""
        return Compound(1 / self.scale, {name: -power for name, power in self.powers.items()})

    def __truediv__(self, other: Compound) -> Compound:
        return self * other.inverse()

    def dimension(self) -> str:
        """For people: ``mass CO2 / energy ncv``."""
        over = " x ".join(_power(name, power) for name, power in self.powers.items() if power > 0)
        under = " / ".join(_power(name, -power) for name, power in self.powers.items() if power < 0)
        return (over or "1") + (f" / {under}" if under else "")


def _power(name: str, power: int) -> str:
    return name if power == 1 else f"{name}^{power}"


@cache
def parse_compound(text: str) -> Compound:
    """The unit of a parameter: symbols joined by ``/`` and ``*``, each with its substance; ``1`` and ``%`` are numbers.

    Raises UnknownUnitError with the part that does not parse.
    """
    result = Compound()
    for index, group in enumerate(text.split("/")):
        for part in group.split("*"):
            piece = _piece(part.strip(), text)
            result = result / piece if index else result * piece
    return result


def _piece(part: str, text: str) -> Compound:
    if part in ("1", ""):
        return Compound()
    if part == "%":
        return Compound(Fraction(1, 100))
    match = _PART.match(part)
    symbol = match["unit"] if match else part
    unit = symbols().get(symbol) or _EXTRA.get(symbol) or currency(symbol)
    if unit is None or match is None:
        raise UnknownUnitError(part if part == text else f"{part} in {text}")
    substance = match["substance"] or unit.basis
    return Compound(unit.scale, {f"{unit.group} {substance}" if substance else unit.group: 1})
