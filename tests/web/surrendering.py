"""A company of the tests with the book of the screen: 甬江热电 (invented), its plan for 2025 made from that book, approved by a second person."""

import json
from datetime import date

from golden.calculating import EXAMPLES
from hengtan.market.book.decide import Account
from hengtan.market.book.position import filled
from hengtan.market.book.quote import Quote
from hengtan.market.book.registry import StatementLine
from hengtan.web.assets import services as assets
from hengtan.web.compliance import services
from hengtan.web.organisations.roles import Role

from .booked import post
from .test_api import worked

TODAY = date(2026, 11, 20)
NAME = "甬江热电有限公司"
OTHER = "曹娥热电有限公司"
WIND = {"instrument": "CCER-WIND", "instrument_kind": "ccer", "project": "W1", "methodology": "CCER-01-002-V01", "registered_on": "2025-05-16", "inside_market": "no"}  # fmt: skip
OLD = {"instrument": "CCER-OLD", "instrument_kind": "ccer", "project": "O1", "methodology": "CM-001-V01", "registered_on": "2016-08-05", "inside_market": "no"}  # fmt: skip


def book(company):
    """Own, carried over and pledged CEA25, CEA26 and CEA24 that do not serve, CCER that offset and that do not; quotes and a statement that agrees."""
    manager, mark = company.people[Role.MANAGER], company.mark
    assets.open_account(manager, Account("YJ", NAME, "CRS", f"{mark}-YJ"))
    post(company, "allocate", day="2025-09-25", account="YJ", instrument="CEA24", quantity=72_300)
    post(company, "preallocate", day="2026-06-29", account="YJ", instrument="CEA26", quantity=593_160)
    post(company, "allocate", day="2026-09-28", account="YJ", instrument="CEA25", quantity=1_012_400)
    post(company, "buy", account="YJ", way="otc", serials=f"{mark}W:1-28000", price="92.60", **WIND)
    post(company, "buy", day="2021-11-05", account="YJ", way="otc", serials=f"{mark}O:1-12000", price="31.00", **OLD)
    post(
        company, "pledge", day="2026-10-20", account="YJ", instrument="CEA25", quantity=40_000, contract="PLEDGE-1", counterparty="Bank",
        principal="2600000", due="2026-12-15",
    )  # fmt: skip
    post(
        company, "carry_over", day="2026-06-08", account="YJ", instrument="CEA24", quantity=61_600, sold_t=34_400, bought_t=0, holding_t=72_300,
        on_time="2023, 2024",
    )  # fmt: skip
    quotes = [Quote("CEA", date(2026, 10, day), 9600 + day, source=mark) for day in (12, 13, 14)]
    assets.add_quotes(manager, [*quotes, Quote("CEA", date(2026, 11, 19), 9740, source=mark)], mark)
    lines = [
        StatementLine(2, "CEA25", 1_034_000, 40_000),
        StatementLine(3, "CEA26", 593_160),
        StatementLine(4, "CEA24", 10_700),
    ]
    credits = [StatementLine(5, "CCER-WIND", 28_000), StatementLine(6, "CCER-OLD", 12_000)]
    assets.add_statement(manager, "YJ", date(2026, 11, 19), [*lines, *credits], f"{mark}.csv")


def planned(company, change=None, approve=True):
    """The plan of the screen for 2025, its holdings taken from the book."""
    given = json.loads((EXAMPLES / "comply/yongjiang.json").read_text("utf-8"))
    if change:
        change(given)
    manager = company.people[Role.MANAGER]
    with assets.reading(company.organisation) as store:
        text = json.dumps(filled(given, store), ensure_ascii=False)
    made = services.make(manager, text)
    worked()
    made.refresh_from_db()
    if approve:
        services.submit(manager, made)
        made = services.decide(company.people[Role.APPROVER], made, approve=True)
    return made
