"""What changed between two runs, what emits most, what was told of the rows."""

from __future__ import annotations

from typing import Any, Literal

from django.shortcuts import get_object_or_404
from ninja import Router, Schema

from hengtan.inventory.effects import EFFECTS
from hengtan.problems import Problem as Wrong
from hengtan.web.organisations.roles import Act
from hengtan.web.runs import services
from hengtan.web.runs.comparing import difference
from hengtan.web.runs.gone import missing
from hengtan.web.runs.models import Run

from .door import Call, Said, need
from .results import _done, _mine
from .wire import REFUSED, ask, lang

router = Router(tags=["Inventory"])
Basis = Literal["location", "market"]
HOT = 50
BASIS = ask("location")
BY = ask("facility")


class EffectsOut(Schema):
    """The parts of a change, which add up to it exactly; kg CO2e as decimal text."""

    activity: str
    factor: str
    method: str
    boundary: str
    gwp: str


class LineOfChangeOut(Schema):
    """A line of a comparison: kg CO2e before, after, and why."""

    name: str
    before_kg: str
    after_kg: str
    difference_kg: str
    effects: EffectsOut


class CauseOut(Schema):
    """One thing behind an effect: how much of it, in how many entries."""

    effect: str
    kind: str
    kg: str
    entries: int


class ComparisonOut(Schema):
    """From one run to another. exact: lines give the totals and effects the difference, to the last digit."""

    before: str
    after: str
    basis: str
    by: str
    exact: bool
    total: LineOfChangeOut
    items: list[LineOfChangeOut]
    causes: list[CauseOut]


class HotOut(Schema):
    """A row that emits much."""

    activity_id: str
    facility: str
    activity_type: str
    scope: int | None
    co2e_kg: str


class HotsOut(Schema):
    """The rows that emit most, the largest first."""

    items: list[HotOut]


class ToldOut(Schema):
    """What was told of rows, by code."""

    code: str
    severity: str
    count: int
    reason: str
    mend: str


class ToldsOut(Schema):
    """All codes of a run. Each row stands in ``problems.csv`` among the files of the run."""

    items: list[ToldOut]


def _change(row: dict[str, Any]) -> dict[str, Any]:
    return {
        "name": row["name"], "before_kg": row["before"], "after_kg": row["after"], "difference_kg": row["total"],
        "effects": dict(zip(EFFECTS, row["effects"], strict=True)),
    }  # fmt: skip


def _there(run: Run) -> Run:
    if problem := missing(run):
        raise Said(404, problem)
    return run


@router.get("/runs/{key}/comparison", response={200: ComparisonOut, **REFUSED})
def comparison(
    request: Call,
    key: str,
    before: str = ask("", max_length=16, description="The id of the earlier run; empty: the one before it."),
    basis: Basis = BASIS,
    by: Literal["facility", "org_unit", "type", "category", "scope"] = BY,
) -> Any:
    """What changed to this run from an earlier one, split into activity data, factors, methods, boundary and GWP."""
    need(request, Act.WHOLE)
    run = _there(_done(request, key))
    old = get_object_or_404(_mine(request), key=before) if before else run.previous
    if old is None or not old.is_done or old.pk == run.pk:
        raise Said(404, Wrong("call.not-there"))
    old.organisation = request.organisation
    told = difference(_there(old), run, basis, by)
    return {
        "before": old.key, "after": run.key, "basis": basis, "by": by, "exact": told["exact"], "total": _change(told["total"]),
        "items": [_change(row) for row in told["rows"]],
        "causes": [{name: cause[name] for name in ("effect", "kind", "kg", "entries")} for cause in told["causes"]],
    }  # fmt: skip


@router.get("/runs/{key}/hot-spots", response={200: HotsOut, **REFUSED})
def hot_spots(request: Call, key: str, basis: Basis = BASIS) -> Any:
    """The rows that emit most, as far as the person sees their facilities."""
    need(request, Act.READ)
    run = _there(_done(request, key))
    found = services.hot_spots(run, services.facilities_of(request.membership), HOT)[basis]
    return {"items": [{**row, "co2e_kg": str(row["co2e_kg"])} for row in found]}


@router.get("/runs/{key}/problems", response={200: ToldsOut, **REFUSED})
def problems(request: Call, key: str) -> Any:
    """What was told of the rows, with how often."""
    need(request, Act.WHOLE)
    run = _done(request, key)
    figures = Run.objects.values_list("figures", flat=True).get(pk=run.pk) or {}

    def word(value: Any) -> str:
        return str(value.get(lang(), "") if isinstance(value, dict) else value)

    names = ("code", "severity", "reason", "mend")
    return {
        "items": [
            {**{name: word(each.get(name, "")) for name in names}, "count": int(each.get("count", 0))}
            for each in figures.get("problems", ())
        ]
    }
