"""What happened, as a person or an import says it: one flat record, read into an ``Event`` or refused field by field.

>>> read_event({"kind": "allocate", "day": "2026-09-30", "account": "A1", "instrument": "CEA2025", "quantity": "1000"}).instrument.code
'CEA25'
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from hengtan.problems import HengtanError, Problem

from .instrument import KINDS, PURPOSES, SERIAL_KINDS, Instrument, cea_of
from .posting import LARGEST_FEN, LARGEST_QUANTITY, Range
from .written import as_fen, fen, ranges_of, serials_of, spelled, whole_of

WAYS = ("listed", "block", "auction", "otc")
UNITS_IN = frozenset({"allocate", "preallocate", "buy", "borrow"})
UNITS_OUT = frozenset(
    {
        "clawback",
        "sell",
        "transfer",
        "pledge",
        "repo",
        "lend",
        "give_back",
        "surrender",
        "retire",
        "carry_over",
        "expire",
    }
)
# kind -> fields without which it says nothing; quantity is asked for where no serial numbers are given
NEEDS: dict[str, tuple[str, ...]] = {
    "allocate": ("account", "instrument", "quantity"),
    "preallocate": ("account", "instrument", "quantity"),
    "clawback": ("account", "instrument", "quantity", "reason"),
    "buy": ("account", "instrument", "quantity", "way", "amount"),
    "sell": ("account", "instrument", "quantity", "way", "amount"),
    "transfer": ("account", "to_account", "instrument", "quantity"),
    "pledge": ("account", "instrument", "quantity", "contract", "counterparty"),
    "repo": ("account", "instrument", "quantity", "contract", "counterparty", "principal"),
    "lend": ("account", "instrument", "quantity", "contract", "counterparty"),
    "release": ("contract",),
    "foreclose": ("contract", "reason"),
    "borrow": ("account", "instrument", "quantity", "contract", "counterparty", "amount"),
    "give_back": ("account", "instrument", "quantity", "contract"),
    "surrender": ("account", "instrument", "quantity", "year", "due_t"),
    "retire": ("account", "instrument", "quantity", "purpose", "beneficiary", "year"),
    "carry_over": ("account", "instrument", "quantity", "sold_t", "bought_t", "holding_t", "on_time"),
    "expire": ("account", "instrument", "quantity", "reason"),
    "reverse": ("reverses", "reason"),
    "charge": ("entity", "quantity", "price", "year"),
}
KINDS_OF_EVENT = tuple(NEEDS)
_TRADED = ("price", "amount", "fee", "vat", "previous_close")
# kind -> the money that it moves or is checked by; of the others a fee alone
MONEY: dict[str, tuple[str, ...]] = {
    "buy": _TRADED, "sell": _TRADED, "transfer": ("price", "amount", "fee"), "pledge": ("principal", "fee"), "repo": ("principal", "fee"),
    "lend": ("interest",), "release": ("principal", "interest"), "foreclose": ("price", "amount", "fee"), "borrow": ("price", "amount", "fee"),
    "give_back": ("interest",), "charge": ("price", "amount"), "reverse": (),
}  # fmt: skip
TITLES: dict[str, tuple[str, str]] = {
    "allocate": ("allocation", "配额发放"), "preallocate": ("pre-allocation", "预分配"), "clawback": ("claw-back", "配额核减"),
    "buy": ("purchase", "买入"), "sell": ("sale", "卖出"), "transfer": ("transfer", "划转"), "pledge": ("pledge", "碳质押"),
    "repo": ("repo", "碳回购"), "lend": ("lending", "借碳（出借）"), "release": ("release", "解除冻结"),
    "foreclose": ("realisation of a pledge", "质押处置"), "borrow": ("borrowing", "借碳（借入）"), "give_back": ("return of borrowed units", "归还借碳"),
    "surrender": ("surrender", "清缴"), "retire": ("voluntary cancellation", "自愿注销"), "carry_over": ("carry-over", "结转"),
    "expire": ("expiry", "失效"), "reverse": ("reversal", "冲销"), "charge": ("internal carbon price", "内部碳价"),
}  # fmt: skip
_INSTRUMENT = (
    "instrument",
    "instrument_kind",
    "vintage",
    "project",
    "methodology",
    "registered_on",
    "produced_on",
    "region",
    "market",
)
_TEXTS = (
    "account",
    "to_account",
    "way",
    "counterparty",
    "reference",
    "contract",
    "purpose",
    "beneficiary",
    "reason",
    "entity",
    "note",
)
_NUMBERS = ("quantity", "due_t", "sold_t", "bought_t", "holding_t", "consumption_mwh", "reverses", "year")
_FEN = ("price", "amount", "fee", "vat", "principal", "interest", "previous_close")
_DAYS = ("day", "due")
FIELDS = ("kind", "serials", *_INSTRUMENT, *_TEXTS, *_NUMBERS, *_FEN, *_DAYS, "inside_market", "on_time")
_INSTEAD = {"quantity": ("quantity", "serials"), "amount": ("amount", "price")}  # what says the same
_DAY = re.compile(r"\d{4}-\d{2}-\d{2}", re.ASCII)
_LONGEST = 300


@dataclass(frozen=True, slots=True)
class Event:
    """One event; amounts of money in fen (price: fen a unit), quantities in whole tonnes or MWh, days as days.

    instrument  whole for what comes in; for what goes out its code counts
    serials     the units meant, ends inclusive; empty: the oldest that are there
    year        of the emissions (surrender) or of the use (retire)
    due_t       allowances that the entity owes for the year
    text        the record it was read from, in its one spelling; the record in the ledger holds it
    """

    kind: str
    day: date
    instrument: Instrument
    serials: tuple[Range, ...] = ()
    account: str = ""
    to_account: str = ""
    way: str = ""
    counterparty: str = ""
    reference: str = ""
    contract: str = ""
    purpose: str = ""
    beneficiary: str = ""
    reason: str = ""
    entity: str = ""
    note: str = ""
    quantity: int = 0
    due_t: int = 0
    sold_t: int = 0
    bought_t: int = 0
    holding_t: int = 0
    consumption_mwh: int | None = None
    reverses: int = 0
    year: int = 0
    price: int = 0
    amount: int = 0
    fee: int = 0
    vat: int = 0
    principal: int = 0
    interest: int = 0
    previous_close: int | None = None
    due: date | None = None
    inside_market: bool | None = None
    on_time: tuple[int, ...] = ()
    text: Mapping[str, Any] = field(default_factory=dict)


def read_event(record: Mapping[str, Any], *, kept: bool = False) -> Event:
    """The event of a record whose values are text (``serials``: a list of ``SERIES:FIRST-LAST``).

    kept  one that was read before and is in the book: what is asked for since it may lack. Raises HengtanError with every ``book.event-*``, ``book.serial-*``, ``book.instrument-*`` that is wrong with it.
    """
    wrong: list[Problem] = []
    told = _told(record, wrong)
    kind = str(told.get("kind", ""))
    if kind not in NEEDS:
        values = {"kind": kind or "-", "known": ", ".join(NEEDS)}
        raise HengtanError([*wrong, Problem("book.event-kind", column="kind", values=values)])
    given: dict[str, Any] = {name: told[name] for name in _TEXTS if name in told}
    for name in (*_NUMBERS, *_FEN):
        if name in told:
            given[name] = _whole(name, str(told[name]), wrong)
    for name in _DAYS:
        if name in told:
            given[name] = _day(name, str(told[name]), wrong)
    serials = serials_of(told.get("serials", []), wrong)
    count = sum(each.quantity for each in serials)
    if serials and given.setdefault("quantity", count) != count:
        wrong.append(
            Problem(
                "book.quantity-differs",
                column="quantity",
                values={"quantity": str(given["quantity"]), "serials": str(count)},
            )
        )
    if "amount" not in given and given.get("price") and given.get("quantity"):
        given["amount"] = given["price"] * given["quantity"]
    if not kept:
        wrong += _unused(kind, told, given)
    priced = not kept or kind in ("buy", "sell", "borrow")
    priced = priced and all(given.get(name) for name in ("price", "amount", "quantity"))
    if priced and given["price"] * given["quantity"] != given["amount"]:
        values = {"price": fen(given["price"]), "quantity": str(given["quantity"]), "amount": fen(given["amount"])}
        wrong.append(Problem("book.amount-differs", column="amount", values=values))
    instrument = _instrument(told, kind, wrong)
    wrong += [
        Problem(
            "book.event-missing",
            column=name,
            values={"kind": TITLES[kind][0], "kind_zh": TITLES[kind][1], "field": name},
        )
        for name in ("day", *(() if kept else NEEDS[kind]))
        if not any(told.get(each) for each in _INSTEAD.get(name, (name,)))
    ]
    wrong += _bounds(kind, given, "serials" in told, instrument)
    if "inside_market" in told:
        if told["inside_market"] not in ("yes", "no"):
            wrong.append(
                Problem(
                    "book.event-value",
                    column="inside_market",
                    values={"field": "inside_market", "value": str(told["inside_market"]), "wanted": "yes, no"},
                )
            )
        given["inside_market"] = told["inside_market"] == "yes"
    if "on_time" in told:
        years = [each.strip() for each in str(told["on_time"]).split(",") if each.strip()]
        given["on_time"] = tuple(_whole("on_time", each, wrong) or 0 for each in years)
    if wrong:
        raise HengtanError(wrong)
    return Event(kind=kind, instrument=instrument, serials=serials, text=told, **given)


def _told(record: Mapping[str, Any], wrong: list[Problem]) -> dict[str, Any]:
    told: dict[str, Any] = {}
    for name, value in record.items():
        if name not in FIELDS:
            wrong.append(Problem("book.event-field", column=str(name)[:60], values={"field": str(name)[:60]}))
        elif name == "serials" and isinstance(value, list | tuple):
            told[name] = [str(each).strip() for each in value if str(each).strip()]
        elif isinstance(value, bool) or not isinstance(value, str | int):
            if value is not None:
                wrong.append(
                    Problem(
                        "book.event-value",
                        column=name,
                        values={"field": name, "value": type(value).__name__, "wanted": "text"},
                    )
                )
        elif text := " ".join(str(value).split()):
            if len(text) > _LONGEST or not text.isprintable():
                wrong.append(
                    Problem(
                        "book.event-value",
                        column=name,
                        values={"field": name, "value": ascii(text[:40])[1:-1], "wanted": f"<= {_LONGEST}"},
                    )
                )
            told[name] = [each.strip() for each in text.split(";") if each.strip()] if name == "serials" else text
    return {name: value for name, value in told.items() if value != []}


def _whole(name: str, text: str, wrong: list[Problem]) -> int | None:
    if name in _FEN:
        amount = as_fen(text)
        if amount is None or amount > LARGEST_FEN:
            wrong.append(Problem("book.event-money", column=name, values={"field": name, "value": text[:40]}))
            return None
        return amount
    count = whole_of(text)
    if count is None or count > LARGEST_QUANTITY:
        wrong.append(
            Problem(
                "book.event-whole",
                column=name,
                values={"field": name, "value": text[:40], "most": f"{LARGEST_QUANTITY:,}"},
            )
        )
        return None
    return count


def _day(name: str, text: str, wrong: list[Problem]) -> date | None:
    try:
        if _DAY.fullmatch(text):
            return date.fromisoformat(text)
    except ValueError:
        pass
    wrong.append(Problem("book.event-day", column=name, values={"field": name, "value": text[:40]}))
    return None


def _instrument(told: Mapping[str, Any], kind: str, wrong: list[Problem]) -> Instrument:
    code = str(told.get("instrument", ""))
    allowance = cea_of(code)
    if allowance is not None:
        vintage = str(told.get("vintage", allowance.vintage))
        if vintage not in (str(allowance.vintage), "2019" if allowance.vintage == 2020 else ""):
            wrong.append(
                Problem(
                    "book.event-value",
                    column="vintage",
                    values={"field": "vintage", "value": vintage, "wanted": str(allowance.vintage)},
                )
            )
        if told.get("instrument_kind", "cea") != "cea":
            wrong.append(
                Problem(
                    "book.event-value",
                    column="instrument_kind",
                    values={"field": "instrument_kind", "value": str(told["instrument_kind"]), "wanted": "cea"},
                )
            )
        return allowance
    if kind not in UNITS_IN:
        return Instrument(code, "")
    of = str(told.get("instrument_kind", ""))
    if of not in KINDS or of == "cea":
        values = {
            "field": "instrument_kind",
            "value": of or "-",
            "wanted": ", ".join(each for each in KINDS if each != "cea"),
        }
        wrong.append(Problem("book.event-value", column="instrument_kind", values=values))
        return Instrument(code, of)
    days = {
        name: _day(name, _first(str(told[name])), wrong) for name in ("registered_on", "produced_on") if name in told
    }
    needed = {"ccer": ("project", "methodology", "registered_on"), "gec": ("produced_on",), "green_power": ("produced_on",), "pilot": ("market", "vintage"),
              "voluntary": ("market", "project")}[of]  # fmt: skip
    wrong += [
        Problem("book.instrument-missing", column=name, values={"code": code, "field": name})
        for name in needed
        if name not in told
    ]
    vintage_given = _whole("vintage", str(told["vintage"]), wrong) if "vintage" in told else 0
    texts = {name: str(told[name]) for name in ("project", "methodology", "region", "market") if name in told}
    produced = days.get("produced_on")
    return Instrument(
        code,
        of,
        vintage_given or 0,
        registered_on=days.get("registered_on"),
        produced_on=produced.replace(day=1) if produced else None,
        inside_market=told["inside_market"] == "yes" if of == "ccer" and "inside_market" in told else None,
        **texts,
    )


def _first(text: str) -> str:
    return f"{text}-01" if re.fullmatch(r"\d{4}-\d{2}", text, re.ASCII) else text


def _unused(kind: str, told: Mapping[str, Any], given: Mapping[str, Any]) -> list[Problem]:
    """Money that the event would not move: nothing that was given is dropped in silence."""
    titles = {"kind": TITLES[kind][0], "kind_zh": TITLES[kind][1]}
    moves = MONEY.get(kind, ("fee",))
    of_how_many = "quantity" in NEEDS[kind] or "quantity" in told or "amount" in told
    if "price" in moves and given.get("price") and not of_how_many:
        return [Problem("book.event-missing", column="quantity", values=titles | {"field": "quantity"})]
    return [
        Problem("book.event-unused", column=name, values=titles | {"field": name, "value": str(told[name])[:40]})
        for name in _FEN
        if name in told and given.get(name) and name not in moves
    ]


def _bounds(kind: str, given: Mapping[str, Any], serials: bool, instrument: Instrument) -> list[Problem]:
    wrong: list[Problem] = []
    for name in ("quantity", "amount", "price", "principal"):
        if name in given and given[name] == 0 and (name != "principal" or kind == "repo"):
            wrong.append(Problem("book.event-zero", column=name, values={"field": name}))
    if (given.get("amount") or 0) > LARGEST_FEN:
        wrong.append(
            Problem("book.event-money", column="amount", values={"field": "amount", "value": fen(given["amount"])})
        )
    if given.get("way") and given["way"] not in WAYS:
        wrong.append(
            Problem(
                "book.event-value",
                column="way",
                values={"field": "way", "value": given["way"], "wanted": ", ".join(WAYS)},
            )
        )
    if kind in UNITS_IN and instrument.kind in SERIAL_KINDS and not serials:
        wrong.append(Problem("book.serial-missing", column="serials", values={"code": instrument.code}))
    if kind in UNITS_IN and instrument.kind == "cea" and serials:
        wrong.append(Problem("book.serial-none", column="serials", values={"code": instrument.code}))
    purposes = sorted({each for some in PURPOSES.values() for each in some if each != "compliance"})
    if kind == "retire" and given.get("purpose") and given["purpose"] not in purposes:
        wrong.append(
            Problem(
                "book.event-value",
                column="purpose",
                values={"field": "purpose", "value": given["purpose"], "wanted": ", ".join(purposes)},
            )
        )
    if kind in ("surrender", "retire", "charge") and given.get("year") and not 2000 <= given["year"] <= 2100:
        wrong.append(
            Problem(
                "book.event-value",
                column="year",
                values={"field": "year", "value": str(given["year"]), "wanted": "2000-2100"},
            )
        )
    if kind == "transfer" and given.get("account") and given.get("account") == given.get("to_account"):
        wrong.append(
            Problem(
                "book.event-value",
                column="to_account",
                values={"field": "to_account", "value": given["to_account"], "wanted": "!= account"},
            )
        )
    return wrong


__all__ = [
    "FIELDS",
    "KINDS_OF_EVENT",
    "NEEDS",
    "TITLES",
    "UNITS_IN",
    "UNITS_OUT",
    "WAYS",
    "Event",
    "as_fen",
    "fen",
    "ranges_of",
    "read_event",
    "spelled",
    "whole_of",
]
