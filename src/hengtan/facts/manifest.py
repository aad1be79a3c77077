"""A manifest: what a batch is, in RFC 8785 JSON, strings only; itself an object, named by the SHA-256 of that text.

>>> manifest = Manifest("activities", "00" * 32, 3, who="meter import", when=datetime(2026, 3, 31, tzinfo=UTC),
...                     period="2026-01-01/2026-03-31", control_totals={"kWh": "12.500000"})
>>> Manifest.parse(manifest.encoded) == manifest
True
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from hashlib import sha256
from typing import Any, Final

from hengtan.problems import HengtanError, Problem

from .refused import shown
from .root import is_digest
from .text import Json, decoded, encoded

VERSION: Final = "1"
LARGEST: Final = 1 << 20  # bytes of the text
PARQUET: Final = "application/vnd.apache.parquet"
_NUMBER: Final = re.compile(r"-?(0|[1-9][0-9]*)(\.[0-9]+)?")
_COUNT: Final = re.compile(r"0|[1-9][0-9]{0,17}")
_MOMENT: Final = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}\.[0-9]{6}Z")
_TEXTS: Final = ("kind", "digest", "schema_version", "period", "who", "name", "media")
_MAY_LACK: Final = ("canonical", "rows_digest")


@dataclass(frozen=True, slots=True)
class Manifest:
    """One batch: an import, the rows of a calculation, an attached file.

    kind            what it is, for example ``activities``, ``emissions``, ``evidence``
    digest          of the object that holds it
    rows            how many; 0 for a file without rows
    who, when       who brought it, and when by his clock; with a time zone
    name, media     the file's name as it came, and its media type
    period          what it describes: ``2026-01-01/2026-03-31``, the last day included; empty where it describes none
    schema_version  of its columns
    control_totals  sums by name, as decimal text: what the source itself claims, or what was counted
    supersedes      ids of the manifests of the same book whose place it takes
    canonical       the canonical digest of what it says (:func:`canonical_digest`)
    rows_digest     the digest of its rows in any order (:func:`rows_digest`)

    HengtanError ``facts.manifest`` for a member that cannot be that.
    """

    kind: str
    digest: str
    rows: int
    who: str
    when: datetime
    name: str = ""
    media: str = PARQUET
    period: str = ""
    schema_version: str = "1"
    control_totals: Mapping[str, str] = field(default_factory=dict)
    supersedes: tuple[str, ...] = ()
    canonical: str | None = None
    rows_digest: str | None = None

    def __post_init__(self) -> None:
        for member, given in _wrong(self):
            raise HengtanError(Problem("facts.manifest", values={"member": member, "given": shown(given)}))
        # in UTC: an hour that a zone has twice equals no time of another zone
        object.__setattr__(self, "when", self.when.astimezone(UTC))

    @property
    def encoded(self) -> bytes:
        """The one text of it."""
        members: dict[str, Json] = {name: getattr(self, name) for name in (*_TEXTS, *_MAY_LACK)}
        members |= {
            "version": VERSION,
            "rows": str(self.rows),
            "when": stamp(self.when),
            "control_totals": dict(self.control_totals),
            "supersedes": list(self.supersedes),
        }
        return encoded(members)

    @property
    def id(self) -> str:
        """SHA-256 of :attr:`encoded`, in hexadecimal."""
        return sha256(self.encoded).hexdigest()

    @property
    def days(self) -> tuple[date, date] | None:
        """First and last day of the period."""
        first, _, last = self.period.partition("/")
        return (date.fromisoformat(first), date.fromisoformat(last)) if self.period else None

    @classmethod
    def parse(cls, data: bytes) -> Manifest:
        """The manifest of a text. ValueError for one that :attr:`encoded` would not have written."""
        return cls.of(decoded(data))

    @classmethod
    def of(cls, value: Json) -> Manifest:
        """The manifest of a value that was read already. ValueError as :meth:`parse`."""
        members: dict[str, Any] = dict(value) if isinstance(value, dict) else {}
        if members.pop("version", "") != VERSION or set(members) != set(cls.__dataclass_fields__):
            raise ValueError("not a manifest of version 1")
        if not isinstance(members["rows"], str) or not _COUNT.fullmatch(members["rows"]):
            raise ValueError("rows")
        if not isinstance(members["supersedes"], list):
            raise ValueError("supersedes")
        members |= {
            "rows": int(members["rows"]),
            "when": moment(members["when"]),
            "supersedes": tuple(members["supersedes"]),
        }
        try:
            return cls(**members)
        except HengtanError as error:
            raise ValueError(error.problems[0].values["member"]) from None


def _wrong(manifest: Manifest) -> list[tuple[str, object]]:
    """Members that cannot be what they should, with what was given; the first is told."""
    found: list[tuple[str, object]] = []
    for name in _TEXTS:
        value = getattr(manifest, name)
        if not isinstance(value, str) or not _encodes(value):
            found.append((name, value))
    for name in _MAY_LACK:
        value = getattr(manifest, name)
        if value is not None and not (isinstance(value, str) and is_digest(value)):
            found.append((name, value))
    totals = manifest.control_totals
    found += [(name, getattr(manifest, name)) for name in ("kind", "who") if not getattr(manifest, name)]
    if found:
        return found
    if not is_digest(manifest.digest):
        found.append(("digest", manifest.digest))
    if not isinstance(manifest.rows, int) or isinstance(manifest.rows, bool) or not 0 <= manifest.rows < 10**18:
        found.append(("rows", manifest.rows))
    if not isinstance(manifest.when, datetime) or not _in_utc(manifest.when):
        found.append(("when", manifest.when))
    try:
        first, last = manifest.days or (date.min, date.max)
        if first > last or (manifest.period and manifest.period != f"{first}/{last}"):
            found.append(("period", manifest.period))
    except ValueError:
        found.append(("period", manifest.period))
    for name, total in totals.items() if isinstance(totals, Mapping) else [("", totals)]:
        if not (isinstance(name, str) and _encodes(name) and isinstance(total, str) and _NUMBER.fullmatch(total)):
            found.append(("control_totals", f"{name}: {total}"))
    before = manifest.supersedes
    named = isinstance(before, tuple) and all(isinstance(each, str) and is_digest(each) for each in before)
    if not named or len(set(before)) != len(before):
        found.append(("supersedes", before))
    if not found and len(manifest.encoded) > LARGEST:
        found.append(("control_totals", f"{len(manifest.encoded)} bytes"))
    return found


def _in_utc(when: datetime) -> bool:
    try:
        return when.utcoffset() is not None and bool(when.astimezone(UTC))
    except OverflowError:  # the first or last hours of the calendar
        return False


def _encodes(text: str) -> bool:
    try:
        text.encode("utf-8")
    except UnicodeEncodeError:
        return False
    return True


def stamp(when: datetime) -> str:
    """RFC 3339 in UTC with six digits of a second; HengtanError ``facts.naive-time`` without a time zone."""
    if when.utcoffset() is None:
        raise HengtanError(Problem("facts.naive-time", values={"given": str(when)}))
    return when.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ").rjust(27, "0")


def moment(text: object) -> datetime:
    """The moment of such a text. ValueError for any other."""
    if not isinstance(text, str) or not _MOMENT.fullmatch(text):
        raise ValueError("moment")
    return datetime.fromisoformat(text)
