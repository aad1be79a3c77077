"""The calendar of gaps: which source has data for which month, and where it should have."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
from django.core.paginator import Paginator
from django.db import transaction
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.http import urlencode

from hengtan.factors import find_type
from hengtan.web.boundaries.models import Facility, FacilityPlace
from hengtan.web.organisations.door import TenantRequest, within
from hengtan.web.organisations.models import Membership, Organisation
from hengtan.web.organisations.roles import Act
from hengtan.web.vault.services import facts, record

from .models import Batch, Pace, PeriodLock, SourcePace, State
from .views import lang

PAGE = 50
Source = tuple[str, str]
Months = dict[str, str]
Spans = Sequence[tuple[str, str]]


@dataclass(frozen=True, slots=True)
class Line:
    """A source (facility and activity) and its twelve months: approved, submitted, missing, closed or not due."""

    facility: str
    activity: str
    months: tuple[tuple[str, str], ...]
    missing: int
    pace: str = "month"

    def title(self, language: str) -> str:
        """The activity's name."""
        kind = find_type(self.activity) if self.activity else None
        return kind.title[language] if kind else self.activity


def coverage(organisation: Organisation, facilities: set[str]) -> dict[Source, Months]:
    """Of each source of these facilities the months that have data: ``approved`` or, where nothing is yet, ``submitted``."""
    found: dict[Source, Months] = {}
    batches = Batch.objects.of(organisation).filter(state__in=(State.APPROVED, State.SUBMITTED))
    store = facts(organisation)
    for state, digest in batches.order_by("-state").values_list("state", "parquet"):  # what is approved is written last
        for facility, activity, months in _covered(str(store.path(digest))):
            if facility in facilities:
                found.setdefault((facility, activity), {}).update(dict.fromkeys(months, state))
    return found


@lru_cache(maxsize=4096)  # a file of that name never changes; more batches than this are read again for every page
def _covered(path: str) -> tuple[tuple[str, str, tuple[str, ...]], ...]:
    """Of each source of the file its months."""
    names = ["facility", "activity_type", "start", "end"]
    table = pq.read_table(Path(path), columns=names).group_by(names).aggregate([])
    found: dict[tuple[str, str], set[str]] = {}
    for facility, activity, first, last in zip(*(table[name].to_pylist() for name in names), strict=True):
        found.setdefault((facility, activity or ""), set()).update(
            _months(first, last)
        )  # a pinned factor needs no type
    return tuple((*source, tuple(sorted(months))) for source, months in found.items())


def _months(first: date, last: date) -> list[str]:
    count = (last.year - first.year) * 12 + last.month - first.month + 1
    return [f"{first.year + (first.month - 1 + n) // 12}-{(first.month - 1 + n) % 12 + 1:02}" for n in range(count)]


def lines(
    found: dict[Source, Months], year: int, locks: list[PeriodLock], today: date,
    paces: Mapping[Source, str] | None = None, opened: Mapping[str, Spans] | None = None,
) -> list[Line]:  # fmt: skip
    """The sources that have data of the year or of the one before, most gaps first.

    A month is missing from a source's first month on, up to the last month for which any source has data: what nobody has is not due.
    Of a quarter or a year, as ``paces`` says, the last month is missing when none has data. A facility that is not open yet, or
    closed, lacks nothing.
    """
    horizon = min(max((max(months) for months in found.values()), default=""), f"{today:%Y-%m}")
    named = [f"{year}-{number:02}" for number in range(1, 13)]
    wanted = {*named, *(f"{year - 1}{month[4:]}" for month in named)}
    lacking = {month: "closed" if any(lock.holds(month) for lock in locks) else "missing" for month in named}
    shown = []
    for (facility, activity), months in found.items():
        begins = min(months)
        if begins > named[-1] or wanted.isdisjoint(months):
            continue
        pace, spans = (paces or {}).get((facility, activity), Pace.MONTH), (opened or {}).get(facility, ())
        cells, missing = [], 0
        for number, month in enumerate(named, 1):
            state = months.get(month)
            if not state:
                due = begins <= month <= horizon and _is_open(spans, month) and _lacks(months, year, number, pace)
                state = lacking[month] if due else "none"
                missing += state == "missing"
            cells.append((month, state))
        shown.append(Line(facility, activity, tuple(cells), missing, pace))
    return sorted(shown, key=lambda line: (-line.missing, line.facility, line.activity))


