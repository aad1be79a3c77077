"""What an event does to the book, decided before anything is written: whole lots that go, lots that come, or why not.

A view of the book is asked, never changed. Rules of law come from ``market.rules``; what is refused here is refused by the
arithmetic of the book (``book.*``) or by law (``law.*``), which names rule, source and mark.
"""

from __future__ import annotations

from hengtan.problems import HengtanError, Problem

from .event import TITLES, Event, fen
from .instrument import PURPOSES, Instrument, cea, told_together
from .late import not_yet, there_since
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
from .record import YES_NO
from .view import Account, View, refuse, series_of, spellings

GOES_TO = {
    "clawback": CANCELLED, "sell": OUT, "transfer": HELD, "pledge": FROZEN, "repo": LENT, "lend": LENT, "give_back": OUT,
    "surrender": SURRENDERED, "retire": RETIRED, "carry_over": CANCELLED, "expire": CANCELLED,
}  # fmt: skip
CARRIED_INTO = 2025


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
    if known is not None:
        both = told_together(known, instrument)
        if both is None:
            told = {"known": _attributes(known), "given": _attributes(instrument)}
            raise refuse("book.instrument-differs", "instrument", code=instrument.code, **told)
        instrument = both
    wrong = list(lawful(event, instrument, 0))
    if event.kind == "borrow" and not event.amount:  # they come in at fair value, against a liability
        told = {"kind": TITLES["borrow"][0], "kind_zh": TITLES["borrow"][1], "field": "amount"}
        wrong.append(Problem("book.event-missing", column="amount", values=told))
    ranges = [Range(series_of(instrument, each.series), each.first, each.last) for each in event.serials]
    for each in ranges:
        wrong += [
            Problem(
                "book.serial-held",
                column="serials",
                values={"value": str(each), "batch": str(lot.batch), "account": lot.account, "place": lot.place},
            )
            for name in spellings(event, instrument, each.series.partition("|")[2])
            for lot in view.alive(name, each.first, each.last)
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
    late = not_yet(event, view, taken)
    if (
        late
        and not event.serials
        and (then := there_since(event, view, view.lots(event.account, instrument.code, HELD)))
    ):
        taken, late = then, []
    wrong = [*_agreed(event, view, account, instrument), *late]
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
        wrong += lawful(event, instrument, view.carried(account.entity))
    else:
        if event.kind == "transfer" and event.amount and target.entity == account.entity:
            values = {"amount": fen(event.amount), "entity": account.entity}
            wrong.append(Problem("book.amount-within-entity", column="amount", values=values))
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


def _agreed(event: Event, view: View, account: Account, instrument: Instrument) -> list[Problem]:
    """What is wrong with the contract that the event names."""
    if event.kind in ("pledge", "repo", "lend") and view.contract(event.contract):
        return [Problem("book.contract-open", column="contract", values={"contract": event.contract})]
    if event.kind == "give_back":
        owed = owed_under(event.contract, view)
        mine = owed.get((account.entity, instrument.code), 0)
        if mine == 0 and any(owed.values()):
            told = "; ".join(f"{count:,} {code}, {entity}" for (entity, code), count in owed.items() if count)
            values = {"contract": event.contract, "owed": told, "code": instrument.code, "entity": account.entity}
            return [Problem("book.loan-differs", column="contract", values=values)]
        if event.quantity > mine:
            values = {"contract": event.contract, "wanted": f"{event.quantity:,}", "frozen": f"{mine:,}"}
            return [Problem("book.above-contract", column="quantity", values=values)]
    return []


def owed_under(contract: str, view: View) -> dict[tuple[str, str], int]:
    """(entity, code) -> units that were borrowed under a contract and are not given back."""
    owed: dict[tuple[str, str], int] = {}
    for posting in view.loans(contract):
        lots = posting.made if posting.kind == "borrow" else [lot for lot in posting.made if lot.place == OUT]
        for lot in lots:
            key = (posting.entity, view.batch(lot.batch).instrument.code)
            owed[key] = owed.get(key, 0) + (lot.quantity if posting.kind == "borrow" else -lot.quantity)
    return owed


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
    rest, taken = event.quantity, []
    for lot in view.lots(event.account, instrument.code, HELD):
        part = min(rest, lot.quantity)
        taken.append((lot, lot.first, lot.first + part - 1))
        rest -= part
        if not rest:
            return taken
    there = event.quantity - rest
    bound = sum(lot.quantity for place in (FROZEN, LENT) for lot in view.lots(event.account, instrument.code, place))
    code = "book.frozen" if bound >= rest else "book.above-holdings"
    raise refuse(code, "quantity", code=instrument.code, account=event.account, wanted=f"{event.quantity:,}", held=f"{there:,}",
                 frozen=f"{bound:,}", unit=instrument.unit)  # fmt: skip


def _by_number(event: Event, view: View, instrument: Instrument, wanted: Range) -> list[tuple[Lot, int, int]]:
    names = spellings(event, instrument, wanted.series)
    there = [lot for name in names for lot in view.alive(name, wanted.first, wanted.last)]
    named = Range(names[0], wanted.first, wanted.last)
    taken, at = [], named.first
    for lot in sorted(there, key=lambda each: each.first):
        told = {
            "value": str(Range(wanted.series, max(lot.first, named.first), min(lot.last, named.last))),
            "account": lot.account,
            "place": lot.place,
        }
        of = view.batch(lot.batch).instrument.code
        if of != instrument.code:  # what may be done with units hangs on what they are
            raise refuse("book.serial-of-another", "serials", value=told["value"], of=of, code=instrument.code)
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
    if wrong := not_yet(event, view, taken):
        raise HengtanError(wrong)
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
    if event.day < of.day:
        told = {"number": of.number, "when": of.day, "value": f"#{of.number}", "code": "-", "day": event.day}
        raise refuse("book.not-yet", "day", account="-", **told)
    before = set(of.spent)
    final = [lot for lot in of.made if lot.place in FINAL]
    if final:
        raise refuse("book.final", "reverses", number=of.number, place=final[0].place)
    gone = [lot for lot in of.made if not view.is_alive(lot)]
    if gone:
        raise refuse(
            "book.moved-on", "reverses", number=of.number, value=f"{gone[0].batch}:{gone[0].first}-{gone[0].last}"
        )
    if of.kind == "borrow":
        owed = owed_under(str(of.event.get("contract", "")), view)
        came = sum(lot.quantity for lot in of.made)
        if any(owed[of.entity, each.instrument.code] < came for each in of.batches):  # some of it was given back
            raise refuse("book.moved-on", "reverses", number=of.number, value=str(of.event.get("contract", "")))
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


def _attributes(instrument: Instrument) -> str:
    days = [str(each) for each in (instrument.registered_on, instrument.produced_on) if each]
    vintage = [str(instrument.vintage)] if instrument.vintage else []
    inside = [] if instrument.inside_market is None else [f"inside_market {YES_NO[instrument.inside_market]}"]
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
            *inside,
        ]
    )


__all__ = ["Account", "View", "decide", "fen", "refuse", "series_of"]
