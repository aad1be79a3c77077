"""What is there to surrender with, and from which year on: holdings, allocations and offers, held against the rules."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from decimal import ROUND_CEILING, Decimal

from hengtan.market.rules import (
    CarryOver,
    Credit,
    carry_over,
    credit_refusals,
    draw_limit,
    drawn_ahead,
    law,
    offset_cap,
    order_refusals,
    surrender_deadline,
    vintage_name,
    vintage_refusal,
)
from hengtan.problems import Problem

from .forecast import Due, due
from .given import Case, Entity, Holding, Kind, Offer

ORIGINS = ("carried-over", "allocated", "pre-allocated", "bought")
OLD = 2024  # vintages up to here serve years up to here, and have to be converted for later ones

# a vintage that does not exist, or a credit registered later than today: wrong data, and not only of no use
_IMPOSSIBLE = ("law.vintage-unknown", "law.credit-future")
_OWN = ("allocated", "pre-allocated")
_OF_CARRY_OVER = ("law.carry-over-limit", "law.carry-over-late-surrender")  # told once for the entity


@dataclass(frozen=True, slots=True)
class Lot:
    """Tonnes that serve the years from position ``first`` in the plan's years on.

    first     None: never, by ``refusals``; release: position of the entity's holding whose pledge has to be released for it
    stock     where it lies until it is used: ``CEA``, ``CCER``, or ``CCER:1`` ... where a credit stops serving before the plan ends
    on        of what is still to come, the day on which it is on the account
    """

    entity: int
    kind: Kind
    t: int
    first: int | None
    id: str
    origin: str
    vintage: int = 0
    registered: date | None = None
    release: int | None = None
    refusals: tuple[Problem, ...] = ()
    stock: str = ""
    on: date | None = None


@dataclass(frozen=True, slots=True)
class Supply:
    """The case held against the rules.

    dues       [entity][year]; due_t: what is planned for, by scenario [entity][year][scenario]; caps_t: credits, the same way
    planned_t  [entity][year]: the same before any scenario moves it
    lots       holdings and allocations; offers_first: by offer, from which year on it serves, None never; offers_stock: into which stock it goes
    stocks     of credits: the positions of the years that each may offset
    old        number of planned years up to 2024: their allowances do not serve later ones but by conversion
    carry      by entity, the limit of the conversion as the trades so far have it, None where nothing is known or it is over
    broken     rules that the data themselves break; notes: what cannot be used, and what was assumed
    """

    case: Case
    years: tuple[int, ...]
    deadlines: tuple[date, ...]
    expected: tuple[bool, ...]
    dues: tuple[tuple[Due, ...], ...]
    planned_t: tuple[tuple[int, ...], ...]
    due_t: tuple[tuple[tuple[int, ...], ...], ...]
    caps_t: tuple[tuple[tuple[int, ...], ...], ...]
    lots: tuple[Lot, ...]
    offers_first: tuple[int | None, ...]
    offers_stock: tuple[str, ...]
    stocks: Mapping[str, frozenset[int]]
    old: int
    carry: tuple[CarryOver | None, ...]
    broken: tuple[Problem, ...]
    notes: tuple[Problem, ...]
    weights: tuple[float, ...] = field(default=(1.0,))

    def converted_now(self, e: int) -> int:
        """Old allowances of an entity that are converted before the first planned year, where 2024 itself is not planned: the limit is a number."""
        limit = self.carry[e]
        if self.old or limit is None:
            return 0
        held = sum(
            lot.t for lot in self.lots
            if lot.entity == e and lot.kind == "CEA" and 0 < lot.vintage <= OLD and lot.release is None
        )  # fmt: skip
        return min(limit.most_t, held)


def supply(case: Case) -> Supply:
    """What a case can be planned with. ``case.years`` in their order, each with emissions for every entity."""
    deadlines = tuple(surrender_deadline(year)[0] for year in case.years)
    expected = tuple(surrender_deadline(year)[2] for year in case.years)
    dues = tuple(_dues(entity, case.years) for entity in case.entities)
    factors = [each.emissions_factor for each in case.scenarios] or [Decimal(1)]
    due_t = tuple(
        tuple(tuple(_planned(each, case, factor) for factor in factors) for each in of_entity) for of_entity in dues
    )
    stocks = _Stocks(len(case.years))
    broken: list[Problem] = []
    notes: list[Problem] = []
    lots: list[Lot] = []
    carry = []
    for at, entity in enumerate(case.entities):
        begin = len(lots)
        limit = _Carried(entity, case)
        broken += limit.broken
        notes += limit.notes
        carry.append(limit.open)
        for position, holding in enumerate(entity.holdings):
            found = _lots(at, position, holding, case, deadlines, stocks, limit)
            lots += found
            for problem in (each for lot in found for each in lot.refusals):
                if problem.code not in _OF_CARRY_OVER:
                    (broken if problem.code in _IMPOSSIBLE else notes).append(replace(problem, column=holding.path))
        for coming in entity.allocations:
            lots.append(
                _placed(
                    Lot(
                        at, "CEA", coming.t, None, "", "allocated", coming.year, stock="CEA", on=coming.on if coming.on > case.as_of else None
                    ),
                    coming.on, case, deadlines,
                )
            )  # fmt: skip
        lots[begin:] = _drawn(entity, lots[begin:], dues[at], case, deadlines)
    offers_first, offers_stock = [], []
    for offer in case.offers:
        lot = Lot(0, offer.kind, 0, None, offer.id, "bought", offer.vintage, offer.registered, stock="CEA")
        if offer.kind == "CEA":
            lot = _placed(lot, offer.delivered, case, deadlines, ahead=False)  # one draws on one's own allocation
        else:
            lot = _credited(lot, _credit(offer), offer.delivered, case, deadlines, stocks)
            if offer.registered is not None and offer.registered > offer.delivered:
                why = law("offset.outside-market").refuse("law.credit-future", day=offer.registered, on=offer.delivered)
                lot = replace(lot, first=None, refusals=(why,))
        offers_first.append(lot.first)
        offers_stock.append(lot.stock)
        notes += [replace(problem, column=offer.path) for problem in lot.refusals]
        broken += [
            replace(problem, column=offer.path)
            for problem in order_refusals(offer.lot_t, offer.price_cny_t)
            if offer.kind == "CEA"
        ]
    ends = bool(case.years) and law("surrender.old-vintages-void").holds(OLD + 1, case.as_of)
    return Supply(
        case, case.years, deadlines, expected, dues, tuple(tuple(_planned(each, case, Decimal(1)) for each in of) for of in dues), due_t,
        tuple(tuple(tuple(offset_cap(t) for t in by) for by in years) for years in due_t),
        tuple(lots), tuple(offers_first), tuple(offers_stock), stocks.found,
        sum(year <= OLD for year in case.years) if ends else len(case.years), tuple(carry), tuple(broken),
        tuple(dict.fromkeys(_told(notes))), tuple(float(each.probability) for each in case.scenarios) or (1.0,),
    )  # fmt: skip


class _Stocks:
    """The stocks of credits: one for those that serve from some year to the end of the plan, one more for each other set of years."""

    def __init__(self, years: int) -> None:
        self.years = years
        self.found: dict[str, frozenset[int]] = {"CCER": frozenset(range(years))}

    def of(self, serves: frozenset[int]) -> str:
        """The stock of a credit that may offset those years."""
        if serves == frozenset(range(min(serves), self.years)):
            return "CCER"
        for name, years in self.found.items():
            if name != "CCER" and years == serves:
                return name
        name = f"CCER:{len(self.found)}"
        self.found[name] = serves
        return name


def _told(notes: list[Problem]) -> list[Problem]:
    return [replace(each, values=_Frozen(each.values)) for each in notes]


class _Frozen(dict[str, str]):
    """Values that can be compared as one: a note stands once."""

    def __hash__(self) -> int:  # type: ignore[override]  # frozen by use
        return hash(tuple(sorted(self.items())))


def _dues(entity: Entity, years: tuple[int, ...]) -> tuple[Due, ...]:
    by: Mapping[int, Due] = {each.year: due(each) for each in entity.emissions}
    return tuple(by[year] for year in years)


def _planned(each: Due, case: Case, factor: Decimal) -> int:
    if each.verified:
        return each.expected_t
    tonnes = each.high_t if case.aim == "high" and each.high_t is not None else each.expected_t
    return int((tonnes * factor).to_integral_value(ROUND_CEILING))


class _Carried:
    """The carry-over of one entity: what may still be converted, and how much of what is carried over already counts.

    open     the limit less what is carried over already; None where nothing is known of the trades, or the applications are closed
    counts   tonnes that count, by holding and by whether they are pledged: those that are free before those that are pledged
    broken   why not all of it counts
    """

    def __init__(self, entity: Entity, case: Case) -> None:
        rule = law("surrender.carry-over")
        carried = [each for each in entity.holdings if each.origin == "carried-over" and each.t]
        self.open: CarryOver | None = None
        self.counts: dict[tuple[str, bool], int] = {}
        self.broken: tuple[Problem, ...] = ()
        self.notes: list[Problem] = []
        if entity.trades is None:
            if carried:
                self.notes.append(Problem("comply.carry-over-unchecked", values={"entity": entity.name}))
            return
        carried_t = sum(each.t for each in carried)
        holding = entity.trades.holding_t
        if holding is None:
            old = sum(each.t for each in entity.holdings if each.kind == "CEA" and 0 < each.vintage <= OLD)
            holding = old + carried_t
        limit = carry_over(
            sold_t=entity.trades.sold_t,
            bought_t=entity.trades.bought_t,
            holding_t=holding,
            on_time=tuple(
                {*entity.on_time, *case.years}
            ),  # a year that the plan itself surrenders is surrendered on time
        )
        if carried_t > limit.most_t:
            over = rule.refuse("law.carry-over-limit", tonnes=f"{carried_t:,}", most=f"{limit.most_t:,}")
            self.broken = tuple(replace(each, column=carried[0].path) for each in limit.refusals or (over,))
        left = limit.most_t
        for pledged in (False, True):
            for each in carried:
                counts = min(each.pledged_t if pledged else each.t - each.pledged_t, left)
                self.counts[each.path, pledged] = counts
                left -= counts
        if case.as_of <= rule.values["apply_until"]:
            self.open = replace(limit, most_t=max(limit.most_t - carried_t, 0))

    def cut(self, lot: Lot, path: str) -> list[Lot]:
        """A lot of what is carried over as two: what counts, and what is above the limit and serves no year."""
        counts = self.counts.get((path, lot.release is not None), lot.t)
        if counts == lot.t:
            return [lot]
        refusals = tuple(replace(each, column="") for each in self.broken)
        return [replace(lot, t=counts), replace(lot, t=lot.t - counts, first=None, release=None, refusals=refusals)]


def _lots(
    at: int,
    position: int,
    holding: Holding,
    case: Case,
    deadlines: tuple[date, ...],
    stocks: _Stocks,
    carried: _Carried,
) -> list[Lot]:
    free_t = holding.t - holding.pledged_t
    lot = Lot(
        at,
        holding.kind,
        free_t,
        None,
        holding.id,
        holding.origin,
        holding.vintage,
        holding.registered,
        stock=holding.kind,
    )
    pledged = replace(lot, t=holding.pledged_t, release=position)
    parts = [lot, pledged]
    if holding.kind == "CCER":
        credit = _credit(holding)
        if credit.registered > case.as_of:
            future = law("offset.outside-market").refuse("law.credit-future", day=credit.registered, on=case.as_of)
            return [replace(each, refusals=(future,)) for each in parts if each.t]
        parts = [_credited(lot, credit, case.as_of, case, deadlines, stocks)]
        if holding.free_on is not None:
            pledged = _credited(pledged, credit, holding.free_on, case, deadlines, stocks)
    else:
        parts = [_placed(lot, case.as_of, case, deadlines)]
        if holding.free_on is not None:
            pledged = _placed(pledged, holding.free_on, case, deadlines)
    parts.append(pledged)
    if holding.origin == "carried-over" and holding.kind == "CEA":
        parts = [part for each in parts for part in carried.cut(each, holding.path)]
    return [each for each in parts if each.t]


def _drawn(
    entity: Entity, lots: list[Lot], dues: tuple[Due, ...], case: Case, deadlines: tuple[date, ...]
) -> list[Lot]:
    """The lots of an entity, where what is drawn ahead for 2021 and 2022 counts up to its limit: what is free before what is pledged."""
    ahead = [
        lot for lot in lots if lot.kind == "CEA" and lot.first is not None and drawn_ahead(lot.vintage, case.years[lot.first])
    ]  # fmt: skip
    if not ahead:
        return lots
    years = [year for year in case.years if drawn_ahead(ahead[0].vintage, year)]
    own = [(each.vintage, each.t) for each in entity.holdings if each.kind == "CEA" and each.origin in _OWN]
    own += [(each.year, each.t) for each in entity.allocations]
    own_t = sum(t for vintage, t in own if vintage <= max(years))
    left = draw_limit(sum(each.expected_t for each in dues if each.year in years), own_t)
    found = [lot for lot in lots if lot not in ahead]
    for lot in sorted(ahead, key=lambda each: each.release is not None):
        counts = min(lot.t, left) if lot.origin in _OWN else 0
        left -= counts
        rest = replace(lot, t=lot.t - counts, first=None)
        on = deadlines[lot.first or 0]
        found += [each for each in (replace(lot, t=counts), _placed(rest, on, case, deadlines, ahead=False)) if each.t]
    return found


def _placed(lot: Lot, on: date, case: Case, deadlines: tuple[date, ...], *, ahead: bool = True) -> Lot:
    """From which planned year on an allowance serves; with the refusal of the first year where it never does. ahead: whether it may be drawn ahead."""
    refusals: tuple[Problem, ...] = ()
    for position, (year, deadline) in enumerate(zip(case.years, deadlines, strict=True)):
        wrong = vintage_refusal(lot.vintage, year, case.as_of)
        if wrong is None and not ahead and drawn_ahead(lot.vintage, year):
            named = vintage_name(lot.vintage)
            wrong = law("surrender.borrowing-2021-2022").refuse("law.vintage-drawn", vintage=named, year=year)
        if wrong is None and on <= deadline:
            return replace(lot, first=position)
        if wrong is not None and not refusals:
            refusals = (wrong,)
    later = lot.vintage > case.years[-1]  # banked beyond the plan: nothing is wrong with it
    return replace(lot, refusals=() if later else refusals)


def _credited(lot: Lot, credit: Credit, on: date, case: Case, deadlines: tuple[date, ...], stocks: _Stocks) -> Lot:
    """Which planned years a credit may offset; with the refusals of the first year where it never may."""
    serves: set[int] = set()
    refusals: tuple[Problem, ...] = ()
    for position, (year, deadline) in enumerate(zip(case.years, deadlines, strict=True)):
        wrong = tuple(credit_refusals(credit, year, deadline, known=case.as_of))
        if not wrong and on <= deadline:
            serves.add(position)
        refusals = refusals or wrong
    if not serves:
        return replace(lot, refusals=refusals, stock="CCER")
    return replace(lot, first=min(serves), stock=stocks.of(frozenset(serves)))


def _credit(of: Holding | Offer) -> Credit:
    if of.registered is None:
        raise TypeError("credits come from a holding or an offer with its day of registration")
    return Credit(of.registered, of.inside_market, getattr(of, "started", None), getattr(of, "made_from", None))


def lot_name(lot: Lot) -> str:
    """``CEA25`` or ``CCER``."""
    return vintage_name(lot.vintage) if lot.kind == "CEA" else "CCER"
