"""The plan as a mixed-integer program: columns are decisions in tonnes, rows are what has to hold.

For each entity, year and scenario one row says where allowances come from and go, one where credits do; what is left flows into the next year.
What is decided now is one column over all scenarios. docs/decisions/0023-compliance-plan.md has the equations.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable
from dataclasses import dataclass, field, replace
from datetime import date
from functools import lru_cache
from math import frexp, inf
from typing import Any

import numpy as np

from hengtan.market.rules import law

from .days import trading_days
from .given import Case
from .supply import Supply

Key = tuple[Hashable, ...]
TINY = 1e-6  # CNY: by which a tonne handed over seems dearer where plans cost the same
EXACT = 26  # binary digits of a limit of cash; of more, the last digit of a double is above what the solver calls equal, and it refuses its own plan


@dataclass(slots=True)
class Model:
    """Columns (cost CNY, bounds, whole or not) and rows (bounds), with the entries column by column; extra: (row, column, value) put in later.

    tie: CNY by which a column seems dearer where two plans cost the same; units: by row, of how many CNY its numbers are, 1 where not named;
    dearest: the highest price, CNY/t.
    """

    cost: list[float] = field(default_factory=list)
    tie: list[float] = field(default_factory=list)
    low: list[float] = field(default_factory=list)
    high: list[float] = field(default_factory=list)
    whole: list[bool] = field(default_factory=list)
    keys: dict[Key, int] = field(default_factory=dict)
    row_low: list[float] = field(default_factory=list)
    row_high: list[float] = field(default_factory=list)
    rows: dict[Key, int] = field(default_factory=dict)
    starts: list[int] = field(default_factory=list)
    index: list[int] = field(default_factory=list)
    value: list[float] = field(default_factory=list)
    extra: list[tuple[int, int, float]] = field(default_factory=list)
    units: dict[Key, float] = field(default_factory=dict)
    dearest: float = 1.0

    def row(self, key: Key, low: float, high: float, unit: float = 1.0) -> int:
        """A new row; its bounds and entries are given in ``unit`` (tonnes or CNY) already."""
        if unit != 1.0:
            self.units[key] = unit
        self.rows[key] = len(self.row_low)
        self.row_low.append(low)
        self.row_high.append(high)
        return self.rows[key]

    def column(
        self, key: Key, cost: float, high: float, entries: Iterable[tuple[int, float]], *, whole: bool = False, tie: float = 0.0
    ) -> None:  # fmt: skip
        """A new column, from 0 to ``high``."""
        self.keys[key] = len(self.cost)
        self.starts.append(len(self.index))
        for row, value in entries:
            self.index.append(row)
            self.value.append(value)
        self.cost.append(cost)
        self.tie.append(tie)
        self.low.append(0.0)
        self.high.append(high)
        self.whole.append(whole)

    def closed(self, is_closed: Callable[[Key], bool]) -> Model:
        """The same program with some columns held at 0."""
        shut = {at for key, at in self.keys.items() if is_closed(key)}
        return replace(
            self,
            low=[0.0 if at in shut else each for at, each in enumerate(self.low)],
            high=[0.0 if at in shut else each for at, each in enumerate(self.high)],
        )

    def entries(self) -> tuple[Any, Any, Any]:
        """Column-wise: where each column starts, rows, values; those put in later among them."""
        columns = len(self.cost)
        starts = np.array([*self.starts, len(self.index)], np.int64)
        index, value = np.array(self.index, np.int64), np.array(self.value, float)
        if self.extra:
            of = np.concatenate([np.repeat(np.arange(columns), np.diff(starts)), [each[1] for each in self.extra]])
            index = np.concatenate([index, [each[0] for each in self.extra]])
            value = np.concatenate([value, [each[2] for each in self.extra]])
            order = np.lexsort((index, of))
            of, index, value = of[order], index[order], value[order]
            starts = np.concatenate([[0], np.cumsum(np.bincount(of.astype(np.int64), minlength=columns))])
        return starts.astype(np.int32), index.astype(np.int32), value


@dataclass(frozen=True, slots=True)
class Window:
    """When something is bought: ``now`` or at the deadline of a year; trading days of it, and whether their holidays are published."""

    name: str
    days: int
    sure: bool


def windows(case: Case, given: Supply) -> tuple[Window, ...]:
    """The windows of the plan: now, then one for each year."""
    return _windows(case.as_of, case.buy_until, given.deadlines, given.years, tuple(sorted(case.trading_days.items())))


@lru_cache(256)
def _windows(
    as_of: date,
    buy_until: date,
    deadlines: tuple[date, ...],
    years: tuple[int, ...],
    counted: tuple[tuple[str, int], ...],
) -> tuple[Window, ...]:
    by_hand = dict(counted)
    edges = [as_of, min(buy_until, deadlines[-1]), *deadlines]
    found = []
    for position, name in enumerate(["now", *map(str, years)]):
        after = edges[position] if position else as_of
        if position > 1:
            after = max(edges[position], edges[1])
        days, sure = trading_days(after, edges[position + 1])
        found.append(Window(name, *((by_hand[name], True) if name in by_hand else (days, sure))))
    return tuple(found)


def build(given: Supply, *, without: frozenset[str] = frozenset()) -> Model:
    """The program of a case. ``without``: families of limits to leave out (``cash``, ``daily``), to see which one binds."""
    case = given.case
    prices = [each.price_cny_t for each in case.offers]
    prices += [price for each in case.scenarios for of in (each.cea_cny_t, each.ccer_cny_t) for price in of.values()]
    model = Model(dearest=float(max(prices, default=1)))
    entities, years = range(len(case.entities)), range(len(given.years))
    futures = range(len(case.scenarios) or 1)
    stocks = ("CEA", *given.stocks)
    start = {(e, y, stock): 0 for e in entities for y in years for stock in stocks}
    for lot in given.lots:
        if lot.first is not None and lot.release is None:
            start[lot.entity, lot.first, lot.stock] += lot.t
    for e in entities:
        for y in years:
            fixed = start[e, y, "CEA"] + (given.converted_now(e) if not y else 0)
            for s in futures:
                need = given.due_t[e][y][s] - fixed
                model.row(("CEA", e, y, s), need, need)
                for stock in given.stocks:
                    model.row((stock, e, y, s), -start[e, y, stock], -start[e, y, stock])
                if len(given.stocks) > 1:
                    model.row(("cap", e, y, s), -inf, given.caps_t[e][y][s])
    if case.transfers:
        for stock in stocks:
            for y in years:
                for s in futures:
                    model.row(("pool", stock, y, s), 0, 0)
    limits = _Limits(model, given, without)
    _now(model, given, limits)
    for e in entities:
        for y in years:
            for s in futures:
                _later(model, given, limits, e, y, s)
    if given.old and given.old < len(given.years):
        for e in entities:
            for s in futures:
                _convert(model, given, e, s)
    return model


class _Limits:
    """Rows of cash and of daily volume, and which of them a purchase enters."""

    def __init__(self, model: Model, given: Supply, without: frozenset[str]) -> None:
        case = given.case
        self.given = given
        self.futures = range(len(case.scenarios) or 1)
        self.cash: list[tuple[int, int | None, float, list[int]]] = []  # (limit, entity or None, unit, row by scenario)
        named = {entity.id: at for at, entity in enumerate(case.entities)}
        if "cash" not in without:
            for at, limit in enumerate(case.cash):
                most = float(limit.most_cny)
                unit = 2.0 ** max(frexp(most)[1] - EXACT, 0)
                rows = [model.row(("cash", at, s), -inf, most / unit, unit) for s in self.futures]
                self.cash.append((at, named.get(limit.entity) if limit.entity else None, unit, rows))
        self.daily: dict[tuple[str, int, int], int] = {}
        if "daily" not in without:
            for kind, most in case.daily_most_t.items():
                for position, window in enumerate(windows(case, given)):
                    for s in self.futures if position else range(1):
                        self.daily[kind, position, s] = model.row(
                            ("daily", kind, position, s), -inf, most * window.days
                        )

    def paid(self, e: int, on: object, s: int, cny: float) -> list[tuple[int, float]]:
        """Entries of a payment of an entity on a day in a scenario."""
        cash = self.given.case.cash
        return [
            (rows[s], cny / unit)
            for at, whose, unit, rows in self.cash
            if whose in (None, e) and cash[at].by >= on  # type: ignore[operator]  # both are days
        ]


def _now(model: Model, given: Supply, limits: _Limits) -> None:
    """What is decided now: offers taken up, pledges released."""
    case = given.case
    futures = limits.futures
    for o, (offer, first) in enumerate(zip(case.offers, given.offers_first, strict=True)):
        if first is None:
            continue
        shared = None if offer.most_t is None else model.row(("offer", o), -inf, offer.most_t // offer.lot_t)
        for e in range(len(case.entities)):
            entries = [(model.rows[given.offers_stock[o], e, first, s], float(offer.lot_t)) for s in futures]
            price = float(offer.price_cny_t) * offer.lot_t
            entries += [entry for s in futures for entry in limits.paid(e, offer.delivered, s, price)]
            if shared is not None:
                entries.append((shared, 1.0))
            row = limits.daily.get((offer.kind, 0, 0))
            if row is not None and offer.delivered <= case.buy_until:
                entries.append((row, float(offer.lot_t)))
            model.column(("offer", e, o), price, inf, entries, whole=offer.lot_t > 1)
    for lot in given.lots:
        if lot.release is None or lot.first is None:
            continue
        holding = case.entities[lot.entity].holdings[lot.release]
        entries = [(model.rows[lot.stock, lot.entity, lot.first, s], float(lot.t)) for s in futures]
        cost = float(holding.release_cny)
        entries += [entry for s in futures for entry in limits.paid(lot.entity, holding.free_on, s, cost)]
        key = ("release", lot.entity, lot.release)
        model.column(key, cost, 1.0, entries, whole=True)
        if not cost:
            model.low[model.keys[key]] = 1.0  # costs nothing and can only help: no decision


def _later(model: Model, given: Supply, limits: _Limits, e: int, y: int, s: int) -> None:
    """What is done at the deadline of a year in one scenario."""
    case = given.case
    year, weight = given.years[y], given.weights[s]
    rows = {stock: model.rows[stock, e, y, s] for stock in ("CEA", *given.stocks)}
    last = y + 1 == len(given.years)
    ends = y + 1 == given.old  # what is left of old allowances serves no later year
    for stock, row in rows.items():
        worth = 0.0
        if last and stock == "CEA":
            worth = float(case.end_cea_cny_t)
        elif last and y in given.stocks[stock]:
            worth = float(case.end_ccer_cny_t)
        flows = [] if last or (ends and stock == "CEA") else [(model.rows[stock, e, y + 1, s], 1.0)]
        model.column(("left", stock, e, y, s), -weight * worth, inf, [(row, -1.0), *flows])
    several = len(given.stocks) > 1
    cap = [(model.rows["cap", e, y, s], 1.0)] if several else []
    for stock, serves in given.stocks.items():
        if y in serves:
            top = given.caps_t[e][y][s]
            tie = TINY / 2 if several and max(serves) + 1 == len(given.years) else 0.0  # what ends earlier goes first
            model.column(("use", stock, e, y, s), 0.0, top, [(rows["CEA"], 1.0), (rows[stock], -1.0), *cap], tie=tie)
    scenario = case.scenarios[s] if case.scenarios else None
    if scenario is not None:
        for kind, prices in (("CEA", scenario.cea_cny_t), ("CCER", scenario.ccer_cny_t)):
            if year not in prices:
                continue
            price = float(prices[year])
            entries = [(rows[kind], 1.0), *limits.paid(e, given.deadlines[y], s, price)]
            if (kind, y + 1, s) in limits.daily:
                entries.append((limits.daily[kind, y + 1, s], 1.0))
            tie = 0.0 if weight else price * TINY  # a future that never comes is planned for as well, without waste
            model.column(("buy", kind, e, y, s), weight * price, inf, entries, tie=tie)
        most = case.entities[e].sales_t.get(year, 0)
        if most and year in scenario.cea_cny_t:
            price = float(scenario.cea_cny_t[year])
            entries = [(rows["CEA"], -1.0), *limits.paid(e, given.deadlines[y], s, -price)]
            tie = min(TINY, weight * price / 2)  # nobody sells what he buys at the same price, and a sale still pays
            model.column(("sell", e, y, s), -weight * price, most, entries, tie=tie)
    if case.transfers:
        fee = float(case.transfer_cny_t)
        paid = limits.paid(e, given.deadlines[y], s, fee) if fee else []
        for stock, row in rows.items():
            pool = model.rows["pool", stock, y, s]
            model.column(("in", stock, e, y, s), weight * fee, inf, [(row, 1.0), (pool, -1.0), *paid], tie=TINY)
            model.column(("out", stock, e, y, s), 0.0, inf, [(row, -1.0), (pool, 1.0)])


def _convert(model: Model, given: Supply, e: int, s: int) -> None:
    """The carry-over into CEA25 where the plan's own trades count: 2 T <= 20,000 + 3 NS, NS = max(sold - bought, 0)."""
    case, limit = given.case, given.carry[e]
    trades = case.entities[e].trades
    if limit is None or limit.refusals or trades is None:
        return
    y = given.old - 1
    rule = law("surrender.carry-over").values
    counting = [at for at in range(y + 1) if rule["trades_from"] <= given.deadlines[at] <= rule["trades_to"]]
    carried = sum(each.t for each in case.entities[e].holdings if each.origin == "carried-over")
    # what an entity can have at most, and sell or hand over at most, before 2025-12-31
    lots = [each for each in given.lots if each.kind == "CEA" and each.first is not None and each.first < given.old]
    own = sum(each.t for each in (lots if case.transfers else [each for each in lots if each.entity == e]))
    sales = sum(case.entities[e].sales_t.get(given.years[at], 0) for at in counting)
    before = trades.sold_t - trades.bought_t
    needed = sum(max(given.due_t[e][at]) for at in range(len(given.years)))
    most_net = max(before + (own + needed if case.transfers else min(sales, own + needed)), 0)
    free_t = int(rule["free_t"])
    top = max(free_t + most_net * 3 // 2 + 1 - carried, 0)
    most = model.row(("convert most", e, s), -inf, float(2 * (free_t - carried)))  # 2 T - 3 NS <= 20,000
    held = model.row(("convert held", e, s), -inf, 0.0)  # T - what is left <= 0
    _enter(model, ("left", "CEA", e, y, s), held, -1.0)
    stock = model.rows["CEA", e, given.old, s]
    if most_net:
        # what is bought beyond this is no use: everything due, and what is sold or handed over
        much = float(
            most_net + max(-before, 0) + needed + (own + needed if case.transfers else sales) + _whole_lots(given)
        )
        balance = model.row(("net", e, s), -inf, float(before) + much)  # NS - sells + buys + M z <= sold - bought + M
        positive = model.row(("net positive", e, s), -inf, 0.0)  # NS - most z <= 0
        model.column(("net", e, s), 0.0, most_net, [(balance, 1.0), (positive, 1.0), (most, -3.0)])
        model.column(("is net", e, s), 0.0, 1.0, [(balance, much), (positive, -float(most_net))], whole=True)
        for at in counting:
            _enter(model, ("sell", e, at, s), balance, -1.0)
            _enter(model, ("buy", "CEA", e, at, s), balance, 1.0)
            _enter(model, ("in", "CEA", e, at, s), balance, 1.0)
            _enter(model, ("out", "CEA", e, at, s), balance, -1.0)
        for o, offer in enumerate(case.offers):
            if offer.kind == "CEA" and offer.delivered <= rule["trades_to"]:
                _enter(model, ("offer", e, o), balance, float(offer.lot_t))
    model.column(("convert", e, s), 0.0, top, [(most, 2.0), (held, 1.0), (stock, 1.0)], whole=True)


def _whole_lots(given: Supply) -> int:
    """By how much the whole lots of what is offered may pass what is needed."""
    return sum(each.lot_t for each in given.case.offers)


def _enter(model: Model, key: Key, row: int, value: float) -> None:
    if key in model.keys:
        model.extra.append((row, model.keys[key], value))
