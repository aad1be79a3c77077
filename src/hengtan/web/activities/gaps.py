"""The calendar of gaps: which source has data for which month, and where it should have."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from pathlib import Path

import pyarrow.parquet as pq
from django.core.paginator import Paginator
from django.http import HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.http import urlencode

from hengtan.factors import find_type
from hengtan.web.boundaries.models import Facility
from hengtan.web.organisations.door import TenantRequest, within
from hengtan.web.organisations.models import Organisation
from hengtan.web.organisations.roles import Act
from hengtan.web.vault.services import facts

from .models import Batch, PeriodLock, State
from .views import lang

PAGE = 50
Source = tuple[str, str]
Months = dict[str, str]


@dataclass(frozen=True, slots=True)
class Line:
    """A source (facility and activity) and its twelve months: approved, submitted, missing, closed or not due."""

    facility: str
    activity: str
    title: str
    months: tuple[tuple[str, str, str], ...]
    missing: int


def coverage(organisation: Organisation, facilities: set[str]) -> dict[Source, Months]:
    """Of each source of these facilities the months that have data: ``approved`` or, where nothing is yet, ``submitted``."""
    found: dict[Source, Months] = {}
    batches = Batch.objects.of(organisation).filter(state__in=(State.APPROVED, State.SUBMITTED))
    store = facts(organisation)
    for state, digest in batches.order_by("-state").values_list("state", "parquet"):  # what is approved is written last
        for facility, activity, first, last in _spans(str(store.path(digest))):
            if facility in facilities:
                months = found.setdefault((facility, activity), {})
                for month in _months(first, last):
                    if months.get(month) != State.APPROVED:
                        months[month] = state
    return found


@lru_cache(maxsize=256)  # a file of that name never changes
def _spans(path: str) -> tuple[tuple[str, str, date, date], ...]:
    names = ["facility", "activity_type", "start", "end"]
    table = pq.read_table(Path(path), columns=names).group_by(names).aggregate([])
    return tuple(zip(*(table[name].to_pylist() for name in names), strict=True))


def _months(first: date, last: date) -> list[str]:
    count = (last.year - first.year) * 12 + last.month - first.month + 1
    return [f"{first.year + (first.month - 1 + n) // 12}-{(first.month - 1 + n) % 12 + 1:02}" for n in range(count)]


def lines(found: dict[Source, Months], year: int, locks: list[PeriodLock], today: date, language: str) -> list[Line]:
    """The sources that have data of the year or of the one before, most gaps first.

    A month is missing from a source's first month on, up to the last month for which any source has data: what nobody has is not due.
    """
    horizon = min(max((max(months) for months in found.values()), default=""), f"{today:%Y-%m}")
    shown = []
    for (facility, activity), months in found.items():
        begins, wanted = min(months), (f"{year}-", f"{year - 1}-")
        if not any(month.startswith(wanted) for month in months):
            continue
        cells = []
        for number in range(1, 13):
            month = f"{year}-{number:02}"
            due = begins <= month <= horizon
            state = months.get(month) or ("missing" if due else "none")
            if state == "missing" and any(lock.holds(month) for lock in locks):
                state = "closed"
            cells.append((month, state, ""))
        if begins <= f"{year}-12":
            kind = find_type(activity) if activity else None
            missing = sum(state == "missing" for _month, state, _link in cells)
            shown.append(Line(facility, activity, kind.title[language] if kind else activity, tuple(cells), missing))
    return sorted(shown, key=lambda line: (-line.missing, line.facility, line.activity))


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
    years = sorted({int(month[:4]) for months in found.values() for month in months}, reverse=True)
    asked = request.GET.get("year", "")
    year = int(asked) if asked.isdigit() and 1900 < int(asked) < 2200 else (years or [timezone.localdate().year])[0]
    locks = list(PeriodLock.objects.of(request.organisation).filter(opened_at=None))
    shown = lines(found, year, locks, timezone.localdate(), lang())
    page = Paginator(shown, PAGE).get_page(request.GET.get("page"))
    entry = reverse("entry", kwargs={"key": request.organisation.key})
    may_enter = request.membership.may(Act.ENTER)
    rows = [
        {
            "line": line,
            "cells": [
                (
                    month, state,
                    f"{entry}?{urlencode({'facility': line.facility, 'activity_type': line.activity, 'start': month})}"
                    if state == "missing" and may_enter else "",
                )
                for month, state, _link in line.months
            ],
        }
        for line in page.object_list
    ]  # fmt: skip
    context = {
        "page": page, "rows": rows, "year": year, "years": years, "months": [f"{n:02}" for n in range(1, 13)],
        "near": _near(shown),
        "missing": sum(line.missing for line in shown), "late": sum(bool(line.missing) for line in shown),
        "sources": len(shown), "may_enter": may_enter,
    }  # fmt: skip
    return render(request, "activities/calendar.html", context)
