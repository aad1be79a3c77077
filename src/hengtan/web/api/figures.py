"""Figures of a run as its dashboard shows them: months with their intervals, sums by a column, gases, intensities."""

from __future__ import annotations

from decimal import Decimal
from typing import Any, Literal

from ninja import Router, Schema
from pydantic import Field

from hengtan.inventory.run import text
from hengtan.inventory.totals import EXACT
from hengtan.problems import Problem as Wrong
from hengtan.web.organisations.roles import Act
from hengtan.web.runs import services
from hengtan.web.runs.dashboard import Dashboard
from hengtan.web.runs.figures import COLUMNS
from hengtan.web.runs.models import Run
from hengtan.web.runs.views import intensity_of_area

from .door import Call, Said, need
from .results import _done
from .wire import PAGING, REFUSED, Page, Paging, ask, cursor, position

router = Router(tags=["Inventory"])
Basis = Literal["location", "market"]
BASIS: Any = ask("location")
_PLACES = Decimal("1e-12")


class SumOut(Schema):
    """Sums of a part of a run, kg CO2e as decimal text; ``location_kg`` and ``market_kg`` are the total on either basis of scope 2."""

    scope1_kg: str
    scope2_location_kg: str
    scope2_market_kg: str
    scope3_kg: str
    location_kg: str
    market_kg: str
    rows: int


class MonthSumOut(SumOut):
    """One month. The 95 % interval is of the location-based total; null where nothing of the month states an uncertainty."""

    month: str
    p2_5_kg: str | None
    p97_5_kg: str | None


class MonthSumsOut(Schema):
    """``intervals``: kept, or null for a run that is older than they are, and for who sees a part of the facilities."""

    intervals: Literal["kept"] | None
    items: list[MonthSumOut]


class PartOut(SumOut):
    """A part of a run. name: of a category, "1.stationary" or "3.6"; of a facility, a unit, an activity type, a match class."""

    name: str


class GasOut(Schema):
    """A gas in the scopes. unsplit: of factors that state CO2e alone; ``kg`` is null where it is no mass of one gas."""

    gas: Literal["co2", "ch4", "n2o", "other", "unsplit"]
    kg: str | None
    co2e_kg: str


class GasesOut(Schema):
    """Gases whose ``co2e_kg`` add up to the total."""

    gwp_set: str
    total_co2e_kg: str
    items: list[GasOut]


class IntensityOut(Schema):
    """Emissions per unit of a denominator, of the months (or, of floor area, of the facilities) for which it is known.

    part_pct: how much of the total these are
    """

    kind: str = Field(description="floor_area, output, revenue, employees")
    unit: str
    amount: str
    co2e_kg: str
    co2e_kg_per_unit: str
    first: str | None
    last: str | None
    facilities: int | None
    part_pct: str


class IntensitiesOut(Schema):
    """All that are known."""

    items: list[IntensityOut]


def _figures(call: Call, run: Run) -> tuple[dict[str, Any], list[str] | None]:
    """What the person sees of the run."""
    seen = services.facilities_of(call.membership)
    if seen is not None:
        return services.figures_of(run, seen), seen
    return Run.objects.values_list("figures", flat=True).get(pk=run.pk) or {}, None


def _whole_board(call: Call, key: str, basis: Basis) -> Dashboard:
    need(call, Act.READ)
    if not call.membership.may(Act.WHOLE):
        raise Said(403, Wrong("call.role", values={"roles": ""}))
    run = _done(call, key)
    return Dashboard(run, _figures(call, run)[0], basis)


def _sums(row: Any) -> dict[str, Any]:
    return {name: text(row[name]) if isinstance(row[name], Decimal) else row[name] for name in COLUMNS}


@router.get("/runs/{key}/months", response={200: MonthSumsOut, **REFUSED})
def months(request: Call, key: str) -> Any:
    """Every month with rows, with its sums and the 95 % interval of its total."""
    need(request, Act.READ)
    found, _seen = _figures(request, _done(request, key))
    bands = found.get("month_bands")
    items = []
    for row in found.get("months", ()):
        band = ((bands or {}).get(row["month"]) or {}).get("total") or {}
        bounds = {name: band.get(name) for name in ("p2_5_kg", "p97_5_kg")}
        items.append({"month": row["month"], **_sums(row), **bounds})
    return {"intervals": None if bands is None else "kept", "items": items}


@router.get("/runs/{key}/sums/{by}", response={200: Page[PartOut], **REFUSED})
def sums(
    request: Call,
    key: str,
    by: Literal["category", "facility", "org_unit", "activity_type", "match"],
    paging: Paging = PAGING,
) -> Any:
    """Sums by a column, the largest first; as far as the person sees their facilities."""
    need(request, Act.READ)
    run = _done(request, key)
    seen = services.facilities_of(request.membership)
    found = services.every(run, seen, by)
    at = position(paging.cursor)
    page = found[at : at + paging.limit]
    after = at + len(page)
    return {
        "items": [{"name": row["name"], **_sums(row)} for row in page],
        "next": cursor(after) if page and after < len(found) else None,
    }


@router.get("/runs/{key}/gases", response={200: GasesOut, **REFUSED})
def gases(request: Call, key: str, basis: Basis = BASIS) -> Any:
    """Mass of each gas and what it makes in CO2e, by the run's GWP set."""
    board = _whole_board(request, key, basis)
    items = [
        {"gas": row["name"], "kg": None if row["kg"] is None else text(row["kg"]), "co2e_kg": text(row["co2e_kg"])}
        for row in board.gases
    ]
    return {"gwp_set": board.gwp_set, "total_co2e_kg": text(board.total), "items": items}


@router.get("/runs/{key}/intensities", response={200: IntensitiesOut, **REFUSED})
def intensities(request: Call, key: str, basis: Basis = BASIS) -> Any:
    """Emissions per m2, tonne of output, revenue or employee, as far as denominators were given."""
    board = _whole_board(request, key, basis)
    items = []
    area = intensity_of_area(board.figures, basis)
    if area is not None:
        items.append({
            "kind": "floor_area", "unit": "m2", "amount": text(area["m2"]), "co2e_kg": text(area["kg"]),
            "co2e_kg_per_unit": text(area["exact"]), "first": None, "last": None, "facilities": int(area["facilities"]),
            "part_pct": _percent(area["kg"], board.total),
        })  # fmt: skip
    for row in board.intensities(services.denominators(board.run)):
        items.append({
            "kind": row["name"], "unit": row["unit"], "amount": text(row["amount"]), "co2e_kg": text(row["kg"]),
            "co2e_kg_per_unit": text(EXACT.quantize(row["per"], _PLACES)), "first": row["first"], "last": row["last"], "facilities": None,
            "part_pct": _percent(row["kg"], board.total),
        })  # fmt: skip
    return {"items": items}


def _percent(part: Decimal, whole: Decimal) -> str:
    return f"{part * 100 / whole:.1f}" if whole else "0.0"
