"""Verification of a log's folder: the log in itself, against an older checkpoint, and against the records and facts."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from itertools import islice
from pathlib import Path
from typing import Any

from hengtan.durable import regular_bytes
from hengtan.facts import Book, Store
from hengtan.facts.inspect import inspect_merged
from hengtan.ledger import Refused, Verifier, open_checkpoint, parse_checkpoint, parse_note, parse_strict
from hengtan.ledger.audit import LARGEST, Audit, audit
from hengtan.ledger.journal import NAME as JOURNAL
from hengtan.ledger.memory import NAME as NEWEST
from hengtan.ledger.merkle import root_at
from hengtan.ledger.records import Records, check, commitment_of, erased_by
from hengtan.ledger.storage import PRIVATE
from hengtan.ledger.tiles import TileReader
from hengtan.problems import HengtanError, Problem

from .bundle import book_of
from .findings import Layer, Report, Tell, judged, unchecked
from .roots import Unfinished, own_root, roots_of

SHOWN = 100  # problems of a layer; what is beyond would say the same


@dataclass(slots=True)
class _Entries:
    """What the audit's one reading of the log leaves for the records. events: entries that commit to a record."""

    tell: Tell
    size: int
    entries: int = 0
    kept: list[bytes] = field(default_factory=list)
    commitments: list[tuple[int, str]] = field(default_factory=list)
    erased: set[int] = field(default_factory=set)

    def see(self, first: int, entries: Sequence[bytes]) -> None:
        self.entries += len(entries)
        self.tell("entries", self.entries, self.size)
        self.kept.extend(entries)
        for index, entry in enumerate(entries, first):
            if (digest := commitment_of(entry)) is not None:
                self.commitments.append((index, digest))
            if (of := erased_by(entry)) is not None and of < index:
                self.erased.add(of)


def verify_log(
    folder: Path, key: Verifier | None, since: bytes | None, facts: str | None, tell: Tell | None = None
) -> Report:
    """The three layers of a log's folder; raises HengtanError only where it is none."""
    seen = _Entries(tell or (lambda _what, _done, _of: None), _size(folder))
    found = audit(folder, key, since, seen.see)
    own = list(found.own)
    vkey = key.vkey if key else found.keys[-1].vkey if found.keys else ""
    if key is None and found.checkpoint is not None:
        own.append(Problem("verify.key-unconfirmed", values={"vkey": vkey}))
    log = judged("log", own, {"entries": seen.entries})
    went_back = list(_remembered(folder, found)) if log.state == "ok" else []
    if found.extends is None and not went_back:
        history = unchecked("history")
    else:
        history = judged("history", [*(found.extends or ()), *went_back])
    older = None
    if since is not None and found.extends == ():
        older = open_checkpoint(since, found.keys)[0]
    if log.state == "failed" or found.checkpoint is None:
        records = unchecked("records")
    elif not (folder / PRIVATE).is_dir():
        records = unchecked("records", Problem("verify.public-copy", file=str(folder)))
    elif not os.access(folder / PRIVATE, os.R_OK | os.X_OK):  # 0700, and the reader is not its owner
        records = unchecked("records", Problem("verify.private-closed", file=str(folder / PRIVATE)))
    else:
        records = _records(folder, found.checkpoint.origin, seen, facts)
    return Report(folder, "log", (log, history, records), found.checkpoint, vkey, key is not None, older)


