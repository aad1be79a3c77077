"""What events, places, sources and fields are called, in the terms of the regulation."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from hengtan.market.book.event import TITLES, as_fen, fen
from hengtan.market.book.instrument import TITLES as INSTRUMENTS
from hengtan.market.book.instrument import UNITS, cea_of
from hengtan.market.rules.yearly import MarketYear
from hengtan.problems import Problem
from hengtan.web.runs.words import lang

Word = str | Promise
PLACES: Mapping[str, Word] = {
    "held": _("held free"), "frozen": _("frozen (pledged)"), "lent": _("lent or in repo"), "out": _("left the account"),
    "surrendered": _("surrendered for a year"), "retired": _("cancelled voluntarily"), "cancelled": _("cancelled by the registry"),
}  # fmt: skip
SOURCES: Mapping[str, Word] = {
    "allocate": _("own allocation"), "preallocate": _("pre-allocated"), "buy": _("bought"), "borrow": _("borrowed"),
    "carry_over": _("carried over"),
}  # fmt: skip
PURPOSES: Mapping[str, Word] = {
    "compliance": _("surrender to the state"), "voluntary": _("voluntary use"), "offset": _("offsetting own emissions"),
    "scope2": _("market-based scope 2"),
}  # fmt: skip
WAYS: Mapping[str, Word] = {
    "listed": _("listed agreement"), "block": _("block agreement"), "auction": _("one-way auction"), "otc": _("bilateral agreement"),
}  # fmt: skip
MONEY: Mapping[str, Word] = {
    "price": _("price paid"), "fee": _("fee of the exchange"), "vat": _("VAT"), "principal": _("principal"), "interest": _("interest"),
    "notional": _("notional charge"),
}  # fmt: skip
BREAKS: Mapping[str, Word] = {
    "quantity": _("free units differ"), "frozen": _("frozen units differ"), "ours-only": _("numbers in the book alone"),
    "theirs-only": _("numbers with the registry alone"),
}  # fmt: skip
USES: Mapping[str, Word] = {
    "sale": _("sold"), "compliance": _("surrendered for a year"), "retirement": _("cancelled voluntarily"),
    "cancelled": _("cancelled by the registry"), "returned": _("given back"),
}  # fmt: skip
FIELDS: Mapping[str, Word] = {
    "kind": _("Kind of event"), "day": _("Day of the event"), "account": _("Registry account"), "to_account": _("Receiving account"),
    "instrument": _("Carbon instrument"), "instrument_kind": _("Kind of instrument"), "quantity": _("Quantity of units"), "serials": _("Serial ranges"),
    "vintage": _("Vintage"), "project": _("Project code"), "methodology": _("Methodology code"), "registered_on": _("Reduction registered on"),
    "produced_on": _("Month of production"), "region": _("Province of production"), "market": _("Market or standard"), "way": _("Way of trading"),
    "price": _("Price, CNY a unit"), "amount": _("Amount, CNY"), "fee": _("Fee, CNY"), "vat": _("VAT, CNY"), "previous_close": _("Previous close, CNY"),
    "counterparty": _("Counterparty"), "reference": _("Reference number"), "contract": _("Contract number"), "principal": _("Principal, CNY"),
    "interest": _("Interest, CNY"), "due": _("Due on"), "year": _("Year of emissions or use"), "due_t": _("Allowances due for the year, t"),
    "inside_market": _("Project inside the allocation of the national market"), "purpose": _("Purpose of use"), "beneficiary": _("Beneficiary"),
    "consumption_mwh": _("Power used in the year, MWh"), "sold_t": _("Sold 2024-01-01 to 2025-12-31, t"), "bought_t": _("Bought 2024-01-01 to 2025-12-31, t"),
    "holding_t": _("Holding of old vintages on 2025-12-31, t"), "on_time": _("Years surrendered on time"), "entity": _("Entity that emits"),
    "reverses": _("Posting that is reversed"), "reason": _("Reason"), "note": _("Remark on the event"),
}  # fmt: skip


def kind(name: str) -> str:
    """Of an event, in the language of the page."""
    return TITLES[name][lang() == "zh"] if name in TITLES else name


def instrument(name: str) -> str:
    """Of an instrument's kind."""
    return INSTRUMENTS[name][lang() == "zh"] if name in INSTRUMENTS else name


