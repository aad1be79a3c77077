"""Where requests stand: read from the batches each time, so that it cannot differ from them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal, InvalidOperation
from functools import lru_cache
from pathlib import Path

import pyarrow.compute as pc
import pyarrow.parquet as pq
from django.db import models
from django.utils.translation import gettext_lazy as _

from hengtan.web.activities.gaps import coverage
from hengtan.web.activities.models import OPEN, Batch
from hengtan.web.activities.models import State as BatchState
from hengtan.web.organisations.models import Organisation
from hengtan.web.vault.services import facts

from .models import Request
from .periods import months_of


class State(models.TextChoices):
    """In the order in which a request goes through them; returned and overdue are what needs hands."""

    NOT_DUE = "notdue", _("Not due yet")
    OPEN = "open", _("Open")
    OVERDUE = "overdue", _("Overdue")
    SUBMITTED = "submitted", _("Waiting for approval")
    RETURNED = "returned", _("Returned")
    APPROVED = "approved", _("Approved")


TO_DO = (State.OPEN, State.OVERDUE, State.RETURNED)


def states(organisation: Organisation, requests: Iterable[Request], today: date) -> dict[int, State]:
    """Of each request, by its pk. Requests come with ``facility``, ``series`` and ``batch``."""
    wanted = list(requests)
    covered = coverage(organisation, {each.facility.name for each in wanted}) if wanted else {}
    return {each.pk: _state(each, covered, today) for each in wanted}


def _state(request: Request, covered: Mapping[tuple[str, str], Mapping[str, str]], today: date) -> State:
    months = covered.get((request.facility.name, request.series.activity_type), {})
    found = {months.get(month) for month in months_of(request.start, request.end)}
    if found == {BatchState.APPROVED}:
        return State.APPROVED
    if None not in found:
        return State.SUBMITTED
    if request.batch is not None and request.batch.state == BatchState.RETURNED:
        return State.RETURNED
    if today > request.due:
        return State.OVERDUE
    return State.OPEN if today > request.end else State.NOT_DUE


def is_draft(request: Request) -> bool:
    """Whether something was typed for it that is not submitted."""
    return bool(request.draft) or (request.batch is not None and request.batch.state in OPEN)


def is_being_checked(request: Request) -> bool:
    """Whether what was given for it is on its way to those who approve it."""
    batch = request.batch
    return batch is not None and batch.state in OPEN and batch.job is not None and not batch.job.is_over


# what was used before
@dataclass(frozen=True, slots=True)
class Expected:
    """last, before: of the month before and of the same one a year ago; low, high: what would not surprise; all in ``unit``."""

    unit: str
    last: Decimal | None
    before: Decimal | None
    low: Decimal | None
    high: Decimal | None

    def judge(self, quantity: Decimal) -> Surprise | None:
        """What is surprising in the quantity; None when nothing is, or when nothing is known."""
        if self.low is None or self.high is None or self.low <= quantity <= self.high:
            return None
        reference = self.last or self.before
        times = quantity / reference if reference else None
        for step in (Decimal(10), Decimal(100), Decimal(1000), Decimal(10000)):
            for other in (quantity / step, quantity * step):
                if self.low <= other <= self.high:
                    return Surprise(times, other, step if other < quantity else 1 / step)
        return Surprise(times, None, None)


@dataclass(frozen=True, slots=True)
class Surprise:
    """times: how often the reference; instead: what it would be if the unit were another by ``factor``."""

    times: Decimal | None
    instead: Decimal | None
    factor: Decimal | None


def history(organisation: Organisation, facility: str, activity: str) -> dict[tuple[date, date], tuple[Decimal, str]]:
    """Of each period that has rows of this source their sum and unit; what is approved beats what waits."""
    found: dict[tuple[date, date], tuple[Decimal, str]] = {}
    batches = Batch.objects.of(organisation).filter(state__in=(BatchState.APPROVED, BatchState.SUBMITTED))
    store = facts(organisation)
    for digest in batches.order_by("-state", "pk").values_list("parquet", flat=True):
        found |= _sums(str(store.path(digest)), facility, activity)
    return found


@lru_cache(maxsize=1024)  # a file of that name never changes
def _sums(path: str, facility: str, activity: str) -> dict[tuple[date, date], tuple[Decimal, str]]:
    names = ["start", "end", "quantity", "unit"]
    where = (pc.field("facility") == facility) & (pc.field("activity_type") == activity)
    table = pq.read_table(Path(path), columns=names, filters=where)
    sums: dict[tuple[date, date], dict[str, Decimal]] = defaultdict(lambda: defaultdict(Decimal))
    for start, end, quantity, unit in zip(*(table[name].to_pylist() for name in names), strict=True):
        try:
            sums[start, end][unit or ""] += Decimal(str(quantity))
        except (InvalidOperation, TypeError):
            continue
    return {span: next(iter((total, unit) for unit, total in units.items())) for span, units in sums.items() if len(units) == 1}  # fmt: skip


def expected(past: Mapping[tuple[date, date], tuple[Decimal, str]], start: date, end: date, unit: str) -> Expected:
    """From the periods of the same length: a quarter around the same one of last year, else around those of the last year."""
    days = (end - start).days + 1
    same = {span: value for span, (value, named) in past.items() if named == unit and abs((span[1] - span[0]).days + 1 - days) <= 3}  # fmt: skip
    year_ago = next((value for (first, _last), value in same.items() if first == _year_before(start)), None)
    earlier = {first: value for (first, _last), value in same.items() if _year_before(start) - timedelta(days=31) <= first < start}  # fmt: skip
    last = earlier[max(earlier)] if earlier and (start - max(earlier)).days <= days + 3 else None
    quarter = Decimal("0.25")
    if year_ago is not None and year_ago > 0:
        around = [year_ago, *([last] if last else [])]
    else:
        around = [value for value in earlier.values() if value > 0]
    if not around:
        return Expected(unit, last, year_ago, None, None)
    return Expected(unit, last, year_ago, min(around) * (1 - quarter), max(around) * (1 + quarter))


def _year_before(day: date) -> date:
    return date(day.year - 1, day.month, 1) if day.day == 1 else day - timedelta(days=365)
