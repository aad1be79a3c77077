"""What can be wrong with a unit. Each error carries the code and the values of the problem that it becomes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence


class UnitError(ValueError):
    """A unit that cannot be used; ``problem_code`` and ``values`` fill a sentence of ``catalogue/units.yaml``."""

    def __init__(self, problem_code: str, values: Mapping[str, str]) -> None:
        self.problem_code = problem_code
        self.values = dict(values)
        super().__init__(f"{problem_code}: " + ", ".join(f"{name} {value}" for name, value in values.items()))


class UnknownUnitError(UnitError):
    """No unit and no alias of this name; ``near`` are the closest."""

    def __init__(self, text: str, near: Sequence[str] = ()) -> None:
        self.text, self.near = text, tuple(near)
        super().__init__("unit.unknown", {"unit": text, "near": ", ".join(near) or "-"})


class AmbiguousUnitError(UnknownUnitError):
    """A name that means several units (ton, gallon); ``near`` are the candidates."""

    def __init__(self, text: str, near: Sequence[str]) -> None:
        self.text, self.near = text, tuple(near)
        UnitError.__init__(self, "unit.ambiguous", {"unit": text, "near": ", ".join(near)})


class PriceYearError(UnknownUnitError):
    """Money without the year of its prices."""

    def __init__(self, text: str, code: str) -> None:
        self.text, self.near = text, (f"{code}_2023",)
        UnitError.__init__(self, "unit.price-year", {"unit": text, "currency": code, "example": f"{code}_2023"})


class UnitMismatchError(UnitError):
    """Two units with no conversion between them that needs no guess."""
