"""The page of the compliance year: figures of the newest plan and of the live book, doors behind them, and what it says where there is no plan."""

import json
import re

import pytest

from golden.calculating import EXAMPLES
from hengtan.market.book.decide import Account
from hengtan.web.assets import services as assets
from hengtan.web.compliance import money, services
from hengtan.web.compliance.models import CompliancePlan
from hengtan.web.organisations.roles import Role

from .booked import post
from .surrendering import NAME, OTHER, TODAY, book, planned
from .test_api import worked


@pytest.fixture(autouse=True)
def today(monkeypatch):
    monkeypatch.setattr("django.utils.timezone.localdate", lambda *_args, **_more: TODAY)


@pytest.fixture
def ours(company):
    """With a book; plans and allocations of the fixture are of other entities."""
    CompliancePlan.objects.of(company.organisation).delete()
    book(company)
    return company


def page(company, address="compliance/", role=Role.MANAGER, language=""):
    user = company.people[role].user
    user.language = language or "en"
    user.save()
    answer = company.client(role).get(company.url(address))
    assert answer.status_code == 200
    return answer.content.decode()


def words(text):
    """What can be read."""
    return re.sub(r"\s+", " ", re.sub(r"<[^>]*>", " ", text))


def test_the_figures_of_the_screen_stand_on_one_page_in_the_terms_of_the_regulation(ours):
    planned(ours)
    text = words(page(ours, language="zh-hans"))
    for told in (
        "2025 年度配额清缴", "应清缴（经核查） 1,186,320 t", "现有可用 1,102,000 t", "其中 40,000 t 质押", "缺口 84,320 t", "占应清缴 7.1%", "809.19 万元",
        "比全买 CEA 少 12.09 万元", "清缴截止 2026-12-31 41 天", "逾期罚款敞口 4,106 – 8,213 万元", "59,316", "清缴 CEA25（由 2019—2024 年度结转）",
        "上限 10,000 + 1.5 × 34,400 = 61,600 吨", "合计 1,186,320 809.19", "CEA 涨 10% 860.81", "买不到 CCER 821.28", "97.40 − 5% × (97.40 − 93.54)",
        "与登记系统对账：一致，11-19", "12,000 t", "征求意见稿", "行业 发电", "示例", "41 天", "20 天",
    ):  # fmt: skip
        assert told in text, told


def test_english_says_money_in_millions_and_the_table_in_full(ours):
    planned(ours)
    text = words(page(ours))
    for told in ("8.09 CNY m", "41.06 – 82.13 CNY m", "Total 1,186,320 8,091,888.24", "5,162,589.60", "41 days"):
        assert told in text, told


def test_every_figure_leads_to_where_it_comes_from(ours):
    one = planned(ours)
    text, key = page(ours), ours.organisation.key
    for address in (
        f"/o/{key}/compliance/plans/{one.pk}/#positions", f"/o/{key}/assets/?year=2025", "#steps", f"/o/{key}/compliance/rules/#penalty.not-surrendered",
        f"/o/{key}/compliance/rules/#offset.cap", f"/o/{key}/assets/units/?instrument=CEA25", f"/o/{key}/assets/reconciliation/",
    ):  # fmt: skip
        assert f'href="{address}"' in text, address
    rules = page(ours, "compliance/rules/")
    for rule in re.findall(r"compliance/rules/#([\w.-]+)", text):
        assert f'id="{rule}"' in rules, rule
    assert 'id="positions"' in page(ours, f"compliance/plans/{one.pk}/")


def test_what_is_due_leads_to_the_allocation_that_says_the_same(ours):
    planned(ours)
    allocation = ours.allocation
    allocation.year, allocation.entities = 2025, [{"entity": NAME, "verified": "1186320", "final": "1012400"}]
    allocation.save()
    assert re.search(rf'href="[^"]*/{allocation.pk}/">1,186,320', page(ours))


def test_holdings_are_those_of_the_book_with_the_rule_for_each(ours):
    planned(ours)
    text = words(page(ours))
    assert "CEA25 own allocation 1,012,400 40,000 972,400 can be surrendered" in text
    assert "CEA25 carried over 61,600 0 61,600 can be surrendered" in text
    assert "CEA26 pre-allocated 593,160 0 0 not for 2025" in text
    assert re.search(r"CEA24 own allocation 10,700 0 0 not for 2025.*\[R\]", text)
    assert "CCER-OLD" in text


def test_when_the_book_moves_after_the_plan_the_page_says_what_and_offers_to_plan_again(ours):
    one = planned(ours)
    assert "The book has moved" not in page(ours)
    post(ours, "sell", day="2026-11-20", account="YJ", instrument="CEA25", way="listed", quantity=4_000, price="97.40")
    text = page(ours)
    assert "CEA25 998,000" not in words(text)
    assert "1,034,000 t then, 1,030,000 t now" in words(text)
    assert "By the book 1,098,000 t are usable today. The gap is then 88,320 t." in words(text)
    assert f"compliance/new/?from={one.pk}" in text


def test_the_newest_approved_plan_counts_and_a_newer_draft_is_named(ours):
    one = planned(ours)
    newer = planned(ours, lambda given: given.update(title="later thoughts"), approve=False)
    text = page(ours)
    assert f"plans/{one.pk}/#positions" in text
    assert f"plans/{newer.pk}/" in text
    assert "A newer plan" in text
    CompliancePlan.objects.filter(pk=one.pk).delete()
    assert "No plan of this year is approved" in page(ours)


