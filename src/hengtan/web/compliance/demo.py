"""What ``hengtan serve --demo`` shows of compliance: the invented group's plan for three years, found by the planner from its book, approved by a second person."""

from __future__ import annotations

import json
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from django.db import transaction

from hengtan.market.book.position import filled
from hengtan.market.compliance import case_of_text, plan
from hengtan.web.assets import demo as assets_demo
from hengtan.web.assets import services as assets
from hengtan.web.notices.services import read
from hengtan.web.organisations.models import Membership

from . import services
from .models import CompliancePlan
from .propose import propose

TITLE = "示例能源集团 2025—2027 年度履约计划 Sample Energy Group, compliance 2025 to 2027（虚构 synthetic）"
FIRST = "C2"  # surrenders before the others
AS_OF = date(2026, 11, 9)  # the day before the first surrender of the year
YEARS = (2025, 2026, 2027)
SEASONS = (96, 84, 88, 82, 79, 80, 86, 87, 80, 75, 79, 84)  # in thousandths of a year
ENTITIES: tuple[tuple[str, str, int, str, tuple[int, int], tuple[int, int]], ...] = (
    # account, sector, verified 2025, this year against the last, 2027 from and to, allowances of 2026 (still to come) and 2027
    ("P1", "power", 1_186_320, "0.972", (1_085_000, 1_190_000), (398_000, 968_000)),
    ("P2", "power", 671_900, "0.985", (628_000, 689_000), (302_800, 590_500)),
    ("P3", "power", 2_151_400, "0.968", (1_990_000, 2_170_000), (1_041_000, 2_105_000)),
    ("S1", "steel", 1_588_200, "1.014", (1_520_000, 1_668_000), (1_471_300, 1_466_000)),
    ("C1", "cement", 938_600, "0.943", (842_000, 921_000), (861_700, 848_500)),
    ("C2", "cement", 398_100, "0.951", (358_000, 392_000), (388_200, 382_900)),
    ("A1", "aluminium", 325_400, "1.021", (318_000, 346_000), (321_500, 319_800)),
    ("H1", "power", 0, "1", (0, 0), (0, 0)),  # emits nothing that is accounted for: it buys for the others
)
OFFERS = (
    {"id": "挂牌 listed CEA25", "kind": "CEA", "vintage": 2025, "price_cny_t": "96.40", "delivered": "2026-11-12", "most_t": 150_000},
    {"id": "CCER 现货 spot", "kind": "CCER", "registered": "2025-06-18", "inside_market": False, "price_cny_t": "93.10", "delivered": "2026-11-13", "most_t": 90_000},
    {"id": "远期 forward CEA26", "kind": "CEA", "vintage": 2026, "price_cny_t": "99.20", "delivered": "2027-11-15", "most_t": 250_000},
)  # fmt: skip
FUTURES = (  # name, probability, emissions that are not verified, CEA and CCER at each deadline
    ("基准 base", "0.5", "1", ("97.80", "102.50", "108.00"), ("94.60", "97.00", "101.50")),
    ("上涨 dearer", "0.3", "1.02", ("104.50", "121.00", "138.00"), ("101.00", "114.00", "129.00")),
    ("下跌 cheaper", "0.2", "0.98", ("91.20", "88.50", "86.00"), ("88.00", "84.50", "82.00")),
)


def make(owner: Membership, approver: Membership) -> CompliancePlan | None:
    """The plan of the group, once; None where one is there."""
    if CompliancePlan.objects.of(owner.organisation).exists():
        return None
    with transaction.atomic():
        text = json.dumps(given(owner), ensure_ascii=False, indent=1)
        made = services.make(owner, text)
        made = services.answered(made, plan(case_of_text(text, TITLE)))  # the job that was asked for finds it done
        services.submit(owner, made)
        made = services.decide(approver, made, approve=True, comment=assets_demo.NOTE)
        _surrenders(owner, approver, made)
        read(owner.user, owner.organisation)  # of what he did himself nobody has to be told
        return made


