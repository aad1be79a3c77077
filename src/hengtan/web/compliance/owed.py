"""What entities owe for a year by what the organisation itself has on record: verified emissions of an allocation, else an approved statement."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import ROUND_CEILING, Decimal, InvalidOperation
from typing import Any

from django.urls import reverse

from hengtan.web.accounts.models import User
from hengtan.web.market.models import Allocation
from hengtan.web.organisations.models import Organisation
from hengtan.web.statements.models import State, Statement

MOST = 20  # allocations and statements that are looked at


@dataclass(frozen=True, slots=True)
class Owed:
    """Tonnes of an entity; verified: by the allocation; address: the page that has the figure."""

    t: int
    verified: bool
    address: str


def owed(user: Any, organisation: Organisation, year: int) -> dict[str, Owed]:
    """By the name of the entity; the newest allocation counts, and a statement where there is none."""
    assert isinstance(user, User)
    key = organisation.key
    found: dict[str, Owed] = {}
    statements = Statement.objects.visible_to(user).of(organisation).filter(year=year, state=State.APPROVED)
    for one in reversed(statements.only("pk", "record", "organisation")[:MOST]):
        for row in one.record.get("by_entity", ()):
            if (t := _tonnes(row, "t_co2e")) is not None:
                found[str(row["entity"])] = Owed(t, False, reverse("statement", kwargs={"key": key, "pk": one.pk}))
    allocations = Allocation.objects.visible_to(user).of(organisation).filter(year=year)
    for each in reversed(allocations.only("pk", "entities", "organisation")[:MOST]):
        for row in each.entities:
            if (t := _tonnes(row, "verified")) is not None:
                found[str(row["entity"])] = Owed(t, True, reverse("allocation", kwargs={"key": key, "pk": each.pk}))
    return found


def _tonnes(row: Mapping[str, Any], name: str) -> int | None:
    """Whole tonnes, rounded up: a part of one is owed as a whole one."""
    try:
        tonnes = Decimal(str(row[name]).replace(",", ""))
        return int(tonnes.to_integral_value(ROUND_CEILING)) if tonnes.is_finite() and row.get("entity") else None
    except (KeyError, InvalidOperation):
        return None