def unit(of: str) -> str:
    """``t`` or ``MWh``."""
    return UNITS.get(of, "t")


def yuan(amount: int | None) -> str:
    """Fen as 9,740.00; an em dash for none."""
    if amount is None:
        return "—"
    return f"{'−' if amount < 0 else ''}{abs(amount) // 100:,}.{abs(amount) % 100:02}"


def year_source(year: MarketYear) -> str:
    """Who published the figures of a year, in the language of the page."""
    return year.source_zh if lang() == "zh" else year.source


def sentence(event: Mapping[str, Any]) -> str:
    """An event in one line."""
    parts = [kind(str(event.get("kind", "")))]
    if code := event.get("instrument"):
        parts.append(str(code))
    serials = event.get("serials") or []
    if quantity := event.get("quantity"):
        parts.append(f"{int(str(quantity).replace(',', '')):,}")
    elif serials:
        parts.append("; ".join(serials)[:120])
    if price := event.get("price"):
        parts.append(f"× ¥{price}")
    elif amount := event.get("amount"):
        parts.append(f"¥{fen(as_fen(str(amount)) or 0)}")
    where = " → ".join(str(event[name]) for name in ("account", "to_account") if event.get(name))
    parts += [
        each
        for each in (where, str(event.get("contract", "")), f"#{event['reverses']}" if event.get("reverses") else "")
        if each
    ]
    return " · ".join(parts)


def fields(event: Mapping[str, Any]) -> list[tuple[Word, str]]:
    """Every field of an event with its title, in the order of the form."""
    found = []
    for name, title in FIELDS.items():
        value = event.get(name)
        if not value:
            continue
        if name == "kind":
            value = kind(value)
        elif name == "instrument_kind":
            value = instrument(value)
        elif name in ("way", "purpose"):
            value = {**WAYS, **PURPOSES}.get(value, value)
        elif name == "inside_market":
            value = _("yes") if value == "yes" else _("no")
        elif isinstance(value, list):
            value = "; ".join(value)
        found.append((title, str(value)))
    return found


def said(problems: list[Problem]) -> list[dict[str, str]]:
    """Problems as a page shows them: place, reason, mend, rule with its mark; fields by their titles, not by their names in a file."""
    here = lang()
    return [
        {"place": each.place(here) if each.row is not None else "", "reason": titled(each, each.reason(here)), "mend": titled(each, each.mend(here)), "code": each.code}
        for each in problems
    ]  # fmt: skip


def titled(problem: Problem, text: str) -> str:
    """The sentence of a problem of one field with the field's title, and with the titles of the values that may be chosen."""
    column = problem.column or ""
    if column not in FIELDS or problem.code not in ("book.event-missing", "book.event-value"):
        return text
    names: dict[str, Word] = {column: FIELDS[column]}
    if column == "instrument_kind":
        names |= {name: instrument(name) for name in INSTRUMENTS}
    elif column in ("way", "purpose"):
        names |= {**WAYS, **PURPOSES}
    return re.sub(r"(?<![A-Za-z_])[a-z][a-z_0-9]*(?![A-Za-z_])", lambda found: str(names.get(found[0], found[0])), text)


def unit_of(event: Mapping[str, Any], kinds: Mapping[str, str]) -> str:
    """``t`` or ``MWh`` of the units of an event; ``kinds``: of the instruments that the book knows, by code. "" where nobody knows."""
    code = str(event.get("instrument", ""))
    kind_of = "cea" if cea_of(code) else str(event.get("instrument_kind") or kinds.get(code, ""))
    return unit(kind_of) if kind_of else ""
