"""Events of a file, put before somebody else together: all of them or none, and as quickly for a hundred thousand as a disk takes them in.

``checked`` reads and may take long; ``proposed`` writes and is short. Between the two the book may move on: whoever approves is told by the book as it is then.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from dataclasses import replace
from hashlib import sha256
from typing import Any, cast

from hengtan.ledger import canonical
from hengtan.problems import HengtanError, Problem

from .decide import View, decide
from .event import Event
from .seen import marks
from .store import CURABLE, Store, says_the_same

Row = tuple[int, str, Event]
"""(row of the file, key by which it is known or "", event)."""
AT_ONCE = 500
MOST_ROUNDS = 100


class _Still:
    """A view that asks a book once for each thing: nothing moves while a file is looked at."""

    def __init__(self, store: Store) -> None:
        self._store, self._said = store, dict[tuple[Any, ...], Any]()

    def __getattr__(self, name: str) -> Callable[..., Any]:
        def ask(*given: Any) -> Any:
            key = (name, *(tuple(each) if isinstance(each, list) else each for each in given))
            if key not in self._said:
                self._said[key] = getattr(self._store, name)(*given)
            return self._said[key]

        return ask


def checked(
    store: Store, events: Sequence[Row], source: str, said: Callable[[int], None] = lambda done: None
) -> list[Problem]:
    """What speaks against the events now, each with its row; what an earlier one that waits may still mend is left to whoever approves."""
    wrong: list[Problem] = []
    view = cast("View", _Still(store))
    number, waits = store.next_posting(), store.waits()
    for done, (row, _key, event) in enumerate(events, 1):
        try:
            decide(event, view, number)
        except HengtanError as error:
            if not (waits and all(each.code in CURABLE for each in error.problems)):
                wrong += [replace(each, file=source, row=row) for each in error.problems]
                continue
        waits = True
        if done % AT_ONCE == 0:
            said(done)
    return wrong


def proposed(store: Store, events: Sequence[Row], by: str, source: str, void: Collection[str] = ()) -> tuple[int, int]:
    """(new, known) in the caller's transaction. Raises HengtanError ``book.key-differs`` for every key that stands for another event.

    void  sources that were withdrawn: what stands under their keys is proposed anew
    """
    store.lock()
    told = [(row, key, event, canonical(dict(event.text)).decode()) for row, key, event in events]
    ready, known, wrong = list[tuple[str, str, str, str]](), 0, list[Problem]()
    open_rows = [(row, key and f"file:{key}", key and f"file:{key}", event, text) for row, key, event, text in told]
    for again in range(1, MOST_ROUNDS):
        there = _known(store, [key for _row, _base, key, _one, _text in open_rows if key])
        left = []
        for row, base, key, event, text in open_rows:
            digest = sha256(text.encode()).hexdigest()
            found = there.get(key)
            if found is None:
                ready.append(
                    (key or f"event:{digest}:{source}:{row}:{store.moment().isoformat()}", event.kind, text, digest)
                )
            elif found[1] in void:
                left.append((row, base, f"{base}~{again}", event, text))
            elif found[0] == digest or says_the_same(_event(store, key), event):
                known += 1
            else:
                wrong.append(
                    Problem("book.key-differs", file=source, row=row, column="reference", values={"key": base})
                )
        open_rows = left
        if not open_rows:
            break
    if wrong:
        raise HengtanError(wrong)
    store.write_proposals(ready, by, source)
    return len(ready), known


def _known(store: Store, keys: list[str]) -> dict[str, tuple[str, str]]:
    """key -> (digest, source)."""
    found: dict[str, tuple[str, str]] = {}
    for start in range(0, len(keys), AT_ONCE):
        part = keys[start : start + AT_ONCE]
        sql = f"SELECT key, digest, source FROM book_proposal WHERE organisation_id = %s AND key IN ({marks(part)})"
        found |= {row[0]: (row[1], row[2]) for row in store.rows(sql, store.tenant, *part)}
    return found


def _event(store: Store, key: str) -> str:
    sql = "SELECT event FROM book_proposal WHERE organisation_id = %s AND key = %s"
    return str(store.rows(sql, store.tenant, key)[0][0])


def withdrawn(store: Store, source: str, by: str, reason: str) -> int:
    """Turns all that waits of a source down, in the caller's transaction; 0 and nothing where one of them was decided already."""
    store.lock()
    mine = "FROM book_proposal p {0} book_decision d ON d.proposal_id = p.id WHERE p.organisation_id = %s AND p.source = %s"
    if store.rows(f"SELECT 1 {mine.format('JOIN')} LIMIT 1", store.tenant, source):
        return 0
    ids = [row[0] for row in store.rows(f"SELECT p.id {mine.format('LEFT JOIN')} ORDER BY p.id", store.tenant, source)]
    store.write_rejections(ids, by, reason)
    return len(ids)


__all__ = ["Row", "checked", "proposed", "withdrawn"]
