"""The compliance plan: the example of the screen, every small case tried out, prices of a tonne, limits, carry-over."""

from dataclasses import replace
from datetime import date
from decimal import ROUND_HALF_UP, Decimal

from hypothesis import given, settings
from hypothesis import strategies as st

from hengtan.market.compliance import Cash, Emissions, Trades, plan
from hengtan.market.compliance.exact import broken, objective

from .compliance_cases import (
    YONGJIANG,
    case,
    ccer,
    cea,
    cheapest,
    credit,
    entity,
    future,
    small,
    spot,
)


def codes(problems):
    return [each.code for each in problems]


def alternatives(found):
    return {each.id: each.cost_cny for each in found.alternatives}


# Worked by hand from the rules, and the numbers of the mock screen:
#   cap 5 % of 1,186,320 = 59,316; have 972,400 + 61,600 + 40,000 + 28,000 = 1,102,000; gap 84,320
#   CCER 59,316 - 28,000 = 31,316 at 93.54 = 2,929,298.64; CEA 53,004 at 97.40 = 5,162,589.60; together 8,091,888.24
def test_the_example_of_the_screen_costs_what_it_says():
    found = plan(YONGJIANG)
    (stand,) = found.positions
    assert (stand.due_t, stand.allowances_t + stand.credits_t, stand.gap_t, stand.cap_t) == (
        1_186_320,
        1_102_000,
        84_320,
        59_316,
    )
    assert (found.status, found.cost_cny, found.gap_cny) == ("optimal", Decimal("8091888.24"), Decimal("0.00"))
    assert [(each.unit, each.source, each.t, each.cost_cny) for each in found.lines] == [
        ("CEA25", "carried-over", 61_600, 0),
        ("CEA25", "allocated", 972_400, 0),
        ("CEA25", "released", 40_000, 0),
        ("CEA25", "offer", 53_004, Decimal("5162589.60")),
        ("CCER", "bought", 28_000, 0),
        ("CCER", "offer", 31_316, Decimal("2929298.64")),
    ]
    assert sum(each.t for each in found.lines) == 1_186_320
    assert (stand.fine.low_cny, stand.fine.high_cny) == (Decimal("41063840.00"), Decimal("82127680.00"))


def test_the_other_assumptions_of_the_screen_cost_what_it_says():
    other = alternatives(plan(YONGJIANG))
    assert round(other["cea-up-10"] / 10_000, 2) == Decimal("860.81")  # 53,004 x 107.14 + 2,929,298.64
    assert round(other["no-credits"] / 10_000, 2) == Decimal("821.28")  # 84,320 x 97.40
    assert round(other["no-release"] / 10_000, 2) == Decimal("1198.79")  # 93,004 x 97.40 + 2,929,298.64
    assert round((other["no-credits"] - plan(YONGJIANG).cost_cny) / 10_000, 2) == Decimal("12.09")


def test_a_tonne_of_2025_is_worth_its_allowance_less_its_part_of_the_cap():
    assert plan(YONGJIANG).worth_cny_t == ((Decimal("97.21"),),)  # 97.40 - 0.05 x (97.40 - 93.54) = 97.207


def test_the_prices_of_later_years_on_the_screen_are_no_result_of_its_rules():
    """The mock prints 98.90 and 104.60 for 2026 and 2027 and marks them a sample forecast.

    They are prices that somebody expects, not worths that follow: CEA25 can be banked, so as long as it can be bought for 97.40 a tonne of a
    later year is worth no more than that, whatever is expected. They hold only where nothing can be bought ahead.
    """
    ahead = entity("y", ((2025, 84_320), (2026, 61_400)), [cea(84_320)])
    futures = [future("expected", "1", [(2026, "98.90")])]
    banked = plan(case(ahead, offers=[spot()], years=(2025, 2026), scenarios=futures))
    waiting = plan(case(ahead, years=(2025, 2026), scenarios=futures))
    assert [each[1] for each in (banked.worth_cny_t[0], waiting.worth_cny_t[0])] == [Decimal("97.40"), Decimal("98.90")]


def test_what_cannot_be_used_is_told_with_its_rule():
    found = plan(YONGJIANG)
    assert {(each.code, each.column) for each in found.notes if each.column} == {
        ("law.vintage-void", "/holdings/left"),
        ("law.credit-old", "/holdings/old"),
        ("law.credit-registered", "/holdings/old"),
    }
    assert "comply.draft-rule" in codes(found.notes)
    assert found.broken == ()