def _remembered(folder: Path, found: Audit) -> Iterator[Problem]:
    """The newest checkpoint that the log's own writer remembers is one that the log extends, where the reader may see it.

    It is written before the checkpoint is published, so one that is ahead of a batch under way is no fault.
    """
    memory, now = folder / NEWEST, found.checkpoint
    if now is None or not os.access(memory.parent, os.R_OK | os.X_OK):
        return
    try:
        note = regular_bytes(memory, LARGEST)
    except OSError:
        yield Problem("log.memory-missing", file=str(folder))
        return
    begun = (folder / JOURNAL).exists()
    if (
        _size(folder) != now.size
    ):  # in this order: a batch that began before the note was read is seen by one of the two
        return
    tiles = TileReader(lambda path: regular_bytes(folder / path, LARGEST), now.size)
    try:
        newest, _ = open_checkpoint(note, found.keys)
        if newest.size > now.size:
            if not begun:
                raise Refused("log.rolled-back", file=str(folder), known=newest.size, size=now.size)
        elif (now.root if newest.size == now.size else root_at(newest.size, tiles)) != newest.root:
            raise Refused("log.forked", file=str(folder), size=newest.size)
    except Refused as refused:
        yield refused.at(str(memory)).problem
    except OSError:  # tiles that an append has outgrown since
        return


def _size(folder: Path) -> int:
    """What the checkpoint says, for those who wait: not believed yet."""
    try:
        return parse_checkpoint(parse_note(regular_bytes(folder / "checkpoint", LARGEST)).text).size
    except (OSError, Refused):
        return 0


@dataclass(slots=True)
class _Named:
    """What the records of a log name, each with the index of an entry that does.

    facts      objects; manifests: of batches in the ledger's book
    heads      how long the book was and the digest of its last entry, when a run was kept
    """

    facts: dict[str, int] = field(default_factory=dict)
    manifests: dict[str, int] = field(default_factory=dict)
    heads: dict[tuple[str, str], int] = field(default_factory=dict)

    def note(self, index: int, record: Any) -> None:
        """Takes what one record names; a record may be of any kind, and say anything."""
        if not isinstance(record, dict):
            return
        for each in facts_of(record):
            self.facts.setdefault(each, index)
        book, manifest = record.get("book"), record.get("manifest")
        if isinstance(manifest, str):
            self.manifests.setdefault(manifest, index)
        if isinstance(book, dict):
            self.heads.setdefault((str(book.get("entries")), str(book.get("digest"))), index)


def facts_of(record: Any) -> Iterable[str]:
    """The objects that a record names, of whatever kind it is."""
    if not isinstance(record, dict):
        return ()
    facts, files = record.get("facts"), record.get("files")
    objects = [*(facts if isinstance(facts, list) else ()), *(files.values() if isinstance(files, dict) else ())]
    return [each for each in objects if isinstance(each, str)]


def _records(folder: Path, origin: str, seen: _Entries, facts: str | None) -> Layer:
    """Every record equals its entry, every fact its name and its record, and none lacks one."""
    records = Records(folder)
    problems = list(check(records, seen.kept))
    erased = [index for index, _ in seen.commitments if index in seen.erased]
    if erased and not any(problem.code == "record.not-erased" for problem in problems):
        told = ", ".join(map(str, erased[:20])) + (" …" if len(erased) > 20 else "")
        problems.append(Problem("verify.erased", values={"count": str(len(erased)), "indices": told}))
    named = _Named()
    kept = [(index, digest) for index, digest in seen.commitments if index not in seen.erased]
    for done, (index, digest) in enumerate(kept, 1):
        record = _record(records, digest)
        named.note(index, record)
        if isinstance(record, dict) and "kind" in record and record["kind"] != (said := _kind(seen.kept[index])):
            problems.append(Problem("record.other-kind", values={"index": str(index), "said": said}))
        seen.tell("records", done, len(kept))
    counts = {"records": len(kept), "erased": len(erased), "facts": len(named.facts)}
    problems += islice(_facts(folder, origin, named, facts, counts, seen.tell), SHOWN)
    layer = judged("records", problems[: 2 * SHOWN], counts)
    elsewhere = any(problem.code == "verify.facts-elsewhere" for problem in problems)
    return replace(layer, state="not-checked") if elsewhere and layer.state == "ok" else layer


