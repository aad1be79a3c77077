"""What ``hengtan serve --demo`` shows of carbon assets: a group that is invented and says so, of eight entities.

Allocations, trades, a pledge, credits, certificates with a claim, surrenders of the year before, statements of the registry with one open break, quotes:
entered by one person, approved by another.
"""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

from django.db import transaction

from hengtan.market.book.decide import Account as BookAccount
from hengtan.market.book.quote import Quote
from hengtan.market.book.registry import StatementLine
from hengtan.web.organisations.models import Membership

from . import services
from .models import Account, Break

COMPANY = "示例能源集团 Sample Energy Group（虚构 synthetic）"
ENTITIES = (  # account, entity, allocation of 2024, 2025, pre-allocation of 2026; t
    ("P1", "示例甬江热电 Sample Yong Power", 1_081_600, 1_012_400, 593_160),
    ("P2", "示例曹娥热电 Sample Cao'e Power", 640_000, 618_300, 301_500),
    ("P3", "示例温岭发电 Sample Wenling Power", 2_310_000, 2_240_000, 1_118_000),
    ("S1", "示例钢铁 Sample Steel", 0, 1_462_000, 0),
    ("C1", "示例水泥东厂 Sample Cement East", 0, 884_500, 0),
    ("C2", "示例水泥西厂 Sample Cement West", 0, 402_700, 0),
    ("A1", "示例铝业 Sample Aluminium", 0, 318_900, 0),
    ("H1", "示例集团总部 Sample Headquarters", 0, 0, 0),
)
REGISTRY = "示例登记账户 sample registry account"
NOTE = "虚构示例 invented for the demo"
SOURCE = "虚构行情 invented quotes"
WIND = {"instrument": "CCER-WIND-S", "instrument_kind": "ccer", "project": "SAMPLE-W1", "methodology": "CCER-01-002-V01", "registered_on": "2025-06-18", "region": "CN-35", "inside_market": "no"}  # fmt: skip
OLD = {"instrument": "CCER-OLD-S", "instrument_kind": "ccer", "project": "SAMPLE-OLD", "methodology": "CM-001-V01", "registered_on": "2016-05-12", "region": "CN-15", "inside_market": "no"}  # fmt: skip
GEC = {"instrument": "GEC-2026-S", "instrument_kind": "gec", "produced_on": "2026-03", "region": "CN-15"}
FIRST_QUOTE = date(2026, 7, 3)
CLOSES = (  # fen, from the first day of trading on
    8609, 8591, 8620, 8681, 8620, 8586, 8631, 8597, 8616, 8672, 8611, 8655, 8649, 8589, 8555, 8583, 8612,
    8578, 8572, 8538, 8583, 8611, 8550, 8606, 8572, 8566, 8635, 8705, 8760, 8699, 8755, 8810, 8838, 8778,
    8772, 8711, 8755, 8738, 8744, 8772, 8755, 8799, 8765, 8820, 8827, 8871, 8940, 8923, 8889, 8944, 8999,
    9069, 9063, 9082, 9049, 9093, 9179, 9145, 9201, 9140,
    9160, 9210, 9265, 9240, 9300, 9322, 9290, 9355, 9380, 9410, 9395, 9430, 9468, 9440, 9502, 9488, 9530,
    9561, 9545, 9590, 9612, 9580, 9634, 9650, 9628, 9670, 9701, 9685, 9720, 9740, 9712, 9755, 9740,
)  # fmt: skip


def make(owner: Membership, approver: Membership, mark: str = "SAMPLE") -> None:
    """The whole group, once; ``mark``: the series of its numbers, which stand in one book only.

    The first surrender of the year follows from its plan (``hengtan.web.compliance.demo``).
    """
    if Account.objects.of(owner.organisation).exists():
        return
    with transaction.atomic():
        for key, entity, *_ in ENTITIES:
            services.open_account(owner, BookAccount(key, entity, REGISTRY, f"{mark}-{key}"))
        for told in (*_issued(), *_traded(mark), *_used(mark)):
            made = services.propose(owner, {**told, "note": NOTE}, source=NOTE)
            services.approve(approver, made.id)
        _quotes(owner)
        _statements(owner)
        for told in _waiting(mark):
            services.propose(owner, {**told, "note": NOTE}, source=NOTE)


def _issued() -> list[dict[str, Any]]:
    found = []
    for key, _entity, earlier, final, ahead in ENTITIES:
        if earlier:
            found.append(
                {
                    "kind": "allocate",
                    "day": "2025-09-25",
                    "account": key,
                    "instrument": "CEA24",
                    "quantity": str(earlier),
                }
            )
        if final:
            found.append(
                {"kind": "allocate", "day": "2026-09-28", "account": key, "instrument": "CEA25", "quantity": str(final)}
            )
        if ahead:
            found.append(
                {
                    "kind": "preallocate",
                    "day": "2026-06-29",
                    "account": key,
                    "instrument": "CEA26",
                    "quantity": str(ahead),
                }
            )
    return sorted(found, key=lambda each: each["day"])