@settings(max_examples=60, deadline=None)
@given(small())
def test_one_year_is_as_cheap_as_the_best_of_all_plans_tried_out(made):
    found = plan(made, alternatives=False)
    assert found.cost_cny == cheapest(made)


@settings(max_examples=25, deadline=None)
@given(small(years=2))
def test_two_years_with_banking_forwards_and_futures_are_as_cheap_as_the_best_tried_out(made):
    found = plan(made, alternatives=False)
    best = cheapest(made)
    assert (found.status == "infeasible") == (best is None)
    if best is not None:
        assert abs(found.cost_cny - best) <= Decimal("0.005")  # a quarter of a fen may be rounded


@settings(max_examples=12, deadline=None)
@given(small(entities=2))
def test_two_entities_that_hand_units_over_are_as_cheap_as_the_best_tried_out(made):
    found = plan(made, alternatives=False)
    assert found.cost_cny == cheapest(made)


@st.composite
def large(draw, step=1):
    """Groups of any size, without yes-or-no decisions."""
    years = (2025, 2026, 2027)[: draw(st.integers(1, 3))]
    tonnes = st.integers(0, 100_000).map(lambda n: n * step)
    made = [
        entity(
            f"e{at}",
            [(year, draw(tonnes)) for year in years],
            [cea(draw(st.integers(0, 150_000)), origin="allocated"), ccer(draw(st.integers(0, 4000)))],
        )
        for at in range(draw(st.integers(1, 4)))
    ]
    price = st.integers(5000, 12_000).map(lambda fen: str(Decimal(fen) / 100))
    futures = [
        future(str(at), share, [(year, draw(price)) for year in years], [(year, draw(price)) for year in years])
        for at, share in enumerate(("0.2", "0.3", "0.5"))
    ]
    return case(
        *made, offers=[spot(draw(price)), credit(draw(price), most_t=3000)], years=years, scenarios=futures,
        transfers=draw(st.booleans()), transfer_cny_t=Decimal(draw(st.sampled_from(["0", "0.05", "2"]))),
    )  # fmt: skip


