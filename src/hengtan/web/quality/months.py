"""How the months of entities stand: read from plans, statements, evidence and filings each time, so that it cannot differ from them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from django.utils import timezone

from hengtan.sectors import sector_methods
from hengtan.sectors.quality import Month, Want, month_of, wanted
from hengtan.web.organisations.models import Organisation
from hengtan.web.statements.models import State, Statement

from .models import Filing, MonthEvidence, Plan, ReportingEntity
from .services import content, in_force

_ORDER = (State.RETURNED, State.DRAFT, State.SUBMITTED, State.APPROVED)


@dataclass(frozen=True, slots=True)
class Standing:
    """A month of an entity. plan: the version in force at its end, None where none was; statement: of its year, None where there is none."""

    month: Month
    plan: Plan | None
    statement: Statement | None


def year_of(
    organisation: Organisation, entities: Sequence[ReportingEntity], year: int, today: date
) -> Mapping[int, list[Standing]]:
    """Twelve months of each entity, by its pk; asks the database as often for many as for one."""
    months = [date(year, month, 1) for month in range(1, 13)]
    return standing(organisation, entities, months, today)


def standing(
    organisation: Organisation, entities: Sequence[ReportingEntity], months: Sequence[date], today: date
) -> Mapping[int, list[Standing]]:
    """Any months of entities, by the entity's pk."""
    if not entities or not months:
        return {each.pk: [] for each in entities}
    plans: dict[int, list[Plan]] = defaultdict(list)
    for plan in Plan.objects.of(organisation).filter(entity__in=entities, state__in=(State.APPROVED, State.SUPERSEDED)):
        plans[plan.entity_id].append(plan)
    years = {each.year for each in months}
    statements = _statements(organisation, entities, years)
    proven: dict[tuple[int, date], list[tuple[Want, date]]] = defaultdict(list)
    files = MonthEvidence.objects.of(organisation).filter(entity__in=entities, month__in=months, withdrawn_at=None)
    for row in files.values_list("entity_id", "month", "stands_for", "added_at"):
        day = timezone.localtime(row[3]).date()
        proven[row[0], row[1]] += [(Want(*each), day) for each in row[2]]
    filed: dict[tuple[int, date], date] = {}
    for filing in Filing.objects.of(organisation).filter(entity__in=entities, month__in=months).order_by("pk"):
        filed[filing.entity_id, filing.month] = filing.filed_on
    given = {key: _given(statement) for key, statement in statements.items()}
    contents = {plan.pk: content(plan) for found in plans.values() for plan in found}
    result: dict[int, list[Standing]] = {}
    for entity in entities:
        method = sector_methods()[entity.method]
        rows = []
        for month in months:
            plan = in_force(plans[entity.pk], _end(month))
            wants = wanted(contents[plan.pk], method, month) if plan is not None else []
            key = (entity.name, entity.method, month.year)
            rows.append(Standing(
                month_of(method, month, today, wants, given.get(key, {}).get(month.month, ()), proven[entity.pk, month],
                         filed.get((entity.pk, month))),
                plan, statements.get(key),
            ))  # fmt: skip
        result[entity.pk] = rows
    return result


def _end(month: date) -> date:
    """Its last day, near enough: a plan that begins within the month counts for it."""
    return date(month.year, month.month, 28)


def _statements(
    organisation: Organisation, entities: Iterable[ReportingEntity], years: Iterable[int]
) -> dict[tuple[str, str, int], Statement]:
    """Of each entity and year the approved one, else the furthest that is under way."""
    names = {each.name for each in entities}
    found = (
        Statement.objects.of(organisation).filter(name__in=names, year__in=list(years)).exclude(state=State.SUPERSEDED)
    )
    rows = found.only("pk", "name", "method", "year", "state", "rows", "organisation").order_by("pk")
    return {
        (each.name, each.method, each.year): each
        for each in sorted(rows, key=lambda row: _ORDER.index(State(row.state)))
    }


def _given(statement: Statement) -> Mapping[int, set[Want]]:
    """Which values the statement has, by month."""
    titles = {
        title: name for name, both in sector_methods()[statement.method].processes.items() for title in both.values()
    }
    found: dict[int, set[Want]] = defaultdict(set)
    for row in statement.rows:
        month = str(row[4]).removesuffix("月")
        if month.isdigit() and len(month) < 3 and row[5]:
            found[int(month)].add(Want(titles.get(row[1], row[1]), row[2], row[3]))
    return found


def lacking(found: Month) -> list[Want]:
    """Values that lack number or evidence."""
    return [each for each in found.wants if each not in found.given or each not in found.proven]