def test_without_a_plan_the_book_and_the_allocation_alone_say_the_position(ours):
    """972,400 + 40,000 + 61,600 + 28,000 = 1,102,000; the fine at the last close 97.40: 84,320 x 97.40 x 5 = 41,063,840."""
    ours.allocation.year, ours.allocation.entities = 2025, [{"entity": NAME, "verified": "1186320", "final": "1012400"}]
    ours.allocation.save()
    text = words(page(ours, f"compliance/?entity={NAME}"))
    for told in ("1,186,320 t", "1,102,000 t", "84,320 t", "59,316", "41.06 – 82.13 CNY m", "Make a plan", "41 days"):
        assert told in text, told


def test_where_nobody_said_what_is_due_no_gap_is_made_up(ours):
    text = words(page(ours))
    assert "To be surrendered not stated yet" in text
    assert "1,102,000 t" in text
    assert "Gap —" in text
    assets.open_account(ours.people[Role.MANAGER], Account("CE", OTHER, "CRS", "n"))
    assert "Total — 1,102,000 — " in words(page(ours))  # what nobody knows is not nought


def test_another_year_has_its_own_page_and_one_without_plan_says_so(ours):
    planned(ours)
    text = words(page(ours, "compliance/?year=2026"))
    assert "Surrender for 2026" in text
    assert "No plan covers 2026 yet" in text
    for odd in ("year=9999", "year=x", "year=２０２５", "entity=%00", "year=2025&entity=" + "x" * 500):
        page(ours, f"compliance/?{odd}")


@pytest.fixture
def group(ours):
    """With a second entity that has more than it needs."""
    assets.open_account(ours.people[Role.MANAGER], Account("CE", OTHER, "CRS", "n"))
    post(ours, "allocate", day="2026-09-28", account="CE", instrument="CEA25", quantity=150_000)

    def both(given):
        given["transfers"] = {"allowed": True}
        given["entities"].append({
            "id": "caoe", "name": OTHER, "sector": "power", "emissions": [{"year": 2025, "verified_t": 100_000}], "holdings": [],
        })  # fmt: skip

    planned(ours, both)
    return ours


def test_several_entities_stand_in_a_table_that_adds_up_and_can_be_looked_at_alone(group):
    """The second has 150,000 t, owes 100,000 and buys 3,004 t of CCER: 53,004 t go to the first."""
    text = words(page(group))
    assert f"{NAME} 1,186,320 1,102,000 84,320 0 53,004 0 0" in text
    assert f"{OTHER} 100,000 150,000 0 50,000 0 53,004 0" in text
    assert "Total 1,286,320 1,252,000 84,320 50,000 53,004 53,004 0" in text
    alone = words(page(group, f"compliance/?entity={OTHER}"))
    assert "To be surrendered (verified) 100,000 t" in alone
    assert "150,000 t" in alone
    assert "61,600" not in alone
    table = group.client(Role.VIEWER).get(group.url("compliance/?format=csv")).content.decode("utf-8-sig")
    assert f"{OTHER},100000,true,150000,0,50000,0,53004,0" in table


def test_old_addresses_of_a_plan_and_its_files_lead_to_the_new_ones(ours):
    one = planned(ours)
    client = ours.client(Role.VIEWER)
    assert client.get(ours.url(f"compliance/{one.pk}/"))["Location"] == ours.url(f"compliance/plans/{one.pk}/")
    moved = client.get(ours.url(f"compliance/{one.pk}/file/?what=json"))["Location"]
    assert json.loads(client.get(moved).content)["cost_cny"] == "8091888.24"
    assert client.get(ours.url("compliance/999999/")).status_code == 404


def test_who_does_not_see_the_whole_sees_nothing_of_it_and_readers_cannot_act(ours):
    planned(ours)
    assert ours.client(Role.CONTRIBUTOR).get(ours.url("compliance/")).status_code == 403
    text = page(ours, role=Role.VIEWER)
    for act in ("propose/", "assets/new/", "compliance/new/"):
        assert act not in text, act


def test_a_plan_that_nothing_keeps_shows_the_position_and_what_keeps_it(ours):
    def without(given):
        given["offers"] = []

    planned(ours, without, approve=False)
    text = words(page(ours))
    assert "84,320 t" in text
    assert "cannot be bought" in text


def test_a_plan_that_is_still_being_made_is_not_shown_as_one(ours):
    services.make(
        ours.people[Role.MANAGER], json.dumps(json.loads((EXAMPLES / "comply/yongjiang.json").read_text("utf-8")))
    )
    assert "No plan covers 2025 yet" in page(ours)
    worked()
    assert "No plan of this year is approved" in page(ours)


def test_a_column_of_money_adds_up_as_it_is_shown(monkeypatch):
    """12,345.00 three times: in 万元 with two decimals 1.23 x 3 = 3.69, not 3.70, so it is shown to the fen."""
    from decimal import Decimal

    monkeypatch.setattr(money, "lang", lambda: "zh")
    assert money.column([Decimal(12_345)] * 3) == ("元", ["12,345.00"] * 3, "37,035.00")
    assert money.column([Decimal("2929300.00"), None, Decimal("5162600.00")]) == (
        "万元",
        ["292.93", "—", "516.26"],
        "809.19",
    )
    monkeypatch.setattr(money, "lang", lambda: "en")
    assert money.column([Decimal(12_345)])[1] == ["12,345.00"]
