"""How long the cheapest compliance plan takes: ``python -m benchmarks.compliance``.

    python -m benchmarks.compliance 50x3x20 10x3x5       one group of each size, with and without limits that break the network
    python -m benchmarks.compliance --shapes 40          40 random shapes of 50 entities, 3 years and 20 scenarios, and what most of them take

Groups are invented: each entity has a gap of a few per cent, every fifth a pledge that costs something to release; all hand units to each other for
a fee, and offers, forwards, cash and daily volume are limited. A shape draws which of these there are, and how tight they are. Prints JSON lines.
"""

from __future__ import annotations

import json
import random
import sys
import time
from dataclasses import replace
from datetime import date
from decimal import Decimal
from typing import Any

from hengtan.market.compliance import Case, Cash, Emissions, Entity, Holding, Offer, Scenario, plan
from hengtan.market.compliance.exact import broken

SIZES = ((1, 1, 1), (10, 3, 5), (50, 1, 20), (50, 3, 20), (100, 3, 20), (50, 3, 100))
TODAY = date(2026, 11, 20)


def group(entities: int, years: int, scenarios: int, *, limited: bool = True, seed: int = 20261120) -> Case:
    """A group of that size, the same each time."""
    chance = random.Random(seed)
    planned = tuple(range(2025, 2025 + years))
    made = []
    for at in range(entities):
        dues = {year: chance.randint(200_000, 3_000_000) for year in planned}
        pledge = at % 5 == 0
        holdings = (
            Holding("own", "CEA", int(dues[2025] * chance.uniform(0.8, 1.05)), "", 2025, "allocated",
                    pledged_t=20_000 if pledge else 0, free_on=date(2026, 12, 15), release_cny=Decimal(chance.randint(100_000, 3_000_000))),
            Holding("ccer", "CCER", chance.randint(0, 20_000), "", registered=date(2025, 3, 1)),
        )  # fmt: skip
        coming = tuple(
            Holding(f"{year}", "CEA", int(dues[year] * chance.uniform(0.85, 1.0)), "", year, "allocated")
            for year in planned[1:]
        )
        emissions = tuple(Emissions(year, verified_t=t) for year, t in dues.items())
        made.append(Entity(f"e{at}", f"E{at}", "power", "", emissions, (*holdings, *coming)))
    futures = []
    for s in range(scenarios):
        share = Decimal(1) / Decimal(scenarios) if s else 1 - (Decimal(1) / Decimal(scenarios)) * (scenarios - 1)
        cea = {year: Decimal(round(100 * (97.4 + 3 * y + chance.gauss(0, 9)))) / 100 for y, year in enumerate(planned)}
        ccer = {year: (price * Decimal("0.96")).quantize(Decimal("0.01")) for year, price in cea.items()}
        futures.append(Scenario(str(s), share, cea, ccer))
    offers = [
        Offer("spot", "CEA", Decimal("97.40"), TODAY, "", vintage=2025, most_t=2_000_000),
        Offer("credit", "CCER", Decimal("93.54"), TODAY, "", registered=date(2025, 3, 1), most_t=500_000),
    ]
    if years > 1:
        offers.append(
            Offer("forward", "CEA", Decimal("98.90"), date(2027, 6, 30), "", vintage=2026, most_t=1_000_000, lot_t=1000)
        )
    cash = (Cash(date(2026, 12, 31), Decimal(entities * 20_000_000), ""),) if limited else ()
    return Case(
        TODAY, planned, tuple(made), tuple(offers), tuple(futures), buy_until=date(2026, 12, 10), transfers=entities > 1,
        transfer_cny_t=Decimal("0.05"), cash=cash, daily_most_t={"CEA": 2_000_000} if limited else {},
    )  # fmt: skip


