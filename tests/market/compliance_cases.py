"""Small cases of the compliance plan, and every plan of such a case tried out in whole tonnes."""

from datetime import date
from decimal import Decimal
from functools import cache
from itertools import product

from hypothesis import strategies as st

from hengtan.market.compliance import Case, Cash, Emissions, Entity, Holding, Offer, Scenario

TODAY = date(2026, 11, 20)
NEW = date(2025, 3, 1)


def entity(name="a", due=((2025, 1000),), holdings=(), **more):
    emissions = tuple(Emissions(year, verified_t=t) for year, t in due)
    return Entity(name, name.upper(), "power", f"/entities/{name}", emissions, tuple(holdings), **more)


def cea(t, vintage=2025, name="own", origin="allocated", **more):
    return Holding(name, "CEA", t, f"/holdings/{name}", vintage, origin, **more)


def ccer(t, registered=NEW, name="ccer", **more):
    return Holding(name, "CCER", t, f"/holdings/{name}", registered=registered, **more)


def spot(price="97.40", vintage=2025, name="spot", delivered=TODAY, **more):
    return Offer(name, "CEA", Decimal(price), delivered, f"/offers/{name}", vintage=vintage, **more)


def credit(price="93.54", name="credit", delivered=TODAY, **more):
    return Offer(name, "CCER", Decimal(price), delivered, f"/offers/{name}", registered=NEW, **more)


def case(*entities, offers=(), years=(2025,), scenarios=(), **more):
    more.setdefault("buy_until", date(2026, 12, 10))
    return Case(more.pop("as_of", TODAY), years, tuple(entities), tuple(offers), tuple(scenarios), **more)


def future(name, probability, cea_prices, ccer_prices=()):
    def priced(pairs):
        return {year: Decimal(price) for year, price in pairs}

    return Scenario(name, Decimal(probability), priced(cea_prices), priced(ccer_prices))


# The example of the mock screen 7-carbon-assets: 甬江热电 (invented), prices of 2026-08-19 (read)
YONGJIANG = case(
    entity(
        "yongjiang",
        ((2025, 1_186_320),),
        (
            cea(1_012_400, name="own", pledged_t=40_000, free_on=date(2026, 12, 15)),
            cea(61_600, name="carried", origin="carried-over"),
            cea(593_160, 2026, name="pre", origin="pre-allocated"),
            cea(10_700, 2024, name="left"),
            ccer(28_000, date(2025, 5, 1), name="wind"),
            ccer(12_000, date(2016, 5, 1), name="old"),
        ),
        on_time=(2023, 2024),
    ),
    offers=(spot(), credit()),
)


