"""The compliance plan against what a stranger would try: credits at the edge of their time, carry-over above its limit, endless gain, limits that do not let."""

from dataclasses import replace
from datetime import date
from decimal import Decimal

import pytest

from hengtan.market.compliance import Cash, Emissions, Scenario, Trades, plan, value_at_risk
from hengtan.market.compliance.exact import broken
from hengtan.market.compliance.model import build
from hengtan.market.compliance.solve import held_by, solve
from hengtan.market.compliance.supply import supply
from hengtan.problems import HengtanError

from .compliance_cases import case, ccer, cea, credit, entity, future, spot
from .test_compliance_figures import closes


def codes(problems):
    return [each.code for each in problems]


def used(found):
    """Credits used, by year."""
    return {year: sum(each.offset_t[year] for each in found.futures) for year in found.case.years}


# Sheet 02, section 5: "CCER registered before 2017-03-14 were usable until 2024-12-31": for 2023 (deadline 2024-12-31), not for 2024 (2025-12-31).
# 5 % of 1,000 t are 50 t a year. 60 old credits: 50 for 2023, the other 10 for nobody.
def old_credits(registered):
    one = entity("a", ((2023, 1000), (2024, 1000)), [cea(950, 2023), cea(950, 2024, "later"), ccer(60, registered)])
    return case(
        one, years=(2023, 2024), as_of=date(2024, 11, 20), buy_until=date(2024, 12, 10),
        scenarios=[future("one", "1", [(2023, "100"), (2024, "100")])],
    )  # fmt: skip


def test_a_credit_of_before_2017_offsets_2023_and_is_not_kept_for_2024():
    found = plan(old_credits(date(2017, 3, 13)))
    assert (used(found), found.cost_cny) == ({2023: 50, 2024: 0}, Decimal("5000.00"))


# Order 775 is in force from 2024-05-01: the deadline of 2022 (2023-12-31) was before it, that of 2023 (2024-12-31) was not.
@pytest.mark.parametrize(
    ("year", "today", "is_fined"), [(2022, date(2023, 11, 20), False), (2023, date(2024, 11, 20), True)]
)
def test_nobody_is_fined_by_an_order_that_was_not_in_force_at_the_deadline(year, today, is_fined):
    one = entity("a", ((year, 1000),), [cea(900, year)])
    offer = spot("80", vintage=year, delivered=today)
    found = plan(case(one, years=(year,), as_of=today, buy_until=date(today.year, 12, 10), offers=[offer]))
    assert (found.positions[0].gap_t, found.positions[0].fine is not None) == (100, is_fined)


def test_a_credit_of_the_new_registry_is_kept_for_2024():
    found = plan(old_credits(date(2024, 1, 22)))
    assert (sum(used(found).values()), found.cost_cny) == (60, Decimal("4000.00"))


def test_a_credit_of_the_time_without_registration_offsets_nothing():
    assert used(plan(old_credits(date(2017, 3, 14)))) == {2023: 0, 2024: 0}


@pytest.mark.parametrize(("registered", "of_2026", "both"), [(date(2024, 1, 22), 0, 50), (date(2024, 1, 23), 10, 60)])
def test_a_credit_registered_on_the_day_of_the_reopening_offsets_neither_2025_nor_2026(registered, of_2026, both):
    """The draft of July 2026 asks 2025 and 2026 for a registration after 2024-01-22, and says nothing of 2027."""
    one = entity("a", ((2026, 1000), (2027, 1000)), [cea(1900, 2026), ccer(60, registered)])
    made = case(one, years=(2026, 2027), scenarios=[future("one", "1", [(2026, "100"), (2027, "100")])])
    found = used(plan(made))
    assert (found[2026] >= of_2026, sum(found.values())) == (True, both)
    assert of_2026 or not found[2026]


def test_credits_that_end_go_before_credits_that_are_kept():
    """50 old ones for 2023 and 50 new ones for 2024 cover both caps; the other way round 50 would be lost."""
    one = entity(
        "a", ((2023, 1000), (2024, 1000)),
        [cea(950, 2023), cea(950, 2024, "later"), ccer(50, date(2016, 5, 1), "old"), ccer(50, date(2024, 6, 1), "new")],
    )  # fmt: skip
    found = plan(case(one, years=(2023, 2024), as_of=date(2024, 11, 20)))
    assert (found.cost_cny, used(found)) == (Decimal("0.00"), {2023: 50, 2024: 50})
    assert [(each.id, each.year, each.t) for each in found.lines if each.action == "offset"] == [
        ("old", 2023, 50),
        ("new", 2024, 50),
    ]
    assert [each.gap_t for each in found.positions] == [0, 0]


# Limit 10,000 t (nothing sold): of 10,001 t said to be carried over one is no allowance, and has to be bought.
def carried(t, **more):
    return entity(
        "a",
        ((2025, 10_001),),
        [cea(t, origin="carried-over", **more)],
        trades=Trades(0, 0, 20_000),
        on_time=(2023, 2024),
    )


