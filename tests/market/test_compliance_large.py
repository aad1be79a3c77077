"""Large programs: large limits of cash, entities decided one by one, limits that lack something."""

import json
from dataclasses import replace
from datetime import date
from decimal import Decimal

import numpy as np
import pytest
from benchmarks.compliance import group, shape

from hengtan.market.compliance import Cash, case_of_text, plan
from hengtan.market.compliance.apart import apart
from hengtan.market.compliance.model import build
from hengtan.market.compliance.plan import dearer
from hengtan.market.compliance.program import run
from hengtan.market.compliance.relaxed import Relaxed
from hengtan.market.compliance.supply import supply

from .compliance_cases import case, cea, entity, future, spot
from .compliance_random import made

# 100,000,000 t are missing; for 9,740,000,000.00 all of them can be had at 97.40, for a fen less one lot of 1,000 t waits and costs 120
MUCH = Decimal("9740000000.00")


@pytest.mark.parametrize(("cash", "waiting"), [(MUCH, 0), (MUCH - Decimal("0.01"), 1000)])
def test_a_limit_of_thousands_of_millions_holds_to_the_fen(cash, waiting):
    found = plan(
        case(
            entity(due=((2025, 200_000_000),), holdings=[cea(100_000_000)]), offers=[spot(lot_t=1000)],
            scenarios=[future("one", "1", [(2025, "120")])], cash=(Cash(date(2026, 12, 10), cash, "/limits/cash/0"),),
        ),
        alternatives=False,
    )  # fmt: skip
    assert found.net_cny - found.gap_cny <= MUCH + waiting * (120 - Decimal("97.40")) <= found.net_cny
    assert found.gap_cny <= 1


def test_the_solver_takes_its_own_plan_where_a_limit_of_cash_is_large():
    """1,000,000,000 CNY in doubles are known to 0.0000001: it found a plan and refused it, for its sums were off by so much."""
    given = supply(group(50, 3, 20))
    model = build(replace(given, case=dearer(given.case, Decimal("0.9"))))
    whole = np.array(model.whole, bool)
    values, bound = run(model, whole, 60.0, gap=1e-6, nodes=100)
    assert bound <= float(np.dot(model.cost, values)) <= bound * (1 + 1e-6)


@pytest.mark.parametrize("seed", [3, 14, 26, 43])
def test_entities_each_by_itself_cost_no_more_than_together_and_no_less_than_in_parts(seed):
    drawn, what = shape(seed, (6, 2, 3))
    assert what["fee"] is None
    found = plan(drawn, alternatives=False)
    model = build(supply(drawn))
    parts = Relaxed(model, 60.0, None)
    assert parts.values is not None
    alone = apart(model, parts.values, parts.prices)
    assert alone is not None
    assert parts.bound - 0.01 <= alone[1] <= float(found.net_cny) + 0.01


def test_what_a_limit_lacks_is_the_least_that_helps():
    """A fen less than what is told is not enough, for whichever single limit of cash stands in the way."""
    seen = 0
    for seed in range(400):
        given = made(seed)
        if len(given.get("limits", {}).get("cash", [])) != 1:
            continue
        found = plan(case_of_text(json.dumps(given), "case.json"), alternatives=False)
        if [each.code for each in found.binding] != ["comply.cash-binds"] or not found.binding[0].values["short"]:
            continue
        lacks = Decimal(found.binding[0].values["short"].split(" lacks ")[1].removesuffix(" CNY").replace(",", ""))
        if lacks < Decimal("0.02"):
            continue
        seen += 1
        limit = given["limits"]["cash"][0]
        limit["most_cny"] = f"{Decimal(limit['most_cny']) + lacks - Decimal('0.02'):.2f}"
        assert plan(case_of_text(json.dumps(given), "case.json"), alternatives=False).cost_cny is None, seed
    assert seen >= 5
