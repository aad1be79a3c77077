"""The program as HiGHS has it: handed over, run, and what comes back."""

from __future__ import annotations

from typing import Any

import highspy
import numpy as np

from .model import Model

MIDDLE = 4000  # columns up to which yes-or-no decisions and lots are decided to the last fen; in larger programs to begin anew takes too long


class Nothing:
    """It is proved that nothing keeps the rules."""


def program(
    model: Model, asked: Any, seconds: float, *, gap: float = 0.0, bounds: tuple[Any, Any] | None = None
) -> Any:
    """The solver with a program in it. asked: (columns,) which have to be whole; gap: a share of the cost that is good enough; bounds: others than the model's."""
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
        highs.setOptionValue("simplex_dual_edge_weight_strategy", 1)  # Devex: sooner than steepest edges here
    for name, setting in (
        ("output_flag", False), ("threads", 1), ("random_seed", 1), ("mip_rel_gap", gap), ("mip_abs_gap", 0.004),
        ("mip_allow_restart", columns <= MIDDLE), ("time_limit", float(seconds)), ("dual_feasibility_tolerance", 1e-9),
        ("mip_feasibility_tolerance", 1e-7),
    ):  # fmt: skip
        highs.setOptionValue(name, setting)
    highs.passModel(lp)
    return highs


def run(
    model: Model,
    asked: Any,
    seconds: float,
    *,
    gap: float = 0.0,
    bounds: tuple[Any, Any] | None = None,
    nodes: int | None = None,
    known: Any = None,
    target: float | None = None,
) -> tuple[Any, float] | Nothing | None:
    """(values or None, bound) of the program with some columns asked to be whole; Nothing where it is proved that there is no plan.

    known: a plan that is there already; target: CNY, a plan that costs no more is good enough.
    """
    highs = program(model, asked, seconds, gap=gap, bounds=bounds)
    if nodes is not None:
        highs.setOptionValue("mip_max_nodes", nodes)
        if known is not None:
            highs.setOptionValue("mip_heuristic_effort", 0.0)  # branching finds as much, and sooner
    if target is not None:
        highs.setOptionValue("objective_target", target)
    if known is not None:
        solution = highspy.HighsSolution()
        solution.col_value = list(map(float, known))
        highs.setSolution(solution)
    return outcome(highs, asked)


def outcome(highs: Any, asked: Any) -> tuple[Any, float] | Nothing | None:
    """The same of a solver that has its program, and maybe columns after it; None where it found nothing and proved nothing."""
    highs.run()
    info, status = highs.getInfo(), highs.getModelStatus()
    if status in (highspy.HighsModelStatus.kInfeasible, highspy.HighsModelStatus.kUnboundedOrInfeasible):
        return Nothing()
    stopped = (
        highspy.HighsModelStatus.kTimeLimit, highspy.HighsModelStatus.kSolutionLimit, highspy.HighsModelStatus.kIterationLimit,
        highspy.HighsModelStatus.kObjectiveTarget,
    )  # fmt: skip
    if status != highspy.HighsModelStatus.kOptimal and (status not in stopped or not asked.any()):
        return None
    values = np.array(highs.getSolution().col_value)[: len(asked)]
    there = len(values) == len(asked) and info.primal_solution_status == highspy.SolutionStatus.kSolutionStatusFeasible
    if not asked.any():
        return (values, float(info.objective_function_value)) if there else None
    return (np.where(asked, np.round(values), values) if there else None), float(info.mip_dual_bound)
