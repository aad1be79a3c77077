"""The rules of the Chinese carbon market: each reaches the number of its text, and a refusal names its rule."""

import csv
import json
from dataclasses import replace
from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hengtan.market.compliance import Quote, average
from hengtan.market.rules import (
    Certificate,
    Credit,
    carry_over,
    carry_over_refusals,
    claim_refusals,
    credit_refusals,
    evidence_due,
    fine,
    fine_month,
    law,
    laws,
    market_years,
    offset_cap,
    offset_refusal,
    order_refusals,
    penalties,
    price_band,
    steps,
    surrender_deadline,
    trade_refusals,
    valid_until,
    vintage_name,
    vintage_refusal,
    vintage_year,
    vintages_allowed,
    way_of,
)

NOW = date(2026, 11, 20)
NEW = Credit(date(2025, 3, 1), inside_market=False, started=date(2022, 1, 1), made_from=date(2024, 1, 1))
GREEN = Certificate(produced=date(2025, 6, 1), mwh=1000)


def codes(problems):
    return [each.code for each in problems]


def test_every_rule_has_both_languages_a_source_and_a_mark():
    assert len(laws()) > 30
    for each in laws().values():
        assert all(each.source.values())
        assert each.mark in "RK"
        assert each.published_mark in "RK"
        assert all(each.title[lang] and each.says[lang] for lang in ("en", "zh"))


def test_nobody_sees_a_rule_before_its_day_of_publication():
    old = Credit(date(2023, 12, 1), inside_market=False)
    assert "law.credit-registered" in codes(credit_refusals(old, 2025, date(2026, 8, 1)))
    assert "law.credit-registered" not in codes(credit_refusals(old, 2025, date(2026, 7, 1)))


def test_a_refusal_names_rule_source_and_mark_in_both_languages():
    refusal = vintage_refusal(2024, 2025, NOW)
    assert "[R]" in refusal.mend("en")
    assert "Annex 5" in refusal.mend("en")
    assert "2019—2024 年度配额不再用于 2025 年度及以后" in refusal.mend("zh")
    drafted = credit_refusals(replace(NEW, registered=date(2024, 1, 22)), 2025, NOW)
    assert ["征求意见稿" in each.mend("zh") for each in drafted] == [True]


# Sheet 02, section 3.2 and 5; section 3.3: vintages
@pytest.mark.parametrize(
    ("year", "vintages"),
    [
        (2019, (2019, 2020)),
        (2020, (2019, 2020)),
        (2022, (2019, 2020, 2021, 2022, 2023)),  # drawing on 2023 was allowed for 2021 and 2022
        (2023, (2019, 2020, 2021, 2022, 2023)),  # "vintage 2024 not usable for 2023 and earlier"
        (2024, (2019, 2020, 2021, 2022, 2023, 2024)),
        (2025, (2025,)),  # "2019-2024 vintages may not be used for 2025 or later"
        (2026, (2025, 2026)),  # "2025 and 2026 vintages may be banked"
    ],
)
def test_the_vintages_of_a_year(year, vintages):
    assert vintages_allowed(year, NOW) == vintages


def test_a_vintage_of_the_future_is_refused_with_its_rule():
    assert vintage_refusal(2026, 2025, NOW).code == "law.vintage-later"
    assert vintage_refusal(2018, 2025, NOW).code == "law.vintage-unknown"


@pytest.mark.parametrize("name", ["CEA19-20", "CEA21", "CEA25"])
def test_the_name_of_a_vintage_leads_back_to_it(name):
    assert vintage_name(vintage_year(name)) == name


@pytest.mark.parametrize("name", ["CEA", "CEA18", "25x", "CEA2025"])
def test_no_other_name_is_a_vintage(name):
    with pytest.raises(ValueError, match=name):
        vintage_year(name)


# Case CN-H29: T = 10,000 + max(100,000 - 40,000, 0) x 1.5 = 100,000, capped by the holding of 80,000 (plan 2023-2024, Annex 5)
def test_the_carry_over_of_the_published_rule():
    limit = carry_over(sold_t=100_000, bought_t=40_000, holding_t=80_000)
    assert (limit.net_sold_t, limit.formula_t, limit.most_t) == (60_000, 100_000, 80_000)


