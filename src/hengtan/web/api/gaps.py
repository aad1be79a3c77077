"""Months that lack data, and what a person changes in a batch before it is submitted."""

from __future__ import annotations

from typing import Any

from django.core.exceptions import ValidationError
from django.utils import timezone
from django.utils.translation import gettext as _
from ninja import Router, Schema
from pydantic import Field

from hengtan.web.activities import gaps, services
from hengtan.web.activities.models import Pace, PeriodLock
from hengtan.web.boundaries.models import Facility
from hengtan.web.organisations.roles import Act

from .boundary import _shown
from .data import BatchOut, _batch, _one
from .door import Call, need
from .wire import REFUSED, WRITES, ask, once

router = Router(tags=["Activity data"])


class GapOut(Schema):
    """A source and its months: ``approved``, ``submitted``, ``missing``, ``closed`` (missing, and closed) or ``none`` (not due)."""

    facility: str
    activity_type: str
    pace: str
    missing: int
    months: dict[str, str]


class GapsOut(Schema):
    """The sources of a year, those with most gaps first."""

    year: int
    items: list[GapOut]


class PaceIn(Schema):
    """How often a source has data."""

    facility: str = Field(max_length=500)
    activity_type: str = Field(max_length=200)
    pace: Pace


class CellIn(Schema):
    """Where a cell stands: row as a spreadsheet counts, column from 0."""

    file: str
    sheet: str = ""
    row: int = Field(ge=1, le=2**31)
    column: int | None = Field(None, ge=0, le=16_383, description="Empty: the whole row is left out.")
    value: str = Field("", max_length=200)


class CellsIn(Schema):
    """What a person changes in the rows; the files themselves stay as they were given."""

    cells: list[CellIn] = Field(min_length=1, max_length=1000)


@router.get("/gaps", response={200: GapsOut, **REFUSED})
def months(request: Call, year: int = ask(0, ge=0, le=2199, description="Empty: the last one with data.")) -> Any:
    """Which source has data for which month, and where it should have."""
    need(request, Act.READ)
    seen = Facility.objects.visible_to(request.user).of(request.organisation)
    found = gaps.coverage(request.organisation, set(seen.values_list("name", flat=True)))
    last = max((month[:4] for known in found.values() for month in known), default=f"{timezone.localdate():%Y}")
    locks = list(PeriodLock.objects.of(request.organisation).filter(opened_at=None))
    lines = gaps.lines(
        found, year or int(last), locks, timezone.localdate(), gaps.paces(request.organisation), gaps.opened(request.organisation)
    )  # fmt: skip
    return {
        "year": year or int(last),
        "items": [
            {"facility": line.facility, "activity_type": line.activity, "pace": line.pace, "missing": line.missing, "months": dict(line.months)}
            for line in lines
        ],
    }  # fmt: skip


@router.put("/gaps/pace", response={200: PaceIn, **WRITES})
@once
def pace(request: Call, given: PaceIn) -> tuple[int, Any]:
    """Of a source by the quarter or the year only the last month can be missing."""
    need(request, Act.BOUNDARY)
    if not Facility.objects.of(request.organisation).filter(name=given.facility).exists():
        raise ValidationError({"facility": _("There is no facility “%(name)s”.") % {"name": given.facility}})
    gaps.set_pace(request.membership, given.facility, given.activity_type, given.pace)
    return 200, given.model_dump(mode="json")


@router.post("/batches/{key}/fix", response={202: BatchOut, **WRITES})
@once
def fix(request: Call, key: str, given: CellsIn) -> tuple[int, Any]:
    """Other contents of cells, or rows left out, in a batch that is open; it is checked again. What was changed stays marked."""
    need(request, Act.ENTER)
    row = _one(request, key, change=True)
    known = {(told["file"], told["sheet"]) for told in row.outline}
    for each in given.cells:
        if (each.file, each.sheet) not in known:
            told = {"sheet": each.sheet, "file": each.file}
            raise ValidationError(_("There is no sheet “%(sheet)s” in %(file)s.") % told)
    for each in given.cells:
        place = (each.file, each.sheet, each.row)
        if each.column is None:
            services.leave_out(row, request.user, [(*place, "")])
        else:
            services.fix(row, request.user, [place], each.column, each.value)
    return 202, _shown(BatchOut, _batch(_one(request, key)))


@router.post("/batches/{key}/discard", response={200: BatchOut, **WRITES})
@once
def discard(request: Call, key: str) -> tuple[int, Any]:
    """A draft that never was submitted goes."""
    need(request, Act.ENTER)
    row = _one(request, key, change=True)
    told = _shown(BatchOut, _batch(row))
    services.discard(row, request.user)
    return 200, told
