"""Random inputs of the compliance plan with every part that the schema knows, in few tonnes, so that edges are met often."""

import random
from datetime import date, timedelta

CALENDARS = (
    ("2026-11-20", [2025]), ("2026-11-20", [2025, 2026]), ("2026-11-20", [2027, 2025, 2026]), ("2026-07-30", [2025, 2026]),
    ("2025-11-03", [2024, 2025]), ("2025-11-03", [2024, 2025, 2026]), ("2025-12-31", [2024, 2025]), ("2026-05-10", [2025]),
    ("2026-06-10", [2025, 2026]), ("2026-06-11", [2025]), ("2024-11-20", [2023]), ("2024-11-20", [2023, 2024]), ("2024-11-20", [2025, 2024, 2023]),
)  # fmt: skip
REGISTERED = (
    "2016-05-01",
    "2017-03-13",
    "2017-03-14",
    "2024-01-21",
    "2024-01-22",
    "2024-01-23",
    "2024-06-01",
    "2024-10-01",
)


def made(seed):
    """One input, the same for the same seed."""
    return _Maker(random.Random(seed)).make()


class _Maker:
    def __init__(self, chance):
        self.chance = chance

    def often(self, share):
        return self.chance.random() < share

    def price(self, low=40, high=60):
        whole = self.chance.randint(low * 100, high * 100)
        return f"{whole // 100}.{whole % 100:02d}" if self.often(0.7) else str(whole // 100)

    def near(self, on, span=5):
        return (on + timedelta(days=self.chance.randint(-span, span))).isoformat()

    def make(self):
        chance = self.chance
        as_of, years = chance.choice(CALENDARS)
        self.as_of, self.years = date.fromisoformat(as_of), sorted(years)
        self.scale = chance.choice((1, 1, 3, 10))
        self.deadlines = [date(year + 1, 12, 31) for year in self.years]
        given = {"hengtan": "comply.input", "version": 1, "as_of": as_of, "years": list(years)}
        if self.often(0.7):
            given["buy_until"] = (self.as_of + timedelta(days=chance.randint(0, 60))).isoformat()
        if self.often(0.3):
            given["plan_for"] = "high"
        given["entities"] = [self.entity(name) for name in "abc"[: chance.choice((1, 1, 2, 2, 3))]]
        if self.often(0.6):
            given["transfers"] = {"allowed": True} | (
                {"fee_cny_t": chance.choice(("0.05", "1", "3.10"))} if self.often(0.7) else {}
            )
        if self.often(0.85):
            given["offers"] = [self.offer(f"o{at}") for at in range(chance.randint(1, 4))]
        if self.often(0.85):
            shares = chance.choice((["1"], ["0.25", "0.75"], ["0.2", "0.3", "0.5"], ["0.333333333", "0.666666667"]))
            given["scenarios"] = [self.scenario(str(at), share) for at, share in enumerate(shares)]
        limits = {}
        if self.often(0.35):
            limits["cash"] = [self.cash(given) for _ in range(chance.randint(1, 2))]
        if self.often(0.3):
            kinds = chance.choice((["CEA"], ["CCER"], ["CEA", "CCER"]))
            limits["daily_most_t"] = {kind: chance.randint(1, 5) * self.scale for kind in kinds}
            limits["trading_days"] = {name: chance.randint(0, 6) for name in ["now", *map(str, years)]}
        if limits:
            given["limits"] = limits
        if self.often(0.3):
            given["end_value"] = {"cea_cny_t": self.price(1, 39), "ccer_cny_t": self.price(1, 34)}
        return given

    def entity(self, name):
        chance, scale = self.chance, self.scale
        entity = {"id": name, "name": name.upper(), "sector": "power", "emissions": []}
        total = 0
        for year in self.years:
            due = chance.choice(
                (0, 19, 20, 21, 39, 40, chance.randint(0, 60), chance.randint(0, 60))
            ) * scale + chance.randint(0, 3)
            if year == 2025 and 2024 in self.years and self.often(0.5):
                due += 10_000
            total += due
            if self.often(0.6) or (date(year, 12, 31) < self.as_of and self.often(0.8)):
                emissions = {"year": year, "verified_t": due}
            else:
                emissions = {"year": year, "expected_t": due}
                if self.often(0.5):
                    emissions |= {"low_t": max(due - 5, 0), "high_t": due + chance.randint(0, 5)}
            entity["emissions"].append(emissions)
        old = self.as_of < date(2026, 1, 1) or self.often(0.3)
        held = max(total + chance.randint(-12, 6) * scale, 0)
        vintages = [year for year in range(2021, self.as_of.year + 1) if old or year >= 2025]
        holdings = []
        for at in range(chance.randint(1, 3)):
            vintage = chance.choice(vintages)
            if at == 0:
                vintage = (
                    max(v for v in vintages if v <= self.years[0])
                    if any(v <= self.years[0] for v in vintages)
                    else vintage
                )
            part = held if at == 0 and self.often(0.4) else chance.randint(0, held)
            held -= part
            holding = {
                "id": f"h{at}",
                "kind": "CEA",
                "t": part,
                "vintage": vintage,
                "origin": chance.choice(("allocated", "bought", "pre-allocated")),
            }
            if vintage == 2025 and self.as_of > date(2025, 12, 31) and self.often(0.3):
                holding["origin"] = "carried-over"
            holdings.append(self.pledged(holding))
        for at in range(chance.choice((0, 0, 1, 2))):
            credit = {"id": f"c{at}", "kind": "CCER", "t": chance.randint(0, 4) * max(scale // 2, 1), **self.credit()}
            if self.often(0.1):
                credit["made_from"] = chance.choice(("2020-09-22", "2020-09-23"))
            if self.often(0.1):
                credit["started"] = chance.choice(("2012-11-08", "2012-11-09"))
            holdings.append(self.pledged(credit))
        entity["holdings"] = holdings
        if self.often(0.4):
            entity["allocations"] = [
                {
                    "year": chance.choice(self.years),
                    "t": chance.randint(0, 10) * scale,
                    "on": self.near(chance.choice(self.deadlines), 2),
                }
                for _ in range(chance.randint(1, 2))
            ]
            for coming in entity["allocations"]:  # none is issued before its year
                coming["year"] = min(coming["year"], int(coming["on"][:4]))
        if self.often(0.6):
            entity["trades"] = {"sold_t": chance.randint(0, 10), "bought_t": chance.randint(0, 10)}
            if self.often(0.3):
                entity["trades"]["holding_t"] = chance.randint(0, 20_000)
        entity["surrendered_on_time"] = chance.choice(([2023, 2024], [2023, 2024], [2023], []))
        if self.often(0.3):
            entity["sales"] = [
                {"year": year, "most_t": chance.randint(0, 6) * scale} for year in self.years if self.often(0.7)
            ]
        return entity

    def credit(self):
        days = [each for each in REGISTERED if each <= self.as_of.isoformat()]
        new = [each for each in days if each >= "2024-01-23"]
        return {"registered": self.chance.choice(new if self.often(0.5) else days), "inside_market": self.often(0.1)}

    def pledged(self, holding):
        if holding["t"] and self.often(0.3):
            pledge = {"t": self.chance.randint(1, min(holding["t"], 8 * self.scale))}
            if self.often(0.85):
                on = self.chance.choice(self.deadlines)
                pledge["free_on"] = self.near(on, 1) if self.often(0.5) else self.near(self.as_of, 3)
                pledge["release_cny"] = str(self.chance.randint(0, 300 * self.scale)) if self.often(0.8) else "0"
            holding["pledge"] = pledge
        return holding

    def offer(self, name):
        chance = self.chance
        late = chance.choice(self.deadlines)
        on = (
            self.as_of + timedelta(days=chance.randint(0, 30))
            if self.often(0.6)
            else late + timedelta(days=chance.randint(-1, 1))
        )
        offer = {"id": name, "price_cny_t": self.price(), "delivered": max(on, self.as_of).isoformat()}
        if self.often(0.65):
            offer |= {
                "kind": "CEA",
                "vintage": min(
                    chance.choice([*self.years, self.years[0], self.years[0] - 1, self.as_of.year]),
                    int(offer["delivered"][:4]),
                ),
            }
        else:
            offer |= {"kind": "CCER", **self.credit()}
            offer["price_cny_t"] = self.price(35, 58)
        if self.often(0.6):
            offer["most_t"] = chance.randint(0, 8) * self.scale
        if self.often(0.35):
            offer["lot_t"] = chance.randint(1, 4) * self.scale
        return offer

    def scenario(self, name, share):
        scenario = {"name": name, "probability": share, "prices": []}
        if self.often(0.5):
            scenario["emissions_factor"] = self.chance.choice(("0.95", "1.05", "1.013", "1"))
        for year in self.years:
            price = {"year": year}
            if self.often(0.92):
                price["cea_cny_t"] = self.price()
            if self.often(0.5):
                price["ccer_cny_t"] = self.price(35, 58)
            scenario["prices"].append(price)
        return scenario

    def cash(self, given):
        on = self.chance.choice([self.as_of, *self.deadlines]) + timedelta(days=self.chance.randint(-1, 30))
        limit = {"by": on.isoformat(), "most_cny": str(self.chance.randint(0, 900) * self.scale)}
        if self.often(0.4):
            limit["entity"] = self.chance.choice(given["entities"])["id"]
        return limit