def _lacks(months: Months, year: int, number: int, pace: str) -> bool:
    """Whether the period that ends with the month has no data at all; in the middle of a longer one nothing is lacking yet."""
    if pace == Pace.MONTH:
        return True
    length = {Pace.QUARTER: 3, Pace.YEAR: 12}.get(Pace(pace), 1)
    return number % length == 0 and not any(f"{year}-{number - step:02}" in months for step in range(length))


def _is_open(spans: Spans, month: str) -> bool:
    return not spans or any((not first or first <= month) and (not last or month <= last) for first, last in spans)


def opened(organisation: Organisation) -> dict[str, Spans]:
    """Of each facility from which month to which it stood in the organisation; ``""`` for an open end."""
    found: dict[str, list[tuple[str, str]]] = {}
    places = FacilityPlace.objects.of(organisation).order_by()
    for name, first, last in places.values_list("facility__name", "valid_from", "valid_to"):
        found.setdefault(name, []).append((f"{first:%Y-%m}" if first else "", f"{last:%Y-%m}" if last else ""))
    return {name: tuple(spans) for name, spans in found.items() if ("", "") not in spans}


def paces(organisation: Organisation) -> dict[Source, str]:
    """Sources that do not have data every month."""
    rows = SourcePace.objects.of(organisation).values_list("facility", "activity", "pace")
    return {(facility, activity): pace for facility, activity, pace in rows}


@transaction.atomic
def set_pace(by: Membership, facility: str, activity: str, chosen: str) -> None:
    """How often a source has data, by the month if nothing else is said."""
    source: dict[str, Any] = {"organisation": by.organisation, "facility": facility, "activity": activity}
    if chosen == Pace.MONTH:
        SourcePace.objects.filter(**source).delete()
    else:
        SourcePace.objects.update_or_create(**source, defaults={"pace": chosen, "set_by": by.user})
    told = {"facility": facility, "activity_type": activity, "pace": chosen}
    record(by.organisation, "source.paced", told, by.user)


@within(Act.BOUNDARY)
def pace(request: TenantRequest) -> HttpResponse:
    """How often a source has data, as a person says."""
    back = f"{reverse('calendar', kwargs={'key': request.organisation.key})}?{urlencode({'year': request.POST.get('year', '')[:4]})}"
    chosen = request.POST.get("pace", "")
    facility, activity = request.POST.get("facility", "")[:500], request.POST.get("activity", "")[:200]
    known = Facility.objects.of(request.organisation).filter(name=facility).exists()
    if request.method == "POST" and known and chosen in Pace.values:
        set_pace(request.membership, facility, activity, chosen)
    return redirect(back)


def _near(shown: list[Line]) -> tuple[str, ...]:
    """The last three months in which anything is due, for narrow screens: ``06``."""
    due = [number for number in range(12) if any(line.months[number][1] != "none" for line in shown)]
    last = max(due, default=11)
    return tuple(f"{number + 1:02}" for number in range(max(last - 2, 0), last + 1))


@within()
def calendar(request: TenantRequest) -> HttpResponse:
    """Twelve months of every source."""
    seen = Facility.objects.visible_to(request.user).of(request.organisation)
    found = coverage(request.organisation, set(seen.values_list("name", flat=True)))
    years = sorted({int(year) for year in {month[:4] for months in found.values() for month in months}}, reverse=True)
    asked = request.GET.get("year", "")
    year = int(asked) if asked.isdigit() and 1900 < int(asked) < 2200 else (years or [timezone.localdate().year])[0]
    locks = list(PeriodLock.objects.of(request.organisation).filter(opened_at=None))
    shown = lines(found, year, locks, timezone.localdate(), paces(request.organisation), opened(request.organisation))
    page = Paginator(shown, PAGE).get_page(request.GET.get("page"))
    entry = reverse("entry", kwargs={"key": request.organisation.key})
    may_enter = request.membership.may(Act.ENTER)
    rows = [
        {
            "line": line,
            "title": line.title(lang()),
            "entry": f"{entry}?{urlencode({'facility': line.facility, 'activity_type': line.activity})}&start="
            if may_enter
            else "",
        }
        for line in page.object_list
    ]
    context = {
        "page": page, "rows": rows, "year": year, "years": years, "months": [f"{n:02}" for n in range(1, 13)],
        "near": _near(shown),
        "missing": sum(line.missing for line in shown), "late": sum(bool(line.missing) for line in shown),
        "sources": len(shown), "may_enter": may_enter, "may_pace": request.membership.may(Act.BOUNDARY), "paces": Pace.choices,
    }  # fmt: skip
    return render(request, "activities/calendar.html", context)
