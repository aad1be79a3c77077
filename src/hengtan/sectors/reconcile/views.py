"""The three views side by side: one line for each source, and what leads from view to view."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal

from .difference import Difference, alone, difference, exact
from .rules import Rule, by_type, covered, mapped, market_methods, uncovered, why_out
from .side import GridFactor, InventorySum, Side, merged, of_inventory
from .stated import Taken, beside, found, market_side, year_of

VIEWS = ("ets", "enterprise", "inventory")
PERIOD = "period"
_PERIOD_TITLE = {"en": "Activities of another year", "zh": "其他年度的活动"}
_VALUE_CHAIN = {"en": "Value chain, category", "zh": "价值链，类别"}


@dataclass(frozen=True, slots=True)
class Line:
    """One source. sides: by view, None where it is not counted there; differences: market to enterprise, enterprise to inventory.

    noted    what a statement says of it without counting it: (amount, unit, cell)
    category scope and category: ``1.stationary``
    """

    key: str
    title: Mapping[str, str]
    category: str
    sides: Mapping[str, Side | None]
    differences: tuple[Difference, Difference]
    noted: tuple[str, str, tuple[str, ...]] | None = None
    rule: Rule | None = None

    @property
    def remainder(self) -> Decimal:
        """What nobody has explained, whatever its sign."""
        return sum((abs(each.remainder) for each in self.differences), Decimal(0))


@dataclass(frozen=True, slots=True)
class Reconciliation:
    """The lines, the largest first. covered: guideline -> why the carbon market counts it this year."""

    year: int
    lines: Sequence[Line]
    covered: Mapping[str, Rule]
    gwp_sets: Mapping[str, str] = field(default_factory=dict)

    def total(self, view: str) -> Decimal:
        """Of a view, t CO2e."""
        return sum((exact(side.stated) for line in self.lines if (side := line.sides[view])), Decimal(0))

    def remainder(self, step: int) -> Decimal:
        """Unexplained between two views: 0 market to enterprise, 1 enterprise to inventory."""
        return sum((line.differences[step].remainder for line in self.lines), Decimal(0))


@dataclass(slots=True)
class _Row:
    title: Mapping[str, str]
    category: str
    market: list[Side] = field(default_factory=list)
    guideline: list[Side] = field(default_factory=list)
    whole: list[Side] = field(default_factory=list)
    inventory: list[Side] = field(default_factory=list)
    noted: tuple[str, str, tuple[str, ...]] | None = None


def reconcile(
    statements: Sequence[Taken],
    inventory: Sequence[InventorySum],
    year: int,
    gwp_set: str,
    grid: Sequence[GridFactor] = (),
) -> Reconciliation:
    """Lines up the statements of one enterprise and year with the sums of a run.

    The market counts what ``boundaries.yaml`` says of the guidelines of its sectors. The enterprise is what statements of whole enterprises
    say; of a source that none of them has, what those of the market say. grid: factors of electricity, to tell year and region apart.
    """
    rows: dict[str, _Row] = {}
    rules: dict[str, Rule] = {}
    market = market_methods()
    for taken in statements:
        inside = covered(taken.method, year)
        if inside is not None:
            rules[taken.method] = inside[1]
        for each in found(taken, grid):
            category = f"{each.mapped.scope}.{each.mapped.category}" if each.mapped else "1.process"
            row = rows.setdefault(each.key, _Row(each.title, category))
            (row.guideline if taken.method in market else row.whole).append(each.side)
            if inside is not None and each.source in inside[0]:
                row.market.append(each.side)
        if (bought := market_side(taken, year)) is not None:
            rows.setdefault("electricity", _Row(mapped()["electricity"].title, "2.electricity")).market.append(bought)
        _noted(taken, rows)
    for one in inventory:
        key, title, category = _place(one, rows)
        unit = mapped()[key].unit if key in mapped() else ""
        rows.setdefault(key, _Row(title, category)).inventory.append(of_inventory(one, unit))
    enterprise = tuple(each.method for each in statements if each.method not in market)
    methods = {
        "ets": tuple(each.method for each in statements),
        "enterprise": enterprise or tuple(each.method for each in statements),
    }
    lines = [_line(key, row, year, methods, bool(rules), grid) for key, row in rows.items()]
    lines = [each for each in lines if any(each.sides.values())]
    lines.sort(key=lambda line: -max(abs(side.stated) for side in line.sides.values() if side))
    return Reconciliation(
        year, lines, rules, {each.ref: str(each.record["gwp_set"]) for each in statements} | {"inventory": gwp_set}
    )


def _noted(taken: Taken, rows: dict[str, _Row]) -> None:
    for each, place, value in beside(taken):
        if value["months"] or value["year"]:
            row = rows.setdefault(each.key, _Row(each.title, f"{each.scope}.{each.category}"))
            row.noted = (
                f"{exact(year_of(value)).normalize():f}",
                value["unit"],
                (taken.ref, *place, value["parameter"]),
            )


def _place(one: InventorySum, rows: Mapping[str, _Row]) -> tuple[str, Mapping[str, str], str]:
    """Which line a sum of the inventory belongs to: a source of the statements before all others."""
    category = f"{one.scope}.{one.category}"
    if one.outside:
        return PERIOD, _PERIOD_TITLE, PERIOD
    keys = by_type(one.activity_type)
    if keys and one.scope != 3:
        key = next((each for each in keys if each in rows), keys[0])
        return key, mapped()[key].title, category
    if one.scope == 3:
        return category, {lang: f"{_VALUE_CHAIN[lang]} {one.category}" for lang in ("en", "zh")}, category
    return f"{category}.{one.activity_type}", one.title, category


def _line(
    key: str, row: _Row, year: int, methods: Mapping[str, Sequence[str]], is_covered: bool, grid: Sequence[GridFactor]
) -> Line:
    sides = {
        "ets": merged(row.market) if row.market else None,
        "enterprise": merged(row.whole or row.guideline) if row.whole or row.guideline else None,
        "inventory": merged(row.inventory) if row.inventory else None,
    }
    if key == PERIOD and sides["inventory"]:
        return Line(key, row.title, row.category, sides, (Difference(Decimal(0)), alone("period", sides["inventory"])))
    rule = {
        view: why_out(view, key, row.category, year, methods[view], in_enterprise=bool(row.whole))
        for view in ("ets", "enterprise")
        if sides[view] is None
    }
    if sides["ets"] is None and not is_covered:
        rule["ets"] = uncovered()
    source = mapped().get(key)
    lost = "not-handed" if source is not None and source.activity_type else "no-activity"
    gaps = (
        "not-stated" if sides["enterprise"] is None else "not-handed",
        lost if sides["inventory"] is None else "not-stated",
    )
    first = difference(sides["ets"], sides["enterprise"], rule.get("ets"), grid, gaps[0])
    second = difference(sides["enterprise"], sides["inventory"], rule.get("enterprise"), grid, gaps[1])
    return Line(key, row.title, row.category, sides, (first, second), row.noted, rule.get("ets"))