def test_net_purchases_leave_the_free_ten_thousand_tonnes_and_halves_are_rounded_down():
    assert carry_over(sold_t=5, bought_t=900, holding_t=50_000).most_t == 10_000
    assert carry_over(sold_t=1, bought_t=0, holding_t=50_000).most_t == 10_001  # 10,001.5
    assert carry_over(sold_t=34_400, bought_t=0, holding_t=72_300).most_t == 61_600  # the example of the screen


def test_the_carry_over_keeps_its_conditions():
    late = carry_over(sold_t=0, bought_t=0, holding_t=9, on_time=(2024,))
    assert (late.most_t, codes(late.refusals)) == (0, ["law.carry-over-late-surrender"])
    applied = carry_over(sold_t=0, bought_t=0, holding_t=9, applied=date(2026, 6, 11))
    assert (applied.most_t, codes(applied.refusals)) == (0, ["law.carry-over-late"])
    assert carry_over(sold_t=0, bought_t=0, holding_t=9, applied=date(2026, 6, 10)).most_t == 9


def test_more_than_the_limit_or_another_vintage_is_not_carried_over():
    limit = carry_over(sold_t=0, bought_t=0, holding_t=20_000)
    assert carry_over_refusals(10_000, 2024, limit) == []
    assert codes(carry_over_refusals(10_001, 2024, limit)) == ["law.carry-over-limit"]
    assert codes(carry_over_refusals(1, 2025, limit)) == ["law.carry-over-vintage"]


@given(st.integers(0, 10**9), st.integers(0, 10**9), st.integers(0, 10**9))
def test_the_carry_over_never_passes_formula_or_holding_and_more_sales_never_lower_it(sold, bought, holding):
    limit = carry_over(sold_t=sold, bought_t=bought, holding_t=holding)
    assert 0 <= limit.most_t <= min(holding, limit.formula_t)
    assert carry_over(sold_t=sold + 1, bought_t=bought, holding_t=holding).most_t >= limit.most_t


# Sheet 02, section 5 and sheet 03, section 5: offsets
def test_the_cap_is_five_per_cent_of_what_is_due_in_whole_tonnes():
    assert offset_cap(1_186_320) == 59_316
    assert offset_cap(59) == 2  # 2.95
    assert offset_refusal(59_316, 1_186_320) is None
    assert offset_refusal(59_317, 1_186_320).code == "law.offset-cap"


@pytest.mark.parametrize(
    ("credit", "year", "on", "refused"),
    [
        (NEW, 2025, NOW, []),
        (replace(NEW, inside_market=True), 2025, NOW, ["law.credit-inside"]),
        (replace(NEW, registered=date(2024, 1, 22)), 2025, NOW, ["law.credit-registered"]),  # after, not on
        (replace(NEW, registered=date(2024, 1, 23)), 2025, NOW, []),
        (Credit(date(2016, 5, 1), inside_market=False), 2023, date(2024, 12, 31), []),
        (Credit(date(2016, 5, 1), inside_market=False), 2023, date(2025, 1, 1), ["law.credit-old"]),
        (Credit(date(2016, 5, 1), inside_market=False), 2025, NOW, ["law.credit-old", "law.credit-registered"]),
        (Credit(date(2017, 3, 14), inside_market=False), 2023, date(2024, 12, 1), ["law.credit-suspended"]),
        (replace(NEW, registered=date(2026, 12, 1)), 2025, NOW, ["law.credit-future"]),
        (replace(NEW, started=date(2012, 11, 8)), 2025, NOW, ["law.credit-project-start"]),
        (replace(NEW, made_from=date(2020, 9, 22)), 2025, NOW, ["law.credit-made"]),
    ],
)
def test_which_credit_may_offset(credit, year, on, refused):
    assert codes(credit_refusals(credit, year, on)) == refused


# Sheet 02, section 6
def test_the_fine_is_five_to_ten_times_the_average_price_for_each_tonne():
    each = fine(84_320, Decimal("97.40"))  # 84,320 x 97.40 = 8,212,768: x 5 and x 10
    assert (each.low_cny, each.high_cny) == (Decimal("41063840.00"), Decimal("82127680.00"))
    assert each.law.mark == "R"
    assert fine(0, Decimal("97.40")).high_cny == 0


