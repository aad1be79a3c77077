"""What is asked of the library, and what it answers."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from fractions import Fraction

from hengtan.problems import Problem

from .factor import Factor
from .policy import CLASSES


@dataclass(frozen=True, slots=True)
class Query:
    """What a row says that decides its factor; texts as they stand in the row, "" where empty.

    year        the year whose factor is wanted
    unit        "" only for a quantity of 0, which needs none
    start, end  the days of the activity, where the year alone is too coarse (pinned factors)
    """

    activity_type: str
    unit: str
    region: str
    year: int
    factor_id: str = ""
    start: date | None = None
    end: date | None = None
    scope: str = ""
    category: str = ""


@dataclass(frozen=True, slots=True)
class Considered:
    """A factor that was looked at and not taken. match: the class it would have had; why: in English, zh: in Chinese."""

    factor_id: str
    match: str
    why: str
    zh: str


@dataclass(frozen=True, slots=True)
class Choice:
    """The factor for a row.

    match       pinned, exact, earlier-year, parent-region or proxy
    policy      name of the policy that chose
    basis       location or market for scope 2, else "-"
    scope       1, 2, 3; None outside the scopes
    category    as the contract names them; "" if unknown
    per_unit    one unit of the row = x activity_unit of the factor
    considered  what else came near
    warnings    to be told with the posted row
    """

    factor: Factor
    match: str
    policy: str
    basis: str
    scope: int | None
    category: str
    per_unit: Fraction
    considered: tuple[Considered, ...] = ()
    warnings: tuple[Problem, ...] = ()


Refusal = tuple[Problem, ...]


def worse(one: str, other: str) -> str:
    """The worse of two match classes."""
    return max(one, other, key=CLASSES.index)
