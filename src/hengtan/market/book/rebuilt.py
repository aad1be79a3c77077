"""Whether each row of a book says what the record of its posting says: the records are built again from the rows and compared.

Balances alone would not tell that somebody wrote another beneficiary, day, price or approver: the ledger committed to the records.
"""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterable, Iterator
from itertools import zip_longest
from typing import Any

from hengtan.problems import HengtanError, Problem

from .record import instrument_record
from .seen import Seen, as_day, as_moment, stamp
from .store import KIND
from .written import ranges_of, whole_of

AT_ONCE = 5000
_SHOWN = 20
_END = 2**63 - 1


def rows_differ(store: Seen) -> list[Problem]:
    """Rows that say another thing than the record of their posting, or belong to none; the first twenty."""
    found = [
        _differs(f"posting {number} {member}", here, there)
        for number, member, here, there in (*_heads(store), *_postings(store))
    ]
    return found[:_SHOWN]


def records_differ(ours: Iterable[str], ledgers: Iterable[bytes]) -> list[Problem]:
    """Records of the database that are not, byte for byte, those that the ledger committed to, in order; the first twenty."""
    found = []
    for number, (here, there) in enumerate(zip_longest(ours, ledgers), 1):
        mine, kept = (here or "").encode(), there or b""
        if mine != kept:
            found.append(_differs(f"posting {number} record", *_apart(mine, kept)))
        if len(found) == _SHOWN:
            break
    return found


def _apart(one: bytes, two: bytes) -> tuple[str, str]:
    """Both from a little before where they part."""
    at = next((place for place, (a, b) in enumerate(zip(one, two, strict=False)) if a != b), min(len(one), len(two)))
    begin = max(0, at - 30)
    return one[begin : at + 30].decode(errors="replace"), f"{two[begin : at + 30].decode(errors='replace')} (ledger)"


def _differs(what: str, here: object, there: object) -> Problem:
    told = {"what": what, "here": str(here)[:160], "there": str(there)[:160]}
    return Problem("book.ledger-differs", values=told)


def _heads(store: Seen) -> Iterator[tuple[object, str, object, object]]:
    """The counts that a book keeps, and lots that say another instrument than their batch."""
    sql = (
        "SELECT number, batches, (SELECT COUNT(*) FROM book_posting p WHERE p.organisation_id = h.organisation_id), "
        "(SELECT COUNT(*) FROM book_batch b WHERE b.organisation_id = h.organisation_id) FROM book_head h WHERE organisation_id = %s"
    )
    for number, batches, postings, came in store.rows(sql, store.tenant):
        if (number, batches) != (postings, came):
            yield number, "head", f"{number}, {batches}", f"{postings}, {came}"
    sql = (
        "SELECT l.posting, l.code, l.series, b.code, b.series FROM book_lot l JOIN book_batch b ON b.organisation_id = l.organisation_id "
        "AND b.number = l.batch WHERE l.organisation_id = %s AND (l.code <> b.code OR l.series <> b.series) ORDER BY l.id LIMIT 20"
    )
    for posting, code, series, of, named in store.rows(sql, store.tenant):
        yield posting, "lot", f"{code} {series}", f"{of} {named}"


def _postings(store: Seen) -> Iterator[tuple[object, str, object, object]]:
    """(number, member, as the rows say it, as the record says it) of every difference."""
    entities = {each.key: each.entity for each in store.accounts()}
    sql = (
        "SELECT p.number, p.kind, p.day, p.entity, p.contract, p.quantity, p.reverses, p.record, p.posted_at, q.key, q.event, q.proposed_by, "
        "d.decided_by, q.kind, d.verdict, d.posting FROM book_posting p "
        "LEFT JOIN book_proposal q ON q.organisation_id = p.organisation_id AND q.id = p.proposal_id LEFT JOIN book_decision d ON d.proposal_id = q.id "
        f"WHERE p.organisation_id = %s AND p.number > %s ORDER BY p.number LIMIT {AT_ONCE}"
    )
    last, more = 0, True
    while more:
        found = store.rows(sql, store.tenant, last)
        more = len(found) == AT_ONCE
        high = found[-1][0] if more else _END
        parts = _parts(store, last, high)
        for row in found:
            yield from _of(row, parts.pop(row[0], {}), entities)
        for number, part in parts.items():  # rows that no posting seals
            yield number, ", ".join(sorted(part)), next(iter(part.values())), "-"
        last = high


