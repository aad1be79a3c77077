"""How the input of a plan begins: with what is known already, each value with where it came from; what nobody knows stays away and is asked for.

Holdings, pledges, quotes and prices come from the book; emissions from allocations, approved statements or the input of an earlier plan;
allowances to come from an allocation that is not in the book yet; days from the rules.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import override

from hengtan.market.book import Store
from hengtan.market.book.event import fen
from hengtan.market.book.kept import quotes
from hengtan.market.book.position import carried, daily, holdings, issued, stated_inside, without_code
from hengtan.market.book.quote import price_of
from hengtan.market.compliance import case_of_text
from hengtan.market.compliance.flat import as_text
from hengtan.market.compliance.schema import wrong
from hengtan.market.rules import steps, surrender_deadline, vintage_name
from hengtan.problems import HengtanError, Problem
from hengtan.sectors.covered import SECTORS, emitted_t
from hengtan.web.assets.services import reading
from hengtan.web.market.models import Allocation
from hengtan.web.organisations.models import Membership
from hengtan.web.statements.models import State, Statement
from hengtan.web.vault import services as vault

from .models import CompliancePlan

EARLIER = 5  # plans whose inputs are looked through
MOST_ENTITIES = 500


@dataclass(frozen=True, slots=True)
class Said:
    """Where a value came from: ``kind`` of source, its name and its day, as far as they are known."""

    kind: str
    name: str = ""
    day: str = ""

    def sentence(self) -> str:
        """For a person."""
        words = {
            "book": _("from the book, after the events of %(day)s"),
            "quote": _("close of %(name)s on %(day)s in the book, without fees: add yours"),
            "allocation": _("from the allocation «%(name)s»"),
            "statement": _("from the approved statement «%(name)s»: change it where the verifier says otherwise"),
            "plan": _("as in the plan «%(name)s» of %(day)s"),
            "issue": _("allocation «%(name)s» less what the book has received; day by the notice of the year"),
            "issue-expected": _("allocation «%(name)s» less what the book has received; the day is expected, no notice yet"),
            "carried": _("as the carry-over in the book states"),
            "several": _("several entities: say no where units are not handed over"),
            "today": _("the day on which the plan was begun"),
        }  # fmt: skip
        return words[self.kind] % {"name": self.name, "day": self.day} if self.kind in words else ""

    def code(self) -> str:
        """As a form keeps it."""
        return "|".join((self.kind, self.name.replace("|", "/"), self.day))


def said_of(code: str) -> Said:
    """Back from a form."""
    kind, name, day = (*code.split("|"), "", "")[:3]
    return Said(kind[:20], name[:200], day[:10])


@dataclass(slots=True)
class Begun:
    """value: an input that may lack things; said: by JSON pointer of an object or a value, where it came from."""

    value: dict[str, Any]
    said: dict[str, Said] = field(default_factory=dict)

    def asked(self) -> list[tuple[str, Problem]]:
        """(pointer, what lacks or is wrong), as far as can be seen before the rest is given."""
        told = wrong(self.value, "input", "")
        if not told:
            try:
                case_of_text(as_text(self.value), "")
            except HengtanError as fault:
                told = list(fault.problems)
        return [(each.file.partition("#")[2], each) for each in told]


@dataclass(slots=True)
class Known:
    """What may stand in a plan for one entity; accounts: keys of the book."""

    name: str
    accounts: list[str] = field(default_factory=list)
    sector: str = ""
    sources: set[str] = field(default_factory=set)


class Sources:
    """What an organisation knows, as far as this person sees it, by a day."""

    def __init__(self, membership: Membership, as_of: date) -> None:
        self.membership, self.as_of = membership, as_of
        organisation, user = membership.organisation, membership.user
        with reading(organisation) as store:
            accounts = store.accounts()
        self.entities: dict[str, Known] = {}
        for each in accounts:
            one = self._entity(each.entity)
            one.accounts.append(each.key)
            one.sources.add("book")
        self.allocations = list(Allocation.objects.visible_to(user).of(organisation).defer("record", "problems"))
        stated = Statement.objects.visible_to(user).of(organisation).filter(state=State.APPROVED, method__in=SECTORS)
        self.statements = list(stated.defer("rows", "problems"))
        plans = CompliancePlan.objects.visible_to(user).of(organisation).defer("record").select_related("organisation")
        self.earlier = [(each, _input(each)) for each in plans[:EARLIER]]
        self._name_entities()

    def _entity(self, name: str) -> Known:
        return self.entities.setdefault(name, Known(name))

    def _name_entities(self) -> None:
        for one in self.allocations:
            sector = "power" if one.plan.startswith("power") else ""
            for row in one.entities[:MOST_ENTITIES]:
                found = self._entity(str(row["entity"])[:100])
                found.sources.add("allocation")
                found.sector = found.sector or sector
        for each in self.statements:
            found = self._entity(each.name[:100])
            found.sources.add("statement")
            found.sector = SECTORS[each.method]
        for _plan, given in self.earlier:
            for entity in given.get("entities", ()):
                if (known := self.entities.get(entity["name"])) is not None:
                    known.sector = known.sector or entity["sector"]

    def has_book(self) -> bool:
        """Whether anything is in the book."""
        return any("book" in each.sources for each in self.entities.values())

    def emissions(self, name: str, year: int) -> tuple[dict[str, Any], Said] | None:
        """Of an entity for a year, from the nearest to a verified figure on."""
        for one in self.allocations:
            row = next((each for each in one.entities if each["entity"] == name), None) if one.year == year else None
            if row is not None:
                return {"year": year, "verified_t": int(row["verified"])}, Said("allocation", one.name)
        for each in self.statements:
            if each.name == name and each.year == year:
                return {"year": year, "verified_t": emitted_t(each.record)}, Said("statement", each.name)
        for plan, given in self.earlier:
            for entity in given.get("entities", ()):
                found = next((each for each in entity["emissions"] if each["year"] == year), None)
                if entity["name"] == name and found is not None:
                    return found, Said("plan", plan.title, plan.as_of.isoformat())
        return None

    def sample_of(self, names: set[str]) -> CompliancePlan | None:
        """An earlier plan of some of these entities that said its figures are invented."""
        for plan, given in self.earlier:
            if given.get("sample") and names & {each["name"] for each in given.get("entities", ())}:
                return plan
        return None

    def inside(self) -> dict[str, bool]:
        """What somebody said of credits in an earlier plan; the newest counts."""
        found: dict[str, bool] = {}
        for _plan, given in reversed(self.earlier):
            found |= stated_inside(given)
        return found


def _input(one: CompliancePlan) -> Mapping[str, Any]:
    """What an earlier plan was made from; nothing where it was kept in a form that is no longer read."""
    try:
        found: Mapping[str, Any] = json.loads(vault.facts(one.organisation).read(one.digest))
    except ValueError:
        return {}
    return found if isinstance(found, dict) and found.get("version") == 1 else {}


def years_open(as_of: date) -> list[int]:
    """Years whose deadline is still to come, the next first, as many as are planned together at most."""
    return [year for year in range(as_of.year - 2, as_of.year + 3) if surrender_deadline(year)[0] >= as_of][:3]


def begun(sources: Sources, years: Sequence[int], names: Iterable[str]) -> Begun:
    """The input for entities and years."""
    as_of, chosen = sources.as_of, [sources.entities[name] for name in names if name in sources.entities]
    title = _("Compliance %(years)s") % {"years": ", ".join(map(str, years))}
    made = Begun({"hengtan": "comply.input", "version": 1, "title": title, "as_of": as_of.isoformat(), "years": list(years), "entities": []})  # fmt: skip
    made.said["/as_of"] = Said("today")
    if (invented := sources.sample_of({each.name for each in chosen})) is not None:
        made.value["sample"] = True
        made.said["/sample"] = Said("plan", invented.title, invented.as_of.isoformat())
    if len(chosen) > 1:
        made.value["transfers"] = {"allowed": True}
        made.said["/transfers"] = Said("several")
    with reading(sources.membership.organisation) as store:
        for one in chosen:
            _add(made, sources, store, one, years)
        _prices(made, store, as_of, min(years))
    return made


def _add(made: Begun, sources: Sources, store: Store, one: Known, years: Sequence[int]) -> None:
    at = f"/entities/{len(made.value['entities'])}"
    taken = {each["id"] for each in made.value["entities"]}
    key = one.accounts[0] if len(one.accounts) == 1 and one.accounts[0] not in taken else one.name
    entity: dict[str, Any] = {"id": key[:100], "name": one.name[:100]} | ({"sector": one.sector} if one.sector else {})
    entity["emissions"] = []
    for year in years:
        known = sources.emissions(one.name, year)
        if known is not None:
            made.said[f"{at}/emissions/{len(entity['emissions'])}"] = known[1]
        entity["emissions"].append(known[0] if known else {"year": year})
    if one.accounts:
        held = holdings(store, one.accounts, sources.as_of, sources.inside())
        entity["holdings"] = [without_code(each) for each in held]
        for number in range(len(held)):
            made.said[f"{at}/holdings/{number}"] = Said("book", day=sources.as_of.isoformat())
        stated = carried(store, one.accounts, sources.as_of)
        entity |= {name: value for name, value in stated.items() if value}
        made.said |= {f"{at}/{name}": Said("carried") for name, value in stated.items() if value}
    for year in years:
        _to_come(made, sources, store, one, entity, at, year)
    made.value["entities"].append(entity)


def afresh(
    membership: Membership, names: Sequence[str], as_of: date
) -> tuple[list[list[dict[str, Any]] | None], list[dict[str, Any]]]:
    """By entity what it holds by the book after a day, None for one without an account; and the quotes."""
    with reading(membership.organisation) as store:
        accounts = store.accounts()
        found = []
        for name in names:
            mine = [each.key for each in accounts if each.entity == name]
            found.append([without_code(each) for each in holdings(store, mine, as_of, {})] if mine else None)
        return found, daily(store, as_of)


def _to_come(
    made: Begun, sources: Sources, store: Store, one: Known, entity: dict[str, Any], at: str, year: int
) -> None:
    """Allowances of an allocation that the book has not received yet."""
    for allocation in sources.allocations:
        row = next((each for each in allocation.entities if each["entity"] == one.name), None)
        if allocation.year != year or row is None:
            continue
        left = int(row["final"]) - (issued(store, one.accounts, year, sources.as_of) if one.accounts else 0)
        if left > 0:
            step = next((each for each in steps(year, one.sector) if each.id == "issue"), None)
            known = step is not None and step.day >= sources.as_of
            line = {"year": year, "t": left} | ({"on": step.day.isoformat()} if known and step else {})
            mine = entity.setdefault("allocations", [])
            expected = step is None or step.expected or not known
            made.said[f"{at}/allocations/{len(mine)}"] = Said(
                "issue-expected" if expected else "issue", allocation.name
            )
            mine.append(line)
        return


def _prices(made: Begun, store: Store, as_of: date, year: int) -> None:
    """Spot offers from the newest quotes, and the quotes themselves; what has no quote is asked for."""
    known = quotes(store)
    day = as_of.isoformat()
    cea, ccer = (price_of(symbol, symbol.lower(), known, as_of) for symbol in ("CEA", "CCER"))
    name = vintage_name(year)
    offer = {"id": _("%(unit)s spot") % {"unit": name}, "kind": "CEA", "vintage": year, "delivered": day}
    made.value["offers"] = [offer | ({"price_cny_t": fen(cea.close)} if cea else {})]
    if cea is not None:
        made.said["/offers/0"] = Said("quote", "CEA", cea.day.isoformat())
    if ccer is not None:
        made.value["offers"].append(
            {
                "id": _("%(unit)s spot") % {"unit": "CCER"},
                "kind": "CCER",
                "delivered": day,
                "price_cny_t": fen(ccer.close),
            }
        )
        made.said["/offers/1"] = Said("quote", "CCER", ccer.day.isoformat())
    if found := daily(store, as_of):
        made.value["quotes"] = found
        made.said["/quotes"] = Said("book", day=day)


def told(one: Said) -> dict[str, str]:
    """In both languages."""
    found = {}
    for language, code in (("en", "en"), ("zh-hans", "zh")):
        with override(language):
            found[code] = one.sentence()
    return found
