"""Records: the private half of events, in ``private/records``, one file a record, named by its commitment.

A record is durable before its entry is appended, in ``pending`` until the append has returned; what a crash leaves there is
settled by the next writer: kept if its entry is in the log, else deleted. Erasing appends the entry that says so first and
deletes second, with a mark in ``pending`` that lets the next writer finish. Copies of ``private`` hold what was erased since.
"""

from __future__ import annotations

import re
import threading
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from ..problems import HengtanError, Problem
from .canonical import Json, canonical, parse_strict
from .event import SALT_BYTES, VERSION, Event, commitment, moment
from .log import Log
from .refused import Refused
from .storage import PRIVATE, Storage

ERASED = "record.erased"
FOLDER = f"{PRIVATE}/records"
_COMMITMENT = re.compile(r"[0-9a-f]{64}")
_FILE_LIMIT = 64 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class Kept:
    """A record with its salt (32 bytes); ``record`` is its RFC 8785 form and opens the commitment."""

    salt: bytes
    record: bytes


class Records:
    """The records of one log folder. Reading is for everybody who may read ``private``; writing wants the log open to append."""

    def __init__(self, folder: Path) -> None:
        self._storage = Storage(folder)
        self._turn = threading.Lock()
        self._settled = False

    def post(self, log: Log, events: Sequence[Event]) -> range:
        """Keeps the records and appends the entries, all or none; gives the indices. Raises what ``Log.append`` raises."""
        log.must_write()
        self._keep(log, events)
        try:
            given = log.append([each.entry for each in events])
        except HengtanError as error:
            if any(problem.code == "log.not-written" for problem in error.problems):
                with self._turn:
                    for each in events:
                        self._storage.remove(_pending(each.commitment))
            raise
        with self._turn:
            for each in events:
                self._place(each.commitment)
            self._storage.settle()
        return given

    def of(self, digest: str) -> Kept | None:
        """The record of a commitment (64 hex digits), or None. Raises Refused ``record.damaged`` when it does not open it."""
        if not _COMMITMENT.fullmatch(digest):
            raise Refused("record.commitment", given=digest)
        for path in (_place(digest), _pending(digest)):
            try:
                return _opened(self._storage.read(path), digest)
            except (FileNotFoundError, NotADirectoryError):
                continue
            except (Refused, OSError) as refused:
                raise Refused("record.damaged", file=str(self._storage.root / path)) from refused
        return None

    def erase(self, log: Log, index: int, now: datetime | None = None) -> int:
        """Deletes record and salt of the entry and says so in a new entry, whose index it gives.

        The entry stays, the log verifies, and nobody can say any more what was recorded. Raises Refused
        ``record.none`` (the entry has no record here), and what ``Log.append`` raises.
        """
        log.must_write()
        digest = commitment_of(log.entry(index))
        with self._turn:
            self._settle(log)
            if digest is None or not (self._storage.root / _place(digest)).exists():
                raise Refused("record.none", file=str(self._storage.root), index=index)
            mark = {"erase": digest, "index": str(index), "since": str(log.size)}
            self._storage.put(f"{_pending(digest)}.erase", canonical(mark))
        entry = canonical({"kind": ERASED, "of": str(index), "time": moment(now), "version": "1"})
        try:
            given = log.append([entry])
        except HengtanError as error:
            if any(problem.code == "log.not-written" for problem in error.problems):
                with self._turn:
                    self._storage.remove(f"{_pending(digest)}.erase")
            raise
        with self._turn:
            self._forget(digest)
        return given[0]

    def settle(self, log: Log) -> None:
        """Finishes what a crash left in ``pending``. Writers call it when they open; it reads only what came since."""
        log.must_write()
        with self._turn:
            self._settle(log)

    def commitments(self) -> Iterator[str]:
        """Of every record that is kept."""
        for path in sorted((self._storage.root / FOLDER).glob("??/*")):
            yield path.name

    def _keep(self, log: Log, events: Sequence[Event]) -> None:
        with self._turn:
            self._settle(log)
            since = b"%d" % log.size
            try:
                for each in events:
                    body = b'{"record":%s,"salt":"%s","since":"%s"}' % (each.record, each.salt.hex().encode(), since)
                    self._storage.stage(_pending(each.commitment), body)  # canonical as it stands
                self._storage.settle()
                self._storage.reveal()
                self._storage.settle()
            except BaseException as error:
                self._storage.discard()
                for each in events:
                    self._storage.remove(_pending(each.commitment))
                if isinstance(error, OSError):
                    values = {"why": error.strerror or str(error)}
                    raise HengtanError(
                        Problem("log.not-written", file=str(self._storage.root), values=values)
                    ) from error
                raise

    def _settle(self, log: Log) -> None:
        if self._settled:
            return
        waiting = self._waiting()
        found = [_mark(path) for path in waiting]
        if found:
            since = min(int(mark["since"]) for mark in found)
            entries = list(log.entries(min(since, log.size)))
            there = {commitment_of(entry) for entry in entries}
            erased = {erased_by(entry) for entry in entries}
            for path, mark in zip(waiting, found, strict=True):
                if "erase" in mark:
                    if int(mark["index"]) in erased:
                        self._forget(mark["erase"])
                    self._storage.remove(path)
                elif path.name in there:
                    self._place(path.name)
                else:
                    self._storage.remove(path)
            self._storage.settle()
        self._settled = True

    def _waiting(self) -> list[Path]:
        return sorted((self._storage.root / FOLDER / "pending").glob("*"))

    def _place(self, digest: str) -> None:
        self._storage.move(_pending(digest), _place(digest))

    def _forget(self, digest: str) -> None:
        self._storage.remove(_place(digest))
        self._storage.settle()
        self._storage.remove(f"{_pending(digest)}.erase")


