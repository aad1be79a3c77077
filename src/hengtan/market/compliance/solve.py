"""HiGHS solves the program; whole tonnes come out, with a proof of how good they are."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import highspy
import numpy as np

from .model import Key, Model

_NEAR = 1e-6
FEN = 0.01
SMALL = 200  # columns up to which every tonne is asked to be whole, and the last fen is looked for
MIDDLE = 4000  # columns up to which yes-or-no decisions and lots are decided to the last fen
POLISH = 50  # nodes of branch and bound over every tonne: nodes and not seconds, so that every machine finds the same
DECIDE = {
    True: 3000,
    False: 100,
}  # nodes over yes-or-no decisions and lots, in a program of middle size and in a large one
LAST = 1e-7  # of the cost: nobody waits for less
ENOUGH = 1e-6  # of the cost of a large program: a yuan in a million


@dataclass(frozen=True, slots=True)
class Answer:
    """What the solver found.

    tonnes     whole numbers by column (lots for offers in lots, 0 or 1 for yes and no); None where nothing keeps the rules
    cost       CNY, a double: what is owed is added up elsewhere, in decimals
    bound      no plan costs less than this, a double
    optimal    whether nothing is cheaper by a fen; duals: CNY by row with the yes-or-no decisions as they are
    in_parts   whether there is a plan in parts of tonnes at least
    endless    whether it could always be cheaper: what is left is worth more than it costs, and nothing limits it
    basis      where the solver stood when parts of tonnes were allowed: a program that differs little can go on from there
    """

    tonnes: dict[Key, int] | None
    cost: float
    bound: float
    optimal: bool
    duals: dict[Key, float]
    reduced: dict[Key, float]
    in_parts: bool = True
    endless: bool = False
    basis: Any = None

    def cap_price(self, e: int, y: int, s: int) -> float:
        """What one credit more in the cap costs (below zero: saves)."""
        if ("cap", e, y, s) in self.duals:
            return self.duals["cap", e, y, s]
        return self.reduced.get(("use", "CCER", e, y, s), 0.0)


def solve(
    model: Model, *, seconds: float = 60.0, with_duals: bool = True, start: Any = None, small: int = SMALL,
    known: Mapping[Key, int] | None = None,
) -> Answer:  # fmt: skip
    """The cheapest whole tonnes, or whole tonnes with a bound on how much cheaper any could be.

    First everything may be a part of a tonne: what that costs, no plan undercuts. The program is a network but for limits of cash, lots and
    yes-or-no decisions, so that mostly whole tonnes come out, and the plan is the cheapest. Else the yes-or-no decisions and lots are rounded and
    held, and what is in use is asked to be whole; the two costs are the gap. Where it is more than a fen (in a large program a millionth), branch and
    bound decides over yes-or-no decisions and lots, and in a small one over every tonne as well.

    start  the basis of a program with the same rows and columns; small: columns up to which every tonne is asked to be whole
    known  the plan of a program that differs little: taken where it keeps these rules too and nothing better is found
    """
    columns = len(model.cost)
    nothing, every = np.zeros(columns, bool), np.ones(columns, bool)
    whole = np.array(model.whole, bool)
    relaxed = _relaxed(model, seconds, start)
    if isinstance(relaxed, bool):
        return Answer(None, 0.0, 0.0, True, {}, {}, in_parts=False, endless=relaxed)
    values, bound, highs = relaxed
    basis = highs.getBasis()
    if _is_whole(values):
        return _answer(model, values, bound, nothing, highs, basis, with_duals)
    best = _rounded(model, values, whole, seconds, highs)
    kept = held_by(model, known) if known is not None else None
    if kept is not None and best is None:  # its decisions and lots, and what is cheapest beside them
        best = _better(model, kept, _rounded(model, np.where(whole, kept, values), whole, seconds))
    middle = columns <= MIDDLE
    for asked, wanted, nodes in ((whole, True, DECIDE[middle]), (every, columns <= small, POLISH)):
        enough = FEN if middle else ENOUGH * abs(bound)
        if asked is every:
            enough = max(FEN, LAST * abs(bound))
        if not wanted or not asked.any() or (best is not None and _cost(model, best) - bound < enough):
            continue
        limit = nodes if best is not None or asked is whole else None
        found = _run(model, asked, seconds, gap=0.0 if middle else ENOUGH, nodes=limit, known=best)
        if isinstance(found, _Nothing):
            return Answer(None, 0.0, 0.0, True, {}, {}, basis=basis)
        if found is not None:
            bound = max(bound, found[1])
            if found[0] is not None:
                better = np.round(found[0]) if _is_whole(found[0]) else _rounded(model, found[0], whole, seconds)
                best = _better(model, best, better)
    if best is None:
        found = _run(model, every, seconds, gap=ENOUGH)
        if isinstance(found, _Nothing):
            return Answer(None, 0.0, 0.0, True, {}, {}, basis=basis)
        if found is None or found[0] is None:
            return Answer(None, 0.0, bound, False, {}, {}, basis=basis)
        bound, best = max(bound, found[1]), found[0]
    return _answer(model, best, bound, whole, None, basis, with_duals)


def held_by(model: Model, tonnes: Mapping[Key, int]) -> Any:
    """The values of a plan, where it keeps every row and bound of the program; else None."""
    if not set(tonnes) <= set(model.keys):
        return None
    values = np.zeros(len(model.cost))
    for key, count in tonnes.items():
        values[model.keys[key]] = count
    starts, index, entries = model.entries()
    sums = np.bincount(index, np.asarray(entries) * np.repeat(values, np.diff(starts)), len(model.row_low))
    for found, low, high in ((values, model.low, model.high), (sums, model.row_low, model.row_high)):
        near = _NEAR + 1e-12 * np.abs(found)
        if (found < np.array(low, float) - near).any() or (found > np.array(high, float) + near).any():
            return None
    return values


def _is_whole(values: Any) -> bool:
    return bool(np.abs(values - np.round(values)).max(initial=0.0) <= _NEAR)


def _cost(model: Model, values: Any) -> float:
    return float(np.dot(model.cost, values))


def _gap(model: Model, values: Any, bound: float) -> float:
    cost = _cost(model, values)
    return max(cost - bound, 0.0) / max(abs(cost), 1.0)


def _better(model: Model, one: Any, other: Any) -> Any:
    if one is None or other is None:
        return other if one is None else one
    return one if _cost(model, one) <= _cost(model, other) else other


def shortest(model: Model, weights: Mapping[Key, float], sign: float = -1.0) -> dict[Key, float] | None:
    """By how much some rows have to be passed so that all rows hold, weighted least, in parts of tonnes; None where even that does not help.

    weights: by row, far above what a pass could save; sign: -1 where a row limits from above, 1 where it asks for more than there is
    """
    columns, count = len(model.cost), len(weights)
    highs = _program(model, np.zeros(columns, bool), 60.0)
    highs.setOptionValue("dual_feasibility_tolerance", 1e-7)
    rows = np.array([model.rows[key] for key in weights], np.int32)
    highs.addCols(
        count, np.array(list(weights.values()), float), np.zeros(count), np.full(count, highspy.kHighsInf), count,
        np.arange(count, dtype=np.int32), rows, np.full(count, sign),
    )  # fmt: skip
    highs.run()
    if highs.getModelStatus() != highspy.HighsModelStatus.kOptimal:
        return None
    return dict(zip(weights, list(highs.getSolution().col_value)[columns:], strict=True))


class _Nothing:
    """It is proved that nothing keeps the rules."""


def _relaxed(model: Model, seconds: float, start: Any) -> tuple[Any, float, Any] | bool:
    """(values, cost, solver) where everything may be a part of a tonne; else whether the cost falls without end (False: nothing keeps the rules).

    Of plans of one cost, one with few hand-overs is looked for: first each costs a little more than it does, then the true costs are put in,
    and the solver goes on from where it stands.
    """
    columns = len(model.cost)
    highs = _program(model, np.zeros(columns, bool), seconds)
    tie = np.array(model.tie, float)
    places = np.arange(columns, dtype=np.int32)
    true = np.array(model.cost, float)
    if tie.any():
        highs.changeColsCost(columns, places, true + tie)
    if start is not None:
        highs.setBasis(start)
    highs.run()
    if tie.any() and highs.getModelStatus() == highspy.HighsModelStatus.kOptimal:
        highs.changeColsCost(columns, places, true)
        highs.run()
    status = highs.getModelStatus()
    if status in (
        highspy.HighsModelStatus.kUnknown,
        highspy.HighsModelStatus.kTimeLimit,
    ):  # rarely, where prices lie far apart
        highs.clearSolver()
        highs.setOptionValue("dual_feasibility_tolerance", 1e-7)
        highs.setOptionValue("presolve", "on")
        highs.run()
        status = highs.getModelStatus()
    if status == highspy.HighsModelStatus.kInfeasible:
        return False
    if status == highspy.HighsModelStatus.kOptimal:
        return np.array(highs.getSolution().col_value), float(highs.getInfo().objective_function_value), highs
    highs.clearSolver()
    highs.changeColsCost(columns, places, np.zeros(columns))
    highs.run()
    return bool(highs.getModelStatus() == highspy.HighsModelStatus.kOptimal)


def _run(
    model: Model,
    asked: Any,
    seconds: float,
    *,
    gap: float = 0.0,
    bounds: tuple[Any, Any] | None = None,
    nodes: int | None = None,
    known: Any = None,
) -> tuple[Any, float] | _Nothing | None:
    """(values or None, bound) of the program with some columns asked to be whole; _Nothing where it is proved that there is no plan.

    known: a plan that is there already.
    """
    highs = _program(model, asked, seconds, gap=gap, bounds=bounds)
    if nodes is not None:
        highs.setOptionValue("mip_max_nodes", nodes)
        if known is not None:
            highs.setOptionValue("mip_heuristic_effort", 0.0)  # branching finds as much, and sooner
    if known is not None:
        solution = highspy.HighsSolution()
        solution.col_value = list(map(float, known))
        highs.setSolution(solution)
    return _outcome(model, highs, asked)


def _outcome(model: Model, highs: Any, asked: Any) -> tuple[Any, float] | _Nothing | None:
    highs.run()
    info, status = highs.getInfo(), highs.getModelStatus()
    if status in (highspy.HighsModelStatus.kInfeasible, highspy.HighsModelStatus.kUnboundedOrInfeasible):
        return _Nothing()
    stopped = (
        highspy.HighsModelStatus.kTimeLimit, highspy.HighsModelStatus.kSolutionLimit, highspy.HighsModelStatus.kSolveError,
        highspy.HighsModelStatus.kIterationLimit,
    )  # fmt: skip
    if status != highspy.HighsModelStatus.kOptimal and (status not in stopped or not asked.any()):
        return None
    values = np.array(highs.getSolution().col_value)
    there = (
        len(values) == len(model.cost) and info.primal_solution_status == highspy.SolutionStatus.kSolutionStatusFeasible
    )
    if not asked.any():
        return (values, float(info.objective_function_value)) if there else None
    return (np.where(asked, np.round(values), values) if there else None), float(info.mip_dual_bound)


def _rounded(model: Model, values: Any, whole: Any, seconds: float, relaxed: Any = None) -> Any:
    """Whole tonnes near a plan in parts of tonnes: decisions are rounded and held; around what is a part of a tonne, all is asked to be whole.

    relaxed: the solver that has the program solved already, to go on from there.
    """
    low, high = np.array(model.low, float), np.array(model.high, float)
    columns = len(model.cost)
    nothing, every = np.zeros(columns, bool), np.ones(columns, bool)
    near = np.clip(np.round(values), low, high)
    low, high = np.where(whole, near, low), np.where(whole, near, high)
    if whole.any():
        if relaxed is None:
            found = _run(model, nothing, seconds, bounds=(low, high))
        else:
            held = np.flatnonzero(whole).astype(np.int32)
            relaxed.changeColsBounds(len(held), held, low[held], high[held])
            found = _outcome(model, relaxed, nothing)
        if found is None or isinstance(found, _Nothing):
            return None
        values = found[0]
        if _is_whole(values):
            return np.round(values)
    for hops in (1, 2):
        free = _around(model, np.abs(values - np.round(values)) > _NEAR, hops)
        bounds = (np.where(free, low, np.round(values)), np.where(free, high, np.round(values)))
        found = _run(model, every, seconds, gap=ENOUGH, bounds=bounds)
        if found is not None and not isinstance(found, _Nothing) and found[0] is not None:
            return found[0]
    used = (values > _NEAR) | (low > 0)
    found = _run(model, every, seconds, gap=ENOUGH, bounds=(low, np.where(used, high, 0.0)))
    return None if found is None or isinstance(found, _Nothing) else found[0]


def _around(model: Model, parts: Any, hops: int) -> Any:
    """The columns that share a row of tonnes (not one of cash or volume, which all share) with some columns, and so on."""
    starts, index, _ = model.entries()
    of = np.repeat(np.arange(len(model.cost)), np.diff(starts))
    local = np.array([str(key[0]).startswith(("CEA", "CCER", "pool", "cap")) for key in model.rows], bool)
    for _ in range(hops):
        rows = np.zeros(len(model.row_low), bool)
        rows[index[parts[of]]] = True
        rows &= local
        wider = np.zeros(len(model.cost), bool)
        wider[of[rows[index]]] = True
        parts = parts | wider
    return parts


def _answer(model: Model, values: Any, bound: float, whole: Any, highs: Any, basis: Any, with_duals: bool) -> Answer:
    nearest = np.round(values)
    cost = _cost(model, nearest)
    found = nearest.astype(np.int64).tolist()
    tonnes = {key: found[at] for key, at in model.keys.items() if found[at]}
    duals, reduced = _prices(model, highs, whole, nearest, basis) if with_duals else ({}, {})
    return Answer(tonnes, cost, min(bound, cost), cost - bound < FEN, duals, reduced, basis=basis)


def _prices(model: Model, highs: Any, held: Any, values: Any, basis: Any) -> tuple[dict[Key, float], dict[Key, float]]:
    """Duals and reduced costs; where something had to be whole, of the program with that held as it is."""
    if highs is None:
        low, high = np.array(model.low, float), np.array(model.high, float)
        bounds = (np.where(held, values, low), np.where(held, values, high))
        highs = _program(model, np.zeros(len(model.cost), bool), 20.0, bounds=bounds)
        highs.setBasis(basis)
        highs.run()
    solution = highs.getSolution()
    rows, columns = list(solution.row_dual), list(solution.col_dual)
    return (
        {key: rows[at] for key, at in model.rows.items()},
        {key: columns[at] for key, at in model.keys.items() if key[0] == "use"},
    )


def _program(
    model: Model, asked: Any, seconds: float, *, gap: float = 0.0, bounds: tuple[Any, Any] | None = None
) -> Any:
    columns, rows = len(model.cost), len(model.row_low)
    lp = highspy.HighsLp()
    lp.num_col_, lp.num_row_ = columns, rows
    lp.col_cost_ = np.array(model.cost, float)
    low, high = bounds or (np.array(model.low, float), np.array(model.high, float))
    lp.col_lower_, lp.col_upper_ = low, high
    lp.row_lower_, lp.row_upper_ = np.array(model.row_low, float), np.array(model.row_high, float)
    starts, index, value = model.entries()
    lp.a_matrix_.format_ = highspy.MatrixFormat.kColwise
    lp.a_matrix_.start_, lp.a_matrix_.index_, lp.a_matrix_.value_ = starts, index, value
    if asked.any():
        kinds = (highspy.HighsVarType.kContinuous, highspy.HighsVarType.kInteger)
        lp.integrality_ = [kinds[each] for each in asked.astype(int)]
    highs = highspy.Highs()
    if not asked.any():
        highs.setOptionValue("presolve", "off")  # finds nothing in a network, and takes its time
    for name, setting in (
        ("output_flag", False), ("threads", 1), ("random_seed", 1), ("mip_rel_gap", gap), ("mip_abs_gap", 0.004),
        ("time_limit", float(seconds)), ("dual_feasibility_tolerance", 1e-9), ("mip_feasibility_tolerance", 1e-7),
    ):  # fmt: skip
        highs.setOptionValue(name, setting)
    highs.passModel(lp)
    return highs
