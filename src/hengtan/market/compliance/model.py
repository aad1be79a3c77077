"""The plan as a mixed-integer program: columns are decisions in tonnes, rows are what has to hold.

For each entity, year and scenario one row says where allowances come from and go, one where credits do; what is left flows into the next year.
What is decided now is one column over all scenarios. docs/decisions/0023-compliance-plan.md has the equations.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterable
from dataclasses import dataclass, field
from math import inf

from .days import trading_days
from .given import Case
from .supply import Supply

Key = tuple[Hashable, ...]
TINY = 1e-6  # CNY a tonne handed over: of two plans of one cost, the one with fewer hand-overs


@dataclass(slots=True)
class Model:
    """Columns (cost CNY, bounds, whole or not) and rows (bounds), with the entries column by column; extra: (row, column, value) put in later."""

    cost: list[float] = field(default_factory=list)
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

    def row(self, key: Key, low: float, high: float) -> int:
        """A new row."""
        self.rows[key] = len(self.row_low)
        self.row_low.append(low)
        self.row_high.append(high)
        return self.rows[key]

    def column(
        self, key: Key, cost: float, high: float, entries: Iterable[tuple[int, float]], *, whole: bool = False
    ) -> None:
        """A new column, from 0 to ``high``."""
        self.keys[key] = len(self.cost)
        self.starts.append(len(self.index))
        for row, value in entries:
            self.index.append(row)
            self.value.append(value)
        self.cost.append(cost)
        self.low.append(0.0)
        self.high.append(high)
        self.whole.append(whole)


@dataclass(frozen=True, slots=True)
class Window:
    """When something is bought: ``now`` or at the deadline of a year; trading days of it, and whether their holidays are published."""

    name: str
    days: int
    sure: bool


def windows(case: Case, given: Supply) -> list[Window]:
    """The windows of the plan: now, then one for each year."""
    edges = [case.as_of, min(case.buy_until, given.deadlines[-1]), *given.deadlines]
    found = []
    for position, name in enumerate(["now", *map(str, given.years)]):
        after = edges[position] if position else case.as_of
        if position > 1:
            after = max(edges[position], edges[1])
        days, sure = trading_days(after, edges[position + 1])
        found.append(Window(name, *((case.trading_days[name], True) if name in case.trading_days else (days, sure))))
    return found


def build(given: Supply, *, without: frozenset[str] = frozenset()) -> Model:
    """The program of a case. ``without``: families of limits to leave out (``cash``, ``daily``), to see which one binds."""
    case, model = given.case, Model()
    entities, years = range(len(case.entities)), range(len(given.years))
    futures = range(len(case.scenarios) or 1)
    start = {(e, y, k): 0 for e in entities for y in years for k in ("CEA", "CCER")}
    for lot in given.lots:
        if lot.first is not None and lot.release is None:
            start[lot.entity, lot.first, lot.kind] += lot.t
    converts = _conversions(given)
    for e in entities:
        for y in years:
            fixed = start[e, y, "CEA"] + (converts.get(e, 0) if y == given.old and not given.old else 0)
            for s in futures:
                need = given.due_t[e][y][s] - fixed
                model.row(("CEA", e, y, s), need, need)
                model.row(("CCER", e, y, s), -start[e, y, "CCER"], -start[e, y, "CCER"])
    if case.transfers:
        for kind in ("CEA", "CCER"):
            for y in years:
                for s in futures:
                    model.row(("pool", kind, y, s), 0, 0)
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


def _conversions(given: Supply) -> dict[int, int]:
    """Old allowances that can still be converted where 2024 itself is not planned: the trades are over, the limit is a number."""
    found = {}
    if not given.old:
        for e, limit in enumerate(given.carry):
            held = sum(
                lot.t
                for lot in given.lots
                if lot.entity == e and lot.kind == "CEA" and 0 < lot.vintage <= 2024 and lot.release is None
            )
            if limit is not None and not limit.refusals:
                found[e] = min(limit.most_t, held)
    return found


class _Limits:
    """Rows of cash and of daily volume, and which of them a purchase enters."""

    def __init__(self, model: Model, given: Supply, without: frozenset[str]) -> None:
        case = given.case
        self.given = given
        self.futures = range(len(case.scenarios) or 1)
        self.cash: list[tuple[int, int | None, list[int]]] = []  # (limit, entity or None, row by scenario)
        named = {entity.id: at for at, entity in enumerate(case.entities)}
        if "cash" not in without:
            for at, limit in enumerate(case.cash):
                rows = [model.row(("cash", at, s), -inf, float(limit.most_cny)) for s in self.futures]
                self.cash.append((at, named.get(limit.entity) if limit.entity else None, rows))
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
            (rows[s], cny)
            for at, whose, rows in self.cash
            if whose in (None, e) and cash[at].by >= on  # type: ignore[operator]  # both are days
        ]


def _now(model: Model, given: Supply, limits: _Limits) -> None:
    """What is decided now: offers taken up, pledges released."""
    case = given.case
    futures = limits.futures
    for o, (offer, first) in enumerate(zip(case.offers, given.offers_first, strict=True)):
        if first is None or (offer.kind == "CCER" and not case.credits_to_be_had):
            continue
        shared = None if offer.most_t is None else model.row(("offer", o), -inf, offer.most_t // offer.lot_t)
        for e in range(len(case.entities)):
            entries = [(model.rows[offer.kind, e, first, s], float(offer.lot_t)) for s in futures]
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
        entries = [(model.rows[lot.kind, lot.entity, lot.first, s], float(lot.t)) for s in futures]
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
    allowances, credits = model.rows["CEA", e, y, s], model.rows["CCER", e, y, s]
    last = y + 1 == len(given.years)
    ends = y + 1 == given.old  # what is left of old allowances serves no later year
    carried = [] if last or ends else [(model.rows["CEA", e, y + 1, s], 1.0)]
    worth = float(case.end_cea_cny_t) if last else 0.0
    model.column(("left", e, y, s), -weight * worth, inf, [(allowances, -1.0), *carried])
    model.column(
        ("left credits", e, y, s), -weight * float(case.end_ccer_cny_t) if last else 0.0, inf,
        [(credits, -1.0), *([] if last else [(model.rows["CCER", e, y + 1, s], 1.0)])],
    )  # fmt: skip
    model.column(("use", e, y, s), 0.0, given.caps_t[e][y][s], [(allowances, 1.0), (credits, -1.0)])
    scenario = case.scenarios[s] if case.scenarios else None
    for name, kind, prices, row in (
        ("buy", "CEA", scenario.cea_cny_t if scenario else {}, allowances),
        ("buy credits", "CCER", scenario.ccer_cny_t if scenario and case.credits_to_be_had else {}, credits),
    ):
        if year in prices:
            price = float(prices[year])
            entries = [(row, 1.0), *limits.paid(e, given.deadlines[y], s, price)]
            if (kind, y + 1, s) in limits.daily:
                entries.append((limits.daily[kind, y + 1, s], 1.0))
            model.column((name, e, y, s), weight * price, inf, entries)
    most = case.entities[e].sales_t.get(year, 0)
    if most and scenario and year in scenario.cea_cny_t:
        price = float(scenario.cea_cny_t[year])
        model.column(
            ("sell", e, y, s),
            -weight * price,
            most,
            [(allowances, -1.0), *limits.paid(e, given.deadlines[y], s, -price)],
        )
    if case.transfers:
        fee = float(case.transfer_cny_t)
        for kind, row in (("CEA", allowances), ("CCER", credits)):
            pool = model.rows["pool", kind, y, s]
            cost = weight * fee + TINY
            paid = limits.paid(e, given.deadlines[y], s, fee) if fee else []
            model.column(("in", kind, e, y, s), cost, inf, [(row, 1.0), (pool, -1.0), *paid])
            model.column(("out", kind, e, y, s), 0.0, inf, [(row, -1.0), (pool, 1.0)])


def _convert(model: Model, given: Supply, e: int, s: int) -> None:
    """The carry-over into CEA25 where the plan's own trades count: 2 T <= 20,000 + 3 NS, NS = max(sold - bought, 0)."""
    case, limit = given.case, given.carry[e]
    if limit is None or limit.refusals:
        return
    trades = case.entities[e].trades
    if trades is None:
        return
    y = given.old - 1
    sold, bought = trades.sold_t, trades.bought_t
    much = float(
        sold
        + bought
        + sum(sum(max(by) for by in years) for years in given.due_t)
        + sum(each.t for each in given.lots)
        + 10**6
    )
    balance = model.row(
        ("net", e, s), -inf, float(sold - bought) + much
    )  # NS - sells + buys + M z <= sold - bought + M
    positive = model.row(("net positive", e, s), -inf, 0.0)  # NS - M z <= 0
    most = model.row(("convert most", e, s), -inf, 20_000.0)  # 2 T - 3 NS <= 20,000
    held = model.row(("convert held", e, s), -inf, 0.0)  # T - what is left <= 0
    model.column(("net", e, s), 0.0, inf, [(balance, 1.0), (positive, 1.0), (most, -3.0)])
    model.column(("is net", e, s), 0.0, 1.0, [(balance, much), (positive, -much)], whole=True)
    model.column(
        ("convert", e, s), 0.0, inf, [(most, 2.0), (held, 1.0), (model.rows["CEA", e, given.old, s], 1.0)], whole=True
    )
    for position in range(y + 1):
        for name, sign in (("sell", -1.0), ("buy", 1.0)):
            _enter(model, (name, e, position, s), balance, sign)
        _enter(model, ("in", "CEA", e, position, s), balance, 1.0)
        _enter(model, ("out", "CEA", e, position, s), balance, -1.0)
    for o, offer in enumerate(case.offers):
        if offer.kind == "CEA" and offer.delivered <= given.deadlines[y]:
            _enter(model, ("offer", e, o), balance, float(offer.lot_t))
    _enter(model, ("left", e, y, s), held, -1.0)


def _enter(model: Model, key: Key, row: int, value: float) -> None:
    if key in model.keys:
        model.extra.append((row, model.keys[key], value))
