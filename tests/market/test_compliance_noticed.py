"""What a plan tells beside its cost: why a line is there in its own sums, what it took as given though it looks odd, and what it could not use."""

from dataclasses import replace
from datetime import date
from decimal import Decimal

import pytest

from hengtan.market.compliance import Allocation, Emissions, Trades, plan, record
from hengtan.market.rules import fined, penalties

from .compliance_cases import case, cea, credit, entity, future, spot

MAY = date(2026, 5, 10)


def lines(found):
    return {(each.entity, each.action, each.source): each for each in found.lines}


def notes(found):
    return {each.code: each for each in found.notes}


def with_old(trades, on_time=(2023, 2024), t=30_000, **more):
    one = entity("a", ((2025, 30_000),), [cea(t, 2024, "old")], trades=trades, on_time=on_time)
    return plan(case(one, as_of=MAY, buy_until=MAY, offers=[spot("100", delivered=MAY)], **more))


# Sheet 02, section 5: T = 10,000 + 1.5 x net sales, rounded down, not above the holding of 2025-12-31
@pytest.mark.parametrize(
    ("trades", "t", "said"),
    [
        (Trades(3333, 0), 14_999, "10,000 + 1.5 × 3,333 = 14,999 t;"),
        (Trades(0, 5000), 10_000, "10,000 + 1.5 × 0 = 10,000 t;"),
        (Trades(3333, 0, 8000), 8_000, "10,000 + 1.5 × 3,333 = 14,999 t, and not above the 8,000 t held on 2025-12-31;"),
    ],
)  # fmt: skip
def test_the_line_of_the_carry_over_tells_the_limit_that_holds(trades, t, said):
    found = with_old(trades)
    convert, used = (lines(found)["a", action, "carried-over"] for action in ("convert", "surrender"))
    assert (convert.t, used.t, found.cost_cny) == (t, t, Decimal((30_000 - t) * 100))
    assert said in convert.why["en"]
    assert said in used.why["en"]


def test_the_limit_that_a_line_tells_counts_what_the_plan_itself_sells():
    """31,000 t, 1,000 due, 8,000 sold at 70: 22,000 are left and may be converted, 10,000 + 1.5 x 8,000."""
    one = entity(
        "a",
        ((2024, 1000), (2025, 40_000)),
        [cea(31_000, 2024)],
        trades=Trades(0, 0),
        on_time=(2023,),
        sales_t={2024: 8000},
    )
    today = date(2025, 11, 3)
    prices = future("one", "1", [(2024, "70"), (2025, "100")])
    found = plan(case(one, years=(2024, 2025), as_of=today, buy_until=today, scenarios=[prices]))
    assert found.cost_cny == Decimal("1240000.00")
    assert "10,000 + 1.5 × 8,000 = 22,000 t;" in lines(found)["a", "convert", "carried-over"].why["en"]


def test_old_allowances_that_could_still_be_converted_are_not_passed_over_in_silence():
    assert notes(with_old(None))["comply.carry-over-unknown"].values["t"] == "30,000"
    late = notes(with_old(Trades(0, 0), on_time=(2023,)))
    assert late["law.carry-over-late-surrender"].values["year"] == "2024"
    assert not {"comply.carry-over-unknown", "law.carry-over-late-surrender"} & set(notes(with_old(Trades(0, 0))))
    after = entity("a", ((2025, 30_000),), [cea(30_000, 2024, "old")])
    assert "comply.carry-over-unknown" not in notes(plan(case(after, offers=[spot()])))


def test_a_surplus_of_2024_whose_limit_is_not_known_is_told_and_a_gap_is_not():
    def told(due):
        one = entity("a", ((2024, due), (2025, 100)), [cea(1000, 2024), cea(100, 2025, "new")])
        return "comply.carry-over-unknown" in notes(plan(case(one, years=(2024, 2025), as_of=date(2025, 11, 3))))

    assert (told(999), told(1000)) == (True, False)


def test_a_forward_says_when_it_is_contracted_and_when_it_is_delivered():
    late = date(2026, 12, 31)
    offers = [spot("10", delivered=late, most_t=30), spot("97.4", name="now")]
    found = plan(case(entity(holdings=[cea(900)]), offers=[*offers, replace(credit("9"), delivered=late)]))
    forward, now = [each for each in found.lines if (each.action, each.source) == ("surrender", "offer")][::-1]
    assert "forward now, delivered on 2026-12-31" in forward.what["en"]
    assert "contract it until 2026-12-10" in forward.why["en"]
    assert (forward.id, now.id, now.what["en"]) == ("spot", "now", "Buy CEA25 now and surrender it")
    assert "what costs less (10.00) is used up" in now.why["en"]
    assert "contract it until 2026-12-10" in lines(found)["a", "offset", "offer"].why["en"]


def test_what_is_still_to_come_is_not_said_to_be_on_the_account():
    one = entity(holdings=[cea(900)], allocations=(Allocation(2025, 100, date(2026, 12, 20)),))
    coming = [each for each in plan(case(one)).lines if not each.id]
    assert [each.why["en"] for each in coming] == [
        "Comes to the account on 2026-12-20 and is allowed for 2025; nothing to pay."
    ]


def test_what_is_handed_over_names_who_gives_it():
    poor, rich = entity("poor", holdings=[cea(950)]), entity("rich", holdings=[cea(1050)])
    found = plan(case(poor, rich, offers=[spot()], transfers=True))
    assert lines(found)["poor", "surrender", "handed"].why["en"].startswith("RICH has more than it needs")


