"""What holdings cost and what came of them: moving average or first in first out, computed from the postings in their order.

Costs are kept per entity and instrument. A purchase costs price and fee (VAT apart); what was allocated costs nothing; what is carried
over keeps its cost; a transfer between entities keeps it too unless a price was paid. Rounding is half even to the fen, and the last
units of a pool take what is left, so that parts add up. A posting that was reversed counts as if it had never been, and so does its reversal.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Literal

from .posting import CANCELLED, FINAL, OUT, Posting
from .quote import Quote, price_of

Method = Literal["average", "fifo"]
METHODS: tuple[Method, ...] = ("average", "fifo")


@dataclass(frozen=True, slots=True)
class Result:
    """What one posting came to for one entity and instrument; fen. ``result``: proceeds - cost, for sales alone.

    use  ``sale``, ``compliance``, ``retirement``, ``cancelled``: where the units went
    """

    number: int
    day: date
    entity: str
    code: str
    use: str
    quantity: int
    proceeds: int
    cost: int

    @property
    def result(self) -> int:
        """Realised by a sale; what else is used is an expense of its cost."""
        return self.proceeds - self.cost


@dataclass(frozen=True, slots=True)
class Position:
    """What an entity has of an instrument, at cost and, where a quote is known, at the market; fen."""

    entity: str
    code: str
    quantity: int
    cost: int
    quote: Quote | None = None

    @property
    def value(self) -> int | None:
        """At the quote."""
        return None if self.quote is None else self.quote.close * self.quantity

    @property
    def unrealised(self) -> int | None:
        """Value less cost."""
        return None if self.value is None else self.value - self.cost


@dataclass(frozen=True, slots=True)
class Valuation:
    """Results in the order of the postings, and what is there at the end."""

    method: Method
    results: tuple[Result, ...]
    positions: tuple[Position, ...]


@dataclass(slots=True)
class _Pool:
    """Layers of (units, fen), oldest first; one layer for the moving average."""

    layers: deque[list[int]] = field(default_factory=deque)

    def put(self, quantity: int, cost: int, method: Method) -> None:
        if method == "average" and self.layers:
            self.layers[0][0] += quantity
            self.layers[0][1] += cost
        elif quantity:
            self.layers.append([quantity, cost])

    def take(self, quantity: int) -> int:
        cost = 0
        while quantity:
            layer = self.layers[0]
            part = min(quantity, layer[0])
            share = _share(layer[1], part, layer[0])
            cost += share
            quantity -= part
            layer[0] -= part
            layer[1] -= share
            if not layer[0]:
                self.layers.popleft()
        return cost

    @property
    def total(self) -> tuple[int, int]:
        return sum(each[0] for each in self.layers), sum(each[1] for each in self.layers)


def _share(cost: int, part: int, whole: int) -> int:
    """cost x part / whole, half even; all of it for the last."""
    down, rest = divmod(cost * part, whole)
    return down + (1 if 2 * rest > whole or (2 * rest == whole and down % 2) else 0)


def valuation(
    postings: Iterable[Posting], entities: Mapping[str, str], method: Method, *, until: date | None = None,
    quotes: Sequence[Quote] = (), at: date | None = None,
) -> Valuation:  # fmt: skip
    """Results and positions of postings in order.

    entities  account -> entity; until: events after this day are left out; at: the day of the quotes (default ``until``, else the last event's)
    """
    wanted = [each for each in postings if until is None or each.day <= until]
    undone = {each.reverses for each in wanted if each.reverses}
    pools: dict[tuple[str, str], _Pool] = {}
    kinds: dict[str, str] = {}
    codes: dict[int, str] = {}
    results: list[Result] = []
    for posting in wanted:
        for batch in posting.batches:
            codes[batch.number] = batch.instrument.code
            kinds[batch.instrument.code] = batch.instrument.kind
        if posting.number not in undone and not posting.reverses:
            results += _apply(posting, entities, method, pools, codes)
    day = at or until or (max((each.day for each in wanted), default=date.min))
    positions = []
    for (entity, code), pool in sorted(pools.items()):
        quantity, cost = pool.total
        if quantity:
            positions.append(Position(entity, code, quantity, cost, price_of(code, kinds[code], quotes, day)))
    return Valuation(method, tuple(results), tuple(positions))


def _apply(
    posting: Posting,
    entities: Mapping[str, str],
    method: Method,
    pools: dict[tuple[str, str], _Pool],
    codes: Mapping[int, str],
) -> list[Result]:
    went: dict[
        tuple[str, str], int
    ] = {}  # what each entity has less or more of an instrument; what is bound is still its own
    for sign, lots in ((1, posting.spent), (-1, posting.made)):
        for lot in lots:
            if lot.place not in (*FINAL, OUT):
                key = (entities[lot.account], codes[lot.batch])
                went[key] = went.get(key, 0) + sign * lot.quantity
    paid = {each.what: each.fen for each in posting.money}
    price, fee = paid.get("price", 0), paid.get("fee", 0)
    found: list[Result] = []
    carried = 0
    for (entity, code), quantity in went.items():
        if quantity <= 0:
            continue
        cost = pools[entity, code].take(quantity)
        use = _use(posting)
        if (posting.kind == "transfer" and not price) or posting.kind == "carry_over":
            carried = cost
        else:
            proceeds = price - fee if use == "sale" else 0
            found.append(
                Result(
                    posting.number,
                    posting.day,
                    entity,
                    code,
                    use,
                    quantity,
                    proceeds,
                    cost + (fee if use != "sale" else 0),
                )
            )
    for (entity, code), quantity in went.items():
        if quantity < 0:
            cost = (
                price + fee if posting.kind == "buy" else (price or carried) if posting.kind == "transfer" else carried
            )
            pools.setdefault((entity, code), _Pool()).put(-quantity, cost, method)
    return found


def _use(posting: Posting) -> str:
    if posting.kind in ("sell", "transfer", "foreclose"):
        return "sale"
    if posting.kind in ("surrender", "retire"):
        return "compliance" if posting.kind == "surrender" else "retirement"
    return "cancelled" if any(lot.place == CANCELLED for lot in posting.made) else "returned"