@pytest.mark.parametrize(
    ("t", "cost", "codes_of"), [(10_000, "97.40", []), (10_001, "97.40", ["law.carry-over-limit"])]
)
def test_what_is_carried_over_above_the_limit_does_not_count(t, cost, codes_of):
    found = plan(case(carried(t), offers=[spot()]))
    assert (found.cost_cny, codes(found.broken)) == (Decimal(cost), codes_of)
    assert (found.positions[0].allowances_t, found.positions[0].gap_t) == (10_000, 1)


def test_what_is_above_the_limit_is_taken_from_what_is_pledged_before_what_is_free():
    found = plan(
        case(carried(10_400, pledged_t=500, free_on=date(2026, 12, 1), release_cny=Decimal(1)), offers=[spot()])
    )
    assert [(each.t, each.release is not None, each.first) for each in found.given.lots] == [
        (9_900, False, 0),
        (100, True, 0),
        (400, False, None),
    ]


def test_who_surrendered_late_has_nothing_carried_over_to_count():
    late = replace(carried(10_000), on_time=(2024,))
    found = plan(case(late, offers=[spot("1")]))
    assert (found.cost_cny, codes(found.broken)) == (Decimal("10001.00"), ["law.carry-over-late-surrender"])


def test_a_carry_over_that_cannot_be_checked_is_counted_and_that_is_told():
    unknown = replace(carried(10_000), trades=None)
    assert "comply.carry-over-unchecked" in codes(plan(case(unknown, offers=[spot()])).notes)


def test_a_credit_that_is_not_registered_yet_cannot_be_held():
    found = plan(case(entity(holdings=[cea(950), ccer(50, date(2026, 11, 21))]), offers=[spot()]))
    assert (codes(found.broken), used(found)) == (["law.credit-future"], {2025: 0})


def test_a_credit_cannot_be_delivered_before_it_is_registered():
    early = replace(credit("1"), registered=date(2026, 11, 25), delivered=date(2026, 11, 24))
    found = plan(case(entity(holdings=[cea(950)]), offers=[spot(), early]))
    assert (codes(found.notes)[0], used(found)) == ("law.credit-future", {2025: 0})
    on_the_day = replace(early, delivered=date(2026, 11, 25))
    assert used(plan(case(entity(holdings=[cea(950)]), offers=[spot(), on_the_day]))) == {2025: 50}


def test_buying_without_end_because_the_end_pays_more_is_refused_and_not_called_impossible():
    made = case(entity(holdings=[cea(900)]), offers=[spot("97.40")], end_cea_cny_t=Decimal("97.41"))
    with pytest.raises(HengtanError) as refused:
        plan(made)
    (problem,) = refused.value.problems
    assert (problem.code, problem.column) == ("comply.end-value", "/end_value")
    limited = plan(replace(made, offers=(spot("97.40", most_t=300),)))
    assert (limited.cost_cny, limited.net_cny) == (
        Decimal("29220.00"),
        Decimal("9738.00"),
    )  # 300 bought, 200 left at 97.41
    assert plan(replace(made, end_cea_cny_t=Decimal("97.40"))).net_cny == Decimal("9740.00")


def test_other_assumptions_are_compared_with_what_is_left_counted():
    """Buying 200 t more than needed at 80 pays when they are worth 90 in the end; who waits pays less cash, and more in the end."""
    made = case(
        entity(holdings=[cea(900)]), offers=[spot("80", most_t=300)], scenarios=[future("one", "1", [(2025, "100")])],
        end_cea_cny_t=Decimal("90"),
    )  # fmt: skip
    found = plan(made)
    assert (found.cost_cny, found.net_cny) == (Decimal("24000.00"), Decimal("6000.00"))
    waits = next(each for each in found.alternatives if each.id == "at-the-deadline")
    assert (waits.cost_cny, waits.more_cny) == (Decimal("10000.00"), Decimal("4000.00"))


def test_cash_that_does_not_reach_names_the_limit_the_day_and_what_it_lacks():
    one = entity(holdings=[cea(900)])
    limits = (
        Cash(date(2026, 12, 1), Decimal("100000"), "/limits/cash/0"),
        Cash(date(2026, 12, 31), Decimal("9000"), "/limits/cash/1", "a"),
    )
    (problem,) = plan(case(one, offers=[spot()], cash=limits)).binding
    assert (problem.code, problem.column) == ("comply.cash-binds", "/limits/cash/1")
    assert "the limit of a up to 2026-12-31 lacks 740.00 CNY" in problem.reason("en")
    assert "a 截至 2026-12-31 的限额至少缺 740.00 元" in problem.reason("zh")


def test_volume_that_does_not_reach_names_the_window_and_what_it_lacks():
    made = case(entity(holdings=[cea(900)]), offers=[spot()], daily_most_t={"CEA": 10}, trading_days={"now": 9})
    (problem,) = plan(made).binding
    assert (problem.code, problem.column) == ("comply.volume-binds", "/limits/daily_most_t/CEA")
    assert "10 t of CEA too few in the window now" in problem.reason("en")


