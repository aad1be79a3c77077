"""A posting as the record that the ledger commits to: strings and lists alone, in one spelling, and back."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import date
from typing import Any

from .instrument import Instrument
from .posting import Batch, Claim, Lot, Money, Posting

_DAYS = ("registered_on", "produced_on")
YES_NO = {True: "yes", False: "no"}  # as a record and the database say it; "" or nothing: not known


def as_record(posting: Posting) -> dict[str, Any]:
    """Members ``number, act, day, entity, event, spent, made, batches, money, claim, reverses``; those that are empty are left out."""
    told: dict[str, Any] = {
        "number": str(posting.number), "act": posting.kind, "day": posting.day.isoformat(), "entity": posting.entity,
        "event": dict(posting.event), "spent": [_lot(each) for each in posting.spent], "made": [_lot(each) for each in posting.made],
        "batches": [
            [str(each.number), each.series, str(each.first), str(each.last), each.day.isoformat(), each.origin, instrument_record(each.instrument)]
            for each in posting.batches
        ],
        "money": [[each.what, each.source, each.target, str(each.fen)] for each in posting.money],
    }  # fmt: skip
    if posting.claim is not None:
        told["claim"] = [posting.claim.purpose, posting.claim.beneficiary, str(posting.claim.year)]
    if posting.reverses:
        told["reverses"] = str(posting.reverses)
    return {name: value for name, value in told.items() if value}


def of_record(told: Mapping[str, Any]) -> Posting:
    """The posting of a record. Raises KeyError, ValueError for what is none."""
    claim = told.get("claim")
    return Posting(
        int(told["number"]), told["act"], date.fromisoformat(told["day"]), told.get("event", {}),
        tuple(_lot_of(each) for each in told.get("spent", ())), tuple(_lot_of(each) for each in told.get("made", ())),
        tuple(
            Batch(int(number), instrument_of(instrument), series, int(first), int(last), date.fromisoformat(day), origin)
            for number, series, first, last, day, origin, instrument in told.get("batches", ())
        ),
        tuple(Money(what, source, target, int(amount)) for what, source, target, amount in told.get("money", ())),
        Claim(claim[0], claim[1], int(claim[2])) if claim else None, int(told.get("reverses", "0")), told.get("entity", ""),
    )  # fmt: skip


def read_record(text: str | bytes) -> Posting:
    """The posting of a record's JSON."""
    return of_record(json.loads(text))


def instrument_record(instrument: Instrument) -> dict[str, str]:
    """The attributes that are there, as text."""
    told = {name: str(value) for name in Instrument.__slots__[:-1] if (value := getattr(instrument, name))}
    if instrument.inside_market is not None:
        told["inside_market"] = YES_NO[instrument.inside_market]
    return told


def instrument_of(told: Mapping[str, str]) -> Instrument:
    """The instrument of its attributes."""
    given: dict[str, Any] = dict(told)
    given["vintage"] = int(told.get("vintage", "0"))
    given |= {name: date.fromisoformat(told[name]) for name in _DAYS if name in told}
    if "inside_market" in told:
        given["inside_market"] = told["inside_market"] == YES_NO[True]
    return Instrument(**given)


def _lot(lot: Lot) -> list[str]:
    told = [str(lot.batch), str(lot.first), str(lot.last), lot.account, lot.place]
    return [*told, lot.contract] if lot.contract else told


def _lot_of(told: list[str]) -> Lot:
    return Lot(int(told[0]), int(told[1]), int(told[2]), told[3], told[4], told[5] if len(told) > 5 else "")
