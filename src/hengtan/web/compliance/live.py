"""The book of carbon assets as a compliance year sees it: who holds what that serves, what is used already, and what moved since a plan was made."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.db.models import Q

from hengtan.market.book.store import Store, as_day
from hengtan.market.compliance.standing import Held, Standing, refusals, standing
from hengtan.market.rules import vintage_name
from hengtan.web.assets.models import Claim, Lot, Posting

from .models import CompliancePlan

ORIGINS = {
    "allocate": "allocated",
    "preallocate": "pre-allocated",
    "carry_over": "carried-over",
}  # whatever else: bought
MOST_MOVED = 8


@dataclass(frozen=True, slots=True)
class Lying:
    """Units of one instrument of one account in one place; contract: which binds them, where one does."""

    entity: str
    account: str
    code: str
    contract: str
    held: Held

    @property
    def unit(self) -> str:
        """As a plan names it: ``CEA25`` or ``CCER``."""
        return vintage_name(self.held.vintage) if self.held.kind == "CEA" else "CCER"


@dataclass(frozen=True, slots=True)
class Live:
    """Allowances and CCER on the accounts, what was surrendered for the year by entity and kind (``cea``, ``ccer``), and whose accounts there are."""

    year: int
    on: date
    lying: tuple[Lying, ...]
    used: Mapping[tuple[str, str], int]
    accounts: Mapping[str, tuple[str, ...]]

    def names(self, *names: str) -> tuple[str, ...]:
        """Those of an entity's names that the book knows."""
        return tuple(each for each in dict.fromkeys(names) if each in self.accounts)

    def of(self, *names: str) -> list[Lying]:
        """What lies on the accounts of an entity."""
        return [each for each in self.lying if each.entity in names]

    def used_by(self, kind: str, *names: str) -> int:
        """Tonnes that an entity surrendered for the year: ``cea`` or ``ccer``."""
        return sum(self.used.get((each, kind), 0) for each in dict.fromkeys(names))

    def standing(self, due_t: int | None, *names: str) -> Standing:
        """Where an entity stands for the year."""
        return standing(
            (each.held for each in self.of(*names)), self.year, self.on, due_t,
            surrendered_t=self.used_by("cea", *names), offset_t=self.used_by("ccer", *names),
        )  # fmt: skip

    def serves(self, each: Lying) -> bool:
        """Whether the rules let these units be used for the year."""
        return not refusals(each.held, self.year, self.on)


def live(store: Store, year: int, on: date) -> Live:
    """What the book of a tenant says on a day."""
    sql = (
        "SELECT a.entity, l.account, b.code, b.kind, b.vintage, b.registered_on, b.inside_market, b.origin, l.place, l.contract, "
        "SUM(l.last_number - l.first_number + 1) FROM book_lot l "
        "JOIN book_batch b ON b.organisation_id = l.organisation_id AND b.number = l.batch "
        "JOIN book_account a ON a.organisation_id = l.organisation_id AND a.key = l.account "
        "WHERE l.organisation_id = %s AND l.spent_by IS NULL AND l.place IN ('held', 'frozen') AND b.kind IN ('cea', 'ccer') "
        "GROUP BY a.entity, l.account, b.code, b.kind, b.vintage, b.registered_on, b.inside_market, b.origin, l.place, l.contract "
        "ORDER BY a.entity, l.account, b.code"
    )
    lying = tuple(_lying(row) for row in store.rows(sql, store.tenant))
    used_sql = (
        "SELECT p.entity, b.kind, SUM(l.last_number - l.first_number + 1) FROM book_claim c "
        "JOIN book_posting p ON p.organisation_id = c.organisation_id AND p.number = c.posting "
        "JOIN book_lot l ON l.organisation_id = c.organisation_id AND l.posting = c.posting AND l.place = 'surrendered' "
        "JOIN book_batch b ON b.organisation_id = l.organisation_id AND b.number = l.batch "
        "WHERE c.organisation_id = %s AND c.purpose = 'compliance' AND c.year = %s GROUP BY p.entity, b.kind"
    )
    used = {(str(row[0]), str(row[1])): int(row[2]) for row in store.rows(used_sql, store.tenant, year)}
    accounts: dict[str, tuple[str, ...]] = {}
    for each in store.accounts():
        accounts[each.entity] = (*accounts.get(each.entity, ()), each.key)
    return Live(year, on, lying, used, accounts)