def commitment_of(entry: bytes) -> str | None:
    """The commitment to a record that an entry of :func:`event` holds, or None.

    Whoever appends entries of his own may commit to whatever he keeps elsewhere; only what bears our version has a record here.
    """
    members = _members(entry)
    found = members.get("commitment") if members.get("version") == VERSION else None
    return found if isinstance(found, str) and _COMMITMENT.fullmatch(found) else None


def erased_by(entry: bytes) -> int | None:
    """The index of the entry whose record this entry says was erased, or None."""
    members = _members(entry)
    of = members.get("of")
    return int(of) if members.get("kind") == ERASED and isinstance(of, str) and re.fullmatch(r"\d{1,19}", of) else None


def check(records: Records, entries: Iterable[bytes]) -> Iterator[Problem]:
    """Every record equals its entry, none is missing that was not erased, none is there that was, none has no entry.

    An erasure counts when its entry stands after the one whose record it names.
    """
    held = set(records.commitments())
    known: dict[int, str] = {}
    missing: dict[int, str] = {}
    erased: set[int] = set()
    for index, entry in enumerate(entries):
        if (of := erased_by(entry)) is not None and of in known:
            erased.add(of)
        if (digest := commitment_of(entry)) is None:
            continue
        known[index] = digest
        try:
            if records.of(digest) is None:
                missing[index] = digest
        except Refused as refused:
            yield refused.problem
    yield from (
        Problem("record.missing", values={"index": str(index), "commitment": digest})
        for index, digest in missing.items()
        if index not in erased
    )
    yield from (
        Problem("record.not-erased", values={"index": str(index), "commitment": known[index]})
        for index in sorted(erased - set(missing))
    )
    yield from (
        Problem("record.no-entry", values={"commitment": digest}) for digest in sorted(held - set(known.values()))
    )


def _members(entry: bytes) -> Mapping[str, Json]:
    if b'"commitment"' not in entry and ERASED.encode() not in entry:
        return {}
    try:
        value = parse_strict(entry)
    except Refused:
        return {}
    return value if isinstance(value, dict) else {}


def _mark(path: Path) -> dict[str, str]:
    """What a file in ``pending`` says, but for the record itself. Raises Refused ``record.damaged``."""
    try:
        value = parse_strict(path.read_bytes(), _FILE_LIMIT)
    except Refused as refused:
        raise Refused("record.damaged", file=str(path)) from refused
    mark = {name: each for name, each in value.items() if isinstance(each, str)} if isinstance(value, dict) else {}
    numbers = [mark.get("since", ""), mark.get("index", "0")]
    if not all(re.fullmatch(r"\d{1,19}", each, re.ASCII) for each in numbers) or (
        "erase" in mark and not ("index" in mark and _COMMITMENT.fullmatch(mark["erase"]))
    ):
        raise Refused("record.damaged", file=str(path))
    return mark


def _opened(data: bytes, digest: str) -> Kept:
    body = parse_strict(data, _FILE_LIMIT)
    salt = body.get("salt") if isinstance(body, dict) else None
    if (
        not isinstance(body, dict)
        or not isinstance(salt, str)
        or not re.fullmatch(rf"[0-9a-f]{{{2 * SALT_BYTES}}}", salt)
    ):
        raise Refused("record.damaged")
    kept = Kept(bytes.fromhex(salt), canonical(body.get("record")))
    if commitment(kept.salt, kept.record) != digest:
        raise Refused("record.damaged")
    return kept


def _place(digest: str) -> str:
    return f"{FOLDER}/{digest[:2]}/{digest}"


def _pending(digest: str) -> str:
    return f"{FOLDER}/pending/{digest}"
