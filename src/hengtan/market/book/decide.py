"""What an event does to the book, decided before anything is written: whole lots that go, lots that come, or why not.

A view of the book is asked, never changed. Rules of law come from ``market.rules``; what is refused here is refused by the
arithmetic of the book (``book.*``) or by law (``law.*``), which names rule, source and mark.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from hengtan.problems import HengtanError, Problem

from .event import Event, fen
from .instrument import PURPOSES, Instrument, cea
from .law import lawful
from .lots import joined, split
from .paid import paid
from .posting import (
    CANCELLED,
    FINAL,
    FROZEN,
    HELD,
    LENT,
    OUT,
    RETIRED,
    SURRENDERED,
    Batch,
    Claim,
    Lot,
    Money,
    Posting,
    Range,
)

GOES_TO = {
    "clawback": CANCELLED, "sell": OUT, "transfer": HELD, "pledge": FROZEN, "repo": LENT, "lend": LENT, "give_back": OUT,
    "surrender": SURRENDERED, "retire": RETIRED, "carry_over": CANCELLED, "expire": CANCELLED,
}  # fmt: skip
CARRIED_INTO = 2025


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
        """The instrument, if units of this code came in before."""

    def posting(self, number: int) -> Posting | None:
        """One posting."""

    def is_reversed(self, number: int) -> bool:
        """Whether somebody took it back."""

    def is_alive(self, lot: Lot) -> bool:
        """Whether exactly this lot is there."""

    def used(self, entity: str, year: int, purpose: str, kinds: Sequence[str]) -> int:
        """Units of these kinds used for a purpose, a year and a beneficiary."""

    def agreed(self, kinds: Sequence[str], *, entity: str = "", contract: str = "") -> int:
        """Units of all postings of these kinds that nobody took back, of an entity or a contract."""

    def next_batch(self) -> int:
        """The number of the next batch."""


def decide(event: Event, view: View, number: int) -> Posting:
    """The posting of an event. Raises HengtanError with every reason against it; the view stays as it is."""
    if event.kind == "charge":
        return _charge(event, number)
    if event.kind == "reverse":
        return _reverse(event, view, number)
    if event.kind in ("release", "foreclose"):
        return _released(event, view, number)
    account = _account(event.account, view, "account")
    if event.kind in ("allocate", "preallocate", "buy", "borrow"):
        return _in(event, view, number, account)
    return _out(event, view, number, account)


def refuse(code: str, column: str = "", /, **values: object) -> HengtanError:
    """One refusal of the book."""
    return HengtanError(Problem(code, column=column, values={name: str(value) for name, value in values.items()}))


def _account(key: str, view: View, column: str) -> Account:
    found = view.account(key)
    if found is None:
        raise refuse("book.account-unknown", column, account=key)
    return found


def _charge(event: Event, number: int) -> Posting:
    amount = event.amount or event.price * event.quantity
    money = Money("notional", f"internal:{event.entity}", f"fund:{event.entity}", amount)
    return Posting(number, event.kind, event.day, event.text, money=(money,), entity=event.entity)


def _in(event: Event, view: View, number: int, account: Account) -> Posting:
    instrument = event.instrument
    known = view.instrument(instrument.code)
    if known is not None and known != instrument:
        raise refuse(
            "book.instrument-differs",
            "instrument",
            code=instrument.code,
            known=_attributes(known),
            given=_attributes(instrument),
        )
    wrong = list(lawful(event, instrument, 0))
    ranges = [Range(series_of(instrument, each.series), each.first, each.last) for each in event.serials]
    for each in ranges:
        wrong += [
            Problem(
                "book.serial-held",
                column="serials",
                values={"value": str(each), "batch": str(lot.batch), "account": lot.account, "place": lot.place},
            )
            for lot in view.alive(each.series, each.first, each.last)
        ]
    if wrong:
        raise HengtanError(wrong)
    first_number = view.next_batch()
    batches = tuple(
        Batch(first_number + place, instrument, each.series, each.first, each.last, event.day, event.kind)
        for place, each in enumerate(ranges or [Range("", 1, event.quantity)])
    )
    made = tuple(Lot(each.number, each.first, each.last, account.key, HELD) for each in batches)
    return Posting(
        number,
        event.kind,
        event.day,
        event.text,
        made=made,
        batches=batches,
        money=paid(event, account.entity),
        entity=account.entity,
    )


def _out(event: Event, view: View, number: int, account: Account) -> Posting:
    instrument = view.instrument(event.instrument.code)
    if instrument is None:
        raise refuse("book.instrument-unknown", "instrument", code=event.instrument.code)
    target = account if event.kind != "transfer" else _account(event.to_account, view, "to_account")
    taken = _taken(event, view, instrument)
    wrong = _agreed(event, view)
    claim = None
    if event.kind in ("surrender", "retire"):
        purpose = "compliance" if event.kind == "surrender" else event.purpose
        if purpose not in PURPOSES[instrument.kind]:
            values = {"code": instrument.code, "purpose": purpose, "known": ", ".join(PURPOSES[instrument.kind])}
            wrong.append(Problem("book.purpose", column="purpose", values=values))
        claim = Claim(purpose, account.entity if event.kind == "surrender" else event.beneficiary, event.year)
        used = view.used(
            claim.beneficiary, event.year, purpose, ["ccer"] if purpose == "compliance" else ["gec", "green_power"]
        )
        wrong += lawful(event, instrument, used)
        if event.kind == "surrender":
            wrong += _above_due(event, view, account.entity, instrument)
    elif event.kind == "carry_over":
        wrong += lawful(event, instrument, view.agreed(["carry_over"], entity=account.entity))
    else:
        traded = any(view.batch(lot.batch).origin == "buy" for lot, _, _ in taken)
        wrong += lawful(event, instrument, 0, traded=int(traded))
    if wrong:
        raise HengtanError(wrong)
    contract = event.contract if GOES_TO[event.kind] in (FROZEN, LENT) else ""
    spent, made = split(
        taken, lambda lot: Lot(lot.batch, lot.first, lot.last, target.key, GOES_TO[event.kind], contract)
    )
    if event.kind == "transfer":
        spent, made = joined(spent, made, view.lots(target.key, instrument.code, HELD))
    batches: tuple[Batch, ...] = ()
    if event.kind == "carry_over":
        new = Batch(view.next_batch(), cea(CARRIED_INTO), "", 1, event.quantity, event.day, event.kind)
        batches, made = (new,), [*made, Lot(new.number, 1, event.quantity, account.key, HELD)]
    money = paid(event, account.entity, target.entity)
    return Posting(
        number,
        event.kind,
        event.day,
        event.text,
        tuple(spent),
        tuple(made),
        batches,
        money,
        claim,
        entity=account.entity,
    )


def _agreed(event: Event, view: View) -> list[Problem]:
    """What is wrong with the contract that the event names."""
    if event.kind in ("pledge", "repo", "lend") and view.contract(event.contract):
        return [Problem("book.contract-open", column="contract", values={"contract": event.contract})]
    if event.kind == "give_back":
        owed = view.agreed(["borrow"], contract=event.contract) - view.agreed(["give_back"], contract=event.contract)
        if event.quantity > owed:
            values = {"contract": event.contract, "wanted": f"{event.quantity:,}", "frozen": f"{owed:,}"}
            return [Problem("book.above-contract", column="quantity", values=values)]
    return []


def _above_due(event: Event, view: View, entity: str, instrument: Instrument) -> list[Problem]:
    kinds = ["pilot"] if instrument.kind == "pilot" else ["cea", "ccer"]
    used = view.used(entity, event.year, "compliance", kinds)
    if used + event.quantity <= event.due_t:
        return []
    values = {
        "wanted": f"{event.quantity:,}",
        "used": f"{used:,}",
        "due": f"{event.due_t:,}",
        "year": str(event.year),
        "entity": entity,
    }
    return [Problem("book.above-due", column="quantity", values=values)]


def _taken(event: Event, view: View, instrument: Instrument) -> list[tuple[Lot, int, int]]:
    """(lot, first, last) of the units that the event means, in order."""
    if event.serials:
        return [part for each in event.serials for part in _by_number(event, view, instrument, each)]
    held = view.lots(event.account, instrument.code, HELD)
    there = sum(lot.quantity for lot in held)
    if there < event.quantity:
        bound = sum(
            lot.quantity for place in (FROZEN, LENT) for lot in view.lots(event.account, instrument.code, place)
        )
        code = "book.frozen" if there + bound >= event.quantity else "book.above-holdings"
        raise refuse(code, "quantity", code=instrument.code, account=event.account, wanted=f"{event.quantity:,}", held=f"{there:,}",
                     frozen=f"{bound:,}", unit=instrument.unit)  # fmt: skip
    rest, taken = event.quantity, []
    for lot in held:
        part = min(rest, lot.quantity)
        taken.append((lot, lot.first, lot.first + part - 1))
        rest -= part
        if not rest:
            break
    return taken


def _by_number(event: Event, view: View, instrument: Instrument, wanted: Range) -> list[tuple[Lot, int, int]]:
    named = Range(series_of(instrument, wanted.series), wanted.first, wanted.last)
    taken, at = [], named.first
    for lot in sorted(view.alive(named.series, named.first, named.last), key=lambda each: each.first):
        told = {
            "value": str(Range(wanted.series, max(lot.first, named.first), min(lot.last, named.last))),
            "account": lot.account,
            "place": lot.place,
        }
        if lot.place in FINAL:
            raise refuse("book.already-used", "serials", **told)
        if lot.place != HELD:
            raise refuse("book.serial-frozen", "serials", contract=lot.contract, **told)
        if lot.account != event.account:
            raise refuse("book.serial-elsewhere", "serials", wanted=event.account, **told)
        if lot.first > at:
            break
        taken.append((lot, at, min(lot.last, named.last)))
        at = min(lot.last, named.last) + 1
    if at <= named.last:
        raise refuse(
            "book.serial-not-held", "serials", value=str(Range(wanted.series, at, named.last)), account=event.account
        )
    return taken


def _released(event: Event, view: View, number: int) -> Posting:
    bound = view.contract(event.contract)
    if not bound:
        raise refuse("book.contract-unknown", "contract", contract=event.contract)
    there = sum(lot.quantity for lot in bound)
    wanted = event.quantity or there
    if wanted > there:
        raise refuse(
            "book.above-contract", "quantity", contract=event.contract, wanted=f"{wanted:,}", frozen=f"{there:,}"
        )
    rest, taken = wanted, []
    for lot in bound:
        part = min(rest, lot.quantity)
        if part:
            taken.append((lot, lot.first, lot.first + part - 1))
            rest -= part
    place = HELD if event.kind == "release" else OUT
    spent, made = split(taken, lambda lot: Lot(lot.batch, lot.first, lot.last, lot.account, place))
    account = _account(bound[0].account, view, "account")
    if place == HELD:
        there_now = view.lots(account.key, view.batch(bound[0].batch).instrument.code, HELD)
        spent, made = joined(spent, made, there_now)
    return Posting(
        number,
        event.kind,
        event.day,
        event.text,
        tuple(spent),
        tuple(made),
        money=paid(event, account.entity),
        entity=account.entity,
    )


def _reverse(event: Event, view: View, number: int) -> Posting:
    of = view.posting(event.reverses)
    if of is None:
        raise refuse("book.posting-unknown", "reverses", number=event.reverses)
    if of.kind == "reverse" or view.is_reversed(of.number):
        raise refuse("book.reversed-already", "reverses", number=of.number)
    before = set(of.spent)
    final = [lot for lot in of.made if lot.place in FINAL]
    if final:
        raise refuse("book.final", "reverses", number=of.number, place=final[0].place)
    gone = [lot for lot in of.made if not view.is_alive(lot)]
    if gone:
        raise refuse(
            "book.moved-on", "reverses", number=of.number, value=f"{gone[0].batch}:{gone[0].first}-{gone[0].last}"
        )
    entered = {each.number for each in of.batches}
    made = [
        *of.spent,
        *(Lot(lot.batch, lot.first, lot.last, lot.account, OUT) for lot in of.made if lot.batch in entered),
    ]
    for lot in before:  # numbers that came back to us meanwhile by another way
        batch = view.batch(lot.batch)
        if batch.series and any(each.batch != lot.batch for each in view.alive(batch.series, lot.first, lot.last)):
            raise refuse(
                "book.serial-held",
                "reverses",
                value=str(Range(batch.series, lot.first, lot.last)),
                batch="-",
                account=lot.account,
                place="held",
            )
    money = tuple(Money(each.what, each.target, each.source, each.fen) for each in of.money)
    return Posting(
        number,
        event.kind,
        event.day,
        event.text,
        of.made,
        tuple(made),
        money=money,
        reverses=of.number,
        entity=of.entity,
    )


def series_of(instrument: Instrument, series: str) -> str:
    """The series with its registry: a certificate and the green power that carries it share theirs."""
    registry = {"gec": "gec", "green_power": "gec", "ccer": "ccer"}.get(instrument.kind, instrument.market)
    return f"{registry}|{series}"


def _attributes(instrument: Instrument) -> str:
    days = [str(each) for each in (instrument.registered_on, instrument.produced_on) if each]
    vintage = [str(instrument.vintage)] if instrument.vintage else []
    return ", ".join(
        [
            instrument.kind,
            *vintage,
            *(
                each
                for each in (instrument.project, instrument.methodology, instrument.region, instrument.market)
                if each
            ),
            *days,
        ]
    )


__all__ = ["Account", "View", "decide", "fen", "refuse", "series_of"]
