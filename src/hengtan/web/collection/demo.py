"""What ``hengtan serve --demo`` shows of collecting: a manufacturer that is invented and says so, with four plants whose figures are asked for.

Two years of rows up to three months ago are approved and calculated; for the months since then requests stand in every state.
"""

from __future__ import annotations

import csv
import io
from datetime import date, timedelta
from decimal import Decimal

from django.utils import timezone

from hengtan.web.activities import services as activities
from hengtan.web.activities.gaps import set_pace
from hengtan.web.activities.models import Batch, Pace, SourceFile, State
from hengtan.web.boundaries.models import Denominator, Facility, FacilityPlace, Unit, UnitPlace
from hengtan.web.jobs.models import State as JobState
from hengtan.web.organisations.models import Membership, Organisation
from hengtan.web.vault.services import keep_file

from .models import Request, Series
from .periods import Every, end_of
from .services import Answer, ask, give, save_draft

COMPANY = "示例制造 Sample Works（虚构 synthetic）"
ROWS = "示例活动数据 sample rows"
NOTE = "虚构示例 invented for the demo"
PLACE = "虚构地点 invented place"
UNITS = ("东部 East", "西南 South-west")
PLANTS: tuple[
    tuple[str, str, int, str, str, str, int, int], ...
] = (  # name, region, unit, latitude, longitude (a city's, nobody's plant), m2, kWh and Nm3 of a month
    ("示例宁波工厂 Sample Ningbo", "CN-33", 0, "29.87", "121.55", "48000", 1_240_000, 96_000),
    ("示例苏州工厂 Sample Suzhou", "CN-32", 0, "31.30", "120.58", "36000", 860_000, 52_000),
    ("示例成都工厂 Sample Chengdu", "CN-51", 1, "30.57", "104.07", "27500", 610_000, 71_000),
    ("示例东莞仓库 Sample Dongguan", "CN-44", 1, "23.02", "113.75", "18000", 210_000, 0),
)
SEASON = (112, 104, 101, 95, 93, 99, 113, 116, 102, 94, 98, 109)  # percent of the mean, by month
GAS_SEASON = (148, 139, 118, 88, 71, 62, 58, 58, 66, 84, 121, 147)
COLUMNS = (
    "activity_id", "facility", "org_unit", "activity_type", "start", "end", "quantity", "unit", "uncertainty_pct", "data_quality",
)  # fmt: skip
WAITING, APPROVED, RETURNED, TYPED = "waiting", "approved", "returned", "typed"
PLAN = {  # (activity type, months ago): what becomes of the request of each plant; "" stays as it is
    ("electricity", 2): (APPROVED, WAITING, RETURNED, ""),
    ("electricity", 1): (APPROVED, "", TYPED, ""),
    ("fuel.natural_gas", 1): (WAITING, "", ""),
}
COMMENT = "与上月相差悬殊，请核对电表读数。Far from the month before; please look at the meter again."


def furnish(organisation: Organisation, owner: Membership) -> Batch:
    """Plants, denominators and the rows of the past; a worker looks at them."""
    units = [Unit.objects.create(organisation=organisation, name=name) for name in UNITS]
    for unit in units:
        UnitPlace.objects.create(organisation=organisation, unit=unit)
    for name, region, of, latitude, longitude, area, _kwh, _gas in PLANTS:
        plant = Facility.objects.create(
            organisation=organisation, name=name, region=region, address=PLACE, latitude=Decimal(latitude),
            longitude=Decimal(longitude), floor_area_m2=Decimal(area),
        )  # fmt: skip
        FacilityPlace.objects.create(organisation=organisation, facility=plant, unit=units[of])
        set_pace(owner, name, "fuel.diesel", Pace.QUARTER)
    today = timezone.localdate()
    for year in (today.year - 2, today.year - 1):
        Denominator.objects.create(
            organisation=organisation, kind=Denominator.Kind.OUTPUT, start=date(year, 1, 1), end=date(year, 12, 31),
            value=Decimal(21_500 + 600 * (year % 7)), unit="t",
        )  # fmt: skip
    data = _rows(today).encode()
    file = activities.Given("sample-rows.csv", keep_file(organisation, data), len(data), "csv", SourceFile.Role.ACTIVITIES)  # fmt: skip
    return activities.begin(owner, ROWS, [file])


