"""Entities each by itself, where only few limits bind them together: small programs instead of a large one, and a bound for it."""

from __future__ import annotations

from typing import Any

import highspy
import numpy as np

from .model import Key, Model

_NODES = 200  # of one entity's program
_NEAR = 1e-6


def apart(model: Model, values: Any, prices: Any) -> tuple[Any, float] | None:
    """(values, bound): yes-or-no decisions and lots of each entity for itself; None where units are handed over, or an entity's program is not solved.

    values, prices  (columns,) tonnes and (rows,) CNY of the plan in parts of tonnes. What the limits that entities share cost there is put on what
                    enters them, and they are let go (Lagrange): what all entities cost then, no plan of all undercuts. Only entities whose
                    decisions are not whole are solved anew. The values keep their own rows, not surely the shared ones.
    """
    owner = np.array([_owner(key) for key in model.keys], np.int64)
    low, high = np.array(model.low, float), np.array(model.high, float)
    whole = np.array(model.whole, bool)
    starts, index, entries = model.entries()
    of = np.repeat(np.arange(len(owner)), np.diff(starts))
    moving = (high > low)[of]
    first = np.full(len(model.row_low), len(model.cost))
    last = np.full(len(model.row_low), -1)
    np.minimum.at(first, index[moving], owner[of[moving]])
    np.maximum.at(last, index[moving], owner[of[moving]])
    shared = first < last
    if any(shared[at] for key, at in model.rows.items() if key[0] == "pool"):
        return None
    row_low, row_high = np.array(model.row_low, float), np.array(model.row_high, float)
    price = np.where(shared, prices, 0.0)
    price = np.where(
        np.isneginf(row_low), np.minimum(price, 0.0), price
    )  # a limit from above never costs less than nothing
    price = np.where(np.isposinf(row_high), np.maximum(price, 0.0), price)
    cost = np.array(model.cost, float) - np.bincount(of, entries * price[index], len(owner))
    side = np.where(price < 0, row_high, row_low)
    bound = float(np.dot(price[price != 0], side[price != 0]))
    parts = whole & (np.abs(values - np.round(values)) > _NEAR)
    asked = set(owner[parts].tolist())
    resting = ~np.isin(owner, list(asked))
    bound += float(np.dot(cost[resting], values[resting]))
    found = values.copy()
    local = ~shared
    by_owner = np.argsort(owner, kind="stable")
    edges = np.searchsorted(owner[by_owner], np.arange(owner.max() + 2))
    for e in sorted(asked):
        columns = by_owner[edges[e] : edges[e + 1]]
        solved = _alone(cost, low, high, row_low, row_high, whole, columns, local, (starts, index, entries))
        if solved is None:
            return None
        found[columns] = solved[0]
        bound += solved[1]
    return found, bound


def _owner(key: Key) -> int:
    """The entity of a column."""
    return int(str(key[2] if key[0] in ("left", "use", "buy", "in", "out") else key[1]))


def _alone(
    cost: Any, low: Any, high: Any, row_low: Any, row_high: Any, whole: Any, columns: Any, local: Any, matrix: tuple[Any, Any, Any]
) -> tuple[Any, float] | None:  # fmt: skip
    """(values, bound) of the program of some columns and of the rows that nobody else enters."""
    starts, index, entries = matrix
    places = np.concatenate([np.arange(starts[at], starts[at + 1]) for at in columns])
    count = np.diff(starts)[columns]
    of = np.repeat(np.arange(len(columns)), count)
    kept = local[index[places]]
    places, of = places[kept], of[kept]
    rows, named = np.unique(index[places], return_inverse=True)
    lp = highspy.HighsLp()
    lp.num_col_, lp.num_row_ = len(columns), len(rows)
    lp.col_cost_, lp.col_lower_, lp.col_upper_ = cost[columns], low[columns], high[columns]
    lp.row_lower_, lp.row_upper_ = row_low[rows], row_high[rows]
    lp.a_matrix_.format_ = highspy.MatrixFormat.kColwise
    lp.a_matrix_.start_ = np.concatenate([[0], np.cumsum(np.bincount(of, minlength=len(columns)))]).astype(np.int32)
    lp.a_matrix_.index_, lp.a_matrix_.value_ = named.astype(np.int32), entries[places]
    kinds = (highspy.HighsVarType.kContinuous, highspy.HighsVarType.kInteger)
    lp.integrality_ = [kinds[each] for each in whole[columns].astype(int)]
    highs = highspy.Highs()
    for name, setting in (
        ("output_flag", False), ("threads", 1), ("random_seed", 1), ("mip_rel_gap", 0.0), ("mip_abs_gap", 1e-4),
        ("mip_max_nodes", _NODES), ("mip_feasibility_tolerance", 1e-7), ("dual_feasibility_tolerance", 1e-9),
    ):  # fmt: skip
        highs.setOptionValue(name, setting)
    highs.passModel(lp)
    highs.run()
    info = highs.getInfo()
    if info.primal_solution_status != highspy.SolutionStatus.kSolutionStatusFeasible:
        return None
    return np.array(highs.getSolution().col_value), float(info.mip_dual_bound)