def _lying(row: Sequence[Any]) -> Lying:
    entity, account, code, kind, vintage, registered, inside, origin, place, contract, count = row
    held = Held(
        str(kind).upper(), int(count), int(vintage), ORIGINS.get(str(origin), "bought") if kind == "cea" else "",
        as_day(registered), {"yes": True, "no": False}.get(str(inside)), place == "frozen",
    )  # fmt: skip
    return Lying(str(entity), str(account), str(code), str(contract), held)


def surrendered_since(one: CompliancePlan) -> dict[tuple[str, str], int]:
    """(entity, unit) -> tonnes surrendered for the years of a plan that it did not see when it was made: it foresaw them, whoever proposed them."""
    of = one.organisation
    made_at = one.created_at.replace(microsecond=0)  # a book counts in whole seconds
    later = Posting.objects.of(of).filter(Q(day__gt=one.as_of) | Q(posted_at__gte=made_at), kind="surrender")
    entities = dict(later.values_list("number", "entity"))
    claims = Claim.objects.of(of).filter(posting__in=entities, purpose="compliance", year__in=one.years)
    numbers = list(claims.values_list("posting", flat=True)) if entities else []
    lots = Lot.objects.of(of).filter(posting__in=numbers, place="surrendered") if numbers else Lot.objects.none()
    found: dict[tuple[str, str], int] = {}
    for posting, code, first, last in lots.values_list("posting", "code", "first_number", "last_number"):
        key = (entities[posting], code if code.startswith("CEA") else "CCER")
        found[key] = found.get(key, 0) + last - first + 1
    return found


@dataclass(frozen=True, slots=True)
class Moved:
    """Units of which the book now has another amount than the plan rested on."""

    entity: str
    unit: str
    pledged: bool
    then: int
    now: int

    @property
    def change(self) -> int:
        """Below zero: fewer than then."""
        return self.now - self.then


def moved(
    record: Mapping[str, Any],
    found: Live,
    own: Mapping[tuple[str, str, bool], int],
    used: Mapping[tuple[str, str], int],
    entity: str = "",
) -> list[Moved]:
    """What the book has otherwise than the plan.

    own   (entity's id, unit, pledged) -> tonnes that purchases, releases and transfers of the plan moved since; used: see ``surrendered_since``

    Entities that the book does not know are left out: their holdings were typed.
    """
    names = {each["entity"]: each["name"] for each in record["positions"]}
    then: dict[tuple[str, str, bool], int] = {}
    for each in record["holdings"]:
        if each["id"] or each["origin"] != "allocated":  # allowances still to come lie nowhere
            key = (each["entity"], each["unit"], each["pledged"])
            then[key] = then.get(key, 0) + each["t"]
    now: dict[tuple[str, str, bool], int] = {}
    for code, name in names.items():
        for lot in found.of(name, code):
            of = (code, lot.unit, lot.held.frozen)
            now[of] = now.get(of, 0) + lot.held.t
    rows = []
    for of in sorted({*then, *now}):
        code, unit, pledged = of
        if found.names(names[code], code) and entity in ("", code, names[code]):
            gone = 0 if pledged else sum(used.get((name, unit), 0) for name in {names[code], code})
            before, after = then.get(of, 0) + own.get(of, 0) - gone, now.get(of, 0)
            if before != after:
                rows.append(Moved(names[code], unit, pledged, before, after))
    return rows


def known(record: Mapping[str, Any], found: Live) -> tuple[int, int]:
    """(how many entities of a plan the book knows, how many there are)."""
    names = {(each["entity"], each["name"]) for each in record["positions"]}
    return sum(bool(found.names(*each)) for each in names), len(names)


def entities(records: Iterable[Mapping[str, Any]], found: Live) -> list[str]:
    """Names of everybody in the plans and in the book."""
    planned = {each["name"]: each["entity"] for record in records for each in record["positions"]}
    return sorted({*planned, *(each for each in found.accounts if each not in planned.values())})