def bought_at_the_deadline(made):
    """What it costs to use what one has, offset with what one holds, and buy the rest as allowances on the last day."""
    total = Decimal(0)
    for each in made.scenarios:
        for one in made.entities:
            stock = sum(h.t for h in one.holdings if h.kind == "CEA")
            credits = sum(h.t for h in one.holdings if h.kind == "CCER")
            for year, due in ((m.year, m.verified_t) for m in one.emissions):
                used = min(credits, due * 5 // 100)
                missing = max(due - used - stock, 0)
                stock, credits = max(stock + used - due, 0), credits - used
                total += each.probability * missing * each.cea_cny_t[year]
    return total


@settings(max_examples=40, deadline=None)
@given(large())
def test_no_plan_is_dearer_than_buying_all_at_the_deadline_and_none_breaks_a_rule(made):
    found = plan(made)
    assert found.status == "optimal"
    assert found.cost_cny <= bought_at_the_deadline(made).quantize(Decimal("0.01"), ROUND_HALF_UP)
    assert found.cost_cny <= alternatives(found)["at-the-deadline"]
    assert broken(found.given, found.tonnes) == []


@settings(max_examples=40, deadline=None)
@given(large())
def test_the_lines_add_up_to_what_is_due_and_to_what_is_paid(made):
    found = plan(made, alternatives=False)
    for one in made.entities:
        for each in one.emissions:
            settled = [
                line.t for line in found.lines
                if (line.entity, line.year) == (one.id, each.year) and line.action in ("surrender", "offset")
            ]  # fmt: skip
            assert sum(settled) == each.verified_t
    assert sum(line.cost_cny for line in found.lines) == found.futures[found.central].cost_cny


@settings(max_examples=40, deadline=None)
@given(large(step=20), st.data())
def test_what_a_tonne_less_saves_lies_between_the_differences_of_twenty_tonnes_more_and_less(made, data):
    """20 t, because 5 % of them are one whole tonne of credits. The cost is convex in what is due, so the price lies between."""
    e = data.draw(st.integers(0, len(made.entities) - 1))
    y = data.draw(st.integers(0, len(made.years) - 1))

    def cost(more):
        one = made.entities[e]
        moved = [replace(m, verified_t=m.verified_t + more) if at == y else m for at, m in enumerate(one.emissions)]
        changed = [replace(one, emissions=tuple(moved)) if at == e else each for at, each in enumerate(made.entities)]
        found = plan(replace(made, entities=tuple(changed)), alternatives=False)
        return objective(found.given, found.tonnes)

    worth = plan(made, alternatives=False).worth_cny_t[e][y]
    here = cost(0)
    fen = Decimal("0.01")
    assert worth <= (cost(20) - here) / 20 + fen
    if made.entities[e].emissions[y].verified_t >= 20:
        assert worth >= (here - cost(-20)) / 20 - fen


def test_a_pledge_that_costs_more_than_it_frees_is_not_released():
    def held(cost):
        return cea(1000, pledged_t=100, free_on=date(2026, 12, 15), release_cny=Decimal(cost))

    kept = plan(case(entity(due=((2025, 1000),), holdings=[held("9741")]), offers=[spot()]))
    assert kept.cost_cny == Decimal("9740.00")  # 100 t bought
    freed = plan(case(entity(due=((2025, 1000),), holdings=[held("9739")]), offers=[spot()]))
    assert freed.cost_cny == Decimal("9739.00")
    assert [each.action for each in freed.lines] == ["release", "surrender", "surrender"]


def test_a_pledge_that_ends_after_the_deadline_does_not_help():
    late = cea(1000, pledged_t=100, free_on=date(2027, 1, 1))
    assert plan(case(entity(holdings=[late]), offers=[spot()])).cost_cny == Decimal("9740.00")


def test_surplus_goes_to_the_entity_that_lacks_it_where_that_is_allowed():
    rich, poor = entity("rich", holdings=[cea(1100)]), entity("poor", holdings=[cea(940)])
    together = plan(case(rich, poor, offers=[spot()], transfers=True, transfer_cny_t=Decimal("0.50")))
    assert together.cost_cny == Decimal("30.00")
    assert [(each.entity, each.to, each.t) for each in together.lines if each.action == "hand-over"] == [
        ("rich", "poor", 60)
    ]
    assert plan(case(rich, poor, offers=[spot()])).cost_cny == Decimal("5844.00")
    assert alternatives(together)["no-transfers"] == Decimal("5844.00")


def test_a_cap_is_each_entitys_own():
    """Two entities of 30 t: 5 % of each is 1 whole tonne, of both together it would be 3."""
    two = [entity(name, ((2025, 30),), [cea(28)]) for name in "ab"]
    found = plan(case(*two, offers=[spot("100"), credit("1")], transfers=True))
    assert found.cost_cny == Decimal("202.00")


# Conversion: T <= 10,000 + 1.5 NS and <= what is held after the sales; the plan's own sales count.
# Left over 10,010 t, due 10,010 t for 2025. Selling k at 50: T = min(10,000 + floor(1.5 k), 10,010 - k); the rest is bought at 100.
#   k = 3: T = 10,004, 6 x 100 - 150 = 450    k = 4: T = 10,006, 4 x 100 - 200 = 200    k = 5: T = 10,005, 5 x 100 - 250 = 250
def old_case(**more):
    one = replace(
        entity("a", ((2024, 500), (2025, 10_010)), [cea(10_510, 2024)], on_time=(2023,), trades=Trades(0, 0)),
        **({"sales_t": {2024: 50}} | more),
    )
    return case(
        one, years=(2024, 2025), as_of=date(2025, 11, 3), buy_until=date(2025, 11, 10),
        scenarios=[future("one", "1", [(2024, "50"), (2025, "100")])],
    )  # fmt: skip


def test_the_plans_own_sales_raise_what_can_be_carried_over():
    found = plan(old_case())
    assert (found.status, found.cost_cny) == ("optimal", Decimal("200.00"))
    converted = next(each for each in found.lines if each.action == "convert")
    assert (converted.t, converted.by) == (10_006, date(2026, 6, 10))


def test_what_was_bought_before_lowers_it():
    """NS = k - 3. k = 5: T = 10,003, 700 - 250 = 450; k = 6: 10,004, 600 - 300 = 300; k = 7: 10,003, 700 - 350 = 350."""
    assert plan(old_case(trades=Trades(0, 3))).cost_cny == Decimal("300.00")


def test_who_surrendered_2023_late_carries_nothing_over():
    found = plan(old_case(on_time=()))
    assert found.cost_cny == Decimal("998500.00")  # sells 50 at 50, buys 10,010 at 100


def test_what_was_carried_over_may_not_pass_the_limit():
    one = entity(holdings=[cea(10_001, origin="carried-over")], trades=Trades(0, 0, 20_000), on_time=(2023, 2024))
    assert codes(plan(case(one, offers=[spot()])).broken) == ["law.carry-over-limit"]
    fine = replace(one, holdings=(cea(10_000, origin="carried-over"),))
    assert plan(case(fine, offers=[spot()])).broken == ()


def test_before_the_tenth_of_june_what_is_held_can_still_be_converted():
    one = entity(holdings=[cea(900, 2024)], trades=Trades(0, 0, 900), on_time=(2023, 2024))
    made = case(one, offers=[spot(delivered=date(2026, 6, 9))], as_of=date(2026, 6, 9), buy_until=date(2026, 6, 9))
    assert plan(made).cost_cny == Decimal("9740.00")
    late = case(one, offers=[spot(delivered=date(2026, 6, 11))], as_of=date(2026, 6, 11), buy_until=date(2026, 6, 11))
    assert plan(late).cost_cny == Decimal("97400.00")


def test_where_cash_does_not_reach_that_is_what_is_told():
    poor = case(
        entity(holdings=[cea(900)]),
        offers=[spot()],
        cash=(Cash(date(2026, 12, 31), Decimal("9739.99"), "/limits/cash/0"),),
    )
    found = plan(poor)
    assert (found.status, found.cost_cny, codes(found.binding)) == ("infeasible", None, ["comply.cash-binds"])
    enough = replace(poor, cash=(Cash(date(2026, 12, 31), Decimal("9740.00"), "/limits/cash/0"),))
    assert plan(enough).cost_cny == Decimal("9740.00")


def test_where_too_little_is_traded_a_day_that_is_what_is_told():
    """From 2026-11-21 to 12-10 there are 14 trading days (Monday to Friday, no holiday)."""
    slow = case(entity(holdings=[cea(859)]), offers=[spot()], daily_most_t={"CEA": 10})
    found = plan(slow)
    assert (found.status, codes(found.binding)) == ("infeasible", ["comply.volume-binds"])
    assert plan(replace(slow, entities=(entity(holdings=[cea(860)]),))).cost_cny == Decimal("13636.00")
    assert plan(replace(slow, trading_days={"now": 15})).status == "optimal"


def test_where_nothing_can_be_bought_the_missing_tonnes_are_told():
    (problem,) = plan(case(entity(holdings=[cea(900)]))).binding
    assert (problem.code, problem.values) == ("comply.nothing-to-buy", {"year": "2025", "gap": "100"})


def test_cash_limits_leave_no_part_of_a_tonne():
    """300 CNY now buy 3 t at 97.40 (292.20) and not 3.08; the rest waits for 120."""
    made = case(
        entity(holdings=[cea(990)]), offers=[spot()], scenarios=[future("one", "1", [(2025, "120")])],
        cash=(Cash(date(2026, 12, 10), Decimal("300"), "/limits/cash/0"),),
    )  # fmt: skip
    found = plan(made)
    assert found.cost_cny == Decimal("1132.20")  # 292.20 + 7 x 120
    assert found.status == "optimal"


def test_a_forecast_that_is_planned_for_high_buys_more():
    months = {f"2026-{m:02d}": Decimal(t) for m, t in enumerate((100, 110, 90, 105, 95, 100), 1)}
    one = replace(entity(due=()), emissions=(Emissions(2026, months=months),))
    made = case(one, years=(2026,), offers=[spot()], as_of=date(2026, 7, 10), buy_until=date(2026, 12, 10))
    expected, high = plan(made), plan(replace(made, aim="high"))
    assert expected.positions[0].due_t == 1200
    assert high.positions[0].due_t == expected.positions[0].due.high_t > 1200


def test_the_same_case_gives_the_same_plan_again():
    assert plan(YONGJIANG) == plan(YONGJIANG)
