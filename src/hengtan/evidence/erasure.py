"""Erasure for personal data that has to go: a record, its salt, and the facts that no other record names.

The order, each step durable before the next: the list of the facts that go; the entry that says so and the end of record and
salt (``Records.erase``); the end of the facts; the end of the list. A call that was cut short is finished by the next one. Copies
elsewhere (backups, folders of results) are not reached.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from hengtan.facts import Store
from hengtan.ledger import Refused, parse_strict
from hengtan.ledger.log import Log
from hengtan.ledger.records import Kept, Records, commitment_of, erased_by

from .roots import Unfinished, roots_of
from .verify_log import facts_of


@dataclass(frozen=True, slots=True)
class Erased:
    """index: of the entry that says so; of: of the one whose record is gone; facts: objects that went with it."""

    index: int
    of: int
    facts: tuple[str, ...]


def erase(log: Log, index: int) -> Erased:
    """Erases the record of an entry; the log is open to append. Repeat it when it was cut short: what was erased already stays so.

    Raises Refused ``record.none``, ``proof.index-beyond-size``; what ``Log.append`` raises; HengtanError and FactRefused where
    a fact cannot be removed: the list then stays, and the next call goes on with it.
    """
    entries = list(enumerate(log.entries()))
    said = {of: at for at, entry in entries if (of := erased_by(entry)) is not None}
    named = _named(log, ((at, entry) for at, entry in entries if at != index))
    unfinished = Unfinished(log.folder)
    done: Erased | None = None
    for of, (path, digests) in unfinished.erasing().items():
        if of in said:  # it was cut short after the entry
            gone = _remove(log, [digest for digest in digests if digest not in named])
            if of == index:
                done = Erased(said[of], of, gone)
        unfinished.end(path)
    if done is not None:
        return done
    if index in said and _kept(log, index) is None:
        return Erased(said[index], index, ())
    going = [digest for digest in _named(log, [(index, log.entry(index))]) if digest not in named]
    listed = unfinished.begin_erasing(index, going)
    try:
        at = Records(log.folder).erase(log, index)
    except Refused:  # nothing was erased
        unfinished.end(listed)
        raise
    gone = _remove(log, going)
    unfinished.end(listed)
    return Erased(at, index, gone)


def _kept(log: Log, index: int) -> Kept | None:
    digest = commitment_of(log.entry(index))
    return Records(log.folder).of(digest) if digest is not None else None


def _named(log: Log, entries: Iterable[tuple[int, bytes]]) -> dict[str, int]:
    """Every object that the records of these entries name, and the index of the first that does."""
    records, found = Records(log.folder), dict[str, int]()
    for index, entry in entries:
        digest = commitment_of(entry)
        kept = records.of(digest) if digest is not None else None
        if kept is not None:
            for each in facts_of(parse_strict(kept.record, len(kept.record))):
                found.setdefault(each, index)
    return found


def _remove(log: Log, digests: list[str]) -> tuple[str, ...]:
    """Removes the objects from every root of the ledger; those that were there."""
    gone: dict[str, None] = {}
    for root in roots_of(log.folder) if digests else ():
        store = Store(root)
        there = [digest for digest in digests if store.has(digest)]
        store.remove(digests)  # also of what a call that was cut short left in merged tables and packs
        gone.update(dict.fromkeys(there))
    return tuple(gone)