def goes_on(owner: Membership, approver: Membership, today: date) -> bool:
    """The next step of asking and answering; False when everything stands as it was planned."""
    organisation = owner.organisation
    if not Series.objects.of(organisation).exists():
        _ask(owner, today)
        return True
    requests = Request.objects.of(organisation).select_related("organisation", "series", "facility", "batch__job")
    found = {(each.series.activity_type, each.start, each.facility.name): each for each in requests}
    for (kind, ago), wanted in PLAN.items():
        for plant, becomes in zip(_plants(kind), wanted, strict=True):
            request = found.get((kind, month(today, ago), plant))
            if request is not None and becomes and _stepped(request, becomes, owner, approver):
                return True
    return False


def _stepped(request: Request, becomes: str, owner: Membership, approver: Membership) -> bool:
    batch = request.batch
    if becomes == TYPED:
        if request.draft:
            return False
        save_draft(request, owner, _answer(request))
        return True
    if batch is None:
        give(request, owner, _answer(request, wrong=becomes == RETURNED))
        return True
    if batch.state != State.SUBMITTED or (batch.job is not None and batch.job.state != JobState.DONE):
        return False
    if becomes == APPROVED:
        activities.approve(batch, approver)
    elif becomes == RETURNED:
        activities.give_back(batch, approver, COMMENT)
    return becomes != WAITING


def _ask(owner: Membership, today: date) -> None:
    """Electricity is due in three days, gas was due some days ago; both for the month that ended last."""
    passed = (today - (month(today, 0) - timedelta(days=1))).days
    asked = (("electricity", "kWh", 2, passed + 3), ("fuel.natural_gas", "Nm3", 1, max(passed - 6, 0)))
    for kind, unit, ago, due in asked:
        plants = Facility.objects.of(owner.organisation).filter(name__in=_plants(kind)).order_by("pk")
        series = Series(
            activity_type=kind, unit=unit, every=Every.MONTH, first=month(today, ago), due_days=due, assignee=owner.user, note=NOTE,
        )  # fmt: skip
        ask(series, owner, plants)


def _answer(request: Request, *, wrong: bool = False) -> Answer:
    quantity = _quantity(request.series.activity_type, request.facility.name, request.start)
    return Answer(
        str(quantity * 10 if wrong else quantity),
        request.series.unit,
        str(request.start),
        str(request.end),
        "meter",
        NOTE,
    )


def month(today: date, ago: int) -> date:
    """The first day of the month that was so many before."""
    at = today.year * 12 + today.month - 1 - ago
    return date(at // 12, at % 12 + 1, 1)


def _plants(kind: str) -> list[str]:
    return [name for name, *_more, gas in PLANTS if kind == "electricity" or gas]


def _quantity(kind: str, plant: str, first: date) -> int:
    """The same for the same month, whenever it is asked: seasons around a mean that sinks a little."""
    number = next(at for at, row in enumerate(PLANTS) if row[0] == plant)
    mean, season = (PLANTS[number][6], SEASON) if kind == "electricity" else (PLANTS[number][7], GAS_SEASON)
    ripple = 97 + (first.month * 7 + first.year * 3 + number * 5) % 7
    return mean * season[first.month - 1] * ripple * (100 - (first.year % 10)) // 1_000_000


def _rows(today: date) -> str:
    """From January two years ago to where it is asked for, by month; diesel of the lorries by quarter, estimated."""
    text = io.StringIO()
    rows = csv.writer(text, lineterminator="\n")
    rows.writerow(COLUMNS)
    first, number = date(today.year - 2, 1, 1), 0
    while first <= month(today, 2):
        last = end_of(Every.MONTH, first)
        for name, _region, unit, *_place in PLANTS:
            for kind, measure, error in (("electricity", "kWh", "4"), ("fuel.natural_gas", "Nm3", "12")):
                if name in _plants(kind) and (kind != "electricity" or first <= month(today, 3)):
                    number += 1
                    quantity = _quantity(kind, name, first)
                    rows.writerow(
                        (
                            f"S-{number:04}",
                            name,
                            UNITS[unit],
                            kind,
                            first,
                            last,
                            quantity,
                            measure,
                            error,
                            "实测 measured",
                        )
                    )
            ends = end_of(Every.QUARTER, first)
            if first.month % 3 == 1 and ends < month(today, 0):
                number += 1
                rows.writerow((f"S-{number:04}", name, UNITS[unit], "fuel.diesel", first, ends, 6 + number % 5, "t", "30", "估算 estimated"))  # fmt: skip
        first = last + timedelta(days=1)
    return text.getvalue()
