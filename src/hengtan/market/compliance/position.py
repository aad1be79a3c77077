"""Where an entity stands before anything is bought: what is due, what serves, what is missing, what missing it would cost."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from hengtan.market.rules import Fine, fine, fine_month, fined, offset_cap

from .forecast import Due
from .quotes import average
from .supply import Supply


@dataclass(frozen=True, slots=True)
class Position:
    """One entity and year, in tonnes, planned for as the case asks; years in order, what an earlier one leaves serves the next.

    allowances_t   that serve, pledged ones that can be released among them (pledged_t); credits_t: that may offset, below the cap
    gap_t          what is missing; spare_t: what is left and serves the next year
    gap_low_t, gap_high_t   what is missing at the low and high end of the emissions; None where nothing says how sure they are
    fine           for the gap, by Order 775, at ``price_basis``: ``month`` (average of the month before the deadline),
                   ``latest`` (average of the last month quoted), ``offer`` (cheapest allowance on offer); None where no price is known or
                   the deadline was before the Order
    """

    entity: str
    year: int
    deadline: date
    expected: bool
    due: Due
    due_t: int
    allowances_t: int
    pledged_t: int
    credits_t: int
    cap_t: int
    gap_t: int
    spare_t: int
    fine: Fine | None
    price_basis: str
    gap_low_t: int | None = None
    gap_high_t: int | None = None


def positions(given: Supply) -> tuple[Position, ...]:
    """By entity and year, for the emissions that are planned for, before any scenario moves them."""
    found = []
    # credits that stop serving before the plan ends go first
    order = sorted(given.stocks, key=lambda name: (max(given.stocks[name]), name))
    for e, entity in enumerate(given.case.entities):
        spare, credits = 0, dict.fromkeys(order, 0)
        for y, year in enumerate(given.years):
            if y == given.old and y:
                limit = given.carry[e]
                spare = min(spare, limit.most_t) if limit is not None else 0
            lots = [lot for lot in given.lots if lot.entity == e and lot.first == y]
            pledged = sum(lot.t for lot in lots if lot.release is not None and lot.kind == "CEA")
            allowances = (
                spare + sum(lot.t for lot in lots if lot.kind == "CEA") + (given.converted_now(e) if not y else 0)
            )
            for lot in lots:
                if lot.kind == "CCER":
                    credits[lot.stock] += lot.t
            serving = [name for name in order if y in given.stocks[name]]
            there = sum(credits[name] for name in serving)
            due_t = given.planned_t[e][y]
            cap = offset_cap(due_t)
            used = min(there, cap)
            gap = max(due_t - allowances - used, 0)
            spare = max(allowances + used - due_t, 0)
            to_use = used
            for name in serving:
                part = min(credits[name], to_use)
                credits[name] -= part
                to_use -= part
            price, basis = _price(given, y)
            low, high = (
                None if t is None else max(t - allowances - min(there, offset_cap(t)), 0)
                for t in (given.dues[e][y].low_t, given.dues[e][y].high_t)
            )
            found.append(
                Position(
                    entity.id, year, given.deadlines[y], given.expected[y], given.dues[e][y], due_t, allowances, pledged, used, cap, gap, spare,
                    fine(gap, price) if price is not None and fined(given.deadlines[y], given.case.as_of) else None, basis, low, high,
                )
            )  # fmt: skip
    return tuple(found)


def _price(given: Supply, y: int) -> tuple[Decimal | None, str]:
    """The price of the fine and where it comes from."""
    quotes, case = given.case.quotes, given.case
    first, last = fine_month(given.deadlines[y])
    if quotes and max(each.day for each in quotes) >= last:
        found = average(quotes, first, last)
        if found is not None:
            return found.price_cny_t, "month"
    if quotes:
        end = max(each.day for each in quotes)
        found = average(quotes, *_month_to(end))
        if found is not None:
            return found.price_cny_t, "latest"
    offers = [
        offer.price_cny_t
        for offer, at in zip(case.offers, given.offers_first, strict=True)
        if offer.kind == "CEA" and at is not None and at <= y
    ]
    if offers:
        return min(offers), "offer"
    return None, ""


def _month_to(end: date) -> tuple[date, date]:
    return fine_month(date.fromordinal(end.toordinal() + 1))
