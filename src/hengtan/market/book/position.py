"""What the book holds, as the input of a compliance plan takes it: values, handed over; the plan knows nothing of a book."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any

from hengtan.problems import HengtanError, Problem

from .event import fen
from .kept import quotes
from .posting import FROZEN, HELD
from .record import read_record
from .store import Store

_ORIGINS = {
    "allocate": "allocated",
    "preallocate": "pre-allocated",
    "carry_over": "carried-over",
}  # whatever else: bought
_MOST_QUOTES = 5000


def filled(given: Mapping[str, Any], store: Store) -> dict[str, Any]:
    """A plan's input with the holdings of its entities (by name, else id) and the quotes of CEA taken from the book, after the events of ``as_of``.

    Allowances and CCER, held and pledged; lent ones are not on the account. Whether a CCER project is inside the market is taken
    from a holding of the same id in ``given``: the book does not know it. Raises HengtanError ``book.inside-unknown``,
    ``book.entity-unknown`` (an entity without an account), ``book.event-day``.
    """
    told = dict(given)
    try:
        day = date.fromisoformat(str(given.get("as_of", "")))
    except ValueError:
        raise HengtanError(
            Problem("book.event-day", values={"field": "as_of", "value": str(given.get("as_of", ""))[:40]})
        ) from None
    inside = {
        str(each.get("id")): each["inside_market"]
        for entity in given.get("entities", [])
        for each in entity.get("holdings", [])
        if isinstance(each.get("inside_market"), bool)
    }
    accounts = store.accounts()
    wrong: list[Problem] = []
    entities = []
    for entity in given.get("entities", []):
        mine = [each.key for each in accounts if each.entity in (entity.get("name"), entity.get("id"))]
        if not mine:
            wrong.append(Problem("book.entity-unknown", values={"entity": str(entity.get("name", ""))[:100]}))
        entities.append({**entity, "holdings": _holdings(store, mine, day, inside, wrong)})
    if wrong:
        raise HengtanError(wrong)
    told["entities"] = entities
    found = [each for each in quotes(store, "CEA") if each.day <= day][-_MOST_QUOTES:]
    if found:
        told["quotes"] = [
            {"day": each.day.isoformat(), "close_cny_t": fen(each.close), "volume_t": each.listed_t + each.block_t, "turnover_cny": fen(each.listed_fen + each.block_fen)}
            for each in found
        ]  # fmt: skip
    return told


def _holdings(
    store: Store, accounts: list[str], day: date, inside: Mapping[str, bool], wrong: list[Problem]
) -> list[dict[str, Any]]:
    batches = {each.number: each for each in store.batches()}
    due = _due(store)
    sums: dict[tuple[str, str, str], int] = {}
    of_code = {each.instrument.code: each.instrument for each in batches.values()}
    for account in accounts:
        for lot in store.lots_on(account, day):
            instrument = batches[lot.batch].instrument
            if lot.place in (HELD, FROZEN) and instrument.kind in ("cea", "ccer"):
                origin = _ORIGINS.get(batches[lot.batch].origin, "bought") if instrument.kind == "cea" else ""
                key = (instrument.code, origin, lot.contract)
                sums[key] = sums.get(key, 0) + lot.quantity
    found = []
    for (code, origin, contract), count in sorted(sums.items()):
        instrument = of_code[code]
        line: dict[str, Any] = {
            "id": " ".join(each for each in (code, origin, contract) if each),
            "kind": instrument.kind.upper(),
            "t": count,
        }
        if instrument.kind == "cea":
            line |= {"vintage": instrument.vintage, "origin": origin}
        else:
            known = inside.get(line["id"], inside.get(code))
            if known is None:
                wrong.append(Problem("book.inside-unknown", values={"code": code}))
            line |= {
                "registered": str(instrument.registered_on),
                "inside_market": known,
                "methodology": instrument.methodology,
            }
        if contract:
            line["pledge"] = {"t": count} | ({"free_on": due[contract].isoformat()} if contract in due else {})
        found.append(line)
    return found


def _due(store: Store) -> dict[str, date]:
    """The last day of each pledge that states one."""
    found: dict[str, date] = {}
    for (text,) in store.rows(
        "SELECT record FROM book_posting WHERE organisation_id = %s AND kind = 'pledge' ORDER BY number", store.tenant
    ):
        event = read_record(text).event
        if event.get("due"):
            found[str(event["contract"])] = date.fromisoformat(str(event["due"]))
    return found
