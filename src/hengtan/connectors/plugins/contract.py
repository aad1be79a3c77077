"""What a connector is, what it is given, and what it hands out."""

from __future__ import annotations

import socket
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime, tzinfo
from decimal import Decimal
from pathlib import Path
from typing import Protocol

from hengtan.problems import Problem

TEXT, SECRET, NUMBER, CHOICE, LINES = "text", "secret", "number", "choice", "lines"
MOST_BYTES = 100 << 20  # of one file
Settings = Mapping[str, str]
Both = Mapping[str, str]  # {"en": ..., "zh": ...}


@dataclass(frozen=True, slots=True)
class Field:
    """One thing that a connector wants to know.

    kind     TEXT, SECRET (kept encrypted, never shown again), NUMBER, CHOICE (of ``choices``), LINES (a larger text)
    default  for NUMBER and CHOICE what holds without an answer; for TEXT what the form proposes
    """

    name: str
    title: Both
    kind: str = TEXT
    required: bool = True
    default: str = ""
    help: Both = field(default_factory=dict)
    choices: Mapping[str, Both] = field(default_factory=dict)


class Reach(Protocol):
    """The way out of one organisation. Every method raises HengtanError for what is not allowed."""

    def connect(self, scheme: str, host: str, port: int | None = None, timeout_s: float = 10) -> socket.socket:
        """A connection to an address that was looked at."""

    def addresses(self, scheme: str, host: str, port: int | None = None) -> list[str]:
        """The addresses to which a driver may connect that makes its connection itself."""

    def folder(self, path: str) -> Path:
        """A folder or file of the organisation."""


@dataclass(frozen=True, slots=True)
class Asked:
    """Of one fetch. now: aware; zone: of the days; work: a folder that goes again.

    seen   whether what bears this mark was handed out before and is kept, so that it need not be fetched again
    dry    nothing is kept of what is handed out: nothing may be changed or acknowledged at the other side
    """

    reach: Reach
    now: datetime
    zone: tzinfo
    work: Path
    seen: Callable[[str], bool] = lambda _mark: False
    dry: bool = False


@dataclass(frozen=True, slots=True)
class Fetched:
    """A file of rows. When the next one is asked for, this one is kept.

    key   names what it holds, as ``aws/2025-01``: other content under a known key is told, not taken. Empty: the content is its own name
    mark  what ``seen`` will know it by
    """

    name: str
    path: Path
    key: str = ""
    mark: str = ""


@dataclass(frozen=True, slots=True)
class Failed:
    """What could not be fetched, and why; the rest is."""

    name: str
    problem: Problem


@dataclass(frozen=True, slots=True)
class Reading:
    """What a register of a meter showed."""

    meter: str
    at: datetime
    value: Decimal


@dataclass(frozen=True, slots=True)
class Readings:
    """Readings; when the next item is asked for, these are kept.

    what   columns of the rows that are made of a meter: facility, activity_type, unit
    """

    readings: tuple[Reading, ...]
    what: Mapping[str, Mapping[str, str]]


Item = Fetched | Failed | Readings


@dataclass(frozen=True, slots=True)
class Connector:
    """title and note for people; fetch: settings in, items out; needs: module -> the extra that brings it; scheme: what it connects by, with spaces between."""

    title: Both
    note: Both
    fields: tuple[Field, ...]
    fetch: Callable[[Settings, Asked], Iterator[Item]]
    needs: Mapping[str, str] = field(default_factory=dict)
    scheme: str = ""
