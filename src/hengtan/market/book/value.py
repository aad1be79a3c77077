"""What holdings cost and what came of them: moving average or first in first out, computed from the postings by their days.

Costs are kept per entity and instrument. A purchase costs price and fee (VAT apart); what was allocated costs nothing; what is carried
over keeps its cost; a transfer between entities keeps it too unless a price was paid. Units that were borrowed come in at the fair value
that was stated, against a liability to return them; what is given back settles its share of it. Rounding is half even to the fen, and the
last units of a pool take what is left, so that parts add up. An event that is entered late counts at its day, as in every balance of a
day; those of one day follow their numbers. A posting that was reversed counts as if it had never been, and so does its
reversal. What can no longer be used for anything (``worth``) is worth nothing, whatever the market quotes for its kind.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any, Literal

from hengtan.problems import Problem

from .event import as_fen
from .instrument import Instrument
from .posting import FINAL, OUT, Posting
from .quote import Quote, price_of
from .worth import worthless

Method = Literal["average", "fifo"]
METHODS: tuple[Method, ...] = ("average", "fifo")
REALISED = ("sale", "returned")


@dataclass(frozen=True, slots=True)
class Result:
    """What one posting came to for one entity and instrument; fen. ``result``: proceeds - cost, for what ``is_realised``.

    use       ``sale``, ``compliance``, ``retirement``, ``cancelled``, ``returned``: where the units went
    proceeds  of what was returned: the liability that was settled
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
        """Realised by a sale or a return; what else is used is an expense of its cost."""
        return self.proceeds - self.cost

    @property
    def is_realised(self) -> bool:
        """Whether units were sold or given back; else they were used, and their cost is an expense."""
        return self.use in REALISED


@dataclass(frozen=True, slots=True)
class Position:
    """What an entity has of an instrument, at cost and, where a quote is known, at the market; fen.

    void  the rule by which the units can no longer be used for anything; their value is 0 then, and no quote is asked
    """

    entity: str
    code: str
    quantity: int
    cost: int
    quote: Quote | None = None
    void: Problem | None = None

    @property
    def value(self) -> int | None:
        """At the quote; 0 for what is void."""
        if self.void is not None:
            return 0
        return None if self.quote is None else self.quote.close * self.quantity

    @property
    def unrealised(self) -> int | None:
        """Value less cost."""
        return None if self.value is None else self.value - self.cost


@dataclass(frozen=True, slots=True)
class Owed:
    """Units that an entity borrowed and is to give back, with the liability as it was stated when they came; fen."""

    entity: str
    contract: str
    code: str
    quantity: int
    carried: int
    quote: Quote | None = None

    @property
    def value(self) -> int | None:
        """What it would cost to buy them at the quote."""
        return None if self.quote is None else self.quote.close * self.quantity

    @property
    def unrealised(self) -> int | None:
        """The liability less that: a loss where the price rose."""
        return None if self.value is None else self.carried - self.value


@dataclass(frozen=True, slots=True)
class Valuation:
    """Results by day and number of the postings, what is there at the end, and what is to be given back."""

    method: Method
    results: tuple[Result, ...]
    positions: tuple[Position, ...]
    owed: tuple[Owed, ...] = ()


@dataclass(frozen=True, slots=True)
class Step:
    """What of a posting bears on cost.

    moves  (entity, code) -> units that it has less (above 0) or more (below 0) by it; what is bound by a contract is still its own
    price  fen paid or received for all; worth: the stated fair value of units that were borrowed
    """

    number: int
    day: date
    kind: str
    contract: str
    moves: Mapping[tuple[str, str], int]
    price: int = 0
    fee: int = 0
    worth: int = 0


@dataclass(slots=True)
class _Pool:
    """Layers of (units, fen), oldest first; one layer for the moving average."""

    layers: deque[list[int]] = field(default_factory=deque)
    short: int = 0  # units that went before they came, in books of earlier days: they cost nothing

    def put(self, quantity: int, cost: int, method: Method) -> None:
        if method == "average" and self.layers:
            self.layers[0][0] += quantity
            self.layers[0][1] += cost
        elif quantity:
            self.layers.append([quantity, cost])

    def take(self, quantity: int) -> int:
        cost = 0
        while quantity and self.layers:
            layer = self.layers[0]
            part = min(quantity, layer[0])
            share = _share(layer[1], part, layer[0])
            cost += share
            quantity -= part
            layer[0] -= part
            layer[1] -= share
            if not layer[0]:
                self.layers.popleft()
        self.short += quantity
        return cost

    @property
    def total(self) -> tuple[int, int]:
        return sum(each[0] for each in self.layers) - self.short, sum(each[1] for each in self.layers)


def _share(cost: int, part: int, whole: int) -> int:
    """cost x part / whole, half even; all of it for the last."""
    down, rest = divmod(cost * part, whole)
    return down + (1 if 2 * rest > whole or (2 * rest == whole and down % 2) else 0)