def cheapest(given):
    """The least expected cost over every plan in whole tonnes, or None: by trying all, without a solver.

    For cases of one or two entities, at most two years, holdings of vintages that serve every year, and 5 % worked out by hand.
    """
    entities, years = len(given.entities), len(given.years)
    most = 8 if entities == 1 else 2
    due = [
        [next(m.verified_t for m in each.emissions if m.year == year) for year in given.years]
        for each in given.entities
    ]
    cap = [[t * 5 // 100 for t in of] for of in due]
    held = [sum(h.t - h.pledged_t for h in each.holdings if h.kind == "CEA") for each in given.entities]
    held_credits = [sum(h.t for h in each.holdings if h.kind == "CCER") for each in given.entities]
    pledges = [[h for h in each.holdings if h.pledged_t] for each in given.entities]
    futures = given.scenarios or (Scenario("", Decimal(1), {}, {}),)
    limit = {c.by: c.most_cny for c in given.cash}
    deadlines = [date(year + 1, 12, 31) for year in given.years]

    def amounts(offer):
        top = most if offer.most_t is None else offer.most_t
        return range(0, top + 1, offer.lot_t)

    def later(s, start, credits, paid_now):
        """Least cost of one future from what is there after the first step."""
        scenario = futures[s]

        @cache
        def from_year(y, stock, stock_credits, paid):
            if y == years:
                return Decimal(0)
            best = None
            year = given.years[y]
            price, credit_price = scenario.cea_cny_t.get(year), scenario.ccer_cny_t.get(year)
            buys = range(most + 1) if price is not None else (0,)
            credit_buys = range(4 if entities == 1 else 3) if credit_price is not None else (0,)
            arriving = [sum(t for at, t in extra[e] if at == y) for e in range(entities)]
            hand = tuple(product(range(-most, most + 1), repeat=2)) if given.transfers and entities == 2 else ((0, 0),)
            for bought in product(buys, repeat=entities):
                for bought_credits in product(credit_buys, repeat=entities):
                    for used in product(*(range(cap[e][y] + 1) for e in range(entities))):
                        for moved, moved_credits in hand:
                            shift = (-moved, moved) if entities == 2 else (0,)
                            left = tuple(
                                stock[e] + arriving[e] + bought[e] + used[e] + shift[e] - due[e][y]
                                for e in range(entities)
                            )
                            left_credits = tuple(
                                stock_credits[e] + bought_credits[e] - used[e] + (moved_credits, -moved_credits)[e]
                                for e in range(entities)
                            )
                            if min(left) < 0 or min(left_credits) < 0:
                                continue
                            cost = (
                                sum(bought) * (price or 0)
                                + sum(bought_credits) * (credit_price or 0)
                                + (abs(moved) + abs(moved_credits)) * given.transfer_cny_t
                            )
                            spent = paid + cost
                            if any(
                                by >= deadlines[y] and (y + 1 == years or by < deadlines[y + 1]) and spent > most_cny
                                for by, most_cny in limit.items()
                            ):
                                continue
                            rest = from_year(y + 1, left, left_credits, spent if limit else Decimal(0))
                            if rest is not None and (best is None or cost + rest < best):
                                best = cost + rest
            return best

        extra = start
        return from_year(0, tuple([0] * entities), credits, paid_now)

    best = None
    ways = [amounts(offer) for offer in given.offers for _ in range(entities)]
    releases = [range(2) for of in pledges for _ in of]
    for taken in product(*ways, *releases):
        quantities, released = taken[: len(ways)], list(taken[len(ways) :])
        start = [[(0, held[e])] for e in range(entities)]
        credits = list(held_credits)
        cost, possible = Decimal(0), True
        for o, offer in enumerate(given.offers):
            mine = quantities[o * entities : (o + 1) * entities]
            possible = possible and (offer.most_t is None or sum(mine) <= offer.most_t)
            cost += sum(mine) * offer.price_cny_t
            for e in range(entities):
                if offer.kind == "CCER":
                    credits[e] += mine[e]
                else:
                    first = next(
                        y for y in range(years) if given.years[y] >= offer.vintage and offer.delivered <= deadlines[y]
                    )
                    start[e].append((first, mine[e]))
        if not possible:
            continue
        for e, of in enumerate(pledges):
            for holding in of:
                if released.pop(0):
                    start[e].append((0, holding.pledged_t))
                    cost += holding.release_cny
        if any(by >= given.as_of and cost > most_cny for by, most_cny in limit.items()):
            continue
        total = cost
        for s, each in enumerate(futures):
            rest = later(s, start, tuple(credits), cost)
            if rest is None:
                break
            total += each.probability * rest
        else:
            best = total if best is None else min(best, total)
    return best


prices = st.integers(40, 60).map(str)


@st.composite
def small(draw, entities=1, years=1):
    """A case that can be tried out: some tonnes missing, prices near each other."""
    names = "ab"[:entities]
    planned = (2025, 2026)[:years]
    made = []
    for name in names:
        due = [(year, draw(st.integers(0, 45 if years == 1 else 24))) for year in planned]
        total = sum(t for _, t in due)
        held = draw(st.integers(max(total - (4 if entities == 1 else 2), 0), total + (3 if entities == 1 else 2)))
        holdings = [cea(held), ccer(draw(st.integers(0, 2)))]
        if entities == 1 and held >= 2 and draw(st.booleans()):
            pledged = draw(st.integers(1, 2))
            holdings[0] = cea(held, pledged_t=pledged, free_on=date(2026, 12, 15), release_cny=Decimal(draw(prices)))
        made.append(entity(name, due, holdings))
    offers = [credit(draw(prices), most_t=1)]
    if entities == 1:
        offers.append(spot(draw(prices), most_t=draw(st.integers(0, 4)), lot_t=draw(st.integers(1, 2))))
    if years == 2 and draw(st.booleans()):
        offers.append(spot(draw(prices), 2026, "forward", date(2027, 6, 30), most_t=2))
    futures = [
        future(name, share, [(year, draw(prices)) for year in planned], [(year, draw(prices)) for year in planned[-1:]])
        for name, share in (("low", "0.25"), ("high", "0.75"))
    ]
    cash = ()
    if entities == 1 and draw(st.booleans()):
        cash = (Cash(date(planned[-1] + 1, 12, 31), Decimal(draw(st.integers(0, 300))), "/limits/cash/0"),)
    return case(
        *made, offers=offers, years=planned, scenarios=futures, cash=cash, transfers=entities == 2,
        transfer_cny_t=Decimal(draw(st.integers(0, 3))) if entities == 2 else Decimal(0),
    )  # fmt: skip
