"""Whether what a book shows is what its records come to."""

from __future__ import annotations

from typing import Any

from hengtan.problems import Problem

from .replay import Replayed
from .store import Store


def differences(store: Store, found: Replayed, *, ledger: bool = False) -> list[Problem]:
    """Every way in which the rows of the book differ from its records computed again (``ledger``: those that the ledger keeps)."""
    wrong = [Problem("book.record-broken", values={"why": each}) for each in found.broken]
    where = "ledger" if ledger else "records"
    shown = {(each.account, each.code, each.place): each.quantity for each in store.balances()}
    lots = {(str(each.batch), str(each.first)): [str(each.batch), str(each.first), str(each.last), each.account, each.place, *([each.contract] if each.contract else [])]
            for each in store.units()}  # fmt: skip
    money = {name: amount for name, amount in store.money().items() if amount}
    pairs: tuple[tuple[str, dict[Any, Any], dict[Any, Any]], ...] = (
        (
            "postings",
            {"": int(store.rows("SELECT COUNT(*) FROM book_posting WHERE organisation_id = %s", store.tenant)[0][0])},
            {"": found.count},
        ),
        ("balances", shown, found.balances),
        ("lots", lots, found.alive),
        ("money", money, {name: amount for name, amount in found.money.items() if amount}),
    )
    for what, here, there in pairs:
        for key in [key for key in {**here, **there} if here.get(key) != there.get(key)][:20]:
            values = {"what": f"{what} {key}", "here": str(here.get(key)), "there": f"{there.get(key)} ({where})"}
            wrong.append(Problem("book.ledger-differs", values=values))
    return wrong
