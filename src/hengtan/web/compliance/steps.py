"""The steps of a plan as postings: what each asks of the book, whether it was proposed or posted, and putting it before a second person.

A proposal that comes of a step carries the key ``plan:PLAN:LINE:KIND:ATTEMPT``, so that the same step is proposed once, whoever asks and however often;
what was turned down or reversed leaves the step open, and the next attempt has another number.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any
from urllib.parse import urlencode

from django.db.models import Q
from django.utils.translation import gettext as _

from hengtan.market.book.store import Store
from hengtan.web.assets.deciding import units_of
from hengtan.web.assets.models import Posting, Proposal
from hengtan.web.organisations.models import Organisation

from .fit import LAST_OLD, around, fits
from .live import Live, Lying
from .models import Assigned, CompliancePlan

LISTED_BELOW = 100_000  # t; from there on a trade is a block
KINDS = ("buy", "sell", "transfer", "release", "carry_over", "surrender")


@dataclass(slots=True)
class Part:
    """One posting that a line of a plan asks for.

    line     number of the line in the plan, from 1; kind: of the event; use: whether it settles the year (surrender, offset)
    done     proposals that stand for it: (number, t, posting or None), the oldest first; attempts: the number of the last one, refused ones too
    why      what keeps it from being proposed now; form: address of the book's form for it
    """

    line: int
    kind: str
    entity: tuple[str, str]
    unit: str
    t: int
    year: int | None
    id: str
    to: tuple[str, str] = ("", "")
    price: str = ""
    due_t: int = 0
    verified: bool = True
    done: list[tuple[int, int, Posting | None]] = field(default_factory=list)
    attempts: int = 0
    why: str = ""
    form: str = ""

    @property
    def use(self) -> bool:
        """Whether it uses units for the year."""
        return self.kind == "surrender"

    @property
    def posted_t(self) -> int:
        """What stands in the book."""
        return sum(t for _number, t, posting in self.done if posting is not None)

    @property
    def open_t(self) -> int:
        """What nobody has proposed yet."""
        return max(self.t - sum(t for _number, t, _posting in self.done), 0)

    @property
    def state(self) -> str:
        """``open``, ``partly`` (a part is proposed), ``proposed`` or ``posted``."""
        if self.open_t:
            return "partly" if self.done else "open"
        return "posted" if self.posted_t >= self.t else "proposed"

    @property
    def key(self) -> str:
        """Of the step, without the attempt."""
        return f"{self.line}:{self.kind}"


def parts(record: Mapping[str, Any], year: int | None = None) -> list[Part]:
    """What the lines of a plan ask of the book, in their order; ``year``: of those that belong to it."""
    names = {each["entity"]: (each["name"], each["entity"]) for each in record["positions"]}
    stands = {(each["entity"], each["year"]): each for each in record["positions"]}
    pledged = {(each["entity"], each["id"]): each["t"] for each in record["holdings"] if each["pledged"]}
    released = {(each["entity"], each["id"]) for each in record["lines"] if each["action"] == "release"}
    found: list[Part] = []
    for number, line in enumerate(record["lines"], 1):
        mine = year is None or of_year(record, line, year)
        position = stands.get((line["entity"], line["year"]))
        common: dict[str, Any] = {
            "line": number, "entity": names[line["entity"]], "unit": line["unit"], "year": line["year"], "id": line["id"],
            "price": line["price_cny_t"] or "", "due_t": position["due_t"] if position else 0,
            "verified": position is not None and position["emissions"]["method"] == "verified",
        }  # fmt: skip
        action, source, pledge = line["action"], line["source"], (line["entity"], line["id"])
        if action == "release" or (source == "released" and pledge not in released):
            released.add(pledge)
            found += [Part(kind="release", t=pledged.get(pledge, line["t"]), **common)] if mine else []
        if not mine:
            continue
        if source in ("offer", "later") and action in ("surrender", "offset", "keep"):
            found.append(Part(kind="buy", t=line["t"], **common))
        if action in ("surrender", "offset"):
            found.append(Part(kind="surrender", t=line["t"], **common))
        elif action == "hand-over":
            found.append(Part(kind="transfer", t=line["t"], to=names[line["to"]], **common))
        elif action in ("convert", "sell"):
            found.append(Part(kind={"convert": "carry_over", "sell": "sell"}[action], t=line["t"], **common))
    return found


def of_year(record: Mapping[str, Any], line: Mapping[str, Any], year: int) -> bool:
    """Whether a line belongs to a year: what has none is done now, with the first."""
    return bool(line["year"] == year or (line["year"] is None and _year_of(record, line) == year))


def of_lines(record: Mapping[str, Any], found: Sequence[Part], year: int) -> list[Part]:
    """Those whose lines belong to a year."""
    lines = {number for number, line in enumerate(record["lines"], 1) if of_year(record, line, year)}
    return [each for each in found if each.line in lines]


def _year_of(record: Mapping[str, Any], line: Mapping[str, Any]) -> int:
    years = {each["deadline"]: each["year"] for each in record["positions"]}
    return next((years[day] for day in sorted(years) if line["by"] <= day), int(record["years"][-1]))


def prefix(one: CompliancePlan) -> str:
    """With which the keys of a plan's proposals begin."""
    return f"plan:{one.key}:"


