"""A second opinion on the compliance plan: its own reading of the input and of the rules, vintage by vintage, every tonne a whole variable.

Shares no code with ``hengtan.market``: rules are written out from sheets 02 and 03 of the Chinese market, stocks are kept for each vintage and each kind of
credit by itself, nothing is netted and nothing is rounded. Slow, and meant to be.
"""

from dataclasses import dataclass, field
from datetime import date
from fractions import Fraction
from math import ceil, inf

import highspy
import numpy as np

VOID_KNOWN = date(2024, 10, 21)
DRAFT_KNOWN = date(2026, 7, 31)


def day(text):
    return date.fromisoformat(text)


def deadline(year):
    return date({2019: 2021, 2020: 2021, 2021: 2023}.get(year, year + 1), 12, 31)


def serves(vintage, year, as_of):
    """Whether allowances of a vintage can be surrendered for a year."""
    if vintage > year and (vintage, year) != (2020, 2019):
        return False
    return not (year >= 2025 and vintage <= 2024 and as_of >= VOID_KNOWN)


def offsets(credit, year, as_of):
    """Whether a credit may offset a year, at the deadline of that year."""
    registered = day(credit["registered"])
    if credit["inside_market"] or registered > deadline(year):
        return False
    if registered < date(2017, 3, 14):
        return deadline(year) <= date(2024, 12, 31)
    if registered < date(2024, 1, 22):
        return False
    if year in (2025, 2026) and as_of >= DRAFT_KNOWN and registered == date(2024, 1, 22):
        return False
    if "started" in credit and day(credit["started"]) <= date(2012, 11, 8):
        return False
    return not ("made_from" in credit and day(credit["made_from"]) <= date(2020, 9, 22))


@dataclass
class Program:
    """Whole variables and rows over them."""

    costs: list = field(default_factory=list)
    tops: list = field(default_factory=list)
    rows: list = field(default_factory=list)

    def new(self, cost=Fraction(0), top=inf):
        self.costs.append(Fraction(cost))
        self.tops.append(top)
        return len(self.costs) - 1

    def row(self, entries, low=-inf, high=inf):
        self.rows.append((entries, low, high))

    def least(self):
        """(least cost, values), or None."""
        highs = highspy.Highs()
        highs.setOptionValue("output_flag", False)
        highs.setOptionValue("mip_rel_gap", 0.0)
        highs.setOptionValue("mip_abs_gap", 0.0)
        highs.setOptionValue("mip_feasibility_tolerance", 1e-9)
        for cost, top in zip(self.costs, self.tops, strict=True):
            highs.addCol(float(cost), 0.0, float(top), 0, np.array([], np.int32), np.array([], float))
        count = len(self.costs)
        if count:
            highs.changeColsIntegrality(
                count, np.arange(count, dtype=np.int32), np.array([highspy.HighsVarType.kInteger] * count)
            )
        for entries, low, high in self.rows:
            merged = {}
            for at, value in entries:
                merged[at] = merged.get(at, 0) + value
            index = np.array(list(merged), np.int32)
            highs.addRow(
                float(low), float(high), len(index), index, np.array([float(v) for v in merged.values()], float)
            )
        highs.run()
        status = highs.getModelStatus()
        if status in (highspy.HighsModelStatus.kInfeasible,):
            return None
        if status != highspy.HighsModelStatus.kOptimal:
            raise RuntimeError(str(status))
        values = [round(each) for each in highs.getSolution().col_value]
        return sum((cost * value for cost, value in zip(self.costs, values, strict=True)), Fraction(0)), values


def money(text):
    return Fraction(text)


