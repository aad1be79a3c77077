"""HiGHS solves the program; whole tonnes come out, with a proof of how good they are."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import highspy
import numpy as np

from .model import Key, Model

_NEAR = 1e-6


@dataclass(frozen=True, slots=True)
class Answer:
    """What the solver found.

    tonnes     whole numbers by column (lots for offers in lots, 0 or 1 for yes and no); None where nothing keeps the rules
    cost       CNY, a double: what is owed is added up elsewhere, in decimals
    bound      no plan costs less than this, a double
    optimal    whether the solver proved that; duals: CNY by row with the yes-or-no decisions as they are
    """

    tonnes: dict[Key, int] | None
    cost: float
    bound: float
    optimal: bool
    duals: dict[Key, float]
    reduced: dict[Key, float]


def solve(model: Model, *, seconds: float = 30.0, with_duals: bool = True) -> Answer:
    """The cheapest whole tonnes.

    Only yes-or-no decisions, conversions and lots are asked to be whole at first: the rest is a network, whose cheapest flows are whole where its
    supplies are. Where a limit of cash or the like leaves a part of a tonne, what is decided now is asked to be whole, and then everything.
    """
    whole = np.array(model.whole, bool)
    first = np.array([key[0] in ("offer", "release") for key in model.keys], bool)
    for asked in (whole, whole | first, np.ones(len(model.cost), bool)):
        highs = _program(model, asked, seconds)
        highs.run()
        status = highs.getModelStatus()
        if status in (highspy.HighsModelStatus.kInfeasible, highspy.HighsModelStatus.kUnboundedOrInfeasible):
            return Answer(None, 0.0, 0.0, True, {}, {})
        values = np.array(highs.getSolution().col_value)
        if not len(values) and len(model.cost):
            return Answer(None, 0.0, 0.0, False, {}, {})
        nearest = np.round(values)
        if np.abs(values - nearest).max(initial=0.0) <= _NEAR:
            break
    info = highs.getInfo()
    cost = float(info.objective_function_value)
    proved = status == highspy.HighsModelStatus.kOptimal
    bound = float(info.mip_dual_bound) if asked.any() else cost
    tonnes = {key: int(nearest[at]) for key, at in model.keys.items()}
    duals, reduced = _prices(model, highs, asked, nearest, seconds) if with_duals else ({}, {})
    return Answer(tonnes, cost, bound, proved, duals, reduced)


def _prices(
    model: Model, highs: Any, asked: Any, values: Any, seconds: float
) -> tuple[dict[Key, float], dict[Key, float]]:
    """Duals and reduced costs; where something had to be whole, of the program with that held as it is."""
    if asked.any():
        held = np.array(model.whole, bool)
        highs = _program(model, np.zeros(len(model.cost), bool), seconds, fixed=(held, values))
        highs.run()
    solution = highs.getSolution()
    rows, columns = list(solution.row_dual), list(solution.col_dual)
    return (
        {key: rows[at] for key, at in model.rows.items()},
        {key: columns[at] for key, at in model.keys.items() if key[0] == "use"},
    )


def _program(model: Model, asked: Any, seconds: float, fixed: tuple[Any, Any] | None = None) -> Any:
    columns, rows = len(model.cost), len(model.row_low)
    lp = highspy.HighsLp()
    lp.num_col_, lp.num_row_ = columns, rows
    lp.col_cost_ = np.array(model.cost, float)
    low, high = np.array(model.low, float), np.array(model.high, float)
    if fixed is not None:
        held, values = fixed
        low, high = np.where(held, values, low), np.where(held, values, high)
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
        ("output_flag", False), ("threads", 1), ("random_seed", 1), ("mip_rel_gap", 0.0), ("mip_abs_gap", 1e-4),
        ("mip_feasibility_tolerance", 1e-9), ("time_limit", float(seconds)),
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
