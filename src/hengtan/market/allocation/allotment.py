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


def shown(value: Fraction, decimals: int = 12) -> str:
    """Plain decimal text, without zeros at the end: exact where that many decimals are enough, else rounded half-even."""
    if value.denominator == 1:
        return str(value.numerator)
    scaled, rest = divmod(abs(value.numerator) * 10**decimals, value.denominator)
    scaled += 2 * rest > value.denominator or (2 * rest == value.denominator and scaled % 2)
    text = f"{scaled:0{decimals + 1}d}"
    whole, part = text[:-decimals], text[-decimals:].rstrip("0")
    text = f"{whole}.{part}" if part else whole
    return f"-{text}" if value < 0 and scaled else text


def fixed(value: Fraction, decimals: int) -> str:
    """Decimal text with so many decimals, rounded half away from zero."""
    scaled = (2 * abs(value.numerator) * 10**decimals + value.denominator) // (2 * value.denominator)
    text = f"{scaled:0{decimals + 1}d}"
    text = f"{text[:-decimals]}.{text[-decimals:]}" if decimals else text
    return f"-{text}" if value < 0 and scaled else text


def number(text: str) -> Fraction:
    """Of plain decimal text; ``Fraction`` itself reads every form of a number, and takes its time."""
    whole, point, part = text.partition(".")
    if "e" in part or "e" in whole or "E" in text:
        return Fraction(text)
    return Fraction(int(whole + part), 10 ** len(part)) if point else Fraction(int(whole))