def least(given):
    """The least expected cost less the worth of what is left, in CNY (a fraction), or None where nothing keeps the rules."""
    as_of, years = day(given["as_of"]), sorted(given["years"])
    spot_until = day(given.get("buy_until", given["as_of"]))
    entities, offers = given["entities"], given.get("offers", [])
    futures = given.get("scenarios") or [{"name": "", "probability": "1", "prices": []}]
    handing = given.get("transfers", {"allowed": False})
    limits, end = given.get("limits", {}), given.get("end_value", {})
    program = Program()
    paid = []  # (day, entity, scenario or None, variable, CNY each)
    volume = {}  # (kind, window, scenario or None) -> entries

    def first(on):
        return next((y for y, year in enumerate(years) if on <= deadline(year)), None)

    old = sum(year <= 2024 for year in years)
    worth = {"CEA": money(end.get("cea_cny_t", "0")), "CCER": money(end.get("ccer_cny_t", "0"))}
    arrives = {}  # (entity, unit, year) -> [(variable or None, tonnes)]; a unit is ("CEA", vintage) or ("CCER", attributes)
    units = {("CCER", "later")}
    attributes = {}
    constants = Fraction(0)

    def credit_unit(each):
        unit = ("CCER", (each["registered"], each["inside_market"], each.get("started"), each.get("made_from")))
        attributes[unit] = each
        return unit

    def arrive(e, unit, y, variable, tonnes):
        units.add(unit)
        if y is not None:
            arrives.setdefault((e, unit, y), []).append((variable, tonnes))

    bought_before = [[] for _ in entities]  # variables that count as bought up to 2025-12-31
    for e, entity in enumerate(entities):
        trades = entity.get("trades")
        held_old = sum(h["t"] for h in entity.get("holdings", []) if h["kind"] == "CEA" and h["vintage"] <= 2024)
        carried = sum(h["t"] for h in entity.get("holdings", []) if h.get("origin") == "carried-over")
        on_time = {*entity.get("surrendered_on_time", []), *years} >= {2023, 2024}
        room = None
        if trades:
            net = max(trades["sold_t"] - trades["bought_t"], 0)
            holding = trades.get("holding_t")
            room = min(10_000 + net * 3 // 2, held_old + carried if holding is None else holding) if on_time else 0
        usable = inf if room is None else room
        frees = []
        for h in entity.get("holdings", []):
            unit = ("CEA", h["vintage"]) if h["kind"] == "CEA" else credit_unit(h)
            pledge = h.get("pledge", {"t": 0})
            is_carried = h.get("origin") == "carried-over"
            free_t = h["t"] - pledge["t"]
            if is_carried:
                free_t = min(free_t, usable)
                usable -= free_t
            arrive(e, unit, 0, None, free_t)
            if pledge["t"] and "free_on" in pledge:
                frees.append((h, unit, pledge, is_carried))
        for _, unit, pledge, is_carried in frees:
            tonnes = pledge["t"]
            if is_carried:
                tonnes = min(tonnes, usable)
                usable -= tonnes
            cost = money(pledge.get("release_cny", "0"))
            release = program.new(cost, 1)
            on = day(pledge["free_on"])
            paid.append((on, e, None, release, cost))
            arrive(e, unit, first(max(on, as_of)), release, tonnes)
        for a in entity.get("allocations", []):
            arrive(e, ("CEA", a["year"]), first(max(day(a["on"]), as_of)), None, a["t"])
        if not old and room is not None and as_of <= date(2026, 6, 10):
            free_old = sum(
                h["t"] - h.get("pledge", {"t": 0})["t"]
                for h in entity.get("holdings", [])
                if h["kind"] == "CEA" and h["vintage"] <= 2024
            )
            free_old += sum(a["t"] for a in entity.get("allocations", []) if a["year"] <= 2024)
            arrive(e, ("CEA", 2025), 0, None, min(max(room - carried, 0), free_old))
    for offer in offers:
        on, lot = day(offer["delivered"]), offer.get("lot_t", 1)
        unit = ("CEA", offer["vintage"]) if offer["kind"] == "CEA" else credit_unit(offer)
        usable_at_all = any(
            (serves(offer["vintage"], year, as_of) if offer["kind"] == "CEA" else offsets(offer, year, as_of))
            and on <= deadline(year)
            for year in years
        )
        lots = []
        for e in range(len(entities)):
            if not usable_at_all:
                continue
            price = money(offer["price_cny_t"]) * lot
            variable = program.new(price)
            lots.append(variable)
            paid.append((on, e, None, variable, price))
            arrive(e, unit, first(on), variable, lot)
            if on <= spot_until:
                volume.setdefault((offer["kind"], 0, None), []).append((variable, lot))
            if offer["kind"] == "CEA" and on <= date(2025, 12, 31):
                bought_before[e].append((variable, lot))
        if "most_t" in offer and lots:
            program.row([(each, lot) for each in lots], high=offer["most_t"])
    for y in range(len(years)):
        units.add(("CEA", years[y]))
    if old and old < len(years):
        units.add(("CEA", 2025))
    units = sorted(units, key=str)
    for s, future in enumerate(futures):
        p = money(future["probability"])
        prices = {each["year"]: each for each in future["prices"]}
        stock = {}
        handed = {}
        for e, entity in enumerate(entities):
            due_of = {each["year"]: each for each in entity["emissions"]}
            sales = {each["year"]: each["most_t"] for each in entity.get("sales", [])}
            moved_before = list(bought_before[e])  # (variable, +bought / -sold)
            for y, year in enumerate(years):
                m = due_of[year]
                if "verified_t" in m:
                    due = m["verified_t"]
                else:
                    base = m["high_t"] if given.get("plan_for") == "high" and "high_t" in m else m["expected_t"]
                    due = ceil(base * money(future.get("emissions_factor", "1")))
                price = prices.get(year, {})
                given_up, sold = [], []
                for unit in units:
                    kind, of = unit
                    if kind == "CEA":
                        allowed = serves(of, year, as_of)
                    else:
                        allowed = of == "later" or offsets(attributes[unit], year, as_of)
                    entries = []
                    if y:
                        entries.append((stock[e, unit], 1))
                    fixed = 0
                    for variable, tonnes in arrives.get((e, unit, y), []):
                        if variable is None:
                            fixed += tonnes
                        else:
                            entries.append((variable, tonnes))
                    if y == old and y and kind == "CEA" and of == 2025 and (e, "convert") in stock:
                        entries.append((stock[e, "convert"], 1))
                    bought = None
                    if kind == "CEA" and of == year and "cea_cny_t" in price:
                        bought, each = program.new(p * money(price["cea_cny_t"])), money(price["cea_cny_t"])
                    if of == "later" and "ccer_cny_t" in price:
                        bought, each = program.new(p * money(price["ccer_cny_t"])), money(price["ccer_cny_t"])
                    if bought is not None:
                        entries.append((bought, 1))
                        paid.append((deadline(year), e, s, bought, each))
                        volume.setdefault((kind, y + 1, s), []).append((bought, 1))
                        if kind == "CEA" and deadline(year) <= date(2025, 12, 31):
                            moved_before.append((bought, 1))
                    if allowed:
                        used = program.new()
                        given_up.append((used, kind))
                        entries.append((used, -1))
                        if kind == "CEA" and sales.get(year) and "cea_cny_t" in price:
                            gain = money(price["cea_cny_t"])
                            out = program.new(-p * gain)
                            sold.append(out)
                            entries.append((out, -1))
                            paid.append((deadline(year), e, s, out, -gain))
                            if deadline(year) <= date(2025, 12, 31):
                                moved_before.append((out, -1))
                        if handing["allowed"]:
                            fee = money(handing.get("fee_cny_t", "0"))
                            into, out = program.new(p * fee), program.new()
                            entries += [(into, 1), (out, -1)]
                            paid.append((deadline(year), e, s, into, fee))
                            handed.setdefault((unit, y), []).extend([(into, 1), (out, -1)])
                            if kind == "CEA" and deadline(year) <= date(2025, 12, 31):
                                moved_before += [(into, 1), (out, -1)]
                    last = y + 1 == len(years)
                    keeps = program.new(-p * worth[kind] if last and allowed else 0)
                    stock[e, unit] = keeps
                    entries.append((keeps, -1))
                    program.row(entries, -fixed, -fixed)
                program.row([(each, 1) for each, _ in given_up], due, due)
                program.row([(each, 1) for each, kind in given_up if kind == "CCER"], high=due // 20)
                if sold:
                    program.row([(each, 1) for each in sold], high=sales[year])
                if y + 1 == old and old < len(years):
                    trades = entity.get("trades")
                    on_time = {*entity.get("surrendered_on_time", []), *years} >= {2023, 2024}
                    if trades and on_time:
                        carried = sum(h["t"] for h in entity.get("holdings", []) if h.get("origin") == "carried-over")
                        convert, net, is_net = program.new(), program.new(), program.new(0, 1)
                        stock[e, "convert"] = convert
                        much = 10**6
                        program.row([(convert, 2), (net, -3)], high=20_000 - 2 * carried)
                        program.row([(net, 1), (is_net, -much)], high=0)
                        program.row(
                            [(net, 1), (is_net, much), *moved_before], high=trades["sold_t"] - trades["bought_t"] + much
                        )
                        program.row(
                            [(convert, 1), *((stock[e, u], -1) for u in units if u[0] == "CEA" and u[1] <= 2024)],
                            high=0,
                        )
        for entries in handed.values():
            program.row(entries, 0, 0)
        named = {entity["id"]: e for e, entity in enumerate(entities)}
        for limit in limits.get("cash", []):
            program.row(
                [
                    (variable, cny) for on, e, of, variable, cny in paid
                    if on <= day(limit["by"]) and of in (None, s) and ("entity" not in limit or named[limit["entity"]] == e)
                ],
                high=money(limit["most_cny"]),
            )  # fmt: skip
    for (kind, window, _), entries in volume.items():
        if kind in limits.get("daily_most_t", {}):
            days = limits["trading_days"]["now" if window == 0 else str(years[window - 1])]
            program.row(entries, high=limits["daily_most_t"][kind] * days)
    found = program.least()
    return None if found is None else found[0] + constants
