"""Many proposals decided in one go: each posted or refused by itself, in the order in which they were proposed."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

from django.db import transaction
from django.db.models import QuerySet

from hengtan.market.book.event import as_fen, ranges_of
from hengtan.market.book.instrument import cea_of
from hengtan.problems import HengtanError, Problem
from hengtan.web.organisations.models import Membership, Organisation

from . import services
from . import told as tells
from .models import Proposal

Verdict = Literal["approve", "reject"]
NOW = 100
"""Proposals decided in the request; more are a job."""
CHUNK = 25


@dataclass(slots=True)
class Result:
    """What became of one proposal: the number of its posting, or why it was refused. Both empty: turned down as asked."""

    id: int
    posting: int | None = None
    problems: list[Problem] = field(default_factory=list)


@dataclass(slots=True)
class Sum:
    """Of the proposals of one kind and instrument. cny: fen, None where none of them moves money."""

    kind: str
    code: str
    count: int = 0
    units: int = 0
    cny: int | None = None


def waiting(organisation: Organisation, ids: Iterable[int] = (), source: str = "", upto: int = 0) -> QuerySet[Proposal]:
    """What waits, of these numbers or of a source up to a number: what came later is not meant."""
    found = Proposal.objects.of(organisation).filter(decision=None)
    return found.filter(source=source, pk__lte=upto) if source else found.filter(pk__in=list(ids))


def sums(events: Iterable[Mapping[str, Any]]) -> list[Sum]:
    """Units and money by kind and instrument."""
    found: dict[tuple[str, str], Sum] = {}
    for event in events:
        text = str(event.get("instrument", ""))
        allowance = cea_of(text)
        code = allowance.code if allowance else text
        one = found.setdefault((str(event.get("kind", "")), code), Sum(str(event.get("kind", "")), code))
        units = units_of(event)
        money = money_of(event, units)
        one.count, one.units = one.count + 1, one.units + units
        if money is not None:
            one.cny = (one.cny or 0) + money
    return sorted(found.values(), key=lambda each: (each.kind, each.code))


def units_of(event: Mapping[str, Any]) -> int:
    """As it says, else what its serial ranges come to."""
    if quantity := str(event.get("quantity", "")).replace(",", ""):
        return int(quantity) if quantity.isdecimal() else 0
    try:
        return sum(each.quantity for each in ranges_of(event.get("serials") or []))
    except HengtanError:
        return 0


def money_of(event: Mapping[str, Any], units: int) -> int | None:
    """Fen: the amount, else price times quantity."""
    if amount := as_fen(str(event.get("amount", ""))):
        return amount
    price = as_fen(str(event.get("price", "")))
    return price * units if price else None


def decide_many(
    membership: Membership, ids: Iterable[int], verdict: Verdict, reason: str, said: Callable[[int], None] | None = None
) -> list[Result]:
    """Decides each by itself, oldest first; what the book refuses is told and the others stand.

    said   called with how many are done after each that is committed
    """
    found: list[Result] = []
    wanted = sorted(set(ids))
    for start in range(0, len(wanted), CHUNK):
        with transaction.atomic():
            part = [_one(membership, each, verdict, reason) for each in wanted[start : start + CHUNK]]
        found += part
        if said is not None:
            said(len(found))
    with transaction.atomic():
        tells.decided_many(membership, [each.id for each in found if not each.problems], verdict, reason)
    return found


def _one(membership: Membership, number: int, verdict: Verdict, reason: str) -> Result:
    try:
        if verdict == "approve":
            return Result(number, services.approve(membership, number, reason, tell=False).number)
        services.reject(membership, number, reason, tell=False)
    except HengtanError as fault:
        return Result(number, problems=list(fault.problems))
    return Result(number)


def events(rows: Iterable[Proposal]) -> Sequence[Mapping[str, Any]]:
    """What they say."""
    return [json.loads(each.event) for each in rows]
