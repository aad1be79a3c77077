"""The gases of one unit of a row, summed exactly over the factors that share it, and rounded once."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from fractions import Fraction

from hengtan.factors import Coefficients, told_types
from hengtan.gases import SETS, UnknownGwpError, gwp
from hengtan.problems import Problem

from .keys import Key
from .line import GASES, LARGEST, coefficient


@dataclass(slots=True)
class GasSum:
    """Sums over several factors: NULL where none of them states the gas, or one that releases something does not.

    parts   kg CO2e by the name under which they were added; open: gases that some factor leaves open
    """

    values: dict[str, Fraction | None] = field(default_factory=lambda: dict[str, Fraction | None].fromkeys(GASES))
    parts: dict[str, Fraction] = field(default_factory=dict)
    open: set[str] = field(default_factory=set)
    gwp_set: str = ""

    def add(self, one: Coefficients, weight: Fraction, name: str = "") -> None:
        """Add ``weight`` activity_units of one factor, called ``name``."""
        self.parts[name] = self.parts.get(name, Fraction(0)) + one.co2e_kg * weight
        self.gwp_set = one.gwp_set or self.gwp_set
        for gas in GASES:
            value: Fraction | None = getattr(one, gas)
            if value is not None:
                self.values[gas] = value * weight + (self.values[gas] or 0)
            elif gas != "biogenic_co2_kg" and one.co2e_kg != 0:
                # Biogenic CO2 that is not stated is none; a factor of 0 releases nothing of any gas.
                self.open.add(gas)
            if gas in self.open:
                self.values[gas] = None

    def rounded(self, key: Key, share: Fraction) -> dict[str, Decimal | None] | Problem:
        """The coefficients of a line, times the share; a Problem where one does not fit DECIMAL(20,12).

        ``co2e_kg`` and each gas are rounded by themselves; ``other_co2e_kg`` takes what their rounding leaves, so that
        co2e_kg = co2_kg + ch4_kg x GWP + n2o_kg x GWP + other_co2e_kg holds to the last digit in every row.
        """
        exact = {name: None if value is None else value * share for name, value in self.values.items()}
        numbers = {name: None if value is None else coefficient(value) for name, value in exact.items()}
        rest = self._rest(numbers) if share else None
        if rest is not None:
            numbers["other_co2e_kg"] = coefficient(rest)
        for name, value in exact.items():
            number = numbers[name]
            if value is None or number is None:
                continue
            values = {"unit": key.unit or "-", **told_types("activity_type", key.activity_type or key.factor_id)}
            if abs(number) >= LARGEST:
                return Problem("coefficient.too-large", column="unit", values={**values, "value": f"{number:f}"})
            if name == "co2e_kg" and value and not number and not key.zero:
                return Problem("coefficient.too-small", column="unit", values=values)
        return numbers

    def _rest(self, numbers: Mapping[str, Decimal | None]) -> Fraction | None:
        """CO2e that the rounded gases leave of the rounded total; None where the gases do not make the total up.

        What CH4 weighs is taken from the sums themselves: AR6 weighs it by its origin, which a sum of factors may mix.
        """
        if numbers["other_co2e_kg"] is None or self.gwp_set not in SETS:
            return None
        co2, ch4, n2o, other, total = (self.values[name] or Fraction(0) for name in GASES[:5])
        try:
            nitrous = Fraction(gwp("N2O", self.gwp_set))
        except UnknownGwpError:
            return None
        left = total - co2 - n2o * nitrous - other
        if left and not ch4:
            return None
        methane = left / ch4 if ch4 else Fraction(0)
        found = {name: Fraction(numbers[name] or 0) for name in GASES}
        return found["co2e_kg"] - found["co2_kg"] - found["ch4_kg"] * methane - found["n2o_kg"] * nitrous

    def shared(self, share: Fraction) -> dict[str, Fraction]:
        """The parts of a line of several factors, times the share; empty for one factor."""
        return {name: kg * share for name, kg in self.parts.items()} if len(self.parts) > 1 else {}
