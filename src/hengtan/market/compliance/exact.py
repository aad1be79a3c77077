"""What a plan in whole tonnes costs, and whether it keeps every rule: integers and decimals only, without the solver's numbers."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import ROUND_HALF_UP, Decimal
from fractions import Fraction

from hengtan.market.rules import carry_over, law

from .model import Key, windows
from .supply import Supply

Tonnes = Mapping[Key, int]
FEN = Decimal("0.01")


def futures(given: Supply) -> range:
    """Positions of the scenarios; one where none is given."""
    return range(len(given.case.scenarios) or 1)


def payments(given: Supply, tonnes: Tonnes, s: int) -> list[tuple[object, int, Decimal]]:
    """(day, entity, CNY) of everything paid in one scenario; what is sold is below zero."""
    case = given.case
    found: list[tuple[object, int, Decimal]] = []
    for e, entity in enumerate(case.entities):
        for o, offer in enumerate(case.offers):
            lots = tonnes.get(("offer", e, o), 0)
            if lots:
                found.append((offer.delivered, e, lots * offer.lot_t * offer.price_cny_t))
        for h, holding in enumerate(entity.holdings):
            if tonnes.get(("release", e, h)):
                found.append((holding.free_on, e, holding.release_cny))
        if case.scenarios:
            scenario = case.scenarios[s]
            for y, year in enumerate(given.years):
                day = given.deadlines[y]
                for key, sign, prices in (
                    (("buy", "CEA"), 1, scenario.cea_cny_t), (("buy", "CCER"), 1, scenario.ccer_cny_t), (("sell",), -1, scenario.cea_cny_t),
                ):  # fmt: skip
                    moved = tonnes.get((*key, e, y, s), 0)
                    if moved:
                        found.append((day, e, sign * moved * prices[year]))
        for y in range(len(given.years)):
            handed = sum(tonnes.get(("in", stock, e, y, s), 0) for stock in ("CEA", *given.stocks))
            if handed and case.transfer_cny_t:
                found.append((given.deadlines[y], e, handed * case.transfer_cny_t))
    return found


def cost(given: Supply, tonnes: Tonnes, s: int) -> Decimal:
    """CNY paid in one scenario, to the fen."""
    return sum((cny for _, _, cny in payments(given, tonnes, s)), Decimal(0)).quantize(FEN, ROUND_HALF_UP)


def left_worth(given: Supply, tonnes: Tonnes, s: int) -> Decimal:
    """What is left after the last year and would serve another, at the worth that the case gives it."""
    case, last, worth = given.case, len(given.years) - 1, Decimal(0)
    for e in range(len(case.entities)):
        worth += tonnes.get(("left", "CEA", e, last, s), 0) * case.end_cea_cny_t
        for stock, serves in given.stocks.items():
            if last in serves:
                worth += tonnes.get(("left", stock, e, last, s), 0) * case.end_ccer_cny_t
    return worth


def expected_cost(given: Supply, tonnes: Tonnes) -> Decimal:
    """The mean over the scenarios, to the fen."""
    return _mean(given, [cost(given, tonnes, s) for s in futures(given)])


def objective(given: Supply, tonnes: Tonnes) -> Decimal:
    """What is made least: the expected cost less the worth of what is left."""
    return _mean(given, [cost(given, tonnes, s) - left_worth(given, tonnes, s) for s in futures(given)])


def _mean(given: Supply, values: list[Decimal]) -> Decimal:
    if not given.case.scenarios:
        return values[0]
    weighted = zip(given.case.scenarios, values, strict=True)
    return sum((each.probability * value for each, value in weighted), Decimal(0)).quantize(FEN, ROUND_HALF_UP)


def broken(given: Supply, tonnes: Tonnes) -> list[str]:
    """Every rule that a plan breaks, in words for a developer; empty where it keeps them all."""
    wrong = [f"{key} below zero" for key, value in tonnes.items() if value < 0]
    for s in futures(given):
        for e in range(len(given.case.entities)):
            wrong += _entity(given, tonnes, e, s)
        wrong += _money_and_volume(given, tonnes, s)
        for stock in ("CEA", *given.stocks):
            for y in range(len(given.years)):
                moved = [
                    sum(tonnes.get((way, stock, e, y, s), 0) for e in range(len(given.case.entities)))
                    for way in ("in", "out")
                ]
                if moved[0] != moved[1]:
                    wrong.append(f"hand-overs of {stock} in {given.years[y]} do not balance")
                if any(moved) and not given.case.transfers:
                    wrong.append(f"hand-overs of {stock} in {given.years[y]} where there are none")
    for o, offer in enumerate(given.case.offers):
        taken = sum(tonnes.get(("offer", e, o), 0) for e in range(len(given.case.entities))) * offer.lot_t
        if offer.most_t is not None and taken > offer.most_t:
            wrong.append(f"offer {offer.id}: {taken} of {offer.most_t}")
    return wrong


def traded_before(given: Supply, tonnes: Tonnes, e: int, s: int) -> tuple[int, int]:
    """Allowances that an entity sold and bought in the span that counts for the carry-over: before the plan, and by it in one scenario."""
    case, rule = given.case, law("surrender.carry-over").values
    trades = case.entities[e].trades
    sold, bought = (trades.sold_t, trades.bought_t) if trades else (0, 0)
    bought += sum(
        tonnes.get(("offer", e, o), 0) * offer.lot_t for o, offer in enumerate(case.offers)
        if offer.kind == "CEA" and offer.delivered <= rule["trades_to"]
    )  # fmt: skip
    for y in range(len(given.years)):
        if rule["trades_from"] <= given.deadlines[y] <= rule["trades_to"]:
            bought += tonnes.get(("buy", "CEA", e, y, s), 0) + tonnes.get(("in", "CEA", e, y, s), 0)
            sold += tonnes.get(("sell", e, y, s), 0) + tonnes.get(("out", "CEA", e, y, s), 0)
    return sold, bought


def _entity(given: Supply, tonnes: Tonnes, e: int, s: int) -> list[str]:
    wrong: list[str] = []
    case, entity = given.case, given.case.entities[e]
    stock = dict.fromkeys(("CEA", *given.stocks), 0)
    carried = sum(each.t for each in entity.holdings if each.origin == "carried-over")
    for y in range(len(given.years)):
        name = f"{entity.id} {given.years[y]} scenario {s}"
        if y == given.old and y:  # old allowances end here but for what is converted
            converted = tonnes.get(("convert", e, s), 0)
            if converted:
                sold, bought = traded_before(given, tonnes, e, s)
                limit = carry_over(
                    sold_t=sold, bought_t=bought, holding_t=stock["CEA"] + carried, on_time=tuple({*entity.on_time, *given.years})
                )  # fmt: skip
                if converted + carried > limit.most_t:
                    wrong.append(f"{name}: {converted} converted of {limit.most_t}")
            stock["CEA"] = converted
        if y == 0:
            stock["CEA"] += given.converted_now(e)
        for lot in given.lots:
            if lot.entity == e and lot.first == y and (lot.release is None or tonnes.get(("release", e, lot.release))):
                stock[lot.stock] += lot.t
        for o, (offer, first) in enumerate(zip(case.offers, given.offers_first, strict=True)):
            taken = tonnes.get(("offer", e, o), 0) * offer.lot_t
            if taken and first is None:
                wrong.append(f"offer {offer.id} serves no year")
            if first == y:
                stock[given.offers_stock[o]] += taken
        moved = {name: tonnes.get(("in", name, e, y, s), 0) - tonnes.get(("out", name, e, y, s), 0) for name in stock}
        buys, sells = tonnes.get(("buy", "CEA", e, y, s), 0), tonnes.get(("sell", e, y, s), 0)
        used = {name: tonnes.get(("use", name, e, y, s), 0) for name in given.stocks}
        if sum(used.values()) > given.caps_t[e][y][s]:
            wrong.append(f"{name}: {sum(used.values())} credits above the cap of {given.caps_t[e][y][s]}")
        wrong += [f"{name}: {each} does not serve" for each, t in used.items() if t and y not in given.stocks[each]]
        if sells > entity.sales_t.get(given.years[y], 0):
            wrong.append(f"{name}: {sells} sold above what may be sold")
        stock["CEA"] += buys + sum(used.values()) - sells - given.due_t[e][y][s]
        stock["CCER"] += tonnes.get(("buy", "CCER", e, y, s), 0)
        for each in stock:
            stock[each] += moved[each] - used.get(each, 0)
            if stock[each] < 0:
                wrong.append(f"{name}: {-stock[each]} t of {each} short")
            if stock[each] != tonnes.get(("left", each, e, y, s), 0):
                wrong.append(f"{name}: {stock[each]} t of {each} left, said {tonnes.get(('left', each, e, y, s), 0)}")
    return wrong


def _money_and_volume(given: Supply, tonnes: Tonnes, s: int) -> list[str]:
    case, wrong = given.case, []
    paid = payments(given, tonnes, s)
    named = {entity.id: at for at, entity in enumerate(case.entities)}
    for limit in case.cash:
        whose = named.get(limit.entity) if limit.entity else None
        spent = sum((cny for day, e, cny in paid if day <= limit.by and whose in (None, e)), Decimal(0))  # type: ignore[operator]  # days
        if spent > limit.most_cny:
            wrong.append(f"{spent} CNY paid by {limit.by}, above {limit.most_cny}")
    for kind, most in case.daily_most_t.items():
        for position, window in enumerate(windows(case, given)):
            if position:
                moved = sum(tonnes.get(("buy", kind, e, position - 1, s), 0) for e in range(len(case.entities)))
            else:
                moved = sum(
                    tonnes.get(("offer", e, o), 0) * offer.lot_t
                    for e in range(len(case.entities))
                    for o, offer in enumerate(case.offers)
                    if offer.kind == kind and offer.delivered <= case.buy_until
                )
            if moved > most * window.days:
                wrong.append(f"{moved} t of {kind} in the window {window.name}, above {most} x {window.days}")
    return wrong


def shares(part: int, whole: int) -> Decimal:
    """Per cent with one decimal."""
    if not whole:
        return Decimal(0)
    exact = Fraction(part * 100, whole)
    return (Decimal(exact.numerator) / Decimal(exact.denominator)).quantize(Decimal("0.1"), ROUND_HALF_UP)
