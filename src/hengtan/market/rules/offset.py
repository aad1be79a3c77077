"""Which credits (CCER) may offset, and how many."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from math import floor

from hengtan.problems import Problem

from .law import law


@dataclass(frozen=True, slots=True)
class Credit:
    """What decides whether a credit may offset.

    registered      the day on which the reduction was registered (before 2017: filed, 备案)
    inside_market   from a project inside the allocation of the national market
    started         the day on which the project began; made_from: first day of the monitoring period; None where not known
    """

    registered: date
    inside_market: bool
    started: date | None = None
    made_from: date | None = None


def offset_cap(due_t: int) -> int:
    """The most credits that may offset, in whole tonnes, of the allowances due.

    >>> offset_cap(1186320), offset_cap(19)
    (59316, 0)
    """
    if due_t < 0:
        raise ValueError("tonnes below zero")
    return floor(due_t * Decimal(law("offset.cap").values["share"]))


def credit_refusals(credit: Credit, year: int, on: date, known: date | None = None) -> list[Problem]:
    """Why a credit cannot offset emissions of ``year`` on a day; empty where it can.

    known  the day whose rules are seen, where that is another: a plan made in November for the last day of December
    """
    wrong: list[Problem] = []
    if credit.inside_market:
        wrong.append(law("offset.outside-market").refuse("law.credit-inside"))
    if credit.registered > on:
        wrong.append(law("offset.outside-market").refuse("law.credit-future", day=credit.registered, on=on))
    old, gap = law("offset.old-credits-until-2024"), law("offset.suspended")
    if credit.registered < old.values["registered_before"]:
        if on > old.values["usable_until"]:
            wrong.append(old.refuse("law.credit-old", day=credit.registered, last=old.values["usable_until"]))
    elif credit.registered < gap.values["to"]:
        wrong.append(gap.refuse("law.credit-suspended", day=credit.registered))
    after = law("offset.registered-after-reopening")
    if after.holds(year, known or on) and credit.registered <= after.values["registered_after"]:
        wrong.append(
            after.refuse(
                "law.credit-registered", day=credit.registered, year=year, after=after.values["registered_after"]
            )
        )
    if credit.registered >= gap.values["to"]:  # Order 31 is for what was registered since the reopening
        start, made = law("credit.project-start"), law("credit.reduction-start")
        if credit.started is not None and credit.started <= start.values["started_after"]:
            wrong.append(
                start.refuse("law.credit-project-start", day=credit.started, after=start.values["started_after"])
            )
        if credit.made_from is not None and credit.made_from <= made.values["made_after"]:
            wrong.append(made.refuse("law.credit-made", day=credit.made_from, after=made.values["made_after"]))
    return wrong


def offset_refusal(credits_t: int, due_t: int) -> Problem | None:
    """Why so many credits cannot offset what is due; None where they can."""
    most = offset_cap(due_t)
    if credits_t <= most:
        return None
    return law("offset.cap").refuse("law.offset-cap", tonnes=f"{credits_t:,}", most=f"{most:,}", due=f"{due_t:,}")
