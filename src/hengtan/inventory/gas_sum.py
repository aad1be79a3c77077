"""The gases of one unit of a row, summed exactly over the factors that share it, and rounded once."""

from __future__ import annotations

from dataclasses import dataclass, field
from decimal import Decimal
from fractions import Fraction

from hengtan.factors import Coefficients
from hengtan.problems import Problem

from .keys import Key
from .line import GASES, LARGEST, coefficient


@dataclass(slots=True)
class GasSum:
    """Sums over several factors: NULL where one of them does not state the gas, unless it releases nothing.

    parts   kg CO2e by the name under which they were added
    """

    values: dict[str, Fraction | None] = field(default_factory=dict)
    parts: dict[str, Fraction] = field(default_factory=dict)

    def add(self, one: Coefficients, weight: Fraction, name: str = "") -> None:
        """Add ``weight`` activity_units of one factor, called ``name``."""
        self.parts[name] = self.parts.get(name, Fraction(0)) + one.co2e_kg * weight
        for gas in GASES:
            value: Fraction | None = getattr(one, gas)
            if value is None and one.co2e_kg == 0 and gas != "biogenic_co2_kg":
                value = Fraction(0)  # nothing at all is released, so nothing of any gas
            if gas not in self.values:
                self.values[gas] = None if value is None else value * weight
                continue
            before = self.values[gas]
            if gas == "biogenic_co2_kg":
                parts = [part for part in (before, None if value is None else value * weight) if part is not None]
                self.values[gas] = sum(parts, Fraction(0)) if parts else None
            else:
                self.values[gas] = None if before is None or value is None else before + value * weight

    def rounded(self, key: Key, share: Fraction) -> dict[str, Decimal | None] | Problem:
        """The coefficients of a line, times the share; a Problem where one does not fit DECIMAL(20,12)."""
        exact = {name: None if value is None else value * share for name, value in self.values.items()}
        numbers = {name: None if value is None else coefficient(value) for name, value in exact.items()}
        for name, value in exact.items():
            number = numbers[name]
            if value is None or number is None:
                continue
            values = {"unit": key.unit or "-", "activity_type": key.activity_type or key.factor_id}
            if abs(number) >= LARGEST:
                return Problem("coefficient.too-large", column="unit", values={**values, "value": f"{number:f}"})
            if name == "co2e_kg" and value and not number and not key.zero:
                return Problem("coefficient.too-small", column="unit", values=values)
        return numbers

    def shared(self, share: Fraction) -> dict[str, Fraction]:
        """The parts of a line of several factors, times the share; empty for one factor."""
        return {name: kg * share for name, kg in self.parts.items()} if len(self.parts) > 1 else {}
