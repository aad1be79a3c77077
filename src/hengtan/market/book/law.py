"""What the law says of an event: asked of ``market.rules``, which holds every rule once, with source and mark."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal

from hengtan.problems import Problem

from ..rules import (
    Certificate,
    Credit,
    carry_over,
    carry_over_refusals,
    claim_refusals,
    credit_refusals,
    law,
    offset_refusal,
    order_refusals,
    trade_refusals,
    vintage_refusal,
)
from .event import TITLES, Event
from .instrument import Instrument
from .record import YES_NO


def lawful(event: Event, instrument: Instrument, used: int, *, traded: int = 0) -> Iterator[Problem]:
    """Every reason of law against the event.

    used    units that the same beneficiary used before for the same purpose and year (credits: for the cap; certificates: MWh), or
            tonnes that the entity carried over before
    traded  how often the certificates changed hands
    """
    if event.kind in ("allocate", "preallocate", "buy", "borrow"):
        yield from _not_of_the_future(event, instrument)
    if event.kind in ("buy", "sell"):
        yield from _trade(event, instrument, traded)
    elif event.kind == "surrender":
        yield from _surrender(event, instrument, used)
    elif event.kind == "retire" and instrument.kind in ("gec", "green_power"):
        yield from claim_refusals(
            _certificate(event, instrument),
            event.day,
            event.year,
            entity_used_mwh=event.consumption_mwh,
            entity_claimed_mwh=used,
        )
    elif event.kind == "carry_over":
        yield from _carry_over(event, instrument, used)


def _not_of_the_future(event: Event, instrument: Instrument) -> Iterator[Problem]:
    for name, when in (
        ("vintage", instrument.vintage and str(instrument.vintage)),
        ("registered_on", instrument.registered_on),
        ("produced_on", instrument.produced_on),
    ):
        if when and str(when) > str(event.day)[: len(str(when))]:
            yield Problem(
                "book.future",
                column=name,
                values={"code": instrument.code, "field": name, "value": str(when), "day": str(event.day)},
            )


def _trade(event: Event, instrument: Instrument, traded: int) -> Iterator[Problem]:
    if instrument.kind == "cea" and event.way in ("listed", "block"):
        close = None if event.previous_close is None else Decimal(event.previous_close) / 100
        price = (
            Decimal(event.price) / 100
            if event.price
            else (Decimal(event.amount) / event.quantity / 100).quantize(Decimal("0.01"))
        )
        yield from order_refusals(event.quantity, price, close, event.way)  # type: ignore[arg-type]  # one of the two, as asked above
    elif instrument.kind == "gec" or (instrument.kind == "green_power" and event.kind == "sell"):
        yield from trade_refusals(_certificate(event, instrument, traded), event.day)


def _surrender(event: Event, instrument: Instrument, used: int) -> Iterator[Problem]:
    if event.year >= event.day.year:
        values = {"year": str(event.year), "day": str(event.day)}
        yield Problem("book.year-open", column="year", values=values)
    if instrument.kind == "cea":
        refusal = vintage_refusal(instrument.vintage, event.year, event.day)
        if refusal is not None:
            yield refusal
    elif instrument.kind == "ccer":
        known = instrument.inside_market
        inside = event.inside_market if known is None else known
        if None not in (known, event.inside_market) and known != event.inside_market:
            said = {
                "code": instrument.code,
                "known": f"inside_market {YES_NO[bool(known)]}",
                "given": f"inside_market {YES_NO[not known]}",
            }
            yield Problem("book.instrument-differs", column="inside_market", values=said)
            return
        if inside is None:
            yield _missing(event, "inside_market")
            return
        assert instrument.registered_on is not None
        yield from credit_refusals(Credit(instrument.registered_on, inside), event.year, event.day)
        over = offset_refusal(used + event.quantity, event.due_t)
        if over is not None:
            yield over


def _carry_over(event: Event, instrument: Instrument, used: int) -> Iterator[Problem]:
    if instrument.kind != "cea":  # an allowance of a pilot market may have such a vintage too
        yield law("surrender.carry-over").refuse("law.carry-over-vintage", vintage=instrument.code)
        return
    if not event.on_time:
        yield _missing(event, "on_time")
        return
    limit = carry_over(
        sold_t=event.sold_t,
        bought_t=event.bought_t,
        holding_t=event.holding_t,
        on_time=event.on_time,
        applied=event.day,
    )
    yield from carry_over_refusals(used + event.quantity, instrument.vintage, limit)


def _missing(event: Event, name: str) -> Problem:
    said = {"kind": TITLES[event.kind][0], "kind_zh": TITLES[event.kind][1], "field": name}
    return Problem("book.event-missing", column=name, values=said)


def _certificate(event: Event, instrument: Instrument, traded: int = 0) -> Certificate:
    assert instrument.produced_on is not None
    return Certificate(
        instrument.produced_on,
        event.quantity,
        traded=traded,
        bundled=instrument.kind == "green_power" and event.kind == "sell",
    )
