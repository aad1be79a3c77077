"""What a statement comes to: sources with their steps, figures beside the emissions, and what was not worked out."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from math import floor

from hengtan.problems import Problem

from .method import SectorMethod, Source
from .statement import Place, Statement

ZERO = Fraction(0)


@dataclass(frozen=True, slots=True)
class Used:
    """A value as an equation used it. obtained: ``default`` where the guideline gave it; row: 0 where no row did."""

    name: str
    value: Fraction
    unit: str
    obtained: str
    source: str
    mark: str = ""
    row: int = 0
    months: Mapping[int, Fraction] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Step:
    """One equation worked out for one item. gas_t, co2e_t: tonnes of the gas and CO2e before any rounding; item "" for single parameters."""

    group: str
    item: str
    gas: str
    equation: str
    gas_t: Fraction
    used: tuple[Used, ...]
    minus: bool = False
    co2e_t: Fraction = ZERO


@dataclass(frozen=True, slots=True)
class SourceResult:
    """A source at a place. co2_t, co2e_t in tonnes, rounded as the guideline says; steps explain them."""

    source: Source
    place: Place
    co2_t: Fraction
    co2e_t: Fraction
    steps: tuple[Step, ...]


@dataclass(frozen=True, slots=True)
class RatioResult:
    """A figure beside the emissions."""

    id: str
    place: Place
    value: Fraction
    unit: str
    equation: str


@dataclass(frozen=True, slots=True)
class Result:
    """What a statement comes to.

    incomplete  places where a source could not be worked out
    years       the value of the year of what was stated by month and is a mean, weighted
    counted     what was stated and is read by the equations of emissions, itself or through what follows from it
    """

    method: SectorMethod
    year: int | None
    sources: Sequence[SourceResult]
    ratios: Sequence[RatioResult]
    problems: Sequence[Problem]
    statement: Statement
    incomplete: frozenset[Place]
    years: Mapping[tuple[Place, str], Fraction] = field(default_factory=dict)
    counted: frozenset[tuple[Place, str]] = frozenset()

    def total(self, results: Iterable[SourceResult] | None = None, *, gas: str = "co2e") -> Fraction:
        """Of the sources that count; what is removed is subtracted."""
        chosen = self.sources if results is None else results
        signs = {"direct": 1, "indirect": 1, "removed": -1, "note": 0}
        return sum(
            (
                (each.co2e_t if gas == "co2e" else each.co2_t) * signs[each.source.kind]
                for each in chosen
                if each.source.counts
            ),
            ZERO,
        )


def rounded(value: Fraction, decimals: int | None) -> Fraction:
    """Half away from zero, as the guidelines round; None: as it is."""
    if decimals is None:
        return value
    scaled = floor(abs(value) * 10**decimals + Fraction(1, 2))
    return Fraction(scaled if value >= 0 else -scaled, 10**decimals)
