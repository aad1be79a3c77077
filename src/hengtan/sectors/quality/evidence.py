"""The evidence of a month (月度存证): which values need it, and how a month stands on a day."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from fnmatch import fnmatchcase

from hengtan.sectors.calendar import Due, due
from hengtan.sectors.method import SectorMethod

from .form import Plan

CODES = ("future", "running", "missing", "partial", "complete")
"""future and running: the month has not begun or not ended; the others say how much of it is there."""


@dataclass(frozen=True, slots=True)
class Want:
    """A value of a month that needs a number and evidence."""

    process: str
    unit_name: str
    parameter: str

    @property
    def where(self) -> str:
        """Process and unit."""
        return " / ".join(part for part in (self.process, self.unit_name) if part)


def wanted(plan: Plan, method: SectorMethod, month: date) -> list[Want]:
    """Which values of the month: those that the rule of the month names, of what the plan has; where the rule names none, every value that
    the plan has measured and the guideline takes by the month."""
    rule = due(method.id, month)
    patterns = rule.rule.parameters if rule else ()
    found = []
    for line in plan.lines:
        place = method.find(line.parameter)
        if place is None or line.obtained in ("default", "design"):
            continue
        monthly = place[2].sums or place[2].weight is not None
        named = any(fnmatchcase(line.parameter, each) for each in patterns)
        if named if patterns else (monthly and line.obtained == "measured"):
            found.append(Want(*line.key))
    return found


@dataclass(frozen=True, slots=True)
class Month:
    """How a month stands on a day.

    state     one of ``CODES``
    given     values that are there; proven: those that have evidence; of ``wants``
    due       when and by which rule, None where no rule is known
    days      until it is due, negative when over; None without a day
    late      by how many days it was complete, or filed, after its day; 0 in time; None while it is neither, or has no day
    filed_on  when somebody put it on the management platform, as he says
    """

    month: date
    state: str
    wants: Sequence[Want]
    given: Collection[Want]
    proven: Collection[Want]
    due: Due | None
    days: int | None
    late: int | None
    filed_on: date | None

    @property
    def is_overdue(self) -> bool:
        """Whether the day is over and something is still missing."""
        return self.days is not None and self.days < 0 and self.state in ("missing", "partial")


def month_of(
    method: SectorMethod,
    month: date,
    today: date,
    wants: Sequence[Want],
    given: Iterable[Want],
    proven: Iterable[tuple[Want, date]],
    filed_on: date | None = None,
) -> Month:
    """How the month (its first day) stands; ``proven``: each value with the day on which its first evidence came."""
    known = set(wants)
    there = {each for each in given if each in known}
    days: dict[Want, date] = {}
    for each, day in proven:
        if each in known:
            days[each] = min(day, days.get(each, day))
    found = due(method.id, month)
    if (month.year, month.month) > (today.year, today.month):
        state = "future"
    elif (month.year, month.month) == (today.year, today.month):
        state = "running"
    elif known and there >= known and set(days) >= known:
        state = "complete"
    else:
        state = "partial" if there or days else "missing"
    late = None
    done = filed_on or (max(days.values()) if state == "complete" else None)
    if found is not None and done is not None:
        late = max(0, (done - found.day).days)
    return Month(
        month, state, tuple(wants), there, set(days), found, (found.day - today).days if found else None, late, filed_on
    )
