"""What the book holds, as the input of a compliance plan takes it: values, handed over; the plan knows nothing of a book."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

from hengtan.problems import HengtanError, Problem

from .event import fen
from .instrument import cea_of
from .kept import quotes
from .posting import FROZEN, HELD
from .record import read_record
from .store import Store
from .written import whole_of

_ORIGINS = {
    "allocate": "allocated",
    "preallocate": "pre-allocated",
    "carry_over": "carried-over",
}  # whatever else: bought
_MOST_QUOTES = 5000


def filled(given: Mapping[str, Any], store: Store) -> dict[str, Any]:
    """A plan's input with the holdings of its entities (by name, else id) and the quotes of CEA taken from the book, after the events of ``as_of``.

    Allowances and CCER, held and pledged; lent ones are not on the account. Whether a CCER project is inside the market is taken
    from a holding of the same id in ``given``, else from the instrument. Raises HengtanError ``book.inside-unknown``,
    ``book.entity-unknown`` (an entity without an account), ``book.event-day``.
    """
    told = dict(given)
    try:
        day = date.fromisoformat(str(given.get("as_of", "")))
    except ValueError:
        raise HengtanError(
            Problem("book.event-day", values={"field": "as_of", "value": str(given.get("as_of", ""))[:40]})
        ) from None
    inside = stated_inside(given)
    accounts = store.accounts()
    wrong: list[Problem] = []
    entities = []
    for entity in given.get("entities", []):
        mine = [each.key for each in accounts if each.entity in (entity.get("name"), entity.get("id"))]
        if not mine:
            wrong.append(Problem("book.entity-unknown", values={"entity": str(entity.get("name", ""))[:100]}))
        held = holdings(store, mine, day, inside)
        unknown = {each["code"] for each in held if each["kind"] == "CCER" and "inside_market" not in each}
        wrong += [Problem("book.inside-unknown", values={"code": code}) for code in sorted(unknown)]
        entities.append({**entity, "holdings": [without_code(each) for each in held]})
    if wrong:
        raise HengtanError(wrong)
    told["entities"] = entities
    if found := daily(store, day):
        told["quotes"] = found
    return told


def stated_inside(given: Mapping[str, Any]) -> dict[str, bool]:
    """By id of a holding of an input, what is said there of the project."""
    return {
        str(each.get("id")): each["inside_market"]
        for entity in given.get("entities", [])
        for each in entity.get("holdings", [])
        if isinstance(each.get("inside_market"), bool)
    }


def daily(store: Store, day: date) -> list[dict[str, Any]]:
    """The quotes of CEA until a day, as a plan takes them; the newest 5,000."""
    found = [each for each in quotes(store, "CEA") if each.day <= day][-_MOST_QUOTES:]
    return [
        {"day": each.day.isoformat(), "close_cny_t": fen(each.close), "volume_t": each.listed_t + each.block_t, "turnover_cny": fen(each.listed_fen + each.block_fen)}
        for each in found
    ]  # fmt: skip


def without_code(line: Mapping[str, Any]) -> dict[str, Any]:
    """A holding as the input takes it."""
    return {key: value for key, value in line.items() if key != "code"}


def issued(store: Store, accounts: Sequence[str], vintage: int, day: date) -> int:
    """Allowances of a vintage that were issued to accounts until a day, less what was taken back; t."""
    sums = 0
    for event in _events(store, ("allocate", "preallocate", "clawback"), day):
        instrument = cea_of(str(event.get("instrument", "")))
        if event.get("account") in accounts and instrument is not None and instrument.vintage == vintage:
            sums += (whole_of(str(event.get("quantity", ""))) or 0) * (-1 if event["kind"] == "clawback" else 1)
    return sums


def carried(store: Store, accounts: Sequence[str], day: date) -> dict[str, Any]:
    """``trades`` and ``surrendered_on_time`` as the last carry-over of an account states them; empty without one."""
    found: dict[str, Any] = {}
    for event in _events(store, ("carry_over",), day):
        if event.get("account") in accounts:
            names = [name for name in ("sold_t", "bought_t", "holding_t") if event.get(name) not in (None, "")]
            on_time = event.get("on_time") or []
            years = on_time.replace(";", ",").split(",") if isinstance(on_time, str) else on_time
            found = {
                "trades": {name: whole_of(str(event[name])) or 0 for name in names},
                "surrendered_on_time": [int(each) for each in years],
            }
    return found


def _events(store: Store, kinds: Sequence[str], day: date) -> list[Mapping[str, Any]]:
    """Events of some kinds until a day, oldest first, without those that were reversed."""
    sql = (
        f"SELECT p.record FROM book_posting p WHERE p.organisation_id = %s AND p.day <= %s AND p.kind IN ({', '.join(['%s'] * len(kinds))}) "
        "AND NOT EXISTS (SELECT 1 FROM book_posting r WHERE r.organisation_id = p.organisation_id AND r.reverses = p.number) ORDER BY p.number"
    )
    return [read_record(text).event for (text,) in store.rows(sql, store.tenant, day.isoformat(), *kinds)]


def holdings(store: Store, accounts: Sequence[str], day: date, inside: Mapping[str, bool]) -> list[dict[str, Any]]:
    """Allowances and CCER of accounts after the events of a day, with ``code``; ``inside_market`` where ``inside`` or the instrument says it."""
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
            "code": code,
        }
        if instrument.kind == "cea":
            line |= {"vintage": instrument.vintage, "origin": origin}
        else:
            known = inside.get(line["id"], inside.get(code, instrument.inside_market))
            line |= {} if instrument.registered_on is None else {"registered": instrument.registered_on.isoformat()}
            line |= {} if known is None else {"inside_market": known}
            line |= {"methodology": instrument.methodology} if instrument.methodology else {}
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