def _kind(entry: bytes) -> str:
    """What the entry says in public that happened."""
    members = parse_strict(entry)
    return str(members.get("kind")) if isinstance(members, dict) else ""


def _record(records: Records, digest: str) -> Any:
    """The record; None for a missing or damaged one, which was told already."""
    try:
        kept = records.of(digest)
        return parse_strict(kept.record, len(kept.record)) if kept else None
    except Refused:
        return None


def _facts(
    folder: Path, origin: str, named: _Named, facts: str | None, counts: dict[str, int], tell: Tell
) -> Iterator[Problem]:
    roots = [facts] if facts else roots_of(folder)
    local = [root for root in roots if facts or "://" not in root]
    elsewhere = [root for root in roots if root not in local]
    stores = [Store(root) for root in local]
    for store in stores:
        try:
            store.must_be_marked()
        except HengtanError as error:
            yield from error.problems
    lacking = []
    for done, (digest, index) in enumerate(named.facts.items()):
        tell("facts", done, len(named.facts))
        if (problem := _checked(stores, digest)) is None:
            continue
        if problem.code == "verify.fact-missing":
            lacking.append((digest, index))
        else:
            yield problem
    if lacking and elsewhere:  # no network is asked without being told to
        yield Problem("verify.facts-elsewhere", values={"count": str(len(lacking)), "roots": ", ".join(elsewhere)})
        counts["facts"] -= len(lacking)
    else:
        for digest, index in lacking:
            yield Problem("verify.fact-missing", file=digest, values={"index": str(index)})
    manifests: set[str] = set()
    if not elsewhere:
        yield from _book(stores, origin, named, manifests)
    yield from _nameless(folder, {*named.facts, *named.manifests, *manifests})


def _book(stores: Sequence[Store], origin: str, named: _Named, manifests: set[str]) -> Iterator[Problem]:
    """The ledger's book is the one that each run saw when it was kept, and holds every manifest that a record names."""
    heads: set[tuple[str, str]] = set()
    for store in stores:
        book = Book(store, book_of(origin))
        try:
            entries = book.entries()
        except HengtanError as error:
            yield from error.problems
            continue
        yield from inspect_merged(book, rows=False)
        manifests |= {entry.manifest.id for entry in entries if entry.manifest is not None}
        heads |= {(str(entry.sequence), entry.previous) for entry in entries}
        heads.add((str(book.head[0]), book.head[1]))
    for head, index in named.heads.items():
        if head not in heads:
            yield Problem("verify.book-rewritten", values={"index": str(index), "entries": head[0][:20]})
    for manifest, index in named.manifests.items():
        if manifest not in manifests:
            yield Problem("verify.fact-missing", file=manifest, values={"index": str(index)})
    for manifest in sorted(manifests):  # the book holds them too; what lies under their names is a fact like others
        if (problem := _checked(stores, manifest)) is None:
            continue
        if problem.code != "verify.fact-missing":
            yield problem
        elif manifest in named.manifests:
            yield Problem("verify.fact-missing", file=manifest, values={"index": str(named.manifests[manifest])})


def _checked(stores: Sequence[Store], digest: str) -> Problem | None:
    """None where one of the stores has the object and its bytes are what its name says."""
    for store in stores:
        try:
            if store.has(digest):
                store.verify(digest)
                return None
        except HengtanError as error:
            return error.problems[0]
    return Problem("verify.fact-missing", file=digest)


def _nameless(folder: Path, named: set[str]) -> Iterator[Problem]:
    """Objects of the ledger's own store that no record names; those of a run that was cut short are told apart."""
    root = own_root(folder)
    if not root.is_dir():
        return
    unfinished = Unfinished(folder).digests()
    left = 0
    for digest in Store(root).digests():
        if digest in named:
            continue
        if digest in unfinished:
            left += 1
        else:
            yield Problem("verify.fact-without-entry", file=digest)
    if left:
        yield Problem("verify.unfinished", values={"count": str(left)})