def seen(organisation: Organisation, one: CompliancePlan, found: Sequence[Part]) -> None:
    """Puts to each part the proposals that were made for it, or that somebody said are it. As many queries, whatever the plan."""
    assigned = dict(Assigned.objects.of(organisation).filter(plan=one).values_list("proposal", "step"))
    rows = list(
        Proposal.objects.of(organisation)
        .filter(Q(key__startswith=prefix(one)) | Q(pk__in=assigned))
        .select_related("decision")
        .order_by("pk")
    )
    postings = (
        {
            each.proposal_id: each
            for each in Posting.objects.of(organisation)
            .filter(proposal_id__in=[each.pk for each in rows])
            .defer("record")
        }
        if rows
        else {}
    )
    reversed_ = (
        set(
            Posting.objects.of(organisation)
            .filter(reverses__in=[each.number for each in postings.values()])
            .values_list("reverses", flat=True)
        )
        if postings
        else set()
    )
    by = {each.key: each for each in found}
    accounts, kinds = around(organisation) if rows else ({}, {})
    for row in rows:
        step = assigned.get(row.pk) or ":".join(row.key.split(":")[2:4])
        part = by.get(step)
        if part is None:
            continue
        if row.pk not in assigned:
            part.attempts = max(part.attempts, int(row.key.split(":")[4]))
        decision, posting = getattr(row, "decision", None), postings.get(row.pk)
        if (decision is not None and decision.verdict == "rejected") or (
            posting is not None and posting.number in reversed_
        ):
            continue
        told = json.loads(row.event)
        if part.kind == "release" or fits(part, told, accounts, kinds):  # a form may be changed before it is sent
            part.done.append((row.pk, (posting.quantity if posting is not None else units_of(told)) or part.t, posting))


def own(found: Sequence[Part]) -> dict[tuple[str, str, bool], int]:
    """(entity, unit, pledged) -> tonnes that the postings of these steps moved, surrenders apart."""
    sums: dict[tuple[str, str, bool], int] = {}

    def add(entity: str, unit: str, pledged: bool, t: int) -> None:
        sums[entity, unit, pledged] = sums.get((entity, unit, pledged), 0) + t

    for each in found:
        here, t = each.entity[1], each.posted_t
        if each.kind in ("sell", "transfer"):
            add(here, each.unit, False, -t)
        if each.kind == "transfer":
            add(each.to[1], each.unit, False, t)
        elif each.kind in ("buy", "carry_over"):
            add(here, each.unit, False, t)
        elif each.kind == "release":
            add(here, each.unit, True, -t)
            add(here, each.unit, False, t)
    return {of: t for of, t in sums.items() if t}


def waiting(store: Store) -> dict[tuple[str, str], int]:
    """(account, instrument) -> units that proposals would take away when they are approved."""
    sums: dict[tuple[str, str], int] = {}
    rows = store.rows(
        "SELECT event FROM book_proposal p WHERE p.organisation_id = %s AND NOT EXISTS "
        "(SELECT 1 FROM book_decision d WHERE d.organisation_id = p.organisation_id AND d.proposal_id = p.id)",
        store.tenant,
    )
    for (text,) in rows:
        told = json.loads(text)
        if told["kind"] in (
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
        ):
            of = (str(told.get("account", "")), str(told.get("instrument", "")))
            sums[of] = sums.get(of, 0) + int(str(told.get("quantity", "0")).replace(",", "") or 0)
    return sums


class Free:
    """Units that lie free and are not asked for by what waits; ``take`` keeps for a step what it needs."""

    def __init__(self, found: Live, taken: Mapping[tuple[str, str], int]) -> None:
        self.live = found
        self._taken = dict(taken)
        self._short: set[tuple[tuple[str, str], str]] = set()

    def matching(self, part: Part) -> list[Lying]:
        """What a step may use, the account and instrument with the most first; CCER of the holding that the plan names."""
        lots = [each for each in self.live.of(*part.entity) if each.unit == part.unit and not each.held.frozen]
        if part.unit == "CCER":
            named = [each for each in lots if part.id == each.code or part.id.startswith(f"{each.code} ")]
            lots = named or [each for each in lots if self.live.serves(each)]
        return sorted(lots, key=lambda each: -each.held.t)

    def take(self, part: Part) -> list[tuple[str, str, int]]:
        """(account, instrument, t) that together are what is open; empty where less lies free. Taken is taken, and where a step of an entity waits for its units, the later ones do too."""
        free: dict[tuple[str, str], int] = {}
        for each in self.matching(part):
            of = (each.account, each.code)
            free[of] = free.get(of, 0) + each.held.t
        if (part.entity, part.unit) in self._short:
            return []
        left, given = part.open_t, []
        for of, t in free.items():
            part_t = min(max(t - self._taken.get(of, 0), 0), left)
            if part_t:
                given.append((*of, part_t))
                left -= part_t
        if left:
            self._short.add((part.entity, part.unit))
            return []
        for account, code, t in given:
            self._taken[account, code] = self._taken.get((account, code), 0) + t
        return given