def test_the_month_before_the_deadline_ends_the_day_before_it():
    assert fine_month(date(2026, 12, 31)) == (date(2026, 11, 30), date(2026, 12, 30))
    assert fine_month(date(2026, 3, 31)) == (date(2026, 2, 28), date(2026, 3, 30))
    assert fine_month(date(2026, 1, 15)) == (date(2025, 12, 15), date(2026, 1, 14))


def test_the_equal_deduction_ends_with_the_code():
    def ids(on):
        return {each.id for each in penalties(on)}

    assert "penalty.equal-deduction" in ids(date(2026, 8, 14))
    assert "penalty.equal-deduction" not in ids(date(2026, 8, 15))
    assert ids(date(2024, 4, 30)) == set()  # Order 775 is in force from 2024-05-01
    assert len(ids(NOW)) == 6


# Sheet 02, section 2
def test_the_deadlines_of_the_surrender():
    known = {year: surrender_deadline(year) for year in range(2019, 2026)}
    assert {year: str(day) for year, (day, _, _) in known.items()} == {
        2019: "2021-12-31", 2020: "2021-12-31", 2021: "2023-12-31", 2022: "2023-12-31", 2023: "2024-12-31",
        2024: "2025-12-31", 2025: "2026-12-31",
    }  # fmt: skip
    assert [mark for _, mark, _ in known.values()] == ["K", "K", "K", "K", "R", "R", "R"]
    assert surrender_deadline(2026) == (date(2027, 12, 31), "K", True)


def test_the_steps_of_2026_by_sector():
    assert [(str(each.day), each.id) for each in steps(2025, "power")] == [
        ("2026-03-31", "report"), ("2026-06-10", "carry-over"), ("2026-06-30", "pre-allocation"), ("2026-06-30", "verification"),
        ("2026-09-20", "final-allocation"), ("2026-09-30", "issue"), ("2026-10-31", "list"), ("2026-12-31", "surrender"),
        ("2026-12-31", "quality-plan"),
    ]  # fmt: skip
    steel = {each.id: str(each.day) for each in steps(2025, "steel")}
    assert (steel["pre-allocation"], steel["verification"]) == ("2026-04-10", "2026-07-31")


def test_the_steps_of_a_year_without_a_notice_are_said_to_be_expected():
    assert {each.expected for each in steps(2025)} == {False}
    assert {(each.expected, each.mark) for each in steps(2026)} == {(True, "K")}
    assert "carry-over" not in {each.id for each in steps(2026)}
    assert [each.id for each in steps(2023)] == ["surrender"]


def test_the_evidence_of_a_month_is_due_forty_days_after_it():
    assert evidence_due(date(2026, 1, 15)) == date(2026, 3, 12)  # 31 Jan + 40 days
    assert evidence_due(date(2026, 12, 31)) == date(2027, 2, 9)


# Sheet 02, section 7
def test_an_order_below_a_hundred_thousand_tonnes_is_listed():
    assert [way_of(each) for each in (1, 99_999, 100_000)] == ["listed", "listed", "block"]


def test_price_bands_are_whole_ticks_inside_ten_and_thirty_per_cent():
    assert price_band(Decimal("97.40"), "listed") == (Decimal("87.66"), Decimal("107.14"))
    assert price_band(Decimal("97.40"), "block") == (Decimal("68.18"), Decimal("126.62"))
    low, high = price_band(Decimal("55.03"), "listed")  # 49.527 and 60.533
    assert (low, high) == (Decimal("49.53"), Decimal("60.53"))


@pytest.mark.parametrize(
    ("order", "refused"),
    [
        ((53_004, Decimal("97.40"), Decimal("97.40")), []),
        ((0, Decimal("97.40")), ["law.order-lot"]),
        ((1, Decimal("97.405")), ["law.order-tick"]),
        ((1, Decimal("0")), ["law.order-tick"]),
        ((100_000, Decimal("97.40"), None, "listed"), ["law.order-way"]),
        ((99_999, Decimal("97.40"), None, "block"), ["law.order-way"]),
        ((1, Decimal("107.15"), Decimal("97.40")), ["law.order-band"]),
        ((100_000, Decimal("107.15"), Decimal("97.40")), []),  # a block may go 30 %
    ],
)
def test_which_order_can_stand(order, refused):
    assert codes(order_refusals(*order)) == refused


