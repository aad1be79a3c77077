"""HiGHS solves the program; whole tonnes come out, with a proof of how good they are."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from .apart import apart
from .model import Key, Model
from .program import MIDDLE, Nothing, program, run
from .relaxed import Elastic, Relaxed
from .rounded import decided, is_whole, rounded

_NEAR = 1e-6
FEN = 0.01
SMALL = 200  # columns up to which every tonne is asked to be whole, and the last fen is looked for
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
    elastic    where there is no plan in parts of tonnes: the solver that can tell what the limits lack
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
    elastic: Elastic | None = None

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
    relaxed = Relaxed(model, seconds, start)
    if relaxed.values is None:
        return Answer(None, 0.0, 0.0, True, {}, {}, in_parts=False, endless=relaxed.endless, elastic=relaxed.elastic)
    values, bound, highs, basis = relaxed.values, relaxed.bound, relaxed.highs, relaxed.basis
    if is_whole(values):
        return _answer(model, values, bound, nothing, highs, basis, with_duals)
    best = rounded(model, values, whole, seconds, highs)
    middle = columns <= MIDDLE
    if whole.any() and (best is None or _cost(model, best) - bound >= (FEN if middle else ENOUGH * abs(bound))):
        alone = apart(model, values, relaxed.prices)
        if alone is not None:
            bound = max(bound, alone[1])
            yes_or_no = whole & (np.array(model.high, float) == 1.0)
            best = _better(model, best, _held(model, alone[0], yes_or_no, highs, seconds))
        if alone is None or best is None:
            best = _better(model, best, _held(model, values, nothing, highs, seconds))
    kept = held_by(model, known) if known is not None else None
    if kept is not None and best is None:  # its decisions and lots, and what is cheapest beside them
        best = _better(model, kept, rounded(model, np.where(whole, kept, values), whole, seconds))
    for asked, wanted, nodes in ((whole, True, DECIDE[middle]), (every, columns <= small, POLISH)):
        enough = FEN if middle else ENOUGH * abs(bound)
        if asked is every:
            enough = max(FEN, LAST * abs(bound))
        if not wanted or not asked.any() or (best is not None and _cost(model, best) - bound < enough):
            continue
        limit = nodes if best is not None or asked is whole else None
        found = run(
            model, asked, seconds, gap=0.0 if middle else ENOUGH, nodes=limit, known=best, target=bound + enough / 2
        )
        if isinstance(found, Nothing):
            return Answer(None, 0.0, 0.0, True, {}, {}, basis=basis)
        if found is not None:
            bound = max(bound, found[1])
            if found[0] is not None:
                better = np.round(found[0]) if is_whole(found[0]) else rounded(model, found[0], whole, seconds)
                best = _better(model, best, better)
    if best is None:
        found = run(model, every, seconds, gap=ENOUGH)
        if isinstance(found, Nothing):
            return Answer(None, 0.0, 0.0, True, {}, {}, basis=basis)
        if found is None or found[0] is None:
            return Answer(None, 0.0, bound, False, {}, {}, basis=basis)
        bound, best = max(bound, found[1]), found[0]
    return _answer(model, best, bound, whole, None, basis, with_duals)


def _held(model: Model, values: Any, held: Any, highs: Any, seconds: float) -> Any:
    """Whole tonnes where some decisions are held as a plan has them, and the others are decided one after the other; None where that leads to nothing."""
    whole = np.array(model.whole, bool)
    found = decided(model, values, held, whole, highs)
    return None if found is None else rounded(model, found, whole, seconds, highs)


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


def _cost(model: Model, values: Any) -> float:
    return float(np.dot(model.cost, values))


def _gap(model: Model, values: Any, bound: float) -> float:
    cost = _cost(model, values)
    return max(cost - bound, 0.0) / max(abs(cost), 1.0)


def _better(model: Model, one: Any, other: Any) -> Any:
    if one is None or other is None:
        return other if one is None else one
    return one if _cost(model, one) <= _cost(model, other) else other


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
        highs = program(model, np.zeros(len(model.cost), bool), 20.0, bounds=bounds)
        highs.setBasis(basis)
        highs.run()
    solution = highs.getSolution()
    rows, columns = list(solution.row_dual), list(solution.col_dual)
    return (
        {key: rows[at] for key, at in model.rows.items()},
        {key: columns[at] for key, at in model.keys.items() if key[0] == "use"},
    )
