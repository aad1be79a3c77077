"""HiGHS solves the program; whole tonnes come out, with a proof of how good they are."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import highspy
import numpy as np

from .model import Key, Model

_NEAR = 1e-6
EXACT = 120  # columns up to which branch and bound is given its time
POLISH = 1000  # nodes of branch and bound for what may still be found: nodes and not seconds, so that every machine finds the same
ENOUGH = 1e-6  # of the cost: a yuan in a million


@dataclass(frozen=True, slots=True)
class Answer:
    """What the solver found.

    tonnes     whole numbers by column (lots for offers in lots, 0 or 1 for yes and no); None where nothing keeps the rules
    cost       CNY, a double: what is owed is added up elsewhere, in decimals
    bound      no plan costs less than this, a double
    optimal    whether nothing is cheaper by a fen; duals: CNY by row with the yes-or-no decisions as they are
    """

    tonnes: dict[Key, int] | None
    cost: float
    bound: float
    optimal: bool
    duals: dict[Key, float]
    reduced: dict[Key, float]


def solve(model: Model, *, seconds: float = 60.0, with_duals: bool = True, polish: bool = True) -> Answer:
    """The cheapest whole tonnes, or whole tonnes with a bound on how much cheaper any could be.

    First everything may be a part of a tonne: what that costs, no plan undercuts. The program is a network but for limits of cash, lots and
    yes-or-no decisions, so that mostly whole tonnes come out, and the plan is the cheapest. Else the yes-or-no decisions and lots are rounded and
    held, and what is in use is asked to be whole; the two costs are the gap. A small program, or one whose gap is above a millionth, is given to
    branch and bound as well (polish False: only where nothing was found yet).
    """
    columns = len(model.cost)
    nothing, every = np.zeros(columns, bool), np.ones(columns, bool)
    whole = np.array(model.whole, bool)
    relaxed = _run(model, nothing, seconds)
    if relaxed is None:
        return Answer(None, 0.0, 0.0, True, {}, {})
    values, bound, highs = relaxed
    if _is_whole(values):
        return _answer(model, values, bound, nothing, highs, with_duals)
    best = _rounded(model, values, whole, seconds, highs)
    if best is None or (polish and (columns <= EXACT or _gap(model, best, bound) > ENOUGH)):
        found = _run(
            model, whole, seconds, gap=0.0 if columns <= EXACT else ENOUGH, nodes=None if best is None else POLISH
        )
        if found is None and best is None and not _in_time(model, whole, seconds):
            return Answer(None, 0.0, bound, False, {}, {})
        if found is None and best is None:
            return Answer(None, 0.0, 0.0, True, {}, {})
        if found is not None:
            bound = max(bound, found[1])
            best = _better(model, best, found[0] if _is_whole(found[0]) else _rounded(model, found[0], whole, seconds))
    if best is None or (polish and columns <= EXACT and _cost(model, best) - bound >= 0.01):
        found = _run(
            model, every, seconds, gap=0.0 if columns <= EXACT else ENOUGH, nodes=None if best is None else POLISH
        )
        if found is not None:
            bound = max(bound, found[1])
            best = _better(model, best, found[0])
    if best is None:
        return Answer(None, 0.0, bound, columns <= EXACT, {}, {})
    return _answer(model, best, bound, whole, None, with_duals)


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


def _run(
    model: Model,
    asked: Any,
    seconds: float,
    *,
    gap: float = 0.0,
    bounds: tuple[Any, Any] | None = None,
    nodes: int | None = None,
) -> tuple[Any, float, Any] | None:
    """(values, bound, solver) of the program with some columns asked to be whole; None where there is no plan, or none was found."""
    highs = _program(model, asked, seconds, gap=gap, bounds=bounds)
    if nodes is not None:
        highs.setOptionValue("mip_max_nodes", nodes)
    return _outcome(model, highs, asked)


def _outcome(model: Model, highs: Any, asked: Any) -> tuple[Any, float, Any] | None:
    highs.run()
    info, status = highs.getInfo(), highs.getModelStatus()
    good = (
        highspy.HighsModelStatus.kOptimal,
        highspy.HighsModelStatus.kTimeLimit,
        highspy.HighsModelStatus.kSolveError,
    )
    values = np.array(highs.getSolution().col_value)
    if status not in good or len(values) != len(model.cost):
        return None
    if asked.any():
        if info.primal_solution_status != highspy.SolutionStatus.kSolutionStatusFeasible:
            return None
        return np.where(asked, np.round(values), values), float(info.mip_dual_bound), highs
    if status != highspy.HighsModelStatus.kOptimal:
        return None
    return values, float(info.objective_function_value), highs


def _in_time(model: Model, asked: Any, seconds: float) -> bool:
    """Whether it is proved that there is no plan, rather than that the time was over."""
    highs = _program(model, asked, seconds)
    highs.run()
    return bool(highs.getModelStatus() != highspy.HighsModelStatus.kTimeLimit)


def _rounded(model: Model, values: Any, whole: Any, seconds: float, relaxed: Any = None) -> Any:
    """Whole tonnes near a plan in parts of tonnes: decisions are rounded and held; around what is a part of a tonne, all is asked to be whole.

    relaxed: the solver that has the program solved already, to go on from there.
    """
    low, high = np.array(model.low, float), np.array(model.high, float)
    columns = len(model.cost)
    near = np.clip(np.round(values), low, high)
    low, high = np.where(whole, near, low), np.where(whole, near, high)
    if whole.any():
        if relaxed is None:
            found = _run(model, np.zeros(columns, bool), seconds, bounds=(low, high))
        else:
            held = np.flatnonzero(whole).astype(np.int32)
            relaxed.changeColsBounds(len(held), held, low[held], high[held])
            found = _outcome(model, relaxed, np.zeros(columns, bool))
        if found is None:
            return None
        values = found[0]
        if _is_whole(values):
            return values
    for hops in (1, 2):
        free = _around(model, np.abs(values - np.round(values)) > _NEAR, hops)
        bounds = (np.where(free, low, np.round(values)), np.where(free, high, np.round(values)))
        found = _run(model, np.ones(columns, bool), seconds, gap=ENOUGH, bounds=bounds)
        if found is not None:
            return found[0]
    used = (values > _NEAR) | (low > 0)
    found = _run(model, np.ones(columns, bool), seconds, gap=ENOUGH, bounds=(low, np.where(used, high, 0.0)))
    return None if found is None else found[0]


def _around(model: Model, parts: Any, hops: int) -> Any:
    """The columns that share a row of tonnes (not one of cash or volume, which all share) with some columns, and so on."""
    starts, index, _ = _entries(model, len(model.cost))
    of = np.repeat(np.arange(len(model.cost)), np.diff(starts))
    local = np.array([key[0] in ("CEA", "CCER", "pool") for key in model.rows], bool)
    for _ in range(hops):
        rows = np.zeros(len(model.row_low), bool)
        rows[index[parts[of]]] = True
        rows &= local
        wider = np.zeros(len(model.cost), bool)
        wider[of[rows[index]]] = True
        parts = parts | wider
    return parts


def _answer(model: Model, values: Any, bound: float, whole: Any, highs: Any, with_duals: bool) -> Answer:
    nearest = np.round(values)
    cost = _cost(model, nearest)
    tonnes = {key: int(nearest[at]) for key, at in model.keys.items()}
    duals, reduced = _prices(model, highs, whole, nearest) if with_duals else ({}, {})
    return Answer(tonnes, cost, min(bound, cost), cost - bound < 0.01, duals, reduced)


def _prices(model: Model, highs: Any, held: Any, values: Any) -> tuple[dict[Key, float], dict[Key, float]]:
    """Duals and reduced costs; where something had to be whole, of the program with that held as it is."""
    if highs is None:
        low, high = np.array(model.low, float), np.array(model.high, float)
        bounds = (np.where(held, values, low), np.where(held, values, high))
        highs = _program(model, np.zeros(len(model.cost), bool), 20.0, bounds=bounds)
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
    starts, index, value = _entries(model, columns)
    lp.a_matrix_.format_ = highspy.MatrixFormat.kColwise
    lp.a_matrix_.start_, lp.a_matrix_.index_, lp.a_matrix_.value_ = starts, index, value
    if asked.any():
        kinds = (highspy.HighsVarType.kContinuous, highspy.HighsVarType.kInteger)
        lp.integrality_ = [kinds[each] for each in asked.astype(int)]
    highs = highspy.Highs()
    for name, setting in (
        ("output_flag", False), ("threads", 1), ("random_seed", 1), ("mip_rel_gap", gap), ("mip_abs_gap", 0.004),
        ("time_limit", float(seconds)),
    ):  # fmt: skip
        highs.setOptionValue(name, setting)
    highs.passModel(lp)
    return highs


def _entries(model: Model, columns: int) -> tuple[Any, Any, Any]:
    """Column-wise entries, those put in later among them."""
    starts = np.array([*model.starts, len(model.index)], np.int64)
    index, value = np.array(model.index, np.int64), np.array(model.value, float)
    if model.extra:
        of = np.concatenate([np.repeat(np.arange(columns), np.diff(starts)), [each[1] for each in model.extra]])
        index = np.concatenate([index, [each[0] for each in model.extra]])
        value = np.concatenate([value, [each[2] for each in model.extra]])
        order = np.lexsort((index, of))
        of, index, value = of[order], index[order], value[order]
        starts = np.concatenate([[0], np.cumsum(np.bincount(of.astype(np.int64), minlength=columns))])
    return starts.astype(np.int32), index.astype(np.int32), value