def hindrance(one: CompliancePlan, part: Part, found: Live) -> str:
    """Why a step cannot be proposed, before the book itself is asked; "" where nothing speaks against it."""
    if one.step != "approved":
        return _("The plan is not approved yet.")
    if not found.names(*part.entity):
        return _("The book has no account of %(entity)s.") % {"entity": part.entity[0]}
    if part.use and not part.verified:
        return _("The emissions of %(year)s are not verified yet.") % {"year": part.year}
    if part.kind == "transfer" and not found.names(*part.to):
        return _("The book has no account of %(entity)s.") % {"entity": part.to[0]}
    return ""


def hindered(one: CompliancePlan, parts: Sequence[Part], found: Live, taken: Mapping[tuple[str, str], int]) -> None:
    """Says of each open part what keeps it from being proposed now; units that one part needs are not promised to the next."""
    free = Free(found, taken)
    for part in parts:
        if part.open_t:
            part.why = hindrance(one, part, found)
            if not part.why and part.use and not free.take(part):
                part.why = lacks(part)


def event(
    one: CompliancePlan, part: Part, found: Live, today: date, given: tuple[str, str, int] | None = None
) -> dict[str, str]:
    """The event of a step as far as the plan and the book know it: what its form begins with, or what is proposed at once (``given``)."""
    accounts = [key for name in found.names(*part.entity) for key in found.accounts[name]]
    lots = Free(found, {}).matching(part)
    account, code, t = given or (
        lots[0].account if lots else accounts[0] if accounts else "",
        lots[0].code if lots else "" if part.unit == "CCER" else part.unit,
        part.open_t,
    )
    told = {"kind": part.kind, "day": today.isoformat(), "quantity": str(t), "note": note(one, part)}
    if part.kind == "release":
        bound = [
            each for each in found.of(*part.entity) if each.held.frozen and each.unit == part.unit and each.contract
        ]
        named = [each.contract for each in bound if part.id.endswith(each.contract)] or [
            each.contract for each in bound
        ]
        return told | {"contract": named[0] if named else ""}
    told |= {"account": account, "instrument": code}
    if part.kind == "surrender":
        told |= {"year": str(part.year), "due_t": str(part.due_t), "reference": f"{one.key}-{part.line}"}
        inside = {each.held.inside for each in lots if each.code == code}
        if part.unit == "CCER" and inside == {None} and (part.id == code or part.id.startswith(f"{code} ")):
            told["inside_market"] = "no"  # the plan was told of this holding, and offsets with it
    elif part.kind == "transfer":
        others = [key for name in found.names(*part.to) for key in found.accounts[name]]
        told |= {"to_account": others[0] if len(others) == 1 else "", "reference": f"{one.key}-{part.line}"}
    elif part.kind in ("buy", "sell"):
        told |= {"price": part.price}
        if part.unit != "CCER":
            told["way"] = "listed" if t < LISTED_BELOW else "block"
        elif part.kind == "buy":
            told |= {"instrument": "", "instrument_kind": "ccer"}
    elif part.kind == "carry_over":
        old = sorted(
            {each.code for each in found.of(*part.entity) if each.held.kind == "CEA" and each.held.vintage <= LAST_OLD}
        )
        told |= {"instrument": old[0] if old else ""}
    return {name: value for name, value in told.items() if value}


def note(one: CompliancePlan, part: Part) -> str:
    """What a posting says of where it comes from: in both languages, so that whoever proposes it says the same."""
    return f"履约计划 {one.key} 第 {part.line} 步 / compliance plan {one.key}, step {part.line}: {one.title[:120]}"


def lacks(part: Part) -> str:
    """Why the units of a step cannot be taken now."""
    return _(
        "Not enough %(unit)s lies free and unasked for: what the plan buys, hands over or releases is posted first."
    ) % {"unit": part.unit}


def address(of: str, one: CompliancePlan, part: Part, told: Mapping[str, str]) -> str:
    """Of the book's form of an event, with what the plan knows of it and the key under which it is proposed."""
    return f"{of}?{urlencode({**told, 'step': f'{one.key}:{part.key}:{part.attempts + 1}'})}"