# Sheet 04, sections 1 and 3
def test_a_certificate_holds_two_years_from_its_month():
    assert valid_until(date(2024, 1, 31)) == date(2025, 12, 31)
    assert valid_until(date(2025, 3, 1)) == date(2027, 2, 28)


@pytest.mark.parametrize(
    ("certificate", "given", "refused"),
    [
        (GREEN, {}, []),
        (replace(GREEN, cancelled=True), {}, ["law.certificate-used"]),
        (replace(GREEN, credit="applied"), {}, ["law.certificate-credit"]),
        (replace(GREEN, produced=date(2024, 10, 1)), {}, ["law.certificate-expired"]),
        (replace(GREEN, produced=date(2026, 12, 1)), {}, ["law.certificate-future"]),
        (replace(GREEN, produced=date(2026, 1, 1)), {}, ["law.certificate-period"]),
        (GREEN, {"use": "scope-1"}, ["law.certificate-use"]),
        (GREEN, {"use": "offset"}, ["law.certificate-use"]),
        (GREEN, {"entity_used_mwh": 1000}, []),
        (GREEN, {"entity_used_mwh": 1000, "entity_claimed_mwh": 1}, ["law.certificate-quantity"]),
    ],
)
def test_the_guard_against_counting_a_certificate_twice(certificate, given, refused):
    assert codes(claim_refusals(certificate, NOW, 2025, **given)) == refused


@pytest.mark.parametrize(
    ("certificate", "refused"),
    [
        (GREEN, []),
        (replace(GREEN, tradable=False), ["law.certificate-proof-only"]),
        (replace(GREEN, traded=1), ["law.certificate-traded"]),
        (replace(GREEN, bundled=True), ["law.certificate-bundled"]),
        (replace(GREEN, produced=date(2024, 10, 1)), ["law.certificate-expired"]),
    ],
)
def test_which_certificate_can_be_traded(certificate, refused):
    assert codes(trade_refusals(certificate, NOW)) == refused


# Sheet 02, section 8: "Cumulative to end of 2025: 865 m t, 57.663 bn CNY [R]; the yearly turnovers add up to it"
def test_the_yearly_table_adds_up_to_the_published_cumulative_turnover():
    years = {each.year: each for each in market_years()}
    turnover = sum(years[str(year)].turnover_cny for year in range(2021, 2026))
    assert round(turnover / 10**9, 3) == Decimal("57.663")
    assert round(sum(years[str(year)].volume_t for year in range(2021, 2026)) / 10**6) in (865, 866)


# Case CN-H12: market of 2022, published by the exchange
def test_the_market_of_2022_is_the_sum_of_listed_and_block_trades():
    of_2021, of_2022 = market_years()[:2]
    assert 6_218_972 + 44_670_521 == of_2022.volume_t == 50_889_493
    assert Decimal("357855798.67") + Decimal("2456148895.61") == of_2022.turnover_cny == Decimal("2814004694.28")
    assert round(of_2022.turnover_cny / of_2022.volume_t, 2) == of_2022.average_cny_t == Decimal("55.30")
    assert round((of_2022.year_end_cny_t / of_2021.year_end_cny_t - 1) * 100, 2) == Decimal("1.44")
    assert of_2021.volume_t + of_2022.volume_t == 229_678_843
    assert of_2021.turnover_cny + of_2022.turnover_cny == Decimal("10475234717.27")


def test_the_table_of_the_market_names_its_sources(pytestconfig):
    for each in market_years():
        assert "read: exchange daily bulletins" in each.source
    text = (pytestconfig.rootpath / "src/hengtan/market/rules/data/market_yearly.csv").read_text("utf-8")
    assert "known" in next(row["confirmed"] for row in csv.DictReader(text.splitlines()) if row["year"] == "2023")


def test_a_rule_is_asked_by_its_id():
    assert law("offset.cap").values["share"] == "0.05"
    with pytest.raises(KeyError):
        law("offset.none")