def _of(row: Any, parts: dict[str, Any], entities: dict[str, str]) -> Iterator[tuple[object, str, object, object]]:
    (
        number,
        kind,
        day,
        entity,
        contract,
        quantity,
        reverses,
        record,
        posted_at,
        key,
        event,
        by,
        decided_by,
        asked,
        verdict,
        at,
    ) = row
    try:
        told = dict(json.loads(record))
        event = json.loads(event) if event else {}
    except (ValueError, TypeError):
        yield number, "record", record, "{...}"
        return
    built = {
        "number": str(number), "act": kind, "day": str(as_day(day)), "entity": entity, "event": event, **parts,
        "reverses": "" if reverses is None else str(reverses), "kind": KIND, "proposed_by": by, "approved_by": decided_by, "key": key,
        "posted_at": stamp(as_moment(posted_at)),
    }  # fmt: skip
    for name in {**told, **built}:
        here, there = built.get(name) or "", told.get(name) or ""
        if name in ("spent", "made"):
            here, there = sorted(here), sorted(there)
        if here != there:
            yield number, name, here, there
    if (asked, verdict, at) != (kind, "approved", number):
        yield number, "decision", f"{asked}, {verdict}, {at}", f"{kind}, approved, {number}"
    said = (str(event.get("contract", "")), _quantity(event))
    if (contract, quantity) != said:
        yield number, "quantity", f"{contract} {quantity}", f"{said[0]} {said[1]}"
    lots = (*parts.get("spent", ()), *parts.get("made", ()))
    if lots and entity not in {entities.get(lot[3]) for lot in lots}:
        yield number, "account", sorted({str(entities.get(lot[3])) for lot in lots}), entity


def _quantity(event: dict[str, Any]) -> int | None:
    """The quantity as an event says it; None where it says none that can be read."""
    try:
        if event.get("quantity"):
            return whole_of(str(event["quantity"]))
        return sum(each.quantity for each in ranges_of(event.get("serials", [])))
    except HengtanError:
        return None


def _parts(store: Seen, low: int, high: int) -> dict[int, dict[str, Any]]:
    """posting -> member of its record -> as the rows between two numbers say it."""
    found: dict[int, dict[str, Any]] = defaultdict(dict)
    span = (store.tenant, low, high)
    for name, column in (("made", "posting"), ("spent", "spent_by")):
        sql = (
            f"SELECT {column}, batch, first_number, last_number, account, place, contract FROM book_lot "
            f"WHERE organisation_id = %s AND {column} > %s AND {column} <= %s"
        )
        for number, *lot, contract in store.rows(sql, *span):
            found[number].setdefault(name, []).append([*map(str, lot), *([contract] if contract else [])])
    sql = "SELECT posting, what, source, target, fen FROM book_money WHERE organisation_id = %s AND posting > %s AND posting <= %s ORDER BY posting, line"
    for number, what, source, target, amount in store.rows(sql, *span):
        found[number].setdefault("money", []).append([what, source, target, str(amount)])
    sql = "SELECT posting, purpose, beneficiary, year FROM book_claim WHERE organisation_id = %s AND posting > %s AND posting <= %s"
    for number, purpose, beneficiary, year in store.rows(sql, *span):
        found[number]["claim"] = [purpose, beneficiary, str(year)]
    posting_of = store.rows(
        "SELECT number, posting FROM book_batch WHERE organisation_id = %s AND posting > %s AND posting <= %s", *span
    )
    of = dict(posting_of)
    for each in store.batches("b.posting > %s AND b.posting <= %s", low, high):
        told = [str(each.number), each.series, str(each.first), str(each.last), each.day.isoformat(), each.origin]
        found[of[each.number]].setdefault("batches", []).append([*told, instrument_record(each.instrument)])
    return found
