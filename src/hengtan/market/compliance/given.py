"""What a compliance plan is made from: who owes, who holds, what can be bought when, and what limits him."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import Literal

Kind = Literal["CEA", "CCER"]
Aim = Literal["expected", "high"]


@dataclass(frozen=True, slots=True)
class Emissions:
    """What an entity owes for one year, in t CO2e.

    verified_t           verified: no forecast
    months, last_year    tonnes by month, ``2026-01``: this year so far, and the same months of the year before
    expected_t           somebody else's forecast, with low_t and high_t (10th and 90th percentile) where he gives them
    """

    year: int
    verified_t: int | None = None
    months: Mapping[str, Decimal] = field(default_factory=dict)
    last_year: Mapping[str, Decimal] = field(default_factory=dict)
    expected_t: int | None = None
    low_t: int | None = None
    high_t: int | None = None


@dataclass(frozen=True, slots=True)
class Holding:
    """Units of one kind in whole tonnes; ``path`` is its place in the file.

    vintage, origin            of allowances: ``allocated``, ``pre-allocated``, ``carried-over``, ``bought``
    registered, inside_market  of credits; started, made_from where known
    pledged_t                  of these, pledged: free on ``free_on`` where they are released for ``release_cny``; free_on None: not to be released
    """

    id: str
    kind: Kind
    t: int
    path: str
    vintage: int = 0
    origin: str = "bought"
    registered: date | None = None
    inside_market: bool = False
    started: date | None = None
    made_from: date | None = None
    methodology: str = ""
    pledged_t: int = 0
    free_on: date | None = None
    release_cny: Decimal = Decimal(0)


@dataclass(frozen=True, slots=True)
class Allocation:
    """Allowances that are still to come: vintage ``year``, on the account on a day."""

    year: int
    t: int
    on: date


@dataclass(frozen=True, slots=True)
class Trades:
    """Tonnes sold and bought from 2024-01-01 on (to 2025-12-31 at most), and, once that is past, old vintages held on 2025-12-31."""

    sold_t: int
    bought_t: int
    holding_t: int | None = None


@dataclass(frozen=True, slots=True)
class Entity:
    """One key emitting entity. sales_t: by year, how much may be sold at that year's deadline; nothing where absent."""

    id: str
    name: str
    sector: str
    path: str
    emissions: tuple[Emissions, ...]
    holdings: tuple[Holding, ...] = ()
    allocations: tuple[Allocation, ...] = ()
    on_time: tuple[int, ...] = ()
    trades: Trades | None = None
    sales_t: Mapping[int, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Offer:
    """What can be contracted now: spot where it is delivered by the end of the buying window, else a forward.

    price_cny_t with all fees; most_t None: as much as one wants; lot_t: in whole lots; paid on delivery
    """

    id: str
    kind: Kind
    price_cny_t: Decimal
    delivered: date
    path: str
    vintage: int = 0
    registered: date | None = None
    inside_market: bool = False
    most_t: int | None = None
    lot_t: int = 1


@dataclass(frozen=True, slots=True)
class Scenario:
    """One future: its probability, prices at the deadline of each year (CNY/t with fees), and how emissions not yet verified come out."""

    name: str
    probability: Decimal
    cea_cny_t: Mapping[int, Decimal]
    ccer_cny_t: Mapping[int, Decimal]
    emissions_factor: Decimal = Decimal(1)


@dataclass(frozen=True, slots=True)
class Cash:
    """Not more than ``most_cny`` is paid up to and with a day, by one entity or (entity empty) by all."""

    by: date
    most_cny: Decimal
    path: str
    entity: str = ""


@dataclass(frozen=True, slots=True)
class Quote:
    """One day of the market: close in CNY/t, tonnes and CNY traded where known."""

    day: date
    close_cny_t: Decimal
    volume_t: int | None = None
    turnover_cny: Decimal | None = None


@dataclass(frozen=True, slots=True)
class Case:
    """Everything a plan is made from.

    buy_until        end of the window in which offers are taken up; spot is what is delivered until then
    transfers        whether entities may hand each other units, for ``transfer_cny_t``
    daily_most_t     by kind, how much all together may buy on one trading day; trading_days: by ``now`` or year, where counted by hand
    end_cea_cny_t    what a tonne that is left after the last year is worth; so end_ccer_cny_t
    """

    as_of: date
    years: tuple[int, ...]
    entities: tuple[Entity, ...]
    offers: tuple[Offer, ...] = ()
    scenarios: tuple[Scenario, ...] = ()
    title: str = ""
    sample: bool = False
    aim: Aim = "expected"
    buy_until: date = date.max
    transfers: bool = False
    transfer_cny_t: Decimal = Decimal(0)
    cash: tuple[Cash, ...] = ()
    daily_most_t: Mapping[str, int] = field(default_factory=dict)
    trading_days: Mapping[str, int] = field(default_factory=dict)
    end_cea_cny_t: Decimal = Decimal(0)
    end_ccer_cny_t: Decimal = Decimal(0)
    quotes: tuple[Quote, ...] = ()
    confidence: Decimal = Decimal("0.95")
    risk_days: int = 10

    def place(self, path: str) -> str:
        """What a person calls the place of a pointer: the entity, its holding, an offer, a scenario; empty where it has no name.

        >>> one = Entity("a", "甲", "power", "/entities/0", (), (Holding("自有", "CEA", 5, "/entities/0/holdings/0"),))
        >>> Case(date(2026, 11, 20), (2025,), (one,)).place("/entities/0/holdings/0/pledge/t")
        '甲 · 自有'
        """
        parts = path.split("/")[1:]
        numbers = [int(each) if each.isdecimal() else -1 for each in parts]
        lists = {"entities": self.entities, "offers": self.offers, "scenarios": self.scenarios}
        if len(parts) < 2 or not 0 <= numbers[1] < len(lists.get(parts[0], ())):
            return ""
        if parts[0] == "offers":
            return self.offers[numbers[1]].id
        if parts[0] == "scenarios":
            return self.scenarios[numbers[1]].name
        entity = self.entities[numbers[1]]
        if parts[2:3] == ["holdings"] and 0 <= numbers[3] < len(entity.holdings):
            return f"{entity.name} · {entity.holdings[numbers[3]].id}"
        return entity.name
