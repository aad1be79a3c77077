"""What a posting is made of: lots of numbered units that go and come, money that moves, a claim."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from .instrument import Instrument

HELD, FROZEN, LENT, OUT = (
    "held",
    "frozen",
    "lent",
    "out",
)  # pledged units stay on the account; repo and lending move them
SURRENDERED, RETIRED, CANCELLED = "surrendered", "retired", "cancelled"
PLACES = (HELD, FROZEN, LENT, OUT, SURRENDERED, RETIRED, CANCELLED)
FINAL = (SURRENDERED, RETIRED, CANCELLED)  # nothing leaves them, by whatever way
LARGEST_QUANTITY = 10**12  # units in one event; the country issues 10^10 a year
LARGEST_SERIAL = 2**63 - 2
LARGEST_FEN = 10**14  # one amount of money: 10^12 yuan
LARGEST_SUM = 2**63 - 1


@dataclass(frozen=True, slots=True)
class Range:
    """Numbers of units in a series, both ends included."""

    series: str
    first: int
    last: int

    @property
    def quantity(self) -> int:
        """How many units."""
        return self.last - self.first + 1

    def __str__(self) -> str:
        return f"{self.series}:{self.first}-{self.last}"


@dataclass(frozen=True, slots=True)
class Batch:
    """Units that came into the book together; their numbers are the registry's, or, where it gives none, 1 to n of the batch.

    number  per book, from 1; day: when it came; origin: kind of the event
    """

    number: int
    instrument: Instrument
    series: str
    first: int
    last: int
    day: date
    origin: str

    @property
    def quantity(self) -> int:
        """How many units."""
        return self.last - self.first + 1


@dataclass(frozen=True, slots=True)
class Lot:
    """A range of units of one batch in one place: in an account (held, frozen), gone (out), or used for good."""

    batch: int
    first: int
    last: int
    account: str
    place: str
    contract: str = ""

    @property
    def quantity(self) -> int:
        """How many units."""
        return self.last - self.first + 1


@dataclass(frozen=True, slots=True)
class Money:
    """Fen that move from one account of money to another: ``cash:ENTITY``, ``price:ENTITY``, ``fee:ENTITY``, ...

    source, target  both of the book, so that every movement balances
    """

    what: str
    source: str
    target: str
    fen: int


@dataclass(frozen=True, slots=True)
class Claim:
    """For what, for whom and for which year units were used."""

    purpose: str
    beneficiary: str
    year: int


@dataclass(frozen=True, slots=True)
class Posting:
    """One event as it stands in the book: whole lots that go, lots that come, batches that begin, money.

    reverses  number of the posting that this one takes back; 0
    """

    number: int
    kind: str
    day: date
    event: Mapping[str, Any]
    spent: tuple[Lot, ...] = ()
    made: tuple[Lot, ...] = ()
    batches: tuple[Batch, ...] = ()
    money: tuple[Money, ...] = ()
    claim: Claim | None = None
    reverses: int = 0
    entity: str = ""


def coalesced(parts: Iterable[tuple[int, int, int]]) -> list[tuple[int, int, int]]:
    """(batch, first, last) in order, neighbours joined; overlapping parts stay apart, so that they are seen.

    >>> coalesced([(1, 5, 9), (1, 1, 4), (2, 1, 1)])
    [(1, 1, 9), (2, 1, 1)]
    """
    joined: list[tuple[int, int, int]] = []
    for batch, first, last in sorted(parts):
        if joined and joined[-1][0] == batch and joined[-1][2] + 1 == first:
            joined[-1] = (batch, joined[-1][1], last)
        else:
            joined.append((batch, first, last))
    return joined
