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
    """Sums over several factors: NULL where one of them does not state the gas, unless it releases nothing."""

    values: dict[str, Fraction | None] = field(default_factory=dict)

    def add(self, one: Coefficients, weight: Fraction) -> None:
        """Add ``weight`` activity_units of one factor."""
        for name in GASES:
            value: Fraction | None = getattr(one, name)
            if value is None and one.co2e_kg == 0 and name != "biogenic_co2_kg":
                value = Fraction(0)  # nothing at all is released, so nothing of any gas
            if name not in self.values:
                self.values[name] = None if value is None else value * weight
                continue
            before = self.values[name]
            if name == "biogenic_co2_kg":
                parts = [part for part in (before, None if value is None else value * weight) if part is not None]
                self.values[name] = sum(parts, Fraction(0)) if parts else None
            else:
                self.values[name] = None if before is None or value is None else before + value * weight

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