def _traded(mark: str) -> list[dict[str, Any]]:
    listed = {"kind": "buy", "way": "listed", "instrument": "CEA25"}
    return [
        {**listed, "day": "2026-10-12", "account": "P2", "quantity": "60000", "price": "96.34", "fee": "5780.40", "reference": f"{mark}-T1"},
        {**listed, "day": "2026-10-19", "account": "H1", "quantity": "90000", "price": "96.85", "fee": "8716.50", "reference": f"{mark}-T2"},
        {**listed, "kind": "sell", "day": "2026-10-26", "account": "P3", "quantity": "80000", "price": "97.20", "fee": "7776.00", "reference": f"{mark}-T3"},
        {"kind": "buy", "way": "block", "day": "2026-10-28", "account": "S1", "instrument": "CEA25", "quantity": "120000", "price": "95.10", "reference": f"{mark}-T4"},
        {"kind": "buy", "way": "otc", "day": "2026-10-14", "account": "P1", "serials": [f"{mark}-W1:100001-128000"], "price": "92.60", "reference": f"{mark}-T5", **WIND},
        {"kind": "buy", "way": "otc", "day": "2021-11-05", "account": "P1", "serials": [f"{mark}-OLD:1-12000"], "price": "31.00", "reference": f"{mark}-T6", **OLD},
        {"kind": "buy", "way": "otc", "day": "2026-07-08", "account": "A1", "serials": [f"{mark}-G26:1-45000"], "price": "5.20", "reference": f"{mark}-T7", **GEC},
        {"kind": "transfer", "day": "2026-10-30", "account": "H1", "to_account": "C1", "instrument": "CEA25", "quantity": "40000"},
        {"kind": "pledge", "day": "2026-10-20", "account": "P1", "instrument": "CEA25", "quantity": "40000", "contract": f"{mark}-PLEDGE-1", "counterparty": "示例银行 Sample Bank",
         "principal": "2600000", "due": "2026-12-15"},
    ]  # fmt: skip


def _used(mark: str) -> list[dict[str, Any]]:
    return [
        {"kind": "surrender", "day": "2025-12-18", "account": "P1", "instrument": "CEA24", "quantity": "1009300", "year": "2024", "due_t": "1009300"},
        {"kind": "surrender", "day": "2025-12-18", "account": "P2", "instrument": "CEA24", "quantity": "631200", "year": "2024", "due_t": "631200"},
        {"kind": "surrender", "day": "2025-12-22", "account": "P3", "instrument": "CEA24", "quantity": "2296000", "year": "2024", "due_t": "2296000"},
        {"kind": "carry_over", "day": "2026-06-08", "account": "P1", "instrument": "CEA24", "quantity": "61600", "sold_t": "34400", "bought_t": "0", "holding_t": "72300",
         "on_time": "2023, 2024"},
        {"kind": "retire", "day": "2026-10-15", "account": "A1", "serials": [f"{mark}-G26:1-30000"], "instrument": GEC["instrument"], "purpose": "scope2",
         "beneficiary": "示例铝业 Sample Aluminium", "year": "2026", "consumption_mwh": "410000"},
    ]  # fmt: skip


def _waiting(mark: str) -> list[dict[str, Any]]:
    return [
        {"kind": "surrender", "day": "2026-11-20", "account": "P1", "instrument": "CCER-WIND-S", "quantity": "28000", "year": "2025", "due_t": "1186320", "inside_market": "no"},
        {"kind": "release", "day": "2026-11-20", "contract": f"{mark}-PLEDGE-1", "principal": "2600000", "interest": "15166.67"},
        {"kind": "buy", "way": "listed", "day": "2026-11-20", "account": "P1", "instrument": "CEA25", "quantity": "53004", "price": "97.40", "fee": "5162.59"},
    ]  # fmt: skip


def _quotes(owner: Membership) -> None:
    day, found = FIRST_QUOTE, []
    for close in CLOSES:
        while day.weekday() > 4 or day == date(2026, 9, 25) or date(2026, 10, 1) <= day <= date(2026, 10, 8):
            day += timedelta(days=1)
        volume = 90_000 + close % 97 * 1_300
        found.append(Quote("CEA", day, close, close - 20, close + 45, close - 60, volume, volume * close, 100_000 * (close % 3), 100_000 * (close % 3) * (close - 150), SOURCE))  # fmt: skip
        day += timedelta(days=1)
    found += [
        Quote("CCER", date(2026, 11, 13), 9354, source=SOURCE),
        Quote("GEC", date(2026, 11, 13), 540, source=SOURCE),
    ]
    services.add_quotes(owner, found, SOURCE)


def _statements(owner: Membership) -> None:
    """Of P1 it agrees, of P3 the registry has frozen units of which the book knows nothing."""
    day = date(2026, 11, 18)
    with services.reading(owner.organisation) as store:
        here = {(each.account, each.code, each.place): each.quantity for each in store.balances(day)}

    def lines(account: str) -> list[StatementLine]:
        codes = sorted({code for key, code, _place in here if key == account and code.startswith("CEA")})
        return [
            StatementLine(row, code, here.get((account, code, "held"), 0), here.get((account, code, "frozen"), 0))
            for row, code in enumerate(codes, 2)
        ]

    for account in ("P1", "P2", "S1"):
        with services.reading(owner.organisation) as store:
            others = [
                each
                for each in store.balances(day)
                if each.account == account and not each.code.startswith("CEA") and each.place in ("held", "frozen")
            ]
        more = [StatementLine(20 + at, each.code, each.quantity) for at, each in enumerate(others)]
        services.add_statement(owner, account, day, [*lines(account), *more], "示例对账单 sample-statement.csv")
    broken = [
        StatementLine(each.row, each.code, each.held - 25_000, each.frozen + 25_000) if each.code == "CEA25" else each
        for each in lines("P3")
    ]
    services.add_statement(owner, "P3", day, broken, "示例对账单 sample-statement.csv")
    one = Break.objects.of(owner.organisation).filter(kind="frozen").first()
    if one is not None:
        services.close_break(
            owner,
            one.pk,
            "登记系统将 25,000 t 司法冻结，正在向其核实。The registry shows 25,000 t frozen by a court; it is being asked.",
        )


__all__ = ["COMPANY", "make"]
