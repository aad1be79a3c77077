"""What stands beside the form of an event while somebody fills it: the amount, what the account holds, what speaks against it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import Any

from django.utils.translation import gettext as _

from hengtan.market.book import read_event
from hengtan.market.book.event import UNITS_OUT, as_fen, ranges_of
from hengtan.market.book.instrument import cea_of
from hengtan.market.book.kept import quotes as all_quotes
from hengtan.market.book.quote import Quote, price_of
from hengtan.market.rules import order_refusals, price_band
from hengtan.problems import HengtanError, Problem
from hengtan.web.organisations.models import Organisation

from . import planned, services, words
from .models import Batch, Lot

MOST_LOTS = 40
INCOMPLETE = frozenset({"book.event-missing", "book.instrument-missing", "book.serial-missing"})


@dataclass(slots=True)
class Beside:
    """Amounts in fen; ``there``: (code, free, frozen or lent) of the account; ``lots``: ranges that may be ticked."""

    amount: int | None = None
    quantity: int = 0
    price: int | None = None
    fee: int = 0
    vat: int = 0
    money: int | None = None
    account: str = ""
    code: str = ""
    there: list[tuple[str, int, int, str]] = field(default_factory=list)
    after: int | None = None
    lots: list[dict[str, Any]] = field(default_factory=list)
    more: int = 0
    band: tuple[Decimal, Decimal] | None = None
    band_from: str = ""
    wrong: list[dict[str, str]] = field(default_factory=list)
    is_whole: bool = False
    steps: list[planned.Step] = field(default_factory=list)


def beside(
    organisation: Organisation, kind: str, told: Mapping[str, Any], ticked: tuple[str, ...] = (), *, offers: bool = True
) -> Beside:
    """Of what was typed so far; nothing of it need be whole. told: fields of the event as text; offers: whether steps of plans that it could be are looked for."""
    found = Beside(account=str(told.get("account", "")), code=_code(told))
    found.quantity = _quantity(told)
    found.price = as_fen(str(told.get("price", "")))
    found.fee, found.vat = (as_fen(str(told.get(each, ""))) or 0 for each in ("fee", "vat"))
    found.amount = as_fen(str(told.get("amount", "")))
    if found.amount is None and found.price and found.quantity:
        found.amount = found.price * found.quantity
    if found.amount is not None and kind in ("buy", "sell"):
        out = found.fee + (found.vat if kind == "buy" else -found.vat)
        found.money = found.amount + out if kind == "buy" else found.amount - out
    _held(found, organisation, kind, ticked)
    problems = _against(found, organisation, kind, told)
    found.wrong = words.said(problems)
    if offers and found.is_whole:
        found.steps = planned.fitting(organisation, {"kind": kind, **told})
    return found


def _code(told: Mapping[str, Any]) -> str:
    text = " ".join(str(told.get("instrument", "")).split())
    allowance = cea_of(text)
    return allowance.code if allowance else text


def _quantity(told: Mapping[str, Any]) -> int:
    """As typed, else what the serial ranges come to; 0 for neither."""
    text = str(told.get("quantity", "")).replace(",", "").strip()
    if text.isascii() and text.isdigit() and len(text) < 16:
        return int(text)
    try:
        return sum(each.quantity for each in ranges_of([str(each) for each in told.get("serials", [])]))
    except HengtanError:
        return 0


def _held(found: Beside, organisation: Organisation, kind: str, ticked: tuple[str, ...]) -> None:
    """Free and bound units of the account; of what goes out the ranges to pick from."""
    if not found.account:
        return
    sums: dict[str, list[int]] = {}
    for each in services.balances(organisation):
        if each.account == found.account and each.place in ("held", "frozen", "lent"):
            sums.setdefault(each.code, [0, 0])[each.place != "held"] += each.quantity
    kinds = dict(Batch.objects.of(organisation).filter(code__in=sums).values_list("code", "kind").order_by())
    chosen = sorted(sums, key=lambda code: (code != found.code, code))
    found.there = [(code, sums[code][0], sums[code][1], words.unit(kinds.get(code, ""))) for code in chosen[:12]]
    if kind not in UNITS_OUT or not found.code:
        return
    free = sums.get(found.code, [0, 0])[0]
    found.after = free - found.quantity if found.quantity else None
    rows = (
        Lot.objects.of(organisation)
        .filter(account=found.account, code=found.code, spent_by=None, place="held")
        .exclude(series="")
    )
    many = rows.count()
    for lot in rows[:MOST_LOTS]:
        text = f"{lot.series.partition('|')[2]}:{lot.first_number}-{lot.last_number}"
        found.lots.append({"text": text, "quantity": lot.last_number - lot.first_number + 1, "on": text in ticked})
    found.more = max(0, many - MOST_LOTS)


def _against(found: Beside, organisation: Organisation, kind: str, told: Mapping[str, Any]) -> list[Problem]:
    """What the book and the rules of trading say now; of a half-filled form only what is wrong, not what lacks."""
    trade = _trading(found, organisation, kind, told)
    try:
        with services.reading(organisation) as store:
            event = read_event(services.completed(store, {"kind": kind, **told}))
    except HengtanError as fault:
        return [each for each in fault.problems if not _lacks(each, told)] + trade
    found.is_whole = True
    said = services.refusals(organisation, event)
    codes = {each.code for each in said}
    return said + [each for each in trade if each.code not in codes]


def _lacks(problem: Problem, told: Mapping[str, Any]) -> bool:
    """Whether something is not typed yet: the kind of an instrument is asked for once the instrument is."""
    unsaid = problem.column == "instrument_kind" and not told.get("instrument_kind") and not told.get("instrument")
    return unsaid or problem.code in INCOMPLETE


def _trading(found: Beside, organisation: Organisation, kind: str, told: Mapping[str, Any]) -> list[Problem]:
    """Listed below 100,000 t, block from there on; the price within the band about the close before."""
    way = told.get("way")
    if kind not in ("buy", "sell") or cea_of(found.code) is None or way not in ("listed", "block"):
        return []
    close = as_fen(str(told.get("previous_close", "")))
    if close:
        found.band_from = _("by the previous close that you typed")
    elif quote := _quote(found.code, organisation, str(told.get("day", ""))):
        close = quote.close
        found.band_from = _("by your quote of %(day)s: %(close)s") % {
            "day": quote.day,
            "close": words.yuan(quote.close),
        }
    base = None if not close else Decimal(close) / 100
    if base is not None:
        found.band = price_band(base, way)
    if not found.quantity or not found.price:
        return []
    return order_refusals(found.quantity, Decimal(found.price) / 100, base, way)


def _quote(code: str, organisation: Organisation, day: str) -> Quote | None:
    """The newest before the day: the close of the trading day before."""
    try:
        on = date.fromisoformat(day)
    except ValueError:
        return None
    with services.reading(organisation) as store:
        return price_of(code, "cea", [each for each in all_quotes(store) if each.day < on], on)


__all__ = ["Beside", "beside"]