# The published cases as they lie in the file, and both sides of each day and tonne that the sheets name
CASES = {
    each["id"]: each
    for each in json.loads((Path(__file__).parents[1] / "cases/china_cases.json").read_text("utf-8"))["cases"]
}


def test_the_case_of_the_carry_over_runs_as_it_is_published():
    case = CASES["CN-H29"]
    given, expected = case["inputs"], case["expected"]
    limit = carry_over(
        sold_t=given["sold_2024_2025"], bought_t=given["bought_2024_2025"], holding_t=given["holding_end_2025"]
    )
    assert (limit.formula_t, limit.most_t) == (expected["formula_max"], expected["carry_over_max"])


def test_the_case_of_the_market_of_2022_runs_as_it_is_published():
    case = CASES["CN-H12"]
    given, expected = case["inputs"], case["expected"]
    day = date(2022, 12, 30)
    found = average(
        [
            Quote(day, Decimal(str(given["last_close"])), given["listed_t"], Decimal(str(given["listed_cny"]))),
            Quote(date(2022, 12, 29), Decimal(1), given["block_t"], Decimal(str(given["block_cny"]))),
        ],
        date(2022, 1, 1), day,
    )  # fmt: skip
    assert (found.volume_t, found.turnover_cny) == (expected["total_t"], Decimal(str(expected["total_cny"])))
    assert found.price_cny_t == Decimal(str(expected["avg_all"]))
    table = {each.year: each for each in market_years()}
    assert table["2021"].volume_t + found.volume_t == expected["cum_t"]
    assert table["2021"].turnover_cny + found.turnover_cny == Decimal(str(expected["cum_cny"]))


@pytest.mark.parametrize(
    ("registered", "year", "on", "refused"),
    [
        (date(2017, 3, 13), 2023, date(2024, 12, 31), []),
        (date(2017, 3, 13), 2024, date(2025, 12, 31), ["law.credit-old"]),
        (date(2017, 3, 14), 2023, date(2024, 12, 31), ["law.credit-suspended"]),
        (date(2024, 1, 21), 2024, date(2025, 12, 31), ["law.credit-suspended"]),
        (date(2024, 1, 22), 2024, date(2025, 12, 31), []),
        (date(2024, 1, 22), 2026, date(2027, 12, 31), ["law.credit-registered"]),
        (date(2024, 1, 23), 2026, date(2027, 12, 31), []),
        (date(2026, 12, 31), 2025, date(2026, 12, 31), []),
        (date(2027, 1, 1), 2025, date(2026, 12, 31), ["law.credit-future"]),
    ],
)
def test_the_days_of_registration_on_both_sides(registered, year, on, refused):
    assert codes(credit_refusals(Credit(registered, inside_market=False), year, on)) == refused


def test_the_days_of_a_project_and_of_its_reduction_on_both_sides():
    def refused(**days):
        return codes(credit_refusals(replace(NEW, **days), 2025, NOW))

    assert (refused(started=date(2012, 11, 8)), refused(started=date(2012, 11, 9))) == (
        ["law.credit-project-start"],
        [],
    )
    assert (refused(made_from=date(2020, 9, 22)), refused(made_from=date(2020, 9, 23))) == (["law.credit-made"], [])


@pytest.mark.parametrize(("due", "most"), [(0, 0), (19, 0), (20, 1), (39, 1), (40, 2), (10**9, 5 * 10**7)])
def test_the_cap_is_rounded_down_to_whole_tonnes(due, most):
    assert offset_cap(due) == most


def test_the_draft_of_july_2026_is_seen_from_its_day_on_and_the_voiding_of_old_vintages_from_its_own():
    edge = Credit(date(2024, 1, 22), inside_market=False)
    assert codes(credit_refusals(edge, 2025, date(2026, 12, 31), known=date(2026, 7, 30))) == []
    assert codes(credit_refusals(edge, 2025, date(2026, 12, 31), known=date(2026, 7, 31))) == ["law.credit-registered"]
    assert vintage_refusal(2024, 2025, date(2024, 10, 20)) is None
    assert vintage_refusal(2024, 2025, date(2024, 10, 21)).code == "law.vintage-void"
