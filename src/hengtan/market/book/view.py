"""What is asked of a book when an event is decided, and how it says no."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Protocol

from hengtan.problems import HengtanError, Problem

from .event import Event
from .instrument import Instrument
from .posting import Batch, Lot, Posting
from .written import spelled


@dataclass(frozen=True, slots=True)
class Account:
    """Where units lie: an entity's account with a registry. key: its name in this book."""

    key: str
    entity: str
    registry: str = ""
    number: str = ""


class View(Protocol):
    """What may be asked of a book, in memory or in a database."""

    def account(self, key: str) -> Account | None:
        """The account of that name."""

    def lots(self, account: str, code: str, place: str) -> Sequence[Lot]:
        """Its lots of the instrument in that place, oldest batch first."""

    def contract(self, name: str) -> Sequence[Lot]:
        """Lots frozen or lent under a contract."""

    def alive(self, series: str, first: int, last: int) -> Sequence[Lot]:
        """Lots of this book whose numbers overlap, wherever they are (units that left: not)."""

    def batch(self, number: int) -> Batch:
        """One batch."""

    def instrument(self, code: str) -> Instrument | None:
        """The instrument, if units of this code came in before by a posting that nobody took back: as the newest of them says it."""

    def posting(self, number: int) -> Posting | None:
        """One posting."""

    def is_reversed(self, number: int) -> bool:
        """Whether somebody took it back."""

    def is_alive(self, lot: Lot) -> bool:
        """Whether exactly this lot is there."""

    def used(self, entity: str, year: int, purpose: str, kinds: Sequence[str]) -> int:
        """Units of these kinds used for a purpose, a year and a beneficiary."""

    def carried(self, entity: str) -> int:
        """Units that an entity carried over, in all postings that nobody took back."""

    def loans(self, contract: str) -> Sequence[Posting]:
        """What was borrowed and given back under a contract: postings that nobody took back."""

    def next_batch(self) -> int:
        """The number of the next batch."""

    def moved_after(self, day: date, lot: Lot, first: int, last: int) -> tuple[int, date] | None:
        """(number, day) of a posting dated after ``day`` that took some of these units of a lot from, or put them, anywhere but where the lot lies."""


def refuse(code: str, column: str = "", /, **values: object) -> HengtanError:
    """One refusal of the book."""
    return HengtanError(Problem(code, column=column, values={name: str(value) for name, value in values.items()}))


def series_of(instrument: Instrument, series: str) -> str:
    """The series with its registry: a certificate and the green power that carries it share theirs."""
    registry = {"gec": "gec", "green_power": "gec", "ccer": "ccer"}.get(instrument.kind) or spelled(instrument.market)
    return f"{registry}|{series}"


def spellings(event: Event, instrument: Instrument, series: str) -> list[str]:
    """As the book may hold a series: in its one spelling, and, in a book of earlier days, as it was typed."""
    typed = event.text.get("serials", ())
    raw = {str(each).rpartition(":")[0].strip() for each in (typed if isinstance(typed, list | tuple) else [typed])}
    registry = series_of(instrument, "")[:-1]
    old = registry if registry in ("gec", "ccer") else instrument.market
    return list(
        dict.fromkeys([series_of(instrument, series), *(f"{old}|{each}" for each in raw if spelled(each) == series)])
    )
