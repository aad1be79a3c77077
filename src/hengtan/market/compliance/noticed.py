"""What a plan took as it was given though somebody should look at it, and what was given and could not be used."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from hengtan.market.rules import drawn_ahead, law, vintage_name
from hengtan.problems import Problem

from .given import Entity
from .position import Position
from .supply import OLD, Supply


def noticed(given: Supply, stands: tuple[Position, ...]) -> tuple[Problem, ...]:
    """In the order of the entities, each with its place."""
    found: list[Problem] = []
    for e, entity in enumerate(given.case.entities):
        found += _past(given, entity)
        found += _without_band(given, e)
        found += _not_converted(given, e, stands)
    return (*found, *_drawn(given), *_unplanned(given))


def _past(given: Supply, entity: Entity) -> Iterator[Problem]:
    """Days that are over: what was to come by then counts as come."""
    as_of = given.case.as_of
    for at, coming in enumerate(entity.allocations):
        if coming.on < as_of and coming.t:
            values = {"entity": entity.name, "t": f"{coming.t:,}", "day": str(coming.on), "as_of": str(as_of)}
            yield Problem("comply.allocation-past", column=f"{entity.path}/allocations/{at}/on", values=values)
    for holding in entity.holdings:
        if holding.free_on is not None and holding.free_on < as_of and holding.pledged_t:
            values = {"t": f"{holding.pledged_t:,}", "day": str(holding.free_on), "as_of": str(as_of)}
            yield Problem("comply.pledge-past", column=f"{holding.path}/pledge/free_on", values=values)


def _without_band(given: Supply, e: int) -> Iterator[Problem]:
    """Emissions that were to be planned for high, and have no high end."""
    entity = given.case.entities[e]
    for each in given.dues[e] if given.case.aim == "high" else ():
        if not each.verified and each.high_t is None:
            values = {"entity": entity.name, "year": str(each.year), "t": f"{each.expected_t:,}"}
            yield Problem("comply.no-band", column=f"{entity.path}/emissions", values=values)


def _not_converted(given: Supply, e: int, stands: tuple[Position, ...]) -> Iterator[Problem]:
    """Allowances of 2019 to 2024 that could still be converted, and why the plan converts none."""
    case, entity = given.case, given.case.entities[e]
    rule = law("surrender.carry-over")
    if case.as_of > rule.values["apply_until"] or given.old == len(given.years):
        return
    if given.old:
        left = stands[e * len(given.years) + given.old - 1].spare_t
    else:
        left = sum(each.t for each in entity.holdings if each.kind == "CEA" and 0 < each.vintage <= OLD)
    if given.converted_now(e) and case.as_of <= rule.values["holding_on"]:
        values = {"entity": entity.name, "t": f"{given.converted_now(e):,}", "year": str(OLD)}
        yield Problem("comply.year-before", column=entity.path, values=values)
    if left and entity.trades is None:
        values = {"entity": entity.name, "t": f"{left:,}", "last": str(rule.values["apply_until"])}
        yield Problem("comply.carry-over-unknown", column=entity.path, values=values)
    limit = given.carry[e]
    if left and limit is not None:
        yield from (replace(each, column=entity.path) for each in limit.refusals)


def _drawn(given: Supply) -> Iterator[Problem]:
    """Allowances of 2023 where 2021 or 2022 is planned: how many of them count."""
    rule = law("surrender.borrowing-2021-2022")
    vintage = rule.values["vintage"]
    year = max((each for each in given.years if drawn_ahead(vintage, each)), default=None)
    for e, entity in enumerate(given.case.entities if year is not None else ()):
        mine = [lot for lot in given.lots if lot.entity == e and lot.kind == "CEA" and lot.vintage == vintage]
        counted = sum(lot.t for lot in mine if lot.first is not None and given.years[lot.first] < vintage)
        if mine:
            told = rule.refuse("comply.drawn-ahead", vintage=vintage_name(vintage), year=year, t=f"{counted:,}")
            yield replace(told, column=entity.path)


def _unplanned(given: Supply) -> Iterator[Problem]:
    """Years that stand beside sales, prices or trading days and are not planned."""
    case, planned = given.case, set(given.years)
    parts = [(f"{each.path}/sales", set(each.sales_t)) for each in case.entities]
    parts += [
        (f"/scenarios/{at}/prices", {*each.cea_cny_t, *each.ccer_cny_t}) for at, each in enumerate(case.scenarios)
    ]
    parts.append(("/limits/trading_days", {int(each) for each in case.trading_days if each != "now"}))
    for path, years in parts:
        if years - planned:
            values = {"years": ", ".join(map(str, sorted(years - planned)))}
            yield Problem("comply.year-unplanned", column=path, values=values)
