"""What is held, by instrument and source, and whether it can be used for a year: asked of ``market.rules``."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.utils.functional import Promise
from django.utils.translation import gettext as _

from hengtan.market.book.instrument import Instrument
from hengtan.market.book.quote import Quote, price_of
from hengtan.market.book.store import Store
from hengtan.market.book.worth import worthless
from hengtan.market.rules import Credit, credit_refusals, valid_until, vintage_refusal
from hengtan.problems import Problem
from hengtan.web.runs.words import lang

from . import words


@dataclass(frozen=True, slots=True)
class Holding:
    """One line of a position, in units. held: on the account, free and frozen; usable: free, and allowed for the year.

    tone  ``ok``, ``warn`` or ``""``; state: short; why: the rule with source and mark; quote: by which it is valued
    """

    code: str
    kind: str
    source: str | Promise
    held: int
    frozen: int
    lent: int
    usable: int | None
    tone: str
    state: str
    why: str
    value: int | None
    quote: Quote | None = None

    @property
    def unit(self) -> str:
        """``t`` or ``MWh``."""
        return words.unit(self.kind)


def holdings(
    store: Store, year: int, day: date, quotes: list[Quote], entity: str = "", *, as_of: date | None = None
) -> list[Holding]:
    """All that is there now, by kind, vintage and source; ``as_of``: after the events of a day. ``day`` is that of rules and prices."""
    lines: dict[Key, dict[str, int]] = {}
    for _entity, key, place, units in _rows(store, entity, as_of):
        places = lines.setdefault(key, {})
        places[place] = places.get(place, 0) + units
    return [_holding(key, lines[key], year, day, quotes) for key in sorted(lines, key=_order)]


@dataclass(slots=True)
class Held:
    """What one entity holds. units: by column of the table; value: fen, None where a line has no quote."""

    entity: str
    units: list[int]
    frozen: int = 0
    usable: int = 0
    value: int | None = 0


def by_entity(
    store: Store, year: int, day: date, quotes: list[Quote], *, as_of: date | None = None
) -> tuple[list[Column], list[Held]]:
    """Who holds what: allowances by vintage, everything else by kind; each entity that has an account, though it holds nothing."""
    lines: dict[str, dict[Key, dict[str, int]]] = {each.entity: {} for each in store.accounts()}
    for entity, key, place, units in _rows(store, "", as_of):
        lines[entity].setdefault(key, {})[place] = units
    keys = sorted({key for each in lines.values() for key in each}, key=_order)
    columns = list(dict.fromkeys(_column(key) for key in keys))
    found = []
    for entity, mine in lines.items():
        row = Held(entity, [0] * len(columns))
        for key, places in mine.items():
            one = _holding(key, places, year, day, quotes)
            row.units[columns.index(_column(key))] += one.held
            row.frozen, row.usable = row.frozen + one.frozen, row.usable + (one.usable or 0)
            row.value = None if row.value is None or one.value is None else row.value + one.value
        found.append(row)
    return columns, sorted(found, key=lambda each: each.entity)


Key = tuple[str, str, int, str, str, date | None, date | None, str, str, str]
"""code, kind, vintage, project, methodology, registered_on, produced_on, market, origin, inside_market."""
Column = tuple[str, str]
"""(code of an allowance or kind of anything else, unit)."""
_ORDER = {"cea": 0, "ccer": 1, "gec": 2, "green_power": 3, "pilot": 4, "voluntary": 5}
_UPTO = "SELECT 1 FROM book_posting p WHERE p.organisation_id = l.organisation_id AND p.day <= %s AND p.number"


def _order(key: Key) -> tuple[int, int, str, str]:
    return _ORDER[key[1]], -key[2], key[0], key[8]


def _column(key: Key) -> Column:
    return (key[0] if key[1] == "cea" else key[1]), words.unit(key[1])


def _rows(store: Store, entity: str, as_of: date | None) -> Iterator[tuple[str, Key, str, int]]:
    """(entity, key, place, units)."""
    of = "b.code, b.kind, b.vintage, b.project, b.methodology, b.registered_on, b.produced_on, b.market, b.origin, b.inside_market"
    there, given = "l.spent_by IS NULL", list[Any]()
    if as_of is not None:
        there, given = f"EXISTS ({_UPTO} = l.posting) AND NOT EXISTS ({_UPTO} = l.spent_by)", [as_of.isoformat()] * 2
    sql = (
        f"SELECT a.entity, {of}, l.place, SUM(l.last_number - l.first_number + 1) FROM book_lot l "
        "JOIN book_batch b ON b.organisation_id = l.organisation_id AND b.number = l.batch "
        "JOIN book_account a ON a.organisation_id = l.organisation_id AND a.key = l.account "
        f"WHERE l.organisation_id = %s AND {there} AND l.place IN ('held', 'frozen', 'lent') AND (a.entity = %s OR %s = '') "
        f"GROUP BY a.entity, {of}, l.place"
    )
    for row in store.rows(sql, store.tenant, *given, entity, entity):
        code, kind, vintage, project, methodology, registered, produced, market, origin, inside = row[1:11]
        key = (code, kind, int(vintage), project, methodology, _day(registered), _day(produced), market, origin, inside)
        yield row[0], key, row[11], int(row[12])


def _holding(key: Key, places: dict[str, int], year: int, day: date, quotes: list[Quote]) -> Holding:
    code, kind, vintage, project, methodology, registered, produced, market, origin, inside = key
    free, frozen, lent = (places.get(name, 0) for name in ("held", "frozen", "lent"))
    tone, state, why = _state(kind, vintage, registered, produced, year, day, inside == "yes")
    of = " ".join(each for each in (methodology, project, market) if each) if kind not in ("cea", "pilot") else ""
    came = words.SOURCES.get(origin, origin)
    void = worthless(Instrument(code, kind, vintage, produced_on=produced), day) is not None
    price = None if void else price_of(code, kind, quotes, day)
    return Holding(
        code,
        kind,
        f"{of} · {came}" if of else came,
        free + frozen,
        frozen,
        lent,
        None if kind not in ("cea", "ccer") else free if tone == "ok" else 0,
        tone,
        state,
        why,
        0 if void else None if price is None else price.close * (free + frozen),
        price,
    )


def _day(value: Any) -> date | None:
    """Of a row, whichever database gave it."""
    return value if value is None or isinstance(value, date) else date.fromisoformat(str(value)[:10])


def _why(refusal: Problem, language: str) -> str:
    """The reason, and the rule with its source and mark."""
    rule = refusal.values["rule_zh" if language == "zh" else "rule"]
    return f"{refusal.reason(language)}{'' if language == 'zh' else ' '}{rule}"


def _state(
    kind: str, vintage: int, registered: date | None, produced: date | None, year: int, day: date, inside: bool
) -> tuple[str, str, str]:
    language = lang()
    if kind == "cea":
        refusal = vintage_refusal(vintage, year, day)
        if refusal is None:
            return "ok", _("can be surrendered"), ""
        later = refusal.code == "law.vintage-later"
        return "" if later else "warn", _("not for %(year)s") % {"year": year}, _why(refusal, language)
    if kind == "ccer" and registered is not None:
        refusals = credit_refusals(Credit(registered, inside_market=inside), year, day)
        if not refusals:
            return "ok", _("can offset, up to 5%% of what is due") % {}, ""
        return "warn", _("does not offset %(year)s") % {"year": year}, _why(refusals[0], language)
    if kind in ("gec", "green_power") and produced is not None:
        last = valid_until(produced)
        if day > last:
            return "warn", _("expired on %(day)s") % {"day": last}, ""
        return "ok", _("valid until %(day)s") % {"day": last}, _("market-based scope 2 alone")
    return "", _("not for the national market"), ""
