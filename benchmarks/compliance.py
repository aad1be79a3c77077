"""How long the cheapest compliance plan takes, by entities, years and scenarios: ``python -m benchmarks.compliance``.

Groups are invented: each entity has a gap of a few per cent, every fifth a pledge that costs something to release; all hand units to each other for
a fee, and offers, forwards, cash and daily volume are limited. Prints one JSON line for each size.
"""

from __future__ import annotations

import json
import random
import sys
import time
from datetime import date
from decimal import Decimal

from hengtan.market.compliance.exact import broken, expected_cost
from hengtan.market.compliance.given import Case, Cash, Emissions, Entity, Holding, Offer, Scenario
from hengtan.market.compliance.model import build
from hengtan.market.compliance.solve import solve
from hengtan.market.compliance.supply import supply

SIZES = ((1, 1, 1), (10, 3, 5), (50, 1, 20), (50, 3, 20), (100, 3, 20), (50, 3, 100))
TODAY = date(2026, 11, 20)


def group(entities: int, years: int, scenarios: int, *, limited: bool = True) -> Case:
    """A group of that size, the same each time."""
    chance = random.Random(20261120)
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
        futures.append(
            Scenario(
                str(s),
                share,
                cea,
                {year: (price * Decimal("0.96")).quantize(Decimal("0.01")) for year, price in cea.items()},
            )
        )
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


def main(sizes: tuple[tuple[int, int, int], ...] = SIZES) -> None:
    """One line for each size, with and without limits that break the network."""
    for entities, years, scenarios in sizes:
        for limited in (False, True):
            case = group(entities, years, scenarios, limited=limited)
            start = time.perf_counter()
            given = supply(case)
            model = build(given)
            built = time.perf_counter()
            answer = solve(model)
            solved = time.perf_counter()
            line = {
                "entities": entities, "years": years, "scenarios": scenarios, "limits": limited, "columns": len(model.cost),
                "rows": len(model.row_low), "build_s": round(built - start, 3), "solve_s": round(solved - built, 3),
                "seconds": round(solved - start, 3), "optimal": answer.optimal,
            }  # fmt: skip
            if answer.tonnes is not None:
                line |= {"cost_cny": str(expected_cost(given, answer.tonnes)), "gap_cny": round(answer.cost - answer.bound, 4),
                         "rules_broken": len(broken(given, answer.tonnes))}  # fmt: skip
            print(json.dumps(line), flush=True)


if __name__ == "__main__":
    main(tuple(tuple(map(int, each.split("x"))) for each in sys.argv[1:]) or SIZES)  # type: ignore[misc]  # three numbers