def test_days_that_are_over_count_and_are_told():
    held = [cea(950, pledged_t=50, free_on=date(2026, 1, 1))]
    one = entity(holdings=held, allocations=(Allocation(2025, 50, date(2026, 9, 30)),))
    found = plan(case(one))
    assert (found.cost_cny, {"comply.allocation-past", "comply.pledge-past"} <= set(notes(found))) == (
        Decimal("0.00"),
        True,
    )
    assert not {"comply.allocation-past", "comply.pledge-past"} & set(notes(plan(case(entity(holdings=[cea(1000)])))))


def test_who_plans_for_high_emissions_and_gives_no_band_is_told():
    one = replace(entity(holdings=[cea(900)]), emissions=(Emissions(2025, expected_t=1000),))
    assert notes(plan(case(one, offers=[spot()], aim="high")))["comply.no-band"].values["t"] == "1,000"
    known = replace(one, emissions=(Emissions(2025, expected_t=1000, low_t=900, high_t=1100),))
    for found in (plan(case(known, offers=[spot()], aim="high")), plan(case(one, offers=[spot()]))):
        assert "comply.no-band" not in notes(found)


def test_years_that_are_not_planned_are_not_used_in_silence():
    one = entity(holdings=[cea(900)], sales_t={2025: 1, 2026: 5})
    made = case(one, scenarios=[future("one", "1", [(2025, "90"), (2027, "95")])], trading_days={"now": 3, "2028": 3})
    told = [(each.column, each.values["years"]) for each in plan(made).notes if each.code == "comply.year-unplanned"]
    assert told == [("/entities/a/sales", "2026"), ("/scenarios/0/prices", "2027"), ("/limits/trading_days", "2028")]


# Sheet 02, section 6: the equal deduction ends with the Code from 2026-08-15; Order 775 in force from 2024-05-01, published 2024-02-04
@pytest.mark.parametrize(
    ("today", "year", "is_fined", "deducts"),
    [
        (date(2026, 5, 10), 2025, True, False),
        (date(2025, 11, 20), 2024, True, True),
        (date(2024, 3, 10), 2023, True, True),
        (date(2024, 1, 10), 2023, False, False),
        (date(2023, 11, 20), 2022, False, False),
    ],
)
def test_the_penalties_are_those_of_the_deadline_by_what_is_known_on_the_day_of_the_plan(
    today, year, is_fined, deducts
):
    one = entity("a", ((year, 1000),), [cea(900, year)])
    offer = spot("80", vintage=year, delivered=today)
    found = plan(case(one, years=(year,), as_of=today, buy_until=today, offers=[offer]))
    titles = [each["title"]["en"] for each in record(found)["penalties"]]
    assert (found.positions[0].fine is not None, bool(titles)) == (is_fined, is_fined)
    assert ("Equal deduction next year" in titles) == deducts


def test_nobody_knows_an_order_before_it_is_published():
    deadline = date(2024, 12, 31)
    assert [fined(deadline, known=day) for day in (date(2024, 2, 3), date(2024, 2, 4))] == [False, True]
    assert (penalties(deadline, known=date(2024, 2, 3)), len(penalties(deadline, known=date(2024, 2, 4)))) == ([], 7)


# Sheet 02, section 3.1 [K]: entities with a gap of at least 10 % could pre-draw from the 2023 allocation, at most 50 % of the gap
@pytest.mark.parametrize(
    ("own", "drawn"),
    [(800, 100), (900, 50), (901, 0), (950, 0), (899, 50), (1000, 0)],
)
def test_what_is_drawn_ahead_for_2022_is_half_of_a_gap_of_a_tenth(own, drawn):
    today = date(2023, 11, 20)
    pre = cea(500, 2023, "pre", "pre-allocated", pledged_t=450, free_on=date(2023, 12, 1), release_cny=Decimal(1))
    one = entity("a", ((2022, 1000),), [cea(own, 2022), pre, cea(70, 2023, "bought", "bought")])
    offers = [spot("50", 2022, delivered=today), spot("1", 2023, "later", delivered=today)]
    found = plan(case(one, years=(2022,), as_of=today, buy_until=today, offers=offers))
    released = 1 if drawn > 50 else 0
    assert found.cost_cny == (1000 - own - drawn) * Decimal(50) + released
    assert notes(found)["comply.drawn-ahead"].values["t"] == f"{drawn:,}"


def test_what_is_not_drawn_ahead_serves_its_own_year():
    """Gap of 2022: 200, so that 100 are drawn; the other 400 of the 500 serve 2023, which lacks 600 then."""
    today = date(2023, 11, 20)
    one = entity("a", ((2022, 1000), (2023, 1000)), [cea(800, 2022), cea(500, 2023, "pre", "pre-allocated")])
    offers = [spot("50", 2022, delivered=today), spot("40", 2023, "next", delivered=date(2024, 6, 3))]
    found = plan(case(one, years=(2022, 2023), as_of=today, buy_until=today, offers=offers))
    assert found.cost_cny == Decimal(100 * 50 + 600 * 40)


@pytest.mark.parametrize(("today", "is_told"), [(date(2025, 12, 31), True), (date(2026, 1, 1), False)])
def test_old_allowances_that_2024_may_need_are_not_converted_in_silence(today, is_told):
    one = entity("a", ((2025, 30_000),), [cea(30_000, 2024, "old")], trades=Trades(0, 0), on_time=(2023, 2024))
    found = plan(case(one, as_of=today, buy_until=today, offers=[spot("100", delivered=today)]))
    assert (found.cost_cny, "comply.year-before" in notes(found)) == (Decimal("2000000.00"), is_told)