def _surrenders(owner: Membership, approver: Membership, one: CompliancePlan) -> None:
    """The first entity that surrenders what its plan says: posted by a second person, with its entry in the ledger."""
    lines = [
        at for at, line in enumerate(one.record["lines"], 1) if (line["entity"], line["year"]) == (FIRST, YEARS[0])
    ]
    for answer in propose(owner, one, YEARS[0], AS_OF + timedelta(days=1), lines):
        for each in answer.made:
            assets.approve(approver, each)


def given(owner: Membership) -> dict[str, Any]:
    """The input: what the book holds after the events of the day, with invented emissions, offers, futures and limits."""
    with assets.reading(owner.organisation) as store:
        names = {each.key: each.entity for each in store.accounts()}
        told = filled(_asked(names), store)
    for entity in told["entities"]:
        for holding in entity["holdings"]:
            if "free_on" in holding.get("pledge", {}):
                holding["pledge"]["release_cny"] = "15166.67"
    return told


def _asked(names: dict[str, str]) -> dict[str, Any]:
    return {
        "hengtan": "comply.input", "version": 1, "title": TITLE, "sample": True, "as_of": AS_OF.isoformat(), "buy_until": "2026-12-10",
        "years": list(YEARS), "plan_for": "expected",
        "entities": [_entity(each, names[each[0]]) for each in ENTITIES],
        "transfers": {"allowed": True, "fee_cny_t": "0.10"},
        "offers": [dict(each) for each in OFFERS],
        "scenarios": [
            {
                "name": name, "probability": probability, "emissions_factor": factor,
                "prices": [
                    {"year": year, "cea_cny_t": cea, "ccer_cny_t": ccer}
                    for year, cea, ccer in zip(YEARS, allowances, credits, strict=True)
                ],
            }
            for name, probability, factor, allowances, credits in FUTURES
        ],
        "limits": {"cash": [{"by": "2026-12-31", "most_cny": "3000000.00", "entity": "H1"}], "daily_most_t": {"CEA": 60_000, "CCER": 20_000}},
        "risk": {"confidence": "0.95", "days": 10},
    }  # fmt: skip


def _entity(told: tuple[str, str, int, str, tuple[int, int], tuple[int, int]], name: str) -> dict[str, Any]:
    key, sector, verified, factor, (low, high), (rest, later) = told
    before = {f"2025-{month:02}": _share(verified, weight) for month, weight in enumerate(SEASONS, 1)}
    now = {
        f"2026-{month:02}": _share(verified, weight, Decimal(factor) + Decimal(month * 7 % 5 - 2) / 125)
        for month, weight in enumerate(SEASONS[:10], 1)
    }
    ahead: dict[str, Any] = {"months": now, "last_year": before} if verified else {"expected_t": 0}
    entity: dict[str, Any] = {
        "id": key, "name": name, "sector": sector, "surrendered_on_time": [2023, 2024],
        "emissions": [
            {"year": 2025, "verified_t": verified}, {"year": 2026, **ahead},
            {"year": 2027, "expected_t": (low + high) // 2, "low_t": low, "high_t": high},
        ],
        "allocations": [{"year": 2026, "t": rest, "on": "2027-09-30"}, {"year": 2027, "t": later, "on": "2028-09-30"}],
    }  # fmt: skip
    if not verified:
        entity["allocations"] = []
    if key == "P1":
        entity["holdings"] = [{"id": code, "inside_market": False} for code in ("CCER-WIND-S", "CCER-OLD-S")]
        entity["trades"] = {"sold_t": 34_400, "bought_t": 0, "holding_t": 72_300}  # as its carry-over in the book says
    if key == "P3":
        entity["sales"] = [{"year": 2026, "most_t": 60_000}]
    return entity


def _share(year_t: int, weight: int, factor: Decimal = Decimal(1)) -> str:
    return str((Decimal(year_t * weight) / 1000 * factor).quantize(Decimal("0.1")))