class Course:
    """Postings folded one after the other, by one method: pools of cost, liabilities, results."""

    def __init__(self, method: Method) -> None:
        self.method: Method = method
        self.results: list[Result] = []
        self._pools: dict[tuple[str, str], _Pool] = {}
        self._owed: dict[tuple[str, str, str], list[int]] = {}

    def apply(self, step: Step) -> None:
        """The next posting; those that were reversed, and reversals, are not given."""
        carried = 0
        for (entity, code), quantity in step.moves.items():
            if quantity > 0:
                carried = self._less(step, entity, code, quantity)
        for (entity, code), quantity in step.moves.items():
            if quantity < 0:
                self._more(step, entity, code, -quantity, carried)

    def _less(self, step: Step, entity: str, code: str, quantity: int) -> int:
        cost = self._pools.setdefault((entity, code), _Pool()).take(quantity)
        if (step.kind == "transfer" and not step.price) or step.kind == "carry_over":
            return cost
        use = _USES.get(step.kind, "cancelled")
        proceeds = step.price - step.fee if use == "sale" else 0
        if use == "returned":
            owed = self._owed.get((entity, step.contract, code), [quantity, 0])
            proceeds = _share(owed[1], quantity, owed[0])
            owed[0] -= quantity
            owed[1] -= proceeds
        cost += step.fee if use != "sale" else 0
        self.results.append(Result(step.number, step.day, entity, code, use, quantity, proceeds, cost))
        return 0

    def _more(self, step: Step, entity: str, code: str, quantity: int, carried: int) -> None:
        cost = carried
        if step.kind == "buy":
            cost = step.price + step.fee
        elif step.kind == "transfer":
            cost = step.price or carried
        elif step.kind == "borrow":
            cost = step.worth
            owed = self._owed.setdefault((entity, step.contract, code), [0, 0])
            owed[0] += quantity
            owed[1] += cost
        self._pools.setdefault((entity, code), _Pool()).put(quantity, cost, self.method)

    def valuation(self, instruments: Mapping[str, Instrument], quotes: Sequence[Quote], day: date) -> Valuation:
        """What it has come to, at the quotes of a day."""
        newest = {each.symbol: each for each in sorted(quotes, key=lambda each: each.day) if each.day <= day}
        price = {code: price_of(code, of.kind, list(newest.values()), day) for code, of in instruments.items()}
        void = {code: worthless(of, day) for code, of in instruments.items()}
        there = [(key, *pool.total) for key, pool in sorted(self._pools.items())]
        return Valuation(
            self.method,
            tuple(self.results),
            tuple(
                Position(*key, quantity, cost, None if void[key[1]] else price[key[1]], void[key[1]])
                for key, quantity, cost in there
                if quantity
            ),
            tuple(
                Owed(*key, quantity, carried, None if void[key[2]] else price[key[2]])
                for key, (quantity, carried) in sorted(self._owed.items())
                if quantity
            ),
        )


_USES = {
    "sell": "sale", "transfer": "sale", "foreclose": "sale", "surrender": "compliance", "retire": "retirement", "give_back": "returned",
}  # fmt: skip


def valuation(
    postings: Iterable[Posting], entities: Mapping[str, str], method: Method, *, until: date | None = None,
    quotes: Sequence[Quote] = (), at: date | None = None,
) -> Valuation:  # fmt: skip
    """Results and positions of postings, by day and number.

    entities  account -> entity; until: events after this day are left out; at: the day of the quotes (default ``until``, else the last event's)
    """
    wanted = [each for each in postings if until is None or each.day <= until]
    undone = {each.reverses for each in wanted if each.reverses}
    codes: dict[int, str] = {}
    instruments: dict[str, Instrument] = {}
    course = Course(method)
    for posting in wanted:
        for batch in posting.batches:
            codes[batch.number] = batch.instrument.code
            instruments[batch.instrument.code] = batch.instrument
    for posting in sorted(wanted, key=lambda each: (each.day, each.number)):
        if posting.number not in undone and not posting.reverses:
            course.apply(_step(posting, entities, codes))
    day = at or until or (max((each.day for each in wanted), default=date.min))
    return course.valuation(instruments, quotes, day)


def _step(posting: Posting, entities: Mapping[str, str], codes: Mapping[int, str]) -> Step:
    moves: dict[tuple[str, str], int] = {}
    for sign, lots in ((1, posting.spent), (-1, posting.made)):
        for lot in lots:
            if lot.place not in (*FINAL, OUT):
                key = (entities[lot.account], codes[lot.batch])
                moves[key] = moves.get(key, 0) + sign * lot.quantity
    paid = {each.what: each.fen for each in posting.money}
    more = worth_of(posting.event, sum(lot.quantity for lot in posting.made)) if posting.kind == "borrow" else 0
    contract = str(posting.event.get("contract", ""))
    return Step(
        posting.number, posting.day, posting.kind, contract, moves, paid.get("price", 0), paid.get("fee", 0), more
    )


def worth_of(event: Mapping[str, Any], quantity: int) -> int:
    """The fair value that a borrowing states, in fen; 0 where one of earlier days states none."""
    if "amount" in event:
        return as_fen(str(event["amount"])) or 0
    return (as_fen(str(event.get("price", "0"))) or 0) * quantity