def test_cash_and_volume_that_only_together_do_not_let_are_both_told():
    """Now 90 t at most, and the rest at the deadline costs more than there is; either limit alone leaves too little."""
    made = case(
        entity(holdings=[cea(900)]), offers=[spot("50")], scenarios=[future("one", "1", [(2025, "1000")])],
        daily_most_t={"CEA": 5}, trading_days={"now": 9, "2025": 1}, cash=(Cash(date(2026, 12, 31), Decimal("100"), "/limits/cash/0"),),
    )  # fmt: skip
    assert codes(plan(made).binding) == ["comply.cash-and-volume-bind", "comply.cash-binds", "comply.volume-binds"]


def test_the_tonnes_that_are_missing_are_those_of_the_future_that_lacks_most():
    one = replace(entity(due=()), emissions=(Emissions(2026, expected_t=1000),), holdings=(cea(1000),))
    futures = [
        Scenario(name, Decimal("0.5"), {}, {}, Decimal(factor)) for name, factor in (("low", "0.9"), ("high", "1.101"))
    ]
    found = plan(case(one, years=(2026,), scenarios=futures))
    (problem,) = found.binding
    assert problem.values == {"year": "2026", "gap": "101"}
    assert (found.positions[0].due_t, found.positions[0].cap_t) == (
        1000,
        50,
    )  # what is expected, not what a future makes of it


def test_of_an_offer_that_is_too_small_the_rest_is_missing():
    (problem,) = plan(case(entity(holdings=[cea(900)]), offers=[spot(most_t=30)])).binding
    assert problem.values == {"year": "2025", "gap": "70"}


def test_what_is_bought_for_nothing_before_2024_ends_is_paid_in_the_lines_too():
    """A lot of 100 t is taken for the 10 t that are missing; the other 90 end with 2024, and are paid."""
    one = entity("a", ((2024, 110), (2025, 100)), [cea(100, 2024), cea(100, 2025, "new")])
    old = spot("10", 2024, delivered=date(2025, 11, 3), lot_t=100)
    found = plan(case(one, years=(2024, 2025), as_of=date(2025, 11, 3), offers=[old]))
    assert found.cost_cny == sum(each.cost_cny for each in found.lines) == Decimal("1000.00")


def test_a_future_that_never_comes_is_planned_for_without_waste():
    futures = [future("sure", "1", [(2025, "100")]), future("never", "0", [(2025, "100")])]
    found = plan(case(entity(holdings=[cea(900)]), scenarios=futures))
    assert [each.cost_cny for each in found.futures] == [Decimal("10000.00"), Decimal("10000.00")]


def test_the_rank_of_the_value_at_risk_is_counted_without_parts():
    """0.55 of 100 changes is the 55th: as doubles, 0.55 x 100 is a little more than 55."""
    values = [Decimal(100)]
    for step in range(1, 101):
        values.append(values[-1] + Decimal(step) / 100)
    ratios = sorted(float(values[at + 1] / values[at]) - 1 for at in range(100))
    found = value_at_risk(closes(values), 1000, Decimal("0.55"), 1)
    assert float(found.historical_cny) == pytest.approx(ratios[54] * 1000 * float(values[-1]), abs=0.006)


def test_a_close_of_nothing_gives_no_value_at_risk():
    assert value_at_risk(closes([Decimal(100)] * 80 + [Decimal(0)]), 1, Decimal("0.95"), 1) is None


def test_the_order_of_entities_and_of_holdings_changes_no_cost():
    rich, poor = entity("rich", holdings=[cea(1100), ccer(30)]), entity("poor", holdings=[cea(700), cea(200, name="b")])
    options = {"offers": [spot(), credit(most_t=40)], "transfers": True, "transfer_cny_t": Decimal("0.05")}
    turned = replace(poor, holdings=poor.holdings[::-1])
    assert plan(case(rich, poor, **options)).cost_cny == plan(case(turned, rich, **options)).cost_cny


def test_tonnes_and_prices_at_the_top_of_what_may_be_given_are_planned():
    one = entity(due=((2025, 10**9), (2026, 10**9)), holdings=[cea(10**9 - 1), ccer(10**9)])
    made = case(one, years=(2025, 2026), offers=[spot("9999999.99", most_t=10**9)], transfers=True)
    found = plan(made)
    assert found.cost_cny is not None
    assert broken(found.given, found.tonnes) == []
    # 5 % of each year are credits: 50,000,000 are left of 2025 for 2026, less the tonne that is missing
    assert found.cost_cny == Decimal(10**9 - 50_000_000 * 2 - 10**9 + 10**9 + 1) * Decimal("9999999.99")


def test_the_plan_of_a_program_like_this_one_is_gone_on_from_where_it_keeps_the_rules():
    """10 % cheaper allowances never leave a group without a plan: that of today is one of those that it may choose from."""
    one = case(entity("a", ((2025, 1000),), [cea(900)]), offers=[spot("100.00")])
    program = build(supply(one))
    found = solve(program, with_duals=False)
    assert solve(program, with_duals=False, known=found.tonnes).cost == found.cost == 10_000
    assert held_by(program, found.tonnes) is not None
    less = {key: count - 1 for key, count in found.tonnes.items()}
    assert held_by(program, less) is None
    assert held_by(program, {**found.tonnes, ("offer", 0, 99): 1}) is None
