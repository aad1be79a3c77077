"""The lines of a plan: which units go where, oldest allowed first, and why, in both languages."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from decimal import Decimal

from hengtan.market.rules import carry_over, law, vintage_name, way_of

from .exact import FEN, Tonnes, shares, traded_before
from .model import windows
from .reasons import reason, title
from .supply import OLD, Lot, Supply

RANK = {
    "carried-over": 0,
    "allocated": 1,
    "pre-allocated": 1,
    "bought": 2,
    "released": 3,
    "handed": 4,
    "offer": 5,
    "later": 6,
}


@dataclass(frozen=True, slots=True)
class Line:
    """One step of a plan.

    action   ``surrender``, ``offset``, ``keep``, ``hand-over``, ``convert``, ``sell``, ``release``
    source   where the units come from: ``carried-over``, ``allocated``, ``released``, ``handed``, ``offer``, ``later`` ...
    window   ``now``, or the year at whose deadline it is done; year: whose emissions it settles, None where none
    price_cny_t, cost_cny   of what is bought or sold (below zero: money comes in); by: the last day for it
    what, why               by language
    """

    entity: str
    action: str
    source: str
    kind: str
    unit: str
    t: int
    window: str
    year: int | None
    by: date
    price_cny_t: Decimal | None
    cost_cny: Decimal
    id: str
    to: str
    what: Mapping[str, str]
    why: Mapping[str, str]


@dataclass(slots=True)
class _Heap:
    """Units of one entity that lie ready, each with where it came from; told: what its reason names besides."""

    source: str
    lot: Lot
    t: int
    price: Decimal | None = None
    by: date = date.max
    told: Mapping[str, str] = field(default_factory=dict)

    @property
    def order(self) -> tuple[object, ...]:
        if self.lot.kind == "CEA":
            return (self.lot.vintage, RANK[self.source], self.by, self.lot.id)
        return (RANK[self.source], self.lot.registered or date.min, self.by, self.lot.id)


def lines(given: Supply, tonnes: Tonnes, s: int, facts: Mapping[str, str]) -> list[Line]:
    """The lines of one scenario, by year and entity. facts: amounts that reasons name and that only the whole plan knows."""
    return _Teller(given, tonnes, s, facts).tell()


class _Teller:
    def __init__(self, given: Supply, tonnes: Tonnes, s: int, facts: Mapping[str, str]) -> None:
        self.given, self.tonnes, self.s, self.facts = given, tonnes, s, facts
        self.case = given.case
        self.days = {window.name: window.days for window in windows(given.case, given)}
        self.heaps: dict[tuple[int, str], list[_Heap]] = {
            (e, stock): [] for e in range(len(self.case.entities)) for stock in ("CEA", *given.stocks)
        }
        # allowances, then credits: those that end before the plan does go before those that go on
        self.stocks = ("CEA", *sorted(given.stocks, key=lambda name: (max(given.stocks[name]), name != "CCER", name)))
        self.found: list[tuple[int, int, Line]] = []  # in the order of years, then of entities
        self.y = 0

    def of(self, *key: object) -> int:
        return self.tonnes.get(key, 0)

    def tell(self) -> list[Line]:
        entities = range(len(self.case.entities))
        for y in range(len(self.given.years)):
            self.y = y
            if y == self.given.old:
                self._end_of_old(y)
            for e in entities:
                self._arrive(e, y)
            for stock in self.stocks:
                net = {e: self._net(e, stock, y) for e in entities}
                handed: list[tuple[int, _Heap]] = []
                for e in sorted(entities, key=net.__getitem__):  # who gives comes before who receives
                    if net[e] > 0:
                        self._receive(e, stock, net[e], handed, y)
                    self._settle(e, stock, y)
                    if net[e] < 0:
                        handed += [(e, each) for each in self._take(e, stock, -net[e])]
            for e in entities:
                self._sell(e, y)
        self._keep()
        return [line for _, _, line in sorted(self.found, key=lambda each: each[:2])]

    def _net(self, e: int, stock: str, y: int) -> int:
        return self.of("in", stock, e, y, self.s) - self.of("out", stock, e, y, self.s)

    def _arrive(self, e: int, y: int) -> None:
        entity, deadline = self.case.entities[e], self.given.deadlines[y]
        for lot in self.given.lots:
            if lot.entity != e or lot.first != y or not lot.t:
                continue
            if lot.release is None:
                told = {} if lot.on is None else {"coming": lot.on.isoformat()}
                self.heaps[e, lot.stock].append(_Heap(lot.origin, lot, lot.t, told=told))
            elif self.of("release", e, lot.release):
                holding = entity.holdings[lot.release]
                self.heaps[e, lot.stock].append(_Heap("released", lot, lot.t, None, holding.free_on or deadline))
                if holding.release_cny:
                    self._add(
                        e,
                        "release",
                        "released",
                        lot,
                        lot.t,
                        None,
                        holding.release_cny,
                        None,
                        holding.free_on or deadline,
                    )
        for o, (offer, first) in enumerate(zip(self.case.offers, self.given.offers_first, strict=True)):
            taken = self.of("offer", e, o) * offer.lot_t
            if taken and first == y:
                lot = Lot(e, offer.kind, taken, y, offer.id, "offer", offer.vintage, offer.registered)
                spot = offer.delivered <= self.case.buy_until
                by = self.case.buy_until if spot else offer.delivered
                told = {} if spot else {"contract_by": self.case.buy_until.isoformat()}
                self.heaps[e, self.given.offers_stock[o]].append(
                    _Heap("offer", lot, taken, offer.price_cny_t, min(by, deadline), told)
                )
        if self.case.scenarios:
            scenario = self.case.scenarios[self.s]
            year = self.given.years[y]
            for kind, prices in (("CEA", scenario.cea_cny_t), ("CCER", scenario.ccer_cny_t)):
                bought = self.of("buy", kind, e, y, self.s)
                if bought:
                    lot = Lot(e, kind, bought, y, "", "later", year if kind == "CEA" else 0)  # type: ignore[arg-type]  # one of two
                    self.heaps[e, kind].append(
                        _Heap("later", lot, bought, prices[year], deadline, {"window": str(year)})
                    )

    def _end_of_old(self, y: int) -> None:
        """Old allowances end; what is converted lives on as CEA25."""
        rule = law("surrender.carry-over").values
        for e in range(len(self.case.entities)):
            if y:
                converted = self.of("convert", e, self.s)
                for heap in self.heaps[e, "CEA"]:  # bought to be converted, or in lots of which not all is used
                    self._pay_for(e, heap, heap.t)
                self.heaps[e, "CEA"] = []
            else:
                converted = self.given.converted_now(e)
            if converted:
                lot = Lot(e, "CEA", converted, y, "", "carried-over", rule["into_vintage"])
                self._add(e, "convert", "carried-over", lot, converted, None, Decimal(0), None, rule["apply_until"])
                self.heaps[e, "CEA"].append(_Heap("carried-over", lot, converted))

    def _take(self, e: int, stock: str, wanted: int) -> list[_Heap]:
        heaps = self.heaps[e, stock]
        heaps.sort(key=lambda each: each.order)
        taken = []
        while wanted:
            heap = heaps[0]
            part = min(heap.t, wanted)
            taken.append(replace(heap, t=part))
            heap.t -= part
            wanted -= part
            if not heap.t:
                heaps.pop(0)
        return taken

    def _receive(self, e: int, stock: str, wanted: int, handed: list[tuple[int, _Heap]], y: int) -> None:
        while wanted:
            giver, heap = handed[0]
            part = min(heap.t, wanted)
            fee = (part * self.case.transfer_cny_t).quantize(FEN)
            self._pay_for(giver, heap, part)
            self._add(giver, "hand-over", heap.source, heap.lot, part, None, fee, y, self.given.deadlines[y], to=e)
            told = {"giver": self.case.entities[giver].name}
            self.heaps[e, stock].append(_Heap("handed", replace(heap.lot, entity=e), part, told=told))
            heap.t -= part
            wanted -= part
            if not heap.t:
                handed.pop(0)

    def _pay_for(self, e: int, heap: _Heap, part: int) -> None:
        """What was bought by one entity for another is paid where it was bought."""
        if heap.price is not None:
            self._add(
                e, "keep", heap.source, heap.lot, part, heap.price, (part * heap.price).quantize(FEN), None, heap.by, told=heap.told
            )  # fmt: skip

    def _settle(self, e: int, stock: str, y: int) -> None:
        if stock == "CEA":
            used = sum(self.of("use", name, e, y, self.s) for name in self.given.stocks)
            action, wanted = "surrender", self.given.due_t[e][y][self.s] - used
        else:
            action, wanted = "offset", self.of("use", stock, e, y, self.s)
        for heap in self._take(e, stock, wanted):
            cost = (heap.t * (heap.price or Decimal(0))).quantize(FEN)
            by = min(heap.by, self.given.deadlines[y])
            self._add(e, action, heap.source, heap.lot, heap.t, heap.price, cost, y, by, told=heap.told)

    def _sell(self, e: int, y: int) -> None:
        sold = self.of("sell", e, y, self.s)
        if sold:
            price = self.case.scenarios[self.s].cea_cny_t[self.given.years[y]]
            for heap in self._take(e, "CEA", sold):
                self._pay_for(e, heap, heap.t)
                cost = -(heap.t * price).quantize(FEN)
                self._add(e, "sell", heap.source, heap.lot, heap.t, price, cost, None, self.given.deadlines[y])

    def _keep(self) -> None:
        """What was bought and is left."""
        for (e, _), heaps in self.heaps.items():
            for heap in heaps:
                self._pay_for(e, heap, heap.t)

    def _add(
        self, e: int, action: str, source: str, lot: Lot, t: int, price: Decimal | None, cost: Decimal, y: int | None,
        by: date, to: int | None = None, told: Mapping[str, str] | None = None,
    ) -> None:  # fmt: skip
        year = None if y is None else self.given.years[y]
        names = self.case.entities
        cap = 0 if y is None else self.given.caps_t[e][y][self.s]
        window = (
            "now"
            if source in ("offer", "released") or action in ("release", "convert")
            else (told or {}).get("window", str(year or self.given.years[-1]))
        )
        unit = vintage_name(lot.vintage) if lot.kind == "CEA" else "CCER"
        limit, limit_zh = self._limit(e)
        values = {**self.facts, **(told or {})} | {
            "unit": unit, "t": f"{t:,}", "by": by.isoformat(), "year": str(year or ""), "price": "" if price is None else f"{price:.2f}",
            "share": str(shares(t, cap)), "cap": f"{cap:,}", "to": names[to].name if to is not None else "",
            "registered": lot.registered.isoformat() if lot.registered else "", "id": lot.id,
            "limit": limit, "limit_zh": limit_zh, "cea": self._cea_price(y, source), "orders": self._orders(t, window, lot.kind),
        }  # fmt: skip
        line = Line(
            names[e].id,
            action,
            source,
            lot.kind,
            unit,
            t,
            window,
            year,
            by,
            price,
            cost,
            lot.id,
            "" if to is None else names[to].id,
            title(action, source, values),
            reason(action, source, lot, values),
        )
        self.found.append((self.y, e, line))

    def _limit(self, e: int) -> tuple[str, str]:
        """The limit of the carry-over as a sum, with the plan's own trades until 2025-12-31 in it; English, Chinese."""
        entity, rule = self.case.entities[e], law("surrender.carry-over").values
        if entity.trades is None:
            return "", ""
        sold, bought = traded_before(self.given, self.tonnes, e, self.s)
        held = entity.trades.holding_t
        if held is None:
            held = sum(each.t for each in entity.holdings if each.origin == "carried-over" or 0 < each.vintage <= OLD)
        limit = carry_over(sold_t=sold, bought_t=bought, holding_t=held)
        formula = f"{rule['free_t']:,} + {rule['per_net_sold']} × {limit.net_sold_t:,} = {limit.formula_t:,}"
        if limit.most_t == limit.formula_t or 0 < self.given.old < len(self.given.years):
            return f"{formula} t", f"{formula} 吨"
        day = rule["holding_on"]
        return (
            f"{formula} t, and not above the {held:,} t held on {day}",
            f"{formula} 吨，且不超过 {day} 的持有量 {held:,} 吨",
        )

    def _cea_price(self, y: int | None, source: str) -> str:
        """The cheapest allowance that serves a year; beside what is bought at the deadline, that of the deadline."""
        if y is None:
            return ""
        if source == "later" and (then := self.case.scenarios[self.s].cea_cny_t.get(self.given.years[y])) is not None:
            return f"{then:.2f}"
        prices = [
            offer.price_cny_t
            for offer, first in zip(self.case.offers, self.given.offers_first, strict=True)
            if offer.kind == "CEA" and first is not None and first <= y
        ]
        if self.case.scenarios:
            prices += [
                price for year, price in self.case.scenarios[self.s].cea_cny_t.items() if year == self.given.years[y]
            ]
        return f"{min(prices):.2f}" if prices else ""

    def _orders(self, t: int, window: str, kind: str) -> str:
        """How many orders: no more a day than may be traded, each below the limit of a listed order where it is one."""
        daily = self.case.daily_most_t.get(kind)
        count = -(-t // daily) if daily else 1
        return str(count) if way_of(-(-t // count)) == "listed" else "1"