def shape(seed: int, size: tuple[int, int, int] = (50, 3, 20)) -> tuple[Case, dict[str, Any]]:
    """A group of a size in which everything else is drawn: which limits there are, and how tight."""
    chance = random.Random(seed)
    case = group(*size, limited=False, seed=seed)
    drawn: dict[str, Any] = {"seed": seed}
    planned = case.years
    entities = list(case.entities)
    fee = drawn["fee"] = chance.choice((None, None, "0", "0.05", "1.00"))
    lot = drawn["lot"] = chance.choice((1, 1, 100, 1000, 10_000))
    sold = drawn["sales"] = chance.random() < 0.4
    drawn["pledges"] = pledges = chance.choice((0, 10, 50))
    drawn["forecast"] = forecast = chance.random() < 0.5
    for at, one in enumerate(entities):
        own = one.holdings[0]
        own = replace(
            own, pledged_t=20_000 if at < pledges else 0, release_cny=Decimal(chance.randint(100_000, 3_000_000))
        )
        emissions = one.emissions
        if forecast:
            emissions = (*emissions[:1], *(Emissions(m.year, expected_t=m.verified_t) for m in emissions[1:]))
        sales = {year: chance.randint(0, 100_000) for year in planned} if sold else {}
        entities[at] = replace(one, holdings=(own, *one.holdings[1:]), emissions=emissions, sales_t=sales)
    offers = [replace(each, lot_t=lot) if chance.random() < 0.7 else each for each in case.offers]
    if chance.random() < 0.3:
        offers = [replace(each, most_t=None) for each in offers]
    scenarios = case.scenarios
    if forecast:
        scenarios = tuple(
            replace(each, emissions_factor=Decimal(chance.randint(950, 1050)) / 1000) for each in scenarios
        )
    gap = 97 * sum(
        max(sum(m.verified_t or 0 for m in one.emissions) - sum(h.t for h in one.holdings if h.kind == "CEA"), 0) for one in case.entities
    )  # fmt: skip
    drawn["cash"] = kind = chance.choice(("", "", "all", "each", "both"))
    cash: list[Cash] = []
    if kind in ("all", "both"):
        cash.append(Cash(date(planned[-1] + 1, 12, 31), Decimal(int(gap * chance.uniform(1.15, 1.5))), ""))
        cash.append(Cash(date(2026, 12, 31), Decimal(int(gap * chance.uniform(0.3, 0.9))), ""))
    if kind in ("each", "both"):
        cash += [
            Cash(date(2026, 12, 15), Decimal(chance.randint(0, 20_000_000)), "", one.id)
            for one in entities
            if chance.random() < 0.5
        ]
    drawn["daily"] = daily = chance.random() < 0.4
    limits = {"CEA": int(gap / 97 / 100), "CCER": chance.randint(1000, 20_000)} if daily else {}
    drawn["end"] = end = chance.random() < 0.3
    return replace(
        case, entities=tuple(entities), offers=tuple(offers), scenarios=scenarios, transfers=fee is not None,
        transfer_cny_t=Decimal(fee or 0), cash=tuple(cash), daily_most_t=limits, end_cea_cny_t=Decimal(60 if end else 0),
    ), drawn  # fmt: skip


def measured(case: Case) -> dict[str, Any]:
    """Seconds (of the clock, and of the processors) of the plan alone and with its alternatives, and how good it is."""
    start, cpu = time.perf_counter(), time.process_time()
    found = plan(case, alternatives=False)
    alone, alone_cpu = time.perf_counter(), time.process_time()
    whole = plan(case)
    end, end_cpu = time.perf_counter(), time.process_time()
    line: dict[str, Any] = {
        "seconds": round(alone - start, 3),
        "cpu_s": round(alone_cpu - cpu, 3),
        "with_alternatives_s": round(end - alone, 3),
        "with_alternatives_cpu_s": round(end_cpu - alone_cpu, 3),
        "status": found.status,
    }
    if found.cost_cny is not None:
        worst = max((each.gap_cny for each in whole.alternatives), default=Decimal(0))
        line |= {"cost_cny": str(found.cost_cny), "gap_cny": str(found.gap_cny), "gap_of_alternatives_cny": str(worst),
                 "rules_broken": len(broken(found.given, found.tonnes))}  # fmt: skip
    return line


def distribution(count: int, size: tuple[int, int, int] = (50, 3, 20)) -> None:
    """Random shapes of one size, one line each, and a last line with the spread of their times."""
    names = ("seconds", "cpu_s", "with_alternatives_s", "with_alternatives_cpu_s")
    lines = []
    for seed in range(count):
        case, drawn = shape(seed, size)
        lines.append(measured(case))
        print(json.dumps(drawn | lines[-1]), flush=True)
    spread = {name: _spread([each[name] for each in lines]) for name in names}
    print(
        json.dumps({"entities": size[0], "years": size[1], "scenarios": size[2], "shapes": count} | spread), flush=True
    )


def _spread(of: list[float]) -> dict[str, float]:
    ordered = sorted(of)
    return {
        "median": ordered[len(of) // 2],
        "p90": ordered[min(int(len(of) * 0.9), len(of) - 1)],
        "most": ordered[-1],
        "over_1_s": sum(each > 1 for each in of),
    }


def main(sizes: tuple[tuple[int, int, int], ...] = SIZES) -> None:
    """One line for each size, with and without limits that break the network."""
    for entities, years, scenarios in sizes:
        for limited in (False, True):
            case = group(entities, years, scenarios, limited=limited)
            line = {"entities": entities, "years": years, "scenarios": scenarios, "limits": limited}
            print(json.dumps(line | measured(case)), flush=True)


if __name__ == "__main__":
    if sys.argv[1:2] == ["--shapes"]:
        distribution(int(sys.argv[2]) if len(sys.argv) > 2 else 40)
    else:
        asked = [[int(word) for word in each.split("x")] for each in sys.argv[1:]]
        main(tuple((entities, years, scenarios) for entities, years, scenarios in asked) or SIZES)
