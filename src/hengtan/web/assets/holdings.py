"""What is held, by instrument and source, and whether it can be used for a year: asked of ``market.rules``."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Any

from django.utils.functional import Promise
from django.utils.translation import gettext as _

from hengtan.market.book.quote import Quote, price_of
from hengtan.market.book.store import Store
from hengtan.market.rules import Credit, credit_refusals, valid_until, vintage_refusal
from hengtan.problems import Problem
from hengtan.web.runs.words import lang

from . import words


@dataclass(frozen=True, slots=True)
class Holding:
    """One line of a position, in units. held: on the account, free and frozen; usable: free, and allowed for the year.

    tone  ``ok``, ``warn`` or ``""``; state: short; why: the rule with source and mark
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

    @property
    def unit(self) -> str:
        """``t`` or ``MWh``."""
        return words.unit(self.kind)


def holdings(store: Store, year: int, day: date, quotes: list[Quote], entity: str = "") -> list[Holding]:
    """All that is there, by kind, vintage and source."""
    sql = (
        "SELECT b.code, b.kind, b.vintage, b.project, b.methodology, b.registered_on, b.produced_on, b.market, b.origin, l.place, "
        "SUM(l.last_number - l.first_number + 1) FROM book_lot l "
        "JOIN book_batch b ON b.organisation_id = l.organisation_id AND b.number = l.batch "
        "JOIN book_account a ON a.organisation_id = l.organisation_id AND a.key = l.account "
        "WHERE l.organisation_id = %s AND l.spent_by IS NULL AND l.place IN ('held', 'frozen', 'lent') AND (a.entity = %s OR %s = '') "
        "GROUP BY b.code, b.kind, b.vintage, b.project, b.methodology, b.registered_on, b.produced_on, b.market, b.origin, l.place"
    )
    lines: dict[tuple[Any, ...], dict[str, int]] = {}
    for row in store.rows(sql, store.tenant, entity, entity):
        key: tuple[Any, ...] = (row[0], row[1], int(row[2]), row[3], row[4], _day(row[5]), _day(row[6]), row[7], row[8])
        lines.setdefault(key, {})[row[9]] = int(row[10])
    order = {"cea": 0, "ccer": 1, "gec": 2, "green_power": 3, "pilot": 4, "voluntary": 5}
    found = []
    for key in sorted(lines, key=lambda each: (order[str(each[1])], -int(str(each[2])), str(each[0]), str(each[8]))):
        code, kind, vintage, project, methodology, registered, produced, market, origin = key
        places = lines[key]
        free, frozen, lent = (places.get(name, 0) for name in ("held", "frozen", "lent"))
        tone, state, why = _state(str(kind), int(str(vintage)), registered, produced, year, day)
        of = (
            " ".join(str(each) for each in (methodology, project, market) if each)
            if kind not in ("cea", "pilot")
            else ""
        )
        came = words.SOURCES.get(str(origin), str(origin))
        price = price_of(str(code), str(kind), quotes, day)
        found.append(
            Holding(
                str(code),
                str(kind),
                f"{of} · {came}" if of else came,
                free + frozen,
                frozen,
                lent,
                None if kind not in ("cea", "ccer") else free if tone == "ok" else 0,
                tone,
                state,
                why,
                None if price is None else price.close * (free + frozen),
            )
        )
    return found


def _day(value: Any) -> date | None:
    """Of a row, whichever database gave it."""
    return value if value is None or isinstance(value, date) else date.fromisoformat(str(value)[:10])


def _why(refusal: Problem, language: str) -> str:
    """The reason, and the rule with its source and mark."""
    rule = refusal.values["rule_zh" if language == "zh" else "rule"]
    return f"{refusal.reason(language)}{'' if language == 'zh' else ' '}{rule}"


def _state(
    kind: str, vintage: int, registered: date | None, produced: date | None, year: int, day: date
) -> tuple[str, str, str]:
    language = lang()
    if kind == "cea":
        refusal = vintage_refusal(vintage, year, day)
        if refusal is None:
            return "ok", _("can be surrendered"), ""
        later = refusal.code == "law.vintage-later"
        return "" if later else "warn", _("not for %(year)s") % {"year": year}, _why(refusal, language)
    if kind == "ccer" and registered is not None:
        refusals = credit_refusals(Credit(registered, inside_market=False), year, day)
        if not refusals:
            return "ok", _("can offset, up to 5%% of what is due") % {}, ""
        return "warn", _("does not offset %(year)s") % {"year": year}, _why(refusals[0], language)
    if kind in ("gec", "green_power") and produced is not None:
        last = valid_until(produced)
        if day > last:
            return "warn", _("expired on %(day)s") % {"day": last}, ""
        return "ok", _("valid until %(day)s") % {"day": last}, _("market-based scope 2 alone")
    return "", _("not for the national market"), ""
