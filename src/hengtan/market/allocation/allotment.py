"""What a plan gives to one unit, line or entity, with the steps that lead there."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction


@dataclass(frozen=True, slots=True)
class Term:
    """One quantity of an equation. unit: empty for a plain factor; source: empty for what the entity reported."""

    symbol: str
    name: str
    value: Fraction
    unit: str
    source: str

    @property
    def mark(self) -> str:
        """``R`` read in the source, ``K`` known from it, empty for reported values."""
        return "" if not self.source else "R" if self.source.startswith("read:") else "K"


@dataclass(frozen=True, slots=True)
class Allotment:
    """Allowances of one unit or line.

    power, heat     before rounding, None where the rule has no such parts
    initial, final  whole allowances: as calculated, and after the exemptions of the unit
    rule            ``benchmark``, ``balance``, ``intensity``, ``verified``, ``gas-exempt``, ``special:ID``
    covered         False: the plan does not hold this unit, its emissions are not owed under it
    """

    entity: str
    name: str
    power: Fraction | None
    heat: Fraction | None
    initial: int
    final: int
    verified: int
    rule: str
    terms: tuple[Term, ...]
    covered: bool = True
    source: str = ""


@dataclass(frozen=True, slots=True)
class EntityAllotment:
    """Allowances of an entity: the sum of its units, and what it is topped up with where the gap is capped.

    units_final               sum of the units after their exemptions, before the cap
    pre_allocation, to_issue  None where the base of the pre-allocation was not given; to_issue below 0 is clawed back
    may_borrow                of the next year's allowances, where the plan lets
    """

    entity: str
    initial: int
    topped_up: int
    final: int
    verified: int
    pre_allocation: int | None = None
    may_borrow: int | None = None
    units_final: int = 0
    base: Fraction | None = None

    @property
    def to_buy(self) -> int:
        """Allowances that are missing."""
        return max(0, self.verified - self.final)

    @property
    def to_issue(self) -> int | None:
        """What is still to be given, or, below 0, to be taken back."""
        return None if self.pre_allocation is None else self.final - self.pre_allocation

    @property
    def gap_rate_pct(self) -> Fraction:
        """(verified - final) / verified in per cent; below 0 is a surplus; 0 where nothing was emitted."""
        return Fraction(100 * (self.verified - self.final), self.verified) if self.verified else Fraction(0)
