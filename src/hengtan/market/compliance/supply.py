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


@dataclass(frozen=True, slots=True)
class Lot:
    """Tonnes that serve the years from position ``first`` in the plan's years on.

    first  None: never, by ``refusals``; release: position of the entity's holding whose pledge has to be released for it
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


@dataclass(frozen=True, slots=True)
class Supply:
    """The case held against the rules.

    dues       [entity][year]; due_t: what is planned for, by scenario [entity][year][scenario]; caps_t: credits, the same way
    lots       holdings and allocations; offers_first: by offer, from which year on it serves, None never
    old        number of planned years up to 2024: their allowances do not serve later ones but by conversion
    carry      by entity, the limit of the conversion as the trades so far have it, None where nothing is known or it is over
    broken     rules that the data themselves break; notes: what cannot be used, and what was assumed
    """

    case: Case
    years: tuple[int, ...]
    deadlines: tuple[date, ...]
    expected: tuple[bool, ...]
    dues: tuple[tuple[Due, ...], ...]
    due_t: tuple[tuple[tuple[int, ...], ...], ...]
    caps_t: tuple[tuple[tuple[int, ...], ...], ...]
    lots: tuple[Lot, ...]
    offers_first: tuple[int | None, ...]
    old: int
    carry: tuple[CarryOver | None, ...]
    broken: tuple[Problem, ...]
    notes: tuple[Problem, ...]
    weights: tuple[float, ...] = field(default=(1.0,))


def supply(case: Case) -> Supply:
    """What a case can be planned with. ``case.years`` in their order, each with emissions for every entity."""
    deadlines = tuple(surrender_deadline(year)[0] for year in case.years)
    expected = tuple(surrender_deadline(year)[2] for year in case.years)
    dues = tuple(_dues(entity, case.years) for entity in case.entities)
    factors = [each.emissions_factor for each in case.scenarios] or [Decimal(1)]
    due_t = tuple(
        tuple(tuple(_planned(each, case, factor) for factor in factors) for each in of_entity) for of_entity in dues
    )
    broken: list[Problem] = []
    notes: list[Problem] = []
    lots: list[Lot] = []
    carry = []
    for at, entity in enumerate(case.entities):
        carry.append(_carry(entity, case, broken))
        for position, holding in enumerate(entity.holdings):
            found = _lots(at, position, holding, case, deadlines, carry[-1])
            lots += found
            for each in found:
                (broken if _impossible(each, case) else notes).extend(
                    replace(problem, column=holding.path) for problem in each.refusals
                )
        for coming in entity.allocations:
            lots.append(
                _placed(Lot(at, "CEA", coming.t, None, "", "allocated", coming.year), coming.on, case, deadlines)
            )
    offers_first = []
    for offer in case.offers:
        first, problems = _offer_first(offer, case, deadlines)
        offers_first.append(first)
        notes += [replace(problem, column=offer.path) for problem in problems]
        broken += [
            replace(problem, column=offer.path)
            for problem in order_refusals(offer.lot_t, offer.price_cny_t)
            if offer.kind == "CEA"
        ]
    return Supply(
        case, case.years, deadlines, expected, dues, due_t,
        tuple(tuple(tuple(offset_cap(t) for t in by) for by in years) for years in due_t),
        tuple(lots), tuple(offers_first), sum(year <= OLD for year in case.years), tuple(carry), tuple(broken),
        tuple(dict.fromkeys(_told(notes))), tuple(float(each.probability) for each in case.scenarios) or (1.0,),
    )  # fmt: skip


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


def _carry(entity: Entity, case: Case, broken: list[Problem]) -> CarryOver | None:
    """The limit as the trades so far have it; what is already carried over may not pass it."""
    carried = [each for each in entity.holdings if each.origin == "carried-over"]
    if entity.trades is None:
        return None
    old = sum(each.t for each in entity.holdings if each.kind == "CEA" and each.vintage <= OLD and each.vintage)
    holding = entity.trades.holding_t
    rule = law("surrender.carry-over").values
    if holding is None:
        holding = old + sum(each.t for each in carried)
    limit = carry_over(
        sold_t=entity.trades.sold_t, bought_t=entity.trades.bought_t, holding_t=holding, on_time=_on_time(entity, case)
    )
    sum_t = sum(each.t for each in carried)
    if carried and (limit.refusals or sum_t > limit.most_t):
        over = law("surrender.carry-over").refuse("law.carry-over-limit", tonnes=f"{sum_t:,}", most=f"{limit.most_t:,}")
        broken += [replace(problem, column=carried[0].path) for problem in limit.refusals or (over,)]
    if case.as_of > rule["apply_until"]:
        return None
    return replace(limit, most_t=max(limit.most_t - sum_t, 0))


def _on_time(entity: Entity, case: Case) -> tuple[int, ...]:
    """A year that the plan itself surrenders is surrendered on time."""
    return tuple({*entity.on_time, *case.years})


def _lots(
    at: int, position: int, holding: Holding, case: Case, deadlines: tuple[date, ...], carry: CarryOver | None
) -> list[Lot]:
    base = Lot(
        at,
        holding.kind,
        holding.t - holding.pledged_t,
        None,
        holding.id,
        holding.origin,
        holding.vintage,
        holding.registered,
    )
    found = [_placed(base, case.as_of, case, deadlines, holding)]
    if holding.pledged_t:
        pledged = replace(base, t=holding.pledged_t, release=position)
        if holding.free_on is None or not case.releases_allowed:
            found.append(pledged)
        else:
            found.append(_placed(pledged, holding.free_on, case, deadlines, holding))
    return [each for each in found if each.t or each.release is not None]


def _placed(lot: Lot, on: date, case: Case, deadlines: tuple[date, ...], holding: Holding | None = None) -> Lot:
    """From which planned year on a lot serves; with the refusals of the first year where it never does."""
    refusals: tuple[Problem, ...] = ()
    for position, (year, deadline) in enumerate(zip(case.years, deadlines, strict=True)):
        if lot.kind == "CEA":
            one = vintage_refusal(lot.vintage, year, case.as_of)
            wrong = [] if one is None else [one]
        else:
            wrong = credit_refusals(_credit(holding or lot), year, deadline, known=case.as_of)
        if not wrong and on <= deadline:
            return replace(lot, first=position)
        refusals = refusals or tuple(wrong)
    later = lot.kind == "CEA" and lot.vintage > case.years[-1]  # banked beyond the plan: nothing is wrong with it
    return replace(lot, refusals=() if later else refusals)


def _credit(of: Holding | Offer | Lot) -> Credit:
    if isinstance(of, Lot) or of.registered is None:
        raise TypeError("credits come from a holding or an offer with its day of registration")
    return Credit(of.registered, of.inside_market, getattr(of, "started", None), getattr(of, "made_from", None))


def _impossible(lot: Lot, case: Case) -> bool:
    """A vintage that does not exist, or a credit registered later than today: wrong data, and not only of no use."""
    return any(each.code in ("law.vintage-unknown", "law.credit-future") for each in lot.refusals) or (
        lot.registered is not None and lot.registered > case.as_of
    )


def _offer_first(offer: Offer, case: Case, deadlines: tuple[date, ...]) -> tuple[int | None, list[Problem]]:
    lot = Lot(0, offer.kind, 0, None, offer.id, "bought", offer.vintage, offer.registered)
    if offer.kind == "CEA":
        placed = _placed(lot, offer.delivered, case, deadlines)
        return placed.first, list(placed.refusals)
    wrong: list[Problem] = []
    for position, (year, deadline) in enumerate(zip(case.years, deadlines, strict=True)):
        wrong = credit_refusals(_credit(offer), year, deadline, known=case.as_of)
        if not wrong and offer.delivered <= deadline:
            return position, []
    return None, wrong


def lot_name(lot: Lot) -> str:
    """``CEA25`` or ``CCER``."""
    return vintage_name(lot.vintage) if lot.kind == "CEA" else "CCER"
