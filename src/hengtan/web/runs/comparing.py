"""Two runs side by side: five effects that add up to the difference, and what stands behind them."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Any
from urllib.parse import urlencode

from django.core.cache import caches
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from hengtan.inventory.compare import BY, Cause, Change, Comparison, compare
from hengtan.inventory.effects import EFFECTS
from hengtan.inventory.run import text
from hengtan.inventory.stream import read_streams
from hengtan.inventory.totals import EXACT
from hengtan.web.organisations.door import TenantRequest, within
from hengtan.web.organisations.roles import Act
from hengtan.web.shell.tables import as_table, form_of

from . import words
from .gone import gone, told_if_spoilt
from .models import Run
from .templatetags.masses import shown, tonnes
from .views import basis_of, run_of

KEPT_S = 24 * 3600  # runs never change, so their differences do not
ROWS, CAUSES = 25, 8
NAMES: Mapping[str, str | Promise] = {
    "activity": _("Activity data"),
    "factor": _("Factors"),
    "method": _("Methods"),
    "boundary": _("Boundary"),
    "gwp": _("GWP"),
}
GROUPS: Mapping[str, str | Promise] = {
    "facility": _("Facility"),
    "org_unit": _("Unit"),
    "type": _("Activity type"),
    "category": _("Category"),
    "scope": _("Scope"),
}


@within(Act.WHOLE)
@told_if_spoilt
def show(request: TenantRequest, pk: int) -> HttpResponse:
    """What changed from another run to this one, and why."""
    run = run_of(request, pk, "previous")
    if not run.is_done:
        return redirect("run", key=request.organisation.key, pk=run.pk)
    done = Run.objects.visible_to(request.user).of(request.organisation).filter(done_at__isnull=False)
    others = list(done.exclude(pk=run.pk).defer("figures", "summary"))
    given = request.GET.get("with", "")
    other = get_object_or_404(done, pk=int(given)) if given.isdecimal() and len(given) < 18 else run.previous
    if other is None or not other.is_done:
        other = others[0] if others else None
    basis, by = basis_of(request), request.GET.get("by", "facility")
    by = by if by in BY else "facility"
    context: dict[str, Any] = {"run": run, "other": other, "others": others, "basis": basis, "by": by, "groups": GROUPS}
    if other is not None and other.pk != run.pk:
        other.organisation = request.organisation
        if lost := gone(request, run) or gone(request, other):
            return lost
        told = difference(other, run, basis, by)
        form = form_of(request)
        if form:
            names = ("name", "before_kg", *(f"{name}_kg" for name in EFFECTS), "after_kg", "difference_kg")
            masses = (
                (row["name"], (row["before"], *row["effects"], row["after"], row["total"])) for row in told["rows"]
            )
            rows = ([name, *map(Decimal, numbers)] for name, numbers in masses)
            return as_table(form, f"{other.code}-{run.code}-{by}", names, rows)
        context |= {
            "told": told, "rows": told["rows"][:ROWS], "rest": _rest(told["rows"][ROWS:]), "more": len(told["rows"]) - ROWS,
            "effects": [NAMES[name] for name in EFFECTS], "chart": _chart(other, run, told["total"]),
            "causes": [{**cause, "name": NAMES[cause["effect"]]} for cause in told["causes"]],
            "query": urlencode({"with": other.pk, "basis": basis}),
        }  # fmt: skip
    else:
        context["other"] = None
    return render(request, "runs/compare.html", context)


def difference(a: Run, b: Run, basis: str, by: str) -> dict[str, Any]:
    """The change from ``a`` to ``b`` as plain values, masses in kg as decimal text."""
    key = f"compared:{a.key}:{b.key}:{basis}:{by}"
    found = caches["here"].get(key)
    if found is None:
        told = compare(read_streams(a.folder), read_streams(b.folder), basis)
        found = {
            "total": _row("", told.total),
            "rows": [_row(name, change) for name, change in told.by(by).items()],
            "causes": [_cause(cause) for cause in told.causes(CAUSES)],
            "entries": len(told.entries),
            "exact": _exact(told),
        }
        caches["here"].set(key, found, KEPT_S)
    rows = [{**row, "name": _called(by, row["name"]), "asked": _asked(by, row["name"], basis)} for row in found["rows"]]
    return {**found, "rows": rows}


def _row(name: str, change: Change) -> dict[str, Any]:
    return {
        "name": name, "before": text(change.before), "effects": [text(change.effects[each]) for each in EFFECTS],
        "after": text(change.after), "total": text(change.total),
    }  # fmt: skip


def _cause(cause: Cause) -> dict[str, Any]:
    rates = None
    if cause.rates is not None and cause.effect in ("factor", "method"):
        rates = [f"{cause.rates[0]:f}", f"{cause.rates[1]:f}", cause.rates[2]]
    return {"effect": cause.effect, "kind": cause.kind, "kg": text(cause.kg), "entries": cause.entries, "rates": rates}


def _exact(told: Comparison) -> bool:
    """Whether the rows give the totals and the effects the difference, to the last digit."""
    whole = told.total
    summed = Change()
    for entry in told.entries:
        summed.add(entry.change)
    parts = Decimal(0)
    for each in whole.effects.values():
        parts = EXACT.add(parts, each)
    return parts == whole.total and (summed.before, summed.after) == (whole.before, whole.after)


def _rest(rows: list[dict[str, Any]]) -> dict[str, Any] | None:
    if not rows:
        return None

    def total(values: Any) -> str:
        found = Decimal(0)
        for each in values:
            found = EXACT.add(found, Decimal(each))
        return text(found)

    return {
        "before": total(row["before"] for row in rows), "after": total(row["after"] for row in rows),
        "effects": [total(row["effects"][at] for row in rows) for at in range(len(EFFECTS))],
        "total": total(row["total"] for row in rows),
    }  # fmt: skip


def _asked(by: str, name: str, basis: str) -> str:
    """How the rows of a line are asked for; empty where rows are not told apart by it."""
    scope, _dot, category = name.partition(".")
    told = {
        "facility": {"facility": name}, "unit": {"org_unit": name}, "scope": {"scope": name}, "category": {"scope": scope, "category": category},
    }.get(by, {})  # fmt: skip
    return urlencode({"basis": basis, **told}) if told and all(told.values()) else ""


def _called(by: str, name: str) -> str:
    if by == "type":
        return words.activity_type(name)
    if by == "scope":
        return str(words.SCOPES.get(int(name), name)) if name.isdecimal() else name
    if by == "category":
        scope, _dot, category = name.partition(".")
        return f"{words.SCOPES.get(int(scope), scope) if scope.isdecimal() else scope} · {words.category(category)}"
    return name or "—"


def _chart(a: Run, b: Run, total: Mapping[str, Any]) -> dict[str, Any]:
    """Two levels and five steps between them; the axis begins near the lower one where that would otherwise be flat."""
    levels = [Decimal(total["before"])]
    for each in total["effects"]:
        levels.append(EXACT.add(levels[-1], Decimal(each)))
    low, high = min(levels), max(levels)
    spread = high - low
    floor = low - spread / 3 if low > 0 and spread * 4 < high else min(low, Decimal(0))
    steps: list[dict[str, Any]] = [
        {"name": a.code, "level": True, "at": _t(levels[0]), "told": shown(tonnes(levels[0]))}
    ]
    for at, each in enumerate(total["effects"]):
        change = Decimal(each)
        sign = (change > 0) - (change < 0)
        steps.append({
            "name": str(NAMES[EFFECTS[at]]), "level": False, "from": _t(min(levels[at], levels[at + 1])), "size": _t(abs(change)),
            "sign": sign, "told": f"{'+' if sign > 0 else ''}{shown(tonnes(change))}",
        })  # fmt: skip
    steps.append({"name": b.code, "level": True, "at": _t(levels[-1]), "told": shown(tonnes(levels[-1]))})
    top = high + (spread or abs(high) or Decimal(1)) / 6
    return {"kind": "effects", "unit": "tCO₂e", "steps": steps, "low": _t(floor), "high": _t(top)}


def _t(kg: Decimal) -> float:
    return float(tonnes(kg))
