"""A book: the batches of one subject, in the order in which they were recorded, and what stood at any moment.

>>> import tempfile
>>> book = Book(Store(tempfile.mkdtemp()), "energy")
>>> first = book.add(b"meter,kWh\\nA,12\\n", kind="activities", who="ann", rows=1, media="text/csv")
>>> again = book.add(b"meter,kWh\\nA,21\\n", kind="activities", who="ann", rows=1, media="text/csv",
...                  supersedes=(first.manifest.id,))
>>> [manifest.id == again.manifest.id for manifest in book.as_of()]
[True]
>>> [manifest.id == first.manifest.id for manifest in book.as_of(first.recorded)]
[True]
"""

from __future__ import annotations

import re
import threading
from collections.abc import Callable
from datetime import UTC, date, datetime, time, timedelta, tzinfo
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING, Any

from hengtan.problems import HengtanError, Problem

from .entry import Entry
from .manifest import PARQUET, Manifest
from .refused import FactRefused, shown
from .sequence import Sequence
from .store import Store

if TYPE_CHECKING:
    import pyarrow as pa

    from .merge import Compacted, Part

_NAME = re.compile(r"[a-z0-9][a-z0-9._-]{0,99}")


class Book:
    """The batches of one name in a store. Any number of processes may append at once; reading needs no lock.

    name         lower-case letters, digits, ``.``, ``_`` and ``-``
    clock        what the time is; it may be set back, the order of the book does not follow it
    sole_writer  you vouch that nobody else appends meanwhile: needed behind a URL whose server has no conditional put

    HengtanError: ``facts.book-name``, what the store raises; FactRefused: ``facts.book-damaged``.
    """

    def __init__(
        self,
        store: Store,
        name: str,
        *,
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
        sole_writer: bool = False,
    ) -> None:
        if not _NAME.fullmatch(name):
            raise HengtanError(Problem("facts.book-name", values={"given": shown(name)}))
        self.store = store
        self.name = name
        self._clock = clock
        self._sequence = Sequence(store, name, clock, sole_writer)
        self._seen = 0
        self._ids: list[str] = []  # of the entries that were noted; "" of one without a manifest
        self._by_id: dict[str, Entry] = {}
        self._successor: dict[str, str] = {}
        self._turn = threading.RLock()

    # --- in

    def append(self, manifest: Manifest) -> Entry:
        """The entry of the manifest, durable. A manifest that is in the book already gives the entry it has: a retry is safe.

        FactRefused: ``facts.missing`` where its object is not in the store; ``facts.supersedes-unknown``,
        ``facts.superseded-before`` where it takes the place of a batch that is not here, or has a successor already.
        """
        return self._append(manifest, None)

    def add(self, content: bytes | Path | pa.Table, *, kind: str, who: str, **members: Any) -> Entry:
        """Puts the content and appends its manifest; ``members`` as in :class:`Manifest`.

        ``when`` is now if not given, ``name`` the file's; of a table ``rows`` is counted, and it is kept as Parquet.
        """
        known: dict[str, Any] = {"when": self._clock(), "rows": 0, "media": "application/octet-stream"}
        data: bytes | None = None
        if isinstance(content, Path):
            known |= {"name": content.name}
            digest = self.store.put_file(content)
        elif isinstance(content, bytes):
            data = content
        else:
            from .rows import parquet  # noqa: PLC0415  pyarrow only where rows are touched

            known |= {"rows": content.num_rows, "media": PARQUET}
            data = parquet(content)
        if data is not None:
            digest = sha256(data).hexdigest()
        return self._append(Manifest(kind=kind, who=who, digest=digest, **{**known, **members}), data)

    # --- out

    def history(self) -> tuple[Entry, ...]:
        """Every batch that was ever recorded, in order."""
        return tuple(entry for entry in self._entries() if entry.manifest is not None)

    @property
    def head(self) -> tuple[int, str]:
        """Number of entries and digest of the last one: who keeps it, or logs it, can prove later that nothing before changed."""
        self._entries()
        return self._sequence.head

    def as_of(
        self,
        at: datetime | date | None = None,
        *,
        zone: tzinfo = UTC,
        kind: str | None = None,
        period: tuple[date, date] | None = None,
    ) -> tuple[Manifest, ...]:
        """The batches that stood at a moment, in order: recorded by then, and not superseded by then.

        at      a moment with its time zone; a day is meant to its end, in ``zone``; None is now
        kind    of the batches, if only some are wanted
        period  first and last day: batches that describe any of them (a batch without a period describes no day)

        HengtanError ``facts.naive-time``.
        """
        return tuple(manifest for manifest in self.standing(at, zone).values() if _wanted(manifest, kind, period))

    def table(self, at: datetime | date | None = None, *, kind: str, zone: tzinfo = UTC) -> pa.Table:
        """The rows of all Parquet batches that stood at a moment, batch by batch in their order; merged tables are used.

        FactRefused ``facts.schemas-differ`` where their columns are not the same.
        """
        from .merge import table  # noqa: PLC0415  pyarrow only where rows are touched

        return table(self, self._of_kind(at, kind, zone))

    def parts(self, at: datetime | date | None = None, *, kind: str, zone: tzinfo = UTC) -> tuple[Part, ...]:
        """The same as verified files with ranges of rows, for an engine that reads them itself."""
        from .merge import parts  # noqa: PLC0415  pyarrow only where rows are touched

        return tuple(parts(self, self._of_kind(at, kind, zone)))

    # --- upkeep

    def compact(self) -> Compacted:
        """Makes many small batches as fast to read as one; every digest goes on resolving to the same bytes.

        Rows are merged into larger tables that lie beside the objects, small objects are moved into packs, full thousands of
        entries into one file each. What a crash cut short is finished by the next call.
        """
        from .merge import compact  # noqa: PLC0415  pyarrow only where rows are touched

        return compact(self)

    def verify(self, *, rows: bool = False) -> tuple[Problem, ...]:
        """Everything that is wrong: the chain of entries, every manifest and every object; with ``rows`` every merged table too.

        ``facts.clock-behind`` is a warning: a clock was set back, or one before it was ahead.
        """
        from .inspect import inspect  # noqa: PLC0415  only who verifies needs it

        return tuple(inspect(self, rows=rows))

    def standing(self, at: datetime | date | None = None, zone: tzinfo = UTC) -> dict[str, Manifest]:
        """The same as :meth:`as_of` by their ids."""
        end, found = _end(at, zone), dict[str, Manifest]()
        for entry, identity in zip(self._entries(), self._ids, strict=False):
            if end is not None and entry.recorded > end:
                break
            if entry.manifest is not None:
                for each in entry.manifest.supersedes:
                    found.pop(each, None)
                found[identity] = entry.manifest
        return found

    def entries(self) -> tuple[Entry, ...]:
        """All entries, those that only record merged tables among them."""
        return tuple(self._entries())

    def record_merged(self, description: str) -> Entry:
        """An entry that says where merged tables are described; by the digest of the description."""
        with self._turn:
            return self._sequence.append(self._told, None, description)

    def bundle(self) -> int:
        """Bundles full thousands of entries; how many bundles were made."""
        with self._turn:
            return self._sequence.bundle()

    def _entries(self) -> list[Entry]:
        with self._turn:
            self._sequence.refresh()
            self._told()
            return self._sequence.entries[:]

    def _of_kind(self, at: datetime | date | None, kind: str, zone: tzinfo) -> dict[str, Manifest]:
        return {identity: each for identity, each in self.standing(at, zone).items() if each.kind == kind}

    def _append(self, manifest: Manifest, data: bytes | None) -> Entry:
        with self._turn:
            self._sequence.refresh()
            if self._admits(manifest) is None:  # else nothing would be left of it but objects that nobody names
                self.store.put_many([manifest.encoded] if data is None else [data, manifest.encoded])
                if not self.store.has(manifest.digest):
                    raise FactRefused("facts.missing", file=manifest.digest, where=self.store.address)
            self.store.settle([manifest.digest, manifest.id])  # somebody else may have put them, and died
            return self._sequence.append(lambda: self._admits(manifest), manifest)

    def _told(self) -> None:
        """Takes note of entries that were read since."""
        entries = self._sequence.entries
        for entry in entries[self._seen :]:
            identity = ""
            if entry.manifest is not None:
                identity = entry.manifest.id
                wrong = self._contradiction(entry.manifest, identity)
                if wrong is not None:
                    raise FactRefused("facts.book-damaged", file=f"{self.name} {entry.sequence}", why=str(wrong))
                self._by_id[identity] = entry
                self._successor |= dict.fromkeys(entry.manifest.supersedes, identity)
            self._ids.append(identity)
            self._seen += 1

    def _admits(self, manifest: Manifest) -> Entry | None:
        self._told()
        identity = manifest.id
        if identity in self._by_id:
            return self._by_id[identity]
        wrong = self._contradiction(manifest, identity)
        if wrong is not None:
            raise wrong
        return None

    def _contradiction(self, manifest: Manifest, identity: str) -> FactRefused | None:
        if identity in self._by_id:
            return FactRefused("facts.recorded-before", file=identity, book=self.name)
        for each in manifest.supersedes:
            if each not in self._by_id:
                return FactRefused("facts.supersedes-unknown", file=each, book=self.name)
            if each in self._successor:
                return FactRefused("facts.superseded-before", file=each, book=self.name, by=self._successor[each])
        return None


def _wanted(manifest: Manifest, kind: str | None, period: tuple[date, date] | None) -> bool:
    if kind is not None and manifest.kind != kind:
        return False
    days = manifest.days
    return period is None or (days is not None and days[0] <= period[1] and period[0] <= days[1])


def _end(at: datetime | date | None, zone: tzinfo) -> datetime | None:
    if at is None:
        return None
    if isinstance(at, datetime) and at.utcoffset() is None:
        raise HengtanError(Problem("facts.naive-time", values={"given": str(at)}))
    try:
        if not isinstance(at, datetime):
            return datetime.combine(at + timedelta(days=1), time(), zone).astimezone(UTC) - timedelta(microseconds=1)
        return at.astimezone(UTC)
    except OverflowError:  # the calendar ends: before all that is, or after
        return None if at.year > 5000 else datetime.min.replace(tzinfo=UTC)
