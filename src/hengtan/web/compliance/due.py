"""What approved plans ask to be done by when, and what of it the book does not show as done. Facts alone: ``reminders`` tells people."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date
from hashlib import sha256
from typing import Any

from django.urls import reverse

from hengtan.market.book.posting import FROZEN, LENT
from hengtan.market.book.record import read_record
from hengtan.web.assets.models import Claim, Posting
from hengtan.web.organisations.models import Organisation
from hengtan.web.organisations.roles import Act
from hengtan.web.quality.models import Plan as QualityPlan
from hengtan.web.quality.models import ReportingEntity
from hengtan.web.quality.services import DECIDED

from .models import CompliancePlan, Step

BOOKED = {"buy": "buy", "release": "release", "sell": "sell", "convert": "carry_over"}  # the event that does a line
OURS = (
    "report",
    "verification",
    "carry-over",
    "quality-plan",
)  # steps that an entity takes; surrender is told by its tonnes


@dataclass(frozen=True, slots=True)
class Due:
    """One thing that has a day.

    about   what it is, the same each day; kind: of the notice; values: of its sentence
    act     what those who are told may do; but: id of a person who can do nothing about it
    waits   True: the day is when it began to wait, and people are told some days after it; False: it is to be done by the day
    """

    about: str
    kind: str
    day: date
    address: str
    values: dict[str, str] = field(default_factory=dict)
    act: Act = Act.ASSETS
    but: int | None = None
    waits: bool = False


def of_plans(organisation: Organisation) -> list[Due]:
    """What the newest approved plan of each entity and year asks for and the book does not show as done."""
    plans = CompliancePlan.objects.of(organisation).filter(step=Step.APPROVED).order_by("-pk")
    found: list[Due] = []
    planned: set[tuple[str, int]] = set()
    steps: set[tuple[str, str]] = set()
    done: _Done | None = None
    for one in plans:
        mine = {(each["name"], each["year"]) for each in one.record["positions"]} - planned
        if not mine:
            continue
        planned |= mine
        done = done or _Done(organisation)
        here = reverse("compliance-plan", kwargs={"key": organisation.key, "pk": one.pk})
        lines = list(_lines(one, mine, done, here))
        found += [*lines, *_surrenders(one, mine, done, here)]
        for each in one.record["calendar"]:
            name = (each["day"], each["id"])
            if each["id"] in OURS and name not in steps and not _taken(organisation, one, each, lines):
                values = {
                    "compliance_step": f"{each['id']}:{each['year']}",
                    "day": each["day"],
                    "year": str(each["year"]),
                }
                about = f"step:{each['id']}:{each['year']}:{each['day']}"
                found.append(Due(about, "compliance.step", date.fromisoformat(each["day"]), here, values))
            steps.add(name)
    return found


class _Done:
    """What stands in the book and was not taken back: surrendered by entity and year; units moved by kind, entity and unit."""

    def __init__(self, organisation: Organisation) -> None:
        taken_back = Posting.objects.of(organisation).exclude(reverses=None).values("reverses")
        standing = Posting.objects.of(organisation).exclude(number__in=taken_back)
        surrenders = dict(standing.filter(kind="surrender").values_list("number", "quantity"))
        self.surrendered: dict[tuple[str, int], int] = {}
        claims = Claim.objects.of(organisation).filter(purpose="compliance")
        for posting, entity, year in claims.values_list("posting", "beneficiary", "year"):
            known = self.surrendered.get((entity, year), 0)
            self.surrendered[entity, year] = known + surrenders.get(posting, 0)
        self._moved: dict[tuple[str, str, str], list[tuple[date, int]]] = {}
        rows = standing.filter(kind__in=BOOKED.values()).order_by("number")
        for kind, entity, day, quantity, record in rows.values_list("kind", "entity", "day", "quantity", "record"):
            told = read_record(record)
            freed = sum(lot.quantity for lot in told.spent if lot.place in (FROZEN, LENT))
            count = freed if kind == "release" else quantity
            code = str(told.event.get("instrument", ""))
            unit = "" if kind == "release" else code if code.startswith("CEA") else "CCER"
            self._moved.setdefault((kind, entity, unit), []).append((day, count))

    def moved(self, kind: str, entities: tuple[str, str], unit: str, since: date) -> int:
        """Units from a day on; ``entities``: the names that an entity may have in the book."""
        return sum(
            count
            for entity in dict.fromkeys(entities)
            for day, count in self._moved.get((kind, entity, unit), ())
            if day >= since
        )


def _surrenders(one: CompliancePlan, mine: set[tuple[str, int]], done: _Done, here: str) -> Iterator[Due]:
    """By year, what the entities have not surrendered yet."""
    for year in one.record["years"]:
        stands = [each for each in one.record["positions"] if each["year"] == year and (each["name"], year) in mine]
        missing = {}
        for each in stands:
            there = sum(done.surrendered.get((name, year), 0) for name in {each["name"], each["entity"]})
            if each["due_t"] > there:
                missing[each["name"]] = each["due_t"] - there
        if missing:
            names = "、".join(missing) if len(missing) < 3 else ""
            values = {"year": str(year), "t": f"{sum(missing.values()):,}", "entities": str(len(missing)), "day": stands[0]["deadline"],
                      "entity": names}  # fmt: skip
            kind = "compliance.surrender" if names else "compliance.surrenders"
            whose = digest(*sorted(each["entity"] for each in stands))
            yield Due(f"surrender:{year}:{whose}", kind, date.fromisoformat(stands[0]["deadline"]), here, values)


def _lines(one: CompliancePlan, mine: set[tuple[str, int]], done: _Done, here: str) -> Iterator[Due]:
    """Lines with a day of their own, as long as the book shows fewer units than they ask for together."""
    left: dict[tuple[str, str, str], int] = {}
    for each in sorted(one.record["lines"], key=lambda line: str(line["by"])):
        kind = _kind(each)
        year = each["year"] or one.record["years"][-1]
        if not kind or (each["name"], year) not in mine:
            continue
        key = (BOOKED[kind], each["entity"], "" if kind == "release" else each["unit"])
        if key not in left:
            left[key] = done.moved(key[0], (each["name"], each["entity"]), key[2], one.as_of)
        part = min(left[key], each["t"])
        left[key] -= part
        if part < each["t"]:
            values = {
                "name": one.title,
                "unit": each["unit"],
                "t": f"{each['t'] - part:,}",
                "entity": each["name"],
                "day": each["by"],
            }
            which = digest(*(str(each[name]) for name in ("entity", "unit", "id", "year", "by")))
            yield Due(f"line:{kind}:{which}", f"compliance.{kind}", date.fromisoformat(each["by"]), here, values)


def digest(*parts: str) -> str:
    """A short name of texts that may be long."""
    return sha256("\n".join(parts).encode()).hexdigest()[:24]


def _kind(line: dict[str, Any]) -> str:
    """What somebody has to do for a line before its last day; "" for what is there or is done with the surrender."""
    if line["action"] == "release":  # what it costs; the units stand in lines of their own
        return ""
    if line["action"] in ("sell", "convert"):
        return str(line["action"])
    return {"offer": "buy", "released": "release"}.get(str(line["source"]), "")


def _taken(organisation: Organisation, one: CompliancePlan, step: dict[str, Any], lines: list[Due]) -> bool:
    """Whether a step of the regulation is behind the entities of a plan, as far as this installation can see."""
    year = step["year"]
    if step["id"] == "carry-over":
        return not any(each.kind == "compliance.convert" for each in lines)
    if step["id"] in ("report", "verification"):
        stands = [each for each in one.record["positions"] if each["year"] == year]
        return bool(stands) and all(each["emissions"]["method"] == "verified" for each in stands)
    entities = ReportingEntity.objects.of(organisation)
    next_year = date.fromisoformat(step["day"]).year + 1
    ready = QualityPlan.objects.of(organisation).filter(year__gte=next_year, state__in=DECIDED)
    return entities.exists() and not entities.exclude(pk__in=ready.values("entity_id")).exists()
